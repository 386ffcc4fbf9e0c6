"""The errors kfx raises for states; wrong arguments are ordinary ValueError and TypeError."""

from __future__ import annotations


class KfxError(Exception):
    """Something kfx could not do, said in one or two sentences with what to do about it."""


class UnbuiltModelError(KfxError, ValueError):
    """The model has no layers or weights to show yet: it was never built or called."""


class NoEngineError(KfxError):
    """No Graphviz engine could draw the graph: none is installed, or every one failed or ran out of time."""
