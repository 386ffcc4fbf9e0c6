"""Render a growing graph at one moment: as text, as a drawing, as HTML, and for the live view."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, replace
from functools import cached_property
from html import escape
from typing import Any

from kfx.draw.graph.boxes import Options, Picture
from kfx.draw.graph.fold import MOST_BOXES, fold_plan
from kfx.draw.graph.picture import picture
from kfx.draw.graph.svg import draw
from kfx.draw.graphviz.places import Layout
from kfx.draw.palette import sketch_style
from kfx.model.growing.facts import SketchState
from kfx.text.untrusted import visible
from kfx.views.graph.data import folding, laid_out, unfolded_containers
from kfx.views.graph.html import image_html, text_html
from kfx.views.mistake.data import MistakeWords, mistake_text, mistake_words
from kfx.views.mistake.html import mistake_html
from kfx.views.payload import payload, wire_key
from kfx.views.sketch.layout import lay_out_sketch
from kfx.views.sketch.marks import add_marks, find_marks, top_level_calls
from kfx.views.sketch.outlines import draw_names, draw_rings, rings
from kfx.views.sketch.text import sketch_facts, sketch_text

_OPTIONS = Options(every_shape=True)


class SketchRenderer:
    """Renders a growing graph as it is at one moment.

    Attributes:
        seen: The graph and its marks at that moment.
        title: The line above the drawing.
        grows: True if a later moment may follow.
    """

    def __init__(self, seen: SketchState, title: str = "sketch", *, hide: bool = False, grows: bool = True):
        self.seen = without_replaced(seen) if hide else seen
        self.title, self.grows = title, grows
        self.hidden = len(seen.replaced) if hide else 0
        self.plan = fold_plan(self.seen.graph, blocks=len(self.seen.graph.calls) > MOST_BOXES)
        self.marks = find_marks(self.seen)
        self._drawings: dict[frozenset[str], dict[str, Any]] = {}

    @cached_property
    def open_at_first(self) -> frozenset[str]:
        """Keys of the containers that are unfolded at first: those around new calls and the failed call and its sources."""
        wanted = self.marks.new | self.marks.refused | self.marks.wrong | {s for s, *_ in self.marks.red}
        around = [holder for key in wanted for holder in self.plan.holders(key)]
        return frozenset(self.plan.start | {key for key in around if not self.plan.containers[key].model})

    # ------------------------------------------------------------------------------------------------ drawing

    def _draw(self, opened: Collection[str]) -> tuple[Picture, Layout, dict[str, str]]:
        """Return the marked boxes and lines, their places, and SVG to put ``under`` and ``over`` them: the models' outlines."""
        graph = self.seen.graph
        open_ended = replace(graph, outputs=tuple((call.key, 0, "") for call in graph.calls))  # leading nowhere is a mark
        boxes = add_marks(picture(open_ended, self.plan, opened, _OPTIONS), graph, self.plan, self.marks)
        tops = top_level_calls(boxes, graph, self.plan)
        found = rings([(o.name, frozenset(i for i, keys in enumerate(tops) if keys & o.keys)) for o in self.seen.outlines])
        layout = lay_out_sketch(boxes, found)
        return boxes, layout, {"under": draw_rings(found, boxes, layout), "over": draw_names(found, layout)}

    @cached_property
    def svg(self) -> str:
        """The drawing with its own colours.

        Raises:
            NoEngineError: No Graphviz engine could lay it out.
        """
        boxes, layout, outlines = self._draw(self.open_at_first)
        under = f"<style>{sketch_style()}</style>{outlines['under']}"
        return draw(boxes, layout, title=self.alt, under=under, over=outlines["over"])

    @cached_property
    def alt(self) -> str:
        """One sentence about the drawing, for readers without images."""
        refused = self.seen.refused
        end = f", {visible(refused.mistake.name)[:80]} refused" if refused else ""
        return f"Sketch: {', '.join(sketch_facts(self.seen))}{end}"

    def drawing(self, unfolded: Collection[str]) -> dict[str, Any]:
        """Return the drawing for the script with these containers unfolded; unknown keys are ignored."""
        opened = unfolded_containers(self.plan, unfolded)
        if opened not in self._drawings:
            boxes, layout, outlines = self._draw(opened)
            drawing = laid_out(boxes, layout, opened, title=self.alt, flow=_OPTIONS.rankdir, **outlines)
            self._drawings[opened] = {**drawing, "fresh": _fresh(boxes)}
        return self._drawings[opened]

    # ------------------------------------------------------------------------------------------------ words

    @cached_property
    def mistake(self) -> MistakeWords | None:
        """The explanation of the refused call, if there is one."""
        return mistake_words(self.seen.refused.mistake) if self.seen.refused else None

    def text(self) -> str:
        """Return the graph as text, and below it the explanation of a failed call."""
        text = sketch_text(self.seen)
        return f"{text}\n\n{mistake_text(self.mistake)}" if self.mistake else text

    def html(self, note: str = "", *, picture: bool = True) -> str:
        """Return HTML that survives a sanitizer: the drawing, the mistake at its right, the calls as text."""
        head = f"<b>{escape(visible(self.title)[:80])}</b> &nbsp;{escape(' · '.join(sketch_facts(self.seen)))}"
        head = f'<div style="font-size:13px;padding:4px 0">{head}</div>'
        text = text_html(sketch_text(self.seen), opened=not picture)
        shown = image_html(lambda: self.svg, self.alt) if picture else ""
        style = "font-size:11px;color:var(--jp-ui-font-color2,#535D69);margin:4px 0"
        foot = f'<p style="{style}">{escape(note)}</p>' if note else ""
        if self.mistake is None:
            return f"{head}{shown}{foot}{text}"
        return (
            f'{head}<div style="display:flex;flex-wrap:wrap;align-items:flex-start;gap:8px 24px">'
            f'<div style="max-width:100%">{shown}{text}</div>'
            f'<div style="flex:1 1 340px;min-width:0;max-width:100%">{mistake_html(self.mistake)}</div></div>{foot}'
        )

    def traits(self) -> dict[str, Any]:
        """Return the values of the live view's traits, without the drawing."""
        return {
            "facts": payload(self.seen.graph),
            "folding": folding(self.seen.graph, self.plan),
            "unfolded": sorted(map(wire_key, self.open_at_first)),
            "head": {
                "title": visible(self.title),
                "facts": sketch_facts(self.seen),
                "replaced": len(self.seen.replaced) or self.hidden,
                "grows": self.grows,
            },
            "mistake": asdict(self.mistake) if self.mistake else {},
        }


def _fresh(boxes: Picture) -> list[int]:
    """Return the numbers of the boxes to bring into sight: the refused call, or else what is new."""
    refused = [i for i, box in enumerate(boxes.boxes) if "err" in box.marks]
    return refused or [i for i, box in enumerate(boxes.boxes) if box.side]


def without_replaced(seen: SketchState) -> SketchState:
    """Return the graph without the branches that a later cell replaced."""
    gone = {call.key for call in seen.graph.calls if call.path[0] in seen.replaced}
    graph = replace(
        seen.graph,
        calls=tuple(call for call in seen.graph.calls if call.key not in gone),
        edges=tuple(edge for edge in seen.graph.edges if edge.source not in gone and edge.target not in gone),
    )
    outlines = tuple(replace(outline, keys=outline.keys - gone) for outline in seen.outlines)
    return replace(seen, graph=graph, replaced=frozenset(), outlines=outlines)
