"""The graph and the summary in one widget, so that they are linked without the kernel; with data, the inspector too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kfx.widgets.inspector import Answer, Inspecting
from kfx.widgets.plot import PlotWidget
from kfx.widgets.source import script, style


class ExploreWidget(PlotWidget):
    """The traits of a drawing; the table needs no others: both show `facts` and share `selected`."""

    _esm = script("explore")
    _css = style("summary", "plot", "inspector", "explore")


class ExploreDataWidget(Inspecting, ExploreWidget):
    """With the traits of an inspector, which shares `selected` with the drawing and the table.

    Args:
        draw: See `PlotWidget`.
        answer: See `InspectorWidget`.
        traits: First values.
    """

    def __init__(self, draw: Callable[[list[str]], dict[str, Any]], answer: Answer, **traits: Any):
        super().__init__(draw, **traits)
        self.answers_with(answer)
