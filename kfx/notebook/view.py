"""The display contract: one object with four faces, text, static, live and file."""

from __future__ import annotations

import hashlib
import logging
import sys
from collections.abc import Callable, Container
from functools import cached_property
from html import escape
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfx.draw.markup import with_room
from kfx.notebook.frame import frame
from kfx.notebook.host import host, in_kernel
from kfx.notebook.namespace import shell
from kfx.notebook.page import page
from kfx.notebook.shown import ShownViews
from kfx.notebook.write import write_whole
from kfx.text.untrusted import cut, printable

if TYPE_CHECKING:
    from kfx.web.widget import KfxWidget

WEIGHT = 200_000  # bytes that a static face may add to a notebook
TEXT_WEIGHT = 50_000  # bytes that the text beside it may add
_log = logging.getLogger("kfx")


class View:
    """The result of every verb. A view is its facts, which never change; each face is made when it is first used.

    A kind of view gives these four, all pure functions of its facts (no time, address or random id):
        _text: the text face, useful by itself.
        _html: the static face's markup: sanitizer-proof (`details`, `table`, `img`), inline styles only; drawings are
            ``<img class="kfx-pic">`` and are turned over in a dark notebook.
        _live: a new anywidget, a `kfx.web.widget.KfxWidget`.
        _writers: file suffix -> function that returns the file's content as str or bytes.

    and these where the defaults do not do:
        _let_go: forgets a model and data that the view reads, when it is closed.
        _html_small: a smaller static face for a notebook, used when the first is heavier than `WEIGHT`.
        _title: what is shown, in a few words.
    """

    def _text(self) -> str:
        raise NotImplementedError

    def _html(self) -> str:
        raise NotImplementedError

    def _html_small(self) -> str | None:
        return None

    def _live(self) -> KfxWidget:
        raise NotImplementedError

    def _writers(self) -> dict[str, Callable[[], str | bytes]]:
        return {".txt": self._text, ".html": self._page}

    def _title(self) -> str:
        kind = type(self).__name__.removesuffix("View") or "View"
        name = getattr(getattr(self, "graph", None), "name", None)
        return kind if name is None else f"{kind} {cut(str(name), 60)!r}"

    # ------------------------------------------------------------------------------------------------ text and file

    def __str__(self) -> str:
        return self.__dict__.get("_closed_text") or printable(self._text())

    def __repr__(self) -> str:
        """Return what is shown in one line; at Python's own prompt, which shows an expression in this way, the text."""
        return self._safe_text if host() == "prompt" else f"<{self._title()}>"

    def save(self, path: str | Path) -> Path:
        """Write the view to a file; the suffix says in which form.

        Args:
            path: Where to; an existing file is replaced, and only when the new content is whole.

        Returns:
            The path.

        Raises:
            ValueError: The suffix is not one that this view can be written as.
            FileNotFoundError: The folder is not there.
            OSError: The folder cannot be written to, or the disk is full; nothing is left behind.
        """
        path = Path(path).expanduser()
        writers = self._writers()
        write = writers.get(path.suffix.lower())
        if write is None:
            raise ValueError(f"Cannot save {path.name!r}: its suffix must be one of {', '.join(sorted(writers))}.")
        if not path.parent.is_dir():
            raise FileNotFoundError(f"Cannot save {path.name!r}: there is no folder {str(path.parent)!r}. Create it first.")
        if path.is_dir():
            raise IsADirectoryError(f"Cannot save {path.name!r}: a folder of that name is there. Choose another name.")
        content = write()
        write_whole(path, content if isinstance(content, bytes) else printable(content).encode())
        return path

    def _page(self) -> str:
        return page(self._title(), with_room(self._html()))

    # ------------------------------------------------------------------------------------------------ notebook

    @cached_property
    def widget(self) -> KfxWidget:
        """The live face, made on first use; the same one each time."""
        return self._live()

    def close(self) -> None:
        """Close the live view, and let go of the model and the data that it reads values from.

        The picture, the text and files of what was read before stay. In a notebook, a view that its own cell replaces is closed
        by itself when the cell runs again.

        Example:
            >>> import keras, kfx, numpy as np
            >>> x = keras.Input((4,))
            >>> view = kfx.inspect(keras.Model(x, keras.layers.Dense(2)(x), name="tiny"), np.eye(4))
            >>> view.close()
            >>> view
            <Inspector 'tiny'>
        """
        self.close_live()
        if "_safe_text" in self.__dict__:
            self.__dict__["_closed_text"] = self._safe_text
        self._let_go()

    def close_live(self) -> None:
        """Close the live view only; it is made anew when the view is shown again."""
        widget = self.__dict__.pop("widget", None)
        if widget is not None:
            widget.close()

    def _let_go(self) -> None:
        pass

    @property
    def slot(self) -> str:
        """Ties the static face to the live one; a hash of the content, the same on every run."""
        return hashlib.sha1(self._body.encode()).hexdigest()[:12]

    def _ipython_display_(self, **kwargs: Any) -> None:
        """In a kernel two outputs, the static face and then the live one; elsewhere the text. It never raises."""
        if not in_kernel():
            _print(self._safe_text)
            return
        from IPython.display import display

        ShownViews.of(shell()).add(self)
        display(self._repr_mimebundle_(), raw=True)
        try:
            self.widget.slot = self.slot
            data, metadata = self.widget._repr_mimebundle_()
            display(data, metadata=metadata, raw=True)
        except Exception as error:
            _log.warning("The live view could not start (%s); the one above stands still.", _in_words(error))
            _log.debug("The live view's error:", exc_info=True)

    def _repr_mimebundle_(self, include: Container[str] | None = None, exclude: Container[str] | None = None) -> dict[str, str]:
        """The static face, for every host that shows no widget."""
        faces = {"text/plain": lambda: _within_weight(self._safe_text), "text/html": lambda: frame(self._body, self.slot)}
        wanted = [mime for mime in faces if (not include or mime in include) and (not exclude or mime not in exclude)]
        return {mime: faces[mime]() for mime in wanted}

    def _repr_html_(self) -> str:
        """Return the static face, for hosts that ask for HTML alone, such as Panel and Solara."""
        return self._repr_mimebundle_(include=("text/html",))["text/html"]

    def _display_(self) -> object:
        """Return what marimo shows: the live face, or the static one where it cannot start."""
        try:
            return self.widget
        except Exception as error:
            _log.warning("The live view could not start (%s); this one stands still.", _in_words(error))
            return import_module("marimo").Html(self._repr_html_())

    @cached_property
    def _safe_text(self) -> str:
        """The text face, or a sentence with the error that it raised."""
        try:
            return str(self)
        except Exception as error:
            _log.debug("The text face's error:", exc_info=True)
            return f"{type(self).__name__}: the text could not be written ({_in_words(error)})."

    @cached_property
    def _body(self) -> str:
        """The static face within the weight, or the text where there is none."""
        try:
            html = self._html()
            roomy = with_room(html)
            html = roomy if len(roomy.encode(errors="replace")) <= WEIGHT else html
            if len(html.encode(errors="replace")) <= WEIGHT:
                return printable(html)
            small = self._html_small()
            roomy = with_room(small or "")
            small = roomy if small is not None and len(roomy.encode(errors="replace")) <= WEIGHT else small
            if small is not None and len(small.encode(errors="replace")) <= WEIGHT:
                return printable(small)
            why = f"Too large to keep in a notebook ({len(html) / 1e6:.1f} MB), so this is its text; .save() writes it whole."
        except Exception as error:
            _log.debug("The static face's error:", exc_info=True)
            why = f"The picture could not be made ({_in_words(error)}), so this is its text."
        return f"<p>{escape(why)}</p><pre>{escape(_within_weight(self._safe_text))}</pre>"


def _print(text: str) -> None:
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"  # a terminal may lack × or Korean
    print(text.encode(encoding, errors="replace").decode(encoding))


def _within_weight(text: str) -> str:
    content = text.encode()
    if len(content) <= TEXT_WEIGHT:
        return text
    lines, head = text.splitlines(), content[: TEXT_WEIGHT - 100].decode(errors="ignore").splitlines()
    whole = head[:-1] or head
    return "\n".join([*whole, f"… {len(lines) - len(head[:-1]):,} more lines: print(view) writes them all."])


def _in_words(error: Exception) -> str:
    return printable(cut(f"{type(error).__name__}: {error}".splitlines()[0], 200))
