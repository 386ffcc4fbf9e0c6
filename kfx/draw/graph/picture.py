"""Put a graph into boxes: facts and a fold plan in, a picture of measured boxes, frames and lines out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace

from kfx.draw.graph.boxes import DETAIL_PX, MOST, Box, Frame, Line, Options, Picture, sized
from kfx.draw.graph.copies import Copies
from kfx.draw.graph.plan import Container, FoldPlan
from kfx.draw.graph.ports import tagged, to_copies, with_ports
from kfx.draw.graph.trunk import line_kinds
from kfx.draw.text_width import fit, text_width
from kfx.model.facts import LayerCall, LayerGraph, trains_together
from kfx.model.walk import by_key, count_held, wires
from kfx.text import numbers
from kfx.text.numbers import visible

_TRAINS = {"yes": "trainable", "no": "frozen", "partly": "partly frozen"}
_TITLE_CHARS = 300


def picture(
    graph: LayerGraph,
    plan: FoldPlan,
    opened: Collection[str],
    options: Options,
    shapes: Mapping[tuple[str, int], str] | None = None,
) -> Picture:
    """Put the graph into boxes.

    Args:
        graph: The facts.
        plan: Which containers there are.
        opened: Keys of the containers that are unfolded; one inside a folded container does not show.
        options: The contents of a box.
        shapes: Texts at lines in place of the shape, by call and output.
    """
    calls = by_key(graph)
    framed: dict[str, str | None] = {}  # each box or frame -> the frame around it
    frames: list[str] = []
    shown = plan.shown_copies(opened)

    def show(around: str | None) -> None:
        for member in plan.visible(around, shown):
            framed[member] = around
            if member in shown:
                frames.append(member)
                show(member)

    show(None)
    loose = {key for key in frames if key in calls and calls[key].kind == "opaque"}  # its own box is drawn too: lines end there
    place = {key: i for i, key in enumerate(key for key in framed if key in loose or key not in set(frames))}
    copies = Copies(graph, plan, frames, shown)
    joints = _joints(graph, plan, place, frames, copies)
    needed = {edge.source for edge in graph.edges}
    needed |= {key for key, *_ in graph.outputs} | {key for call in graph.calls for key, _ in call.inner_outputs}
    boxes = [
        _container_box(plan, key, calls, framed[key], options)
        if key in plan.containers and key not in loose
        else _call_box(
            calls[key], key if key in loose else framed[key], options, dead=graph.kind == "exact" and key not in needed
        )
        for key in place
    ]
    ends = [(place[_box_of(copies.twin(source), place, plan)], place[box]) for source, _, box in joints]
    kinds = line_kinds(len(boxes), ends)
    tops = {key: _top_of(copies.twin(key), framed, place, plan) for pair in plan.pairs for key in pair}
    pairs = [(tops[a], tops[b]) for a, b in plan.pairs]
    paired = {pair for pair in pairs if len(set(pair)) == 2}
    levels = {i for i, end in enumerate(ends) if tuple(_outermost(boxes[n].key, framed) for n in end) in paired}
    labels = (
        _labels(joints, ends, kinds, calls, options.every_shape, shapes or {}, levels)
        if options.show_shapes
        else [""] * len(ends)
    )
    if not options.every_shape:
        kinds = with_ports(joints, ends, kinds)
        boxes = tagged(boxes, ends, kinds, [_shape(calls[source], n) for source, n, _ in joints])
    if options.show_shapes and not options.every_shape:
        boxes = _with_sizes(boxes, graph, calls, plan, copies, place)
    quiet = to_copies(graph, plan)  # a mask for all layers of a line is a dotted line
    lines = [
        Line(
            *end,
            label,
            kind,
            ("port",) if any((*joint[:2], key) in quiet for key in (joint[2], *plan.holders(joint[2]))) else (),
        )
        for end, label, kind, joint in zip(ends, labels, kinds, joints, strict=True)
    ]
    return Picture(
        graph.name,
        tuple(boxes),
        tuple(_frame(plan.containers[key], framed[key], calls, key in loose, shown[key]) for key in frames),
        tuple(lines),
        tuple(pairs) if len(paired) == len(pairs) else (),
    )


def _outermost(key: str, framed: Mapping[str, str | None]) -> str:
    while framed.get(key) is not None:
        key = framed[key]  # type: ignore[assignment]
    return key


def _top_of(key: str, framed: Mapping[str, str | None], place: Collection[str], plan: FoldPlan) -> str:
    """The box or frame at the top of the picture that holds a call."""
    return _outermost(_box_of(key, place, plan), framed)


def _with_sizes(
    boxes: list[Box], graph: LayerGraph, calls: dict[str, LayerCall], plan: FoldPlan, copies: Copies, place: dict[str, int]
) -> list[Box]:
    """The boxes, those that make the model's outputs with their sizes."""
    sizes: dict[int, list[str]] = {}
    for key, n, _ in graph.outputs:
        while calls[key].kind == "model" and key not in place and n < len(calls[key].inner_outputs):
            key, n = calls[key].inner_outputs[n]
        sizes.setdefault(place[_box_of(copies.twin(key), place, plan)], []).append(_shape(calls[key], n))
    return [replace(box, size=" · ".join(filter(None, dict.fromkeys(sizes.get(i, ()))))) for i, box in enumerate(boxes)]


def _box_of(key: str, place: Collection[str], plan: FoldPlan) -> str:
    return next(holder for holder in (key, *plan.holders(key)) if holder in place)


