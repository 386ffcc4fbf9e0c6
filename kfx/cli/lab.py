"""Copy the tutorials to a folder of yours and open JupyterLab on the first.

A tutorial that you changed is never overwritten.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from kfx.cli.terminal import say
from kfx.cli.tutorials import LANGUAGES, Copied, copy_tutorials, tutorials_folder
from kfx.errors import KfxError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The words after ``kfx lab``."""
    parser.add_argument(
        "folder", nargs="?", default="kfx-tutorials", metavar="FOLDER", help="where to (default: ./kfx-tutorials)"
    )
    parser.add_argument(
        "--lang", choices=LANGUAGES, default=_language(), help="the language to open (default here: %(default)s)"
    )
    parser.add_argument("--no-browser", action="store_true", help="print the address instead of opening a browser")
    parser.add_argument("--port", type=_port, metavar="N", help="the server's port (default: JupyterLab's own, 8888)")


def run(arguments: argparse.Namespace) -> int:
    """Copy, say what was copied and what was kept, and become JupyterLab."""
    folder = Path(arguments.folder).expanduser().resolve()
    source = tutorials_folder()
    say(_told(copy_tutorials(source, folder), folder))
    notebooks = sorted((source / arguments.lang).glob("*.ipynb")) or sorted(source.glob("*/*.ipynb"))
    first = notebooks[0].relative_to(source).as_posix()
    if find_spec("jupyterlab") is None:
        raise KfxError("JupyterLab is not installed here. Install it with: pip install jupyterlab notebook")
    return _become(_command(folder, first, arguments))


def _command(folder: Path, first: str, arguments: argparse.Namespace) -> list[str]:
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url=/lab/tree/{quote(first)}",
    ]
    if arguments.no_browser:
        command.append("--no-browser")
    if arguments.port is not None:
        command.append(f"--port={arguments.port}")
    if getattr(os, "geteuid", lambda: 1)() == 0:
        say("You are root, which JupyterLab refuses by default: it is started with --allow-root.")
        command.append("--allow-root")
    return command


def _become(command: list[str]) -> int:
    """Replace this process, so that Ctrl-C and signals reach JupyterLab itself; Windows cannot, so there it waits."""
    sys.stdout.flush()
    if os.name == "nt":
        return subprocess.call(command)
    os.execv(command[0], command)
    raise AssertionError("execv does not return")


def _told(copied: Copied, folder: Path) -> str:
    lines = [f"Tutorials are in {folder}."]
    if copied.new:
        lines.append(f"Copied {_files(len(copied.new))}.")
    if copied.updated:
        lines.append(f"Updated {_files(len(copied.updated))} that you had not changed.")
    if copied.kept:
        names = ", ".join(copied.kept)
        lines.append(f"Kept {_files(len(copied.kept))} of yours: {names}. Rename or delete one to get kfx's again.")
    return " ".join(lines)


def _files(n: int) -> str:
    return "1 file" if n == 1 else f"{n} files"


def _language() -> str:
    """Korean where the user's locale says so, else English."""
    chosen = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "ko" if chosen.lower().startswith("ko") else "en"


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535")
    return int(text)
