"""Names and texts of strangers, made harmless to print."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_JOINERS = "\u200c\u200d"  # zero-width (non-)joiner: part of emoji and of Persian and Indic words
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible(text: str) -> str:
    """Text that stands on one line and hides nothing: control characters, line ends, direction marks and lone
    surrogates are written as escapes, e.g. ``\\n``, ``\\u202e``.
    """
    if text.isprintable():
        return text
    return "".join(map(_seen, text))


@lru_cache(maxsize=4096)
def _seen(char: str) -> str:
    if char in _NAMED:
        return _NAMED[char]
    if char in _JOINERS or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
