"""Check what a journal's file holds before a view meets it: kinds of values, lengths of arrays, sizes of tables.

Every function raises ValueError, TypeError or KeyError for what no run has written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kfx.training.journal.buckets import Buckets, Rows
from kfx.training.journal.facts import ENDINGS, PART_STATISTICS, STATISTICS, Asked, Broke, Event, Layer, Part, Plan, Rewind
from kfx.training.journal.panel import MOST_CLASSES, MOST_PICTURES, MOST_SIDE, Confused, PanelRecord

_LONGEST = 10_000  # characters of a text
_LARGEST = 2**53  # of a whole number
_MOST_COLUMNS, _MOST_CAPACITY = 200_000, 2**20
_MOST_EVENTS, _MOST_LAYERS, _MOST_PANELS, _MOST_FACTS = 10_000, 20_000, 100, 100
_SIZES = 5  # numbers of a table: capacity, stride, rows, rows of the open bucket, last step


def text(value: object) -> str:
    """Return a text of bounded length."""
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise TypeError("A run holds a text here.")
    return value


def whole(value: object) -> int:
    """Return a whole number from 0 on."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _LARGEST:
        raise TypeError("A run holds a whole number from 0 on here.")
    return value


def number(value: object) -> float:
    """Return a number, which may be NaN or infinite."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError("A run holds a number here.")
    return float(value)  # OverflowError for a whole number of 400 digits


def seconds(value: object) -> float:
    """Return a finite number from 0 on."""
    found = number(value)
    if not 0 <= found < _LARGEST:
        raise ValueError("A run holds a time from 0 on here.")
    return found


def finite(value: object) -> float:
    """Return a number that is neither NaN nor infinite."""
    found = number(value)
    if not math.isfinite(found):
        raise ValueError("A run holds a finite number here.")
    return found


def truth(value: object) -> bool:
    """Return True or False."""
    if not isinstance(value, bool):
        raise TypeError("A run holds true or false here.")
    return value


def state(value: object) -> str:
    """Return how a run goes or ended."""
    if value not in (*ENDINGS, "running", "paused"):
        raise ValueError("A run holds the state of a run here.")
    return str(value)


def optional(check: Callable[[object], Any]) -> Callable[[object], Any]:
    """Return a check that also lets None pass."""
    return lambda value: None if value is None else check(value)


def listed(value: object, most: int) -> Sequence[Any]:
    """Return a list of bounded length."""
    if not isinstance(value, list | tuple) or len(value) > most:
        raise TypeError("A run holds a list here.")
    return value


PLAIN: dict[str, Callable[[object], Any]] = {
    **dict.fromkeys(("name", "finding"), text),
    **dict.fromkeys(("dropped", "steps", "step", "epoch", "every", "fixed_step"), whole),
    **dict.fromkeys(("seconds", "ready"), seconds),
    "state": state,
    "cost": optional(number),
    "thinned": truth,
    **dict.fromkeys(("fixed", "fixed_parts"), lambda value: [number(one) for one in listed(value, _MOST_COLUMNS)]),
    "order": lambda value: [text(one) for one in listed(value, _MOST_COLUMNS)],
    "latest": lambda value: {text(name): list(_pair(one)) for name, one in _items(value)},
}


def _items(value: object) -> list[tuple[object, object]]:
    if not isinstance(value, dict) or len(value) > _MOST_COLUMNS:
        raise TypeError("A run holds values by name here.")
    return list(value.items())


def _pair(value: object) -> tuple[int, float]:
    at, found = listed(value, 2)
    return whole(at), number(found)


def plan(found: Mapping[str, Any]) -> Plan:
    """Return a plan."""
    return Plan(
        epochs=whole(found["epochs"]),
        first_epoch=whole(found["first_epoch"]),
        steps=optional(whole)(found["steps"]),
        facts=tuple(map(text, listed(found["facts"], _MOST_FACTS))),
        optimizer=text(found["optimizer"]),
        schedule=text(found["schedule"]),
    )


def events(found: object) -> list[Event]:
    """Return events."""
    checks = {"step": whole, "epoch": whole, "kind": text, "text": text, "value": optional(finite), "seconds": seconds}
    return [Event(**{name: check(one[name]) for name, check in checks.items()}) for one in listed(found, _MOST_EVENTS)]


def layers(found: object) -> tuple[Layer, ...]:
    """Return the layers of a monitor; files of earlier kfx name no families."""
    return tuple(
        Layer(text(one["key"]), text(one["type"]), truth(one["weights"]), text(one.get("family", "custom")))
        for one in listed(found, _MOST_LAYERS)
    )


def parts(found: object, table: Buckets | None) -> tuple[Part, ...]:
    """Return the weights of the layers, each of which has its columns in the table."""
    made = tuple(Part(text(one["layer"]), text(one["name"])) for one in listed(found, _MOST_COLUMNS))
    if len(made) * len(PART_STATISTICS) != (0 if table is None else len(table.columns)):
        raise ValueError("A run holds a column for each statistic of each weight here.")
    return made


def rewinds(found: object) -> list[Rewind]:
    """Return the returns to checkpoints."""
    checks = {**dict.fromkeys(("step", "epoch", "to_epoch", "to_step", "to_steps"), whole), "rate": optional(number)}
    return [Rewind(**{name: check(one[name]) for name, check in checks.items()}) for one in listed(found, _MOST_EVENTS)]


def asked(found: object) -> list[Asked]:
    """Return the audit list."""
    checks: dict[str, Callable[[object], Any]] = {
        **dict.fromkeys(("kind", "by", "text"), text),
        **dict.fromkeys(("step", "epoch"), whole),
        "value": optional(number),
        "done": truth,
        "seconds": seconds,
    }
    return [Asked(**{name: check(one[name]) for name, check in checks.items()}) for one in listed(found, _MOST_EVENTS)]


def broke(found: Any) -> Broke | None:
    """Return where values stopped being finite."""
    if found is None:
        return None
    names = tuple(map(text, listed(found["names"], _MOST_COLUMNS)))
    last = {text(name): _pair(one) for name, one in _items(found["last"])}
    place = whole(found["step"]), whole(found["epoch"]), whole(found["in_epoch"])
    return Broke(*place, text(found["layer"]), names, last, text(found["sentence"]))


def panels(found: object, tables: Mapping[str, Buckets], picture: Callable[[int, int], np.ndarray]) -> list[PanelRecord]:
    """Return the panels of a user's own, with their tables; ``picture`` reads a picture by the numbers of panel and place."""
    made = []
    for place, one in enumerate(listed(found, _MOST_PANELS)):
        lines, heads = (tuple(map(text, listed(one[name], _LONGEST))) for name in ("lines", "heads"))
        rows = tuple(tuple(map(text, listed(row, _LONGEST))) for row in listed(one["rows"], _LONGEST))
        names = listed(one.get("pictures", []), MOST_PICTURES)  # none in a file of kfx before it had them, nor counts
        pictures = tuple((text(name), _plain(picture(place, number))) for number, name in enumerate(names))
        counts = one.get("confusion")
        confusion = None if counts is None else _confused(counts)
        made.append(PanelRecord(text(one["title"]), lines, heads, rows, tables[f"panel {place}"], pictures, confusion))
    return made


