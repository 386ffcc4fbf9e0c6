"""The language in which kfx speaks to a reader: English, or Korean on request. Sentences and labels are in ``korean.toml``."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

from kfx.text.korean import fill

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LANGUAGES = ("en", "ko")
_VARIABLE = "KFX_LANGUAGE"
_chosen: dict[str, str] = {}  # by the one key "language", once a caller has chosen


def language(name: str | None = None) -> str:
    """Choose the language of verdicts, labels and controls, or say which one is in use.

    Korean is for what is read on the page: the verdicts of the exercises, the labels of views and their controls. Text outputs,
    logs and error messages stay English, so that they can be compared and searched for. Where a label has no translation yet,
    it is in English. The environment variable ``KFX_LANGUAGE`` chooses for a whole session.

    Args:
        name: ``"en"`` or ``"ko"``; None leaves the language as it is. Views that were made before keep theirs.

    Returns:
        The language now in use.

    Raises:
        ValueError: There is no such language.

    Example:
        >>> import kfx
        >>> kfx.language()
        'en'
        >>> kfx.language("ko"), kfx.language("en")
        ('ko', 'en')
    """
    if name is not None:
        if name not in LANGUAGES:
            raise ValueError(f"`name` is {name!r}; the languages are {' and '.join(map(repr, LANGUAGES))}.")
        _chosen["language"] = name
    named = _chosen.get("language", os.environ.get(_VARIABLE, "en"))
    return named if named in LANGUAGES else "en"


def say(english: str, **values: object) -> str:
    """Return a sentence or label in the language in use, with the values filled in."""
    if language() == "ko":
        return fill(korean_sentences().get(english, english), **values)
    return fill(english, **values)


def words() -> dict[str, str]:
    """Return the table that a widget's script reads: English to Korean, or nothing where English is in use."""
    return dict(korean_sentences()) if language() == "ko" else {}


@cache
def korean_sentences() -> dict[str, str]:
    """Return the Korean of every sentence and label, by its English."""
    parts = tomllib.loads((Path(__file__).parent / "korean.toml").read_text(encoding="utf-8"))
    return {english: korean for part in parts.values() for english, korean in part.items()}
