"""The facts that a journal holds: events, the plan, the layers, and the names of the layers' statistics."""

from __future__ import annotations

from dataclasses import dataclass, field

STATISTICS = ("gradient", "weight", "update", "mean", "std", "zeros", "dead")
PART_STATISTICS = ("gradient", "weight", "update")  # of one weight of a layer
ENDINGS = ("done", "stopped", "interrupted", "failed", "lost")  # lost: it went on, but kfx could not follow it any more


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


@dataclass(frozen=True, slots=True)
class Part:
    """One trainable weight of a layer: its kernel, its bias.

    Attributes:
        layer: The `Layer.key` of its layer.
        name: Its name, unique in its layer, e.g. ``"kernel"``.
    """

    layer: str
    name: str


@dataclass(frozen=True, slots=True)
class Rewind:
    """A return to a checkpoint. What was trained between its step and this one was given up.

    Attributes:
        step: Steps done when it happened; the steps after it are counted on from there.
        epoch: The epoch in progress or last done, the first is 1.
        to_epoch: Epochs done at the checkpoint.
        to_step: Steps done at the checkpoint in the epoch after.
        to_steps: Steps done at the checkpoint in all.
        rate: The learning rate that came back, or None.
    """

    step: int
    epoch: int
    to_epoch: int
    to_step: int
    to_steps: int
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Broke:
    """The point at which values stopped being finite.

    Attributes:
        step: The first step that was not finite, of all steps of the run.
        epoch: Its epoch, the first is 1.
        in_epoch: Its number in the epoch; 0 for a validation.
        layer: The `Layer.key` of the layer where it began, or ``""`` where that is not known.
        names: The logs that were not finite.
        last: The last finite value of each log, and its step.
        sentence: The same in words.
    """

    step: int
    epoch: int
    in_epoch: int
    layer: str = ""
    names: tuple[str, ...] = ()
    last: dict[str, tuple[int, float]] = field(default_factory=dict)
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that reached a run, carried out or refused: a line of its audit list.

    Attributes:
        kind: ``"stop"``, ``"rate"`` ...
        value: Its value, or None.
        by: Who asked, e.g. ``"view"`` or ``"code"``.
        text: The outcome in one sentence.
        done: It was carried out.
        step: Steps done at that moment.
        epoch: The epoch in progress or last done.
        seconds: Since the run began.
    """

    kind: str
    value: float | None
    by: str
    text: str
    done: bool
    step: int
    epoch: int
    seconds: float
