"""Keep what was read of a model until the model changes."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from typing import Any

from kfx.keras_access.importing import import_keras
from kfx.keras_access.state import ModelState
from kfx.model.facts import LayerGraph
from kfx.model.layers import registry
from kfx.model.read.inputs import CallSpecs
from kfx.model.weak import ByIdentity

_MOST = 4  # readings of one model, each with inputs of its own
_Layers = dict[str, Any]


class _Reading:
    """One reading; holds no layer, so that it does not keep the model alive."""

    def __init__(self, model: Any, graph: LayerGraph, layers: _Layers) -> None:
        self.state, self.registered = ModelState(model), registry.changes()
        self.graph = graph
        self.layers = {key: weakref.ref(layer) for key, layer in layers.items()}

    def of(self, model: Any) -> tuple[LayerGraph, _Layers] | None:
        """Return what was read if it is still true."""
        if self.registered != registry.changes() or not self.state.holds_for(model):
            return None
        layers = {key: found() for key, found in self.layers.items()}
        return None if None in layers.values() else (self.graph, layers)


_readings: ByIdentity[OrderedDict[object, _Reading]] = ByIdentity()


def kept(model: Any, specs: CallSpecs | None) -> tuple[LayerGraph, _Layers] | None:
    """Return what was read of a model that has not changed since, called with equal inputs; else None."""
    mine = _readings.get(model)
    found = mine.get(_key(specs)) if mine is not None else None
    return None if found is None else found.of(model)


def keep(model: Any, specs: CallSpecs | None, graph: LayerGraph, layers: _Layers) -> None:
    """Keep what was read of a model."""
    mine = _readings.get(model)
    if mine is None:
        mine = _readings.keep(model, OrderedDict())
    mine[_key(specs)] = _Reading(model, graph, layers)
    mine.move_to_end(_key(specs))
    while len(mine) > _MOST:
        mine.popitem(last=False)


def _key(specs: CallSpecs | None) -> object:
    """Return the shapes and dtypes of the inputs as a key."""
    if specs is None:
        return None
    tree = import_keras().tree
    structure = tree.map_structure(lambda x: 0, (specs.args, specs.kwargs))
    return str(structure), tuple([repr(x) for x in tree.flatten((specs.args, specs.kwargs))])
