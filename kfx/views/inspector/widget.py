"""The widget of the inspector: a few traits for the layer, example and channel, and answers to the browser's questions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from kfx.web.bundle import script, style
from kfx.web.widget import KfxWidget

Answer = Callable[[dict[str, Any]], tuple[dict[str, Any], list[bytes]]]


class Inspecting(traitlets.HasTraits):
    """The traits and messages of a widget with an inspector in it.

    The browser asks by custom messages ``{"ask": number, "what": ...}`` and gets ``{"answer": number, ...}`` with buffers, so
    that only what is shown is sent and nothing of it is kept in the notebook.
    """

    about = traitlets.Dict().tag(sync=True)  # name, count of examples, notes, layers; Python writes it, once
    ramps = traitlets.Bytes(b"").tag(sync=True)  # 4 × 256 RGB colours, from draw.colormap; Python, once
    selected = traitlets.Unicode("").tag(sync=True)  # address of the layer that is looked at; both
    example = traitlets.Int(0).tag(sync=True)  # number of the example; both
    channel = traitlets.Int(-1).tag(sync=True)  # number of the channel, -1 for the strongest; both
    scale = traitlets.Unicode("layer").tag(sync=True)  # one colour scale for the "layer" or for each "channel"; both

    def answers_with(self, answer: Answer) -> None:
        """Answer every message of the browser."""

        def reply(widget: KfxWidget, content: object, buffers: object) -> None:
            if isinstance(content, dict) and "ask" in content:
                facts, sent = answer(content)
                widget.send({"answer": content["ask"], **facts}, sent)

        self.on_msg(reply)  # type: ignore[attr-defined]
        self._reply = reply

    def close(self) -> None:
        """Close the widget and let go of what answers, which holds the model and the data."""
        reply = self.__dict__.pop("_reply", None)
        if reply is not None:
            self.on_msg(reply, remove=True)  # type: ignore[attr-defined]
        super().close()  # type: ignore[misc]


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
