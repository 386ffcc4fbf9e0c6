"""The graph and the summary side by side, in one widget so that they are linked without the kernel."""

from __future__ import annotations

from kfx.widgets.plot import PlotWidget
from kfx.widgets.source import script, style


class ExploreWidget(PlotWidget):
    """The traits of a drawing; the table needs no others: both show `facts` and share `selected`."""

    _esm = script("explore")
    _css = style("summary", "plot", "explore")
