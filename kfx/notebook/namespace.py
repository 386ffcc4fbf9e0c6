"""The user's variables: those of the running IPython, or of the code that calls."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any


def shell() -> Any:
    """Return the running IPython, or None."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def user_namespace() -> Mapping[str, Any] | None:
    """Return the variables of a notebook's or an IPython session's user; None in plain Python."""
    return getattr(shell(), "user_ns", None)


def calling_namespace(depth: int = 2) -> Mapping[str, Any]:
    """Return the variables that are visible where the caller of this function was called, as they are now."""
    frame = sys._getframe(depth)
    return {**frame.f_globals, **frame.f_locals}
