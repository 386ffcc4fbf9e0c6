"""Load a widget's script and style sheet: one file of each reaches the browser, and none is generated."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=async function|function|const|class|let)", re.MULTILINE)


@cache
def script(stem: str) -> str:
    """``<stem>.js`` with every module that it imports from ``./`` pasted in front, each once."""
    pasted: dict[str, str] = {}

    def paste(name: str) -> None:
        source = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
        for needed in _IMPORT.findall(source):
            if needed not in pasted:
                paste(needed)
        pasted[name] = _EXPORT.sub("", _IMPORT.sub("", source))

    own = (FOLDER / f"{stem}.js").read_text(encoding="utf-8")
    for needed in _IMPORT.findall(own):
        if needed not in pasted:
            paste(needed)
    return "\n".join([*pasted.values(), _IMPORT.sub("", own)])


@cache
def style(*stems: str) -> str:
    """The shared tokens and parts, then each named style sheet."""
    return "\n".join((FOLDER / f"{stem}.css").read_text(encoding="utf-8") for stem in ("kfx", *stems))
