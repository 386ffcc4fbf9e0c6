"""Build the label of a call: ``name``, ``name@2`` for the second call of a shared layer, ``name~2`` where it is taken."""

from __future__ import annotations

from collections.abc import Container


def call_label(name: str, call: int, calls: int) -> str:
    """Return the layer's name, with ``@call`` where the container calls the layer more than once.

    Args:
        name: The layer's own name.
        call: 1 for the first call.
        calls: How many calls the layer has in its container.
    """
    return name if calls == 1 else f"{name}@{call}"


def free_label(label: str, taken: Container[str], *, inside: str | None = None, mark: str = "~", first: int = 2) -> str:
    """Return the label, or ``label~2``, ``label~3`` ... if another call of the container has it.

    Args:
        label: The label to start with.
        taken: Keys in use.
        inside: Key of the container, which the keys begin with; None at the top level.
        mark: What separates the label from the number.
        first: The first number to try.
    """
    prefix = "" if inside is None else f"{inside}/"
    tried, n = label, first
    while prefix + tried in taken:
        tried, n = f"{label}{mark}{n}", n + 1
    return tried


def without_call(label: str) -> str:
    """Return a label without its ``@call``; a name that holds another ``@`` stays whole."""
    name, _, number = label.rpartition("@")
    return name if name and number.isdigit() else label
