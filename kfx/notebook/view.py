"""The display contract: one object with four faces, text, static, live and file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any


class View:
    """What every verb returns. A view is its facts; each face is made when it is asked for.

    A kind of view gives these four, all pure functions of its facts (no time, address or random id):
        _text: the text face, useful by itself.
        _html: the static face's markup: sanitizer-proof (`details`, `table`, `img`), inline styles only.
        _live: a new anywidget.
        _writers: file suffix -> function that returns the file's content as str or bytes.
    """

    def _text(self) -> str:
        raise NotImplementedError

    def _html(self) -> str:
        raise NotImplementedError

    def _live(self) -> Any:
        raise NotImplementedError

    def _writers(self) -> dict[str, Callable[[], str | bytes]]:
        return {".txt": self._text, ".html": self._html}

    def __str__(self) -> str:
        return self._text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self._text(), "text/html": self._html()}

    @property
    def widget(self) -> Any:
        """The live face, made on first use; the same one each time."""
        if not hasattr(self, "_widget"):
            self._widget = self._live()
        return self._widget

    def save(self, path: str | Path) -> Path:
        """Write the view to a file; the suffix says in which form."""
        path = Path(path)
        writers = self._writers()
        if path.suffix.lower() not in writers:
            raise ValueError(f"cannot save {path.name!r}: the suffix must be one of {', '.join(sorted(writers))}.")
        content = writers[path.suffix.lower()]()
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    @property
    def slot(self) -> str:
        """Ties the static face to the live one; a hash of the content, the same on every run."""
        return hashlib.sha1(self._html().encode()).hexdigest()[:12]