def _joints(
    graph: LayerGraph, plan: FoldPlan, place: Collection[str], frames: Collection[str], copies: Copies
) -> list[tuple[str, int, str]]:
    """``(source call, output, target box)`` of each line; a tensor enters a block once, however many layers in it take it.

    It enters the copy that is shown of equal parts once, however many of them take it.
    """
    shut = {key for key, box in plan.containers.items() if box.model and key not in frames} - copies.walls
    found, entered = [], set()
    for wire in wires(graph, shut):
        target, source = copies.twin(wire.target), copies.twin(wire.source)
        box = _box_of(target, place, plan)
        if box == _box_of(source, place, plan) or copies.between(wire.source, wire.target):
            continue
        once = (target, source) != (wire.target, wire.source) or (box in plan.containers and not plan.containers[box].model)
        if once and (source, wire.output, box) in entered:
            continue
        entered.add((source, wire.output, box))
        found.append((source, wire.output, box))
    return found


def _labels(
    joints: list[tuple[str, int, str]],
    ends: list[tuple[int, int]],
    kinds: list[str],
    calls: dict[str, LayerCall],
    every: bool,
    instead: Mapping[tuple[str, int], str],
    levels: Collection[int],
) -> list[str]:
    """Return the shape of each line, once for each tensor; left out where it equals one that enters the line's source.

    Each line between the two ends of a level of a U has its shape.
    """
    shapes = [instead.get((source, n)) or _shape(calls[source], n) for source, n, _ in joints]
    entering: dict[int, set[str]] = {}
    beside: dict[tuple[int, int], list[int]] = {}  # lines between the same two boxes share one label
    for i, (end, shape) in enumerate(zip(ends, shapes, strict=True)):
        entering.setdefault(end[1], set()).add(shape)
        beside.setdefault(end, []).append(i)
    labels = [""] * len(ends)
    labelled: set[tuple[str, int]] = set()
    for end, lines in beside.items():
        fresh = lines if every else [i for i in lines if kinds[i] != "skip" and joints[i][:2] not in labelled]
        labelled.update(joints[i][:2] for i in fresh)
        new = dict.fromkeys(shapes[i] for i in fresh)
        if fresh and (every or not (len(new) == 1 and entering.get(end[0], set()) & set(new))):
            labels[fresh[0]] = " · ".join(new)
    return [shapes[i] if i in levels else label for i, label in enumerate(labels)]


def _shape(call: LayerCall, output: int) -> str:
    """``""`` where nothing is known of the output, as in a model that was never built."""
    return numbers.shape(call.outputs[output]) if output < len(call.outputs) else ""


def _call_box(call: LayerCall, frame: str | None, options: Options, *, dead: bool) -> Box:
    facts = list(call.settings)
    if not options.show_layer_activations:
        config = dict(call.config)
        for name in ("activation", "recurrent_activation"):
            if config.get(name) in facts:
                facts.remove(config[name])
    kind = "Input" if call.kind == "input" else visible(call.type)
    if options.show_dtype:
        facts.append(" · ".join(dict.fromkeys(t.dtype for t in call.outputs)) or call.dtype)
    if options.show_trainable and call.own_params:
        facts.append(_TRAINS[call.trains])
    if dead:
        facts.append("leads nowhere")
    label = visible(call.label)
    name, detail = (label, " · ".join([kind, *facts])) if options.show_layer_names else (kind, " · ".join(facts))
    return sized(
        key=call.key,
        family=call.glyph,
        name=name,
        detail=visible(detail),
        right=numbers.short(call.params) if call.params else "",
        title=f"{_brief(label)} ({visible(call.type)})",
        frame=frame,
        folded=False,
        dead=dead,
    )


def _container_box(plan: FoldPlan, key: str, calls: dict[str, LayerCall], frame: str | None, options: Options) -> Box:
    box = plan.containers[key]
    inner = [calls[key] for key in box.calls]
    holds = numbers.held(*count_held(plan.within(key), calls))
    types = Counter(call.type for call in inner if call.kind != "input") or ("Input",)
    family = calls[box.key].glyph if box.model else max(inner, key=lambda call: call.params).glyph
    kind = calls[box.key].type if box.model else " · ".join(types)
    label = visible(box.label)
    named = options.show_layer_names or not box.model
    params = calls[box.key].params if box.model else sum(call.params for call in inner)
    trains = calls[box.key].trains if box.model else trains_together(inner)
    told = calls[box.key].settings if box.model else ()
    facts = [kind if named else " · ".join(types), *told, *([_TRAINS[trains]] if options.show_trainable and trains else [])]
    return sized(
        key=box.key,
        family=family,
        name=label if named else visible(kind),
        detail=visible(" · ".join(facts)),
        right=numbers.short(params) if params else "",
        badge=f"×{box.repeats}" if box.repeats > 1 else f"+{holds}",
        title=f"{_brief(label)} ({holds})",
        frame=frame,
        folded=True,
        dead=False,
    )


def _frame(box: Container, frame: str | None, calls: dict[str, LayerCall], loose: bool, copy: int | None) -> Frame:
    params = calls[box.key].params if box.model else sum(calls[key].params for key in box.calls)
    copy_shown = "" if copy is None else f" · shown: {copy + 1}"
    right = f"×{box.repeats}{copy_shown}" if box.repeats > 1 else numbers.short(params) if params else ""
    name = fit(visible(box.label), 11.5, MOST, middle=True)
    width = 44 + text_width(name, 11.5, bold=True) + text_width(right, DETAIL_PX)
    return Frame(box.key, name, right, _brief(visible(box.label)), frame, round(width), loose)


def _brief(name: str) -> str:
    return name if len(name) <= _TITLE_CHARS else f"{name[:_TITLE_CHARS]}… ({len(name):,} characters)"
