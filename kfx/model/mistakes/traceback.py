"""Find in an exception's traceback the Keras call that refused: which layer, and what it was given.

Nothing is patched: Keras's own frames still hold the layer and its arguments when the error arrives. Read here:
``keras.src.utils.traceback_utils`` (frame ``error_handler``), ``Operation.symbolic_call``, ``Functional.__init__`` and
``KerasTensor.__array__`` / ``__tf_tensor__``.
"""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import FrameType, ModuleType, TracebackType
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
        op: The layer or operation; None for the other kinds.
        args: What the call was given; for a model ``(inputs, outputs)``; for a foreign function the symbolic tensor.
        kwargs: Keyword arguments of the call.
        function: The foreign function's or the class's name, e.g. ``"mean"``, ``"Flatten"``; else ``""``.
        code: The expression that was refused, as the user wrote it, where it can be known; else ``""``.
        error: The exception.
        scope: Tensors and layers by the names of the variables that hold them where the user's code made the call.
    """

    kind: str
    op: keras.Operation
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    error: BaseException
    function: str = ""
    code: str = ""
    scope: Mapping[str, Any] = field(default_factory=dict)


def find_failed_call(error: BaseException) -> FailedCall | None:
    """The innermost Keras call that the user's code made and that raised ``error``; None when Keras had no part in it."""
    found = _find(error)
    step = _users_step(error)
    return None if found is None else replace(found, code=_code(step), scope=_scope(step))


def _find(error: BaseException) -> FailedCall | None:
    keras = import_keras()
    frames = list(_frames(error))
    found = _class_call(keras, frames, error) or _foreign(keras, frames, error)
    if found is not None:
        return found
    for frame in frames:  # outermost first: the call that the user wrote, not one inside the layer's own code
        seen, name = frame.f_locals, frame.f_code.co_name
        module = frame.f_globals.get("__name__", "")
        if name == "error_handler" and module.startswith("keras."):
            args = seen.get("args", ())
            called = getattr(seen.get("fn"), "__name__", "") == "__call__"
            if called and args and isinstance(args[0], keras.Operation):
                return FailedCall("call", args[0], tuple(args[1:]), dict(seen.get("kwargs", {})), error)
        elif name == "symbolic_call" and isinstance(seen.get("self"), keras.Operation):
            return FailedCall("call", seen["self"], tuple(seen.get("args", ())), dict(seen.get("kwargs", {})), error)
        elif name == "__init__" and _makes_a_model(keras, seen, module):
            return FailedCall("model", None, (seen["inputs"], seen["outputs"]), {}, error)
        elif name == "__init__" and isinstance(seen.get("self"), keras.Model) and module.startswith("keras."):
            given = seen.get("args", ())
            if len(given) == 1 and _holds_tensor(keras, given):
                return FailedCall("model", None, (given[0], []), {}, error)
    return None


def _class_call(keras: ModuleType, frames: list[FrameType], error: BaseException) -> FailedCall | None:
    """``layers.Flatten(x)`` or ``layers.Add([x, y])``: the class of a layer is called with tensors."""
    for frame in frames:
        seen, module = frame.f_locals, frame.f_globals.get("__name__", "")
        maker = seen.get("self")
        if frame.f_code.co_name == "__call__" and isinstance(maker, keras.Operation):
            return None
        if frame.f_code.co_name != "__init__" or not module.startswith("keras.") or not isinstance(maker, keras.layers.Layer):
            continue
        if isinstance(maker, keras.Model):
            return None
        values = [value for name, value in seen.items() if name not in ("self", "__class__")]
        tensors = [x for x in values if _holds_tensor(keras, x)]
        if tensors:
            return FailedCall("class", None, (tensors[0],), {}, error, type(maker).__name__)
    if isinstance(error, TypeError) and re.search(r"__init__\(\) takes 1 positional argument but", str(error)):
        called = [getattr(keras.layers, name, None) for name in _called(_code(_users_step(error)))]
        classes = [cls for cls in called if isinstance(cls, type) and issubclass(cls, keras.layers.Layer)]
        if len(classes) == 1:
            return FailedCall("class", None, (), {}, error, classes[0].__name__)
    return None


def _called(code: str) -> list[str]:
    """The names of everything that an expression calls, without what they are looked up in."""
    try:
        calls = [node.func for node in ast.walk(ast.parse(code.strip(), mode="eval")) if isinstance(node, ast.Call)]
    except (SyntaxError, ValueError):
        return []
    return [str(getattr(call, "attr", None) or getattr(call, "id", "")) for call in calls]


