"""The record of what kfx knows about one class of layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from kfx.model.facts import Shape, Tensor

if TYPE_CHECKING:
    import keras

Shapes = list[tuple[int, ...]]  # of one example: the first axis is 1
Line = tuple[str, str, "int | None"]  # axis name, arithmetic without its result, result (None: unknown)
Array = tuple[tuple[int, ...], str]  # shape and dtype of one array in a file
SettingsRule = Callable[["keras.Layer", tuple[Tensor, ...]], Iterable[str]]
ShapeRule = Callable[["keras.Layer", list[Shape]], Sequence[Line]]
Formula = Callable[["keras.Layer", Shapes, Shapes], tuple[float, float]]
SizesRule = Callable[[dict[str, object], list[Array]], tuple[Sequence[Array], Sequence[Array]]]


class InnerCalls(NamedTuple):
    """The calls that a wrapper makes of each layer that it wraps, for one example.

    Attributes:
        times: Number of calls.
        inputs: Shapes that the wrapped layer receives.
        outputs: Shapes that it returns.
        others: Operations of the wrapper itself.
    """

    times: int
    inputs: Shapes
    outputs: Shapes
    others: float = 0


@dataclass(frozen=True)
class Wraps:
    """The attributes in which a wrapper holds layers, and how it calls them (None where no formula is known)."""

    attributes: tuple[str, ...]
    calls: Callable[[keras.Layer, Shapes, Shapes], InnerCalls] | None = None


@dataclass(frozen=True)
class LayerKnowledge:
    """The facts about one class of layers; a field that is None is taken from the nearest ancestor that has it.

    The functions take a layer, or any object that has the layer's constructor arguments as attributes: a file's
    configuration is read without making the layer.

    Attributes:
        family: One of `kfx.model.facts.FAMILIES`.
        settings: Returns the words of the Settings column.
        shape: Returns one `Line` for each output axis except the batch axis, given the input shapes without it.
        cost: Returns ``(multiply-accumulates, other operations)`` of one example.
        source: Where the cost formula comes from.
        stored_sizes: Divides a file's arrays, given the configuration, into those that training changes and the others.
        wraps: For a wrapper: where it holds layers and how it calls them.
    """

    family: str | None = None
    settings: SettingsRule | None = None
    shape: ShapeRule | None = None
    cost: Formula | None = None
    source: str = ""
    stored_sizes: SizesRule | None = None
    wraps: Wraps | None = None
