"""How long two large models take to compare: the structure, both graphs in one, the words, the weights.

Run it by hand: ``python benchmarks/diff_speed.py``. The models are EfficientNetB7 (816 calls) and the same with one changed
argument; and with automatic names that have all counted on.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

from kfx.keras_access.importing import import_keras
from kfx.model.compare.differences import compare
from kfx.model.compare.weights import weight_changes
from kfx.model.facts import LayerGraph
from kfx.model.read.model import read_layers
from kfx.model.read.weights import weights_by_call
from kfx.views.diff.picture import TwoGraphs
from kfx.views.diff.rows import shown_rows


def median_ms(work: Callable[[], object], runs: int = 5) -> float:
    """Median time of one run, after one that is not counted."""
    work()
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


def changed(graph: LayerGraph) -> LayerGraph:
    """The same graph with one other kernel size, far inside."""
    calls = list(graph.calls)
    place = [i for i, call in enumerate(calls) if call.type == "DepthwiseConv2D"][30]
    config = tuple((name, "(7, 7)" if name == "kernel_size" else text) for name, text in calls[place].config)
    calls[place] = replace(calls[place], config=config)
    return replace(graph, calls=tuple(calls))


def renamed(graph: LayerGraph) -> LayerGraph:
    """The same graph with other names throughout."""

    def other(key: str) -> str:
        return f"{key}_other"

    calls = [replace(c, key=other(c.key), name=other(c.name), path=(other(c.path[0]),)) for c in graph.calls]
    edges = [replace(edge, source=other(edge.source), target=other(edge.target)) for edge in graph.edges]
    outputs = tuple((other(key), n, name) for key, n, name in graph.outputs)
    return replace(graph, calls=tuple(calls), edges=tuple(edges), inputs=tuple(map(other, graph.inputs)), outputs=outputs)


def main() -> None:
    """Print one line a measurement."""
    model = import_keras().applications.EfficientNetB7(weights=None)
    graph, layers = read_layers(model)
    for what, second in (("one changed argument", changed(graph)), ("and all names other", renamed(changed(graph)))):
        diff = compare(graph, second)
        print(f"{len(graph.calls)} calls, {what}: {diff}")
        print(f"  compare        {median_ms(lambda b=second: compare(graph, b)):7.0f} ms")
        print(f"  graph of both  {median_ms(lambda d=diff: TwoGraphs(d).picture()):7.0f} ms")
        print(f"  words          {median_ms(lambda d=diff: shown_rows(d, TwoGraphs(d).union)):7.0f} ms")
    weights = weights_by_call(graph, layers, copy=True)
    pairs = [(call.key, call.key) for call in graph.calls]
    live = weights_by_call(graph, layers)
    print(f"{graph.params:,} weights: {median_ms(lambda: weight_changes(pairs, weights, live)):.0f} ms when all are equal")


if __name__ == "__main__":
    main()
