"""``kfx.plot_model``: a model as a drawing, live, static, as text and as a file."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Collection
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfx.draw.graph.boxes import Options, Picture
from kfx.draw.graph.fold import fold_plan
from kfx.draw.graph.picture import picture
from kfx.draw.graph.plan import FoldPlan
from kfx.draw.graph.svg import draw
from kfx.draw.graphviz.dot import RANKDIRS, SPLINES, to_dot
from kfx.draw.graphviz.layout import lay_out
from kfx.draw.pdf.drawing import pdf
from kfx.errors import NoEngineError
from kfx.model.facts import LayerGraph
from kfx.text.untrusted import visible
from kfx.views.drawn import DrawnView
from kfx.views.given import graph_given
from kfx.views.graph.data import drawing, folding, unfolded_containers
from kfx.views.graph.exports import graphviz_source, networkx_graph
from kfx.views.graph.html import plot_html, text_html
from kfx.views.graph.text import text_tree
from kfx.views.payload import payload, wire_key
from kfx.views.summary.rows import summary_rows
from kfx.views.summary.totals import head_facts

if TYPE_CHECKING:
    import keras
    import networkx
    from graphviz import Source

    from kfx.views.graph.widget import PlotWidget


def plot_model(
    model: keras.Model | str | os.PathLike[str],
    to_file: str | os.PathLike[str] | None = None,
    show_shapes: bool = True,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool | Collection[str] = False,
    dpi: float = 200,
    show_layer_activations: bool = True,
    show_trainable: bool = False,
    splines: str = "spline",
    *,
    fold: bool = True,
    inputs: object = None,
    **unknown: object,
) -> Plot:
    """Draw a model: a box for every call of every layer, a line for every tensor between them.

    Takes the arguments of ``keras.utils.plot_model`` in the same order. What differs: nothing is written unless ``to_file``
    is given (Keras leaves a ``model.png`` behind); names, shapes and activations are shown unless you say no; lines are curves
    (Keras's ``"ortho"`` makes Graphviz abort on large models); a large model is folded to its blocks. The model is read, never
    changed.

    Args:
        model: A Keras model, or the path of a .keras or .h5 file, which is shown without the code that made it.
        to_file: Where to write the drawing: .svg, .png, .pdf, .dot, .html or .txt.
        show_shapes: The shape next to each line, without its batch axis; one equal to the shape before it is not repeated.
        show_dtype: The dtype of each layer's output in its box.
        show_layer_names: The layers' names; without them the types come first.
        rankdir: Where the data flows: ``"TB"`` down, ``"BT"`` up, ``"LR"`` right, ``"RL"`` left.
        expand_nested: Nested models that are unfolded at first: all (True), none (False), or those with these names.
        dpi: Dots per inch of a .png.
        show_layer_activations: The activation among each layer's settings.
        show_trainable: ``trainable`` or ``frozen`` in each box that has weights.
        splines: How lines run: ``"spline"``, ``"polyline"``, ``"line"``, ``"ortho"`` or ``"curved"``.
        fold: Fold a large model to its blocks; False draws every layer.
        inputs: What the model is called with: data, shapes or specs; as for `kfx.summary`. For a model without
            ``call``: a batch for its ``train_step``, to draw how one step calls its parts.

    Returns:
        A view. It shows itself as the last line of a cell; ``view.svg()`` is the drawing, ``view.save("x.png")`` writes a file.

    Raises:
        TypeError: ``model`` is neither a Keras model nor the path of one, or an argument is not known.
        ValueError: An option has a value that is not known, or ``to_file`` a suffix that is not.
        KfxError: The model's own attributes raise, or its file is missing or damaged, so that it cannot be read.
        NoEngineError: A file is asked for and no Graphviz engine could draw it; shown in a notebook, the view is text then.

    Example:
        >>> import keras, kfx
        >>> x = keras.Input((4,), name="x")
        >>> print(kfx.plot_model(keras.Model(x, keras.layers.Dense(2, name="out")(x), name="tiny")))
        tiny (Functional): 2 layers, 10 parameters, 18 FLOPs, 24 B activations
        x    Input  4
        out  Dense  2  <- x
        returns out
    """
    _refuse(unknown, rankdir, splines, dpi)
    graph = graph_given(model, inputs)
    options = Options(
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
        rankdir=rankdir,
        splines=_spline_name(splines),
    )
    view = Plot(graph, options=options, expand_nested=expand_nested, fold=fold, dpi=dpi)
    if to_file is not None:
        view.save(to_file)
    return view


def _refuse(unknown: dict[str, object], rankdir: str, splines: str, dpi: float) -> None:
    known = [name for name in plot_model.__annotations__ if name not in ("return", "unknown")]
    for name in unknown:
        near = difflib.get_close_matches(name, known, 1)
        advice = f"Did you mean {near[0]!r}?" if near else f"It takes {', '.join(known)}."
        raise TypeError(f"Plot_model has no argument {name!r}. {advice}")
    if rankdir not in RANKDIRS:
        raise ValueError(f"`rankdir` is {rankdir!r}; expected one of {', '.join(map(repr, RANKDIRS))}.")
    if _spline_name(splines) not in SPLINES:
        raise ValueError(f"`splines` is {splines!r}; expected one of {', '.join(map(repr, SPLINES))}.")
    if isinstance(dpi, bool) or not isinstance(dpi, int | float) or not 1 <= dpi <= 10_000:
        raise ValueError(f"`dpi` is {dpi!r}; expected dots per inch between 1 and 10000, e.g. 200.")


def _check_nested(asked: object, graph: LayerGraph) -> None:
    if isinstance(asked, bool):
        return
    if isinstance(asked, str) or not isinstance(asked, Collection):
        advice = f"expected True, False or a list of names{f', [{asked!r}]' if isinstance(asked, str) else ''}"
        raise TypeError(f"`expand_nested` is {asked!r}; {advice}.")
    models = [call for call in graph.calls if call.kind in ("model", "opaque")]
    names = {name for call in models for name in (call.key, call.name, call.label)}
    for name in asked:
        if name not in names:
            near = difflib.get_close_matches(str(name), names, 1)
            advice = f"Did you mean {near[0]!r}? " if near else ""
            have = ", ".join(dict.fromkeys(call.name for call in models)) or "none"
            raise ValueError(f"No nested model {name!r} in model {graph.name!r}. {advice}Its nested models: {have}.")


def _spline_name(splines: object) -> str:
    return {"true": "spline", "false": "line"}.get(str(splines).lower(), str(splines))  # Graphviz's other words for these two


class Plot(DrawnView):
    """A model's drawing and its faces.

    Attributes:
        graph: The facts it is drawn from.
        plan: Which parts can be folded.
    """

    def __init__(
        self,
        graph: LayerGraph,
        *,
        options: Options | None = None,
        expand_nested: bool | Collection[str] = False,
        fold: bool = True,
        dpi: float = 200,
    ):
        _check_nested(expand_nested, graph)
        self.graph = graph
        self.plan: FoldPlan = fold_plan(graph, expand_nested, blocks=fold)
        self.options = options or Options()
        self._dpi = dpi
        self._drawings: dict[frozenset[str], dict[str, Any]] = {}

    def picture(self, opened: Collection[str] | None = None) -> Picture:
        """Return boxes, frames and lines of the first picture, or with other containers unfolded."""
        return picture(self.graph, self.plan, self.plan.start if opened is None else opened, self.options)

    def _draw(self) -> str:
        return self._svg

    @cached_property
    def _svg(self) -> str:
        boxes = self.picture()
        return draw(
            boxes, lay_out(boxes, self.options.rankdir, self.options.splines, wide=self.options.wide), title=self._alt(boxes)
        )

    def _alt(self, boxes: Picture) -> str:
        folded = sum(box.folded for box in boxes.boxes)
        name = visible(self.graph.name)[:80]
        title = f"Graph of {name}: {len(boxes.boxes)} box{'' if len(boxes.boxes) == 1 else 'es'}"
        return f"{title}, {folded} of them folded" if folded else title

    def _text(self) -> str:
        return text_tree(self.graph, names=self.options.show_layer_names, shapes=self.options.show_shapes)

    def _head(self) -> str:
        facts = " · ".join(map(str, head_facts(self.graph, summary_rows(self.graph))))
        return f"<b>{escape(visible(self.graph.name)[:80])}</b> &nbsp;{escape(facts)}"

    def _html(self) -> str:
        notes = [visible(note) for note in self.graph.notes]
        try:
            return plot_html(self._svg, self._alt(self.picture()), self._head(), self._text(), notes)
        except NoEngineError as error:
            return f"<p>{escape(str(error))}</p>" + text_html(self._text(), opened=True)

    def _html_small(self) -> str | None:
        short = "\n".join(self._text().splitlines()[:400])
        return plot_html(self._svg, self._alt(self.picture()), self._head(), f"{short}\n…")

    def _live(self) -> PlotWidget:
        from kfx.views.graph.widget import PlotWidget

        return PlotWidget(self.live_drawing, **self.live_traits())

    def live_traits(self) -> dict[str, Any]:
        """Return first values of the live drawing's traits, for its own widget and for the explorer's."""
        return {
            "facts": payload(self.graph),
            "folding": folding(self.graph, self.plan),
            "unfolded": sorted(map(wire_key, self.plan.start)),
        }

    def live_drawing(self, unfolded: Collection[str]) -> dict[str, Any]:
        """Return the drawing that the live view shows with these containers unfolded; unknown ones are left out."""
        opened = unfolded_containers(self.plan, unfolded)
        if opened not in self._drawings:
            boxes = self.picture(opened)
            self._drawings[opened] = drawing(boxes, opened, self.options, self._alt(boxes))
        return self._drawings[opened]

    def _writers(self) -> dict[str, Callable[[], str | bytes]]:
        return {**super()._writers(), ".pdf": lambda: pdf(self._draw()), ".dot": self.dot}

    def dot(self) -> str:
        """Return the graph in Graphviz's language, folded as at first."""
        return to_dot(self.picture(), self.options.rankdir, self.options.splines, labels=True)

    def graphviz(self) -> Source:
        """Return the graph as a ``graphviz.Source``, folded as at first, for people who edit graphs.

        To render it, the package graphviz needs the system's Graphviz, which nothing else of kfx needs.

        Raises:
            ImportError: The package graphviz is not installed.

        Example:
            >>> import keras, kfx
            >>> x = keras.Input((4,))
            >>> kfx.plot_model(keras.Model(x, keras.layers.Dense(2)(x))).graphviz().source[:7]
            'digraph'
        """
        return graphviz_source(self.dot(), "model")

    def to_networkx(self) -> networkx.MultiDiGraph:
        """Return the whole graph for networkx: a node for each call by its address, an edge for each tensor.

        Nodes carry ``name``, ``type``, ``kind``, ``inside`` (the address of the model around it, or None), ``settings``,
        ``parameters``, ``flops`` (None if unknown) and ``shapes`` with the batch axis first; edges ``output``, ``argument``
        and ``shape``. Edges run between the calls inside nested models, whose own nodes have none then.

        Raises:
            ImportError: networkx is not installed.

        Example:
            >>> import keras, kfx
            >>> x = keras.Input((4,), name="x")
            >>> graph = kfx.plot_model(keras.Model(x, keras.layers.Dense(2, name="out")(x))).to_networkx()
            >>> list(graph.edges()), graph.nodes["out"]["parameters"]
            ([('x', 'out')], 10)
        """
        return networkx_graph(self.graph)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the drawing to a .svg, .png, .pdf, .dot, .html or .txt file, folded as at first.

        Example:
            >>> import keras, kfx, tempfile
            >>> x = keras.Input((4,))
            >>> view = kfx.plot_model(keras.Model(x, keras.layers.Dense(2)(x)))
            >>> view.save(f"{tempfile.mkdtemp()}/tiny.dot").read_text()[:7]
            'digraph'
        """
        return super().save(Path(path))
