"""Compare two opened sides: structure, functions and long arguments, weights; and say what could not be compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from kfx.model.compare.differences import Change, GraphDiff, WeightChange, compare
from kfx.model.compare.functions import UNKNOWN
from kfx.model.compare.opened import Opened, same_bytes
from kfx.model.compare.stored import may_be_same, shut_pairs
from kfx.model.compare.stored_values import weights_of_both
from kfx.model.compare.weights import weight_changes
from kfx.model.layers.arguments import text_of
from kfx.model.walk import by_key

_MOST_NAMED = 3
_NO_ARGUMENTS = ("name", "layers", "trainable", "dtype", "build_config", "input_layers", "output_layers", "build_input_shape")


@dataclass(frozen=True)
class Compared:
    """Two sides, compared.

    Attributes:
        structure: Every difference in structure.
        weights: The layers whose weights differ.
        left_out: What could not be compared, in sentences.
        notes: Other sentences.
    """

    structure: GraphDiff
    weights: tuple[WeightChange, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]


def compared(first: Opened, second: Opened, *, weights: bool, tolerance: float) -> Compared:
    """Compare two sides.

    Args:
        first: One.
        second: The other.
        weights: Compare the weights too.
        tolerance: The largest relative change of weights to ignore.
    """
    found = compare(first.graph, second.graph)
    by_print, unknown = _by_fingerprint(first, second, found)
    changes = [*found.changes, *by_print, *_of_settings(first, second)]
    left_out = [*unknown, *_unseen(first, second, found)]
    notes = list(_notes(first, second))
    moved: tuple[WeightChange, ...] = ()
    if weights:
        both = weights_of_both(first, second, found.pairs)
        moved = weight_changes(found.pairs, both.a, both.b, tolerance=tolerance, on_both_sides=both.by_path)
        changes += _strays(*both.strays)
        left_out += both.left_out
    else:
        notes.append("The weights were not compared.")
    if left_out and same_bytes(first, second):
        left_out, notes = [], [*notes, "Both are the same, byte for byte."]
    return Compared(replace(found, changes=tuple(changes)), moved, tuple(dict.fromkeys(left_out)), tuple(dict.fromkeys(notes)))


def _notes(first: Opened, second: Opened) -> Iterator[str]:
    for side, one in (("A", first), ("B", second)):
        if one.only_weights:
            yield f"{side} holds weights without a model."
            continue
        yield from (f"{side}: {note}" for note in one.graph.notes)
        if one.graph.kind == "traced":
            yield f"{side} was read from one run of its code."


def _unseen(first: Opened, second: Opened, found: GraphDiff) -> Iterator[str]:
    """Yield sentences on parts of the structure that could not be compared."""
    shut = shut_pairs(found.a, found.b, found.pairs)
    if shut:
        named = _named([key for key, _ in shut])
        yield f"What is inside {named} was not compared: the file does not hold it."
    both_files = first.graph.stored and second.graph.stored
    if "opaque" in (found.a.kind, found.b.kind) and not both_files and not (first.only_weights or second.only_weights):
        yield "How the layers at the top are wired is unknown in at least one of the two, so it was not compared."
    if found.a.stored != found.b.stored:
        vague = [y for x, y in found.pairs if _is_vague(first, second, x, y)]
        if vague:
            yield f"Arguments of {_named(vague)} are known in the file by their class only, so they were not compared."


def _is_vague(first: Opened, second: Opened, x: str, y: str) -> bool:
    """Return whether an argument of two calls is spelled out on one side only."""
    ours, theirs = (dict(side.graph_calls[key].config) for side, key in ((first, x), (second, y)))
    return any(
        ours[name] != theirs[name]
        and may_be_same(ours[name], theirs[name])
        and "(" in ours[name] + theirs[name]
        and not (ours[name].startswith("(") or theirs[name].startswith("("))
        for name in ours.keys() & theirs.keys()
    )


def _named(keys: list[str]) -> str:
    more = len(keys) - _MOST_NAMED
    return ", ".join(keys[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _by_fingerprint(first: Opened, second: Opened, found: GraphDiff) -> tuple[list[Change], list[str]]:
    """Return changes of functions and long arguments that the facts hold by name or beginning only, and what is unknown."""
    changes, unknown = [], []
    known = {(change.before, change.what) for change in found.changes}
    texts = by_key(found.a), by_key(found.b)
    for x, y in found.pairs:
        ours, theirs = first.prints.get(x, {}), second.prints.get(y, {})
        for name in ours.keys() & theirs.keys():
            if UNKNOWN in (ours[name], theirs[name]) and ours[name] != theirs[name]:
                unknown.append(f"The code of `{name}` of {y} could not be read, so it was not compared.")
            elif ours[name] != theirs[name] and (x, name) not in known:
                a, b = (dict(calls[key].config).get(name, "") for calls, key in zip(texts, (x, y), strict=True))
                changes.append(Change("changed", x, y, name, a or "one", f"another {b}" if a == b and b else b or "another"))
            elif ours[name] == theirs[name] == UNKNOWN and _code(first, x, name) != _code(second, y, name):
                unknown.append(f"The code of `{name}` of {y} could not be read, so it was not compared.")
    return changes, unknown


def _code(side: Opened, key: str, name: str) -> object:
    return None if side.stored is None else side.stored.configs.get(key, {}).get(name)


def _of_settings(first: Opened, second: Opened) -> Iterator[Change]:
    """Compare the arguments of a class of the user's own that both files hold without a graph."""
    if first.stored is None or second.stored is None or first.only_weights or second.only_weights:
        return
    if "opaque" not in (first.graph.kind, second.graph.kind):
        return
    if first.graph.type != second.graph.type:
        yield Change("changed", None, None, "type", first.graph.type, second.graph.type)
        return
    ours, theirs = (one.stored.file.config.get("config") for one in (first, second) if one.stored is not None)
    ours, theirs = (x if isinstance(x, dict) else {"config": x} for x in (ours, theirs))
    for name in dict.fromkeys((*ours, *theirs)):
        a, b = ours.get(name), theirs.get(name)
        if name not in _NO_ARGUMENTS and _text(a) != _text(b):
            yield Change("changed", None, None, name, text_of(a), text_of(b))


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _strays(a: list[str], b: list[str]) -> Iterator[Change]:
    for paths, in_a in ((a, True), (b, False)):
        if paths:
            text = _named(paths)
            yield Change("changed", None, None, "weights of no layer", text if in_a else "", "" if in_a else text)
