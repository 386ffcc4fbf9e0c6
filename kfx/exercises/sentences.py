"""The sentences of the exercises in English and Korean, kept as data in ``words/*.toml``, and verdicts made of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from kfx.exercises import Verdict
from kfx.text.korean import fill

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_WORDS = Path(__file__).parent / "words"


class Sentences:
    """Verdicts by the key of their sentence, e.g. ``"steps.right"`` for the table ``[steps.right]`` of a words file.

    Args:
        name: The words file without its ending: the number of a tutorial, or ``"shared"``.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def phrase(self, key: str, **values: object) -> tuple[str, str]:
        """Return a sentence in English and in Korean with the values filled in."""
        check, _, sentence = key.partition(".")
        texts = read_words(self.name)[check][sentence]
        return texts["en"].format(**values), fill(texts["ko"], **values)

    def verdict(self, key: str, **values: object) -> Verdict:
        """Return the verdict with this sentence; an answer passes with the sentence ``right`` of a check and no other."""
        return Verdict(key.endswith(".right"), *self.phrase(key, **values), tried=key != "sentences.nothing_yet")

    def require(self, holds: object, key: str, **values: object) -> Iterator[Verdict]:
        """Yield this verdict unless the condition holds; its sentence names what to look at, never the answer."""
        if not holds:
            yield self.verdict(key, **values)

    def require_answer(self, answer: object, key: str) -> Iterator[Verdict]:
        """Yield a verdict if the answer is still None; the phrase goes before "in place of None"."""
        english, korean = self.phrase(key)
        return _SHARED.require(answer is not None, "sentences.nothing_yet", english=english, korean=korean)

    def require_kind(self, answer: object, fits: bool, check: str) -> Iterator[Verdict]:
        """Yield a verdict if the answer is None or does not fit; the phrases are `nothing_yet` and `expected` of ``check``."""
        yield from self.require_answer(answer, f"{check}.nothing_yet")
        english, korean = self.phrase(f"{check}.expected")
        kind, key = type(answer), "sentences.expected_not_type"
        if isinstance(answer, type):
            kind, key = answer, "sentences.expected_not_class"
        yield from _SHARED.require(fits, key, english=english, korean=korean, name=kind.__name__[:60])


@cache
def read_words(name: str) -> dict[str, dict[str, dict[str, str]]]:
    """Return a words file: ``check -> sentence -> {"en": ..., "ko": ...}``."""
    return tomllib.loads((_WORDS / f"{name}.toml").read_text(encoding="utf-8"))


_SHARED = Sentences("shared")
