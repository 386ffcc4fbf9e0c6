"""A layer's values as a figure of matplotlib: maps, strips or bars, with their scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.draw import figures
from kfx.draw.palette import TRAIN, VAL
from kfx.draw.values.layer_values import LayerValues

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACROSS = 8  # maps side by side


def layer_figure(values: LayerValues, what: str, most: int, names: list[str]) -> Figure:
    """Return the strongest channels as maps with one scale, or one picture of all channels by step, or bars.

    Args:
        values: Of one layer and one example.
        what: What they are, for the title.
        most: Channels that are drawn at most.
        names: A name for each number of a vector.

    Raises:
        ValueError: There is nothing to draw, e.g. of text.
    """
    if values.plan.kind == "nothing":
        raise ValueError(f"There is nothing to draw. {values.note}")
    order = [int(channel) for channel in values.rank.order[:most]]
    left = len(values.rank.order) - len(order)
    title = f"{what} · {len(order)} of {len(values.rank.order)} channels" if left else what
    if values.plan.kind == "maps":
        return _maps(values, title, order)
    figure = figures.new_figure(6.4, 3.2)
    ax = figure.add_subplot()
    if values.plan.kind == "strips":
        image = ax.imshow(values.stack[order][:, 0], aspect="auto", **_shades(values))
        figures.ticks(ax, "y", [str(channel) for channel in order])
        figures.write(ax, title=title, x="step", y="channel")
        figure.colorbar(image, ax=ax, extend=_extend(values))
    else:
        _bars(ax, values, title, names)
    return figure


def _bars(ax: Axes, values: LayerValues, title: str, names: list[str]) -> None:
    numbers_ = values.stack.ravel()
    ax.bar(np.arange(len(numbers_)), numbers_, color=[TRAIN if x >= 0 else VAL for x in numbers_])
    ax.axhline(0, color="0.5", linewidth=0.8)
    if names and len(names) == len(numbers_):
        figures.ticks(ax, "x", names, turned=max(map(len, names)) > 3)
    figures.write(ax, title=title, y="value")


def _maps(values: LayerValues, title: str, order: list[int]) -> Figure:
    across = min(_ACROSS, len(order))
    down = -(-len(order) // across)
    rows, columns = values.stack.shape[1:]
    tall = min(2.0, max(0.5, rows / columns))
    figure = figures.new_figure(max(3.2, 1.1 * across + 0.9), 1.1 * tall * down + 0.3 * down + 0.4)
    panes = figure.subplots(down, across, squeeze=False).ravel()
    image = None
    for pane, channel in zip(panes, order, strict=False):
        image = pane.imshow(values.stack[channel], interpolation="nearest", **_shades(values))
        pane.set_title(str(channel), fontsize=8, pad=2)
    for pane in panes:
        pane.set_axis_off()
    figure.suptitle(figures.plain(title), fontsize=10, fontfamily=figures.fonts(title))
    if image is not None:
        figure.colorbar(image, ax=list(panes), fraction=0.03, extend=_extend(values))
    return figure


def _shades(values: LayerValues) -> dict[str, Any]:
    scale = values.scale
    return {"cmap": figures.colours(scale.signed), "vmin": scale.low, "vmax": scale.high}


def _extend(values: LayerValues) -> str:
    """Return at which ends of the scale values lie beyond it."""
    return ("both" if values.scale.signed else "max") if values.scale.clipped else "neither"
