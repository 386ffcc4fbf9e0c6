"""The live view of a comparison: the two-colour graph, and its tables at the right."""

from __future__ import annotations

from typing import Any

import traitlets

from kfx.errors import NoEngineError
from kfx.views.graph.widget import PlotWidget
from kfx.web.bundle import script, style


class DiffWidget(PlotWidget):
    """A drawing that also shows either graph alone; it is laid out anew for each.

    Args:
        draw: Makes `drawing` from a list of unfolded containers and a side; may raise NoEngineError.
        traits: First values.
    """

    _esm = script(__file__)
    _css = style(__file__, "../graph/widget.css")

    tables = traitlets.Dict().tag(sync=True)  # names, facts, rows, weights and notes, from views.diff.data; Python, once
    shown = traitlets.Unicode("both").tag(sync=True)  # both, a or b; both write

    def __init__(self, draw: Any, **traits: Any):
        super().__init__(draw, **traits)
        self.observe(self._redraw, "shown")

    def _redraw(self, change: Any) -> None:
        try:
            self.drawing = self._draw(self.unfolded, self.shown)
        except NoEngineError as error:
            self.drawing = {"error": str(error), "open": list(self.unfolded)}
