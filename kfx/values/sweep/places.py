"""Choose the values of a sweep: those with an axis of positions, and of heads where heads are asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.errors import KfxError
from kfx.values.features import address_text
from kfx.values.tap.calls import Traced, traced_calls
from kfx.values.tap.choose import choose_addresses, wanted_list
from kfx.values.tap.field_names import addressed
from kfx.values.tap.inside import SCORES
from kfx.values.tap.opening import EVERYTHING

if TYPE_CHECKING:
    import keras

_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Place:
    """The values of one address.

    Attributes:
        key: The address.
        position: The axis of positions; the batch axis is 0.
        positions: How many there are.
        head: The axis of heads, 0 where heads are patched together.
        heads: How many there are, 1 where they are patched together.
    """

    key: str
    position: int
    positions: int
    head: int = 0
    heads: int = 1


def choose_keys(model: keras.Model, layers: object, inputs: object, *, heads: bool, run_eagerly: bool) -> tuple[str, ...]:
    """Return the chosen addresses; with ``heads``, that of its scores for an attention layer.

    Raises:
        ValueError: An address names nothing.
        TypeError: ``layers`` holds something else than addresses, patterns, classes and predicates.
    """
    found = choose_addresses(model, layers, inputs, run_eagerly=run_eagerly)
    if not heads:
        return found
    inside = traced_calls(model, inputs, opening=EVERYTHING).targets
    return tuple(dict.fromkeys(f"{key}/{SCORES}" if f"{key}/{SCORES}" in inside else key for key in found))


def choose_places(
    model: keras.Model, layers: object, inputs: object, values: Mapping[str, Any], *, heads: bool
) -> tuple[list[Place], dict[str, str]]:
    """Return the places among the values at chosen addresses, and why others of a pattern are left out.

    Raises:
        ValueError: Values that were named cannot be swept, none of a pattern can, or they have different lengths.
    """
    wanted = addressed(model, wanted_list(layers))
    patterns = any(not isinstance(one, str) or _WILD.search(one) for one in wanted)
    named = {one for one in wanted if isinstance(one, str)}
    traced = traced_calls(model, inputs, opening=EVERYTHING)
    found: list[Place] = []
    left_out: dict[str, str] = {}
    for key, value in values.items():
        place = _place(traced, key, value, heads)
        if isinstance(place, Place):
            found.append(place)
        elif not patterns or key in named or key.removesuffix(f"/{SCORES}") in named:
            raise ValueError(f"{address_text(key)!r} cannot be swept: {place}.")
        else:
            left_out[key] = place
    if not found:
        why = next(iter(left_out.values()))
        raise ValueError(
            f"None of the {len(left_out)} chosen layers can be swept, e.g. {address_text(next(iter(left_out)))!r}: {why}."
        )
    _require_one_length(found)
    return found, left_out


def _place(traced: Traced, key: str, value: Any, heads: bool) -> Place | str:
    """Return the place of some values, or why they have none."""
    call = next((one for some in (traced.calls, traced.operations, traced.inner) for one in some if one.key == key), None)
    target = traced.targets.get(key)
    if call is not None and call.kind == "input":
        return "it is an input, where nothing is called"
    if target is not None and target.place is None:
        return f"its values cannot be replaced, because {target.why_not}"
    if not isinstance(value, np.ndarray) or value.dtype == object:
        return "it does not return one array"
    shape = ("batch", *value.shape[1:])
    words = f"its values have shape ({', '.join(map(str, shape))})"
    scores = call is not None and call.type == "Softmax" and target is not None and value.ndim == 4
    if value.ndim < 3:
        return f"{words}, without an axis of positions; expected (batch, position, ...)"
    if not heads:
        axis = 2 if scores else 1
        return Place(key, axis, value.shape[axis])
    if value.ndim < 4:
        return f"{words}, without an axis of heads; expected an attention layer, its scores or (batch, position, head, ...)"
    position, head = (2, 1) if scores else (1, value.ndim - 2)
    return Place(key, position, value.shape[position], head, value.shape[head])


def require_compiled(model: keras.Model, inputs: object, places: Sequence[Place]) -> None:
    """Refuse operations inside layers of a model that runs eagerly, where TensorFlow does not let them be replaced.

    Raises:
        KfxError: One of the places is such an operation.
    """
    targets = traced_calls(model, inputs, opening=EVERYTHING).targets
    inside = next((place.key for place in places if place.key in targets), None)
    if inside is not None:
        raise KfxError(
            f"{address_text(inside)!r} is inside a layer and cannot be replaced, because {str(model.name)!r} runs eagerly: it "
            "says so itself, or a name holds letters that TensorFlow does not compile. Give names of Latin letters, or sweep "
            "layers."
        )


def _require_one_length(places: Sequence[Place]) -> None:
    first = places[0]
    for one in places:
        if one.positions != first.positions:
            raise ValueError(
                f"{address_text(first.key)!r} has {first.positions} positions and {address_text(one.key)!r} {one.positions}; "
                "sweep layers of one length at a time."
            )
