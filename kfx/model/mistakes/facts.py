"""Describe a failed Keras call in plain values: its inputs, the expected ones, the sizes that differ, and repairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kfx.model.facts import Shape

AXIS_NAMES = {
    0: (),
    1: ("features",),
    2: ("steps", "features"),
    3: ("height", "width", "channels"),
    4: ("depth", "height", "width", "channels"),
}


def axis_names(rank: int, *, channels_first: bool = False) -> tuple[str, ...]:
    """Return the names of the axes behind the batch axis of a tensor with ``rank`` such axes."""
    names = AXIS_NAMES.get(rank) or tuple(f"axis {n}" for n in range(1, rank + 1))
    return (names[-1], *names[:-1]) if channels_first and rank > 1 else names


def shape_words(shape: Sequence[int | None]) -> str:
    """Return ``"9×9×64"`` for a shape without its batch axis."""
    return "×".join("?" if n is None else str(n) for n in shape) or "one number"


@dataclass(frozen=True)
class Given:
    """One input of the failed call.

    Attributes:
        source: Name of the layer that made it, or its kind, e.g. ``"NumPy array"``.
        shape: Without the batch axis; None where unknown.
        dtype: E.g. ``"float32"``.
        axes: The name of each axis in ``shape``.
        clash: Positions in ``shape`` of the axes that clash.
        variable: Name of the user's variable, or ``""``.
    """

    source: str
    shape: Shape | None
    dtype: str
    axes: tuple[str, ...] = ()
    clash: tuple[int, ...] = ()
    variable: str = ""


@dataclass(frozen=True)
class Repair:
    """One likely repair that was tried on this graph.

    Attributes:
        title: E.g. ``"Keep the size in both convolutions"``.
        code: The line to write instead.
        changed: The part of ``code`` that is new.
        gives: The result, e.g. ``"both inputs become 9×9×64"``.
    """

    title: str
    code: str
    changed: str = ""
    gives: str = ""


@dataclass(frozen=True)
class FlowBox:
    """One box in the flow of data through ``fit``: an array, an input or output of the model, the loss.

    Attributes:
        name: E.g. ``"x"``.
        detail: Second line, e.g. ``"60,000 examples"``.
        family: Of its glyph, see `kfx.model.facts.FAMILIES`.
        size: Size on the line that leaves it, e.g. ``"28×28×1"``; ``""`` for none.
        clash: The box is where it clashes.
        wrong: The line that leaves it brings what clashes.
    """

    name: str
    detail: str = ""
    family: str = "io"
    size: str = ""
    clash: bool = False
    wrong: bool = False


@dataclass(frozen=True)
class Flow:
    """The data of ``fit``, ``evaluate`` or ``predict`` on their way into the model and the loss.

    Attributes:
        model: The model's name.
        x: The data for the inputs.
        inputs: Inputs of the model.
        outputs: Outputs of the model.
        y: The labels; none for ``predict``.
        loss: The loss; None for ``predict``.
    """

    model: str
    x: tuple[FlowBox, ...] = ()
    inputs: tuple[FlowBox, ...] = ()
    outputs: tuple[FlowBox, ...] = ()
    y: tuple[FlowBox, ...] = ()
    loss: FlowBox | None = None


@dataclass(frozen=True)
class Mistake:
    """The explanation of a failed call.

    Attributes:
        kind: ``"rank"``, ``"axis"``, ``"size"``, ``"merge"``, ``"reshape"``, ``"inputs"``, ``"disconnected"``, ``"array"``,
            ``"foreign"``, ``"class"`` or ``"other"``; of ``fit`` and its like those of `kfx.model.mistakes.fit`.
        name: Name of the layer that raised, or ``"Model"``.
        type: Its class.
        settings: Its settings, ready to print.
        sentence: The mistake in one plain sentence.
        expects: The expected inputs, e.g. ``"(height, width, channels)"``; ``""`` where the sentence says it all.
        given: The inputs of the call.
        arithmetic: ``(layer, arithmetic, reason)`` of the layers where sizes part, e.g.
            ``("conv2d_2", "9 − 3 + 1 = 7", 'padding="valid"')``.
        repairs: The likeliest first; each was tried.
        error: Keras's own message.
        title: The mistake in a few words; ``""`` where it follows from the kind.
        flow: The data's way into the model and the loss, for mistakes of ``fit`` and its like.
        tried: What the repairs were tried on.
    """

    kind: str
    name: str
    type: str
    sentence: str
    settings: tuple[str, ...] = ()
    expects: str = ""
    given: tuple[Given, ...] = ()
    arithmetic: tuple[tuple[str, str, str], ...] = ()
    repairs: tuple[Repair, ...] = ()
    error: str = ""
    title: str = ""
    flow: Flow | None = None
    tried: str = "shapes"
