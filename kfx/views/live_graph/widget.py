"""The drawing of a model that is coloured by statistics of its layers while it trains."""

from __future__ import annotations

import traitlets

from kfx.views.graph.widget import PlotWidget
from kfx.web.bundle import script, style


class LiveGraphWidget(PlotWidget):
    """The drawing of `PlotWidget` with colours from Python."""

    _esm = script(__file__)
    _css = style(__file__, "../graph/widget.css")

    measures = traitlets.Dict().tag(sync=True)  # from graph_measures(); Python, at most once a second
