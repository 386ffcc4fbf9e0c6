"""Write a growing graph as text: a line for each call, with its mark, its sources and the variables that hold its outputs."""

from __future__ import annotations

from kfx.model.facts import LayerCall
from kfx.model.growing.facts import SketchState
from kfx.model.walk import by_key
from kfx.text import numbers
from kfx.text.table import aligned
from kfx.text.untrusted import visible
from kfx.views.graph.text import source_labels

_NAME_CELLS = 44  # a longer name pushes its own line to the right and no other


def sketch_facts(seen: SketchState) -> list[str]:
    """Return the counts after the title, e.g. ``["7 layers", "2 new", "1 refused"]``."""
    refused = {seen.refused.key} if seen.refused else set()
    top = [call for call in seen.graph.calls if call.parent is None and call.key not in refused]
    called = any(call.kind != "input" for call in top)
    operations = sum(call.kind == "op" for call in top)
    calls = len(top) - operations  # inputs count, as in every view and in Keras
    layers = sum(call.call == 1 for call in top) - operations
    facts = [numbers.count(layers, "layer") if called else "no layer called yet"]
    facts += [numbers.count(calls, "call")] if called and calls > layers else []
    facts += [numbers.count(operations, "operation")] if called and operations else []
    facts += [f"{len(seen.new)} new"] if seen.new else []
    shown = f", the last {len(seen.replaced)} shown" if seen.older and seen.replaced else ", not shown" if seen.older else ""
    facts += [f"{len(seen.replaced) + seen.older:,} replaced{shown}"] if seen.replaced or seen.older else []
    facts += [f"{len(seen.nowhere)} leading nowhere"] if seen.nowhere else []
    facts += [f"{len(seen.unused)} never called"] if seen.unused else []
    facts += ["1 refused"] if refused else []
    return facts


def sketch_text(seen: SketchState) -> str:
    """Return the graph at one moment as text."""
    calls = by_key(seen.graph)
    labels = {key: visible(call.label) for key, call in calls.items()}
    sources = source_labels(seen.graph, labels)
    cells = [
        (
            _mark(seen, call),
            "  " * call.depth + labels[call.key],
            " · ".join([numbers.kind_of(call), *map(visible, call.settings)]),
            numbers.shapes(call.outputs) if call.outputs else "",
        )
        for call in seen.graph.calls
    ]
    lines = [f"sketch: {', '.join(sketch_facts(seen))}"]
    for call, line in zip(seen.graph.calls, aligned(cells, most=_NAME_CELLS), strict=True):
        variables = [name for name in map(visible, seen.held.get(call.key, ())) if name != labels[call.key]]
        line += f"  <- {', '.join(sources[call.key])}" if call.key in sources else ""
        line += f"  = {', '.join(variables)}" if variables else ""
        lines.append(line.rstrip())
    if seen.unused:
        lines.append("never called: " + ", ".join(f"{visible(name)} ({visible(kind)})" for name, kind in seen.unused))
    for outline in seen.outlines:
        members = ", ".join(labels[key] for key in labels if key in outline.keys)
        lines.append(f"model {visible(outline.name)}: {members or 'nothing of this graph'}")
    return "\n".join(lines)


def _mark(seen: SketchState, call: LayerCall) -> str:
    top = call.path[0]
    if seen.refused and top == seen.refused.key:
        return "refused"
    if top in seen.nowhere:
        return "leads nowhere"
    return "new" if top in seen.new else "replaced" if top in seen.replaced else ""
