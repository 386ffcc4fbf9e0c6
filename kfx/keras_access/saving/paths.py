"""Find where Keras would write each weight of a live model in a ``.weights.h5`` file, without writing one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class SavedState:
    """What Keras would write of a model.

    Attributes:
        homes: By the identity of a layer, the start of its weights' paths, e.g. ``"layers/dense_1/"``.
        values: The variable or tensor at each path, e.g. ``"layers/dense_1/vars/0"``.
    """

    homes: dict[int, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)


def saved_state(model: Any) -> SavedState | None:
    """Return where Keras would write each weight; None where this Keras writes in another way."""
    try:
        from keras.src.saving import saving_lib

        state = SavedState()
        store = _recording_store(saving_lib.H5IOStore, state)
        saving_lib._save_state(model, store, None, "", _Visited(store, state))
        return state
    except Exception:  # another release, or a layer whose own code for saving fails
        return None


class _Visited(set):
    """The set in which Keras keeps the identities of what it has saved: tells which object the last path belongs to."""

    def __init__(self, store: Any, state: SavedState) -> None:
        super().__init__()
        self._store, self._state = store, state

    def add(self, identity: int) -> None:
        super().add(identity)
        if self._store.last is not None:
            self._state.homes[identity] = self._store.last
            self._store.last = None


def _recording_store(base: type, state: SavedState) -> Any:
    class Store(base):  # Keras checks the class
        def __init__(self) -> None:  # opens no file
            self.last: str | None = None

        def __bool__(self) -> bool:
            return True

        def make(self, path: str, metadata: object = None) -> Any:
            self.last = f"{path}/" if path else ""
            return _Entry(f"{self.last}vars/", state.values)

        def __del__(self) -> None:
            pass

    return Store()


class _Entry(dict):
    """What a layer writes its variables into."""

    def __init__(self, prefix: str, values: dict[str, Any]) -> None:
        super().__init__()
        self._prefix, self._values = prefix, values

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        self._values[f"{self._prefix}{name}"] = value
