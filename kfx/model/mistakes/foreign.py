"""Explain a function of NumPy or TensorFlow, or Python itself, that was given a symbolic tensor; offer Keras's own function."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from kfx.keras_access.importing import import_keras
from kfx.model.mistakes.case import Case
from kfx.model.mistakes.facts import Mistake, Repair
from kfx.model.mistakes.given import given_of, source_of
from kfx.model.mistakes.try_out import offered

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


def foreign_function(case: Case) -> Mistake:
    """Explain a function that needs numbers and was given a symbolic tensor."""
    function, (tensor,) = case.failed.function, case.failed.args
    name = case.names.get(id(tensor), source_of(tensor))
    in_python = _PYTHON.get(function)
    what = f"`{function}`" if function and not function.startswith("_") else "A function outside Keras"
    return Mistake(
        "foreign",
        function or "conversion",
        "Python" if in_python else "function",
        in_python or f"{what} needs numbers, and {name} has none yet: a symbolic tensor is a shape and a dtype.",
        expects="a Keras layer or a function of keras.ops",
        given=given_of([tensor], case.names),
        repairs=() if in_python else offered(_use_keras_ops, case),
    )


def _use_keras_ops(case: Case) -> Iterator[Repair]:
    """Offer the same function from ``keras.ops``, tried once on fresh symbolic tensors of the same shapes."""
    keras, failed = import_keras(), case.failed
    name = _OTHER_NAMES.get(failed.function, failed.function)
    same = getattr(keras.ops, name, None) if name and not name.startswith("_") else None
    if same is None:
        return
    (tensor,) = failed.args
    text, args, kwargs = _arguments(failed.code, failed.scope) or (case.name_of(tensor), [tensor], {})
    args, kwargs = keras.tree.map_structure(_fresh, (args, kwargs))
    given = same(*args, **kwargs)
    gives = f"gives the symbolic tensor {tuple(getattr(given, 'shape', ()))}"
    yield Repair("Use the same function of Keras", f"keras.ops.{name}({text})", f"keras.ops.{name}", gives)


def _fresh(value: object) -> object:
    keras_tensor = import_keras().KerasTensor
    return keras_tensor(tuple(value.shape), str(value.dtype)) if isinstance(value, keras_tensor) else value


def _arguments(code: str, scope: Mapping[str, Any]) -> tuple[str, list[Any], dict[str, Any]] | None:
    """Return a call's arguments as written and as values, where they are plain values and variables; no code runs."""
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
    return ", ".join(ast.unparse(node) for node in [*call.args, *call.keywords]), args, kwargs
