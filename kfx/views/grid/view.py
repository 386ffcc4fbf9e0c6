"""The four faces that `kfx.sweep` and `kfx.lens` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kfx.draw.png import png
from kfx.draw.values.colormap import all_ramps
from kfx.notebook.view import View
from kfx.text.untrusted import visible
from kfx.views.grid.answers import GridAnswers, about_grid
from kfx.views.grid.facts import GridFacts
from kfx.views.grid.html import grid_html, grid_picture

if TYPE_CHECKING:
    from kfx.views.grid.widget import GridWidget


class GridView(View):
    """A view that is a map of rows × columns; a kind of it has `facts` and a text."""

    @property
    def facts(self) -> GridFacts:
        """What the faces of the view show."""
        raise NotImplementedError

    def _title(self) -> str:
        return f"{type(self).__name__} {visible(self.facts.name)[:60]!r}"

    def _html(self) -> str:
        return grid_html(self.facts, self.facts.start)

    def _html_small(self) -> str:
        return grid_html(self.facts, self.facts.start, small=True)

    def svg(self) -> str:
        """Return the map as SVG on white, with its scale, a label at each row and a word at each column."""
        return grid_picture(self.facts, self.facts.start)

    def _writers(self) -> dict[str, Callable[[], str | bytes]]:
        return {**super()._writers(), ".svg": self.svg, ".png": lambda: png(self.svg())}

    def _live(self) -> GridWidget:
        from kfx.views.grid.widget import GridWidget

        facts = self.facts
        sheet = facts.sheet(facts.start)
        return GridWidget(
            GridAnswers(facts),
            about=about_grid(facts),
            ramps=all_ramps(),
            page=facts.start,
            measure=sheet.measures[0].name,
            cell=list(sheet.first),
        )
