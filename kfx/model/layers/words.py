"""The words about one call of a layer or operation: family, settings, and how its output shape follows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from kfx.keras_access import internals
from kfx.model.facts import Tensor
from kfx.model.layers.arguments import argument_names, call_settings, text_of
from kfx.model.layers.knowledge import LayerKnowledge
from kfx.model.layers.registry import known
from kfx.model.layers.rules import size_text, tuned_words
from kfx.text.untrusted import cut

if TYPE_CHECKING:
    import keras


def family(op: keras.Operation, *, kind: str, inputs: int = 1) -> str:
    """Return one of `kfx.model.facts.FAMILIES` for a call of this kind; an operation on a single tensor is not a merge."""
    return "model" if kind == "model" else merges_several(known(type(op)).family, kind == "op", inputs)


def merges_several(found: str | None, is_op: bool, inputs: int) -> str:
    """Return a family, but not ``"merge"`` for an operation on a single tensor."""
    return "custom" if found is None or (is_op and found == "merge" and inputs < 2) else found


def settings(
    op: keras.Operation, *, inputs: tuple[Tensor, ...] = (), constants: Sequence[tuple[str, object]] = ()
) -> tuple[str, ...]:
    """Return the arguments that matter most, e.g. ``("3×3", "stride 2", "same", "relu")``; never raise.

    Args:
        inputs: The tensors that this call receives.
        constants: Its other arguments, as ``(place, value)``.
    """
    is_layer = internals.is_layer(op)
    found = known_settings(known(type(op)), op, inputs) if is_layer else operation_settings(op)
    if is_layer:
        found += tuned_words(getattr(op, "lora_rank", None), getattr(op, "quantization_mode", None))
    return found + call_settings(type(op).__name__, constants, is_op=not is_layer, cls=type(op)) if constants else found


def known_settings(knowledge: LayerKnowledge, layer: keras.Layer, inputs: tuple[Tensor, ...]) -> tuple[str, ...]:
    """Return the settings of a layer, or of any object that has the layer's arguments as attributes; never raise."""
    try:
        found = [] if knowledge.wraps is None else [_wrapped(layer, knowledge.wraps.attributes[0])]
        return (*found, *(_some_arguments(layer) if knowledge.settings is None else knowledge.settings(layer, inputs)))
    except Exception:
        return ()


def _wrapped(wrapper: keras.Layer, attribute: str) -> str:
    inner = wrapper.layer if hasattr(wrapper, "layer") else getattr(wrapper, attribute)
    if isinstance(inner, str):  # read from a file, where the words are ready
        return inner
    size = getattr(inner, "units", None) or getattr(inner, "filters", None)
    return wrapped_words(type(inner).__name__, size, settings(inner))


def wrapped_words(kind: str, size: object, words: Sequence[str]) -> str:
    """Return a layer inside a wrapper as ``LSTM 16 every step``."""
    return " ".join([kind, *([str(size)] if size else []), *(w for w in words if not w.endswith(" units"))])


def _some_arguments(layer: keras.Layer) -> list[str]:
    """Return up to three plain arguments of a layer that no rule is written for."""
    found = []
    for name in argument_names(type(layer)):
        value = vars(layer).get(name)
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            found.append(f"{name} {cut(text_of(value), 24)}")
    return found[:3]


def operation_settings(op: object) -> tuple[str, ...]:
    """Return up to three arguments that an operation keeps besides tensors, such as its axis."""
    found = []
    for name, value in vars(op).items():
        if name.startswith("_") or name == "name" or value is None or value is False:
            continue
        value = value[0] if isinstance(value, tuple | list) and len(value) == 1 else value
        found.append(name if value is True else f"{name} {cut(text_of(value), 40)}")
    return tuple(found[:3])


def derivation(
    knowledge: LayerKnowledge, layer: keras.Operation, inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> tuple[str, ...]:
    """Return lines such as ``"height: 28 − 3 + 1 = 26"`` that say how the output shape follows, without the batch axis.

    Sources: the output formulas in the Keras documentation of each layer. Each line's result is compared with the shape that
    Keras computed; where they differ, or no formula is known, nothing is claimed.

    ``layer`` may be any object that has the layer's arguments as attributes.
    """
    shapes = [t.shape[1:] for t in inputs if t.shape]
    if knowledge.shape is None or len(outputs) != 1 or not outputs[0].shape or not inputs or len(shapes) != len(inputs):
        return ()
    try:
        lines = knowledge.shape(layer, shapes)
        agrees = tuple(result for _, _, result in lines) == outputs[0].shape[1:]
        return tuple(_sentence(*line) for line in lines) if agrees else ()
    except Exception:
        return ()


@lru_cache(maxsize=4096)
def _sentence(axis: str, arithmetic: str, result: int | None) -> str:
    """Leave the result out where the words hold it and no other number, as in ``stays 28`` or ``32 filters``."""
    shown = re.findall(r"\d+|\?", arithmetic) == [size_text(result)]
    return f"{axis}: {arithmetic}" if shown else f"{axis}: {arithmetic} = {size_text(result)}"
