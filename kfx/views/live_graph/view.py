"""The drawing of a model while it trains: laid out once, recoloured when the layer monitor looks."""

from __future__ import annotations

import contextlib
import logging
import time
from typing import TYPE_CHECKING

from kfx.model.facts import LayerGraph
from kfx.notebook.host import in_kernel
from kfx.training.run.commands import Command, Outcome
from kfx.training.run.state import RunState
from kfx.views.graph.data import wire_key
from kfx.views.graph.view import Plot
from kfx.views.live_graph.measures import graph_measures

if TYPE_CHECKING:
    from kfx.views.live_graph.widget import LiveGraphWidget

_EVERY = 1.0  # seconds between two recolourings
_log = logging.getLogger("kfx")


class LiveGraph(Plot):
    """A drawing whose live face is coloured by a run; its static face is the plain drawing."""

    def __init__(self, graph: LayerGraph) -> None:
        super().__init__(graph)
        self.boxes: dict[str, tuple[str, ...]] = {wire_key(call.key): (call.key,) for call in graph.calls}
        self.boxes |= {wire_key(key): container.calls for key, container in self.plan.containers.items()}

    def _live(self) -> LiveGraphWidget:
        from kfx.views.live_graph.widget import LiveGraphWidget

        return LiveGraphWidget(self.live_drawing, **self.live_traits())


class GraphWatcher:
    """Shows the drawing when a run begins and recolours it while it lasts."""

    def __init__(self) -> None:
        self.view: LiveGraph | None = None
        self._stack = contextlib.ExitStack()
        self._at = 0.0

    def began(self, run: RunState) -> None:
        if not in_kernel():
            return
        from IPython.display import display

        from kfx.model.read.model import read_graph
        from kfx.notebook.serve import served_while_busy

        try:
            view = LiveGraph(read_graph(run.model))
            run.polls.append(self._stack.enter_context(served_while_busy(view.widget)))
            display(view)
            self.view = view
        except Exception:
            _log.warning("The live graph could not start; training goes on without it.")
            _log.debug("The live graph's error:", exc_info=True)

    def tick(self, run: RunState) -> None:
        if time.perf_counter() - self._at >= _EVERY:
            self._recolour(run)

    def answered(self, run: RunState, command: Command, outcome: Outcome) -> None:
        """Outcomes are shown by the run's own view."""

    def ended(self, run: RunState) -> None:
        self._recolour(run)
        self._stack.close()

    def _recolour(self, run: RunState) -> None:
        if self.view is not None:
            self._at = time.perf_counter()
            self.view.widget.measures = graph_measures(run.journal, self.view.boxes)
