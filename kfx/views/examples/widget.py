"""The widget of the examples of units: the unit that is looked at, and answers with its examples."""

from __future__ import annotations

import traitlets

from kfx.web.bundle import script, style
from kfx.web.widget import Answer, KfxWidget


class ExamplesWidget(KfxWidget):
    """The live view of examples.

    Args:
        answer: Takes a question with the number of a unit, and returns its examples and their pictures; it must not raise.
        traits: First values.
    """

    _esm = script(__file__)
    _css = style(__file__, "../cards/cards.css")

    about = traitlets.Dict().tag(sync=True)  # name, head, notes, numbers of the units; Python, once
    channel = traitlets.Int(0).tag(sync=True)  # number of the unit that is looked at; both

    def __init__(self, answer: Answer, **traits: object) -> None:
        super().__init__(**traits)
        self.answers_with(answer)
