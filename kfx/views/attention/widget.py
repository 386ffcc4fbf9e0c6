"""The widget of the attention view: traits for the layer, head and example, and answers to the browser's questions."""

from __future__ import annotations

import traitlets

from kfx.web.bundle import script, style
from kfx.web.widget import Answer, KfxWidget


class AttentionWidget(KfxWidget):
    """The live attention view.

    Args:
        answer: Takes a question and returns facts and buffers; it must not raise.
        traits: First values.
    """

    _esm = script(__file__)
    _css = style(__file__)

    about = traitlets.Dict().tag(sync=True)  # name, layers with their heads, count of examples; Python, once
    ramps = traitlets.Bytes(b"").tag(sync=True)  # 4 × 256 RGB colours, from draw.values.colormap; Python, once
    selected = traitlets.Unicode("").tag(sync=True)  # address of the layer that is looked at; both
    example = traitlets.Int(0).tag(sync=True)  # number of the example; both
    head = traitlets.Int(0).tag(sync=True)  # number of the head; both

    def __init__(self, answer: Answer, **traits: object) -> None:
        super().__init__(**traits)
        self.answers_with(answer)
