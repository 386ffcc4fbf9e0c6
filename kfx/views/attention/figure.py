"""A head's scores as a figure of matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfx.draw import figures
from kfx.views.attention.facts import ShownLayer

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_head(shown: ShownLayer, head: int, ax: Axes | None) -> Axes:
    """Draw what each query of a head looks at, with a word at each place and the scale beside it."""
    queries, keys = len(shown.queries), len(shown.keys)
    side = min(9.0, max(3.2, 0.22 * max(queries, keys)))
    ax = figures.axes_of(ax, side + 1.2, side * min(1.0, max(0.4, queries / max(keys, 1))) + 0.8)
    image = ax.imshow(shown.scores[head], cmap=figures.colours(False), vmin=0, vmax=1, interpolation="nearest")
    figures.ticks(ax, "x", shown.keys, turned=True)
    figures.ticks(ax, "y", shown.queries)
    figures.write(ax, title=f"{shown.address} · head {head}", x="key", y="query")
    figures.figure_of(ax).colorbar(image, ax=ax, label="attention", fraction=0.046)
    return ax
