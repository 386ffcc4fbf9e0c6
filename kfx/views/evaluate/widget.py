"""The widget of the evaluation view: its facts, and answers to the browser's questions for examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from kfx.web.bundle import script, style
from kfx.web.widget import KfxWidget

Answer = Callable[[dict[str, Any]], tuple[dict[str, Any], list[bytes]]]


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

        def reply(widget: KfxWidget, content: object, buffers: object) -> None:
            if isinstance(content, dict) and "ask" in content:
                facts, sent = answer(content)
                widget.send({"answer": content["ask"], **facts}, sent)

        self.on_msg(reply)
