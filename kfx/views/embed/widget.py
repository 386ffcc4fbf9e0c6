"""The widget of the map of examples: its points, the selected ones, and answers to the browser's questions."""

from __future__ import annotations

import traitlets

from kfx.web.bundle import script, style
from kfx.web.widget import Answer, KfxWidget


class EmbeddingWidget(KfxWidget):
    """The live map.

    Args:
        answer: Takes a question and returns facts and buffers; it must not raise.
        traits: First values.
    """

    _esm = script(__file__)
    _css = style(__file__, "../cards/cards.css")

    about = traitlets.Dict().tag(sync=True)  # head, legends; Python, once
    points = traitlets.Bytes(b"").tag(sync=True)  # float32 x, y of each example in a square from 0 to 1; Python, once
    selected = traitlets.CBytes(b"").tag(sync=True)  # int32 numbers of the selected examples, as a memoryview; browser

    def __init__(self, answer: Answer, **traits: object) -> None:
        super().__init__(**traits)
        self.answers_with(answer)
