"""Find the scores of attention in a run: every softmax that weights values, and the layer whose code makes it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.hooks import listening
from kfx.keras_access.importing import import_keras
from kfx.keras_access.tensorflow.origins import told_of_operations, told_of_replacements
from kfx.keras_access.tensorflow.tensors import current_graph, is_tensor
from kfx.values.tap.logits import Logits
from kfx.values.tap.recorder import Recorder
from kfx.values.tap.visit import Visit

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

PRODUCTS = frozenset({"MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "Einsum"})
SUMS = frozenset({"Sum", "Mean"})
# What becomes of scores before and after their softmax without another meaning: scaled, masked, moved, joined.
_MOVES = frozenset({
    "Add", "AddV2", "BiasAdd", "Sub", "Mul", "RealDiv", "DivNoNan", "Neg", "Maximum", "Minimum", "Tanh", "Cast", "Identity",
    "Select", "SelectV2", "Reshape", "Transpose", "ExpandDims", "Squeeze", "StridedSlice", "Slice", "ConcatV2", "Pack", "Pad",
    "PadV2", "AddN", "Unpack", "Split", "SplitV", "GatherV2", "Tile", "CheckNumerics", "PreventGradient", "StopGradient",
})  # fmt: skip
_MASKS = frozenset({"Select", "SelectV2", "Mul"})  # after a softmax: scores of what is masked become zero

# (number of a softmax among all of a run, its output, its number of axes of keys) -> another output, or None
Change = Callable[[int, Any, int], Any]


@dataclass(eq=False, slots=True)
class Score:
    """The softmax of one attention.

    Attributes:
        owner: The call of the layer whose code makes it.
        number: Its number among all softmaxes of the run, from 0; the same in every run.
        tensor: The scores; the last ``places`` axes are keys, those before them as many queries.
        logits: What the softmax was taken of.
        places: How many axes are attended over: 1 for a sequence.
        weights: Whether it weights values.
        between: Whether the layer was called with several series of features, e.g. a decoder's and an encoder's.
    """

    owner: Visit
    number: int
    tensor: tf.Tensor
    logits: tf.Tensor
    places: int = 1
    weights: bool = False
    between: bool = False


class ScoreFinder(Recorder):
    """A hook that records one run of one model and finds its attention.

    A softmax counts where its values come from a product of two tensors that depend on the data (queries and keys), or where
    the layer is one of Keras's attention layers or is named so, and where its result then weights values. So the softmax of a
    router or of a classifier is none.

    Args:
        model: The model whose next call is recorded.
        change: Replaces the outputs of softmaxes, while a graph is built.
    """

    def __init__(self, model: keras.Model, change: Change | None = None) -> None:
        super().__init__(model)
        self._change, self._count, self._changing = change, 0, False
        self._found: list[Score] = []
        self._given: list[tuple[object, object]] = []  # the calls that run, each with its arguments
        self._held: list[Any] = []  # keeps alive whose identities are noted below
        self._fixed: set[int] = set()  # made of weights and constants alone
        self._products: set[int] = set()  # products of queries and keys, scaled and masked
        self._scores: dict[int, Score] = {}
        self._same: dict[int, int] = {}  # by a tensor that was cast, the one that it was cast of
        self._logits = Logits()
        layers = import_keras().layers
        self._softmax, self._steps = layers.Softmax, (layers.Softmax, layers.Activation)
        self._families = (layers.MultiHeadAttention, layers.GroupQueryAttention, layers.Attention)

    @contextlib.contextmanager
    def finding(self) -> Iterator[None]:
        """Find the attention in the model's call inside the block."""
        with listening(self), told_of_operations(self._on_operation), told_of_replacements(self._on_replaced):
            yield

    @property
    def scores(self) -> list[Score]:
        """The attention that was found, in the order in which the model computes it."""
        return [score for score in self._found if score.weights]

    def logits(self, output: Any) -> Any:
        """Return the input of the softmax or sigmoid that made an output; None where it is made in another way."""
        return self._logits.of(output)

    def on_call(
        self, op: keras.Operation, args: tuple[object, ...], kwargs: dict[str, object], proceed: Callable[[], object]
    ) -> object:
        run = proceed
        if isinstance(op, self._softmax) and not isinstance(op.axis, int):

            def run() -> object:
                return self._over_axes(op, args, proceed())

        self._given.append((op, (args, kwargs)))
        try:
            return super().on_call(op, args, kwargs, run)
        finally:
            self._given.pop()

    def _over_axes(self, layer: keras.layers.Softmax, args: tuple[object, ...], outputs: Any) -> Any:
        """Note a softmax over several axes at once, which is no single operation."""
        axes = tuple(layer.axis)
        if len(axes) == 1 or not is_tensor(outputs) or not args or self._away():
            return outputs
        self._note(args[0], outputs, len(axes))
        changed = self._changed(outputs, len(axes))
        return outputs if changed is None else changed

    def _changed(self, scores: Any, places: int) -> Any:
        """Return what replaces the output of the softmax that was noted last, or None."""
        self._changing = True  # the operations that do it are no part of the run
        try:
            return None if self._change is None else self._change(self._count - 1, scores, places)
        finally:
            self._changing = False

    def _away(self) -> bool:
        return not self._stack or current_graph() is not self._graph

    def _on_operation(
        self, kind: str, inputs: Sequence[Any], attributes: object, outputs: Sequence[Any], graph: object
    ) -> Sequence[Any] | None:
        if self._changing or self._away() or graph is not self._graph or not len(outputs):
            return None
        data = [x for x in inputs if id(x) not in self._fixed and x.dtype.name != "resource"]
        if not data:
            self._mark(self._fixed, outputs)
        elif kind in PRODUCTS:
            self._product(data, outputs)
        elif kind in ("Softmax", "Sigmoid"):
            self._logits.on_operation(kind, inputs, attributes, outputs, graph)
            return self._softmaxed(inputs[0], outputs[0]) if kind == "Softmax" else None
        elif kind in _MOVES:
            self._move(kind, data, outputs)
        elif kind in SUMS:
            self._weighs(data)
        return None

    def _on_replaced(self, before: Sequence[Any], after: Sequence[Any]) -> None:
        """Note that a patch puts other tensors in the place of an operation's outputs."""
        self._held += after
        self._logits.on_replaced(before, after)
        for old, new in zip(before, after, strict=False):
            for kind in (self._fixed, self._products):
                if id(old) in kind:
                    kind.add(id(new))
            score = self._scores.get(id(old))
            if score is not None:
                self._scores[id(new)] = score
                if score.tensor is old:
                    score.tensor = new

    def _mark(self, kind: set[int], tensors: Sequence[Any]) -> None:
        self._held += tensors
        kind.update(map(id, tensors))

    def _product(self, data: Sequence[Any], outputs: Sequence[Any]) -> None:
        if len(data) > 1:
            self._mark(self._products, outputs)
            self._weighs(data)

    def _weighs(self, data: Sequence[Any]) -> None:
        for x in data:
            if id(x) in self._scores:
                self._scores[id(x)].weights = True

    def _move(self, kind: str, data: Sequence[Any], outputs: Sequence[Any]) -> None:
        if any(id(x) in self._products for x in data):
            self._mark(self._products, outputs)
        for x in data:
            score = self._scores.get(id(x))
            if score is not None:
                self._held += outputs
                self._scores.update((id(out), score) for out in outputs)
                if kind in _MASKS and x is score.tensor and _is_like(x, outputs[0]):
                    score.tensor = outputs[0]
        if kind in ("Cast", "Identity"):
            self._logits.on_operation(kind, data, None, outputs, None)
            self._recast(data[0], outputs[0])

    def _recast(self, x: Any, output: Any) -> None:
        """Note that a tensor is another one in another type."""
        self._held += (x, output)
        self._same[id(output)] = self._same.get(id(x), id(x))

    def _softmaxed(self, logits: Any, output: Any) -> Sequence[Any] | None:
        self._note(logits, output, 1)
        changed = self._changed(output, 1)
        if changed is None:
            return None
        self._logits.on_replaced([output], [changed])
        return [changed]

    def _note(self, logits: Any, output: Any, places: int) -> None:
        number, self._count = self._count, self._count + 1
        rank = output.shape.rank
        if rank is None or rank < 1 + 2 * places:
            return
        owner = self._owner()
        if id(logits) in self._products or self._is_attention(owner.op, rank == 1 + 2 * places):
            score = Score(owner, number, output, logits, places, between=self._series(owner.op) > 1)
            self._found.append(score)
            self._held += [output, logits]
            self._scores[id(output)] = score

    def _owner(self) -> Visit:
        """Return the innermost call whose own code this is: around parts of a built-in layer and around softmax layers."""
        visits = [visit for visit, _, _ in self._stack]
        at = len(visits) - 1
        while at > 1 and (visits[at].hidden or isinstance(visits[at].op, self._steps)):
            if internals.function_of(visits[at - 1].op) is not None:
                break
            at -= 1
        return visits[at]

    def _series(self, op: object) -> int:
        """Return how many different series of features the running call of a layer was given."""
        given = next((given for one, given in reversed(self._given) if one is op), ())
        leaves = import_keras().tree.flatten(given)
        return len({self._same.get(id(x), id(x)) for x in leaves if is_tensor(x) and x.shape.rank == 3 and x.dtype.is_floating})

    def _is_attention(self, op: object, plain: bool) -> bool:
        """Return whether a layer is one of Keras's attention layers; of ``plain`` scores without heads also one named so.

        With an axis more, the softmax of a layer that is named so may be over something else, as in deformable attention.
        """
        named = plain and any("attention" in cls.__name__.lower() for cls in type(op).__mro__)
        return named or isinstance(op, self._families)


def _is_like(x: Any, other: Any) -> bool:
    return x.shape.rank == other.shape.rank and x.shape.is_compatible_with(other.shape)
