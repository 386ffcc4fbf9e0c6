"""The facts that a journal holds: events, the plan, the layers, and the names of the layers' statistics."""

from __future__ import annotations

from dataclasses import dataclass

STATISTICS = ("gradient", "weight", "update", "mean", "std", "zeros", "dead")
ENDINGS = ("done", "stopped", "interrupted", "failed")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a step.

    Attributes:
        step: Steps done when it happened.
        epoch: Epochs done or begun when it happened, the first is 1.
        kind: ``"stop"``, ``"pause"``, ``"resume"``, ``"rate"``, ``"checkpoint"``, ``"rewind"``, ``"extra epoch"``,
            ``"interrupt"``, ``"nan"``, ``"error"`` or ``"note"``.
        text: One sentence about it.
        value: The new rate of a ``"rate"``, the seconds of a ``"resume"``, the epoch of a ``"rewind"``, else None.
        seconds: Since the run began.
    """

    step: int
    epoch: int
    kind: str
    text: str = ""
    value: float | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a run, from the arguments of ``fit``, as far as it is known.

    Attributes:
        epochs: Number of the last epoch to be trained, or 0 when unknown.
        first_epoch: Epochs that were done before this run (``initial_epoch``).
        steps: Steps an epoch, or None when unknown before the first epoch ends.
        facts: Short words for the head of the view, e.g. ``("batch 32", "1,024 examples")``.
        optimizer: The optimizer's class, e.g. ``"Adam"``.
        schedule: The class of the learning-rate schedule, or ``""``.
    """

    epochs: int = 0
    first_epoch: int = 0
    steps: int | None = None
    facts: tuple[str, ...] = ()
    optimizer: str = ""
    schedule: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """One row of the layer monitor.

    Attributes:
        key: The layer's address, as in `kfx.model.facts.LayerCall.key`.
        type: The class's name.
        weights: True if it has trainable weights, and so a gradient.
        family: Its family, one of `kfx.model.facts.FAMILIES`.
    """

    key: str
    type: str
    weights: bool
    family: str = "custom"
