"""The live view of a run: what it shows is written by Python, what is clicked comes back as messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from kfx.web.bundle import script, style
from kfx.web.widget import KfxWidget

CLICKS = ("stop", "pause", "resume", "rate", "checkpoint", "rewind", "extra")


class TrainingWidget(KfxWidget):
    """Progress, controls, curves and layers of one run.

    A click arrives as a message ``{kind, value, ref, sent}``; `on_click` hands it on in whatever thread it arrives.
    """

    _esm = script(__file__)
    _css = style(__file__)

    state = traitlets.Dict().tag(sync=True)  # words and small numbers, from run_state(); Python, at most 10 times a second
    cuts = traitlets.Dict().tag(sync=True)  # (`layout` is taken) how `data` is cut into lines, from curves_data(); Python
    data = traitlets.Bytes(b"").tag(sync=True)  # float32, all lines one after the other; Python
    layers = traitlets.Dict().tag(sync=True)  # rows of the layer monitor, from layers_data(); Python, at most once a second

    def __init__(self, **values: Any) -> None:
        self._clicked: Callable[[str, float | None, int, float], None] | None = None
        super().__init__(**values)
        self.on_msg(self._arrived)

    def on_click(self, do: Callable[[str, float | None, int, float], None]) -> None:
        """Call ``do(kind, value, ref, sent)`` for each click; ``sent`` is the browser's clock in ms."""
        self._clicked = do

    def answer(self, ref: int, text: str, *, done: bool) -> None:
        """Say what became of a click."""
        self.send({"ref": ref, "text": text, "done": done})

    def _arrived(self, _: Any, message: Any, buffers: Any) -> None:
        kind = message.get("kind") if isinstance(message, dict) else None
        if not isinstance(kind, str) or kind not in CLICKS:
            return
        value, ref, sent = message.get("value"), message.get("ref"), message.get("sent")
        number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
        ref = ref if isinstance(ref, int) else 0
        if self._clicked is None:
            self.answer(ref, "this run is over", done=False)
            return
        self._clicked(kind, number, ref, float(sent) if isinstance(sent, int | float) else 0.0)
