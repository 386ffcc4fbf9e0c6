"""``kfx.Input`` and ``kfx.Model``: Keras's own; once they are used, a notebook explains calls that fail in Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfx.keras_access.importing import import_keras
from kfx.notebook.after_cell import AfterCell
from kfx.notebook.host import in_kernel
from kfx.notebook.namespace import shell
from kfx.views.mistake.view import explain_cell

if TYPE_CHECKING:
    import keras


def Input(*args: object, **kwargs: object) -> keras.KerasTensor:
    """Describe one example of what will come; the same as ``keras.Input``, with the same arguments.

    What comes back is Keras's own symbolic tensor. In a notebook, from now on a call that Keras refuses is explained below its
    error; and after ``kfx.sketch(auto=True)`` the graph that grows from new inputs shows itself and follows.

    Example:
        >>> import kfx
        >>> kfx.Input(shape=(784,), name="digits").shape
        (None, 784)
    """
    explain_from_now_on()
    return import_keras().Input(*args, **kwargs)


def __getattr__(name: str) -> type[keras.Model]:
    """``Model`` is ``keras.Model`` itself: calling it, subclassing it and asking ``isinstance`` are what they are in Keras."""
    if name != "Model":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    explain_from_now_on()
    return import_keras().Model


def explain_from_now_on() -> None:
    """In a notebook, explain Keras calls that fail, in this cell and in later ones."""
    if in_kernel():
        AfterCell.of(shell()).explain_errors(explain_cell)
