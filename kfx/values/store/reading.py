"""Read values that `extract(..., to=folder)` wrote, memory-mapped: nothing is read before it is used."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain, takewhile
from pathlib import Path
from typing import Any, Literal

import ml_dtypes  # noqa: F401  makes bfloat16 and float8 known to NumPy by name
import numpy as np
import numpy.typing as npt

from kfx.errors import FolderError
from kfx.text.archives import npy_header
from kfx.values.data.rows_on_disk import RowsOnDisk
from kfx.values.features import Features
from kfx.values.store.columns import read_columns
from kfx.values.store.folder import FOLDER_FORMAT, Part, checksum, read_json, read_parts


def load_features(folder: str | Path) -> Features:
    """Return the values in a folder by address; of an interrupted extraction those of its first complete parts.

    Returns:
        A mapping from addresses to `StoredArray`, each an array ``(examples, ...)`` on disk.

    Raises:
        FolderError: The folder holds no extracted values, or they are damaged.

    Example:
        >>> import keras, kfx, tempfile
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="hidden")])
        >>> _ = kfx.extract(model, np.ones((50, 4)), "hidden", to=(folder := tempfile.mkdtemp()), progress=False)
        >>> kfx.load_features(folder)["hidden"][10:18].shape
        (8, 3)
    """
    folder = Path(folder)
    if not (folder / "manifest.json").is_file():
        raise FolderError(
            f"{str(folder)!r} holds no extracted values: no manifest.json. Give the folder that extract(..., to=...) wrote."
        )
    manifest = read_json(folder / "manifest.json")
    if manifest.get("format") != FOLDER_FORMAT:
        raise FolderError(
            f"{str(folder)!r} is in format {str(manifest.get('format'))[:40]!r}; this kfx reads {FOLDER_FORMAT}. "
            "Use the kfx that wrote it."
        )
    committed = read_parts(folder)
    stops = [0, *(part.stop for part in committed)]
    parts = [part for part, _ in takewhile(lambda pair: pair[0].start == pair[1], zip(committed, stops, strict=False))]
    end = stops[len(parts)]
    if manifest.get("finished") and end != manifest.get("examples"):
        raise FolderError(f"{str(folder)!r} lacks examples from {end} on: a part is missing.")
    columns = [StoredArray(folder, column, parts) for column in read_columns(manifest, folder)]

    def at(place: object) -> object:
        if isinstance(place, dict):
            return {key: at(inner) for key, inner in place.items()}
        if isinstance(place, list):
            return tuple(at(inner) for inner in place)
        return columns[place] if isinstance(place, int) and not isinstance(place, bool) else None

    try:
        return Features({str(address): at(place) for address, place in manifest["structure"]})
    except (KeyError, IndexError, TypeError, ValueError, RecursionError) as error:
        raise FolderError(
            f"Cannot read 'manifest.json' in {str(folder)!r}: the structure does not fit the columns. It is not what kfx wrote."
        ) from error


class StoredArray(RowsOnDisk):
    """The values at one address over all parts; indexing follows NumPy's rules and reads only those rows.

    Attributes:
        shape: ``(examples, ...)``; None for an axis on which parts differ.
        dtype: The dtype of the values as the model computed them.
    """

    def __init__(self, folder: Path, column: dict[str, Any], parts: Sequence[Part]) -> None:
        self.dtype = np.dtype(column["dtype"])
        self._sums = [(folder / part.name / column["file"], part.checksums.get(column["file"])) for part in parts]
        self._mapped = [
            _mapped(path, self.dtype, part.stop - part.start) for (path, _), part in zip(self._sums, parts, strict=True)
        ]
        self._sound = [total is None for _, total in self._sums]
        self._starts = np.array([0, *(part.stop for part in parts)])
        shapes = {part.shape[1:] for part in self._mapped} or {tuple(column["shape"][1:])}
        inner: list[int | None] = [None]
        if len(set(map(len, shapes))) == 1:
            inner = [sizes[0] if len(set(sizes)) == 1 else None for sizes in zip(*shapes, strict=True)]
        self.shape: tuple[int | None, ...] = (int(self._starts[-1]), *inner)

    @property
    def parts(self) -> Iterator[np.ndarray]:
        """Yield the memory-mapped array of each part, one after another; each is checked when it is first met.

        Raises:
            FolderError: A part is not what was written: its checksum differs.
        """
        return map(self._part, range(len(self._mapped)))

    def _part(self, number: int) -> np.ndarray:
        """Return a part's array; its file is read once as a whole to compare its checksum."""
        if not self._sound[number]:
            path, total = self._sums[number]
            try:
                found = checksum(path)
            except OSError as error:
                raise FolderError(f"Cannot read {str(path)!r}: {error.strerror or error}.") from error
            if found != total:
                raise FolderError(
                    f"{str(path)!r} is damaged: its checksum differs from that of what was written. Delete the folder "
                    f"{str(path.parent)!r} and run the extraction again: only these examples are computed."
                )
            self._sound[number] = True
        return self._mapped[number]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        return sum(part.nbytes for part in self._mapped)

    def __getitem__(self, index: Any) -> np.ndarray:
        first, rest = (index[0], index[1:]) if isinstance(index, tuple) and index else (index, ())
        if first is Ellipsis or first is None or (isinstance(index, tuple) and not index):
            return np.asarray(self)[index]
        if isinstance(first, int | np.integer):
            if not -len(self) <= first < len(self):
                raise IndexError(f"Example {int(first)} is out of range; there are {len(self)}.")
            return self._rows(np.array([int(first) % len(self)]))[0][rest]
        inner = (slice(None), *rest)
        return self._rows(np.arange(len(self))[first])[inner]

    def _rows(self, rows: np.ndarray) -> np.ndarray:
        if rows.ndim != 1:
            raise IndexError("The first index of stored values must be a number, a slice, or a list of numbers or truths.")
        which = np.searchsorted(self._starts, rows, side="right") - 1
        numbers = list(dict.fromkeys(which.tolist()))
        if not numbers:
            return np.empty((0, *(n or 0 for n in self.shape[1:])), self.dtype)
        if len(numbers) == 1:
            local = rows - self._starts[numbers[0]]
            step = np.unique(np.diff(local))
            if len(step) == 0 or (len(step) == 1 and step[0] > 0):  # a view of the file, no copy
                return self._part(numbers[0])[local[0] : local[-1] + 1 : int(step[0]) if len(step) else 1]
            return self._part(numbers[0])[local]
        found = np.empty((len(rows), *self._one_shape()[1:]), self._mapped[numbers[0]].dtype)
        for number in numbers:
            mine = which == number
            found[mine] = self._part(number)[rows[mine] - self._starts[number]]
        return found

    def _one_shape(self) -> tuple[int, ...]:
        shape = tuple(n for n in self.shape if n is not None)
        if len(shape) < len(self.shape):
            raise ValueError(f"The parts have different shapes {self.shape}, so they are not one array; go through `.parts`.")
        return shape

    def __iter__(self) -> Iterator[np.ndarray]:
        return chain.from_iterable(self.parts)

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        shape, parts = self._one_shape(), list(self.parts)
        whole = parts[0] if len(parts) == 1 else np.concatenate(parts) if parts else np.empty(shape, self.dtype)
        return np.asarray(whole, dtype=dtype)

    def __repr__(self) -> str:
        return f"<StoredArray {self.shape} {self.dtype} in {len(self._mapped)} part{'s' * (len(self._mapped) != 1)}>"


def _mapped(path: Path, dtype: np.dtype, examples: int) -> np.ndarray:
    """Return a file's array, memory-mapped: its header, size and number of examples fit."""
    try:
        if path.is_symlink() or not path.is_file():
            raise ValueError("It is a link or no file")
        with open(path, "rb") as file:
            shape, fortran, stored = npy_header(file)
            start = file.tell()
        if math.prod(shape) * stored.itemsize != path.stat().st_size - start:
            raise ValueError("Its header declares another size than it has")
        if shape[:1] != (examples,):
            raise ValueError(f"It holds {shape[0] if shape else 'no'} examples in place of {examples}")
        order: Literal["F", "C"] = "F" if fortran else "C"
        empty = not math.prod(shape) * stored.itemsize
        raw = np.empty(shape, stored) if empty else np.memmap(path, stored, "r", start, shape, order)
        return raw if raw.dtype.kind == "S" or raw.dtype == dtype else raw.view(dtype)
    except (OSError, ValueError, TypeError, OverflowError) as error:
        raise FolderError(f"Cannot read {str(path)!r}: {error}.") from error
