"""Find in an exception's traceback the Keras call that refused: which layer, and what it was given.

Nothing is patched: Keras's own frames still hold the layer and its arguments when the error arrives. Read here:
``keras.src.utils.traceback_utils`` (frame ``error_handler``), ``Operation.symbolic_call``, ``Functional.__init__`` and
``KerasTensor.__array__`` / ``__tf_tensor__``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

from kfx.quiet import import_keras


@dataclass(frozen=True)
class Refusal:
    """A Keras call that raised.

    Attributes:
        kind: ``"call"`` (a layer or operation), ``"model"`` (making a model of inputs and outputs), or ``"foreign"`` (a
            function of NumPy or TensorFlow that was given a symbolic tensor).
        op: The layer or operation; None for the other two kinds.
        args: What the call was given; for a model ``(inputs, outputs)``; for a foreign function the symbolic tensor.
        kwargs: Keyword arguments of the call.
        function: The foreign function's name, e.g. ``"mean"``; else ``""``.
        error: The exception.
    """

    kind: str
    op: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    error: BaseException
    function: str = ""


def find_refusal(error: BaseException) -> Refusal | None:
    """The innermost Keras call that the user's code made and that raised ``error``; None when Keras had no part in it."""
    keras = import_keras()
    frames = list(_frames(error))
    foreign = _foreign(keras, frames, error)
    if foreign is not None:
        return foreign
    for frame in frames:  # outermost first: the call that the user wrote, not one inside the layer's own code
        seen, name = frame.f_locals, frame.f_code.co_name
        module = frame.f_globals.get("__name__", "")
        if name == "error_handler" and module.startswith("keras."):
            args = seen.get("args", ())
            called = getattr(seen.get("fn"), "__name__", "") == "__call__"
            if called and args and isinstance(args[0], keras.Operation):
                return Refusal("call", args[0], tuple(args[1:]), dict(seen.get("kwargs", {})), error)
        elif name == "symbolic_call" and isinstance(seen.get("self"), keras.Operation):
            return Refusal("call", seen["self"], tuple(seen.get("args", ())), dict(seen.get("kwargs", {})), error)
        elif name == "__init__" and _makes_a_model(keras, seen, module):
            return Refusal("model", None, (seen["inputs"], seen["outputs"]), {}, error)
    return None


def _makes_a_model(keras: Any, seen: dict[str, Any], module: str) -> bool:
    """Keras's own ``Functional.__init__``, not that of a user's class, which may call its arguments so."""
    return module.startswith("keras.") and isinstance(seen.get("self"), keras.Model) and {"inputs", "outputs"} <= set(seen)


def _frames(error: BaseException) -> Iterator[FrameType]:
    step = error.__traceback__
    while step is not None:
        yield step.tb_frame
        step = step.tb_next


def _decorated(frames: list[FrameType]) -> str | None:
    for frame in frames:
        if frame.f_globals.get("__name__", "").startswith("tensorflow"):
            for key in ("dispatch_target", "op", "fn"):
                name = getattr(frame.f_locals.get(key), "__name__", "")
                if name and not name.startswith(("_", "wrapper", "error_handler", "op_dispatch_handler")):
                    return name
    return None


def _foreign(keras: Any, frames: list[FrameType], error: BaseException) -> Refusal | None:
    """``np.mean(x)`` or ``tf.reduce_mean(x)`` on a symbolic tensor."""
    last = frames[-1] if frames else None
    if last is None or last.f_code.co_name not in ("__array__", "__tf_tensor__", "__jax_array__"):
        return None
    tensor = last.f_locals.get("self")
    if not isinstance(tensor, keras.KerasTensor):
        return None
    library = ("numpy", "tensorflow")
    for before, frame in zip([None, *frames], frames, strict=False):
        module = frame.f_globals.get("__name__", "").split(".")[0]
        if module in library:
            name = frame.f_code.co_name
            if name in ("wrapper", "error_handler", "op_dispatch_handler"):  # TensorFlow's decorators hold the function
                name = _decorated(frames) or ""
            return Refusal("foreign", None, (tensor,), {}, error, name)
        if module.startswith("keras") and before is not None and frame is not last:
            return None
    return Refusal("foreign", None, (tensor,), {}, error, "")
