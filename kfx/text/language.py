"""The language of the exercises' verdicts: English, or Korean on request."""

from __future__ import annotations

import os

LANGUAGES = ("en", "ko")
_VARIABLE = "KFX_LANGUAGE"
_chosen: dict[str, str] = {}  # by the one key "language", once a caller has chosen


def language(name: str | None = None) -> str:
    """Choose the language of the exercises' verdicts, or say which one is in use.

    Labels of views, their controls, the mistake panel, texts and error messages are in English in either language. The
    environment variable ``KFX_LANGUAGE`` chooses for a whole session.

    Args:
        name: ``"en"`` or ``"ko"``; None leaves the language as it is.

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
