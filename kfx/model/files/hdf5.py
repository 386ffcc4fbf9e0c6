"""Read HDF5 files from strangers: shapes and values of their arrays, without links, loops and sizes that do harm."""

from __future__ import annotations

import math
import mmap
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from kfx.errors import ModelFileError
from kfx.text.archives import most_unpacked

if TYPE_CHECKING:
    import h5py

_HEAP, _ENTRY = b"GCOL\x01\x00\x00\x00", 16  # the start of a heap of texts, and the bytes of an entry's head
_MOST_ITEMS = 40_000  # groups and data sets: those of 8,000 layers with kernel and bias; looking at them takes some 2 s
_MOST_PATHS = 16 * 2**20  # characters of all paths
_DEEPEST = 64  # groups within groups
MOST_TEXT = 16 * 2**20  # bytes of a configuration; that of a model with 10,000 layers takes some 10 MB

Stored = tuple[tuple[int, ...], str]  # shape and dtype of one array


@dataclass
class Contents:
    """The arrays below a group.

    Attributes:
        arrays: Shape and dtype of each by its path, in the file's order.
        links: Paths of what leads elsewhere: links, groups that were met before, and values stored in other files.
        nbytes: Bytes that all arrays declare.
    """

    arrays: dict[str, Stored] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    nbytes: int = 0


@contextmanager
def open_hdf5(file: Any) -> Iterator[h5py.File]:
    """Open a file or file object for reading."""
    import h5py

    with h5py.File(file, "r") as opened:
        yield opened


def contents_of(root: h5py.Group) -> Contents:
    """Return what is below a group; nothing but hard links is followed, and no group twice.

    Raises:
        ModelFileError: There is more than an honest file holds.
    """
    import h5py

    # h5py's own level below its classes, which take twice the time: 30,000 empty groups must not hold up a reader.
    found, seen, looked, letters = Contents(), {_place(root.id)}, 0, 0
    todo = [("", root.id, 0)]
    while todo:
        prefix, group, depth = todo.pop()
        inner = []
        for encoded in group:
            name = encoded.decode("utf-8", "surrogateescape")
            looked, letters = looked + 1, letters + len(prefix) + len(name)
            if looked > _MOST_ITEMS or letters > _MOST_PATHS:
                raise ModelFileError("It holds more groups or longer names than any model's weights have.")
            path = f"{prefix}{name}"
            if group.links.get_info(encoded).type != h5py.h5l.TYPE_HARD:
                found.links.append(path)
                continue
            item = h5py.h5o.open(group, encoded)
            if isinstance(item, h5py.h5d.DatasetID):
                _add(found, path, h5py.Dataset(item))
            elif isinstance(item, h5py.h5g.GroupID) and depth < _DEEPEST:
                place = _place(item)
                if place in seen:
                    found.links.append(path)
                    continue
                seen.add(place)
                inner.append((f"{path}/", item, depth + 1))
        todo.extend(reversed(inner))
    return found


def _place(group: h5py.h5g.GroupID) -> tuple[int, int]:
    import h5py

    info = h5py.h5o.get_info(group)
    return info.fileno, info.addr


def _add(found: Contents, path: str, item: h5py.Dataset) -> None:
    if item.shape is None:  # an empty data space
        return
    if item.external or item.is_virtual:
        found.links.append(path)
        return
    is_bfloat16 = item.dtype.kind == "V" and item.dtype.itemsize == 2  # HDF5 has no such dtype
    found.arrays[path] = tuple(item.shape), "bfloat16" if is_bfloat16 else str(item.dtype)
    found.nbytes += math.prod(item.shape) * item.dtype.itemsize


def values_of(root: h5py.Group, contents: Contents, paths: Collection[str], size: int) -> Mapping[str, np.ndarray]:
    """Return the numbers of some arrays; of text or other things nothing is returned.

    Args:
        root: The group.
        contents: What is below it.
        paths: The arrays to read; paths that are not in ``contents`` are left out.
        size: Bytes of the file.

    Raises:
        ModelFileError: They declare far more bytes than the file has.
    """
    refuse_size(contents, size)
    found = {}
    for path in paths:
        if path in contents.arrays:
            item = root[path]
            if contents.arrays[path][1] == "bfloat16":
                import ml_dtypes

                found[path] = np.asarray(item[()]).view(ml_dtypes.bfloat16)
            elif item.dtype.kind in "biufc":
                found[path] = np.asarray(item[()])
    return found


