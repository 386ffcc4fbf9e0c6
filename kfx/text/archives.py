"""Read zip archives and NumPy arrays from strangers: what they declare is checked before anything is unpacked.

Keras and NumPy write archives without compression or with deflate, so an honest one unpacks to little more than its own size.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from kfx.errors import KfxError

MOST_MEMBERS = 20_000
_FREE, _RATIO = 64 * 2**20, 8  # an archive may unpack to so many bytes, and to so many times its own size
_MOST_HELD = 256 * 2**20  # bytes of a member that is not packed and is read into memory all the same
_MOST_NAMES = 4 * 2**20  # characters of all names
_MOST_HEADER = 10_000  # bytes of an .npy header
_MOST_AXES = 32
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def most_unpacked(packed: int) -> int:
    """Return the number of bytes that an honest file of so many bytes may unpack to."""
    return _FREE + _RATIO * packed


class Archive:
    """An open zip archive whose declared sizes are within bounds.

    Attributes:
        members: The members by name; of a name that occurs twice the last, as in `zipfile`.
    """

    def __init__(self, opened: zipfile.ZipFile, packed: int, name: str, refuse: type[KfxError]):
        self._opened, self._name, self._refuse = opened, name, refuse
        listed = opened.infolist()
        if len(listed) > MOST_MEMBERS or sum(len(member.filename) for member in listed) > _MOST_NAMES:
            raise refuse(f"{name!r} lists {len(listed):,} files or very long names, which no honest archive of this kind does.")
        unpacked = sum(max(0, member.file_size) for member in listed)
        if unpacked > most_unpacked(packed):
            raise refuse(
                f"{name!r} unpacks from {packed:,} to {unpacked:,} bytes, more than 64 MB and {_RATIO} times its size. "
                "Keras and NumPy hardly compress, so it was left alone."
            )
        if strange := [member for member in listed if member.compress_type not in _METHODS]:
            raise refuse(f"{name!r} packs {strange[0].filename[:80]!r} by a method that neither Keras nor NumPy uses.")
        self.members = {member.filename: member for member in listed}

    def open(self, name: str) -> IO[bytes]:
        """Return a member as a file that can be read from any place; its checksum is tested, unless it is very large."""
        member = self.members[name]
        if member.compress_type == zipfile.ZIP_STORED and member.file_size > _MOST_HELD:
            return self._opened.open(member)
        with self._opened.open(member) as packed:  # an archive's own file begins anew for each step back
            return io.BytesIO(packed.read(member.file_size + 1))

    def read(self, name: str, most: int) -> bytes:
        """Return a member's bytes.

        Raises:
            KfxError: There are more than ``most``.
        """
        member = self.members[name]
        with self._opened.open(member) as packed:
            content = packed.read(most + 1) if member.file_size <= most else b""
        if member.file_size > most or len(content) > most:
            raise self._refuse(f"{self._name!r} unpacks {name!r} to more than {most // 2**20} MB, which no honest file does.")
        return content

    def array(self, name: str) -> np.ndarray:
        """Return a member that is an ``.npy`` file as an array.

        Raises:
            ValueError: It is not one, holds Python objects, or is shorter than its header says.
        """
        return array_in(self.read(name, self.members[name].file_size))


@contextmanager
def open_archive(path: Path, refuse: type[KfxError], damaged: str, advice: str) -> Iterator[Archive]:
    """Open a zip archive; whatever goes wrong inside the block becomes one sentence.

    Args:
        path: The file.
        refuse: The class of the errors.
        damaged: What a damaged file is, e.g. ``"a damaged .keras file"``.
        advice: What to do about a damaged file.
    """
    try:
        with zipfile.ZipFile(path) as opened:
            yield Archive(opened, path.stat().st_size, path.name, refuse)
    except KfxError:
        raise
    except MemoryError as error:
        raise refuse(f"{path.name!r} declares more than fits into memory, so it was left alone.") from error
    except Exception as error:  # damage shows in every way: zlib.error, struct.error, OverflowError, UnicodeDecodeError ...
        why = " ".join(str(error).split())[:120] or type(error).__name__
        raise refuse(f"{path.name!r} is {damaged}: {why}. {advice}") from error


def array_in(content: bytes) -> np.ndarray:
    """Return the array in the bytes of an ``.npy`` file.

    Raises:
        ValueError: They are not one, hold Python objects, or are shorter or longer than the header says.
    """
    file = io.BytesIO(content)
    shape, fortran, dtype = npy_header(file)
    count = math.prod(shape)
    if len(content) - file.tell() != count * dtype.itemsize:
        raise ValueError("The array's header declares another size than it has.")
    flat = np.frombuffer(content, dtype, count=count, offset=file.tell()) if count * dtype.itemsize else np.empty(count, dtype)
    return flat.reshape(shape, order="F" if fortran else "C").copy()


def npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Read shape, order and dtype at the start of an ``.npy`` file.

    Raises:
        ValueError: They are not those of an array of plain values.
    """
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError("The array's version of .npy is not 1 or 2.")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    try:
        shape, fortran, dtype = read(file, max_header_size=_MOST_HEADER)
    except ValueError:
        raise
    except Exception as error:  # the header is a Python literal: SyntaxError, RecursionError, TypeError ...
        raise ValueError(f"The array's header cannot be read ({type(error).__name__}).") from error
    if dtype.hasobject or dtype.names or dtype.subdtype or len(shape) > _MOST_AXES or any(n < 0 for n in shape):
        raise ValueError("The file holds no array of plain values.")
    return shape, fortran, dtype
