"""The widget of the attribution view: traits for the example and its units, and answers to the browser's questions."""

from __future__ import annotations

import traitlets

from kfx.web.bundle import script, style
from kfx.web.widget import Answer, KfxWidget


class AttributionWidget(KfxWidget):
    """The live attribution view.

    Args:
        answer: Takes a question and returns facts and buffers; it must not raise.
        traits: First values.
    """

    _esm = script(__file__)
    _css = style(__file__)

    about = traitlets.Dict().tag(sync=True)  # name of the model, count of examples; Python, once
    ramps = traitlets.Bytes(b"").tag(sync=True)  # 4 × 256 RGB colours, from draw.values.colormap; Python, once
    example = traitlets.Int(0).tag(sync=True)  # number of the example; both
    units = traitlets.List(traitlets.Int()).tag(sync=True)  # chosen units, empty for the example's own; both

    def __init__(self, answer: Answer, **traits: object) -> None:
        super().__init__(**traits)
        self.answers_with(answer)
