"""Keep results by the identity of an object for as long as the object lives."""

from __future__ import annotations

import weakref
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class ByIdentity(Generic[_Value]):
    """A dictionary whose keys are objects by identity, held weakly; an entry goes with its key."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[weakref.ref[object], _Value]] = {}

    def get(self, key: object) -> _Value | None:
        """Return what is kept for an object, or None."""
        found = self._held.get(id(key))
        return found[1] if found is not None and found[0]() is key else None

    def keep(self, key: object, value: _Value) -> _Value:
        """Keep a result, which must not hold the object; return it."""
        number = id(key)
        self._held[number] = weakref.ref(key, lambda _: self._held.pop(number, None)), value
        return value

    def drop(self, key: object) -> None:
        """Forget what is kept for an object."""
        self._held.pop(id(key), None)
