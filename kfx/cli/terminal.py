"""Print text that may hold anything to a terminal, pipe or file that may not."""

from __future__ import annotations

import sys
from typing import TextIO

from kfx.text.untrusted import visible

_SIGNS = "×·…─━═│┃├└┌┐┘┤┬┴┼→←↑↓▸▾█–—“”’"
_ASCII = "x.~-==|||`..'|--+><^v>v#--\"\"'"
LOOKALIKES = str.maketrans({"≥": ">=", **dict(zip(_SIGNS, _ASCII, strict=True))})


def say(text: str, stream: TextIO | None = None) -> None:
    """Print text and a newline; what the stream's encoding lacks becomes an ASCII lookalike or an escape such as ``\\uac00``.

    Args:
        text: Text with untrusted names; control characters, which could command a terminal, are shown as escapes.
        stream: Standard output by default.
    """
    stream = sys.stdout if stream is None else stream
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(encodable(visible(text, keep="\n\t"), encoding) + "\n")


def encodable(text: str, encoding: str) -> str:
    """The same text if the encoding has all of it, else with lookalikes and escapes for what it lacks."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        if not encoding.lower().replace("-", "").startswith("utf"):
            text = "".join(c if c.encode(encoding, "ignore") else c.translate(LOOKALIKES) for c in text)
        return text.encode(encoding, "backslashreplace").decode(encoding)
    return text
