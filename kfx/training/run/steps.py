"""The steps of one run: followed from inside Keras's own functions, counted and written into the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from kfx.keras_access.importing import backend_name
from kfx.keras_access.jax.train_function import JaxFollowedTraining
from kfx.keras_access.train_function import Followed, FollowedTraining, Inbox, fits_in_progress, own_function
from kfx.training.run.keras_logs import BatchLogs, BrokenStep
from kfx.training.run.state import RunState


class Standing(Enum):
    """The place of the fit that is followed."""

    OURS = 0  # the step at hand is one of its steps
    AROUND = 1  # another fit of the model runs inside it
    GONE = 2  # it was torn down unnoticed


class Steps:
    """Follows the compiled steps of a run.

    Args:
        run: The state of the run; its step counts are updated.
        inbox: The commands that wait.
        before: Called before a step when a command waits or an epoch begins; logs that it returns replace the step.
        after: Called after a step, but not after each: see `rest`.
        tested: Called after each step of a validation.
        failed: Called with the exception of a step, an interrupt included, before it is raised further.

    Attributes:
        halted: No further batch of this epoch may be trained.
        logs: The logs of the training steps.
    """

    def __init__(
        self,
        run: RunState,
        inbox: Inbox,
        *,
        before: Callable[[], Mapping[str, Any] | None],
        after: Callable[[], None],
        tested: Callable[[], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._run, self._tested = run, tested
        self.logs = BatchLogs()
        self.halted = False
        self._base = 0  # steps done before this epoch
        self._original: Any = None
        kind = JaxFollowedTraining if backend_name() == "jax" else FollowedTraining
        self._train = kind(run.model, inbox, before=before, after=after, failed=failed)
        self._test = Followed(run.model, "test_function", after=self._after_test, failed=failed)

    def follow(self) -> None:
        """Follow the fit that begins."""
        self._train.history = self._train.seen = getattr(self._run.model, "history", None)
        if not self._train.there:  # new, or the model was compiled in between
            self._original = self._run.model.train_function
            self.install()

    def install(self) -> None:
        """Follow the model's present train function, with the layer monitor inside if there is one."""
        run, step = self._run, None
        if run.monitor is not None:
            own = own_function(run.model.train_function)
            step = run.monitor.install(run.model, run.journal, own, self._train.wake)
        self._train.install(step)

    def retrace(self) -> None:
        """Make the train function again: the optimizer has changed."""
        self._run.model.make_train_function(force=True)
        self.install()

    def give_back(self) -> None:
        """Put everything back."""
        self.test_end()
        self._train.give_back(self._original)
        self._original = self._train.last = self._train.history = self._train.seen = None

    def let_go(self) -> None:
        """Run the model's own train function, unfollowed, from now on."""
        model = self._run.model
        if model.train_function is None:
            model.make_train_function()
        self._train.own = self._train.step = own_function(model.train_function)

    def epoch_begin(self) -> None:
        """Start counting an epoch."""
        self._base, self.halted = self._run.journal.steps, False
        self._train.last = None  # a stop at the first batch must leave the epoch with the logs of that batch
        self._train.fresh, self._train.due = True, 0.0
        self.logs.begin()

    def epoch_end(self) -> None:
        """Count the epoch's steps as done."""
        self._base, self._run.journal.step = self._run.journal.steps, 0
        self.logs.begin()

    def test_begin(self) -> None:
        """Follow the steps of a validation."""
        self._run.tested = 0
        self._test.install()

    def test_end(self) -> None:
        """Give the test function back."""
        self._test.give_back(self._test.step)

    @property
    def history(self) -> Any:
        """The History of the fit that is followed; None when none is."""
        return self._train.history

    def standing(self) -> Standing:
        """Return the place of the followed fit, as the calls of this thread show it; accept a step of it as its own."""
        history, model = self._train.history, self._run.model
        fits = fits_in_progress()
        mine = [any(callback is history for callback in fit.callbacks) for fit in fits]
        if mine and not mine[0]:
            return Standing.AROUND if any(mine) else Standing.GONE
        if not mine and getattr(model, "history", None) is not history:
            return Standing.GONE
        self._train.seen = getattr(model, "history", None)
        return Standing.OURS

    def settle(self) -> bool:
        """Bring the model's variables up to date; return False where they cannot be read or changed now."""
        return self._train.settle()

    @property
    def last(self) -> Mapping[str, Any] | None:
        """The newest logs of this epoch."""
        return self._train.last

    def starts_epoch(self) -> bool:
        """Return True once, before an epoch's first step."""
        fresh, self._train.fresh = self._train.fresh, False
        return fresh

    def count(self) -> None:
        """Update the step counts, at most to the planned steps: an epoch's last execution of several may be shorter."""
        journal = self._run.journal
        self._run.clock()
        step = (self.logs.executions + len(self._train.done)) * self._run.model.steps_per_execution
        journal.step = min(step, journal.plan.steps or step)
        journal.steps = self._base + journal.step

    def write(self) -> BrokenStep | None:
        """Count the steps and write those not written yet into the journal.

        Returns:
            The step whose loss was first not finite; returned once.
        """
        self.count()
        run = self._run
        if self.logs.undecided:
            self.settle()
        return self.logs.write(run.journal, run.model, self._train.take(), run.began + run.paused)

    def rest(self, until: float, steps: int) -> None:
        """Call ``after`` again at this time (`time.perf_counter`), or after so many further steps."""
        self._train.due = until
        self._train.room = -(-steps // self._run.model.steps_per_execution)

    def _after_test(self) -> None:
        self._run.tested += self._run.model.steps_per_execution
        self._tested()
