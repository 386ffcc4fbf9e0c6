"""The graph and the summary in one widget, so that they stay linked without a kernel; with data, the inspector too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kfx.views.graph.widget import PlotWidget
from kfx.views.inspector.widget import Inspecting
from kfx.web.bundle import script, style
from kfx.web.widget import Answer


class ExploreWidget(PlotWidget):
    """The traits of a drawing; the table needs no others: both show `facts` and share `selected`."""

    _esm = script(__file__)
    _css = style(__file__, "../summary/widget.css", "../graph/widget.css", "../inspector/widget.css")


class ExploreDataWidget(Inspecting, ExploreWidget):
    """With the traits of an inspector, which shares `selected` with the drawing and the table.

    Args:
        draw: See `PlotWidget`.
        answer: See `InspectorWidget`.
        traits: First values.
    """

    def __init__(self, draw: Callable[[list[str]], dict[str, Any]], answer: Answer, **traits: object) -> None:
        super().__init__(draw, **traits)
        self.answers_with(answer)
