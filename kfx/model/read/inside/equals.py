"""Find a recorded call that does the same: of an equal layer with equal arguments, in this reading or an earlier one."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from kfx.keras_access.importing import import_keras
from kfx.keras_access.layers import mask_of
from kfx.keras_access.tensorflow.tensors import dismantle
from kfx.model.read.inputs import Spec
from kfx.model.read.inside.event import Event, Run
from kfx.model.read.inside.fingerprint import Fingerprints
from kfx.model.read.inside.stubs import arguments_key, holds_objects

_MOST_KEPT = 256
Key = tuple[int, tuple[tuple[str, tuple[object, ...]], object]]  # the fingerprint of a layer, and what it was called with
_kept: OrderedDict[Key, Event] = OrderedDict()  # calls of earlier readings, without layers and tensors


def forget() -> None:
    """Forget all calls of earlier readings."""
    _kept.clear()


class Equals:
    """The calls that were run so far, in this reading and in earlier ones, by what they do."""

    def __init__(self, prints: Fingerprints) -> None:
        self.prints = prints
        self.runs: list[Run] = []
        self._known: dict[Key, Event] = {}
        self.taken = 0  # how often a call stood for an equal one, and how many were kept

    def close(self) -> None:
        """Keep what can be kept for later readings, then free the graphs of all runs, after which no table can be made."""
        for key, event in self._known.items():
            made = event.cost or (event.table and event.table.is_portable)
            alone = key[0] < 0 or holds_objects(key[1][0])  # equal to nothing in a later reading
            if event.run is not None and made and not alone and _all_ranked(event.outputs):
                _kept[key] = Event(None, (), {}, _specs(event.outputs), table=event.table, cost=event.cost)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
        for run in self.runs:
            run.operations.forget()
            dismantle(run.graph)
        self._known.clear()

    def key(self, op: Any, args: Any, kwargs: Any, around: object = None) -> Key:
        """Return a value that is equal for calls that do the same; ``around`` is what their costs depend on besides."""
        return self.prints.of(op).number, (arguments_key(args, kwargs), around)

    def find(self, key: Key) -> Event | None:
        """Return an earlier call."""
        found = self._known.get(key)
        if found is None and key[0] > 0 and key in _kept:
            _kept.move_to_end(key)
            found = self._known[key] = _kept[key]
        self.taken += found is not None
        return found

    def keep(self, key: Key, event: Event) -> None:
        """Let a call stand for later ones, unless its outputs carry masks, which depend on the run."""
        if all(mask_of(x) is None for x in import_keras().tree.flatten(event.outputs)):
            self._known[key] = event
        self.taken += 1

    def __len__(self) -> int:
        return len(self._known)

    def forget(self, since: int) -> None:
        """Forget all calls but the first ``since``."""
        for key in list(self._known)[since:]:
            del self._known[key]


def _all_ranked(outputs: Any) -> bool:
    return all(getattr(getattr(x, "shape", None), "rank", 0) is not None for x in import_keras().tree.flatten(outputs))


def _specs(outputs: Any) -> Any:
    """Return the shapes and dtypes of a call's outputs, in their structure."""

    def spec(x: Any) -> Any:
        return Spec(tuple(x.shape), x.dtype.name) if hasattr(x, "op") else x

    return import_keras().tree.map_structure(spec, outputs)
