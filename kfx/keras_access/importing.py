"""Import Keras without TensorFlow's start-up messages on the error stream."""

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

from kfx.errors import KfxError

MODEL_CLASS = ("keras.src.models.model", "Model")  # the name to register a formatter under before Keras is imported
_NOISY = ("tensorflow", "keras")


@contextlib.contextmanager
def silenced_stderr() -> Iterator[None]:
    """Capture output to file descriptor 2 inside the block, and write it only after an exception.

    TensorFlow writes there while it loads, regardless of TF_CPP_MIN_LOG_LEVEL.
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
    """Return the ``keras`` module; the first import, which loads TensorFlow, is silent."""
    if "keras" not in sys.modules:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        try:
            with silenced_stderr():
                import keras
        except ValueError as error:  # of an unknown backend
            wanted = "set KERAS_BACKEND to 'tensorflow', 'jax' or 'torch', or unset it"
            raise KfxError(f"Keras cannot be imported: {str(error).replace(' : ', ' ')}; {wanted}.") from error
    import keras

    return keras


def backend_name() -> str:
    """Return the backend that Keras runs on: ``"tensorflow"``, ``"jax"`` or ``"torch"``."""
    return str(import_keras().backend.backend())


class QuietFirstImport(MetaPathFinder):
    """Makes the user's own first import of TensorFlow or Keras silent, then removes itself."""

    def install(self) -> None:
        """Install the finder, unless the import has happened or a finder is installed."""
        waiting = any(isinstance(finder, QuietFirstImport) for finder in sys.meta_path)
        if not waiting and not any(name in sys.modules for name in _NOISY):
            sys.meta_path.insert(0, self)

    @staticmethod
    def remove() -> None:
        """Remove every such finder."""
        sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, QuietFirstImport)]

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return the spec of the other finders, with a loader that runs once in silence."""
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
        del loader.exec_module  # restores the loader
        with silenced_stderr():
            run(module)

    with contextlib.suppress(AttributeError):  # a loader without settable attributes is not silenced
        loader.exec_module = exec_module
