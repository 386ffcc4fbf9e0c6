"""A whole data set's values to disk: batch by batch, in bounded memory, continued where an interrupt or a crash left it."""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kfx.features.data import Batch, Batches
from kfx.features.door import who_listens
from kfx.features.fingerprint import InputsHash, model_fingerprint
from kfx.features.folder import FORMAT, FolderError, Part, locked, read_json, read_parts, write_json, write_part
from kfx.features.stored import load_features
from kfx.features.values import Features, shown

PART_BYTES = 64 * 2**20  # a part is written when it holds this much: what a crash can cost, and what waits in memory


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a streamed extraction is.

    Attributes:
        examples: Done, those of earlier runs included.
        total: Of all examples, or None when only the end will tell.
        resumed: Those that earlier runs had written.
        nbytes: Written by this run.
        seconds: Since this run began.
        finished: Whether all is written.
    """

    examples: int
    total: int | None
    resumed: int
    nbytes: int
    seconds: float
    finished: bool = False


@dataclass
class _Waiting:
    """Values of whole batches that wait for their part to be full."""

    start: int
    stop: int
    arrays: list[list[np.ndarray]] = field(default_factory=list)
    nbytes: int = 0

    def fits(self, arrays: list[np.ndarray]) -> bool:
        return not self.arrays or all(old[0].shape[1:] == new.shape[1:] for old, new in zip(self.arrays, arrays, strict=True))

    def add(self, arrays: list[np.ndarray], stop: int) -> None:
        self.arrays = self.arrays or [[] for _ in arrays]
        for waiting, array in zip(self.arrays, arrays, strict=True):
            waiting.append(array)
            self.nbytes += array.nbytes
        self.stop = stop


def write_features(
    source: Any,
    batches: Batches,
    folder: Path,
    *,
    progress: Callable[[Progress], None] | bool | None = None,
    part_bytes: int = PART_BYTES,
) -> Features:
    """Write the values of all batches to a folder, or the rest of them where a run was interrupted.

    Args:
        source: Batch -> `Features`, see `kfx.features.extract.Source`.
        batches: The data; on a second run they must begin with the same examples, in batches of any size.
        folder: Made when it is not there. Holds values of one model with one choice of settings.
        progress: Called after each batch; False for nobody; None prints a line in a terminal.
        part_bytes: How much to gather before a part is written.

    Raises:
        FolderError: The folder holds something else, other values, or values of other data.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        _clean(folder)
        _Writing(source, batches, folder, part_bytes).run(_teller(progress))
    return load_features(folder)


class _Writing:
    """One run of a streamed extraction: checks what earlier runs left, then writes the rest."""

    def __init__(self, source: Any, batches: Batches, folder: Path, part_bytes: int) -> None:
        self.source, self.batches, self.folder, self.part_bytes = source, batches, folder, part_bytes
        self.parts = read_parts(folder)
        self.done = self.parts[-1].stop if self.parts else 0
        self.manifest = read_json(folder / "manifest.json") if (folder / "manifest.json").exists() else None
        self.settings: dict[str, Any] | None = None
        self.inputs, self.hashed = InputsHash(), 0
        self.waiting = _Waiting(self.done, self.done)
        self.number, self.nbytes = len(self.parts), 0

    def run(self, tell: Callable[[Progress], None]) -> None:
        began = time.monotonic()
        for batch in self.batches.resumed(self.done):
            self._agree(batch)
            end = batch.start + batch.size
            if end > self.done:
                self._take(batch)
                tell(Progress(end, self.batches.total, self.done, self.nbytes, time.monotonic() - began))
        if self.hashed < self.done:
            raise FolderError(
                f"the data hold {self.hashed} examples, {str(self.folder)!r} holds {self.done} already; "
                "give the same data to continue."
            )
        self._flush()
        end = {"finished": True, "examples": self.hashed}
        if {**self.manifest, **end} != self.manifest:
            self.manifest |= end
            write_json(self.folder / "manifest.json", self.manifest)
        tell(Progress(self.hashed, self.hashed, self.done, self.nbytes, time.monotonic() - began, finished=True))

    def _agree(self, batch: Batch) -> None:
        """Refuse other settings than the folder's, and other examples than those that its parts were made of."""
        if self.settings is None:
            self.settings = _settings(self.source, batch)
            if self.manifest is not None:
                _same(self.manifest, self.settings, self.folder)
        for part in self.parts:
            if self.hashed < part.stop <= batch.start + batch.size:
                self._hash(batch, part.stop)
                if self.inputs.hexdigest() != part.inputs:
                    raise FolderError(
                        f"the data differ from those of {part.name!r} in {str(self.folder)!r} "
                        f"(examples {part.start} to {part.stop - 1}). To continue, give the same data in the same order "
                        "(not shuffled), or choose another folder."
                    )
        self._hash(batch, min(batch.start + batch.size, self.done))

    def _hash(self, batch: Batch, stop: int) -> None:
        if stop > self.hashed:
            self.inputs.add(batch.inputs, self.hashed - batch.start, stop - batch.start)
            self.hashed = stop

    def _take(self, batch: Batch) -> None:
        values = self.source(batch)
        arrays = _rows(values, batch, max(self.done - batch.start, 0))
        if self.manifest is None:
            layout = {"columns": _columns(values), "structure": _structure(values), "finished": False}
            self.manifest = {**self.settings, **layout}
            write_json(self.folder / "manifest.json", self.manifest)
        _same_columns(self.manifest["columns"], values, batch)
        if not self.waiting.fits(arrays):
            self._flush()
        self._hash(batch, batch.start + batch.size)
        self.waiting.add(arrays, batch.start + batch.size)
        if self.waiting.nbytes >= self.part_bytes:
            self._flush()

    def _flush(self) -> None:
        waiting = self.waiting
        if waiting.stop == waiting.start:
            return
        names = [column["file"] for column in self.manifest["columns"]]
        arrays = {name: a[0] if len(a) == 1 else np.concatenate(a) for name, a in zip(names, waiting.arrays, strict=True)}
        part = Part(self.number, waiting.start, waiting.stop, self.inputs.hexdigest())
        self.nbytes += write_part(self.folder, part, arrays)
        self.number, self.waiting = self.number + 1, _Waiting(waiting.stop, waiting.stop)


