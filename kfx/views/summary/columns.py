"""The columns of the summary: one list that every face reads; a column that is added here is in all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from numbers import Integral, Real
from operator import attrgetter
from typing import TypeVar

from kfx.errors import KfxError
from kfx.text.untrusted import visible
from kfx.views.summary.rows import Row

T = TypeVar("T")
_TABLES = ("text", "html", "markdown", "live")
EVERYWHERE = ("data", *_TABLES)  # data: CSV, JSON and pandas


@dataclass(frozen=True)
class Column:
    """One column of the summary.

    Attributes:
        id: Its name in CSV, JSON and pandas, e.g. ``"flops"``.
        value: A row's cell in CSV, JSON and pandas: text, a number, or None for unknown.
        head: Its title in a table.
        text: A row's cell in a table; ``""`` for nothing.
        right: The column is aligned to the right.
        cell: How an HTML table and the page draw it: ``"text"``, ``"names"`` (may break anywhere), ``"plain"`` (stays on one
            line), or as the one column of its kind: ``"layer"``, ``"type"``, ``"bar"``.
        faces: Where it is shown.
        small: Also in the smallest tables: next to a drawing, and in the HTML of a model too large for more.
        optional: Only with ``show_trainable=True``.
        gives_way: Turn in which a text that is too narrow leaves the column out, 1 first; 0 for never.
        hides: The same for the page: 1 below 860 px, 2 below 760, 3 below 680, 4 below 540 (widget.css); 0 for never.
        least: Width in cells that a text leaves to the column at least, if it is neither ``"plain"`` nor ``"bar"``.
        quiet: Drawn in a quieter ink ``"always"``, if the value is ``"zero"``, or if it is the one above ``"again"``.
        sorts: The name of the payload's field that a click on the head sorts the page's rows by; ``""`` for none.
        field: The name of the payload's field that holds ``text``.
        registered: By a user: its texts and values are added to the payload.
        pandas_type: Of the DataFrame's column, e.g. ``"Int64"`` for whole numbers some of which are unknown.
    """

    id: str
    value: Callable[[Row], object]
    head: str = ""
    text: Callable[[Row], str] = lambda row: ""
    right: bool = False
    cell: str = "text"
    faces: tuple[str, ...] = EVERYWHERE
    small: bool = False
    optional: bool = False
    gives_way: int = 0
    hides: int = 0
    least: int = 10
    quiet: str = ""
    sorts: str = ""
    field: str = ""
    registered: bool = False
    pandas_type: str = ""


def _connected(row: Row) -> str:
    return ", ".join(map(visible, row.connected_to))


_DATA = ("data",)
_BUILT_IN = (
    Column("address", lambda row: visible(row.address), faces=_DATA),
    Column("level", attrgetter("level"), faces=_DATA),
    Column(
        "layer", lambda row: visible(row.layer), "Layer", lambda row: visible(row.layer),
        cell="layer", small=True, sorts="label", field="label",
    ),
    Column(
        "type", attrgetter("type"), "Type", attrgetter("type"),
        cell="type", small=True, gives_way=5, least=len("BatchNormalization"), sorts="type", field="type",
    ),
    Column(
        "settings", attrgetter("settings"), "Settings", attrgetter("settings"),
        faces=("data", "html", "markdown", "live"), hides=1, quiet="always", field="settings",
    ),
    Column(
        "output", attrgetter("output"), "Output", attrgetter("output"),
        right=True, small=True, quiet="again", sorts="shape", field="shape",
    ),
    Column("dtype", attrgetter("dtype"), faces=_DATA),
    Column(
        "parameters", lambda row: row.parameters if row.call.counted else None, "Parameters", attrgetter("parameters_text"),
        right=True, cell="bar", small=True, quiet="zero", sorts="params", field="paramsText",
    ),
    Column("trainable", lambda row: row.trainable if row.call.counted else None, faces=_DATA),
    Column(
        "flops", attrgetter("flops"), "FLOPs", attrgetter("flops_text"),
        right=True, cell="plain", small=True, gives_way=1, hides=2, quiet="zero", sorts="flops", field="flopsText",
        pandas_type="Int64",
    ),
    Column(
        "activation_bytes", attrgetter("activation_bytes"), "Memory", attrgetter("bytes_text"),
        right=True, cell="plain", gives_way=2, hides=4, quiet="zero", sorts="memory", field="memoryText", pandas_type="Int64",
    ),
    Column(
        "connected_to", _connected, "Connected to", _connected,
        cell="names", gives_way=3, hides=3, quiet="always", field="connected",
    ),
    Column(
        "trains", attrgetter("can_train"), "Trainable", attrgetter("can_train"),
        cell="plain", faces=("text", "html", "live"), optional=True, gives_way=4, field="trains",
    ),
)  # fmt: skip
_registered: dict[str, Column] = {}


def has_registered_columns() -> bool:
    """Return whether a column is the user's own, whose cells may differ from one time to the next."""
    return bool(_registered)


