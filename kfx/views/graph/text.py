"""A graph as text: one line a call, indented by the models around it, with what feeds it."""

from __future__ import annotations

from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.walk import by_key
from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.views.summary.rows import summary_rows
from kfx.views.summary.totals import head_facts

_NAME_CELLS = 44  # a longer name pushes its own line to the right and no other


def text_tree(graph: LayerGraph, *, names: bool = True, shapes: bool = True) -> str:
    """Return the graph as text.

    Args:
        graph: The facts.
        names: With the layers' names; without, the types come first and sources are numbered.
        shapes: With output shapes.
    """
    calls = by_key(graph)
    number = {call.key: i for i, call in enumerate(graph.calls, 1)}
    sources: dict[str, list[str]] = {}
    for edge in graph.edges:
        port = f"[{edge.output}]" if len(calls[edge.source].outputs) > 1 else ""
        name = visible(calls[edge.source].label) if names else f"#{number[edge.source]}"
        sources.setdefault(edge.target, []).append(name + port)
    rows = [_row(call, number[call.key], sources.get(call.key, []), names=names, shapes=shapes) for call in graph.calls]
    widths = [min(max((len(row[i]) for row in rows), default=0), _NAME_CELLS) for i in range(3)]
    lines = [_head(graph)]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True))
        lines.append(f"{line}  <- {row[3]}".rstrip() if row[3] else line.rstrip())
    if graph.outputs:
        lines.append("returns " + ", ".join(_output(calls, *output) for output in graph.outputs))
    lines += [visible(note) for note in graph.notes]
    return "\n".join(lines)


def _head(graph: LayerGraph) -> str:
    facts = ", ".join(map(str, head_facts(graph, summary_rows(graph))))
    return f"{visible(graph.name)} ({visible(graph.type)}): {facts}"


def _row(call: LayerCall, number: int, sources: list[str], *, names: bool, shapes: bool) -> tuple[str, str, str, str]:
    name = visible(call.label) if names else f"#{number}"
    return (
        "  " * call.depth + name,
        numbers.kind_of(call),
        numbers.shapes(call.outputs) if shapes else "",
        ", ".join(sources),
    )


def _output(calls: dict[str, LayerCall], key: str, output: int, name: str) -> str:
    label = visible(calls[key].label) + (f"[{output}]" if len(calls[key].outputs) > 1 else "")
    return f"{visible(name)}: {label}" if name else label
