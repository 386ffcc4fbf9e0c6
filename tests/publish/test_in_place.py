"""Replacing a notebook: a save by somebody else is never lost, links stay, read-only stays."""

import os
import stat
import threading

import pytest

from kfx.errors import NotebookError
from kfx.publish import in_place
from kfx.publish.in_place import replace_unchanged


def test_an_unchanged_file_is_replaced_and_keeps_its_permissions(tmp_path):
    file = tmp_path / "a.ipynb"
    file.write_bytes(b"old")
    file.chmod(0o640)
    replace_unchanged(file, b"old", b"new")
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["a.ipynb"]


def test_a_save_before_is_not_overwritten(tmp_path):
    file = tmp_path / "a.ipynb"
    file.write_bytes(b"saved meanwhile")
    with pytest.raises(NotebookError, match="saved by somebody else"):
        replace_unchanged(file, b"old", b"new")
    assert file.read_bytes() == b"saved meanwhile"


@pytest.mark.parametrize("way", ["in place", "renamed"])
@pytest.mark.parametrize("can_swap", [True, False])
def test_a_save_at_the_moment_of_replacing_is_not_lost(tmp_path, monkeypatch, way, can_swap):
    if way == "renamed" and not can_swap:
        pytest.skip("without an exchange of names only saves into the file itself are found")
    file = tmp_path / "a.ipynb"
    file.write_bytes(b"old")
    swap = in_place._swap

    def late(one, other):
        if way == "in place":
            file.write_bytes(b"saved late")
        else:
            (tmp_path / "fresh").write_bytes(b"saved late")
            os.replace(tmp_path / "fresh", file)
        return swap(one, other) if can_swap else False

    monkeypatch.setattr(in_place, "_swap", late)
    with pytest.raises(NotebookError, match="saved by somebody else"):
        replace_unchanged(file, b"old", b"new")
    assert file.read_bytes() == b"saved late"
    assert os.listdir(tmp_path) == ["a.ipynb"]


def test_no_save_is_lost_while_another_thread_saves_all_the_time(tmp_path):
    """An editor appends a number and saves whole; freezing adds a mark. In the end every number is there."""
    file, saves = tmp_path / "a.ipynb", 300
    file.write_bytes(b"")

    def edit():
        for number in range(saves):
            fresh = tmp_path / "fresh"
            fresh.write_bytes(b"%d" % number)
            os.replace(fresh, file)

    editor = threading.Thread(target=edit)
    editor.start()
    frozen = 0
    while editor.is_alive():
        before = file.read_bytes()
        try:
            replace_unchanged(file, before, before.removesuffix(b" frozen") + b" frozen")
            frozen += 1
        except NotebookError:
            pass
    editor.join()
    assert file.read_bytes().removesuffix(b" frozen") == b"%d" % (saves - 1)


def test_all_names_of_a_file_stay_one_file(tmp_path):
    file = tmp_path / "a.ipynb"
    file.write_bytes(b"a longer old text")
    os.link(file, tmp_path / "b.ipynb")
    replace_unchanged(file, b"a longer old text", b"new")
    assert (tmp_path / "b.ipynb").read_bytes() == b"new"
    assert file.samefile(tmp_path / "b.ipynb")


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "a.ipynb").write_bytes(b"old")
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "a.ipynb")
    replace_unchanged(tmp_path / "link.ipynb", b"old", b"new")
    assert (tmp_path / "link.ipynb").is_symlink()
    assert (tmp_path / "a.ipynb").read_bytes() == b"new"


def test_a_read_only_file_stays_as_it_is(tmp_path):
    file = tmp_path / "a.ipynb"
    file.write_bytes(b"old")
    file.chmod(0o444)
    with pytest.raises(NotebookError, match="read-only"):
        replace_unchanged(file, b"old", b"new")
    assert file.read_bytes() == b"old"


@pytest.mark.parametrize("links", [False, True])
def test_a_full_disk_leaves_the_file_as_it_was(tmp_path, monkeypatch, links):
    file = tmp_path / "a.ipynb"
    file.write_bytes(b"old")
    if links:
        os.link(file, tmp_path / "b.ipynb")
    write, calls = os.write, []

    def full(handle, content):
        calls.append(1)
        if len(calls) == 1:
            write(handle, content[:1])
            raise OSError(28, "No space left on device")
        return write(handle, content)

    monkeypatch.setattr(in_place.os, "write", full)
    if not links:

        def no_room(self, content):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(in_place.Path, "write_bytes", no_room)
    with pytest.raises(OSError, match=r"Cannot save 'a\.ipynb': No space left"):
        replace_unchanged(file, b"old", b"new and longer")
    assert file.read_bytes() == b"old"
