"""Replace a file by a version made from it, unless somebody saved another one meanwhile: no save is ever lost."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import shutil
import stat
import sys
from pathlib import Path

from kfx.errors import NotebookError

_CURRENT_FOLDER, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux
_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def replace_unchanged(path: Path, before: bytes, after: bytes) -> None:
    """Put a new content in place of a file that still has the old one.

    A file with several names (hard links) keeps them all.

    Args:
        path: The file; a link is followed.
        before: The content from which the new one was made.
        after: The new content.

    Raises:
        NotebookError: The file is read-only, or was saved by somebody else meanwhile; it is as they saved it.
        OSError: The folder cannot be written to, or the disk is full; the file is as it was.
    """
    target = path.resolve()
    status = target.stat()
    if not status.st_mode & _WRITABLE:
        raise NotebookError(f"{path.name!r} is read-only. Make it writable (chmod u+w), or write to another file with -o.")
    part = target.with_name(f".kfx-{secrets.token_hex(6)}.part")
    try:
        part.write_bytes(after)
        shutil.copymode(target, part)
        if status.st_nlink > 1:
            _overwrite(target, before, after)
        else:
            _exchange(target, part, before)
    except OSError as error:
        why = f"Cannot save {path.name!r}: {error.strerror or error} in the folder {str(target.parent)!r}. Use -o for another."
        raise type(error)(why) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _exchange(target: Path, part: Path, before: bytes) -> None:
    """Let both files change places, look at the old one, and change back if it is another than it was."""
    with target.open("rb") as old:
        _refuse_other(target, old.read(), before)
        swapped = _swap(target, part)
        if not swapped:
            os.replace(part, target)
        old.seek(0)  # the file that was open, where an editor may still have written into it
        _restore(target, old.read(), before)
        if swapped:
            _restore(target, part.read_bytes(), before)  # a file that an editor put in place in the meantime


def _restore(target: Path, found: bytes, before: bytes) -> None:
    if found != before:
        again = target.with_name(f".kfx-{secrets.token_hex(6)}.part")
        again.write_bytes(found)
        shutil.copymode(target, again)
        os.replace(again, target)
        _refuse_other(target, found, before)


def _refuse_other(target: Path, found: bytes, before: bytes) -> None:
    if found != before:
        raise NotebookError(
            f"{target.name!r} was saved by somebody else while it was frozen, so it stays as they saved it. Freeze it again."
        )


def _overwrite(target: Path, before: bytes, after: bytes) -> None:
    """Write into the file itself; if that fails, put the old content back."""
    with target.open("r+b") as file:
        _refuse_other(target, file.read(), before)
        try:
            _write_over(file.fileno(), after)
        except OSError:
            _write_over(file.fileno(), before)
            raise


def _write_over(handle: int, content: bytes) -> None:
    os.lseek(handle, 0, os.SEEK_SET)
    view = memoryview(content)
    while view:
        view = view[os.write(handle, view) :]
    os.ftruncate(handle, len(content))
    os.fsync(handle)


def _swap(one: Path, other: Path) -> bool:
    """Let two files change places in one step; False where the system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return rename(_CURRENT_FOLDER, os.fsencode(one), _CURRENT_FOLDER, os.fsencode(other), _EXCHANGE) == 0
