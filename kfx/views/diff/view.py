"""``kfx.diff`` and ``kfx.snapshot``: two models, files or moments, and what differs between them."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfx.draw.graph.boxes import Options
from kfx.draw.graph.svg import draw
from kfx.draw.graphviz.layout import lay_out
from kfx.errors import KfxError
from kfx.model.compare.differences import Change, GraphDiff, WeightChange
from kfx.model.compare.opened import Opened, open_both
from kfx.model.compare.snapshot import Snapshot, snapshot
from kfx.model.compare.two import compared
from kfx.model.compare.verdict import Verdict, verdict
from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.views.diff import data as diff_data
from kfx.views.diff.counts import counts
from kfx.views.diff.html import MOST_ROWS, diff_html
from kfx.views.diff.picture import SIDES, TwoGraphs
from kfx.views.diff.rows import DiffRow, Tables, WeightRow, all_rows, shown_rows, shown_weight_rows, weight_rows
from kfx.views.diff.text import diff_markdown, diff_text
from kfx.views.drawn import DrawnView
from kfx.views.graph.data import drawing, folding, unfolded_containers
from kfx.views.graph.html import image_html
from kfx.views.payload import payload, wire_key

if TYPE_CHECKING:
    import keras
    import pandas

    from kfx.views.diff.widget import DiffWidget

__all__ = ["Diff", "diff", "snapshot"]

_WIDTH = 100  # cells of the text face


def diff(
    a: keras.Model | str | os.PathLike[str] | Snapshot,
    b: keras.Model | str | os.PathLike[str] | Snapshot,
    *,
    weights: bool = True,
    tolerance: float = 0.0,
    inputs: object = None,
) -> Diff:
    """Compare two models: layers added, removed, renamed, changed, rewired, frozen or thawed, and how far their weights moved.

    Layers are paired by name, and by structure where that leaves fewer differences: a renamed layer is a rename. What only
    follows from another difference, such as the larger outputs behind a smaller kernel, is not listed again.

    Args:
        a: The first: a Keras model, the path of a .keras, .h5 or .weights.h5 file, or a `kfx.snapshot` taken before.
        b: The second. A file of weights alone is compared with the model on the other side, e.g. to see what
            ``model.load_weights(path, skip_mismatch=True)`` really loaded.
        weights: Compare the weights too. A layer's change is ``max |b − a| / max |a|`` over all its numbers.
        tolerance: A relative change of weights up to this is none, e.g. ``1e-6``.
        inputs: What a subclassed model is called with, where kfx cannot know: data, shapes or `keras.Input`.

    Returns:
        A view. ``view.verdict`` is equal, different, or that not all could be compared; ``view.equal`` is True for the first
        only. ``view.changes`` and ``view.weights`` list what differs, ``view.left_out`` what could not be compared;
        ``print(view)`` writes it as text, ``view.save("x.html")`` a page.

    Raises:
        TypeError: ``a`` or ``b`` is none of these.
        ValueError: ``tolerance`` is not a number from 0 on.
        ModelFileError: A file is missing, damaged, or no Keras model.
        KfxError: A file holds no graph, since its class is not registered, and the other side is not a file.

    Example:
        >>> import keras, kfx
        >>> def net(units):
        ...     return keras.Sequential([keras.Input((4,), name="x"), keras.layers.Dense(units, name="out")])
        >>> [(change.what, change.a, change.b) for change in kfx.diff(net(2), net(3)).changes]
        [('units', '2', '3'), ('output', '2', '3')]
    """
    is_number = isinstance(tolerance, int | float) and not isinstance(tolerance, bool)
    if not is_number or not math.isfinite(tolerance) or tolerance < 0:
        raise ValueError(f"`tolerance` is {tolerance!r}; expected a relative change from 0 on, e.g. 1e-6.")
    first, second = open_both(a, b, inputs=inputs)
    _refuse_no_graph(first, second)
    found = compared(first, second, weights=weights, tolerance=tolerance)
    return Diff(found.structure, found.weights, (first.name, second.name), found.notes, left_out=found.left_out)


def _refuse_no_graph(first: Opened, second: Opened) -> None:
    """A live model's layers have other names than the groups of weights in a file: everything would seem to differ."""
    for one, other in ((first, second), (second, first)):
        if one.graph.stored and one.graph.kind == "opaque" and not other.graph.stored:
            raise KfxError(
                f"{one.name!r} holds no graph to compare: {one.graph.type} is a class of its own, which Keras could not load. "
                "Decorate the class with @keras.saving.register_keras_serializable() and import it first, or load the model "
                "yourself and give it here."
            )


