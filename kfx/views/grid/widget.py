"""The widget of a map: traits for the page, measure and cell, and answers to the browser's questions."""

from __future__ import annotations

import traitlets

from kfx.web.bundle import script, style
from kfx.web.widget import Answer, KfxWidget


class GridWidget(KfxWidget):
    """The live map.

    Args:
        answer: Takes a question and returns facts and buffers; it must not raise.
        traits: First values.
    """

    _esm = script(__file__)
    _css = style(__file__)

    about = traitlets.Dict().tag(sync=True)  # kind, name, pages, measures; Python, once
    ramps = traitlets.Bytes(b"").tag(sync=True)  # 4 × 256 RGB colours, from draw.values.colormap; Python, once
    page = traitlets.Int(0).tag(sync=True)  # number of the map; both
    measure = traitlets.Unicode("").tag(sync=True)  # name of the measure that colours it; both
    cell = traitlets.List(traitlets.Int()).tag(sync=True)  # row and column that are looked at; both

    def __init__(self, answer: Answer, **traits: object) -> None:
        super().__init__(**traits)
        self.answers_with(answer)
