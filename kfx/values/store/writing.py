"""Write a folder of values, by one process or by several: check what it holds, list what is missing, add parts.

One process locks the folder (`hold_folder`), checks the settings (`OpenFolder.agree`), sets the columns (`OpenFolder.begin`),
lists the missing examples (`OpenFolder.missing`) and marks it as finished (`OpenFolder.finish`). Any process that sees the
folder may write parts, with `write_rows` or `PendingPart`.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from kfx.errors import FolderError
from kfx.keras_access.hooks import active_hooks
from kfx.text.untrusted import cut
from kfx.values.data.batches import Batch
from kfx.values.features import Features
from kfx.values.source import ValueSource
from kfx.values.store.columns import columns_of, filled, read_columns
from kfx.values.store.fingerprint import InputsHash, model_fingerprint
from kfx.values.store.folder import (
    FOLDER_FORMAT,
    Part,
    committed_part,
    locked,
    read_json,
    read_parts,
    write_json,
    write_part,
    writing_to,
)
from kfx.values.store.progress import ExtractProgress

PART_BYTES = 64 * 2**20  # a part is written when it holds so much: the most that a crash can cost, and that is held in memory


class OpenFolder:
    """A folder while it is written: its parts and its settings.

    Attributes:
        path: The folder.
        parts: The committed parts when it was opened, by their examples.
        manifest: The content of ``manifest.json``; None before the first values.
        computed: Number of examples that were computed since it was opened.
        nbytes: Bytes that were written since it was opened.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._began = path, time.monotonic()
        self.computed = self.nbytes = 0
        self.manifest: dict[str, Any] | None = None
        if os.path.lexists(path / "manifest.json"):
            self.manifest = read_json(path / "manifest.json")
            self.agree({"format": FOLDER_FORMAT})
            read_columns(self.manifest, path)
        self.parts = read_parts(path)

    @property
    def examples(self) -> int:
        """Number of examples in the parts."""
        return sum(part.stop - part.start for part in self.parts)

    def progress(self, total: int | None, *, finished: bool = False) -> ExtractProgress:
        """Return the progress of this run towards ``total`` examples."""
        seconds = time.monotonic() - self._began
        return ExtractProgress(self.examples + self.computed, total, self.examples, self.nbytes, seconds, finished)

    def agree(self, settings: dict[str, Any]) -> None:
        """Refuse settings (see `manifest_settings`) that differ from those of the values in the folder.

        Raises:
            FolderError: The folder holds values of another model, other layers or other settings.
        """
        if self.manifest is None:
            return
        words = {"format": "in another format", "model": "of another model", "addresses": "of other layers"}
        for key, value in settings.items():
            before = self.manifest.get(key)
            if before != value:
                what = words.get(key, f"with another setting of {key!r} ({cut(repr(before), 40)}, now {cut(repr(value), 40)})")
                if key == "model":
                    what += f" (other {' and '.join(k for k in value if (before or {}).get(k) != value[k])})"
                raise FolderError(
                    f"{str(self.path)!r} holds values {what}. Choose another folder, or delete this one to begin again."
                )

    def begin(self, settings: dict[str, Any], values: Features) -> list[dict[str, Any]]:
        """Set the columns by the values of a first batch, unless an earlier run did, and return them."""
        if self.manifest is None:
            self.manifest = {**settings, **columns_of(values), "finished": False}
            write_json(self.path / "manifest.json", self.manifest)
        return self.manifest["columns"]

    def missing(self, total: int, rows: int | None = None) -> list[tuple[int, int]]:
        """Return the examples ``(start, stop)`` that no part holds, in pieces of at most ``rows``.

        Raises:
            FolderError: The parts hold examples beyond ``total``.
        """
        self.within(total)
        gaps = self.gaps(0, total)
        return [(at, min(at + (rows or stop), stop)) for start, stop in gaps for at in range(start, stop, rows or stop)]

    def gaps(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield the examples ``(start, stop)`` of these that no part holds."""
        for part in self.parts:
            if part.stop > start and part.start < stop:
                if part.start > start:
                    yield start, part.start
                start = part.stop
        if start < stop:
            yield start, stop

    def within(self, total: int) -> None:
        """Refuse data of fewer examples than the parts hold."""
        if self.parts and self.parts[-1].stop > total:
            raise FolderError(
                f"The data hold {total} examples, {str(self.path)!r} holds {self.parts[-1].stop} already; "
                "give the same data to continue."
            )

    def finish(self, examples: int) -> None:
        """Write into the manifest that all examples are there."""
        end = {"finished": True, "examples": examples}
        if self.manifest is not None and {**self.manifest, **end} != self.manifest:
            self.manifest |= end
            write_json(self.path / "manifest.json", self.manifest)


@contextlib.contextmanager
def hold_folder(path: Path) -> Iterator[OpenFolder]:
    """Make the folder if necessary and lock it against other writers; what a crash left half written is deleted.

    Raises:
        FolderError: The path is a file, the folder holds something that kfx did not write, or another process holds it.
    """
    try:
        with writing_to(path):
            path.mkdir(parents=True, exist_ok=True)
    except FolderError as error:
        if isinstance(error.__cause__, FileExistsError | NotADirectoryError):
            raise FolderError(f"{str(path)!r} is a file. Give a folder; it is created if it does not exist.") from None
        raise
    with locked(path):
        _clean(path)
        yield OpenFolder(path)


def manifest_settings(source: ValueSource, batch: Batch) -> dict[str, Any]:
    """Return the settings that all values in one folder share, with the addresses chosen for data such as this batch."""
    return {
        "format": FOLDER_FORMAT,
        "model": model_fingerprint(source.model),
        "addresses": list(source.choose(batch)),
        "training": source.training,
        "run_eagerly": source.run_eagerly,
        "patched": sorted(key for hook in active_hooks() for key in getattr(hook, "addresses", ())),
    }


def rows_in_a_part(nbytes: int, size: int, part_bytes: int = PART_BYTES) -> int:
    """Return the number of examples in a part, in whole batches, when the values of a batch of ``size`` take ``nbytes``.

    Parts of so many examples, from example 0 on, are those that a single process writes.
    """
    return size * max(1, ceil(part_bytes / max(nbytes, 1)))


class PendingPart:
    """Values of consecutive examples in memory until their part is written."""

    def __init__(self, columns: list[dict[str, Any]], start: int) -> None:
        self.start = self.stop = start
        self.nbytes = 0
        self._columns = columns
        self._arrays: list[list[np.ndarray]] = [[] for _ in columns]
        self._inputs = InputsHash()

    def accepts(self, arrays: list[np.ndarray]) -> bool:
        """Return whether arrays of these shapes can be in the same part."""
        return self.stop == self.start or all(
            old[0].shape[1:] == new.shape[1:] for old, new in zip(self._arrays, arrays, strict=True)
        )

    def add(self, batch: Batch, arrays: list[np.ndarray], first: int, last: int) -> None:
        """Add examples ``first`` to ``last`` (not included) of a batch, counted in the batch, and their values."""
        self._inputs.add(batch.inputs, first, last)
        for waiting, array in zip(self._arrays, arrays, strict=True):
            waiting.append(array[first:last])
            self.nbytes += waiting[-1].nbytes
        self.stop += last - first

    def write(self, folder: Path) -> Part:
        """Write them as one part, durably and as a whole; an existing part of the same examples is not written again."""
        part = Part(self.start, self.stop, self._inputs.hexdigest())
        there = committed_part(folder, self.start)  # written by a worker that died before it could report it
        if there is None:
            files = [column["file"] for column in self._columns]
            write_part(folder, part, dict(zip(files, self._arrays, strict=True)))
        elif there != part:
            raise FolderError(
                f"{str(folder)!r} holds {part.name!r} with examples {there.start} to {there.stop - 1} of other data or cut; "
                f"now come examples {part.start} to {part.stop - 1}. Let one run at a time write to a folder."
            )
        return part


def write_rows(source: ValueSource, batches: Iterable[Batch], folder: Path, start: int) -> tuple[Part, int]:
    """Compute the values of some batches and write them as one part. Any process may, for parts that are `missing`.

    Args:
        batches: Examples in a row, from example ``start`` on, e.g. `Batches.between(start, stop)`.
        folder: A folder whose columns `OpenFolder.begin` has set.

    Returns:
        The part, and the bytes of values in it.

    Raises:
        FolderError: The values do not fit the folder's columns.
        ValueError: Batches differ in the shape of their values.
    """
    columns = read_columns(read_json(folder / "manifest.json"), folder)
    pending = PendingPart(columns, start)
    for batch in batches:
        arrays = filled(columns, source(batch), batch)
        if not pending.accepts(arrays):
            raise ValueError(
                f"In {batch} the values have other shapes than in the batches before it; write it as a part of its own."
            )
        pending.add(batch, arrays, 0, batch.size)
    return pending.write(folder), pending.nbytes


def check_rows(part: Part, batches: Iterable[Batch], folder: Path) -> None:
    """Refuse batches whose inputs differ from those of a committed part.

    Raises:
        FolderError: They differ.
    """
    found = InputsHash()
    for batch in batches:
        found.add(batch.inputs, 0, batch.size)
    require_same_inputs(part, found, folder)


def require_same_inputs(part: Part, found: InputsHash, folder: Path) -> None:
    """Refuse a hash that differs from the part's."""
    if found.hexdigest() != part.inputs:
        raise FolderError(
            f"The data differ from those of {part.name!r} in {str(folder)!r} (examples {part.start} to {part.stop - 1}). "
            "To continue, give the same data in the same order (not shuffled), or choose another folder."
        )


def _clean(folder: Path) -> None:
    """Delete what a crash left half written; refuse a folder with files that kfx did not write."""
    for name in os.listdir(folder):
        if not re.fullmatch(r"\.lock|part-\d{6,12}(\.new)?|manifest\.json(\.new)?", name):
            raise FolderError(f"{str(folder)!r} holds {name!r}, which kfx did not write; choose a new or empty folder.")
    with writing_to(folder):
        for path in folder.glob("*.new"):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