def _settings(source: Any, batch: Batch) -> dict[str, Any]:
    """What must be the same for values to stand in one folder."""
    return {
        "format": FORMAT,
        "model": model_fingerprint(source.model),
        "addresses": list(source.choose(batch)),
        "training": source.training,
        "run_eagerly": source.run_eagerly,
        "patched": sorted(key for listener in who_listens() for key in getattr(listener, "addresses", ())),
    }


def _same(manifest: dict[str, Any], settings: dict[str, Any], folder: Path) -> None:
    words = {"format": "in another format", "model": "of another model", "addresses": "of other layers"}
    for key, value in settings.items():
        if manifest.get(key) != value:
            what = words.get(key, f"with another setting of {key!r} ({manifest.get(key)!r}, now {value!r})")
            if key == "model":
                what += f" (other {' and '.join(k for k in value if manifest[key].get(k) != value[k])})"
            raise FolderError(f"{str(folder)!r} holds values {what}. Choose another folder, or delete this one to begin again.")


def _rows(values: Features, batch: Batch, skip: int) -> list[np.ndarray]:
    arrays = []
    for label, array in values.arrays():
        if array.shape[:1] != (batch.size,):
            raise ValueError(
                f"the values of {shown(label)!r} have shape {array.shape} for {batch.size} examples: without a batch axis "
                "they cannot be written example by example. Leave this address out."
            )
        arrays.append(array[skip:])
    return arrays


def _columns(values: Features) -> list[dict[str, Any]]:
    found = []
    for number, (label, array) in enumerate(values.arrays()):
        slug = re.sub(r"[^A-Za-z0-9_.]+", "-", label).strip("-.")[:40]
        file = f"{number:04d}-{slug}.npy" if slug else f"{number:04d}.npy"
        found.append({"address": label, "file": file, "shape": [None, *array.shape[1:]], "dtype": array.dtype.name})
    return found


def _structure(values: Features) -> list[Any]:
    """``[address, column number]`` for each address; a list or dict of column numbers where a call returned several tensors."""
    numbers = iter(range(10**9))

    def place(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): place(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [place(inner) for inner in value]
        return None if value is None else next(numbers)

    return [[address, place(value)] for address, value in values.items()]


def _same_columns(columns: list[dict[str, Any]], values: Features, batch: Batch) -> None:
    now = [(label, array.dtype.name) for label, array in values.arrays()]
    before = [(column["address"], column["dtype"]) for column in columns]
    if now != before:
        odd = next((n for n in now if n not in before), now[-1] if now else ("nothing", ""))
        raise FolderError(
            f"{batch} gave {shown(odd[0])!r} as {odd[1]}, unlike the batches before it; a folder holds one kind of values."
        )


def _clean(folder: Path) -> None:
    """Drop what a crash left half written; refuse a folder that is not ours."""
    others = [
        p.name
        for p in folder.iterdir()
        if p.name != ".lock" and not re.fullmatch(r"part-\d{6}(\.new)?|manifest\.json(\.new)?", p.name)
    ]
    if others:
        raise FolderError(f"{str(folder)!r} holds {others[0]!r}, which kfx did not write; choose a new or empty folder.")
    for path in folder.glob("*.new"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _teller(progress: Callable[[Progress], None] | bool | None) -> Callable[[Progress], None]:
    if callable(progress):
        return progress
    if progress is False or (progress is None and not sys.stderr.isatty()):
        return lambda now: None
    return print_progress


def print_progress(now: Progress) -> None:
    """One line on the error stream that is written over, and stays at the end."""
    of = "" if now.total is None else f" of {now.total:,}"
    speed = (now.examples - now.resumed) / now.seconds if now.seconds > 0 else 0.0
    line = f"{now.examples:,}{of} examples, {now.nbytes / 1e6:,.0f} MB written, {speed:,.0f} examples/s"
    sys.stderr.write(f"\r{line.ljust(72)}" + ("\n" if now.finished else ""))
    sys.stderr.flush()
