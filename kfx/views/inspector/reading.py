"""What the inspector takes from a model's graph: the axes of values, attention maps, which calls are the outputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kfx.errors import KfxError
from kfx.model.axes import attention_maps, channel_axes, read_as, step_word, unlearned
from kfx.model.read.model import read_graph

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Reading:
    """Facts by the addresses of calls.

    Attributes:
        channels: The axis of the channels where it is not the last one, the batch axis not counted.
        attention: Calls whose first output is an attention map.
        inputs: How inputs of two axes are read: ``"steps"`` or ``"space"``.
        parts: The address of the call that makes each of the model's outputs, and which of its tensors that is.
        unlearned: Calls before any weights: an augmented picture is still a picture there.
        step: The word for a place on a further axis: slice, frame or place.
    """

    channels: dict[str, int] = field(default_factory=dict)
    attention: frozenset[str] = frozenset()
    inputs: dict[str, str] = field(default_factory=dict)
    parts: tuple[tuple[str, int], ...] = ()
    unlearned: frozenset[str] = frozenset()
    step: str = "place"

    @property
    def outputs(self) -> list[str]:
        """The addresses of the calls that make the model's outputs, in order."""
        return [key for key, _ in self.parts]


def reading_of(model: keras.Model) -> Reading:
    """Read a model's graph; of one that cannot be read, nothing is known."""
    try:
        graph = read_graph(model)
    except (KfxError, TypeError, ValueError):
        return Reading()
    parts = tuple((key, part) for key, part, _ in graph.outputs)
    return Reading(
        channel_axes(graph),
        frozenset(attention_maps(graph)),
        read_as(graph),
        parts,
        frozenset(unlearned(graph)),
        step_word(graph),
    )
