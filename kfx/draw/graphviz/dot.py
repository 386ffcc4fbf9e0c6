"""A picture in Graphviz's language: plain ids, sizes that we measured, no text that a user could have written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from kfx.draw.graph.boxes import Picture, outermost
from kfx.draw.text_width import text_width

_WEIGHT = {"trunk": 1000, "edge": 6, "skip": 1}  # a heavier line is kept straighter; a narrow frame is worth 128 to dot
SPLINES = {"spline": "true", "polyline": "polyline", "line": "line", "ortho": "ortho", "curved": "curved"}
TITLE_ROW = 22  # px of an unfolded container's title
INSET = 12  # px that a frame is drawn smaller at its top and bottom, so that lines and shapes have room between frames
_IN_A_ROW = 3  # boxes inside a container whose wiring is unknown
RANKDIRS = ("TB", "LR", "BT", "RL")
_MANY = 5  # boxes that lead into one: it is then in the middle below them, and not below the longest path
_GAP, _GAP_LABELLED = 19, 20  # px between ranks
_BESIDE = 24  # px between boxes side by side
_MCLIMIT = 4  # times as many tries as usual to cross no lines: an unrolled loop needs 4, and nothing took longer


def to_dot(
    picture: Picture,
    rankdir: str = "TB",
    splines: str = "spline",
    *,
    labels: bool = False,
    apart: bool = False,
    upwards: Collection[str] = (),
) -> str:
    """Write the DOT that an engine lays out.

    Args:
        picture: Boxes, frames and lines; box 3 becomes ``n3``, line 3 gets the id ``e3``, frame 3 is ``cluster3``.
        rankdir: ``"TB"``, ``"LR"``, ``"BT"`` or ``"RL"``.
        splines: How lines run.
        labels: Write names and shapes too, for a file that people read; the layout is asked for without them.
        apart: Leave out the lines between different parts of the top level, which are placed by other means.
        upwards: Keys of the frames that are turned upside down afterwards; their titles are below.
    """
    flat = rankdir in ("LR", "RL")
    widest = max((text_width(line.label, 11) for line in picture.lines), default=0)
    gap = max(widest + 22, _GAP_LABELLED) if flat else _GAP_LABELLED if widest else _GAP
    beside = max(_BESIDE, picture.aside + 4)
    out = [
        "digraph {",
        f"graph [rankdir={rankdir} splines={SPLINES[splines]} nodesep={beside / 72:.3f} ranksep={gap / 72:.3f}"
        f" mclimit={_MCLIMIT} fontname=Arial" + (" nslimit=0.1]" if len(picture.boxes) > 1000 else "]"),
        "node [shape=box fixedsize=true fontname=Arial fontsize=11" + ("]" if labels else ' label=""]'),
        "edge [arrowsize=0.6 fontname=Arial fontsize=10]",
    ]
    _write_level(out, picture, None, "", labels, set(upwards))
    outer = outermost(picture) if apart else []
    entering = Counter(target for _, target in {(line.source, line.target) for line in picture.lines})
    for i, line in enumerate(picture.lines):
        if (line.kind == "port" and not labels) or (apart and outer[line.source] != outer[line.target]):
            continue
        label = f" label={_quoted(line.label)}" if labels and line.label else ""
        weight = _WEIGHT["edge" if entering[line.target] >= _MANY else line.kind]
        out.append(f"n{line.source} -> n{line.target} [id=e{i} weight={weight}{label}]")
    out.append("}")
    return "\n".join(out)


def _write_level(out: list[str], picture: Picture, key: str | None, indent: str, labels: bool, upwards: set[str]) -> None:
    for i, box in enumerate(picture.boxes):
        if box.frame == key:
            text = f" label={_quoted(box.name, box.detail)}" if labels else ""
            out.append(f"{indent}n{i} [width={(box.width + 2 * box.beside) / 72:.4f} height={box.height / 72:.4f}{text}]")
    for i, frame in enumerate(picture.frames):
        if frame.frame == key:
            size = f'fixedsize="true" width="{frame.width}" height="{TITLE_ROW + INSET}"'
            label = _quoted(frame.name) if labels else f'<<table border="0" {size}><tr><td></td></tr></table>>'
            at = "b" if frame.key in upwards else "t"
            out.append(f"{indent}subgraph cluster{i} {{ id=c{i} margin={14 + INSET // 2} labelloc={at} label={label}")
            inside = {one.key for one in picture.frames if one.frame == frame.key} if frame.key in upwards else set()
            _write_level(out, picture, frame.key, indent + "  ", labels, upwards | inside)
            if frame.loose:  # in rows, for no line puts them under each other
                inner = [n for n, box in enumerate(picture.boxes) if box.frame == frame.key and box.key != frame.key]
                out += [f"{indent}  n{a} -> n{b} [style=invis]" for a, b in zip(inner, inner[_IN_A_ROW:], strict=False)]
            out.append(f"{indent}}}")


def _quoted(*lines: str) -> str:
    r"""A DOT string of a few lines; the text was made visible before, so no control character is left in it."""
    return '"' + "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines if line) + '"'
