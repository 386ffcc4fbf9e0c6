"""Close the views of a cell that runs again, so that a long day in one kernel leaves no widgets, models and data behind.

The notebook takes a cell's outputs away when it runs again; the kernel would keep their widgets, and IPython's history of
results the views.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

_EVENT = "post_run_cell"
MOST_NAMELESS = 16  # cells whose views stay live where a front end does not tell one cell from another
_UNDERSCORES = ("_", "__", "___")  # IPython's last three results


class Closable(Protocol):
    """What is shown in a cell and can be closed."""

    def close_live(self) -> None:
        """Close the widget."""
        ...


class ShownViews:
    """What each cell has shown; it lives as long as the shell and is found there."""

    def __init__(self, shell: InteractiveShell):
        self._shell = shell
        self._now: list[Closable] = []  # in the cell that runs
        self._before: OrderedDict[Hashable, list[Closable]] = OrderedDict()  # in the last run of each cell
        self._between: Hashable = None  # the cell that has run, while none runs: callbacks may still show something

    @classmethod
    def of(cls, shell: InteractiveShell) -> ShownViews:
        """Return the one of this shell, or a new one that is registered from now on."""
        owners = (getattr(registered, "__self__", None) for registered in shell.events.callbacks[_EVENT])
        found = next((owner for owner in owners if isinstance(owner, cls)), None)
        if found is None:
            found = cls(shell)
            shell.events.register(_EVENT, found._after)
            shell.events.register("pre_run_cell", found._begin)
        return found

    def add(self, view: Closable) -> None:
        """Note that the cell that runs now shows a view."""
        views = self._now if self._between is None else self._before.setdefault(self._between, [])
        if not any(other is view for other in views):
            views.append(view)

    def _begin(self, info: object) -> None:
        self._between = None

    def _after(self, result: ExecutionResult) -> None:
        """Close what an earlier run of the same cell showed and this one did not."""
        info = getattr(result, "info", None)
        cell = getattr(info, "cell_id", None)
        key: Hashable = ("cell", cell) if cell else ("source", getattr(info, "raw_cell", None) or object())
        gone = self._before.pop(key, [])
        if self._now:
            self._before[key] = self._now
        self._now, self._between = [], key
        nameless = [key for key in self._before if key[0] == "source"]  # type: ignore[index]
        for oldest in nameless[:-MOST_NAMELESS]:
            gone += self._before.pop(oldest)
        shown = {id(view) for views in self._before.values() for view in views}
        for view in {id(view): view for view in gone if id(view) not in shown}.values():
            view.close_live()
            self._forget(view)

    def _forget(self, view: Closable) -> None:
        """Take a view out of IPython's history of results; variables of the user keep theirs."""
        shell, hook = self._shell, self._shell.displayhook
        history = shell.user_ns.get("Out")
        numbers = [n for n, value in history.items() if value is view] if isinstance(history, dict) else []
        for n in numbers:
            del history[n]
        for names in (shell.user_ns, shell.user_ns_hidden):
            for name in [f"_{n}" for n in numbers]:
                if names.get(name) is view:
                    del names[name]
            names.update({name: "" for name in _UNDERSCORES if names.get(name) is view})
        for name in _UNDERSCORES:
            if getattr(hook, name, None) is view:
                setattr(hook, name, "")
