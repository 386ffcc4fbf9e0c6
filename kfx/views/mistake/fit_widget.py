"""The live view of a mistake around ``fit``: the flow of the data, and the explanation at its right."""

from __future__ import annotations

import traitlets

from kfx.web.bundle import script, style
from kfx.web.widget import KfxWidget


class FitMistakeWidget(KfxWidget):
    """A failed ``fit``, ``evaluate``, ``predict`` or ``compile``; nothing in it changes."""

    _esm = script(__file__)
    _css = style(__file__, "../graph/widget.css", "../sketch/widget.css")

    svg = traitlets.Unicode("").tag(sync=True)  # the flow of the data, without a style sheet, or ""; Python
    mistake = traitlets.Dict().tag(sync=True)  # the explanation, from views.mistake.data; Python
