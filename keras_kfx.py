"""The command ``kfx``, outside the package `kfx`: it sees whether the package that Python finds under that name is this one.

An unrelated distribution on the package index is called kfx too, and so may be a file or folder of the user's.
"""
# PYTHON_ARGCOMPLETE_OK

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from pathlib import Path


def main() -> int:
    """Run the command, or say that another package stands in the way; returns the exit code."""
    stranger = other_kfx()
    if stranger is not None:
        sys.stderr.write(
            f"kfx: {stranger!r} is another package called kfx, and Python finds it first. Rename or move it, or if pip "
            "installed it: pip uninstall kfx, then pip install --force-reinstall keras-kfx\n"
        )
        return 2
    from kfx.cli.main import main as command

    return command()


def other_kfx() -> str | None:
    """Return where the package or module lies that Python imports as ``kfx`` if it is not this project's, else None."""
    found = PathFinder.find_spec("kfx")
    places = [] if found is None else list(found.submodule_search_locations or [])
    if any((Path(place) / "keras_access").is_dir() for place in places):
        return None
    return "nothing" if found is None else found.origin or places[0]
