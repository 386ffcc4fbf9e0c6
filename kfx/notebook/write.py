"""Write a file whole or not at all, with a message that says why it cannot be written."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Put the content in place of a file in one step; one that was there keeps its permissions.

    Raises:
        OSError: The folder cannot be written to, or the disk is full; nothing is left behind.
    """
    target = path.resolve()
    part = target.with_name(f".kfx-{secrets.token_hex(6)}.part")
    try:
        part.write_bytes(content)
        if target.exists():
            shutil.copymode(target, part)
        os.replace(part, target)
    except OSError as error:  # it would name a file that the user has never heard of
        why = (
            f"Cannot save {path.name!r}: {error.strerror or error} in the folder {str(target.parent)!r}. Choose another folder."
        )
        raise type(error)(why) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
