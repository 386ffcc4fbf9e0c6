"""``kfx.summary``: a model as a table, live, static, as text and as data."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING

from kfx.model.facts import LayerGraph
from kfx.model.weak import ByIdentity
from kfx.notebook.view import View
from kfx.text.csv_markdown import csv_text, data_frame
from kfx.views.given import graph_given
from kfx.views.summary import data as summary_data
from kfx.views.summary.columns import columns, has_registered_columns
from kfx.views.summary.html import summary_html
from kfx.views.summary.rows import Row, shown_rows, summary_rows
from kfx.views.summary.text import LEAST_WIDTH, summary_text

if TYPE_CHECKING:
    import keras
    import pandas

    from kfx.views.summary.widget import SummaryWidget

_WIDTH_IN_A_FILE = 100  # cells, where there is no terminal: the same text on every run


def summary(
    model: keras.Model | str | Path,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[[str], object] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
    *,
    inputs: object = None,
) -> Summary:
    """Show a model as a table: every call of every layer with its shape, parameters, cost and connections.

    Takes the arguments of ``keras.Model.summary`` in the same order. The model is read, never changed.

    Args:
        model: A Keras model, or the path of a .keras or .h5 file, which is shown without the code that made it.
        line_length: Width of the text in character cells, at least 32; the terminal's own, or 100 where there is none.
        positions: Taken so that a call written for Keras runs; the columns find their own widths.
        print_fn: Called with each line of the text, e.g. ``logger.info``.
        expand_nested: Include the layers inside nested models; the live view can fold and unfold them at any time.
        show_trainable: Add a column that says whether training changes the layer.
        layer_range: Two names or regular expressions: the first and the last layer of the table.
        inputs: What the model is called with: data, shapes with the batch axis first such as ``(1, 2048)``, or specs, in the
            structure that it takes. They give sizes to axes that the model leaves open, so that costs are numbers; a subclassed
            model that was never called needs them. For a model without ``call``: a batch for its ``train_step``, to show
            how one step calls its parts.

    Returns:
        A view. It shows itself as the last line of a cell; ``print(view)`` writes its text, ``view.rows`` is a tuple of
        plain rows, ``view.save("x.csv")`` writes a file.

    Raises:
        TypeError: ``model`` is neither a Keras model nor the path of one.
        ValueError: ``line_length`` is too small, or ``layer_range`` matches nothing.
        KfxError: The model's own attributes raise, or its file is missing or damaged, so that it cannot be read.

    Example:
        >>> import keras, kfx
        >>> x = keras.Input((4,))
        >>> view = kfx.summary(keras.Model(x, keras.layers.Dense(2, name="out")(x)))
        >>> [(row.layer, row.parameters) for row in view.rows][-1]
        ('out', 10)
    """
    most = _line_length(line_length)
    graph = graph_given(model, inputs)
    view = Summary(graph, line_length=most, expand_nested=expand_nested, show_trainable=show_trainable, layer_range=layer_range)
    if print_fn is not None:
        for line in str(view).splitlines():
            print_fn(line)
    return view


def _line_length(given: int | None) -> int:
    if given is None:
        terminal = sys.stdout is not None and getattr(sys.stdout, "isatty", lambda: False)()
        return max(LEAST_WIDTH, shutil.get_terminal_size().columns) if terminal else _WIDTH_IN_A_FILE
    if isinstance(given, bool) or not isinstance(given, Integral) or given < LEAST_WIDTH:
        raise ValueError(f"`line_length` is {given!r}; expected a whole number of character cells, at least {LEAST_WIDTH}.")
    return int(given)


_rows: ByIdentity[tuple[Row, ...]] = ByIdentity()  # of each graph: the graph of a model that has not changed is the same
_texts: ByIdentity[dict[object, str]] = ByIdentity()


class Summary(View):
    """A model as a table.

    Attributes:
        graph: The facts that it shows.
        rows: The table's rows as plain values: the top level, and with ``expand_nested=True`` what is inside nested models.

    Example:
        >>> import keras, kfx
        >>> x = keras.Input((4,), name="x")
        >>> view = kfx.summary(keras.Model(x, keras.layers.Dense(2, name="out")(x)))
        >>> [(row.layer, row.output, row.flops) for row in view.rows]
        [('x', '4', 0), ('out', '2', 18)]
    """

    def __init__(
        self,
        graph: LayerGraph,
        *,
        line_length: int = _WIDTH_IN_A_FILE,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
    ):
        self.graph = graph
        self._all = _rows.get(graph) or _rows.keep(graph, summary_rows(graph))
        self._most = line_length
        self._expand = bool(expand_nested)
        self._show_trainable = bool(show_trainable)
        self._between = layer_range
        self.rows: tuple[Row, ...] = shown_rows(self._all, expand_nested=self._expand, between=layer_range)  # type: ignore[arg-type]

    def to_csv(self) -> str:
        """Return the rows as comma-separated values; unknown is empty.

        Text that a spreadsheet would take for a formula gets an apostrophe in front.

        Example:
            >>> import keras, kfx
            >>> model = keras.Sequential([keras.Input((4,), name="x"), keras.layers.Dense(2, name="out")])
            >>> print(kfx.summary(model).to_csv().splitlines()[-1])
            out,0,out,Dense,,2,float32,10,10,18,8,x
        """
        return csv_text([column.id for column in columns("data")], map(dict.values, summary_data.records(self.rows)))

    def to_markdown(self) -> str:
        """Return the facts and a table of the rows as Markdown.

        Example:
            >>> import keras, kfx
            >>> model = keras.Sequential([keras.Input((4,), name="x"), keras.layers.Dense(2, name="out")])
            >>> print(kfx.summary(model).to_markdown().splitlines()[2])
            | Layer | Type | Settings | Output | Parameters | FLOPs | Memory | Connected to |
        """
        return summary_data.to_markdown(self.graph, self._all, self.rows)

    def to_latex(self) -> str:
        r"""Return the rows as a LaTeX ``tabular`` with the rules of the package booktabs, for a paper.

        Names of layers are escaped. Names in other scripts, such as Korean, need XeLaTeX or LuaLaTeX and a font that has them.

        Example:
            >>> import keras, kfx
            >>> x = keras.Input((4,), name="x")
            >>> print(kfx.summary(keras.Model(x, keras.layers.Dense(2, "relu", name="out_1")(x))).to_latex().splitlines()[7])
            out\_1 & Dense & relu & 2 & 10 & 20 & 8 B & x \\
        """
        return summary_data.to_latex(self.graph, self._all, self.rows)

    def to_json(self) -> str:
        """Return the totals and the rows as JSON."""
        return summary_data.to_json(self.graph, self.rows)

    def to_pandas(self) -> pandas.DataFrame:
        """Return the rows as a pandas DataFrame with one row a call; unknown numbers are ``<NA>``.

        Raises:
            ImportError: pandas is not installed.

        Example:
            >>> import keras, kfx
            >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="out")])
            >>> kfx.summary(model).to_pandas()["parameters"].sum().item()
            10
        """
        shown = columns("data")
        found = summary_data.records(self.rows)
        frame = data_frame(found, [column.id for column in shown], instead=".rows")
        types = {column.id: column.pandas_type for column in shown if not column.registered}
        for column in shown:
            if column.registered:
                types[column.id] = summary_data.type_with_unknown([record[column.id] for record in found])
        return frame.astype({name: kind for name, kind in types.items() if kind})

    def _text(self) -> str:
        if has_registered_columns():
            return self._new_text()
        asked = (self._most, self._expand, self._show_trainable, self._between and tuple(self._between))
        kept = _texts.get(self.graph)
        kept = _texts.keep(self.graph, {}) if kept is None else kept
        if asked not in kept:
            kept[asked] = self._new_text()
        return kept[asked]

    def _new_text(self) -> str:
        return summary_text(self.graph, self._all, self.rows, most=self._most, show_trainable=self._show_trainable)

    def _html(self) -> str:
        return summary_html(self.graph, self._all, self.rows, expand_nested=self._expand, show_trainable=self._show_trainable)

    def _html_small(self) -> str:
        return summary_html(self.graph, self._all, self.rows, least=True)

    def _live(self) -> SummaryWidget:
        from kfx.views.payload import payload, wire_key
        from kfx.views.summary.widget import SummaryWidget

        only = [wire_key(row.address) for row in self.rows if row.level == 0] if self._between else []
        return SummaryWidget(facts=payload(self.graph), only=only, unfolded=self._expand, trainable=self._show_trainable)

    def _writers(self) -> dict[str, Callable[[], str | bytes]]:
        return {
            **super()._writers(),
            ".md": self.to_markdown,
            ".csv": self.to_csv,
            ".json": self.to_json,
            ".tex": self.to_latex,
        }
