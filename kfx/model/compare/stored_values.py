"""Pair the weights of both sides of a comparison, by the paths in their files where one of them could not be loaded."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from kfx.errors import ModelFileError
from kfx.keras_access.saving.paths import SavedState, saved_state
from kfx.model.compare.opened import Opened
from kfx.model.compare.stored import shut_pairs
from kfx.model.files.weights import arrays_by_call
from kfx.model.read.weights import StoredWeight, Weights, weights_by_call


@dataclass
class BothWeights:
    """The weights of both sides.

    Attributes:
        a: Of the first, by call.
        b: Of the second.
        left_out: Sentences on what could not be compared.
        strays: Paths of arrays in a file of weights that belong to no layer of the other side, for A and for B.
        by_path: True if names are paths in a file, so that each layer's weights must be on both sides.
    """

    a: Weights = field(default_factory=dict)
    b: Weights = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    strays: tuple[list[str], list[str]] = field(default_factory=lambda: ([], []))
    by_path: bool = False


def weights_of_both(first: Opened, second: Opened, pairs: Sequence[tuple[str, str]]) -> BothWeights:
    """Return the weights of both sides under names that agree."""
    found = BothWeights(by_path=any(map(_is_data, (first, second))))
    sides = {}
    for side, one, other, place in (("A", first, second, 0), ("B", second, first, 1)):
        if one.note:
            found.left_out.append(f"The weights of {side} were not compared: {one.note}.")
            continue
        closed = {pair[place] for pair in shut_pairs(first.graph, second.graph, pairs)}
        try:
            sides[side] = _weights(one, other, closed, found.strays[place]) if found.by_path else _live(one, set())
        except ModelFileError as error:
            found.left_out.append(f"The weights of {side} were not compared: {error}")
    if len(sides) == 2:
        found.a, found.b = sides["A"], sides["B"]
    return found


def _is_data(one: Opened) -> bool:
    return one.layers is None and one.kept is None and one.stored is not None


def _live(one: Opened, closed: Collection[str]) -> Weights:
    """Return the weights of a live model or snapshot under the variables' own names."""
    if one.kept is not None:
        return one.kept.weights
    return weights_by_call(one.graph, {key: x for key, x in (one.layers or {}).items() if not _is_inside(key, closed)})


def _is_inside(key: str, closed: Collection[str]) -> bool:
    return any(key.startswith(f"{around}/") for around in closed)


def _weights(one: Opened, other: Opened, closed: Collection[str], strays: list[str]) -> Weights:
    """Return the weights of one side under the names that files have."""
    legacy = any(side.stored.file.legacy for side in (one, other) if side.stored is not None and _is_data(side))
    if one.only_weights:
        return _of_weights_file(one, other, closed, strays)
    if _is_data(one):
        return _of_file(one)
    state = None if legacy or one.model is None else saved_state(one.model)
    return _live(one, closed) if state is None else _by_path(one, state, closed)


def _by_path(one: Opened, state: SavedState, closed: Collection[str]) -> Weights:
    """Return a live model's weights under the paths that they would have in a file, from their layer's on."""
    homes = _live_homes(one, state, closed)
    found, _ = arrays_by_call(homes, list(state.values), legacy=False)
    return {
        key: [_stored(path.removeprefix(homes[key]), np.asarray(state.values[path])) for path in found[key]] for key in found
    }


def _live_homes(one: Opened, state: SavedState, closed: Collection[str]) -> dict[str, str]:
    layers = {key: layer for key, layer in (one.layers or {}).items() if not _is_inside(key, closed)}
    return {key: state.homes[id(layer)] for key, layer in layers.items() if id(layer) in state.homes}


def _of_file(one: Opened) -> Weights:
    """Return the weights of a file that could not be loaded."""
    assert one.stored is not None
    file, homes = one.stored.file, one.stored.homes
    values = file.values([path for _, paths in homes.values() for path in paths])
    return {
        key: [_stored(_name(path, home, legacy=file.legacy), values[path]) for path in paths if path in values]
        for key, (home, paths) in homes.items()
        if paths
    }


def _of_weights_file(one: Opened, other: Opened, closed: Collection[str], strays: list[str]) -> Weights:
    """Return the weights of a file without a model, at the calls of the other side."""
    assert one.stored is not None
    file = one.stored.file
    if other.only_weights:
        return _of_file(one)
    if file.legacy:
        homes = {
            call.key: "/".join(call.path[:1] + call.path[-1:] if call.depth else call.path) + "/" for call in one.graph.calls
        }
        homes = {key: home for key, home in homes.items() if not _is_inside(key, closed)}
    elif other.model is not None and (state := saved_state(other.model)) is not None:
        homes = _live_homes(other, state, closed)
    elif other.stored is not None:
        homes = {key: home for key, (home, _) in other.stored.homes.items() if home}
    else:
        raise ModelFileError("A snapshot does not keep where its weights would be in a file; give the model")
    found, rest = arrays_by_call(homes, list(file.weights), legacy=file.legacy)
    strays += rest
    values = file.values([path for paths in found.values() for path in paths])
    return {
        key: [_stored(_name(path, homes[key], legacy=file.legacy), values[path]) for path in paths if path in values]
        for key, paths in found.items()
    }


def _name(path: str, home: str, *, legacy: bool) -> str:
    return path.rpartition("/")[2].partition(":")[0] if legacy else path.removeprefix(home)


def _stored(name: str, values: np.ndarray) -> StoredWeight:
    return StoredWeight(name, tuple(values.shape), values)
