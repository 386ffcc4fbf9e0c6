"""Ask Keras for a data set that may have to be downloaded, and stop waiting when the network is silent."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kfx.errors import DownloadError
from kfx.keras_access.importing import import_keras
from kfx.text.untrusted import cut


def from_keras(name: str, *, title: str, stored_as: str, megabytes: int, timeout_s: float) -> Any:
    """Return ``keras.datasets.<name>.load_data()``; print a line first if that means a download.

    Args:
        name: E.g. ``"mnist"``.
        title: What to call it in sentences, e.g. ``"MNIST"``.
        stored_as: The file or folder in Keras's cache that a finished download leaves.
        megabytes: The size of the download.
        timeout_s: Seconds of silence on the network after which to give up.

    Raises:
        DownloadError: On a network error, silence, or a damaged download. Keras removes what had arrived and checks each
            file's hash, so a part of a data set is never taken for the whole.
    """
    if not timeout_s > 0:
        raise ValueError(f"`timeout_s` is {timeout_s!r}; it must be a number of seconds above 0.")
    keras = import_keras()
    cache = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "datasets"
    if not (cache / stored_as).exists():
        print(f"Downloading {title} ({megabytes} MB, once) to {cache}; giving up after {timeout_s:g} s without an answer.")
    try:
        with _network_silence_limited_to(timeout_s):
            return getattr(keras.datasets, name).load_data()
    except Exception as error:  # Keras raises a plain Exception on network errors
        raise DownloadError(_reason(error)) from error


@contextlib.contextmanager
def _network_silence_limited_to(seconds: float) -> Iterator[None]:
    """Keras's download has no time-out of its own, but its socket, made inside, takes the process's default."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _reason(error: Exception) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    return cut(words, 160)
