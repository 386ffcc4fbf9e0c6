"""The live view of a run: Python writes its traits, clicks come back as messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import traitlets

from kfx.web.bundle import script, style
from kfx.web.widget import KfxWidget

CLICKS = ("stop", "pause", "resume", "rate", "checkpoint", "rewind", "extra")


class TrainingWidget(KfxWidget):
    """The panels of one run between a head and a foot.

    Each panel has a trait of its own, ``panel_<name>``, so that only changed panels are sent to the browser. A click arrives
    as a message ``{ask, kind, value, sent}``; `on_click` hands it on in the thread in which it arrives.

    Args:
        state: The words around the panels and their names, from `run_state`.
        panels: The data of each panel by its name, from `RunPanel.data`.
    """

    _esm = script(__file__)
    _css = style(__file__)

    state = traitlets.Dict().tag(sync=True)  # Python, at most 10 times a second

    def __init__(self, state: Mapping[str, Any], panels: Mapping[str, Mapping[str, Any]]) -> None:
        self._clicked: Callable[[str, float | None, int, float], None] | None = None
        self.add_traits(**{f"panel_{name}": traitlets.Dict().tag(sync=True) for name in panels})
        super().__init__(state=state, **{f"panel_{name}": data for name, data in panels.items()})
        self.on_msg(self._arrived)

    def show(self, panel: str, data: Mapping[str, Any]) -> None:
        """Update one panel."""
        self.set_trait(f"panel_{panel}", data)

    def on_click(self, do: Callable[[str, float | None, int, float], None] | None) -> None:
        """Call ``do(kind, value, ref, sent)`` for each click; ``sent`` is the browser's clock in ms. None: the run is over."""
        self._clicked = do

    def answer(self, ref: int, text: str, *, done: bool) -> None:
        """Send the result of a click."""
        self.send({"answer": ref, "text": text, "done": done})

    def queued(self, ref: int, text: str) -> None:
        """Say that a click waits, and for what; `answer` follows."""
        self.send({"queued": ref, "text": text})

    def _arrived(self, _: object, message: Any, buffers: object) -> None:
        kind = message.get("kind") if isinstance(message, dict) else None
        if not isinstance(kind, str) or kind not in CLICKS:
            return
        value, ref, sent = message.get("value"), message.get("ask"), message.get("sent")
        number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
        ref = ref if isinstance(ref, int) else 0
        if self._clicked is None:
            self.answer(ref, "this run is over", done=False)
            return
        self._clicked(kind, number, ref, float(sent) if isinstance(sent, int | float) else 0.0)
