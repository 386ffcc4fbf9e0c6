"""The sentences of the exercises in English and Korean, kept as data in ``words/*.toml``, and verdicts made of them."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from kfx.exercises import Verdict

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
        return texts["en"].format(**values), texts["ko"].format(**values)

    def right(self, key: str, **values: object) -> Verdict:
        """Return the verdict that the answer passes."""
        return Verdict(True, *self.phrase(key, **values))

    def wrong(self, key: str, **values: object) -> Verdict:
        """Return the verdict that the answer does not pass; the sentence names what to look at, never the answer."""
        return Verdict(False, *self.phrase(key, **values))

    def nothing_yet(self, key: str) -> Verdict:
        """Return the verdict on an answer that is still None; the phrase goes before "in place of None"."""
        english, korean = self.phrase(key)
        return _SHARED.wrong("sentences.nothing_yet", english=english, korean=korean)

    def something_else(self, answer: object, key: str) -> Verdict:
        """Return the verdict on an answer of another kind than the exercise asks for; the phrase names that kind."""
        english, korean = self.phrase(key)
        is_class = isinstance(answer, type)
        name = (answer if isinstance(answer, type) else type(answer)).__name__[:60]
        sentence = "sentences.expected_not_class" if is_class else "sentences.expected_not_type"
        return _SHARED.wrong(sentence, english=english, korean=korean, name=name)


@cache
def read_words(name: str) -> dict[str, dict[str, dict[str, str]]]:
    """Return a words file: ``check -> sentence -> {"en": ..., "ko": ...}``."""
    return tomllib.loads((_WORDS / f"{name}.toml").read_text(encoding="utf-8"))


_SHARED = Sentences("shared")
