"""Tutorials reach the user's folder; what the user changed there stays."""

import json

import pytest

from kfx.cli.tutorials import RECORD, Copied, copy_tutorials
from kfx.errors import KfxError


@pytest.fixture
def source(tmp_path):
    for name in ("en/01_a.ipynb", "en/02_b.ipynb", "ko/01_a.ipynb"):
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name}, first edition", encoding="utf-8")
    (tmp_path / "source" / "build.py").write_text("raise SystemExit", encoding="utf-8")
    (tmp_path / "source" / "en" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "source" / "en" / ".ipynb_checkpoints" / "01_a.ipynb").touch()
    return tmp_path / "source"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "mine" / "deeper"


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_first_copy_brings_both_languages_and_nothing_else(source, folder):
    assert copy_tutorials(source, folder).new == ("en/01_a.ipynb", "en/02_b.ipynb", "ko/01_a.ipynb")
    assert files(folder) == [RECORD, "en/01_a.ipynb", "en/02_b.ipynb", "ko/01_a.ipynb"]


def test_second_copy_changes_nothing(source, folder):
    copy_tutorials(source, folder)
    before = (folder / "en" / "01_a.ipynb").stat().st_mtime_ns
    assert copy_tutorials(source, folder) == Copied(same=("en/01_a.ipynb", "en/02_b.ipynb", "ko/01_a.ipynb"))
    assert (folder / "en" / "01_a.ipynb").stat().st_mtime_ns == before


def test_changed_file_is_kept_and_named(source, folder):
    copy_tutorials(source, folder)
    (folder / "en" / "01_a.ipynb").write_text("my notes", encoding="utf-8")
    (source / "en" / "01_a.ipynb").write_text("second edition", encoding="utf-8")
    assert copy_tutorials(source, folder).kept == ("en/01_a.ipynb",)
    assert copy_tutorials(source, folder).kept == ("en/01_a.ipynb",)  # and again
    assert (folder / "en" / "01_a.ipynb").read_text(encoding="utf-8") == "my notes"


def test_unchanged_file_follows_a_new_edition(source, folder):
    copy_tutorials(source, folder)
    (source / "en" / "02_b.ipynb").write_text("second edition", encoding="utf-8")
    assert copy_tutorials(source, folder).updated == ("en/02_b.ipynb",)
    assert (folder / "en" / "02_b.ipynb").read_text(encoding="utf-8") == "second edition"
    assert copy_tutorials(source, folder).updated == ()


def test_deleted_file_comes_back(source, folder):
    copy_tutorials(source, folder)
    (folder / "ko" / "01_a.ipynb").unlink()
    assert copy_tutorials(source, folder).new == ("ko/01_a.ipynb",)


def test_file_that_was_there_before_kfx_is_the_users(source, folder):
    (folder / "en").mkdir(parents=True)
    (folder / "en" / "01_a.ipynb").write_text("older than kfx", encoding="utf-8")
    assert copy_tutorials(source, folder).kept == ("en/01_a.ipynb",)
    assert (folder / "en" / "01_a.ipynb").read_text(encoding="utf-8") == "older than kfx"


def test_folder_in_a_files_place_is_kept(source, folder):
    (folder / "en" / "01_a.ipynb").mkdir(parents=True)
    assert copy_tutorials(source, folder).kept == ("en/01_a.ipynb",)


@pytest.mark.parametrize("damage", ["", "{", "[1, 2]", "\ud800"])
def test_damaged_record_makes_no_file_fair_game(source, folder, damage):
    copy_tutorials(source, folder)
    (folder / "en" / "01_a.ipynb").write_text("my notes", encoding="utf-8")
    (folder / RECORD).write_text(damage, encoding="utf-8", errors="surrogatepass")
    assert copy_tutorials(source, folder).kept == ("en/01_a.ipynb",)
    assert len(json.loads((folder / RECORD).read_text(encoding="utf-8"))) == 2


def test_file_instead_of_a_folder_is_refused(source, tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(KfxError, match=r"notes\.txt' is a file\. Name a folder: kfx lab FOLDER"):
        copy_tutorials(source, tmp_path / "notes.txt")


def test_failed_write_leaves_the_old_file_and_no_scrap(source, folder, monkeypatch):
    copy_tutorials(source, folder)
    (source / "en" / "01_a.ipynb").write_text("second edition", encoding="utf-8")

    def fails(*paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kfx.cli.tutorials.os.replace", fails)
    with pytest.raises(OSError, match="No space left"):
        copy_tutorials(source, folder)
    assert (folder / "en" / "01_a.ipynb").read_text(encoding="utf-8") == "en/01_a.ipynb, first edition"
    assert not [name for name in files(folder) if name.endswith(".part")]
