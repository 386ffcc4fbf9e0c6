"""The widget of the inspector: a few traits for the layer, example and channel, and answers to the browser's questions."""

from __future__ import annotations

import traitlets

from kfx.web.bundle import script, style
from kfx.web.widget import Answer, KfxWidget


class Inspecting(traitlets.HasTraits):
    """The traits of a widget with an inspector in it."""

    about = traitlets.Dict().tag(sync=True)  # name, count of examples, notes, layers; Python writes it, once
    ramps = traitlets.Bytes(b"").tag(sync=True)  # 4 × 256 RGB colours, from draw.colormap; Python, once
    selected = traitlets.Unicode("").tag(sync=True)  # address of the layer that is looked at; both
    example = traitlets.Int(0).tag(sync=True)  # number of the example; both
    channel = traitlets.Int(-1).tag(sync=True)  # number of the channel, -1 for the strongest; both
    scale = traitlets.Unicode("layer").tag(sync=True)  # one colour scale for the "layer" or for each "channel"; both


class InspectorWidget(Inspecting, KfxWidget):
    """The inspector alone in its cell.

    Args:
        answer: Takes a question and returns facts and buffers; it must not raise.
        traits: First values.
    """

    _esm = script(__file__)
    _css = style(__file__)

    def __init__(self, answer: Answer, **traits: object) -> None:
        super().__init__(**traits)
        self.answers_with(answer)