class Diff(DrawnView):
    """Two models and what differs between them.

    Attributes:
        structure: Both graphs, how their calls are paired, and every difference.
        weights: The layers whose weights differ, with the largest relative change of each.
        names: What the two are called.
        notes: Sentences at the end.
        left_out: What could not be compared, and why. Weights that were not asked for are not among it.
    """

    def __init__(
        self,
        structure: GraphDiff,
        weights: tuple[WeightChange, ...] = (),
        names: tuple[str, str] = ("", ""),
        notes: tuple[str, ...] = (),
        *,
        left_out: tuple[str, ...] = (),
        line_length: int = _WIDTH,
    ):
        self.structure, self.weights, self.notes, self.left_out = structure, weights, notes, left_out
        self.names = (names[0] or structure.a.name, names[1] or structure.b.name)
        self._width = max(line_length, 32)
        self._drawn: dict[tuple[str, frozenset[str]], dict[str, Any]] = {}

    @property
    def changes(self) -> list[Change]:
        """Every difference in structure, in order."""
        return list(self.structure.changes)

    @property
    def verdict(self) -> Verdict:
        """Equal, different, or equal in what was compared while not all could be; its ``exit_code`` is that of ``kfx diff``."""
        return verdict(different=bool(self.structure.changes or self.weights), left_out=bool(self.left_out))

    @property
    def equal(self) -> bool:
        """True when everything was compared and nothing differs."""
        return self.verdict is Verdict.EQUAL

    def to_csv(self) -> str:
        """Return the differences as comma-separated values, one a line.

        Example:
            >>> import keras, kfx
            >>> layers = ([keras.Input((4,), name="x"), keras.layers.Dense(n, name="out")] for n in (2, 3))
            >>> a, b = map(keras.Sequential, layers)
            >>> print(kfx.diff(a, b, weights=False).to_csv().splitlines()[1])
            changed,out,Dense,units,2,3,
        """
        return diff_data.to_csv(*self._all)

    def to_markdown(self) -> str:
        """Return the differences as Markdown tables."""
        return diff_markdown(self._tables)

    def to_pandas(self) -> pandas.DataFrame:
        """Return the differences as a pandas DataFrame, one a row.

        Raises:
            ImportError: pandas is not installed.
        """
        return diff_data.to_pandas(*self._all)

    # ------------------------------------------------------------------------------------------------ words

    @cached_property
    def _two(self) -> TwoGraphs:
        return TwoGraphs(self.structure, frozenset(change.after for change in self.weights))

    @property
    def _all(self) -> tuple[list[DiffRow], Sequence[WeightRow]]:
        return all_rows(self.structure, self._two.union), weight_rows(self.weights, self._two.union)

    @cached_property
    def _tables(self) -> Tables:
        rows = shown_rows(self.structure, self._two.union)
        moved = shown_weight_rows(self.weights, self._two.union)
        names = visible(self.names[0]), visible(self.names[1])
        notes = [*self.left_out, *self.notes]
        return Tables(names, self._counts(), rows, moved, list(map(visible, notes)))

    def _counts(self) -> list[str]:
        if self.equal:
            return ["no difference found", f"{self.structure.same:,} equal"]
        moved = [f"weights of {numbers.count(len(self.weights), 'layer')} differ"] if self.weights else []
        partly = [Verdict.NOT_ALL_COMPARED.value] if self.left_out else []
        alike = counts(self.structure)
        return [*partly, *alike[:-1], f"{alike[-1]} in structure" if moved else alike[-1], *moved]

    def _title(self) -> str:
        a, b = self._tables.names
        return f"Diff {a[:40]!r} → {b[:40]!r}: {self._tables.head[1]}"

    # ------------------------------------------------------------------------------------------------ faces

    def _text(self) -> str:
        return diff_text(self._tables, self._width)

    def _draw(self) -> str:
        return self._svg

    @cached_property
    def _svg(self) -> str:
        boxes = self._two.picture()
        return draw(boxes, lay_out(boxes), title=self._alt())

    def _alt(self) -> str:
        a, b = self._tables.names
        return f"Graph of both {a[:80]} and {b[:80]}: {self._tables.head[1]}"

    def _html(self) -> str:
        return diff_html(self._tables, image_html(self._draw, self._alt()))

    def _html_small(self) -> str:
        return diff_html(self._tables, image_html(self._draw, self._alt()), most=MOST_ROWS)

    def _live(self) -> DiffWidget:
        from kfx.views.diff.widget import DiffWidget

        two = self._two
        return DiffWidget(
            self.live_drawing,
            facts=payload(two.union.graph),
            folding=folding(two.union.graph, two.plan),
            unfolded=sorted(map(wire_key, two.plan.start)),
            tables=diff_data.live_tables(self._tables),
        )

    def live_drawing(self, unfolded: Collection[str], shown: str = "both") -> dict[str, Any]:
        """Return the drawing that the live view shows with these containers unfolded, of both graphs or one."""
        two = self._two
        shown = shown if shown in SIDES else "both"
        opened = unfolded_containers(two.plan, unfolded)
        if (shown, opened) not in self._drawn:
            self._drawn[shown, opened] = drawing(two.picture(opened, shown), opened, Options(wide=0), self._alt())
        return self._drawn[shown, opened]

    def _writers(self) -> dict[str, Callable[[], str | bytes]]:
        return {**super()._writers(), ".md": self.to_markdown, ".csv": self.to_csv}

    def save(self, path: str | Path) -> Path:
        """Write the comparison: the graph to .svg or .png, the tables to .txt, .md or .csv, both to .html."""
        return super().save(path)