def refuse_size(contents: Contents, size: int) -> None:
    """Refuse arrays that declare far more bytes than their file has.

    Raises:
        ModelFileError: They do.
    """
    if contents.nbytes > most_unpacked(size):
        raise ModelFileError(f"Its weights declare {contents.nbytes:,} bytes in a file of {size:,}.")


def text_attribute(file: h5py.File, name: str) -> str | bytes | None:
    """Return an attribute that is one text, or None where there is no such attribute.

    Raises:
        ModelFileError: It is something else, or longer than any configuration.
    """
    import h5py

    if name not in file.attrs:
        return None
    attribute = h5py.h5a.open(file.id, name.encode())
    many = attribute.get_space().get_simple_extent_npoints()
    if many != 1 or attribute.get_storage_size() > MOST_TEXT:
        raise ModelFileError(f"Its {name} is not one text of less than 16 MB, as Keras writes it.")
    text = file.attrs[name]
    if not isinstance(text, str | bytes) or len(text) > MOST_TEXT:
        raise ModelFileError(f"Its {name} is not one text of less than 16 MB, as Keras writes it.")
    return text


def refuse_damaged_texts(path: Path, name: str) -> None:
    """Refuse a file whose texts HDF5's own library would read for ever, or into more memory than there is.

    Args:
        path: The file.
        name: The attribute that will be read.

    Raises:
        ModelFileError: An entry of a heap of texts is empty or larger than its heap, or the attribute declares a text that is
            longer than any configuration.
    """
    if not path.stat().st_size:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        at = content.find(_HEAP)
        while at >= 0:
            if not _is_sound(content, at):
                raise ModelFileError("Its heap of texts is damaged.")
            at = content.find(_HEAP, at + 1)
        for length in _declared_lengths(content, name.encode() + b"\x00"):
            if length > MOST_TEXT:
                raise ModelFileError(f"Its {name} declares {length:,} bytes, more than any configuration has.")


def _is_sound(content: mmap.mmap, at: int) -> bool:
    """Return whether the entries of a heap (index, references, 4 unused bytes, size, content) fill it without a gap."""
    end = at + int.from_bytes(content[at + 8 : at + 16], "little")
    if end > len(content):
        return False
    at += 16
    while end - at >= _ENTRY:
        index, size = int.from_bytes(content[at : at + 2], "little"), int.from_bytes(content[at + 8 : at + 16], "little")
        whole = _ENTRY + -(-size // 8) * 8 if index else size  # the free rest counts its own head
        if whole < _ENTRY or whole > end - at:
            return False
        at += whole
    return True


def _declared_lengths(content: mmap.mmap, name: bytes) -> Iterator[int]:
    """Yield the lengths that attributes of a name declare for a text in a heap.

    An attribute message is its version, a byte of flags, the sizes of name, type and space in two bytes each (from version 3
    on also the encoding of letters), then name, type and space, in version 1 each filled up to 8 bytes, then the value: for a
    text of variable length (a type of class 9) its length in four bytes and its place. Source: the HDF5 file format
    specification, "The Attribute Message".
    """
    at = content.find(name)
    while at >= 0:
        for version, head in ((1, 8), (2, 8), (3, 9)):
            start = at - head
            if start >= 0 and content[start] == version:
                sizes = [int.from_bytes(content[start + n : start + n + 2], "little") for n in (2, 4, 6)]
                padded = [-(-size // 8) * 8 if version == 1 else size for size in sizes]
                kind, value = at + padded[0], at + sum(padded)
                if kind < len(content) and content[kind] & 15 == 9:
                    yield int.from_bytes(content[value : value + 4], "little")
        at = content.find(name, at + 1)


def size_of(file: IO[bytes]) -> int:
    """Return the bytes of a file object, which is then at its start."""
    end = file.seek(0, 2)
    file.seek(0)
    return end
