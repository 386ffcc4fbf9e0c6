"""The live view of a growing graph: renewed after each cell, with the explanation of a failed call at its right."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import traitlets

from kfx.views.graph.widget import PlotWidget
from kfx.web.bundle import script, style


class SketchWidget(PlotWidget):
    """A graph that changes under its view.

    Args:
        draw: Makes `drawing` from a list of unfolded containers; may raise NoEngineError.
        rehide: Called when the reader hides or shows the replaced branches; None where nothing can be replaced.
        traits: First values.
    """

    _esm = script(__file__)
    _css = style(__file__, "../graph/widget.css")

    head = traitlets.Dict().tag(sync=True)  # title, facts, number of replaced calls, from views.sketch.renderer; Python
    mistake = traitlets.Dict().tag(sync=True)  # the explanation of a failed call, from views.mistake.data, or {}; Python
    hide = traitlets.Bool(False).tag(sync=True)  # leave the replaced branches out; the browser
    moment = traitlets.Int(0).tag(sync=True)  # counts up when all of the above has changed together; Python

    def __init__(
        self,
        draw: Callable[[list[str]], dict[str, Any]],
        rehide: Callable[[bool], object] | None,
        *,
        unfolded: Iterable[str] = (),
        **traits: object,
    ):
        self._opened = set(unfolded)  # by Python, not by the reader
        super().__init__(draw, unfolded=list(unfolded), **traits)
        if rehide is not None:
            self.observe(lambda change: rehide(change["new"]), "hide")

    def renew(self, traits: dict[str, Any], draw: Callable[[list[str]], dict[str, Any]]) -> None:
        """Show another moment; containers that the reader has unfolded stay so."""
        opened = set(traits.pop("unfolded", self._opened))
        with self.hold_sync():
            self._draw = draw
            for name, value in traits.items():
                setattr(self, name, value)
            wanted = sorted((set(self.unfolded) - self._opened) | opened)
            self._opened = opened
            if wanted == self.unfolded:
                self._redraw()
            else:
                self.unfolded = wanted
            self.moment += 1
