"""A model's graph as an object of another library, for people who edit or analyse graphs."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from kfx.model.facts import LayerGraph
from kfx.model.walk import by_key, wires
from kfx.text import numbers
from kfx.text.untrusted import visible

if TYPE_CHECKING:
    import graphviz
    import networkx
    import pydot


def graphviz_source(dot: str, name: str) -> graphviz.Source:
    """Return DOT as an object of the package graphviz, which renders with the system's Graphviz."""
    source: graphviz.Source = _package("graphviz").Source(dot, filename=f"{name or 'model'}.gv")
    return source


def pydot_graph(dot: str) -> pydot.Dot:
    """Return DOT as an object of pydot, whose nodes and edges can be changed."""
    (graph,) = _package("pydot").graph_from_dot_data(dot)
    found: pydot.Dot = graph
    return found


def networkx_graph(graph: LayerGraph) -> networkx.MultiDiGraph:
    """Return every call as a node and every tensor between two calls as an edge."""
    found: networkx.MultiDiGraph = _package("networkx").MultiDiGraph(name=visible(graph.name))
    for call in graph.calls:
        found.add_node(
            call.key,
            name=call.name,
            type=call.type,
            kind=call.kind,
            inside=call.parent,
            settings=list(call.settings),
            parameters=call.params if call.counted else None,
            flops=call.cost.flops,
            shapes=[tensor.shape for tensor in call.outputs],
        )
    calls = by_key(graph)
    for wire in wires(graph):
        shape = "".join(map(numbers.shape, calls[wire.source].outputs[wire.output : wire.output + 1]))
        found.add_edge(wire.source, wire.target, output=wire.output, argument=wire.argument, shape=shape)
    return found


def _package(name: str) -> ModuleType:
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(f"This needs the package {name}, which is not installed: pip install {name}.") from error
