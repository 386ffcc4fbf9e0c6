"""``kfx lab`` copies the tutorials, keeps what the user changed, and becomes JupyterLab on the first."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from kfx.cli import lab as cli_lab
from kfx.cli import main as cli
from kfx.cli.lab import RECORD, Copied, copy_tutorials
from kfx.errors import KfxError

NOTEBOOK = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
FAR_FROM_ROOT = 1000


@pytest.fixture
def source(tmp_path, monkeypatch):
    """Three small tutorials, as an installation holds them."""
    for name in ("en/01_first.ipynb", "en/02_second.ipynb", "ko/01_first.ipynb"):
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(NOTEBOOK), encoding="utf-8")
    monkeypatch.setattr(cli_lab, "tutorials_folder", lambda: tmp_path / "source")
    return tmp_path / "source"


@pytest.fixture
def started(monkeypatch):
    """The command that would have replaced this process."""
    commands = []
    monkeypatch.setattr(cli_lab, "_become", lambda command: commands.append(command) or 0)
    monkeypatch.setattr(cli_lab.os, "geteuid", lambda: FAR_FROM_ROOT, raising=False)
    return commands


def test_lab_opens_on_the_first_tutorial(source, started, tmp_path, capsys):
    assert cli.main(["lab", str(tmp_path / "mine"), "--lang", "en"]) == 0
    root = f"--ServerApp.root_dir={(tmp_path / 'mine').resolve()}"
    assert started == [[sys.executable, "-m", "jupyterlab", root, "--LabApp.default_url=/lab/tree/en/01_first.ipynb"]]
    assert capsys.readouterr().out == f"Tutorials are in {(tmp_path / 'mine').resolve()}. Copied 3 files.\n"


def test_lab_opens_on_the_korean_one(source, started, tmp_path):
    cli.main(["lab", str(tmp_path / "mine"), "--lang", "ko", "--no-browser", "--port", "9999"])
    assert started[0][-3:] == ["--LabApp.default_url=/lab/tree/ko/01_first.ipynb", "--no-browser", "--port=9999"]


def test_folder_is_beside_the_user_by_default(source, started, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cli.main(["lab"])
    assert (tmp_path / "kfx-tutorials" / "en" / "01_first.ipynb").is_file()


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C"}, "en"),
        ({}, "en"),
    ],
)
def test_language_is_that_of_the_locale(monkeypatch, variables, language):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cli.parser().parse_args(["lab"]).lang == language


def test_missing_jupyterlab_is_said_after_the_copy(source, started, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cli_lab, "find_spec", lambda name: None)
    assert cli.main(["lab", str(tmp_path / "mine")]) == 2
    said = capsys.readouterr().err
    assert said == "kfx: JupyterLab is not installed here. Install it with: pip install jupyterlab notebook\n"
    assert (tmp_path / "mine" / "en" / "01_first.ipynb").is_file()
    assert started == []


def test_kept_files_are_named(source, started, tmp_path, capsys):
    cli.main(["lab", str(tmp_path / "mine")])
    (tmp_path / "mine" / "en" / "02_second.ipynb").write_text("mine", encoding="utf-8")
    capsys.readouterr()
    cli.main(["lab", str(tmp_path / "mine")])
    assert "Kept 1 file of yours: en/02_second.ipynb. Rename or delete one to get kfx's again." in capsys.readouterr().out


def test_root_is_told_why_it_may(source, started, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cli_lab.os, "geteuid", lambda: 0, raising=False)
    cli.main(["lab", str(tmp_path / "mine")])
    assert started[0][-1] == "--allow-root"
    assert "You are root" in capsys.readouterr().out


def test_file_in_the_folders_place_is_one_clear_line(source, started, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert cli.main(["lab", str(tmp_path / "file")]) == 2
    err = capsys.readouterr().err
    assert err.startswith("kfx: ")
    assert err.endswith("is a file. Name a folder: kfx lab FOLDER\n")
    assert started == []


@pytest.mark.parametrize("port", ["0", "65536", "-1", "lab", "8888.5", "٣"])
def test_impossible_port_is_refused(port, capsys):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["lab", f"--port={port}"])
    assert f"{port!r} is not a whole number from 1 to 65535" in capsys.readouterr().err


def test_no_tutorials_at_all_is_said(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("kfx.cli.lab.__file__", str(tmp_path / "kfx" / "cli" / "lab.py"))
    assert cli.main(["lab", str(tmp_path / "mine")]) == 2
    assert "holds no tutorials. In a clone of kfx: pip install" in capsys.readouterr().err


def test_nothing_heavy_is_imported_on_the_way(source, tmp_path):
    code = (
        "import sys; from pathlib import Path; from kfx.cli import lab as cli_lab, main as cli; "
        "cli_lab._become = lambda command: 0; "
        f"cli_lab.tutorials_folder = lambda: Path({str(source)!r}); cli.main(['lab', {str(tmp_path / 'mine')!r}]); "
        "sys.exit(bool({'keras', 'tensorflow', 'numpy', 'jupyterlab', 'anywidget', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, stdout=subprocess.DEVNULL).returncode == 0


# ------------------------------------------------------------------------------------------------ the copy


@pytest.fixture
def edition(tmp_path):
    """Tutorials to copy, with files beside them that are not tutorials."""
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


def test_first_copy_brings_both_languages_and_nothing_else(edition, folder):
    assert copy_tutorials(edition, folder).new == ("en/01_a.ipynb", "en/02_b.ipynb", "ko/01_a.ipynb")
    assert files(folder) == [RECORD, "en/01_a.ipynb", "en/02_b.ipynb", "ko/01_a.ipynb"]


def test_second_copy_changes_nothing(edition, folder):
    copy_tutorials(edition, folder)
    before = (folder / "en" / "01_a.ipynb").stat().st_mtime_ns
    assert copy_tutorials(edition, folder) == Copied(same=("en/01_a.ipynb", "en/02_b.ipynb", "ko/01_a.ipynb"))
    assert (folder / "en" / "01_a.ipynb").stat().st_mtime_ns == before


def test_changed_file_is_kept_and_named(edition, folder):
    copy_tutorials(edition, folder)
    (folder / "en" / "01_a.ipynb").write_text("my notes", encoding="utf-8")
    (edition / "en" / "01_a.ipynb").write_text("second edition", encoding="utf-8")
    assert copy_tutorials(edition, folder).kept == ("en/01_a.ipynb",)
    assert copy_tutorials(edition, folder).kept == ("en/01_a.ipynb",)  # and again
    assert (folder / "en" / "01_a.ipynb").read_text(encoding="utf-8") == "my notes"


def test_unchanged_file_follows_a_new_edition(edition, folder):
    copy_tutorials(edition, folder)
    (edition / "en" / "02_b.ipynb").write_text("second edition", encoding="utf-8")
    assert copy_tutorials(edition, folder).updated == ("en/02_b.ipynb",)
    assert (folder / "en" / "02_b.ipynb").read_text(encoding="utf-8") == "second edition"
    assert copy_tutorials(edition, folder).updated == ()


def test_deleted_file_comes_back(edition, folder):
    copy_tutorials(edition, folder)
    (folder / "ko" / "01_a.ipynb").unlink()
    assert copy_tutorials(edition, folder).new == ("ko/01_a.ipynb",)


def test_file_that_was_there_before_kfx_is_the_users(edition, folder):
    (folder / "en").mkdir(parents=True)
    (folder / "en" / "01_a.ipynb").write_text("older than kfx", encoding="utf-8")
    assert copy_tutorials(edition, folder).kept == ("en/01_a.ipynb",)
    assert (folder / "en" / "01_a.ipynb").read_text(encoding="utf-8") == "older than kfx"


def test_folder_in_a_files_place_is_kept(edition, folder):
    (folder / "en" / "01_a.ipynb").mkdir(parents=True)
    assert copy_tutorials(edition, folder).kept == ("en/01_a.ipynb",)


@pytest.mark.parametrize("damage", ["", "{", "[1, 2]", "\ud800"])
def test_damaged_record_makes_no_file_fair_game(edition, folder, damage):
    copy_tutorials(edition, folder)
    (folder / "en" / "01_a.ipynb").write_text("my notes", encoding="utf-8")
    (folder / RECORD).write_text(damage, encoding="utf-8", errors="surrogatepass")
    assert copy_tutorials(edition, folder).kept == ("en/01_a.ipynb",)
    assert len(json.loads((folder / RECORD).read_text(encoding="utf-8"))) == 2


def test_file_instead_of_a_folder_is_refused(edition, tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(KfxError, match=r"notes\.txt' is a file\. Name a folder: kfx lab FOLDER"):
        copy_tutorials(edition, tmp_path / "notes.txt")


def test_failed_write_leaves_the_old_file_and_no_scrap(edition, folder, monkeypatch):
    copy_tutorials(edition, folder)
    (edition / "en" / "01_a.ipynb").write_text("second edition", encoding="utf-8")

    def fails(*paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kfx.notebook.write.os.replace", fails)
    with pytest.raises(OSError, match="No space left"):
        copy_tutorials(edition, folder)
    assert (folder / "en" / "01_a.ipynb").read_text(encoding="utf-8") == "en/01_a.ipynb, first edition"
    assert not [name for name in files(folder) if name.endswith(".part")]


# ------------------------------------------------------------------------------------------------ a real server


def test_real_jupyterlab_serves_the_first_tutorial(tmp_path):
    """The whole way, as a user types it: the installation's own tutorials, a real server, its printed address."""
    command = [sys.executable, "-m", "kfx", "lab", str(tmp_path / "my tutorials"), "--lang", "ko", "--no-browser"]
    log = tmp_path / "log.txt"
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "JUPYTER_CONFIG_DIR": str(tmp_path / "config")}
    with log.open("w") as stream:
        server = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT, env=environment)
    try:
        address = _printed_address(log, server)
        first = sorted((tmp_path / "my tutorials" / "ko").glob("*.ipynb"))[0].name
        assert f"/lab/tree/ko/{first}?token=" in address
        assert b"jupyter-config-data" in _fetched(address)
        assert json.loads(_fetched(address.replace("/lab/tree/", "/api/contents/")))["type"] == "notebook"
    finally:
        server.terminate()
        server.wait(20)


def _fetched(address: str) -> bytes:
    """The answer of a server on this machine, which prints its address a moment before it listens."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + 30
    while True:
        try:
            with direct.open(address, timeout=10) as answer:
                return answer.read()
        except urllib.error.HTTPError:
            raise
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _printed_address(log: Path, server: subprocess.Popen) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = re.search(r"http://127\.0\.0\.1:\S+token=\w+", log.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[0]
        assert server.poll() is None, log.read_text(encoding="utf-8", errors="replace")
        time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace"))
