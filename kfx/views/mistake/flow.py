"""Draw the data of ``fit`` on their way into the model and the loss: boxes, lines with sizes, in red what clashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape

from kfx.draw.markup import svg_text
from kfx.draw.palette import GLYPHS, sketch_style, style
from kfx.draw.text_width import fit, text_width
from kfx.model.mistakes.facts import Flow, FlowBox
from kfx.text.untrusted import visible

_HIGH, _GAP, _PAD = 38.0, 6.0, 8.0  # of a box, between two, inside a group, px
_LEFT, _MIDDLE, _LOSS = 118.0, 128.0, 174.0  # widths of the columns
_TEXT = 26.0  # from a box's edge to its text
_X_MODEL, _X_LOSS, _WIDTH = 184.0, 300.0, 478.0


def flow_svg(flow: Flow, *, styled: bool = True) -> str:
    """Return the drawing as SVG.

    Args:
        styled: With its own colours, for a file; without, for a page that has the style sheet of graphs.
    """
    flow = replace(flow, inputs=flow.inputs or (FlowBox("input"),), outputs=flow.outputs or (FlowBox("output"),))
    inputs, outputs = _stack(flow.inputs, 30.0), _stack(flow.outputs, 0.0)
    top = 30.0 + len(inputs) * (_HIGH + _GAP)
    outputs = [top + y for y in outputs]
    group_end = outputs[-1] + _HIGH + _PAD
    xs = [max(20.0, inputs[0] - 10) + i * (_HIGH + _GAP) for i in range(len(flow.x))]
    side = max([group_end, *(y + _HIGH for y in xs)])
    below = side + (28 if flow.x else -_HIGH - 4)
    ys = [below + i * (_HIGH + _GAP) for i in range(len(flow.y))]
    height = max([side, *(y + _HIGH for y in ys), below + _HIGH if flow.loss is not None else 0.0]) + 3
    parts = [_group(flow.model, group_end), *_into_model(flow, xs, inputs)]
    if flow.loss is not None:
        parts += _into_loss(flow, outputs, ys, below)
    parts += [_box(box, 1, y, _LEFT) for box, y in zip(flow.x, xs, strict=True)]
    parts += [_box(box, _X_MODEL + _PAD, y, _MIDDLE - 2 * _PAD) for box, y in zip(flow.inputs, inputs, strict=True)]
    parts += [_box(box, _X_MODEL + _PAD, y, _MIDDLE - 2 * _PAD) for box, y in zip(flow.outputs, outputs, strict=True)]
    parts += [_box(box, 1, y, _LEFT) for box, y in zip(flow.y, ys, strict=True)]
    sheet = f"<style>{style()}{sketch_style()}</style>" if styled else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH:g}" height="{height:g}" viewBox="0 0 {_WIDTH:g} {height:g}" '
        f'role="img" aria-label="{escape(flow_words(flow))}">{sheet}{"".join(parts)}</svg>'
    )


def flow_words(flow: Flow) -> str:
    """Return the drawing in one sentence, with the names of what clashes."""
    marked = (*flow.x, *flow.inputs, *flow.outputs, *flow.y, *([flow.loss] if flow.loss is not None else []))
    red = [visible(box.name) for box in marked if box.clash]
    return f"Flow of the data into {visible(flow.model)}" + (f"; in red: {', '.join(red)}" if red else "")


def _stack(boxes: Sequence[FlowBox], top: float) -> list[float]:
    return [top + i * (_HIGH + _GAP) for i in range(len(boxes))]


def _group(name: str, end: float) -> str:
    shown = fit(visible(name), 11.5, _MIDDLE - 2 * _PAD)
    return (
        f'<g class="kc"><rect class="kg" x="{_X_MODEL:g}" y="6" width="{_MIDDLE:g}" height="{end - 6:g}" rx="5"/>'
        f'<text class="kgt" x="{_X_MODEL + _PAD:g}" y="22">{svg_text(shown)}</text></g>'
    )


def _box(box: FlowBox, x: float, y: float, width: float) -> str:
    room = width - _TEXT - 6
    name, detail = (visible(text) for text in (box.name, box.detail))
    return (
        f'<g class="kn f-{"error" if box.family == "error" else box.family}{" err" if box.clash else ""}" '
        f'transform="translate({x:g} {y:g})"><title>{svg_text(f"{name}: {detail}" if detail else name)}</title>'
        f'<rect class="b" width="{width:g}" height="{_HIGH:g}" rx="4"/>'
        f'<g class="gl" transform="translate(8 7)">{GLYPHS[box.family]}</g>'
        f'<text class="nm" x="{_TEXT:g}" y="{16.5 if detail else 23:g}">{svg_text(fit(name, 12, room, middle=True))}</text>'
        f'<text class="sb" x="{_TEXT:g}" y="30.5">{svg_text(fit(detail, 11, room))}</text></g>'
    )


def _line(path: str, head: str, *, red: bool, label: str = "", at: tuple[float, float] = (0, 0), anchor: str = "middle") -> str:
    place = f'x="{at[0]:g}" y="{at[1]:g}" text-anchor="{anchor}"'
    words = f'<text class="kl" {place}>{svg_text(visible(label))}</text>' if label else ""
    return f'<g class="kc{" err" if red else ""}"><path class="ke" d="{path}"/><path class="kh" d="{head}"/>{words}</g>'


def _right(x: float, y: float) -> str:
    return f"M{x:g} {y:g}l-7 -3.4 0 6.8z"


def _down(x: float, y: float) -> str:
    return f"M{x:g} {y:g}l-3.4 -7 6.8 0z"


def _into_model(flow: Flow, xs: Sequence[float], inputs: Sequence[float]) -> list[str]:
    """Draw the lines from the data to the inputs and from the inputs to the first output."""
    found, start, end = [], 1 + _LEFT, _X_MODEL + _PAD
    for i, (box, y) in enumerate(zip(flow.x, xs, strict=True)):
        target = inputs[min(i, len(inputs) - 1)] + _HIGH / 2
        middle, source = (start + end) / 2 - 2, y + _HIGH / 2
        path = f"M{start:g} {source:g}H{middle:g}V{target:g}H{end - 5:g}"
        room = _X_MODEL - start - 6
        label = box.size if text_width(box.size, 11, bold=box.wrong) <= room else fit(box.size, 11, room)
        at = ((start + _X_MODEL) / 2, max(source, target) + 15)
        found.append(_line(path, _right(end, target), red=box.wrong, label=label, at=at))
    last = inputs[-1] + _HIGH
    x = _X_MODEL + _MIDDLE / 2
    found.append(f'<g class="kc"><path class="ke" d="M{x:g} {last:g}V{last + _GAP:g}"/></g>')
    return found


def _into_loss(flow: Flow, outputs: Sequence[float], ys: Sequence[float], below: float) -> list[str]:
    """Draw the loss, and the lines from the outputs and the labels to it."""
    assert flow.loss is not None
    found, start, x = [], _X_MODEL + _MIDDLE - _PAD, _X_LOSS + 86
    for i, (box, y) in enumerate(zip(flow.outputs, outputs, strict=True)):
        last = i == len(outputs) - 1
        path = f"M{start:g} {y + _HIGH / 2:g}H{x - 8:g}Q{x:g} {y + _HIGH / 2:g} {x:g} {y + _HIGH / 2 + 8:g}V{below - 5:g}"
        at = (x + 7, (y + _HIGH / 2 + below) / 2 + 6)
        found.append(_line(path, _down(x, below), red=box.wrong, label=box.size if last else "", at=at, anchor="start"))
    for i, (box, y) in enumerate(zip(flow.y, ys, strict=True)):
        middle, target = 1 + _LEFT + 12 + 6 * i, below + _HIGH / 2
        path = f"M{1 + _LEFT:g} {y + _HIGH / 2:g}H{middle:g}V{target:g}H{_X_LOSS - 5:g}"
        shown = i == 0
        at = ((1 + _LEFT + _X_LOSS) / 2, target - 6)
        found.append(_line(path, _right(_X_LOSS, target), red=box.wrong, label=box.size if shown else "", at=at))
    return [*found, _box(flow.loss, _X_LOSS, below, _LOSS)]
