"""A model's drawing that is coloured by the layers' statistics while it trains."""

from __future__ import annotations

import traitlets

from kfx.widgets.plot import PlotWidget
from kfx.widgets.source import script, style


class LiveGraphWidget(PlotWidget):
    """The drawing of `PlotWidget` with colours that Python brings."""

    _esm = script("livegraph")
    _css = style("plot", "livegraph")

    measures = traitlets.Dict().tag(sync=True)  # from graph_measures(); Python, at most once a second