def _holds_tensor(keras: ModuleType, value: object) -> bool:
    inside = value if isinstance(value, list | tuple) else [value]
    return any(isinstance(x, keras.KerasTensor) for x in inside)


def _users_step(error: BaseException) -> TracebackType | None:
    """Where the user's own code stood: the last place before the libraries'."""
    step, found = error.__traceback__, None
    while step is not None:
        top = step.tb_frame.f_globals.get("__name__", "").split(".")[0]
        if top not in ("keras", "tensorflow", "numpy", "kfx", "IPython"):
            found = step
        elif found is not None:
            break
        step = step.tb_next
    return found


def _scope(step: TracebackType | None) -> dict[str, Any]:
    """The tensors and layers that variables hold there; those of a function before those of its module."""
    keras = import_keras()
    if step is None:
        return {}
    seen = {**step.tb_frame.f_globals, **step.tb_frame.f_locals}
    kinds = (keras.KerasTensor, keras.layers.Layer)
    return {name: x for name, x in seen.items() if isinstance(x, kinds) and not name.startswith("_")}


def _code(found: TracebackType | None) -> str:
    """The expression at which the user's own code stood, out of its source; ``""`` where that is not there."""
    if found is None:
        return ""
    if not hasattr(found.tb_frame.f_code, "co_positions"):
        return _code_of_line(linecache.getline(found.tb_frame.f_code.co_filename, found.tb_lineno))
    places = list(found.tb_frame.f_code.co_positions())
    first, last, start, end = places[found.tb_lasti // 2] if found.tb_lasti // 2 < len(places) else (None,) * 4
    if first is None or last is None or start is None or end is None:
        return ""
    lines = [linecache.getline(found.tb_frame.f_code.co_filename, n).encode() for n in range(first, last + 1)]
    if len(lines) == 1:
        return lines[0][start:end].decode(errors="replace")
    text = b"".join([lines[0][start:], *lines[1:-1], lines[-1][:end]])
    return text.decode(errors="replace")


def _code_of_line(line: str) -> str:
    """The value of a line that is one statement: Python 3.10 says no more than the line."""
    try:
        (statement,) = ast.parse(line.strip()).body
        return ast.unparse(statement.value)  # type: ignore[attr-defined]
    except (SyntaxError, ValueError, AttributeError):
        return ""


def _makes_a_model(keras: ModuleType, seen: dict[str, Any], module: str) -> bool:
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


_NUMBERS = ("__array__", "__tf_tensor__", "__jax_array__")
_PYTHON = {"__bool__": "if", "__iter__": "for", "__float__": "float", "__int__": "int", "__index__": "index"}


def _foreign(keras: ModuleType, frames: list[FrameType], error: BaseException) -> FailedCall | None:
    """``np.mean(x)``, ``tf.reduce_mean(x)``, ``if x:`` or ``for part in x`` on a symbolic tensor."""
    last = frames[-1] if frames else None
    if last is None or last.f_code.co_name not in (*_NUMBERS, *_PYTHON):
        return None
    tensor = last.f_locals.get("self")
    if not isinstance(tensor, keras.KerasTensor):
        return None
    code = _code(_users_step(error))
    if last.f_code.co_name in _PYTHON:
        by_user = not any(f.f_globals.get("__name__", "").startswith(("keras", "tensorflow", "numpy")) for f in frames[:-1])
        return FailedCall("foreign", None, (tensor,), {}, error, _PYTHON[last.f_code.co_name]) if by_user else None
    library = ("numpy", "tensorflow")
    for before, frame in zip([None, *frames], frames, strict=False):
        module = frame.f_globals.get("__name__", "").split(".")[0]
        if module in library:
            name = frame.f_code.co_name
            if name in ("wrapper", "error_handler", "op_dispatch_handler"):  # TensorFlow's decorators hold the function
                name = _decorated(frames) or ""
            return FailedCall("foreign", None, (tensor,), {}, error, _written(code) or name)
        if module.startswith("keras") and before is not None and frame is not last:
            return None
    return FailedCall("foreign", None, (tensor,), {}, error, _written(code))


def _written(code: str) -> str:
    """The name of the function in ``np.linalg.norm(x)``."""
    called = re.match(r"[A-Za-z_][\w.]*(?=\()", code)
    return called[0].rpartition(".")[2] if called else ""
