"""Decide whose code a pass notes: that of the layers in which wanted operations, states or inner layers are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras

if TYPE_CHECKING:
    import keras

_MARK = re.compile(r"[@~]\d+$")
_WILD = re.compile(r"[*?\[]")
Names = tuple[str, ...]  # of the layers around a call and of the call itself, outermost first, without the model


class Path(NamedTuple):
    """A wanted path by the names of layers, which in a pattern hold wildcards."""

    parts: Names
    is_pattern: bool = False

    def fits(self, names: Names) -> bool:
        """Return whether the names are on this path: all of it."""
        return _fits(self.parts, names) if self.is_pattern else self.parts == names

    def leads_through(self, names: Names) -> bool:
        """Return whether the path goes on below the names."""
        if not self.is_pattern:
            return len(names) < len(self.parts) and self.parts[: len(names)] == names
        return any(_fits(self.parts[:n], names) for n in range(1, len(self.parts))) or (
            "**" in self.parts and _fits(self.parts[: self.parts.index("**") + 1], names)
        )


@dataclass(frozen=True)
class Opening:
    """Whose code to note.

    Attributes:
        drawn: Of all layers that the graph shows opened.
        everything: Of all layers, also those of Keras.
        code: Of the layers on these paths.
        paths: What is wanted, to know the wrappers around it.
    """

    drawn: bool = False
    everything: bool = False
    code: frozenset[Path] = frozenset()
    paths: frozenset[Path] = frozenset()

    def __bool__(self) -> bool:
        return self.drawn or self.everything or bool(self.code)

    @property
    def goes_inside(self) -> bool:
        """Whether anything besides the calls of layers is wanted."""
        return bool(self) or bool(self.paths)

    def opens(self, names: Names, *, drawn: bool) -> bool:
        """Return whether to note the code of a call; ``drawn`` says whether the graph shows it opened."""
        return self.everything or (self.drawn and drawn) or any(path.fits(names) for path in self.code)

    def wants(self, names: Names) -> bool:
        """Return whether something is wanted by its own address or a pattern that names what is around it."""
        return self.everything or any(path.fits(names) for path in self.paths)

    def goes_through(self, names: Names) -> bool:
        """Return whether something below a wrapper is wanted."""
        return self.drawn or self.everything or any(path.leads_through(names) for path in self.paths)


NOTHING, DRAWN, EVERYTHING = Opening(), Opening(drawn=True), Opening(drawn=True, everything=True)


def opening_for(model: keras.Model, wanted: Iterable[Any]) -> Opening:
    """Return what has to be noted to find addresses, patterns, classes and predicates."""
    layer, operation = import_keras().layers.Layer, import_keras().Operation
    drawn = False
    code: set[Path] = set()
    paths: set[Path] = set()
    for one in wanted:
        if isinstance(one, str) and not _WILD.search(one):
            _add_address(one, model, code, paths)
        elif isinstance(one, str):
            parts = tuple(_MARK.sub("", part) for part in one.split("/"))
            if len(parts) > 1:
                paths.add(Path(parts, True))
            if not names_nothing(one):
                drawn = True
                if parts[-1].strip("*") or parts[-2:-1] != ("**",):  # below "a/**/*" is only what is drawn
                    code.add(Path(parts[:-1], True))
        elif isinstance(one, type):
            drawn |= issubclass(one, operation) and not issubclass(one, layer)
        else:
            drawn |= callable(one) and not isinstance(one, operation)
    return Opening(drawn=drawn, code=frozenset(code), paths=frozenset(paths))


def names_nothing(pattern: str) -> bool:
    """Return whether a pattern consists of stars alone, which mean layers, not the operations in their code."""
    return not pattern.strip("*/")


def opening_of(model: keras.Model, keys: Iterable[str]) -> Opening:
    """Return what has to be noted for exact addresses."""
    code: set[Path] = set()
    paths: set[Path] = set()
    for key in keys:
        _add_address(key, model, code, paths)
    return Opening(code=frozenset(code), paths=frozenset(paths))


def _add_address(address: str, model: keras.Model, code: set[Path], paths: set[Path]) -> None:
    parts = address.split("/")
    plain = tuple(_MARK.sub("", part) for part in parts)
    if len(parts) > 1:
        paths |= {Path(tuple(parts)), Path(plain)}
    if not _names_a_layer(model, {plain[-1], parts[-1]}, {plain[-2], parts[-2]} if len(parts) > 1 else set()):
        code |= {Path(tuple(parts[:-1])), Path(plain[:-1])}  # an operation, or states


def _names_a_layer(model: keras.Model, names: set[str], around: set[str]) -> bool:
    """Return whether a layer has one of the names, in a layer of one of the names ``around`` as far as there is one."""
    layers = internals.all_layers(model)
    if not any(str(one.name) in names for one in layers):
        return False
    holding = [one for one in layers if one is not model and str(one.name) in around]
    return not holding or any(str(one.name) in names for outer in holding for one in internals.all_layers(outer)[1:])


def plain_names(path: Iterable[str]) -> Names:
    """Return the names of layers at the levels of a path, without the marks of their calls."""
    return tuple(_MARK.sub("", part) for part in path)


def _fits(parts: Names, names: Names) -> bool:
    if not parts:
        return not names
    if parts[0] == "**":
        return bool(names) if len(parts) == 1 else any(_fits(parts[1:], names[n:]) for n in range(len(names)))
    return bool(names) and fnmatchcase(names[0], parts[0]) and _fits(parts[1:], names[1:])
