"""``kfx.explore``: a model's graph and its summary side by side, linked; with data, the values inside it as well."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from kfx.draw.graph.boxes import Options
from kfx.model.facts import LayerGraph
from kfx.notebook.view import View
from kfx.views.given import graph_given
from kfx.views.graph.html import image_html
from kfx.views.graph.view import Plot
from kfx.views.inspector.view import Inspector, inspect
from kfx.views.summary.view import Summary

if TYPE_CHECKING:
    import keras

    from kfx.views.explorer.widget import ExploreWidget

_WIDE = 600.0  # px of the graph beside the table


def explore(
    model: keras.Model | str | os.PathLike[str],
    data: object = None,
    *,
    inputs: object = None,
    layer: object = None,
    example: int = 0,
    class_names: object = None,
    tokens: object = None,
    images: object = None,
    training: bool = False,
) -> Explorer:
    """Show a model's graph and its summary side by side: what you choose or find in one is chosen and found in the other.

    With data, the values of the chosen layer are shown below the table, and the graph can be coloured by how large the values
    are, or how many of them are zero.

    Args:
        model: A Keras model; it is read, never changed. Without data, the path of a .keras or .h5 file will do.
        data: Examples to look at inside the model, as for `kfx.inspect`.
        inputs: The arguments of a subclassed model's call, where kfx cannot find them: data, shapes or `keras.Input`.
        layer: With data: what to look at first; see `kfx.inspect`.
        example: With data: the example to look at first.
        class_names: With data: a name for each class; see `kfx.inspect`.
        tokens: With data: the words of a sequence's steps; see `kfx.inspect`.
        images: With data: pictures to show in place of preprocessed inputs; see `kfx.inspect`.
        training: With data: run as in training; see `kfx.inspect`.

    Returns:
        A view. It shows itself as the last line of a cell; ``print(view)`` writes the summary's text, ``view.save("x.html")``
        a page.

    Raises:
        TypeError: ``model`` is not a Keras model.
        ValueError: The data do not fit the model, or an argument needs data.
        KfxError: The model's own attributes raise, so that it cannot be read.

    Example:
        >>> import keras, kfx
        >>> x = keras.Input((4,))
        >>> kfx.explore(keras.Model(x, keras.layers.Dense(2)(x), name="tiny"))
        <Explorer 'tiny'>
    """
    if data is None:
        given = {"layer": layer, "class_names": class_names, "tokens": tokens, "images": images, "training": training or None}
        for name, value in given.items():
            if value is not None:
                raise ValueError(f"`{name}` was given without data; give some examples: kfx.explore(model, data, {name}=...).")
        return Explorer(graph_given(model, inputs))
    graph = None if inputs is None else graph_given(model, inputs)
    inspector = inspect(
        model,
        data,
        layer=layer,
        example=example,
        class_names=class_names,
        tokens=tokens,
        images=images,
        training=training,
    )
    return Explorer(graph or graph_given(model), inspector)


class Explorer(View):
    """A model's graph and summary together, and with data its inspector.

    Attributes:
        graph: The facts that both show.
        plot: The graph alone.
        summary: The summary alone.
        inspector: The values alone, or None without data.
    """

    def __init__(self, graph: LayerGraph, inspector: Inspector | None = None) -> None:
        self.graph = graph
        self.plot = Plot(graph, options=Options(wide=_WIDE))
        self.summary = Summary(graph)
        self.inspector = inspector

    def _let_go(self) -> None:
        if self.inspector is not None:
            self.inspector.close()

    def _text(self) -> str:
        return "\n\n".join(map(str, self._tables()))

    def _html(self) -> str:
        return self._beside([view._html() for view in self._tables()])

    def _html_small(self) -> str:
        return self._beside([view._html_small() for view in self._tables()])

    def _tables(self) -> list[Summary | Inspector]:
        return [self.summary] if self.inspector is None else [self.summary, self.inspector]

    def _beside(self, tables: list[str]) -> str:
        """Lay out the drawing beside the tables, or above them where there is no room; it also reads without any style."""
        drawing = image_html(self.plot._draw, self.plot._alt(self.plot.picture()))
        return (
            '<div style="display:flex;flex-wrap:wrap;align-items:flex-start;gap:8px 16px">'
            f'<div style="max-width:100%">{drawing}</div>'
            f'<div style="flex:1 1 560px;min-width:0;max-width:100%">{"".join(tables)}</div></div>'
        )

    def _live(self) -> ExploreWidget:
        from kfx.views.explorer.widget import ExploreDataWidget, ExploreWidget

        if self.inspector is None:
            return ExploreWidget(self.plot.live_drawing, **self.plot.live_traits())
        traits = self.plot.live_traits() | self.inspector.live_traits()
        return ExploreDataWidget(self.plot.live_drawing, self.inspector.answers(), **traits)

    def _writers(self) -> dict[str, Callable[[], str | bytes]]:
        return {**self.plot._writers(), **self.summary._writers(), **super()._writers()}
