"""The drawing that moves, folds, finds, selects and changes its colours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from kfx.errors import NoEngineError
from kfx.web.bundle import script, style
from kfx.web.widget import KfxWidget


class PlotWidget(KfxWidget):
    """A model's graph. Python lays it out, anew whenever something is folded; all else happens in the browser.

    Args:
        draw: Makes `drawing` from a list of unfolded containers; may raise NoEngineError.
        traits: First values.
    """

    _esm = script(__file__)
    _css = style(__file__)

    facts = traitlets.Dict().tag(sync=True)  # the whole graph with its words, from views.payload; Python, once
    folding = traitlets.Dict().tag(sync=True)  # blocks and what holds what, from views.graph.data; Python, once
    drawing = traitlets.Dict().tag(sync=True)  # the present picture, from views.graph.data, or {"error": a sentence}; Python
    unfolded = traitlets.List(traitlets.Unicode()).tag(sync=True)  # keys of the containers to unfold; the browser
    colour = traitlets.Unicode("family").tag(sync=True)  # family, params, flops, memory or trains; both
    selected = traitlets.Unicode("").tag(sync=True)  # address of the selected call, "" for none; both

    def __init__(self, draw: Callable[[list[str]], dict[str, Any]], **traits: object):
        self._draw = draw
        super().__init__(**traits)
        self._redraw()
        self.observe(self._redraw, "unfolded")

    def _redraw(self, change: object = None) -> None:
        try:
            self.drawing = self._draw(self.unfolded)
        except NoEngineError as error:
            self.drawing = {"error": str(error), "open": list(self.unfolded)}
