"""Import Keras without TensorFlow's start-up lines on the error stream."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

MODEL_CLASS = ("keras.src.models.model", "Model")  # by which a formatter is registered before Keras is imported
_NOISY = ("tensorflow", "keras")


@contextlib.contextmanager
def silenced_stderr() -> Iterator[None]:
    """Keep what is written to file descriptor 2 inside, and write it only when an exception comes out.

    TensorFlow writes there while it loads, whatever TF_CPP_MIN_LOG_LEVEL says.
    """
    with contextlib.suppress(AttributeError, ValueError):
        sys.stderr.flush()
    try:
        saved = os.dup(2)
    except OSError:  # a program without an error stream has nothing to silence
        yield
        return
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(saved, 2)
            kept.seek(0)
            os.write(2, kept.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def import_keras() -> ModuleType:
    """Return the ``keras`` module; the first import, which loads TensorFlow, happens in silence."""
    if "keras" not in sys.modules:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        with silenced_stderr():
            import keras
    import keras

    return keras


class QuietFirstImport(MetaPathFinder):
    """Makes the user's own first import of TensorFlow or Keras silent too, and is gone afterwards."""

    def install(self) -> None:
        """Wait for the import, unless it has happened or is waited for."""
        waiting = any(isinstance(finder, QuietFirstImport) for finder in sys.meta_path)
        if not waiting and not any(name in sys.modules for name in _NOISY):
            sys.meta_path.insert(0, self)

    @staticmethod
    def remove() -> None:
        """Wait no longer."""
        sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, QuietFirstImport)]

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec that the other finders give, with a loader that runs once in silence."""
        if name not in _NOISY or self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            sys.meta_path.insert(0, self)
            return spec
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        _run_once_in_silence(spec.loader)
        return spec


def _run_once_in_silence(loader: Any) -> None:
    run = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        del loader.exec_module  # the loader is again what it was
        with silenced_stderr():
            run(module)

    with contextlib.suppress(AttributeError):  # a loader that takes no attributes stays as loud as it is
        loader.exec_module = exec_module
