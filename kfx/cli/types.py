"""Argument types that the commands share, and how a command prints or writes a view."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from kfx.cli.terminal import say
from kfx.keras_access.importing import silenced_stderr
from kfx.notebook.view import View

LEAST_WIDTH, WIDTH_WITHOUT_TERMINAL = 32, 100


def model_file(given: str) -> Path:
    """Return the path of a model's file, or of the folder of one saved without zipping, that exists."""
    path = Path(given).expanduser()
    if not path.exists():
        raise ValueError(f"There is no file {given!r}.")
    return path


def add_output(parser: argparse.ArgumentParser, forms: Sequence[str], help_by_form: str) -> None:
    """Add the argument that names a file to write; its suffix must be one of ``forms``."""

    def parse(text: str) -> Path:
        path = Path(text).expanduser()
        if path.suffix.lower() not in forms:
            raise argparse.ArgumentTypeError(f"{text!r} ends in none of {', '.join(forms)}")
        return path

    words = f"write instead of printing; the suffix says what:\n{help_by_form}"
    parser.add_argument("-o", "--output", metavar="OUT", type=parse, help=words)


def whole_number(least: int, most: int | None = None, *, of: str = "") -> Callable[[str], int]:
    """Return the type of an argument that is a whole number from ``least`` to ``most``; ``of`` names its unit."""
    limits = f"from {least} on" if most is None else f"from {least} to {most}"
    unit = f" of {of}" if of else ""

    def parse(text: str) -> int:
        if not (text.isascii() and text.isdecimal()) or int(text) < least or (most is not None and int(text) > most):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number{unit} {limits}")
        return int(text)

    return parse


def quiet(arguments: argparse.Namespace) -> contextlib.AbstractContextManager[None]:
    """Return a context in which Keras is imported without its messages, except with ``--debug``."""
    return contextlib.nullcontext() if arguments.debug else silenced_stderr()


def text_width() -> int:
    """Return the number of characters in a line: the terminal's, or 100 where there is no terminal."""
    return max(LEAST_WIDTH, shutil.get_terminal_size().columns) if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL


def print_or_write(view: View, output: Path | None) -> None:
    """Print a view, or write it to a file and print the file's name."""
    say(str(view) if output is None else f"Wrote {view.save(output)}")
