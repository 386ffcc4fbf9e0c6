"""The user's variables: those of the running IPython, or of the code that calls."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any


def shell() -> Any:
    """The running IPython, or None."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def user_namespace() -> Mapping[str, Any] | None:
    """The variables of a notebook's or an IPython session's user; None in plain Python, where nobody can tell."""
    running = shell()
    return None if running is None else running.user_ns


def calling_namespace(depth: int = 2) -> Mapping[str, Any]:
    """The variables that the code can see which called the caller of this, as they are now."""
    frame = sys._getframe(depth)
    return {**frame.f_globals, **frame.f_locals}
