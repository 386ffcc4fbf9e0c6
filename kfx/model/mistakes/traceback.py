"""Find in an exception's traceback the Keras call that raised it: the layer and its arguments.

Nothing is patched: Keras's own frames still hold the layer and its arguments when the error arrives. Read here:
``keras.src.utils.traceback_utils`` (frame ``error_handler``), ``Operation.symbolic_call``, ``Functional.__init__`` and
``KerasTensor.__array__`` / ``__tf_tensor__``.
"""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from traceback import walk_tb
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from kfx.keras_access.importing import import_keras

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class FailedCall:
    """A Keras call that raised.

    Attributes:
        kind: ``"call"`` (a layer or operation), ``"model"`` (making a model of inputs and outputs), ``"class"`` (a layer's
            class was given tensors as if it were a layer), or ``"foreign"`` (a function of NumPy or TensorFlow, or Python
            itself, was given a symbolic tensor).
        error: The exception.
        args: Arguments of the call; for a model ``(inputs, outputs)``; for a foreign function the symbolic tensor.
        kwargs: Keyword arguments of the call.
        op: The layer or operation; None for the other kinds.
        function: The foreign function's or the class's name, e.g. ``"mean"``, ``"Flatten"``; else ``""``.
        code: The failed expression in the user's code, if its source is available; else ``""``.
        scope: Tensors and layers by the names of the variables that hold them where the user's code made the call.
    """

    kind: str
    error: BaseException
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    op: keras.Operation = None
    function: str = ""
    code: str = ""
    scope: Mapping[str, Any] = field(default_factory=dict)


def find_failed_call(error: BaseException) -> FailedCall | None:
    """Return the innermost Keras call in the user's code that raised the error; None when Keras had no part in it."""
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    step = users_step(error)
    found = _class_call(error, frames, step) or _foreign(error, frames, step) or _call_or_model(error, frames)
    return None if found is None else replace(found, code=code_of_step(step), scope=_scope(step))


def _module(frame: FrameType) -> str:
    return frame.f_globals.get("__name__", "")


def _call_or_model(error: BaseException, frames: Sequence[FrameType]) -> FailedCall | None:
    keras = import_keras()
    for frame in frames:  # outermost first: the call that the user wrote, not one inside the layer's own code
        seen, name, in_keras = frame.f_locals, frame.f_code.co_name, _module(frame).startswith("keras.")
        owner = seen.get("self")
        if name == "error_handler" and in_keras:
            is_call = getattr(seen.get("fn"), "__name__", "") == "__call__"
            layer, *args = seen.get("args") or (None,)
            if is_call and isinstance(layer, keras.Operation):
                return FailedCall("call", error, tuple(args), dict(seen.get("kwargs", {})), layer)
        elif name == "symbolic_call" and isinstance(owner, keras.Operation):
            return FailedCall("call", error, tuple(seen.get("args", ())), dict(seen.get("kwargs", {})), owner)
        elif name == "__init__" and in_keras and isinstance(owner, keras.Model):  # not that of a user's own class
            if {"inputs", "outputs"} <= set(seen):
                return FailedCall("model", error, (seen["inputs"], seen["outputs"]))
            given = seen.get("args", ())
            if len(given) == 1 and _holds_tensor(given):
                return FailedCall("model", error, (given[0], []))
    return None


def _class_call(error: BaseException, frames: Sequence[FrameType], step: TracebackType | None) -> FailedCall | None:
    """Find ``layers.Flatten(x)`` or ``layers.Add([x, y])``: the class of a layer is called with tensors."""
    keras = import_keras()
    for frame in frames:
        seen, name = frame.f_locals, frame.f_code.co_name
        maker = seen.get("self")
        if name == "__call__" and isinstance(maker, keras.Operation):
            return None
        if name != "__init__" or not _module(frame).startswith("keras.") or not isinstance(maker, keras.layers.Layer):
            continue
        if isinstance(maker, keras.Model):
            return None
        tensors = [x for name, x in seen.items() if name not in ("self", "__class__") and _holds_tensor(x)]
        if tensors:
            return FailedCall("class", error, (tensors[0],), function=type(maker).__name__)
    if isinstance(error, TypeError) and re.search(r"__init__\(\) takes 1 positional argument but", str(error)):
        called = [getattr(keras.layers, name, None) for name in _called(code_of_step(step))]
        classes = [cls for cls in called if isinstance(cls, type) and issubclass(cls, keras.layers.Layer)]
        if len(classes) == 1:
            return FailedCall("class", error, function=classes[0].__name__)
    return None


