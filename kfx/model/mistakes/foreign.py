"""A function of NumPy or TensorFlow, or Python itself, was given a symbolic tensor: what Keras has instead."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kfx.keras_access.importing import import_keras
from kfx.keras_access.untouched import keras_globals_restored
from kfx.model.mistakes.facts import Mistake, Repair
from kfx.model.mistakes.given import given_of, source_of
from kfx.model.mistakes.names import name_of
from kfx.model.mistakes.traceback import FailedCall

if TYPE_CHECKING:
    import keras

_OTHER_NAMES = {
    "reduce_mean": "mean",
    "reduce_sum": "sum",
    "reduce_max": "max",
    "reduce_min": "min",
    "reduce_prod": "prod",
    "concat": "concatenate",
    "pow": "power",
}
_PYTHON = {
    "if": "A symbolic tensor is neither true nor false: its numbers come later. Decide with keras.ops.where or keras.ops.cond.",
    "for": "A symbolic tensor cannot be looped over: its numbers come later. Cut it with keras.ops.unstack or an index.",
}


def foreign_function(failed: FailedCall, names: Mapping[int, str]) -> Mistake:
    """What was asked of a symbolic tensor that only numbers can answer."""
    (tensor,) = failed.args
    name = names.get(id(tensor), source_of(tensor))
    told = _PYTHON.get(failed.function)
    what = f"`{failed.function}`" if failed.function and not failed.function.startswith("_") else "A function outside Keras"
    return Mistake(
        "foreign",
        failed.function or "conversion",
        "Python" if told else "function",
        told or f"{what} needs numbers, and {name} has none yet: a symbolic tensor is a shape and a dtype.",
        expects="a Keras layer or a function of keras.ops",
        given=given_of([tensor], names),
        repairs=() if told else use_keras_ops(failed, tensor, names),
    )


def use_keras_ops(failed: FailedCall, tensor: keras.KerasTensor, names: Mapping[int, str]) -> tuple[Repair, ...]:
    """The same function from ``keras.ops``, called once on fresh symbolic tensors of the same shapes to see that it works."""
    keras = import_keras()
    name = _OTHER_NAMES.get(failed.function, failed.function)
    same = getattr(keras.ops, name, None) if name and not name.startswith("_") else None
    if same is None:
        return ()
    written = _arguments(failed.code, failed.scope)
    text, args, kwargs = written or (name_of(tensor, names), [tensor], {})
    with keras_globals_restored():
        try:
            fresh = keras.tree.map_structure(_fresh, (args, kwargs))
            given = same(*fresh[0], **fresh[1])
        except Exception:
            return ()
    gives = f"gives the symbolic tensor {tuple(getattr(given, 'shape', ()))}"
    return (Repair("Use the same function of Keras", f"keras.ops.{name}({text})", f"keras.ops.{name}", gives),)


def _fresh(value: object) -> object:
    keras = import_keras()
    if isinstance(value, keras.KerasTensor):
        return keras.KerasTensor(tuple(value.shape), str(value.dtype), name="kfx_trial")
    return value


def _arguments(code: str, scope: Mapping[str, Any]) -> tuple[str, list[Any], dict[str, Any]] | None:
    """The arguments of a call as the user wrote it, where they are plain values and tensors in variables; nothing is run."""
    try:
        call = ast.parse(code.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None
    if not isinstance(call, ast.Call) or any(k.arg is None for k in call.keywords):
        return None

    def value(node: ast.expr) -> object:
        if isinstance(node, ast.Name):
            return scope[node.id]
        if isinstance(node, ast.List | ast.Tuple):
            return [value(item) for item in node.elts] if isinstance(node, ast.List) else tuple(value(x) for x in node.elts)
        return ast.literal_eval(node)

    try:
        args = [value(node) for node in call.args]
        kwargs = {str(k.arg): value(k.value) for k in call.keywords}
    except (KeyError, ValueError):
        return None
    parts = [ast.unparse(node) for node in call.args] + [f"{k.arg}={ast.unparse(k.value)}" for k in call.keywords]
    return ", ".join(parts), args, kwargs
