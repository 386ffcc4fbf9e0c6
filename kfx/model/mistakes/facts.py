"""A refused call in plain values: what was given, what was expected, where they part, and what would repair it."""

from __future__ import annotations

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
    """Names of the axes behind the batch axis of a tensor with ``rank`` such axes."""
    names = AXIS_NAMES.get(rank) or tuple(f"axis {n}" for n in range(1, rank + 1))
    return (names[-1], *names[:-1]) if channels_first and rank > 1 else names


@dataclass(frozen=True)
class Given:
    """One tensor that the refused call was given.

    Attributes:
        source: Name of the layer that made it, or what it is, e.g. ``"NumPy array"``.
        shape: Without the batch axis; None where unknown.
        dtype: E.g. ``"float32"``.
        axes: The name of each axis in ``shape``.
        clash: Positions in ``shape`` of the axes that clash.
        variable: The user's name for it, or ``""``.
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
        title: What it does, e.g. ``"Keep the size in both convolutions"``.
        code: The line to write instead.
        changed: The part of ``code`` that is new.
        gives: What comes out, e.g. ``"both inputs become 9×9×64"``.
    """

    title: str
    code: str
    changed: str = ""
    gives: str = ""


@dataclass(frozen=True)
class Mistake:
    """Why a call was refused.

    Attributes:
        kind: ``"rank"``, ``"axis"``, ``"size"``, ``"merge"``, ``"reshape"``, ``"inputs"``, ``"disconnected"``, ``"array"``,
            ``"foreign"`` or ``"other"``.
        name: The refusing layer's name, or ``"Model"``.
        type: Its class.
        settings: Its settings, ready to print.
        sentence: What is wrong in one plain sentence.
        expects: What it expects, e.g. ``"(height, width, channels)"``; ``""`` where that says nothing.
        given: Each tensor it was given.
        arithmetic: ``(layer, arithmetic, reason)`` of the layers where sizes part, e.g.
            ``("conv2d_2", "9 − 3 + 1 = 7", 'padding="valid"')``.
        repairs: The likeliest first; each was tried.
        error: Keras's own message.
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
