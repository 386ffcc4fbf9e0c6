"""A run while it runs: a widget that follows the run, and in the end one picture and one line that stay."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any

from kfx.notebook.frame import frame_begun
from kfx.notebook.serve import served_while_busy
from kfx.notebook.view import in_kernel
from kfx.training.run.commands import Answer
from kfx.training.run.session import Session
from kfx.training.run.state import RunState
from kfx.views.training.data import Now, curves_data, layers_data, run_state
from kfx.views.training.html import begun_html
from kfx.views.training.runs import Run

_LAYERS_EVERY = 1.0  # seconds between two updates of the layers' table
_log = logging.getLogger("kfx")


class LiveRun:
    """Watches a run and shows it: live in a notebook, one line at the end elsewhere.

    Args:
        ask: Sends a command to the run: `kfx.training.run.commands.Controls.ask`.
    """

    def __init__(self, ask: Callable[[str, float | None, object], object]) -> None:
        self._ask = ask
        self.parts: list[str] = []
        self.widget: Any = None
        self.latencies: list[float] = []  # ms from a click in the browser until its message was here, the newest 1,000
        self._stack = contextlib.ExitStack()
        self._seen: tuple[int, float] = (0, 0.0)
        self._speed: float | None = None
        self._layers_at = 0.0

    # ------------------------------------------------------------------------------------------------ the run's watcher

    def began(self, run: RunState) -> None:
        """Show the view; messages must be let in before it is there."""
        if not in_kernel():
            return
        try:
            self._start(run)
        except Exception:
            self.widget = None
            _log.warning("The live view of the training could not start; training goes on without it.")
            _log.debug("The live view's error:", exc_info=True)

    def tick(self, run: RunState) -> None:
        """Bring the view up to date; called at most ten times a second."""
        if self.widget is None:
            return
        journal = run.journal
        steps, seconds = journal.steps - self._seen[0], journal.seconds - self._seen[1]
        if steps > 0 and seconds > 0.05 and run.phase == "training":
            now = steps / seconds
            self._speed = now if self._speed is None else 0.7 * self._speed + 0.3 * now
        self._seen = (journal.steps, journal.seconds)
        self._update(run)

    def answered(self, run: RunState, answer: Answer) -> None:
        """Hand an answer back to the click that asked."""
        if self.widget is not None and answer.command.ref is not None:
            self.widget.answer(answer.command.ref, answer.text, done=answer.done)
            self._update(run)

    def ended(self, run: RunState) -> None:
        """The last state, then the picture and the line that stay."""
        face = Run(run.journal, parts=self._shown())
        if not in_kernel():
            print(face)
            return
        from IPython.display import display

        if self.widget is not None:
            self._layers_at = 0.0
            self._update(run)
            self.widget.on_click(None)
            self.widget.slot = face.slot
        self._stack.close()
        display(face._repr_mimebundle_(), raw=True)

    # ------------------------------------------------------------------------------------------------ inside

    def _start(self, run: RunState) -> None:
        from IPython.display import display

        from kfx.views.training.widget import TrainingWidget

        journal = run.journal
        self.widget = TrainingWidget(state=run_state(journal, self._now(run)))
        self.widget.on_click(self._click)
        run.polls.append(self._stack.enter_context(served_while_busy(self.widget)))
        plan = journal.plan
        begun = frame_begun(begun_html(journal.name, plan.epochs - plan.first_epoch))
        display({"text/plain": f"Training {journal.name!r}", "text/html": begun}, raw=True)
        data, metadata = self.widget._repr_mimebundle_()
        display(data, metadata=metadata, raw=True)

    def _click(self, kind: str, value: float | None, ref: int, sent: float) -> None:
        """In whatever thread the message arrives: only put the command down."""
        if sent:
            self.latencies = [*self.latencies[-999:], time.time() * 1000 - sent]
        self._ask(kind, value, ref)

    def _shown(self) -> tuple[str, ...]:
        shown = tuple(part for part in ("curves", "progress", "monitor") if part in self.parts)
        return shown or ("progress",)

    def _now(self, run: RunState) -> Now:
        store = run.store
        return Now(
            phase=run.phase,
            tested=run.tested,
            speed=self._speed,
            rate=run.rate.read(),
            schedule=run.rate.schedule,
            overridden=run.rate.overridden,
            checkpoints=None if store is None else tuple((c.number, c.label, c is store.best) for c in store.all),
            steering="controls" in self.parts,
            extendable=run.extendable,
            waiting=run.extra,
            parts=self._shown(),
        )

    def _update(self, run: RunState) -> None:
        journal, now = run.journal, time.perf_counter()
        with self.widget.hold_sync():
            self.widget.state = run_state(journal, self._now(run))
            if "curves" in self.parts:
                self.widget.cuts, self.widget.data = curves_data(journal)
            if "monitor" in self.parts and now - self._layers_at >= _LAYERS_EVERY:
                self._layers_at = now
                self.widget.layers = layers_data(journal)


def show_live(session: Session, *parts: str) -> LiveRun:
    """The view of a session with these parts as well; all callbacks of one fit share one view."""
    found = next((watcher for watcher in session.watchers if isinstance(watcher, LiveRun)), None)
    if found is None:
        found = LiveRun(session.controls.ask)
        session.watchers.append(found)
    found.parts += [part for part in parts if part not in found.parts]
    return found
