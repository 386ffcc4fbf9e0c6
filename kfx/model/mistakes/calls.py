"""Calls that go wrong before any shape is looked at: a class for a layer, one tensor for a list, a layer for its output."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from kfx.keras_access.importing import import_keras
from kfx.model.layers.arguments import text_of
from kfx.model.mistakes.facts import Mistake, Repair
from kfx.model.mistakes.given import gives_shape
from kfx.model.mistakes.names import name_of
from kfx.model.mistakes.traceback import FailedCall
from kfx.model.mistakes.try_out import accepts, code_of, copy_of, offered, output_shape

if TYPE_CHECKING:
    import keras

_LISTS = ("Attention", "AdditiveAttention")


def class_called(failed: FailedCall, names: Mapping[int, str]) -> Mistake:
    """``layers.Flatten(x)``: a class was called with a tensor, as if it were a layer."""
    name = failed.function
    keras = import_keras()
    prefix = "layers." if hasattr(keras.layers, name) else ""
    found: tuple[Repair, ...] = ()
    tensors = [x for x in keras.tree.flatten(failed.args) if isinstance(x, keras.KerasTensor)]
    listed = ", ".join(name_of(t, names) for t in tensors) or "…"
    is_list = bool(failed.args) and isinstance(failed.args[0], list | tuple)
    code = f"{prefix}{name}()({f'[{listed}]' if is_list else listed})"
    if not tensors and failed.code:
        code = failed.code.replace("(", "()(", 1)
    cls = getattr(keras.layers, name, None)
    if cls is not None and tensors:
        try:
            shape = output_shape([cls(name="kfx_trial")], *[tuple(t.shape) for t in tensors], dtypes=[t.dtype for t in tensors])
        except Exception:  # it needs arguments
            shape = None
        if shape is not None:
            found = (Repair("Make the layer, then call it", code, f"{name}()", gives_shape(shape)),)
    given = f" the tensor {listed}" if tensors else " what belongs to the call"
    return Mistake(
        "class",
        name,
        name,
        f"{name} is a class: its first brackets take settings and make a layer, the second take tensors. "
        f"The first were given{given}.",
        expects=code,
        repairs=found,
    )


def wrong_arguments(
    blank: Mistake, op: keras.Operation, failed: FailedCall, tensors: list[keras.KerasTensor], names: Mapping[int, str]
) -> Mistake | None:
    """Something that is no tensor where a tensor is meant, or too few tensors."""
    return _not_a_tensor(blank, op, failed, names) or _missing(blank, op, failed, tensors, names)


def _not_a_tensor(blank: Mistake, op: keras.Operation, failed: FailedCall, names: Mapping[int, str]) -> Mistake | None:
    keras = import_keras()
    if not failed.args:
        return None
    first = failed.args[0]
    name = str(op.name)
    if isinstance(first, keras.layers.Layer):
        sentence = f"{name} was given the layer {first.name} itself, not what it returns: call {first.name} on a tensor first."
        return replace(blank, kind="array", sentence=sentence, expects="a tensor")
    if isinstance(first, type) and issubclass(first, keras.layers.Layer):
        sentence = f"{name} was given the class {first.__name__}, not a tensor."
        return replace(blank, kind="array", sentence=sentence, expects="a tensor")
    if first is None:
        sentence = f"{name} was given None instead of a tensor; a function that forgets its `return` gives None."
        return replace(blank, kind="array", sentence=sentence, expects="a tensor")
    leaves = list(keras.tree.flatten(first)) if isinstance(first, list | tuple | dict) else [first]
    odd = [x for x in leaves if not hasattr(x, "shape")]
    if not odd:
        return None
    shape = isinstance(first, list | tuple) and all(x is None or isinstance(x, int) for x in first)
    what = f"the shape {text_of(first)}" if shape else f"{text_of(odd[0])!r} ({type(odd[0]).__name__})"
    found: tuple[Repair, ...] = ()
    if shape and len(first) > 1:
        inner = tuple(first[1:])
        with_batch = next(iter(offered(lambda: [output_shape([copy_of(op)], (None, *inner))])), None)
        if with_batch is not None:
            code = f"{_code(op)}(keras.Input(shape={inner}))"
            gives = gives_shape(with_batch)
            found = (Repair("Call it on a symbolic input of that shape", code, f"keras.Input(shape={inner})", gives),)
    sentence = f"{name} was given {what} instead of a tensor."
    return replace(blank, kind="array", sentence=sentence, expects="a tensor", repairs=found)


def _code(op: keras.Operation) -> str:
    """The call that makes such a layer; its name where the layer cannot tell its arguments."""
    return "".join(offered(lambda: [code_of(op)])) or str(op.name)


def _missing(
    blank: Mistake, op: keras.Operation, failed: FailedCall, tensors: list[keras.KerasTensor], names: Mapping[int, str]
) -> Mistake | None:
    """``MultiHeadAttention(...)(x)``: it needs a query and a value."""
    if len(tensors) != 1:
        return None
    name = name_of(tensors[0], names)
    if type(op).__name__ in _LISTS:
        wanted, code = ["query", "value"], f"{_code(op)}([{name}, {name}])"
    else:
        try:
            parameters = inspect.signature(op.call).parameters.values()
        except (TypeError, ValueError):
            return None
        plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        wanted = [p.name for p in parameters if p.default is p.empty and p.kind in plain and p.name not in failed.kwargs]
        if len(wanted) < 2 or len(failed.args) >= len(wanted):
            return None
        code = f"{_code(op)}({', '.join([name] * len(wanted))})"
    shape = accepts(op, [tuple(tensors[0].shape)] * len(wanted), as_list=type(op).__name__ in _LISTS)
    tried = (
        (Repair("Let the tensor attend to itself", code, f"{name}, {name}", gives_shape(shape)),)
        if shape is not None and "query" in wanted
        else ()
    )
    sentence = f"{type(op).__name__} needs {' and '.join(wanted)}; it was given only {wanted[0]}."
    return replace(blank, kind="inputs", sentence=sentence, expects=", ".join(wanted), repairs=tried)
