"""Import Keras without TensorFlow's start-up lines on the error stream."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from types import ModuleType


@contextlib.contextmanager
def silenced_stderr() -> Iterator[None]:
    """Send file descriptor 2 to nowhere inside: TensorFlow writes there whatever TF_CPP_MIN_LOG_LEVEL says."""
    sys.stderr.flush()
    saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)


def import_keras() -> ModuleType:
    """Return the ``keras`` module; the first import, which loads TensorFlow, happens in silence."""
    if "keras" not in sys.modules:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        with silenced_stderr():
            import keras
    import keras

    return keras
