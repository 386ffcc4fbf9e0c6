"""Read the data of ``kfx extract`` as the model takes them, and describe in a sentence what was done to them."""

from __future__ import annotations

import argparse
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from kfx.cli.extract_images import PREPROCESSING, Images
from kfx.cli.extract_tables import fitted, read_csv, read_parquet
from kfx.model.read.sizes.graph_inputs import Expected, expected_inputs
from kfx.values.data.pictures import MODES, SUFFIXES

KINDS = "a .npy, .npz, .csv or .parquet file, or a folder of images"
COLUMNS, IMAGES = ("columns",), ("preprocess", "image_size")


def read_data(arguments: argparse.Namespace, model: object) -> tuple[object, str]:
    """Return the data, and a sentence that says what they are and what was done to them.

    Raises:
        ValueError: The data do not exist, cannot be read or do not fit the model.
    """
    path = Path(arguments.data).expanduser()
    if not path.exists():
        raise ValueError(f"There is no file or folder {arguments.data!r}. Give {KINDS}.")
    expected = expected_inputs(model)
    suffix = path.suffix.lower()
    if path.is_dir():
        _only(arguments, IMAGES, "a folder of images")
        return _images(path, arguments, expected)
    if suffix in SUFFIXES:
        raise ValueError(f"{arguments.data!r} is one image. Give the folder it is in.")
    if suffix not in (".csv", ".parquet", ".npy", ".npz"):
        raise ValueError(f"kfx cannot read {arguments.data!r}. Give {KINDS}.")
    _only(arguments, () if suffix == ".npy" else COLUMNS, f"a {suffix} file")
    if suffix == ".npz":
        return _archive(path, arguments, expected)
    if suffix == ".npy":
        array = _loaded(path)
        return array, f"{array.shape} {array.dtype} from {path.name}, as it is."
    table = read_parquet(path) if suffix == ".parquet" else read_csv(path)
    data = fitted(table, expected, arguments.columns, path.name)
    return data, f"{len(next(iter(table.values()))):,} rows of {path.name}, as they are."


def _only(arguments: argparse.Namespace, allowed: tuple[str, ...], kind: str) -> None:
    """Refuse an option that would do nothing for this kind of data."""
    for option in (*COLUMNS, *IMAGES):
        if getattr(arguments, option) is not None and option not in allowed:
            raise ValueError(f"--{option.replace('_', '-')} does nothing for {kind}. Leave it out.")


def _loaded(path: Path) -> Any:
    try:
        return np.load(path, mmap_mode="r" if path.suffix.lower() == ".npy" else None, allow_pickle=False)
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"Cannot read {str(path)!r}: {error} Save it with np.save or np.savez, without Python objects."
        ) from error


def _archive(path: Path, arguments: argparse.Namespace, expected: list[Expected] | None) -> tuple[object, str]:
    """Return arrays of a .npz by the names of the inputs; for one input any name, if it is the only one."""
    file = _loaded(path)
    names = list(file.files)
    wanted = arguments.columns
    if wanted is None:
        wanted = [one.name for one in expected] if expected and all(one.name in names for one in expected) else names
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise ValueError(f"{path.name!r} has no array {unknown[0]!r}; its arrays: {', '.join(map(repr, names))}.")
    inputs = 1 if expected is None else len(expected)
    if len(wanted) != inputs:
        takes = "one array" if expected is None else ", ".join(repr(one.name) for one in expected)
        raise ValueError(
            f"{path.name!r} holds the arrays {', '.join(map(repr, names))}; the model takes {takes}. Choose with --columns."
        )
    try:
        arrays = [file[name] for name in wanted]
    except ValueError as error:
        raise ValueError(f"Cannot read {path.name!r}: {error} Save it without Python objects.") from error
    described = ", ".join(f"{name} {array.shape} {array.dtype}" for name, array in zip(wanted, arrays, strict=True))
    data = arrays[0] if inputs == 1 else {one.name: array for one, array in zip(expected or (), arrays, strict=True)}
    return data, f"{described} from {path.name}, as {'it is' if inputs == 1 else 'they are'}."


def _images(path: Path, arguments: argparse.Namespace, expected: list[Expected] | None) -> tuple[Images, str]:
    shape: tuple[int | None, ...] = (None, None, None, 3)
    if expected is not None:
        shape = expected[0].shape
        if len(expected) > 1 or len(shape) != 4 or shape[3] not in MODES:
            takes = ", ".join(f"{one.name!r} {one.shape}" for one in expected)
            raise ValueError(
                f"{arguments.data!r} is a folder; the model takes {takes}, which are not images "
                "(batch, height, width, 1, 3 or 4 channels). Give a .npy or .npz file."
            )
    high, wide, channels = shape[1:]
    size = arguments.image_size or (None if high is None or wide is None else (high, wide))
    preprocess = arguments.preprocess or "none"
    images = Images(path, size=size, channels=channels or 3, preprocess=preprocess)
    how = "resized to" if images.resized else "of"
    values = f"Preprocessing {preprocess!r}: {PREPROCESSING[preprocess]}."
    if preprocess == "none":
        values = f"No preprocessing: {PREPROCESSING['none']}; --preprocess changes that."
    return images, f"{len(images):,} images {how} {images.shape[1]} x {images.shape[2]} x {images.shape[3]}. {values}"
