"""What the commands share: which model file goes in, and how what they found is printed or written."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from kfx.cli.terminal import say
from kfx.notebook.view import View

LEAST_WIDTH, WIDTH_WITHOUT_TERMINAL = 32, 100


def model_file(given: str) -> Path:
    """The path of a file that is there."""
    path = Path(given).expanduser()
    if path.is_dir():
        raise ValueError(f"{given!r} is a folder. Give a file that model.save() wrote: .keras, .h5 or .hdf5.")
    if not path.exists():
        raise ValueError(f"There is no file {given!r}.")
    return path


def file_to_write(forms: Sequence[str]) -> Callable[[str], Path]:
    """The type of an argument that names a file to write, in one of these forms (suffixes)."""

    def named(text: str) -> Path:
        path = Path(text).expanduser()
        if path.suffix.lower() not in forms:
            raise argparse.ArgumentTypeError(f"{text!r} ends in none of {', '.join(forms)}")
        return path

    return named


def text_width() -> int:
    """How wide a text may be: as the terminal, or as a page where there is none."""
    return max(LEAST_WIDTH, shutil.get_terminal_size().columns) if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL


def print_or_write(view: View, output: Path | None) -> None:
    """Print a view, or write it and say so."""
    say(str(view) if output is None else f"Wrote {view.save(output)}")
