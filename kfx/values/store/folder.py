"""A folder of extracted values: its files, written so that a crash at any moment leaves only whole parts.

Layout (format 2): plain ``.npy`` files, which NumPy and other array libraries read and memory-map; nothing else is needed.

    manifest.json                   model fingerprint, settings, columns (address -> file name, shape, dtype), whether finished
    part-000000000000/part.json     the examples in it (start, stop) and a hash of their inputs
    part-000000000000/0000-conv.npy the values of column 0 for these examples, ``(examples, ...)``

A part is named after its first example and does not depend on the others: any process may write it, at any time.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from kfx.errors import FolderError

FOLDER_FORMAT = 2
PART_NAME = "part-{:012d}"  # after its first example
PLAIN = "?bhilqBHILQefdgFDGSU"  # dtypes that every reader of .npy supports


@dataclass(frozen=True, slots=True)
class Part:
    """One committed part: examples ``start`` to ``stop`` (not included).

    Attributes:
        inputs: Hash of the inputs of these examples.
    """

    start: int
    stop: int
    inputs: str

    @property
    def name(self) -> str:
        return PART_NAME.format(self.start)


def read_json(path: Path) -> dict[str, Any]:
    """Return the content of a JSON file that kfx wrote."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FolderError(f"Cannot read {path.name!r} in {str(path.parent)!r}: {error}. It is not what kfx wrote.") from error


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write the whole file or nothing: a crash leaves the old one or the new one."""
    fresh = path.with_name(path.name + ".new")
    with open(fresh, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1, ensure_ascii=True)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable; systems that cannot open folders need nothing."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read_parts(folder: Path) -> list[Part]:
    """Return the committed parts in the order of their examples; between them some may still be missing.

    Raises:
        FolderError: One was not written by kfx.
    """
    found: list[Part] = []
    for path in sorted(p for p in folder.glob("part-*") if p.is_dir() and p.suffix == ""):
        part = _read_part(path)
        if path.name != part.name or (found and part.start < found[-1].stop):
            raise FolderError(f"{str(folder)!r} holds {path.name!r}, which does not fit the other parts. Delete it to go on.")
        found.append(part)
    return found


def committed_part(folder: Path, start: int) -> Part | None:
    """Return the part that begins with example ``start``, or None."""
    path = folder / PART_NAME.format(start)
    return _read_part(path) if path.is_dir() else None


def _read_part(path: Path) -> Part:
    content = read_json(path / "part.json")
    try:
        return Part(int(content["start"]), int(content["stop"]), str(content["inputs"]))
    except (KeyError, TypeError, ValueError) as error:
        raise FolderError(f"Cannot read 'part.json' in {str(path)!r}: {error!r}. It is not what kfx wrote.") from error


def write_part(folder: Path, part: Part, files: Mapping[str, Sequence[np.ndarray]]) -> None:
    """Write one part: all its files, made durable, then one rename that commits it.

    ``files`` holds, by file name, arrays of consecutive examples, which the file joins.
    """
    fresh = folder / f"{part.name}.new"
    if fresh.exists():
        shutil.rmtree(fresh)
    fresh.mkdir()
    for name, arrays in files.items():
        with open(fresh / name, "wb") as file:
            save_joined(file, arrays)
            file.flush()
            os.fsync(file.fileno())
    write_json(fresh / "part.json", asdict(part))
    os.replace(fresh, folder / part.name)
    sync_folder(folder)


def save_joined(file: BinaryIO, arrays: Sequence[np.ndarray]) -> None:
    """Write what ``np.save(file, np.concatenate(arrays))`` writes, without joining the arrays in memory."""
    stored = [storable(array) for array in arrays]
    if len(stored) == 1 or stored[0].dtype.kind == "S":  # texts of each array may differ in length
        np.save(file, stored[0] if len(stored) == 1 else np.concatenate(stored), allow_pickle=False)
        return
    shape = (sum(len(array) for array in stored), *stored[0].shape[1:])
    header = {"descr": np.lib.format.dtype_to_descr(stored[0].dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    for array in stored:
        file.write(np.ascontiguousarray(array).data.cast("B") if array.size else b"")


def storable(array: np.ndarray) -> np.ndarray:
    """Return the array, or its bits as unsigned integers where ``.npy`` has no such dtype (bfloat16, float8)."""
    if array.dtype.char in PLAIN:
        return array
    if array.dtype == object:
        return array.astype(np.bytes_)  # text, as TensorFlow returns it
    return array.view(f"u{array.dtype.itemsize}")


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock the folder: a second writer is refused. The system unlocks it when the process ends, however it ends."""
    with open(folder / ".lock", "a+b") as file:
        try:
            try:
                import fcntl
            except ImportError:  # Windows
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # only on Windows
            else:
                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FolderError(f"Another process is writing to {str(folder)!r}; wait for it or choose another folder.") from None
        yield
