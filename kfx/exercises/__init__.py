"""The hidden checks behind the tutorials: each looks at an answer and says what to look at next, never the answer."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from html import escape
from importlib import import_module
from typing import TypeVar

from kfx.draw.markup import GREEN, GREY, ORANGE, badge
from kfx.text.language import language

T = TypeVar("T")


@dataclass(frozen=True, repr=False)
class Verdict:
    """The result of a check: one or two sentences in English and the same in Korean; it shows those of `kfx.language`.

    Attributes:
        passed: True when the answer is right.
        english: What is right about it, or what to look at.
        korean: The same in Korean.
        tried: False while the answer is still None.
    """

    passed: bool
    english: str
    korean: str
    tried: bool = True

    @property
    def sign(self) -> str:
        """A tick for a right answer, a cross for a wrong one, a circle where none was given yet."""
        return "✓" if self.passed else "✗" if self.tried else "○"

    @property
    def said(self) -> str:
        """The sentences in the language in use: `kfx.language`."""
        return self.korean if language() == "ko" else self.english

    def __repr__(self) -> str:
        return f"{self.sign} {self.said}"

    def _repr_html_(self) -> str:
        mark = badge(self.sign, {"✓": GREEN, "✗": ORANGE, "○": GREY}[self.sign])
        return f'<div lang="{language()}">{mark} {escape(self.said)}</div>'


Read = Generator[Verdict, None, T]  # yields the verdict on an answer of another kind, else returns the answer as a T


def check(exercise: str, answer: object) -> Verdict:
    """Check an answer to an exercise of a tutorial.

    Args:
        exercise: Tutorial and exercise, e.g. ``"01.2"`` for the second one of tutorial 01.
        answer: The answer: a number, text, model, class, run, ... None while it is still empty.

    Returns:
        The verdict; as a cell's last line it shows itself.

    Raises:
        ValueError: There is no such exercise.

    Example:
        >>> from kfx import exercises
        >>> exercises.check("01.1", None).passed
        False
    """
    checks = _checks_of(str(exercise).partition(".")[0])
    if exercise not in checks:
        raise ValueError(f"There is no exercise {exercise!r}.{_hint(str(exercise))}")
    return next(checks[exercise](answer))  # the first verdict counts


def _hint(exercise: str) -> str:
    """Return the name that was meant, as ``01.1`` for 1.1, and the exercises of its tutorial; without one, all tutorials'."""
    tutorial, _, place = exercise.partition(".")
    checks = _checks_of(tutorial.zfill(2))
    near = f"{tutorial.zfill(2)}.{place}" if place else ""
    if not checks:
        return f" The exercises: {_TUTORIALS[0]}.1 to {names()[-1]}, e.g. {', '.join(names()[:3])}."
    meant = f" Did you mean {near!r}?" if near in checks else ""
    return f"{meant} The exercises of tutorial {tutorial.zfill(2)}: {', '.join(checks)}."


def _checks_of(tutorial: str) -> dict[str, Callable[[object], Iterator[Verdict]]]:
    if tutorial not in _TUTORIALS:
        return {}
    folder = "" if int(tutorial) <= _OF_THE_GUIDE else "further."
    return import_module(f"kfx.exercises.{folder}tutorial_{tutorial}").CHECKS


def names() -> list[str]:
    """Every exercise there is, e.g. ``["01.1", "01.2", ...]``."""
    return [name for tutorial in _TUTORIALS for name in _checks_of(tutorial)]


_OF_THE_GUIDE = 12  # tutorials on the topics of the guide to the functional API
_TUTORIALS = tuple(f"{number:02}" for number in range(1, 16))
