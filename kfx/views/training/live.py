"""The view of a run in progress: a widget that follows it, and in the end the picture and the line that stay."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from kfx.notebook.frame import frame_begun
from kfx.notebook.host import in_kernel
from kfx.notebook.namespace import shell
from kfx.notebook.shown import ShownViews
from kfx.training.run.commands import Command, Outcome
from kfx.training.run.session import Session
from kfx.training.run.state import RunState
from kfx.views.training.data import run_state
from kfx.views.training.html import begun_html
from kfx.views.training.panels.base import Now, RunPanel
from kfx.views.training.panels.registry import FINISHED, panels_of
from kfx.views.training.runs import Run

if TYPE_CHECKING:
    from kfx.views.training.widget import TrainingWidget

_STEPS, _SECONDS = 20, 2.0  # after the first step, before the time left is told
_NAMES = {"extra": "the epoch", "rate": "the rate", "rewind": "the rewind", "checkpoint": "the checkpoint"}
_log = logging.getLogger("kfx")


class LiveRun:
    """Watches a run and shows it: live in a notebook, one line at the end elsewhere.

    Args:
        ask: Sends a command to the run: `kfx.training.run.commands.Controls.ask`.

    Attributes:
        kinds: The kinds of panels to show.
        latencies: Milliseconds from a click in the browser until its message arrived, the newest 1,000.
    """

    def __init__(self, ask: Callable[[str, float | None, object], object]) -> None:
        self._ask = ask
        self.kinds: list[str] = []
        self.widget: TrainingWidget | None = None
        self.latencies: list[float] = []
        self._panels: list[RunPanel] = []
        self._shown_at: dict[str, float] = {}  # when each panel was last updated
        self._stack = contextlib.ExitStack()
        self._run: RunState | None = None
        self._seen: tuple[int, float] | None = None  # steps and seconds at the last look; None before the first step
        self._first: tuple[int, float] = (0, 0.0)  # the same when the first step was done
        self._stage = ("", 0.0)  # what the run does, and since when
        self._speed: float | None = None

    def began(self, run: RunState) -> None:
        """Show the view; messages must be received before it is there."""
        self._run = run
        if not in_kernel():
            return
        try:
            self._start(run)
        except Exception:
            self.widget = None
            _log.warning("The live view of the training could not start; training goes on without it.")
            _log.debug("The live view's error:", exc_info=True)

    def tick(self, run: RunState) -> None:
        """Update the view; called at most ten times a second."""
        if self.widget is None:
            return
        journal = run.journal
        now = (journal.steps, journal.seconds)
        if self._seen is None and journal.steps:  # what building took is in no speed
            self._first = now
        elif self._seen is not None:
            steps, seconds = now[0] - self._seen[0], now[1] - self._seen[1]
            if steps > 0 and seconds > 0.05 and run.phase == "training":
                speed = steps / seconds
                self._speed = speed if self._speed is None else 0.7 * self._speed + 0.3 * speed
        self._seen = now if journal.steps else None
        self._update(run, self.widget)

    def answered(self, run: RunState, command: Command, outcome: Outcome) -> None:
        """Send the outcome of a click to the browser."""
        if self.widget is not None and isinstance(command.ref, int):
            self.widget.answer(command.ref, outcome.text, done=outcome.done)
            self._update(run, self.widget)

    def ended(self, run: RunState) -> None:
        """Show the last state, then the picture and the line that stay."""
        face = Run(run.journal, kinds=[kind for kind in self.kinds if kind in FINISHED])
        if not in_kernel():
            print(face)
            return
        from IPython.display import display

        if self.widget is not None:
            self._shown_at.clear()
            self._update(run, self.widget)
            self.widget.on_click(None)
            self.widget.slot = face.slot
        self._stack.close()
        display(face._repr_mimebundle_(), raw=True)

    def close_live(self) -> None:
        """Close the widget, when the cell of the run is run again."""
        if self.widget is not None:
            self.widget.close()
            self.widget = None

    def _start(self, run: RunState) -> None:
        from IPython.display import display

        from kfx.notebook.serve import served_while_busy
        from kfx.views.training.widget import TrainingWidget

        self._stage = run.stage, time.perf_counter()
        journal, now = run.journal, self._now(run)
        self._panels = panels_of(journal, self.kinds)
        state = run_state(journal, self._panels, run.stage)
        self.widget = TrainingWidget(state, {p.name: p.data(journal, now) for p in self._panels})
        ShownViews.of(shell()).add(self)
        self.widget.on_click(self._click)
        run.polls.append(self._stack.enter_context(served_while_busy(self.widget)))
        plan = journal.plan
        begun = frame_begun(begun_html(journal.name, plan.epochs - plan.first_epoch))
        display({"text/plain": f"Training {journal.name!r}", "text/html": begun}, raw=True)
        data, metadata = self.widget._repr_mimebundle_()
        display(data, metadata=metadata, raw=True)

    def _click(self, kind: str, value: float | None, ref: int, sent: float) -> None:
        """Send a command; called in the thread in which the message arrives."""
        if sent:
            self.latencies = [*self.latencies[-999:], time.time() * 1000 - sent]
        run, widget = self._run, self.widget
        if run is not None and widget is not None and run.stage == "building":
            widget.queued(ref, f"{_NAMES.get(kind, kind)} is queued: it is taken up at the first step")
        self._ask(kind, value, ref)

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
            extendable=run.extendable,
            waiting=run.extra,
            stage=self._stage[0],
            since=time.perf_counter() - self._stage[1],
            built=self._first[1],
            steady=self._seen is not None
            and run.journal.steps >= self._first[0] + _STEPS
            and self._after_first(run) >= _SECONDS,
            way_back=_way_back(run),
        )

    def _after_first(self, run: RunState) -> float:
        return run.journal.seconds - self._first[1]

    def _update(self, run: RunState, widget: TrainingWidget) -> None:
        if run.stage != self._stage[0]:
            self._stage = run.stage, time.perf_counter()
        journal, now, clock = run.journal, self._now(run), time.perf_counter()
        with widget.hold_sync():
            widget.state = run_state(journal, self._panels, self._stage[0])
            for panel in self._panels:
                if clock - self._shown_at.get(panel.name, -panel.every) >= panel.every:
                    self._shown_at[panel.name] = clock
                    widget.show(panel.name, panel.data(journal, now))


def _way_back(run: RunState) -> tuple[int, str] | None:
    """Return the newest checkpoint that was taken before values stopped being finite."""
    broke, store = run.journal.broke, run.store
    if broke is None or store is None:
        return None
    good = [kept for kept in store.all if kept.steps < broke.step]
    return (good[-1].number, good[-1].label) if good else None


def show_live(session: Session, *kinds: str) -> LiveRun:
    """Show a session with these kinds of panels as well; all callbacks of one fit share one view."""
    found = next((watcher for watcher in session.watchers if isinstance(watcher, LiveRun)), None)
    if found is None:
        found = LiveRun(session.controls.ask)
        session.watchers.append(found)
    found.kinds += [kind for kind in kinds if kind not in found.kinds]
    return found