def _plain(values: np.ndarray) -> np.ndarray:
    """Return the values of a picture of bounded size; its form is `PanelRecord`'s to check."""
    if values.ndim not in (2, 3) or max(values.shape[:2]) > MOST_SIDE:
        raise ValueError("A run holds a small picture here.")
    return values


def _confused(found: Mapping[str, object]) -> Confused:
    names = tuple(map(text, listed(found["names"], MOST_CLASSES)))
    rows = [[whole(count) for count in listed(row, MOST_CLASSES)] for row in listed(found["counts"], MOST_CLASSES)]
    true = [whole(count) for count in listed(found["true"], MOST_CLASSES)]
    counts = np.array(rows, "int64").reshape(len(names), len(names))
    return Confused(counts, np.array(true, "int64"), names, text(found["heading"]))


def table(columns: object, arrays: Mapping[str, np.ndarray]) -> Buckets:
    """Return a table whose arrays fit each other and its columns."""
    names = [text(name) for name in listed(columns, _MOST_COLUMNS)]
    if len(set(names)) < len(names):
        raise ValueError("A run holds columns of different names here.")
    rows = Rows(*(arrays[part] for part in Rows._fields))
    many = len(rows.steps)
    fits = all(part.shape == (many, len(names)) and part.dtype.kind == "f" for part in rows[1:])
    if rows.steps.ndim != 1 or rows.steps.dtype.kind != "i" or not fits or (np.diff(rows.steps) < 0).any():
        raise ValueError("A run holds arrays of one length, in the order of their steps here.")
    if (many and rows.steps[0] < 0) or (many and rows.steps[-1] >= _LARGEST) or not (rows.finite >= 0).all():
        raise ValueError("A run holds steps and counts from 0 on here.")
    sizes, last = arrays["sizes"], arrays["last"]
    if sizes.shape != (_SIZES,) or sizes.dtype.kind != "i" or last.ndim != 1 or last.dtype.kind != "f":
        raise ValueError("A run holds five sizes and a row here.")
    capacity, stride, total, partial, _ = map(whole, sizes.tolist())
    right = 2 <= capacity <= _MOST_CAPACITY and capacity % 2 == 0 and stride >= 1 and partial < max(stride, 2)
    if (
        not right
        or many > capacity + 1
        or (partial and not many)
        or len(last) not in (0, len(names))
        or bool(total) != bool(many)
    ):
        raise ValueError("A run holds sizes that fit the table here.")
    return Buckets.from_state(names, dict(arrays))


def begins_with(found: Buckets, name: str) -> Buckets:
    """Return a table whose first column has this name and numbers from 0 on only: the epoch, the learning rate."""
    if found.columns[:1] != [name]:
        raise ValueError("A run holds another first column here.")
    rows = found.column(name)
    if not (np.isfinite(rows.high) & np.isfinite(rows.low)).all() and name == "epoch":
        raise ValueError("A run holds the number of each epoch here.")
    return found


def statistics(found: Buckets | None, rows: Sequence[Layer]) -> Buckets | None:
    """Return the layers' statistics, which have a column for each of a layer's numbers."""
    if found is not None and len(found.columns) != len(rows) * len(STATISTICS):
        raise ValueError("A run holds a column for each statistic of each layer here.")
    return found
