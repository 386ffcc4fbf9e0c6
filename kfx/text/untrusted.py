"""Make text from strangers (names of layers, messages, file names) safe to print."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_JOINERS = "\u200c\u200d"  # zero-width (non-)joiner: part of emoji and of Persian and Indic words
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_IN_NO_DOCUMENT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def visible(text: str, *, keep: str = "") -> str:
    """Return the text on one line with every hidden character written as an escape, e.g. ``\\n``, ``\\u202e``.

    Hidden characters are control characters, line ends, direction marks and lone surrogates.

    Args:
        text: Anybody's.
        keep: Characters that stay as they are, e.g. ``"\\n\\t"`` in a text of several lines.
    """
    if text.isprintable():
        return text
    return "".join([char if char in keep else _seen(char) for char in text])


def printable(document: str) -> str:
    """Return a whole document with U+FFFD in place of control characters and lone surrogates, which no HTML or SVG may hold."""
    return _IN_NO_DOCUMENT.sub("\N{REPLACEMENT CHARACTER}", document)


def cut(text: str, most: int, *, middle: bool = False) -> str:
    """Return the text, or its beginning with ``…``, in at most so many characters.

    Args:
        text: One line.
        most: Number of characters.
        middle: Leave out the middle of a long text instead of its end.
    """
    if len(text) <= most:
        return text
    if not middle:
        return text[: most - 1] + "…"
    head = most // 2 - 1
    return f"{text[:head]} … {text[head + 3 - most :]}"


@lru_cache(maxsize=4096)
def _seen(char: str) -> str:
    if char in _NAMED:
        return _NAMED[char]
    if char in _JOINERS or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