def columns(face: str, *, optional: bool = False) -> list[Column]:
    """Return the columns of a face in their order.

    Args:
        face: ``"text"``, ``"html"``, ``"markdown"``, ``"live"``, or ``"data"`` for CSV, JSON and pandas.
        optional: Include the column that says whether training changes a layer.
    """
    return [one for one in (*_BUILT_IN, *_registered.values()) if face in one.faces and (optional or not one.optional)]


def register_column(
    head: str, value: Callable[[Row], object], *, text: Callable[[Row], str] | None = None, right: bool = True
) -> None:
    """Add a column to every summary of this session: live, static, as text, Markdown, CSV, JSON and pandas.

    A column that was registered with the same head is replaced, so that a cell of a notebook can be run again.

    Args:
        head: Its title. In CSV, JSON and pandas the column's name is the title in lower case with ``_`` for spaces.
        value: Called with each row of ``kfx.summary(model).rows``; returns text, a number, or None for unknown.
        text: Called with each row; returns what a table shows. By default ``1,234``, ``0.123``, ``?`` for None, or the text.
        right: The column is aligned to the right, as numbers are.

    Raises:
        TypeError: ``head`` is not text, or ``value`` or ``text`` is not a function.
        ValueError: ``head`` is empty or the name of a column that kfx brings.
        KfxError: Raised later, by the summary, where ``value`` or ``text`` raises for a row.

    Example:
        >>> import keras, kfx
        >>> kfx.register_column("Tensors", lambda row: len(row.shapes))
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> kfx.summary(model).to_pandas()["tensors"].tolist()
        [1, 1]
        >>> kfx.unregister_column("Tensors")
    """
    name = _name(head)
    for argument, function in (("value", value), ("text", text)):
        if not callable(function) and not (argument == "text" and function is None):
            raise TypeError(f"`{argument}` is {function!r:.60}; expected a function that takes a row.")
    if not name or name in {one.id for one in _BUILT_IN} | {one.head.lower() for one in _BUILT_IN}:
        raise ValueError(f"`head` is {head!r}; expected a name that no column of kfx has, e.g. 'Weight size'.")
    safe_value = _named_in_errors(head, lambda row: _plain(value(row)))
    safe_text = _named_in_errors(head, lambda row: visible(str(text(row))) if text else _text_of(safe_value(row)))
    _registered[name] = Column(
        name,
        safe_value,
        visible(head),
        safe_text,
        right=right,
        cell="plain" if right else "names",
        gives_way=4,
        hides=3,
        sorts=f"value_{name}",
        field=f"own_{name}",
        registered=True,
    )


def unregister_column(head: str) -> None:
    """Remove a column that `register_column` added; does nothing if there is none.

    Raises:
        TypeError: ``head`` is not text.

    Example:
        >>> import kfx
        >>> kfx.register_column("Depth", lambda row: row.level)
        >>> kfx.unregister_column("Depth")
    """
    _registered.pop(_name(head), None)


def _name(head: str) -> str:
    """Return the name in CSV, JSON and pandas of a column with this title."""
    if not isinstance(head, str):
        raise TypeError(f"`head` is {head!r:.60}; expected the title of a column, e.g. 'Weight size'.")
    return visible("_".join(head.lower().split()))


def _plain(value: object) -> str | int | float | None:
    """The value as CSV and JSON can hold it; NaN and infinity are unknown."""
    if value is None or isinstance(value, bool):
        return None if value is None else str(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if isfinite(value) else None
    return visible(str(value))


def _text_of(value: object) -> str:
    if value is None:
        return "?"
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 999.5 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _named_in_errors(head: str, function: Callable[[Row], T]) -> Callable[[Row], T]:
    """Return the same function; its errors say which column and which row they come from."""

    def named(row: Row) -> T:
        try:
            return function(row)
        except KfxError:
            raise
        except Exception as error:
            message = f"The column {head!r} failed at {row.address!r}: {type(error).__name__}: {error}"
            raise KfxError(visible(message)) from error

    return named
