"""Copy the tutorials to a folder of yours and open JupyterLab on the first.

A tutorial that you changed is never overwritten.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from kfx.cli.terminal import say
from kfx.cli.types import whole_number
from kfx.errors import KfxError
from kfx.notebook.write import write_whole
from kfx.text.numbers import count

LANGUAGES = ("en", "ko")
RECORD = ".kfx-tutorials.json"  # in the user's folder: the hash of each file as kfx wrote it


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``kfx lab``."""
    parser.add_argument(
        "folder", nargs="?", default="kfx-tutorials", metavar="FOLDER", help="where to (default: ./kfx-tutorials)"
    )
    parser.add_argument(
        "--lang", choices=LANGUAGES, default=_language(), help="the language to open (default here: %(default)s)"
    )
    parser.add_argument("--no-browser", action="store_true", help="print the address instead of opening a browser")
    parser.add_argument(
        "--port", type=whole_number(1, 65535), metavar="N", help="the server's port (default: JupyterLab's own, 8888)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Copy the tutorials, print what was copied and what was kept, and become JupyterLab."""
    folder = Path(arguments.folder).expanduser().resolve()
    source = tutorials_folder()
    say(_report(copy_tutorials(source, folder), folder))
    notebooks = sorted((source / arguments.lang).glob("*.ipynb")) or sorted(source.glob("*/*.ipynb"))
    if find_spec("jupyterlab") is None:
        raise KfxError("JupyterLab is not installed here. Install it with: pip install jupyterlab notebook")
    first = quote(notebooks[0].relative_to(source).as_posix())
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", f"--LabApp.default_url=/lab/tree/{first}"]
    if arguments.no_browser:
        command.append("--no-browser")
    if arguments.port is not None:
        command.append(f"--port={arguments.port}")
    if getattr(os, "geteuid", lambda: 1)() == 0:
        say("You are root, which JupyterLab refuses by default: it is started with --allow-root.")
        command.append("--allow-root")
    return _become(command)


def _become(command: list[str]) -> int:
    """Replace this process, so that Ctrl-C and signals reach JupyterLab itself; Windows cannot, so there it waits."""
    sys.stdout.flush()
    if os.name == "nt":
        return subprocess.call(command)
    os.execv(command[0], command)
    raise AssertionError("execv does not return")


def _language() -> str:
    """Return Korean where the user's locale is Korean, else English."""
    chosen = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "ko" if chosen.lower().startswith("ko") else "en"


# ---------------------------------------------------------------------------------------------------- the copy


@dataclass(frozen=True)
class Copied:
    """The files of a copy by what happened to them, as paths below the folder.

    Attributes:
        new: Did not exist.
        updated: Were as kfx had written them, and kfx now brings another version.
        same: Are equal to those of kfx.
        kept: Differ from anything kfx wrote, so they are the user's and stay.
    """

    new: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def tutorials_folder() -> Path:
    """Return the folder of this installation's tutorials: inside the package, or next to it in a clone."""
    package = Path(__file__).parent.parent
    for folder in (package / "tutorials", package.parent / "tutorials"):
        if any(folder.glob("*/*.ipynb")):
            return folder
    raise KfxError("This installation of kfx holds no tutorials. In a clone of kfx: pip install --force-reinstall .")


def copy_tutorials(source: Path, folder: Path) -> Copied:
    """Copy every tutorial of every language to a folder, and create it if need be; files that the user changed stay.

    Args:
        source: As `tutorials_folder` finds it.
        folder: The user's; each file is replaced in one step, never half-written.
    """
    if folder.exists() and not folder.is_dir():
        raise KfxError(f"{str(folder)!r} is a file. Name a folder: kfx lab FOLDER")
    record = _read(folder / RECORD)
    found: dict[str, list[str]] = {"new": [], "updated": [], "same": [], "kept": []}
    for path in sorted(path for language in LANGUAGES for path in (source / language).glob("*.ipynb")):
        name, content = path.relative_to(source).as_posix(), path.read_bytes()
        state = _state(folder / name, content, record.get(name))
        found[state].append(name)
        if state in ("new", "updated"):
            _write(folder / name, content)
        if state != "kept":
            record[name] = _hash(content)
    _write(folder / RECORD, json.dumps(record, indent=1, sort_keys=True).encode())
    return Copied(**{state: tuple(names) for state, names in found.items()})


def _state(target: Path, content: bytes, written: str | None) -> str:
    if not target.exists():
        return "new"
    present = target.read_bytes() if target.is_file() else None
    if present == content:
        return "same"
    return "updated" if present is not None and _hash(present) == written else "kept"


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read(path: Path) -> dict[str, str]:
    """Read the record of an earlier copy; without a readable one every file that differs counts as the user's."""
    try:
        record = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)


def _report(copied: Copied, folder: Path) -> str:
    new, updated, kept = (count(len(names), "file") for names in (copied.new, copied.updated, copied.kept))
    sentences = (
        f"Tutorials are in {folder}.",
        f"Copied {new}." if copied.new else "",
        f"Updated {updated} that you had not changed." if copied.updated else "",
        f"Kept {kept} of yours: {', '.join(copied.kept)}. Rename or delete one to get kfx's again." if copied.kept else "",
    )
    return " ".join(filter(None, sentences))
