"""What kfx does after each cell of a notebook, registered with IPython only while there is something to do.

IPython's ``post_run_cell`` and not ``post_execute``: a click on a widget fires the latter too.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any, Protocol

_EVENT = "post_run_cell"
MOST_FOLLOWED = 8  # views that grow at the same time; the one shown longest ago stands still when there are more
Explain = Callable[[BaseException, Mapping[str, Any]], Any]
_log = logging.getLogger("kfx")


class Follower(Protocol):
    """A view that changes when a cell has run."""

    def after_cell(self, namespace: Mapping[str, Any], error: BaseException | None) -> bool:
        """Look at the user's variables; False when there is nothing to follow any more."""
        ...

    def stand_still(self, why: str) -> None:
        """Show that this view changes no more."""
        ...


class AfterCell:
    """The one thing that kfx registers with a shell; it lives as long as the shell and is found there.

    Attributes:
        followers: Views that are told of each cell, the one shown last at the end.
        always: Errors are explained also while no view follows.
    """

    def __init__(self, shell: Any):
        self.shell = shell
        self.followers: list[Follower] = []
        self.always = False
        self._explain: Explain | None = None
        self._start: Callable[[Mapping[str, Any]], Any] | None = None

    @classmethod
    def of(cls, shell: Any) -> AfterCell:
        """The one of this shell, or a new one that is not registered yet."""
        for registered in shell.events.callbacks[_EVENT]:
            owner = getattr(registered, "__self__", None)
            if isinstance(owner, cls):
                return owner
        return cls(shell)

    def follow(self, follower: Follower, explain: Explain) -> None:
        """Tell a view of each cell, and explain errors as long as it follows; told already, it counts as shown just now."""
        others = [other for other in self.followers if other is not follower]
        for oldest in others[: 1 - MOST_FOLLOWED]:
            _safely(oldest.stand_still, "later sketches are shown; show it again to go on")
        self.followers = [*others[1 - MOST_FOLLOWED :], follower]
        self._explain = explain
        self._update()

    def explain_errors(self, explain: Explain) -> None:
        """Have every cell's error explained by this function."""
        self._explain, self.always = explain, True
        self._update()

    def explain_no_errors(self) -> None:
        """Take back `explain_errors`."""
        self.always = False
        self._update()

    def start_with(self, start: Callable[[Mapping[str, Any]], Any] | None) -> None:
        """Call this after each cell that ran well: it may show a view of its own accord. None for no more."""
        self._start = start
        self._update()

    def _update(self) -> None:
        callbacks = self.shell.events.callbacks[_EVENT]
        wanted = bool(self.followers or self._start) or self.always
        there = self._after in callbacks
        if wanted and not there:
            self.shell.events.register(_EVENT, self._after)
        elif there and not wanted:
            self.shell.events.unregister(_EVENT, self._after)

    def _after(self, result: Any) -> None:
        error, namespace = getattr(result, "error_in_exec", None), self.shell.user_ns
        explained = error is not None and self._explain is not None and "keras" in sys.modules
        for follower in list(self.followers):
            if not _safely(follower.after_cell, namespace, error):
                self.followers.remove(follower)
        if explained:
            _safely(self._explain, error, namespace)
        elif error is None and self._start is not None and "keras" in sys.modules:
            _safely(self._start, namespace)
        self._update()


def _safely(work: Any, *args: Any) -> Any:
    """Nothing that we do after a cell may look like an error of the user's cell."""
    try:
        return work(*args)
    except Exception:
        _log.warning("kfx could not follow this cell; logging.getLogger('kfx').setLevel('DEBUG') says why.")
        _log.debug("The error after a cell:", exc_info=True)
        return True
