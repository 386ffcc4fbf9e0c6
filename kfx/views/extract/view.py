"""`kfx.extract` as notebooks have it: values on their way to disk show how far they are."""

from __future__ import annotations

import logging
import time
from functools import wraps
from typing import Any

from kfx.notebook.view import View, in_kernel
from kfx.values import extract as features
from kfx.values.store.progress import Progress
from kfx.views.extract.progress import streaming_html, streaming_state, streaming_text

_EVERY = 0.1  # seconds between two updates of the bar
_log = logging.getLogger("kfx")


@wraps(features.extract)
def extract(model: Any, data: Any, layers: Any = "*", **settings: Any) -> Any:
    progress = settings.get("progress")
    if settings.get("to") is None or not (progress is None or progress is True) or not in_kernel():
        return features.extract(model, data, layers, **settings)
    live = LiveStream(str(getattr(model, "name", "model")))
    try:
        return features.extract(model, data, layers, **{**settings, "progress": live.tell})
    finally:
        live.ended()


class Written(View):
    """What became of a streamed extraction: one line."""

    def __init__(self, name: str, now: Progress) -> None:
        self.name, self.now = name, now

    def _text(self) -> str:
        now = self.now
        return streaming_text(self.name, now.examples, now.total, now.resumed, now.nbytes, finished=now.finished)

    def _html(self) -> str:
        share = 1.0 if self.now.finished else self.now.examples / self.now.total if self.now.total else None
        return streaming_html(self._text(), share)


class LiveStream:
    """Follows a streamed extraction in a notebook: a bar while it runs, a line that stays.

    Args:
        name: The model's.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.widget: Any = None
        self.last: Progress | None = None
        self._at = 0.0

    def tell(self, now: Progress) -> None:
        """The next state; shown at most ten times a second."""
        first, self.last = self.last is None, now
        clock = time.monotonic()
        if not (first or now.finished) and clock - self._at < _EVERY:
            return
        self._at = clock
        try:
            self._show(first and not now.finished)
        except Exception:
            self.widget = None
            _log.warning("The progress bar could not be shown; writing goes on without it.")
            _log.debug("The progress bar's error:", exc_info=True)

    def ended(self) -> None:
        """The line that stays: also after an error or an interrupt, once anything was computed."""
        if self.last is None:
            return
        from IPython.display import display

        written = Written(self.name, self.last)
        if self.widget is not None:
            self.widget.state = self._state("done" if self.last.finished else "stopped")
            self.widget.slot = written.slot
        display(written._repr_mimebundle_(), raw=True)

    def _show(self, first: bool) -> None:
        if first:
            from IPython.display import display

            from kfx.views.extract.widget import StreamingWidget

            self.widget = StreamingWidget(state=self._state("running"))
            data, metadata = self.widget._repr_mimebundle_()
            display(data, metadata=metadata, raw=True)
        elif self.widget is not None:
            self.widget.state = self._state("running")

    def _state(self, phase: str) -> dict[str, Any]:
        now = self.last
        return streaming_state(self.name, now.examples, now.total, now.resumed, now.nbytes, now.seconds, phase=phase)
