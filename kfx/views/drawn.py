"""The base of views that are a drawing: SVG, PNG."""

from __future__ import annotations

from collections.abc import Callable

from kfx.draw.fonts.travelling import with_font
from kfx.draw.png import png
from kfx.notebook.view import View


class DrawnView(View):
    """A view of a graph; a child draws it in ``_draw``."""

    _dpi = 200.0  # of a .png

    def _draw(self) -> str:
        raise NotImplementedError

    def svg(self) -> str:
        """Return the drawing as SVG, with its own colours and font, so that it looks the same on every machine.

        Raises:
            NoEngineError: No Graphviz engine could lay it out.
        """
        return with_font(self._draw())

    def _writers(self) -> dict[str, Callable[[], str | bytes]]:
        return {**super()._writers(), ".svg": self.svg, ".png": lambda: png(self._draw(), self._dpi)}
