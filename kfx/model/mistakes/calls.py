"""Calls that fail before any shape matters: a class instead of a layer, one tensor instead of a list, a layer as an input."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from kfx.keras_access.importing import import_keras
from kfx.model.layers.arguments import text_of
from kfx.model.mistakes.case import Case
from kfx.model.mistakes.facts import Mistake, Repair
from kfx.model.mistakes.given import gives_shape
from kfx.model.mistakes.try_out import code_of, copy_of, offered, output_shape

if TYPE_CHECKING:
    import keras

_LISTS = ("Attention", "AdditiveAttention")


def class_called(case: Case) -> Mistake:
    """Explain ``layers.Flatten(x)``: a class was called with a tensor, as if it were a layer."""
    keras, failed = import_keras(), case.failed
    name = failed.function
    cls = getattr(keras.layers, name, None)
    tensors = [x for x in keras.tree.flatten(failed.args) if isinstance(x, keras.KerasTensor)]
    listed = ", ".join(map(case.name_of, tensors)) or "…"
    is_list = bool(failed.args) and isinstance(failed.args[0], list | tuple)
    code = f"{'layers.' if cls is not None else ''}{name}()({f'[{listed}]' if is_list else listed})"
    if not tensors and failed.code:
        code = failed.code.replace("(", "()(", 1)
    given = f" the tensor {listed}" if tensors else " what belongs to the call"
    return Mistake(
        "class",
        name,
        name,
        f"{name} is a class: its first brackets take settings and make a layer, the second take tensors. "
        f"The first were given{given}.",
        expects=code,
        repairs=offered(_make_the_layer, cls, tensors, code) if cls is not None and tensors else (),
    )


def _make_the_layer(cls: type[keras.Layer], tensors: Sequence[keras.KerasTensor], code: str) -> Iterator[Repair]:
    shape = output_shape([cls()], *tensors)
    if shape is not None:
        yield Repair("Make the layer, then call it", code, f"{cls.__name__}()", gives_shape(shape))


def wrong_arguments(case: Case) -> Mistake | None:
    """Explain an argument that is not a tensor where a tensor is expected, or a missing argument."""
    return _not_a_tensor(case) or _missing(case)


def _not_a_tensor(case: Case) -> Mistake | None:
    keras = import_keras()
    if not case.failed.args:
        return None
    first, found = case.failed.args[0], ()
    if isinstance(first, keras.layers.Layer):
        given = f"the layer {first.name} itself, not what it returns: call {first.name} on a tensor first"
    elif isinstance(first, type) and issubclass(first, keras.layers.Layer):
        given = f"the class {first.__name__}, not a tensor"
    elif first is None:
        given = "None instead of a tensor; a function that forgets its `return` gives None"
    else:
        leaves = list(keras.tree.flatten(first)) if isinstance(first, list | tuple | dict) else [first]
        odd = [x for x in leaves if not hasattr(x, "shape")]
        if not odd:
            return None
        is_shape = isinstance(first, list | tuple) and all(x is None or isinstance(x, int) for x in first)
        what = f"the shape {text_of(first)}" if is_shape else f"{text_of(odd[0])!r} ({type(odd[0]).__name__})"
        given = f"{what} instead of a tensor"
        found = offered(_make_an_input, case.op, tuple(first[1:])) if is_shape and len(first) > 1 else ()
    return case.mistake("array", f"{case.op.name} was given {given}.", expects="a tensor", repairs=found)


def _make_an_input(op: keras.Operation, shape: tuple[int | None, ...]) -> Iterator[Repair]:
    given = output_shape([copy_of(op)], (None, *shape))
    if given is not None:
        new = f"keras.Input(shape={shape})"
        yield Repair("Call it on a symbolic input of that shape", f"{_code(op)}({new})", new, gives_shape(given))


def _code(op: keras.Operation) -> str:
    """Return the code that makes the layer; its name where the layer has no configuration."""
    return "".join(offered(lambda: [code_of(op)])) or str(op.name)


def _missing(case: Case) -> Mistake | None:
    """Explain ``MultiHeadAttention(...)(x)``, which needs a query and a value."""
    if len(case.tensors) != 1:
        return None
    takes_list = case.type in _LISTS
    wanted = ["query", "value"] if takes_list else _required(case)
    if len(wanted) < 2 or (not takes_list and len(case.failed.args) >= len(wanted)):
        return None
    sentence = f"{case.type} needs {' and '.join(wanted)}; it was given only {wanted[0]}."
    repairs = offered(_attend_to_itself, case, len(wanted)) if "query" in wanted else ()
    return case.mistake("inputs", sentence, expects=", ".join(wanted), repairs=repairs)


def _required(case: Case) -> list[str]:
    """Return the names of the tensors without which the layer cannot be called."""
    try:
        parameters = inspect.signature(case.op.call).parameters.values()
    except (TypeError, ValueError):
        return []
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind in plain and p.name not in case.failed.kwargs]


def _attend_to_itself(case: Case, inputs: int) -> Iterator[Repair]:
    (tensor,) = case.tensors
    layer, takes_list = copy_of(case.op), case.type in _LISTS

    def call(tensors: list[Any]) -> Any:
        return layer(tensors) if takes_list else layer(*tensors)

    shape = output_shape([call], *[tuple(tensor.shape)] * inputs)
    if shape is not None:
        given = ", ".join([case.name_of(tensor)] * inputs)
        code = f"{_code(case.op)}({f'[{given}]' if takes_list else given})"
        yield Repair("Let the tensor attend to itself", code, ", ".join([case.name_of(tensor)] * 2), gives_shape(shape))
