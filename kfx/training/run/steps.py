"""The steps of one run: followed from inside Keras's own functions, counted and written into the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kfx.keras_access.tensorflow.train_function import Followed, FollowedTraining, Inbox
from kfx.training.run.keras_logs import BatchLogs, Broken
from kfx.training.run.state import RunState


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
        self._train = FollowedTraining(run.model, inbox, before=before, after=after, failed=failed)
        self._test = Followed(run.model, "test_function", after=self._after_test, failed=failed)

    def follow(self) -> None:
        """Follow the fit that begins."""
        self._train.history = getattr(self._run.model, "history", None)
        if not self._train.there:  # new, or the model was compiled in between
            self._original = self._run.model.train_function
            self.install()

    def install(self) -> None:
        """Follow the model's present train function, with the layer monitor inside if there is one."""
        run = self._run
        if run.monitor is not None:
            run.monitor.install(run.model, run.journal, self._train.wake)
        self._train.install()

    def retrace(self) -> None:
        """Make the train function again: the optimizer has changed."""
        self._run.model.make_train_function(force=True)
        self.install()

    def give_back(self) -> None:
        """Put everything back."""
        self.test_end()
        self._train.give_back(self._original)
        self._original = self._train.last = self._train.history = None

    def let_go(self) -> None:
        """Run the model's own train function, unfollowed, for a fit that is not ours."""
        model = self._run.model
        if model.train_function is None:
            model.make_train_function()
        self._train.step = model.train_function

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
    def ours(self) -> bool:
        """True if the fit in progress is the followed one, which may have been torn down unnoticed."""
        return getattr(self._run.model, "history", None) is self._train.history

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

    def write(self) -> Broken | None:
        """Count the steps and write those not written yet into the journal.

        Returns:
            The step whose loss was first not finite; returned once.
        """
        self.count()
        run = self._run
        return self.logs.write(run.journal, run.model, self._train.take(), run.began + run.paused)

    def rest(self, until: float, steps: int) -> None:
        """Call ``after`` again at this time (`time.perf_counter`), or after so many further steps."""
        self._train.due = until
        self._train.room = -(-steps // self._run.model.steps_per_execution)

    def complete_history(self, rows: int, epoch: int, logs: Mapping[str, float]) -> None:
        """Add a whole epoch to History if an exception was raised after ``epoch_end`` and before History recorded it.

        Args:
            rows: Epochs in the journal since this fit began.
            epoch: The newest one, counted from 0.
            logs: Its logs.
        """
        history = self._train.history
        if history is not None and rows == len(getattr(history, "epoch", ())) + 1:
            history.epoch.append(epoch)
            for name, value in logs.items():
                history.history.setdefault(name, []).append(value)

    def _after_test(self) -> None:
        self._run.tested += self._run.model.steps_per_execution
        self._tested()
