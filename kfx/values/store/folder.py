"""A folder of extracted values: its files, written so that a crash at any moment leaves only whole parts.

Layout (format 2): plain ``.npy`` files, which NumPy and other array libraries read and memory-map; nothing else is needed.

    manifest.json                   model fingerprint, settings, columns (address -> file name, shape, dtype), whether finished
    part-000000000000/part.json     the examples in it (start, stop), a hash of their inputs and checksums of its files
    part-000000000000/0000-conv.npy the values of column 0 for these examples, ``(examples, ...)``

A part is named after its first example and does not depend on the others: any process may write it, at any time.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from kfx.errors import FolderError

FOLDER_FORMAT = 2
_MOST_JSON = 16 * 2**20  # bytes of a manifest, which describes the columns
_MOST_EXAMPLES = 10**15
_FILE = re.compile(r"\d{4,6}(-[A-Za-z0-9_][A-Za-z0-9_.-]{0,60})?\.npy")
PART_NAME = "part-{:012d}"  # after its first example
PLAIN = "?bhilqBHILQefdgFDGSU"  # dtypes that every reader of .npy supports


@dataclass(frozen=True, slots=True)
class Part:
    """One committed part: examples ``start`` to ``stop`` (not included).

    Attributes:
        inputs: Hash of the inputs of these examples.
        checksums: CRC-32 of each file by its name; empty in folders of earlier kfx.
    """

    start: int
    stop: int
    inputs: str
    checksums: Mapping[str, int] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        return PART_NAME.format(self.start)


def read_json(path: Path) -> dict[str, Any]:
    """Return the content of a JSON file that kfx wrote.

    Raises:
        FolderError: It is missing, a link, too large, or anything else than a JSON object.
    """
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _MOST_JSON:
            raise ValueError("It is a link, no file, or larger than 16 MB")
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError("It holds no JSON object")
        return content
    except (OSError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise FolderError(f"Cannot read {path.name!r} in {str(path.parent)!r}: {why}. It is not what kfx wrote.") from error


@contextlib.contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turn the system's errors inside the block, which writes to a folder, into one sentence.

    Raises:
        FolderError: The disk is full, the folder read-only, gone, or a file.
    """
    try:
        yield
    except OSError as error:
        raise FolderError(
            f"Cannot write to the folder {str(folder)!r}: {error.strerror or error}. What it holds stays; "
            "make room or choose another folder, and run it again."
        ) from error


def open_inside(path: Path) -> BinaryIO:
    """Create a file for writing; one of this name is replaced, and a link is never followed out of the folder."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666), "wb")


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write the whole file or nothing: a crash leaves the old one or the new one."""
    fresh = path.with_name(path.name + ".new")
    with writing_to(path.parent):
        with open_inside(fresh) as file:
            file.write(json.dumps(content, indent=1, ensure_ascii=True).encode() + b"\n")
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
    for path in sorted(p for p in folder.glob("part-*") if p.suffix == "" and (p.is_dir() or p.is_symlink())):
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
    if path.is_symlink():
        raise FolderError(f"{str(path)!r} is a link, which kfx did not make; nothing outside of the folder is read.")
    content = read_json(path / "part.json")
    try:
        start, stop = (int(content[name]) for name in ("start", "stop"))
        sums = {str(name): int(value) for name, value in dict(content.get("checksums", {})).items()}
        if not 0 <= start < stop < _MOST_EXAMPLES:
            raise ValueError(f"The examples are {start} to {stop}")
        return Part(start, stop, str(content["inputs"]), sums)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise FolderError(f"Cannot read 'part.json' in {str(path)!r}: {error!r}. It is not what kfx wrote.") from error


def write_part(folder: Path, part: Part, files: Mapping[str, Sequence[np.ndarray]]) -> None:
    """Write one part: all its files, made durable, then one rename that commits it.

    ``files`` holds, by file name, arrays of consecutive examples, which the file joins.
    """
    fresh, sums = folder / f"{part.name}.new", {}
    with writing_to(folder):
        if fresh.is_symlink():
            fresh.unlink()
        elif fresh.exists():
            shutil.rmtree(fresh)
        fresh.mkdir()
        for name, arrays in files.items():
            with open_inside(fresh / file_name(name)) as file:
                summed = _Summed(file)
                save_joined(summed, arrays)
                file.flush()
                os.fsync(file.fileno())
            sums[name] = summed.sum
        write_json(fresh / "part.json", {**asdict(part), "checksums": sums})
        os.replace(fresh, folder / part.name)
    sync_folder(folder)


def file_name(name: object) -> str:
    """Return the name of a column's file if it is one that kfx gives: no path, no link to elsewhere.

    Raises:
        FolderError: It is another name.
    """
    if not isinstance(name, str) or not _FILE.fullmatch(name):
        raise FolderError(
            f"{str(name)[:80]!r} is not a name that kfx gives to a file of values, so nothing is read or written."
        )
    return name


class _Summed:
    """A file that is written, with the CRC-32 of what was written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.sum = file, 0

    def write(self, content: Any) -> int:
        """Write bytes."""
        self.sum = zlib.crc32(content, self.sum)
        return self._file.write(content)


def checksum(path: Path) -> int:
    """Return the CRC-32 of a file."""
    found = 0
    with open(path, "rb") as file:
        while content := file.read(2**22):
            found = zlib.crc32(content, found)
    return found


def save_joined(file: Any, arrays: Sequence[np.ndarray]) -> None:
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
    lock = folder / ".lock"
    if lock.is_symlink() or (lock.exists() and not lock.is_file()):
        raise FolderError(f"{str(lock)!r} is a link or no file, which kfx did not make; delete it to go on.")
    with contextlib.ExitStack() as opened:
        with writing_to(folder):
            handle = os.open(lock, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
            file = opened.enter_context(os.fdopen(handle, "r+b"))
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
