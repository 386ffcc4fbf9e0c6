"""The widget of the evaluation view: its facts, and answers to the browser's questions for examples."""

from __future__ import annotations

import traitlets

from kfx.web.bundle import script, style
from kfx.web.widget import Answer, KfxWidget


class EvaluationWidget(KfxWidget):
    """The live evaluation view.

    Args:
        answer: Takes a question and returns facts and buffers; it must not raise.
        traits: First values.
    """

    _esm = script(__file__)
    _css = style(__file__, "../cards/cards.css")

    about = traitlets.Dict().tag(sync=True)  # head, outputs with their matrices and tables; Python, once
    chosen: traitlets.List[int] = traitlets.List([]).tag(
        sync=True
    )  # output, true and predicted class of the cell that is looked at; browser

    def __init__(self, answer: Answer, **traits: object) -> None:
        super().__init__(**traits)
        self.answers_with(answer)
