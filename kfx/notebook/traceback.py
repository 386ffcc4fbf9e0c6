"""Show an explanation above a cell's error: a handler for exceptions that IPython calls before it shows the traceback."""

from __future__ import annotations

import logging
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any

from kfx.notebook.after_cell import Explain

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_log = logging.getLogger("kfx")


class _Above:
    """The handler, as IPython calls it; the traceback that follows is IPython's own.

    Args:
        explain: Shows the explanation, or nothing.
    """

    def __init__(self, explain: Explain) -> None:
        self._explain = explain
        self._inside = False

    def __call__(
        self, shell: Any, etype: type[BaseException], error: BaseException, tb: TracebackType, tb_offset: int | None = None
    ) -> list[str] | None:
        if self._inside:  # IPython asks the handler again for an exception that is exactly an `Exception`
            return list(shell.InteractiveTB.structured_traceback(etype, error, tb, tb_offset=tb_offset))
        self._inside = True
        try:
            if "keras" in sys.modules:
                self._explain(error, shell.user_ns)
        except Exception:
            _log.debug("The explanation above an error:", exc_info=True)
        try:
            shell.showtraceback((etype, error, tb), tb_offset=tb_offset, running_compiled_code=True)
        finally:
            self._inside = False
        return None


def show_above(shell: InteractiveShell, explain: Explain) -> None:
    """Call a function with each error of a cell before its traceback is shown; a handler of somebody else's stays instead."""
    if not shell.custom_exceptions:
        shell.set_custom_exc((Exception,), _Above(explain))


def show_no_more(shell: InteractiveShell) -> None:
    """Take the handler out again."""
    if shows_above(shell):
        shell.set_custom_exc((), None)


def shows_above(shell: InteractiveShell) -> bool:
    """Return whether the handler is there."""
    handler = getattr(shell, "CustomTB", None)  # a function of IPython's around the handler
    cells = getattr(getattr(handler, "__func__", handler), "__closure__", None) or ()
    return any(isinstance(getattr(cell, "cell_contents", None), _Above) for cell in cells)
