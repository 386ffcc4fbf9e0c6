"""A comparison as rows of words: what every face of it prints."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kfx.model.compare.differences import Change, GraphDiff, WeightChange
from kfx.model.compare.union import Union
from kfx.model.facts import LayerCall
from kfx.model.walk import by_key
from kfx.text import numbers
from kfx.text.numbers import visible
from kfx.views.diff.counts import called

SIGNS = {"added": "+", "removed": "−", "changed": "~"}
_MANY = 4  # layers with one and the same change from which on they are one row


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One difference.

    Attributes:
        key: Of the call in the graph of both, ``""`` for the whole model or several layers.
        sign: ``"+"``, ``"−"`` or ``"~"``.
        layer: Its address; or how many layers.
        type: Its class, ``""`` for several.
        family: Of its glyph.
        kind: One of `kfx.model.compare.differences.KINDS`.
        what: E.g. ``"kernel_size"``, ``"added"``, ``"input"``.
        a: Before.
        b: After.
        keys: Of all the layers that the row is about.
    """

    key: str
    sign: str
    layer: str
    type: str
    family: str
    kind: str
    what: str
    a: str
    b: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WeightRow:
    """One layer whose weights moved.

    Attributes:
        key: Of the call in the graph of both.
        layer: Its address.
        text: ``"2.1 %"``, or what else is to say.
        weight: The variable that moved most.
        share: Of the largest change in the table, 0 to 1, for a bar.
        relative: The number, or None.
        keys: Of all the layers that the row is about.
    """

    key: str
    layer: str
    text: str
    weight: str
    share: float
    relative: float | None
    keys: tuple[str, ...] = ()


class Tables(NamedTuple):
    """The words of a comparison, from which each face of it takes what it shows.

    Attributes:
        names: Of both models.
        facts: The counts.
        rows: The differences.
        weights: The weights that differ.
        notes: Sentences at the end.
    """

    names: tuple[str, str]
    facts: Sequence[str]
    rows: Sequence[DiffRow]
    weights: Sequence[WeightRow]
    notes: Sequence[str]

    @property
    def head(self) -> tuple[str, str]:
        """Both names, and the counts."""
        return "A {} → B {}".format(*self.names), " · ".join(self.facts)

    @property
    def cells(self) -> list[tuple[str, str, str, str, str]]:
        """The cells of the differences: sign, layer, what, A, B; a layer's name and sign are in its first row only."""
        cells, last = [], None
        for row in self.rows:
            again = bool(row.key) and row.key == last
            cells.append(("" if again else row.sign, "" if again else row.layer, row.what, row.a, row.b))
            last = row.key
        return cells


def all_rows(diff: GraphDiff, whole: Union) -> list[DiffRow]:
    """One row for each difference, in order."""
    calls = by_key(whole.graph)
    return [_row(change, whole, calls) for change in diff.changes]


def shown_rows(diff: GraphDiff, whole: Union) -> list[DiffRow]:
    """The rows, with the layers that differ in one and the same way as one row."""
    together: dict[tuple[str, ...], list[DiffRow]] = defaultdict(list)
    rows, calls = all_rows(diff, whole), by_key(whole.graph)
    for row in rows:
        together[_alike(row)].append(row)
    shown = []
    for row in rows:
        alike = together[_alike(row)]
        if not _alike(row) or len(alike) < _MANY:
            shown.append(row)
        elif row is alike[0]:
            shown.append(_joined(alike, called([calls[row.key] for row in alike])))
    return shown


def _alike(row: DiffRow) -> tuple[str, ...]:
    """Return what rows have in common that can become one row; ``()`` for a row that stays by itself."""
    return (row.kind, row.what, row.a, row.b) if row.key and row.kind in ("changed", "frozen", "thawed") else ()


def _joined(rows: Sequence[DiffRow], layers: str) -> DiffRow:
    first = rows[0]
    keys = tuple(row.key for row in rows)
    return DiffRow("", "~", layers, "", "model", first.kind, first.what, first.a, first.b, keys)


def _row(change: Change, whole: Union, calls: dict[str, LayerCall]) -> DiffRow:
    key = whole.key_of(change)
    what = change.what or change.kind
    a, b = (visible(_plain(text)) for text in (change.a, change.b))
    if not key:
        return DiffRow("", "~", "the model", "", "model", change.kind, what.removeprefix("model "), a, b)
    call = calls[key]
    if change.what == "name":
        what = "renamed"
    address = "/".join((*call.path[:-1], call.label))
    sign = SIGNS.get(change.kind, "~")
    return DiffRow(key, sign, visible(address), numbers.kind_of(call), call.glyph, change.kind, what, a, b, (key,))


def _plain(text: str) -> str:
    """``3, 3`` for ``(3, 3)``."""
    inner = text[1:-1].removesuffix(",")
    return inner if text.startswith("(") and text.endswith(")") and not set("()") & set(inner) and inner else text


def weight_rows(changes: Sequence[WeightChange], whole: Union) -> list[WeightRow]:
    """One row for each layer whose weights differ."""
    calls = by_key(whole.graph)
    finite = [c.relative for c in changes if c.relative is not None and math.isfinite(c.relative)]
    most = max(finite, default=0.0)
    rows = []
    for change in changes:
        call = calls[change.after]
        moved = _relative(change.relative) if change.relative else ""
        text = " · ".join(filter(None, [moved, visible(change.note)])) or "unknown"
        known = change.relative is not None and math.isfinite(change.relative)
        share = change.relative / most if known and most else 1.0 if change.relative else 0.0  # type: ignore[operator]
        layer = visible("/".join((*call.path[:-1], call.name if call.calls > 1 else call.label)))
        rows.append(WeightRow(change.after, layer, text, visible(change.weight), share, change.relative, (change.after,)))
    return rows


def shown_weight_rows(changes: Sequence[WeightChange], whole: Union) -> list[WeightRow]:
    """The rows, with the layers whose weights have nothing in common as one row: their numbers say nothing."""
    unrelated = [change for change in changes if change.unrelated]
    if len(unrelated) < _MANY:
        return weight_rows(changes, whole)
    keys = tuple(change.after for change in unrelated)
    words = "unrelated, as after two separate initialisations"
    joined = WeightRow("", numbers.count(len(unrelated), "layer"), words, "", 0.0, None, keys)
    return [joined, *weight_rows([change for change in changes if not change.unrelated], whole)]


def _relative(change: float) -> str:
    if math.isinf(change):
        return "from zero"
    if change >= 100:
        return f"{change:,.0f} ×"
    return f"{change * 100:.1f} %" if change >= 0.0005 else f"{change * 100:.1e} %".replace("e-0", "e-")
