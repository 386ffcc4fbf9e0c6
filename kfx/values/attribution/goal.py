"""The number that is attributed to the inputs: a class, the contrast of two, a layer's values, a function of the output."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, SupportsIndex

import numpy as np

from kfx.text.untrusted import cut, visible

SHOWN = 8  # names that an error lists


@dataclass(frozen=True, slots=True)
class OutputFact:
    """One output of a model.

    Attributes:
        name: Its name, ``""`` for the only one.
        shape: Of one example.
        is_logit: Whether a softmax or sigmoid makes it, so that its logits are known.
    """

    name: str
    shape: tuple[int, ...]
    is_logit: bool

    @property
    def units(self) -> int:
        """Return the length of the last axis; 1 for a single number."""
        return self.shape[-1] if self.shape else 1

    @property
    def listed(self) -> bool:
        """Return whether it is one list of units."""
        return len(self.shape) <= 1 or (0 not in self.shape and int(np.prod(self.shape)) == max(self.shape))


@dataclass(frozen=True)
class Goal:
    """What is attributed.

    Attributes:
        kind: ``"largest"``, ``"unit"``, ``"contrast"``, ``"address"`` or ``"function"``.
        output: The number of the output among all.
        units: The unit; for a contrast both, None for the largest of an example.
        address: What was given as an address.
        function: The user's function of the output.
        logits: Whether the logit counts where a softmax or sigmoid makes the output.
    """

    kind: str
    output: int = 0
    units: tuple[int | None, ...] = ()
    address: str = ""
    function: Callable[[Any], object] | None = None
    logits: bool = True

    def chosen(self, values: np.ndarray) -> np.ndarray:
        """Return the units of each example, ``(batch, 1)`` or ``(batch, 2)``, for the output's own values.

        The largest of an output that is no list of units is counted over all its places.
        """
        flat = values.reshape(len(values), -1).astype("float64")
        best = np.argmax(flat, axis=1)
        return np.stack([best if unit is None else np.full(len(values), unit) for unit in self.units], axis=1).astype("int32")

    def score(self, outputs: Sequence[np.ndarray], units: np.ndarray) -> np.ndarray | None:
        """Return the number of each example, for the outputs with logits where there are such; None for another pass."""
        if self.kind in ("address", "function") or not self.logits:
            return None
        x = np.asarray(outputs[self.output], "float64")
        if x.ndim > 2 and self.kind != "largest":
            x = x.sum(axis=tuple(range(1, x.ndim - 1)))
        picked = np.take_along_axis(x.reshape(len(x), -1), units, axis=1)
        return picked[:, 0] - picked[:, 1] if self.kind == "contrast" else picked[:, 0]


def choose_goal(target: object, outputs: Sequence[OutputFact], class_names: object = None, *, logits: bool = True) -> Goal:
    """Return what a user's ``target`` means.

    Args:
        target: None, a unit's number or its name, a pair of these (a contrast), a dict from an output's name to one of these,
            an address, or a function of the output.
        outputs: The model's outputs.
        class_names: A name for each unit of an output, or a dict of these by output.
        logits: As for `Goal`.

    Raises:
        TypeError: ``target`` is something else.
        ValueError: There is no such output or unit, or it is not clear which output is meant.
    """
    _require_names(class_names, outputs)
    if callable(target):
        return Goal("function", function=target, logits=False)
    number = 0
    if isinstance(target, Mapping):
        number, target = _output_of(target, outputs)
    elif isinstance(target, str) and not any(target in names_of(class_names, one) for one in outputs):
        return Goal("address", address=target, logits=False)
    elif len(outputs) != 1:
        listed = ", ".join(_quoted(one.name) for one in outputs[:SHOWN])
        raise ValueError(
            f"The model has {len(outputs)} outputs: {listed}. Say which: target={{{_quoted(outputs[0].name)}: None}} takes its "
            "largest unit; an address or a function of the outputs do too."
        )
    fact = outputs[number]
    names = names_of(class_names, fact)
    if isinstance(target, tuple | list):
        if len(target) != 2:
            raise ValueError(f"`target` holds {len(target)} units; expected two, whose difference is attributed.")
        units = tuple(_unit(one, fact, names) for one in target)
        if len(set(units)) == 1:
            raise ValueError(f"`target` is {tuple(target)!r:.60}: the contrast of a unit with itself is 0.")
        if None in units and not fact.listed:
            raise ValueError(f"The contrast with the largest unit needs one list of units; {_named(fact)} has {fact.shape}.")
        return Goal("contrast", number, units, logits=logits)
    unit = _unit(target, fact, names)
    return Goal("largest" if unit is None else "unit", number, (unit,), logits=logits)


def _output_of(target: Mapping[Any, object], outputs: Sequence[OutputFact]) -> tuple[int, object]:
    if len(target) != 1:
        raise ValueError(f"`target` names {len(target)} outputs; expected one, e.g. {{{_quoted(outputs[0].name)}: 0}}.")
    (name, unit), known = next(iter(target.items())), [one.name for one in outputs]
    if name not in known:
        listed = ", ".join(map(_quoted, known[:SHOWN]))
        raise ValueError(f"`target` names an output {_quoted(name)}; the outputs are {listed}.")
    return known.index(name), unit


def _require_names(class_names: object, outputs: Sequence[OutputFact]) -> None:
    """Refuse names of classes that fit no output."""
    if class_names is None:
        return
    if isinstance(class_names, Mapping):
        for name, some in class_names.items():
            fact = next((one for one in outputs if one.name == name), None)
            if fact is None:
                listed = ", ".join(_quoted(one.name) for one in outputs[:SHOWN])
                raise ValueError(f"`class_names` names an output {_quoted(name)}; the outputs are {listed}.")
            if len(some) != fact.units:
                raise ValueError(f"`class_names[{_quoted(name)}]` holds {len(some)} names; the output has {fact.units} units.")
        return
    if isinstance(class_names, str) or not isinstance(class_names, Sequence | np.ndarray):
        raise TypeError(f"`class_names` is {class_names!r:.60}; give one name for each class, in a list.")
    if all(len(class_names) != fact.units for fact in outputs):
        units = ", ".join(f"{fact.name}: {fact.units}" if fact.name else str(fact.units) for fact in outputs[:SHOWN])
        raise ValueError(f"`class_names` holds {len(class_names)} names; the model's output has {units} units.")


def names_of(class_names: object, fact: OutputFact) -> list[str]:
    """Return the names of an output's units; none where they are not known."""
    given = class_names.get(fact.name) if isinstance(class_names, Mapping) else class_names
    names = [str(name) for name in given] if isinstance(given, Sequence | np.ndarray) else []
    return names if len(names) == fact.units else []


def _unit(unit: object, fact: OutputFact, names: Sequence[str]) -> int | None:
    if unit is None:
        return None
    if isinstance(unit, str):
        if unit not in names:
            known = f"Its class names: {', '.join(map(_quoted, names[:SHOWN]))}" if names else "Give class_names"
            raise ValueError(f"`target` names a class {_quoted(unit)} that {_named(fact)} does not have. {known}.")
        if names.count(unit) > 1:
            raise ValueError(f"Several classes are called {_quoted(unit)}; give the number.")
        return names.index(unit)
    if isinstance(unit, bool) or not isinstance(unit, SupportsIndex):
        raise TypeError(
            f"`target` is {type(unit).__name__!r}; expected a unit's number or name, a pair of these, a dict by output, an "
            "address, a function or None."
        )
    number = operator.index(unit)
    if not -fact.units <= number < fact.units:
        raise ValueError(f"`target` is {number}; {_named(fact)} has {fact.units} units, 0 to {fact.units - 1}.")
    return number % fact.units


def _named(fact: OutputFact) -> str:
    return f"the output {_quoted(fact.name)}" if fact.name else "the output"


def _quoted(name: object) -> str:
    return repr(cut(visible(str(name)), 60, middle=True))
