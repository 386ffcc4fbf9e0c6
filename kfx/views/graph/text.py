"""A graph as text: one line a call, indented by the models around it, with what feeds it."""

from __future__ import annotations

from collections.abc import Mapping

from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.walk import by_key
from kfx.text import numbers
from kfx.text.table import aligned
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
    labels = {call.key: visible(call.label) if names else f"#{i}" for i, call in enumerate(graph.calls, 1)}
    sources = source_labels(graph, labels)
    cells = [
        ("  " * call.depth + labels[call.key], numbers.kind_of(call), numbers.shapes(call.outputs) if shapes else "")
        for call in graph.calls
    ]
    facts = ", ".join(map(str, head_facts(graph, summary_rows(graph))))
    lines = [f"{visible(graph.name)} ({visible(graph.type)}): {facts}"]
    for call, line in zip(graph.calls, aligned(cells, most=_NAME_CELLS), strict=True):
        lines.append(f"{line}  <- {', '.join(sources[call.key])}" if call.key in sources else line.rstrip())
    if graph.outputs:
        calls = by_key(graph)
        lines.append("returns " + ", ".join(_output(calls, *output) for output in graph.outputs))
    return "\n".join([*lines, *map(visible, graph.notes)])


def source_labels(graph: LayerGraph, labels: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the labels of what feeds each call, with the output's number where a call has several: ``split[1]``."""
    calls = by_key(graph)
    sources: dict[str, list[str]] = {}
    for edge in graph.edges:
        port = f"[{edge.output}]" if len(calls[edge.source].outputs) > 1 else ""
        sources.setdefault(edge.target, []).append(labels[edge.source] + port)
    return sources


def _output(calls: dict[str, LayerCall], key: str, output: int, name: str) -> str:
    label = visible(calls[key].label) + (f"[{output}]" if len(calls[key].outputs) > 1 else "")
    return f"{visible(name)}: {label}" if name else label
