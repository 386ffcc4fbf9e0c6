"""Where views are shown: a Jupyter kernel, a marimo notebook, Python's own prompt, or none of these."""

from __future__ import annotations

import sys
from typing import Literal

from kfx.notebook.namespace import shell

_OF_IPYTHON = "In : "  # which a shell of IPython's leaves in sys.ps1
Host = Literal["kernel", "marimo", "prompt", "script"]


def host() -> Host:
    """Return what runs this code.

    ``"kernel"`` is a Jupyter kernel, which takes outputs while a cell runs; ``"prompt"`` is Python's own ``>>>``, which shows
    an expression by its `repr`; in a ``"script"``, and in IPython's terminal, views are text.
    """
    if hasattr(shell(), "kernel"):
        return "kernel"
    if _in_marimo():
        return "marimo"
    prompt = str(getattr(sys, "ps1", _OF_IPYTHON))
    return "prompt" if shell() is None and prompt != _OF_IPYTHON else "script"


def in_kernel() -> bool:
    """Return True in a Jupyter kernel, and False in a terminal, a script or plain IPython."""
    return host() == "kernel"


def _in_marimo() -> bool:
    marimo = sys.modules.get("marimo")  # a notebook of marimo's has imported it
    running = getattr(marimo, "running_in_notebook", None)
    return bool(running is not None and running())
