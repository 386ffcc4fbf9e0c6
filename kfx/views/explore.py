"""``kfx.explore``: a model's graph and its summary side by side, linked."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from kfx.draw.plot_html import image_html
from kfx.errors import NoEngineError
from kfx.graph.facts import LayerGraph
from kfx.notebook.view import View
from kfx.views.plot import Plot
from kfx.views.summary import Summary


def explore(model: Any, *, inputs: Any = None) -> Explorer:
    """Show a model's graph and its summary side by side: what you choose or find in one is chosen and found in the other.

    Args:
        model: A Keras model; it is read, never changed.
        inputs: What a subclassed model is called with, where kfx cannot know: data, shapes or `keras.Input`.

    Returns:
        A view. It shows itself as the last line of a cell; ``print(view)`` writes the summary's text, ``view.save("x.html")``
        a page.

    Raises:
        TypeError: ``model`` is not a Keras model.
        UnbuiltModelError: The model has no layers to show yet.

    Example:
        >>> import keras, kfx
        >>> x = keras.Input((4,))
        >>> kfx.explore(keras.Model(x, keras.layers.Dense(2)(x), name="tiny"))
        <Explorer 'tiny'>
    """
    from kfx.graph.read import read_graph

    return Explorer(read_graph(model) if inputs is None else read_graph(model, inputs=inputs))


class Explorer(View):
    """A model's graph and summary together.

    Attributes:
        graph: The facts that both show.
        plot: The graph alone.
        summary: The summary alone.
    """

    def __init__(self, graph: LayerGraph):
        self.graph = graph
        self.plot = Plot(graph)
        self.summary = Summary(graph)

    def _text(self) -> str:
        return str(self.summary)

    def _html(self) -> str:
        return _beside(self._drawing(), self.summary._html())

    def _html_small(self) -> str:
        return _beside(self._drawing(), self.summary._html_small())

    def _drawing(self) -> str:
        try:
            return image_html(self.plot.svg(), self.plot._alt(self.plot.picture()))
        except NoEngineError as error:
            return f"<p>{escape(str(error))}</p>"

    def _live(self) -> Any:
        from kfx.widgets.explore import ExploreWidget

        return ExploreWidget(self.plot.live_drawing, **self.plot.live_traits())

    def _writers(self) -> dict[str, Callable[[], str | bytes]]:
        return {**self.plot._writers(), **self.summary._writers(), **super()._writers()}


def _beside(drawing: str, table: str) -> str:
    """Side by side where there is room for both, else one above the other; so it also reads without any style."""
    return (
        '<div style="display:flex;flex-wrap:wrap;align-items:flex-start;gap:8px 16px">'
        f'<div style="max-width:100%">{drawing}</div><div style="flex:1 1 560px;min-width:0;max-width:100%">{table}</div></div>'
    )
