"""Rules that several families of layers share: words of settings, lines of shapes, formulas of costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from kfx.model.facts import Shape, Tensor
from kfx.model.layers.arguments import function_name, text_of
from kfx.model.layers.knowledge import Formula, LayerKnowledge, Line, SettingsRule, Shapes
from kfx.text.untrusted import cut

if TYPE_CHECKING:
    import keras

AXES = {1: ("steps",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def each(names: str, knowledge: LayerKnowledge) -> dict[str, LayerKnowledge]:
    """Return the same knowledge for each of several class names."""
    return dict.fromkeys(names.split(), knowledge)


# ---- settings


def times(sizes: int | Sequence[int]) -> str:
    """Return ``3×3`` for a pair of sizes."""
    return "×".join(str(n) for n in sizes) if isinstance(sizes, tuple | list) else str(sizes)


def one_or_all(sizes: int | Sequence[int]) -> str:
    """Return ``2`` for equal sizes, else ``2×3``."""
    given = sizes if isinstance(sizes, tuple | list) else (sizes,)
    return str(given[0]) if len(set(given)) == 1 else times(given)


def activation_word(layer: keras.Layer, attribute: str = "activation") -> list[str]:
    """Return the activation's name, or nothing for a linear one."""
    function = getattr(layer, attribute, None)
    name = "" if function is None else function_name(function)
    return [name] if name not in ("", "linear") else []


def padding_word(layer: keras.Layer) -> list[str]:
    """Return the padding unless it is Keras's default."""
    return [layer.padding] if isinstance(layer.padding, str) and layer.padding != "valid" else []


def axis_word(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    """Return the axis unless it is the last one."""
    axis = getattr(layer, "axis", -1)
    axis = axis[0] if isinstance(axis, list | tuple) and len(axis) == 1 else axis
    rank = len(inputs[0].shape) if inputs and inputs[0].shape is not None else 0
    return [] if axis in (-1, rank - 1) else [f"axis {text_of(axis)}"]


def no_words(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    """Return no settings."""
    return []


def named(*names: str, activation: bool = False) -> SettingsRule:
    """Print attributes as ``word value``; ``"word=attribute"`` renames one, ``"=attribute"`` leaves the word out."""

    def rule(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
        found = []
        for entry in names:
            word, _, attribute = entry.partition("=")
            value = getattr(layer, attribute or word, None)
            if value is not None and value is not False:
                text = "" if value is True else cut(text_of(value), 40)
                found.append(f"{word} {text}".strip())
        return found + (activation_word(layer) if activation else [])

    return rule


def tuned_words(rank: object, mode: object) -> tuple[str, ...]:
    """Return e.g. ``("LoRA rank 4", "quantized int8")``; ``mode`` is Keras's ``quantization_mode``."""
    found = [f"LoRA rank {rank}"] if isinstance(rank, int) and rank else []
    return (*found, *([f"quantized {mode}"] if isinstance(mode, str) and mode else []))


# ---- shapes


def size_text(value: int | None) -> str:
    """Return an axis's size as text, ``?`` for an unknown one."""
    return "?" if value is None else str(value)


def as_tuple(value: int | Sequence[int], rank: int) -> tuple[int, ...]:
    """Return one number for each spatial axis."""
    return tuple(value) if isinstance(value, tuple | list) else (value,) * rank  # type: ignore[return-value]  # an int here


def keep(axis: str, n: int | None) -> Line:
    """Return the line of an axis that stays as it is."""
    return (axis, f"stays {size_text(n)}", n)


def over_space(
    layer: keras.Layer,
    shape: Shape,
    line: Callable[..., tuple[str, int | None]],
    *settings: int | Sequence[Any],
    channels: Callable[[int | None], Line] | None = None,
) -> list[Line]:
    """Return the lines of the spatial axes and of the channels, in the order of the output's axes.

    Args:
        layer: The layer; its ``data_format`` says where the channels are.
        shape: The input's shape without the batch axis.
        line: ``(size, *settings) -> (arithmetic, result)`` of one spatial axis.
        *settings: Each one value, or one for every spatial axis, such as the strides.
        channels: ``(channels of the input) -> Line``; None keeps them.
    """
    last = getattr(layer, "data_format", None) != "channels_first"
    spatial, n = (shape[:-1], shape[-1]) if last else (shape[1:], shape[0])
    rank = len(spatial)
    axes = zip(AXES[rank], spatial, *(as_tuple(one, rank) for one in settings), strict=True)
    lines: list[Line] = [(axis, *line(*numbers)) for axis, *numbers in axes]
    kept = channels(n) if channels else keep("channels", n)
    return [*lines, kept] if last else [kept, *lines]


def unchanged(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    """Return the lines of a layer whose output has its input's shape."""
    names = {0: (), 1: ("features",), 2: ("steps", "features"), 3: ("height", "width", "channels"), 4: (*AXES[3], "channels")}
    axes = names.get(len(shapes[0])) or tuple(f"axis {i + 1}" for i in range(len(shapes[0])))
    return [keep(axis, n) for axis, n in zip(axes, shapes[0], strict=True)]


# ---- cost

COUNTED = "conv + matmul as TensorFlow counts them, any bias and activation per element"
PRODUCT = "matmul as TensorFlow counts it"
EQUATION = "by the layer's equation"
ELEMENT = "per element"
TRANSPOSED = "every input number times the kernel"
WINDOWS = "one per number in each window"
INPUT_NUMBERS = "one per input number"
MOVES = "moves data only"
IDLE = "idle at inference"


def per_input(factor: float) -> Formula:
    """Count so many operations for each number of the first input."""
    return lambda layer, ins, outs: (0, factor * prod(ins[0]))


def per_output(factor: float) -> Formula:
    """Count so many operations for each number of the outputs."""
    return lambda layer, ins, outs: (0, factor * sum(map(prod, outs)))


def no_cost(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    """Count nothing."""
    return 0, 0
