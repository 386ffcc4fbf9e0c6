"""Folders of values from strangers, damaged ones, and those that cannot be written: one sentence, nothing else is touched."""

import json
import os

import numpy as np
import pytest

import kfx
from kfx.errors import FolderError
from kfx.values.store import folder as store
from kfx.values.store.folder import Part, locked, read_json, write_json, write_part


@pytest.fixture
def made(tmp_path):
    """A folder of 20 examples in two parts, of one column."""
    path = tmp_path / "values"
    path.mkdir()
    column = {"address": "d", "file": "0000-d.npy", "shape": [None, 3], "dtype": "float32"}
    manifest = {"format": 2, "columns": [column], "structure": [["d", 0]], "finished": True, "examples": 20}
    write_json(path / "manifest.json", manifest)
    values = np.arange(60, dtype="float32").reshape(20, 3)
    write_part(path, Part(0, 12, "a"), {"0000-d.npy": [values[:12]]})
    write_part(path, Part(12, 20, "b"), {"0000-d.npy": [values[12:]]})
    return path


def change(made, **changes):
    manifest = json.loads((made / "manifest.json").read_text())
    for name, value in changes.items():
        if name in ("file", "shape", "dtype", "address"):
            manifest["columns"][0][name] = value
        else:
            manifest[name] = value
    (made / "manifest.json").write_text(json.dumps(manifest))


def test_what_was_written_is_read(made):
    assert np.array_equal(np.asarray(kfx.load_features(made)["d"]), np.arange(60).reshape(20, 3))


@pytest.mark.parametrize(
    "name",
    ["../../x.npy", "/etc/passwd", "..", "0000-../x.npy", "0000-d.npy\n", "part.json", 3, None, "0000-d.txt", "a/0000.npy"],
)
def test_a_file_outside_of_the_folder_is_neither_read_nor_written(made, name):
    change(made, file=name)
    with pytest.raises(FolderError, match="nothing is read or written"):
        kfx.load_features(made)
    with pytest.raises(FolderError, match="nothing is read or written"):
        write_part(made, Part(20, 21, "c"), {name: [np.zeros((1, 3))]})


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": 3}, {"columns": [3]}, {"columns": [{}]}, {"structure": 3}, {"structure": [["d", 7]]},
        {"structure": [["d"]]},
        {"shape": 3}, {"shape": [None, -1]}, {"dtype": "nothing"}, {"dtype": "int64"}, {"dtype": "O"}, {"address": 3},
        {"structure": [["d", [[[[0] * 3] * 3] * 3, {"x": 9}]]]}, {"examples": "many"}, {"format": 3},
    ],
)  # fmt: skip
def test_a_manifest_of_another_form_is_refused(made, changes):
    change(made, **changes)
    with pytest.raises(FolderError, match=r"format|Cannot read|lacks"):
        kfx.load_features(made)


@pytest.mark.parametrize("content", ["", "[]", "3", "{", "[" * 10_000, '{"a": ' * 10_000, "\x00"])
@pytest.mark.parametrize("name", ["manifest.json", "part-000000000000/part.json"])
def test_json_of_another_form_is_refused(made, name, content):
    (made / name).write_text(content)
    with pytest.raises(FolderError, match="Cannot read"):
        kfx.load_features(made)


@pytest.mark.parametrize("rows", [11, 13, 0])
def test_a_part_with_another_number_of_rows_is_refused(made, rows):
    np.save(made / "part-000000000000" / "0000-d.npy", np.zeros((rows, 3), "float32"))
    with pytest.raises(FolderError, match="examples in place of 12"):
        kfx.load_features(made)


def test_a_flipped_value_is_found_when_it_is_read(made):
    file = made / "part-000000000012" / "0000-d.npy"
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)
    values = kfx.load_features(made)["d"]
    assert values[:12].shape == (12, 3)
    for read in (lambda: values[13], lambda: np.asarray(values), lambda: list(values), lambda: values[[1, 15]]):
        with pytest.raises(FolderError, match="checksum"):
            read()


def test_folders_of_earlier_kfx_have_no_checksums_and_are_read(made):
    for part in made.glob("part-*"):
        content = json.loads((part / "part.json").read_text())
        del content["checksums"]
        (part / "part.json").write_text(json.dumps(content))
    assert kfx.load_features(made)["d"][19].tolist() == [57, 58, 59]


@pytest.mark.parametrize(
    "name", ["manifest.json", "part-000000000000", "part-000000000000/part.json", "part-000000000000/0000-d.npy"]
)
def test_links_are_not_followed(made, tmp_path, name):
    (made / name).rename(tmp_path / "elsewhere")
    (made / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FolderError, match="link"):
        kfx.load_features(made)


def test_a_lock_that_is_a_link_makes_nothing_elsewhere(made, tmp_path):
    (made / ".lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FolderError, match="link"), locked(made):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_fresh_file_that_is_a_link_writes_nothing_elsewhere(made, tmp_path):
    (tmp_path / "mine").write_text("mine")
    (made / "manifest.json.new").symlink_to(tmp_path / "mine")
    write_json(made / "manifest.json", {"format": 2})
    assert (tmp_path / "mine").read_text() == "mine"
    assert read_json(made / "manifest.json") == {"format": 2}


def test_two_writers_are_not_let_in(made):
    with locked(made), pytest.raises(FolderError, match="Another process is writing"), locked(made):
        pass


def test_a_full_disk_is_one_sentence_and_leaves_whole_parts(made, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "fsync", full)
    with pytest.raises(FolderError, match=r"Cannot write to the folder .*No space left on device"):
        write_part(made, Part(20, 21, "c"), {"0000-d.npy": [np.zeros((1, 3), "float32")]})
    assert len(kfx.load_features(made)["d"]) == 20


def test_a_pipe_is_not_waited_for(made):
    (made / "manifest.json").unlink()
    os.mkfifo(made / "manifest.json")
    with pytest.raises(FolderError, match=r"manifest\.json"):
        kfx.load_features(made)
