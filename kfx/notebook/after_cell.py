"""Follow and explain the cells of a notebook, through a callback that IPython calls only while there is something to do.

IPython's ``post_run_cell`` and not ``post_execute``: a click on a widget fires the latter too.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

_EVENT = "post_run_cell"
MOST_FOLLOWED = 8  # views that grow at the same time; the one shown longest ago stops when there are more
Namespace = Mapping[str, object]
Explain = Callable[[BaseException, Namespace], object]
Start = Callable[[Namespace], object]
T = TypeVar("T")
_log = logging.getLogger("kfx")


class Follower(Protocol):
    """A view that changes when a cell has run."""

    def after_cell(self, namespace: Namespace, error: BaseException | None) -> bool:
        """Look at the user's variables; False when there is nothing to follow any more."""
        ...

    def stand_still(self, why: str) -> None:
        """Show that this view changes no more."""
        ...


class AfterCell:
    """The one callback that kfx registers with a shell; it lives as long as the shell and is found there.

    Attributes:
        followers: Views that are called after each cell, the one shown last at the end.
        always: Errors are explained also while no view follows.
    """

    def __init__(self, shell: InteractiveShell):
        self.shell = shell
        self.followers: list[Follower] = []
        self.always = False
        self._explain: Explain | None = None
        self._start: Start | None = None

    @classmethod
    def of(cls, shell: InteractiveShell) -> AfterCell:
        """Return the one of this shell, or a new one that is not registered yet."""
        owners = (getattr(registered, "__self__", None) for registered in shell.events.callbacks[_EVENT])
        return next((owner for owner in owners if isinstance(owner, cls)), None) or cls(shell)

    def follow(self, follower: Follower, explain: Explain) -> None:
        """Call a view after each cell, and explain errors as long as it follows; if it follows already, it moves to the end."""
        others = [other for other in self.followers if other is not follower]
        for oldest in others[: 1 - MOST_FOLLOWED]:
            _safely(oldest.stand_still, "later sketches are shown; show it again to go on")
        self.followers = [*others[1 - MOST_FOLLOWED :], follower]
        self._explain = explain
        self._update()

    def leave(self, follower: Follower) -> None:
        """Call a view no more."""
        if any(other is follower for other in self.followers):
            self.followers = [other for other in self.followers if other is not follower]
            self._update()

    def explain_errors(self, explain: Explain | None) -> None:
        """Have every cell's error explained by this function; None takes that back."""
        self.always = explain is not None
        self._explain = explain or self._explain
        self._update()

    def start_with(self, start: Start | None) -> None:
        """Call this function after each cell without an error, e.g. to show a view; None takes that back."""
        self._start = start
        self._update()

    def _update(self) -> None:
        wanted = bool(self.followers or self._start or self.always)
        if wanted != (self._after in self.shell.events.callbacks[_EVENT]):
            change = self.shell.events.register if wanted else self.shell.events.unregister
            change(_EVENT, self._after)

    def _after(self, result: ExecutionResult) -> None:
        error, namespace = getattr(result, "error_in_exec", None), self.shell.user_ns
        for follower in list(self.followers):
            if not _safely(follower.after_cell, namespace, error):
                self.followers.remove(follower)
        if "keras" in sys.modules and error is not None and self._explain is not None:
            _safely(self._explain, error, namespace)
        elif "keras" in sys.modules and error is None and self._start is not None:
            _safely(self._start, namespace)
        self._update()


def _safely(work: Callable[..., T], *args: object) -> T | bool:
    """Call the function; log an exception, which would look like an error of the user's cell, and return True."""
    try:
        return work(*args)
    except Exception:
        _log.warning("kfx could not follow this cell; logging.getLogger('kfx').setLevel('DEBUG') says why.")
        _log.debug("The error after a cell:", exc_info=True)
        return True
