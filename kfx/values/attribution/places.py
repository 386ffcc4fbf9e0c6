"""Where numbers of an input can be changed little by little: the input itself, or the first layer that makes floats of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kfx.values.attribution.reading import CallFact, Reading
from kfx.values.features import address_text


@dataclass(frozen=True, slots=True)
class Place:
    """Where the gradient by one input is taken.

    Attributes:
        number: Of the input among all.
        name: Of the input.
        shape: Of an example of the input.
        calls: The calls that look its whole numbers or words up, e.g. an embedding; empty where the input itself is numbers.
        why_not: Why there is no such place; else ``""``.
    """

    number: int
    name: str
    shape: tuple[int | None, ...]
    calls: tuple[CallFact, ...] = ()
    why_not: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """Return what the values at the place are called: an address for each call, ``#0`` for the first input itself."""
        return () if self.why_not else tuple(call.key for call in self.calls) or (f"#{self.number}",)


def find_places(inputs: Sequence[Any], names: Sequence[str], reading: Reading) -> tuple[Place, ...]:
    """Return the place of each input, which are given flat and as tensors."""
    import tensorflow as tf

    places = []
    for number, (x, name) in enumerate(zip(inputs, names, strict=False)):
        if x is None:
            continue
        if not isinstance(x, tf.Tensor):
            places.append(Place(number, name, (), why_not=f"the input {address_text(name)!r} is sparse or ragged"))
            continue
        shape = tuple(x.shape[1:])
        calls = _innermost(call for call in reading.calls if number in call.begins)
        if x.dtype.is_floating and not calls:
            places.append(Place(number, name, shape))
            continue
        what = "text" if x.dtype == tf.string else "whole numbers"
        why = "" if calls else f"the input {address_text(name)!r} is {what} that no layer turns into floating-point numbers"
        if len({_reduced(call) for call in calls}) > 1:
            listed = ", ".join(repr(address_text(call.key)) for call in calls[:6])
            why = f"several layers turn the input {address_text(name)!r} into numbers of different forms: {listed}"
        places.append(Place(number, name, shape, () if why else calls, why))
    return tuple(places)


def _innermost(calls: Iterable[CallFact]) -> tuple[CallFact, ...]:
    """Return the calls that are not around another one of them."""
    found = list(calls)
    return tuple(one for one in found if not any(other.key.startswith(f"{one.key}/") for other in found))


def extra_axes(call: CallFact) -> int:
    """Return how many axes a lookup adds to the numbers that it is given: one for an embedding."""
    known, more = call.given, len(call.shape) - len(call.given)
    same = all(a is None or b is None or a == b for a, b in zip(known, call.shape, strict=False))
    return more if more > 0 and same else 0


def _reduced(call: CallFact) -> tuple[int | None, ...]:
    return call.shape[: len(call.shape) - extra_axes(call)]
