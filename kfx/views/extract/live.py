"""Show the progress of an extraction to disk in a notebook: a bar while it runs, one line that stays."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from kfx.notebook.namespace import shell
from kfx.notebook.shown import ShownViews
from kfx.notebook.view import View
from kfx.values.store.progress import ExtractProgress
from kfx.views.extract.progress import progress_html, progress_state, progress_text

if TYPE_CHECKING:
    from kfx.views.extract.widget import ProgressWidget

_EVERY = 0.1  # seconds between two updates of the bar
_log = logging.getLogger("kfx")


class Written(View):
    """The outcome of an extraction to disk, in one line."""

    def __init__(self, name: str, now: ExtractProgress) -> None:
        self.name, self.now = name, now

    def _text(self) -> str:
        return progress_text(self.name, self.now)

    def _html(self) -> str:
        share = 1.0 if self.now.finished else self.now.examples / self.now.total if self.now.total else None
        return progress_html(self._text(), share)


class LiveStream:
    """Follow an extraction to disk in a notebook.

    Args:
        name: The model's name.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.widget: ProgressWidget | None = None
        self.last: ExtractProgress | None = None
        self._shown_at = 0.0

    def update(self, now: ExtractProgress) -> None:
        """Take the next state; it is shown at most ten times a second."""
        first, self.last = self.last is None, now
        clock = time.monotonic()
        if not (first or now.finished) and clock - self._shown_at < _EVERY:
            return
        self._shown_at = clock
        try:
            if first and not now.finished:
                from IPython.display import display

                from kfx.views.extract.widget import ProgressWidget

                self.widget = ProgressWidget(state=progress_state(self.name, now, "running"))
                if shell() is not None:
                    ShownViews.of(shell()).add(self)
                data, metadata = self.widget._repr_mimebundle_()
                display(data, metadata=metadata, raw=True)
            elif self.widget is not None:
                self.widget.state = progress_state(self.name, now, "running")
        except Exception:
            self.widget = None
            _log.warning("The progress bar could not be shown; writing goes on without it.")
            _log.debug("The progress bar's error:", exc_info=True)

    def close_live(self) -> None:
        """Close the widget, when its cell is run again."""
        if self.widget is not None:
            self.widget.close()
            self.widget = None

    def end(self) -> None:
        """Show the line that stays: also after an error or an interrupt, once anything was computed."""
        if self.last is None:
            return
        from IPython.display import display

        written = Written(self.name, self.last)
        if self.widget is not None:
            self.widget.state = progress_state(self.name, self.last, "done" if self.last.finished else "stopped")
            self.widget.slot = written.slot
        display(written._repr_mimebundle_(), raw=True)
