"""Data for the live drawing: its blocks, what holds what, and the address of each box."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from kfx.draw.graph.boxes import Options, Picture
from kfx.draw.graph.plan import Container, FoldPlan
from kfx.draw.graph.svg import draw
from kfx.draw.graphviz.layout import lay_out
from kfx.draw.graphviz.places import Layout
from kfx.model.facts import LayerCall, LayerGraph, trains_together
from kfx.model.walk import by_key, count_held
from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.views.payload import wire_key


def folding(graph: LayerGraph, plan: FoldPlan) -> dict[str, Any]:
    """Return the fold plan for the script: ``around`` maps each call and container to its holder, ``blocks`` are found blocks.

    ``copies`` are the parts of each line of equal ones of which one is shown.

    Nested models are not among the blocks: `kfx.views.payload` has their facts.
    """
    calls = by_key(graph)
    return {
        "around": {wire_key(key): None if around is None else wire_key(around) for key, around in plan.around.items()},
        "containers": [wire_key(key) for key in plan.containers],
        "copies": {
            wire_key(key): list(map(wire_key, plan.inside[key]))
            for key, box in plan.containers.items()
            if box.repeats > 1 and plan.one_copy
        },
        "blocks": [
            _block(box, calls, numbers.held(*count_held(plan.within(box.key), calls)))
            for box in plan.containers.values()
            if not box.model
        ],
    }


def unfolded_containers(plan: FoldPlan, keys: Collection[str]) -> frozenset[str]:
    """Return what is unfolded by its names in the browser, see `kfx.draw.graph.plan`; unknown ones are ignored."""
    by_wire = {wire_key(key): key for key in plan.containers}
    found = set()
    for key in keys:
        container, sign, copy = (key, "", "") if key in by_wire else key.rpartition("#")
        if container in by_wire and (not sign or copy == "all" or (copy.isdecimal() and copy.isascii())):
            found.add(by_wire[container] + sign + copy)
    return frozenset(found)


def _block(box: Container, calls: dict[str, LayerCall], holds: str) -> dict[str, Any]:
    """Return the facts of a block under the keys of a call's facts."""
    inside = [calls[key] for key in box.calls]
    params = sum(call.params for call in inside)
    flops = [call.cost.flops for call in inside]
    memory = [call.cost.activation_bytes for call in inside]
    some_flops = sum(call.cost.at_least if call.cost.flops is None else call.cost.flops for call in inside)
    some_memory = sum(filter(None, memory))
    return {
        "key": wire_key(box.key),
        "label": visible(box.label),
        "type": f"{box.repeats} equal blocks, {holds}" if box.repeats > 1 else f"block of {holds}",
        "family": "model",
        "settings": "",
        "shape": numbers.shapes(inside[-1].outputs),
        "params": params,
        "paramsText": numbers.exact(params),
        "paramsShort": numbers.short(params),
        "flops": None if None in flops else some_flops,
        "flopsText": numbers.at_least(numbers.short(some_flops), some_flops, whole=None not in flops),
        "memory": None if None in memory else some_memory,
        "memoryText": numbers.at_least(numbers.size(some_memory), some_memory, whole=None not in memory),
        "trains": trains_together(inside),
        "note": "",
    }


def drawing(boxes: Picture, opened: Collection[str], options: Options, title: str) -> dict[str, Any]:
    """Lay out and draw one picture for a script.

    Args:
        boxes: What to draw.
        opened: Keys of the containers that are unfolded in it.
        options: Its direction and the form of its lines.
        title: What a screen reader calls it.

    Returns:
        ``svg`` (without colours), its size in px, ``open``, ``boxes`` and ``frames`` (keys in the order of the drawing's
        numbers), ``titles`` of the boxes, ``ends`` (the two boxes of each line), ``flow`` (the direction).

    Raises:
        NoEngineError: No engine could lay it out.
    """
    return laid_out(
        boxes, lay_out(boxes, options.rankdir, options.splines, wide=options.wide), opened, title=title, flow=options.rankdir
    )


def laid_out(
    boxes: Picture, layout: Layout, opened: Collection[str], *, title: str, flow: str = "TB", under: str = "", over: str = ""
) -> dict[str, Any]:
    """Return the same as `drawing` for a picture that is laid out; ``under`` is drawn below its lines, ``over`` above."""
    return {
        "svg": draw(boxes, layout, alone=False, title=title, under=under, over=over),
        "width": layout.width,
        "height": layout.height,
        "open": sorted(map(wire_key, opened)),
        "boxes": [wire_key(box.key) for box in boxes.boxes],
        "titles": [box.title for box in boxes.boxes],
        "frames": [wire_key(frame.key) for frame in boxes.frames],
        "ends": [[line.source, line.target] for line in boxes.lines],
        "flow": flow,
    }
