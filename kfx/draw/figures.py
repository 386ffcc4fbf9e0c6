"""Figures of matplotlib for papers: imported when they are asked for, drawn on axes of the user's or on a figure of their own.

Nothing of pyplot is touched: no figure is registered there, and no setting is changed.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

from kfx.draw.values.colormap import ramp
from kfx.text.untrusted import cut, visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

_LONGEST = 60  # characters of a title
_SCRIPTS = (  # fonts with other scripts than those of DejaVu Sans, which comes with matplotlib
    "Noto Sans CJK KR", "Noto Sans CJK JP", "Noto Sans KR", "NanumGothic", "Malgun Gothic", "Apple SD Gothic Neo",
    "AppleGothic", "UnDotum", "Arial Unicode MS",
)  # fmt: skip


def new_figure(wide: float, tall: float) -> Figure:
    """Return a figure of so many inches, which a notebook shows as a cell's last expression."""
    figure: Figure = _figure_class()(figsize=(wide, tall), layout="constrained")
    return figure


def axes_of(ax: Axes | None, wide: float, tall: float) -> Axes:
    """Return the user's axes, or those of a new figure.

    Raises:
        TypeError: ``ax`` is given and is no axes.
    """
    if ax is None:
        return new_figure(wide, tall).add_subplot()
    if not callable(getattr(ax, "imshow", None)) or getattr(ax, "figure", None) is None:
        raise TypeError(f"`ax` is of type {type(ax).__name__}; expected axes of matplotlib, e.g. those of plt.subplots().")
    return ax


def figure_of(ax: Axes) -> Figure:
    """Return the figure that axes are on."""
    figure: Any = ax.figure
    return getattr(figure, "figure", figure) or figure  # of a subfigure, the whole


@cache
def _figure_class() -> Any:
    from matplotlib.figure import Figure

    class NotebookFigure(Figure):
        """A figure that shows itself in a notebook without pyplot."""

        def _repr_png_(self) -> bytes:
            out = BytesIO()
            self.savefig(out, format="png", dpi=110)
            return out.getvalue()

    return NotebookFigure


def colours(signed: bool) -> Colormap:
    """Return the views' own ramp for matplotlib: viridis, or around zero from orange to blue."""
    from matplotlib.colors import ListedColormap

    return ListedColormap(ramp(signed)[:-1] / 255)


def write(ax: Axes, *, title: str = "", x: str = "", y: str = "") -> None:
    """Write a title and the names of the axes, in a font that has their letters."""
    for text, put in ((title, ax.set_title), (x, ax.set_xlabel), (y, ax.set_ylabel)):
        if text:
            put(plain(text), fontfamily=fonts(text))


def plain(text: str) -> str:
    """Return a name as matplotlib writes it unchanged: a dollar sign begins no formula."""
    return (
        cut(visible(text), _LONGEST).replace("\\", "\\\\").replace("$", r"\$") if "$" in text else cut(visible(text), _LONGEST)
    )


def ticks(ax: Axes, axis: str, words: Sequence[str], *, turned: bool = False) -> None:
    """Write a word at each place of an axis, at most 40 of them."""
    every = max(1, -(-len(words) // 40))
    places = list(range(0, len(words), every))
    names = [plain(words[place]) for place in places]
    put = ax.set_xticks if axis == "x" else ax.set_yticks
    put(places, names, fontsize=8, fontfamily=fonts(" ".join(words)), rotation=90 if turned else 0)


def fonts(text: str) -> list[str]:
    """Return the fonts for a text, one after the other; warn once where none has its letters."""
    found = ["DejaVu Sans"]
    if all(ord(letter) < 0x2E80 for letter in text):
        return found
    other = _font_of_other_scripts()
    if other is None:
        warnings.warn(
            "No font with Chinese, Japanese or Korean letters is installed, so matplotlib writes boxes in their place. "
            "Install one, e.g. fonts-noto-cjk.",
            stacklevel=2,
        )
        return found
    return [*found, other]


@cache
def _font_of_other_scripts() -> str | None:
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in _SCRIPTS if name in installed), None)
