"""The verdict of a comparison: one type, with the exit code that stands for it."""

from __future__ import annotations

from enum import Enum


class Verdict(Enum):
    """The result of a comparison; an error is an exception, and exit code 2.

    Attributes:
        value: In words.
    """

    EQUAL = "equal"
    DIFFERENT = "different"
    NOT_ALL_COMPARED = "not all could be compared"

    @property
    def exit_code(self) -> int:
        """0 for equal, 1 for different, 3 if nothing differs in what was compared, but not all could be."""
        return {Verdict.EQUAL: 0, Verdict.DIFFERENT: 1, Verdict.NOT_ALL_COMPARED: 3}[self]


def verdict(*, different: bool, left_out: bool) -> Verdict:
    """Return the verdict; one difference is enough, whatever else could not be compared."""
    if different:
        return Verdict.DIFFERENT
    return Verdict.NOT_ALL_COMPARED if left_out else Verdict.EQUAL
