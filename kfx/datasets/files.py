"""The data files that came with kfx, opened by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kfx.errors import KfxError

FOLDER = Path(__file__).parent / "data"


def find(name: str) -> Path:
    """The path of a data file; an error that says what to do when the installation lacks it."""
    path = FOLDER / name
    if not path.is_file():
        raise KfxError(
            f"kfx's data file {name!r} is missing from this installation. In a clone of kfx: pip install --force-reinstall ."
        )
    return path


def arrays(name: str) -> dict[str, np.ndarray]:
    """Every array of an ``.npz`` file by its key; nothing in the file is executed."""
    with np.load(find(name), allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files}
