"""The live view of a comparison: the two-colour graph, and its tables at the right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

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

    def __init__(self, draw: Callable[[list[str], str], dict[str, Any]], **traits: object):
        super().__init__(lambda unfolded: draw(unfolded, self.shown), **traits)
        self.observe(self._redraw, "shown")
