"""Mark the new, replaced, loose and failed calls on a picture of a growing graph, and the variables that hold its ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kfx.draw.graph.boxes import DETAIL_PX, HEIGHT, NAME_PX, PAD, TEXT_AT, Box, Picture
from kfx.draw.graph.plan import FoldPlan
from kfx.draw.text_width import fit, text_width
from kfx.model.facts import LayerGraph
from kfx.model.growing.facts import SketchState
from kfx.model.walk import by_key
from kfx.text.untrusted import visible

MOST_APART = 6  # layers that were never called, as boxes of their own
_MOST_TAG = 150  # px


@dataclass(frozen=True)
class Marks:
    """Marks on calls and lines; keys are those of top-level calls.

    Attributes:
        new: Added by the last cell.
        old: Replaced by a later cell.
        nowhere: Calls whose outputs lead nowhere.
        refused: The failed call.
        wrong: Other calls that are part of the mistake.
        red: ``(source, output, target)`` of the red lines.
        tags: Names of the variables that hold a call's outputs.
        apart: ``(name, type)`` of layers that were never called.
    """

    new: frozenset[str] = frozenset()
    old: frozenset[str] = frozenset()
    nowhere: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    wrong: frozenset[str] = frozenset()
    red: frozenset[tuple[str, int, str]] = frozenset()
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    apart: tuple[tuple[str, str], ...] = ()


def find_marks(seen: SketchState) -> Marks:
    """Return the marks of a growing graph at one moment."""
    refused = seen.refused
    return Marks(
        new=seen.new,
        old=seen.replaced,
        nowhere=seen.nowhere,
        refused=frozenset([refused.key]) if refused else frozenset(),
        wrong=refused.sources if refused else frozenset(),
        red=refused.lines if refused else frozenset(),
        tags={key: seen.held[key] for key in seen.ends - {edge.source for edge in seen.graph.edges} if key in seen.held},
        apart=seen.unused,
    )


def add_marks(picture: Picture, graph: LayerGraph, plan: FoldPlan, marks: Marks) -> Picture:
    """Return the picture with its marks; boxes for layers that were never called come last."""
    shown = top_level_calls(picture, graph, plan)
    boxes = [_marked(box, keys, marks) for box, keys in zip(picture.boxes, shown, strict=True)]
    boxes += [_apart(n, name, kind) for n, (name, kind) in enumerate(marks.apart[:MOST_APART])]
    red = {(source, target) for source, _, target in marks.red}
    lines = []
    for line in picture.lines:
        ends = shown[line.source], shown[line.target]
        is_red = any((a, b) in red for a in ends[0] for b in ends[1])
        is_old = any(keys <= marks.old for keys in ends)
        lines.append(replace(line, marks=("err",) if is_red else ("old",) if is_old else ()))
    return replace(picture, boxes=tuple(boxes), lines=tuple(lines))


def top_level_calls(picture: Picture, graph: LayerGraph, plan: FoldPlan) -> list[set[str]]:
    """Return for each box the keys of the top-level calls that it shows, wholly or in part."""
    calls, shown = by_key(graph), []
    for box in picture.boxes:
        found = plan.containers.get(box.key)
        inner = found.calls if found is not None and not found.model else (box.key,)
        shown.append({calls[key].path[0] if key in calls else key for key in inner})
    return shown


def _marked(box: Box, keys: set[str], marks: Marks) -> Box:
    has = {
        "new": bool(keys & marks.new),
        "old": keys <= marks.old,
        "dead": bool(keys & marks.nowhere),
        "err": bool(keys & marks.refused),
        "odd": bool(keys & marks.wrong),
    }
    words_for = {"old": "replaced", "dead": "leads nowhere", "odd": "not among the inputs"}
    title = ", ".join([box.title, *(words_for.get(m, m) for m in ("new", "old") if has[m])])
    for mark in ("dead", "odd"):
        if has[mark] and not box.folded and not (mark == "odd" and box.detail.startswith("Array")):
            box = _wider(box, f"{box.detail} · {words_for[mark]}" if box.detail else words_for[mark])
    names = [visible(name) for key in sorted(keys) for name in marks.tags.get(key, ()) if visible(name) != box.name]
    tag = fit(", ".join(names), DETAIL_PX, _MOST_TAG)
    shown = tuple(mark for mark, on in has.items() if on and mark != "dead")
    return replace(box, title=title, tag=tag, marks=shown, side="new" if has["new"] else "", dead=has["dead"])


def _wider(box: Box, detail: str) -> Box:
    width = max(box.width, 2 * round((TEXT_AT + text_width(detail, DETAIL_PX) + PAD) / 2))
    return replace(box, detail=detail, width=width, height=HEIGHT)


def _apart(n: int, name: str, kind: str) -> Box:
    """Return the box of a layer that was never called: dotted, and no line reaches it."""
    name, detail = fit(visible(name), NAME_PX, 200, middle=True), f"{visible(kind)[:60]} · never called"
    width = TEXT_AT + max(text_width(name, NAME_PX), text_width(detail, DETAIL_PX)) + PAD
    return Box(
        key=f"~never called {n}",
        family="custom",
        name=name,
        detail=detail,
        right="",
        badge="",
        title=f"{name} ({visible(kind)[:60]}), never called",
        frame=None,
        folded=False,
        dead=True,
        width=2 * round(width / 2),
        height=HEIGHT,
        apart=True,
    )
