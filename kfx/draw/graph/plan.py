"""What can be folded in a graph, as plain values, and which of equal copies an unfolded line of them shows.

``opened`` is a collection of texts: a container's key for one that is unfolded; for a line of equal parts the key shows the
first, ``key#3`` the third and ``key#all`` each of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Container:
    """Something that holds boxes and can be folded into one: a nested model, or a block found in a large graph.

    Attributes:
        key: A nested model's own key; for a block ``"<key around>/name"`` with a ``~`` in front of its name.
        label: Its name in a picture.
        calls: Keys of the calls inside at any depth that are not containers themselves.
        model: True for a nested model or a layer that holds layers, False for a block.
        repeats: How many equal members follow each other when it is a run of them, else 1.
        opaque: True for a layer that holds layers whose wiring is unknown.
    """

    key: str
    label: str
    calls: tuple[str, ...]
    model: bool
    repeats: int = 1
    opaque: bool = False


@dataclass(frozen=True, slots=True)
class FoldPlan:
    """All containers of one graph.

    Attributes:
        containers: By key.
        inside: Keys of the calls and containers directly inside each container, sources first; None holds the top level.
        around: The container around each call and container, None at the top.
        start: The containers that are unfolded in the first picture; see `kfx.draw.graph.copies` for their names.
        pairs: The calls at the two ends of each level of a U, the outermost first; nothing where the model is none.
        one_copy: True if a line of equal parts unfolds to one of them.
    """

    containers: dict[str, Container]
    inside: dict[str | None, tuple[str, ...]]
    around: dict[str, str | None]
    start: frozenset[str] = frozenset()
    pairs: tuple[tuple[str, str], ...] = ()
    one_copy: bool = True

    def within(self, key: str) -> Iterator[str]:
        """Keys of all calls inside a container at any depth, nested models and layers that hold layers among them."""
        for member in self.inside[key]:
            if member not in self.containers or self.containers[member].model:
                yield member
            if member in self.containers:
                yield from self.within(member)

    def holders(self, key: str) -> list[str]:
        """Keys of the containers around a call or container, the innermost first."""
        found = []
        while (key := self.around.get(key)) is not None:  # type: ignore[assignment]
            found.append(key)
        return found

    def shown_copies(self, opened: Collection[str]) -> dict[str, int | None]:
        """Return the unfolded containers and of each line of equal parts the place of the copy shown, None for all."""
        found: dict[str, int | None] = dict.fromkeys(self.containers.keys() & set(opened))
        for key, box in self.containers.items():
            if box.repeats > 1 and self.one_copy:
                asked = [entry[len(key) + 1 :] for entry in opened if entry.startswith(f"{key}#")]
                number = int(asked[-1]) if asked and asked[-1].isdecimal() else 1
                if asked or key in found:
                    found[key] = None if "all" in asked[-1:] else min(max(number, 1), box.repeats) - 1
        return found

    def visible(self, key: str | None, shown: dict[str, int | None]) -> tuple[str, ...]:
        """Return what an unfolded container shows; a line of equal parts shows what is inside one of them."""
        members = self.inside.get(key, ())
        copy = shown.get(key) if key is not None else None
        if copy is None:
            return members
        box = self.containers.get(members[copy])
        return members[copy : copy + 1] if box is None or box.opaque else self.inside[box.key]

    def boxes(self, shown: dict[str, int | None], key: str | None = None) -> Iterator[str]:
        """Keys of the boxes that a picture has."""
        for member in self.visible(key, shown):
            if member in shown:
                yield from self.boxes(shown, member)
            else:
                yield member
