"""The sizes of a run's tensors when the model is called with one example, for costs."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from kfx.keras_access.importing import import_keras
from kfx.keras_access.tensorflow.sizes import Sizes, sizes_given
from kfx.model.read.inside.trace import Event, Run

_MOST_ROUNDS = 16  # of inferring sizes: one for each layer in a row that is called with axes merged into that of the examples


class OneExample:
    """Tells the sizes of tensors of a run for one example of the container that was run.

    In a graph, TensorFlow infers them again with 1 in place of the number of examples. In a run with data, and where the number
    of examples is fixed, the first axis is divided by it.
    """

    def __init__(self, run: Run) -> None:
        import tensorflow as tf

        self.tf, self.run = tf, run
        given = [x for x in _tensors(tf, run.event.args, run.event.kwargs) if x.shape.rank]
        self.entrances = given
        counts = {x.shape[0] for x in given}
        self.is_unknown = any(
            None in tuple(x.shape)[1:] for x in given
        )  # an axis besides that of the examples: nothing to infer
        self.examples = next(iter(counts)) if len(counts) == 1 and None not in counts else None

    def of(self, x: Any) -> Sizes | None:
        """Return the sizes of a tensor, None for each that is unknown; None if even their number is."""
        if getattr(getattr(x, "shape", None), "rank", None) is None:
            return None
        if self.run.graph is None or self.examples is not None:
            sizes = tuple(x.shape.as_list())
            n = self.examples
            return (sizes[0] // n, *sizes[1:]) if n and sizes and sizes[0] is not None and sizes[0] % n == 0 else sizes
        sizes = tuple(x.shape.as_list())
        if None not in sizes or self.is_unknown or not hasattr(x, "op"):
            return sizes
        return self._inferred.get(x.name, sizes)

    def times(self, tensors: list[Any]) -> int | None:
        """Return how many examples of a layer make one of the container: the first axis of what the layer takes."""
        for x in tensors:
            sizes = self.of(x)
            if sizes != ():
                return None if sizes is None else sizes[0]
        return 1

    @cached_property
    def _inferred(self) -> dict[str, Sizes | None]:
        given = {x.name: (1, *x.shape.as_list()[1:]) for x in self.entrances if x.shape[0] is None}
        stubs = list(self._stubs(self.run.event))
        guessed: dict[str, Sizes] = {x.name: (1, *x.shape.as_list()[1:]) for _, outputs in stubs for x in outputs}
        for _ in range(_MOST_ROUNDS):
            found = sizes_given(self.run.graph, given | guessed)
            then = dict(guessed)
            for inputs, outputs in stubs:
                firsts = (found.get(x.name) if hasattr(x, "op") else tuple(x.shape) for x in inputs)
                first = next((sizes for sizes in firsts if sizes is None or sizes), (1,))
                then.update((x.name, (None if first is None else first[0], *x.shape.as_list()[1:])) for x in outputs)
            if then == guessed:
                return found
            guessed = then
        return dict.fromkeys(found)

    def _stubs(self, event: Event) -> Any:
        """Yield what each layer that was not run was given, and those of its outputs whose first axis is unknown."""
        for inner in event.events:
            outputs = [x for x in _tensors(self.tf, inner.outputs) if x.op.type == "Placeholder"]
            loose = [x for x in outputs if x.shape.rank and x.shape[0] is None]
            if loose:
                yield _tensors(self.tf, inner.args, inner.kwargs), loose
            yield from self._stubs(inner)


def _tensors(tf: Any, *structures: Any) -> list[Any]:
    found = import_keras().tree.flatten(structures)
    return [x for x in found if isinstance(x, tf.Tensor)]