def _called(code: str) -> list[str]:
    """Return the names of everything that an expression calls, without the modules before them."""
    try:
        calls = [node.func for node in ast.walk(ast.parse(code.strip(), mode="eval")) if isinstance(node, ast.Call)]
    except (SyntaxError, ValueError):
        return []
    return [str(getattr(call, "attr", None) or getattr(call, "id", "")) for call in calls]


def _holds_tensor(value: object) -> bool:
    keras_tensor = import_keras().KerasTensor
    return any(isinstance(x, keras_tensor) for x in (value if isinstance(value, list | tuple) else [value]))


def users_step(error: BaseException) -> TracebackType | None:
    """Return the last place in the user's own code before the libraries'."""
    step, found = error.__traceback__, None
    while step is not None:
        if _module(step.tb_frame).split(".")[0] not in ("keras", "tensorflow", "numpy", "kfx", "IPython"):
            found = step
        elif found is not None:
            break
        step = step.tb_next
    return found


def _scope(step: TracebackType | None) -> dict[str, Any]:
    """Return the tensors and layers that variables hold there; those of a function before those of its module."""
    keras = import_keras()
    if step is None:
        return {}
    seen = {**step.tb_frame.f_globals, **step.tb_frame.f_locals}
    kinds = (keras.KerasTensor, keras.layers.Layer)
    return {name: x for name, x in seen.items() if isinstance(x, kinds) and not name.startswith("_")}


def code_of_step(step: TracebackType | None) -> str:
    """Return the expression that the user's own code ran there; ``""`` where its source is not available."""
    if step is None:
        return ""
    compiled = step.tb_frame.f_code
    if not hasattr(compiled, "co_positions"):
        return _code_of_line(linecache.getline(compiled.co_filename, step.tb_lineno))
    try:
        first, last, start, end = list(compiled.co_positions())[step.tb_lasti // 2]
        place = ast.expr(lineno=first, end_lineno=last, col_offset=start, end_col_offset=end)
        return ast.get_source_segment("".join(linecache.getlines(compiled.co_filename)), place) or ""
    except (IndexError, TypeError, ValueError):  # no positions, or the file has changed since
        return ""


def _code_of_line(line: str) -> str:
    """Return the value of a line that is one statement: Python 3.10 names no more than the line."""
    try:
        (statement,) = ast.parse(line.strip()).body
        return ast.unparse(statement.value)  # type: ignore[attr-defined]
    except (SyntaxError, ValueError, AttributeError):
        return ""


_NUMBERS = ("__array__", "__tf_tensor__", "__jax_array__")
_PYTHON = {"__bool__": "if", "__iter__": "for", "__float__": "float", "__int__": "int", "__index__": "index"}
_DECORATORS = ("wrapper", "error_handler", "op_dispatch_handler")  # of TensorFlow, which hold the function


def _foreign(error: BaseException, frames: Sequence[FrameType], step: TracebackType | None) -> FailedCall | None:
    """Find ``np.mean(x)``, ``tf.reduce_mean(x)``, ``if x:`` or ``for part in x`` on a symbolic tensor."""
    if not frames or frames[-1].f_code.co_name not in (*_NUMBERS, *_PYTHON):
        return None
    *outer, last = frames
    tensor = last.f_locals.get("self")
    if not isinstance(tensor, import_keras().KerasTensor):
        return None
    found = FailedCall("foreign", error, (tensor,))
    if last.f_code.co_name in _PYTHON:
        by_user = not any(_module(frame).startswith(("keras", "tensorflow", "numpy")) for frame in outer)
        return replace(found, function=_PYTHON[last.f_code.co_name]) if by_user else None
    written = re.match(r"[A-Za-z_][\w.]*(?=\()", code_of_step(step))
    function = written[0].rpartition(".")[2] if written else ""  # "norm" of np.linalg.norm(x)
    for n, frame in enumerate(outer):
        module = _module(frame).split(".")[0]
        if module in ("numpy", "tensorflow"):
            name = frame.f_code.co_name
            return replace(found, function=function or (_decorated(frames) if name in _DECORATORS else name))
        if module.startswith("keras") and n:
            return None
    return replace(found, function=function)


def _decorated(frames: Sequence[FrameType]) -> str:
    """Return the name of the function that TensorFlow's decorators hold; ``""`` where none holds one."""
    for frame in frames:
        if _module(frame).startswith("tensorflow"):
            for key in ("dispatch_target", "op", "fn"):
                name = getattr(frame.f_locals.get(key), "__name__", "")
                if name and not name.startswith(("_", *_DECORATORS)):
                    return name
    return ""
