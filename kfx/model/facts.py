"""Facts about a model's graph: frozen, plain values, the source of every picture.

Nothing here imports Keras. The readers beside this file make a `LayerGraph`; `kfx.draw` turns it into text and pictures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

Shape = tuple["int | None", ...]
_Made = TypeVar("_Made")
_ACTIVATIONS = frozenset(
    """activation relu relu6 leakyrelu prelu elu selu celu gelu silu swish mish glu sigmoid hardsigmoid hardsilu hardswish
    logsigmoid softmax logsoftmax sparsemax softplus softsign softshrink hardshrink tanh hardtanh tanhshrink threshold
    squareplus""".split()  # noqa: SIM905
)
TRACED = "traced"  # the note of a block whose inside was recorded from a run


class FastInit:
    """A frozen dataclass with a second, fast constructor, for the thousands of calls of large models."""

    @classmethod
    def of(cls: type[_Made], **fields: Any) -> _Made:
        """Return a new object, three times as fast as the constructor; fields with a default may be left out."""
        made = object.__new__(cls)
        made.__dict__.update(fields)
        return made


@dataclass(frozen=True, slots=True)
class Tensor:
    """The shape and dtype of one symbolic tensor.

    Attributes:
        shape: With the batch axis first, unknown axes as None, e.g. ``(None, 24, 24, 32)``.
            None if even the number of axes is unknown.
        dtype: E.g. ``"float32"``.
        name: The tensor's key in a dict of inputs or outputs, otherwise ``""``.
    """

    shape: Shape | None
    dtype: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one call of one layer for a single example; unknown if an axis other than the batch is unknown.

    Attributes:
        flops: Floating-point operations, or None when unknown.
        macs: Multiply-accumulates inside ``flops``, or None when unknown.
        at_least: The known floating-point operations if ``flops`` is None, e.g. of a model with one layer without a
            formula; otherwise 0.
        activation_bytes: Bytes of all outputs for one example, or None when an axis is unknown. For a model: of all
            calls inside it (without its inner inputs, which are tensors of the outer level).
        source: The source of the FLOPs formula, or the reason why it is unknown.
    """

    flops: int | None = None
    macs: int | None = None
    activation_bytes: int | None = None
    source: str = ""
    at_least: int = 0


@dataclass(frozen=True)
class LayerCall(FastInit):
    """One call of one layer: a box in a drawing, a row in a summary.

    Attributes:
        key: The address, unique in the graph: containers and layer joined by ``/``, each with ``@call`` if it is
            called more than once, e.g. ``"encoder/conv2d_1"``, ``"shared_embedding@2"``, ``"inner@2/dense"``.
        path: The same address split at its levels, outermost model first.
        name: The layer's own name.
        call: 1 for the first call; a shared layer has several.
        calls: The number of calls of this layer in its container; 0 if it is only listed.
        kind: ``"input"``, ``"layer"``, ``"op"`` (a non-layer operation such as ``x + y``), ``"model"`` (the graph
            holds its inside) or ``"opaque"`` (it holds layers, but their wiring is unknown).
        type: The class's name, e.g. ``"Conv2D"``.
        module: The class's module, e.g. ``"keras.layers"`` for Keras's own.
        family: Its purpose, one of `FAMILIES`.
        settings: The most important arguments, ready to print, e.g. ``("3×3", "same", "relu")``.
        config: Every constructor argument worth showing as ``(name, text)`` pairs, in the constructor's order.
        inputs: The tensors this call receives.
        outputs: The tensors this call returns.
        params: Scalars in the layer's weights, nested layers included; 0 for calls after the first of a shared layer
            and for weights counted before, so that top-level rows add up to the model's total.
        trainable: Those of ``params`` that training changes.
        own_params: Scalars in the layer's weights, including those counted before.
        weight_bytes: Bytes of the weights in ``params``, at each weight's dtype.
        dtype: The layer's compute dtype, e.g. ``"float32"`` or ``"float16"`` under mixed precision.
        frozen: True when the layer has weights that could train, but its ``trainable``, that of the model read, or each of
            its variables' is off.
        partly_frozen: True when training changes some of its weights and others were frozen: layers inside, single
            variables, the kernel under a LoRA update or after quantization. Statistics such as BatchNormalization's moving
            mean, which training never changes by gradients, do not count.
        cost: The cost of one call.
        parent: Key of the model or opaque layer around it, or None at the top level.
        inner_inputs: For a model: keys of the inner Input calls, in the order in which it takes its inputs.
        inner_outputs: For a model: ``(key, output index)`` of the inner calls that make its outputs, in order.
        bases: The class and its ancestors as ``module.Name``, nearest first, for questions such as "every convolution".
        note: A remark worth showing, e.g. why the inside is unknown; usually ``""``.
        derivation: The derivation of the output shape from the input's, a line for each axis, e.g.
            ``"height: 28 − 3 + 1 = 26"``; empty without a formula that agrees with Keras.
        built: False for a layer without weights yet, so that ``params`` is 0 and has no meaning.

    Example:
        >>> import keras, kfx
        >>> x = keras.Input((4,), name="x")
        >>> call = kfx.read_graph(keras.Model(x, keras.layers.Dense(2, name="scores")(x))).calls[-1]
        >>> call.key, call.type, call.outputs[0].shape, call.params, call.cost.flops
        ('scores', 'Dense', (None, 2), 10, 18)
    """

    key: str
    path: tuple[str, ...]
    name: str
    kind: str
    type: str
    family: str
    call: int = 1
    calls: int = 1
    module: str = "keras.layers"
    settings: tuple[str, ...] = ()
    config: tuple[tuple[str, str], ...] = ()
    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    params: int = 0
    trainable: int = 0
    own_params: int = 0
    weight_bytes: int = 0
    dtype: str = "float32"
    frozen: bool = False
    partly_frozen: bool = False
    cost: Cost = Cost()
    parent: str | None = None
    inner_inputs: tuple[str, ...] = ()
    inner_outputs: tuple[tuple[str, int], ...] = ()
    bases: tuple[str, ...] = ()
    note: str = ""
    derivation: tuple[str, ...] = ()
    built: bool = True

    @property
    def glyph(self) -> str:
        """The family that pictures show: that of the layer, or ``"act"`` for an activation without weights of its own kind."""
        word = self.type.lower().replace("_", "")
        return "act" if self.family == "custom" and word in _ACTIVATIONS else self.family

    @property
    def counted(self) -> bool:
        """True if ``params`` is known."""
        return self.built or bool(self.own_params)

    @property
    def trains(self) -> str:
        """``"yes"``, ``"no"``, ``"partly"``, or ``""`` for a call without weights: whether training changes them."""
        if not self.own_params:
            return ""
        only_statistics = not self.trainable and self.params == self.own_params
        return "no" if self.frozen or only_statistics else "partly" if self.partly_frozen else "yes"

    @property
    def label(self) -> str:
        """The name as a picture shows it: ``name@call`` for a shared layer, else the name."""
        return self.path[-1]

    @property
    def depth(self) -> int:
        """0 at the top level, 1 inside a nested model, and so on."""
        return len(self.path) - 1


def trains_together(calls: Iterable[LayerCall]) -> str:
    """Return whether training changes the weights of several calls, as `LayerCall.trains` does for one."""
    held = [call for call in calls if call.own_params]
    found = {call.trains for call in held if call.trains != "no" or call.frozen} or {call.trains for call in held}
    return "partly" if len(found) > 1 else "".join(found)


class Edge(NamedTuple):
    """One tensor between the call that makes it and a call that takes it; both have the same parent.

    Attributes:
        source: Key of the call that makes the tensor.
        output: The number of the output, from 0.
        target: Key of the call that takes it.
        argument: The path of the argument, e.g. ``"0"`` (first positional), ``"0.1"`` (second in a list), ``"mask"``.
    """

    source: str
    output: int
    target: str
    argument: str = "0"


@dataclass(frozen=True, slots=True)
class KvCache:
    """The keys and values of earlier positions that causal self-attention keeps while a text is written.

    Attributes:
        nbytes: Bytes for the whole batch.
        batch: Number of examples.
        lengths: Numbers of positions; several where the layers' lengths differ.
        layers: Addresses of the calls that are counted.
    """

    nbytes: int
    batch: int
    lengths: tuple[int, ...]
    layers: tuple[str, ...]


@dataclass(frozen=True)
class LayerGraph:
    """The facts about one model for all its pictures.

    Attributes:
        name: The model's name.
        type: The model's class, e.g. ``"Functional"``.
        kind: ``"exact"`` (Keras's own graph), ``"traced"`` (calls and edges recorded from one run) or ``"opaque"`` (the
            layers are known, but not their wiring).
        calls: Each call after all that it needs; the calls inside a nested model follow it.
        edges: Between calls of one container only; `kfx.model.walk.wires` goes through the walls of nested models.
        inputs: Keys of the top-level inputs, in the model's order.
        outputs: ``(key, output index, name)`` of each output of the model, in its order; the name is a dict key or ``""``.
        params: Scalars in all weights, each counted once, equal to ``model.count_params()``.
        trainable: Scalars in the weights that training changes.
        weight_bytes: Bytes of all weights, each counted once, each at its own dtype; without those that hold text.
        weights_sized: False if some weights hold text, whose bytes are unknown.
        cost: Of the whole model for one example: the sum of its top-level calls.
        optimizer_params: Scalars in the optimizer's variables when the model is compiled and built, else 0.
        active_params: Of a mixture of experts: scalars that compute for one token; None elsewhere, and where it is not known.
        kv_cache: Of a model with causal self-attention at a known length: the size of its cache; else None.
        notes: Sentences for the reader, e.g. on parts that could not be read.
        stored: True if the facts come from a file's configuration, without the objects that it describes.
        unread: Keys of the blocks, layers made of layers by code of the user's, whose inside could not be read.

    Example:
        >>> import keras, kfx
        >>> x = keras.Input((4,), name="x")
        >>> graph = kfx.read_graph(keras.Model(x, keras.layers.Dense(2, name="scores")(x)))
        >>> graph.kind, graph.inputs, [(edge.source, edge.target) for edge in graph.edges]
        ('exact', ('x',), [('x', 'scores')])
    """

    name: str
    type: str
    kind: str
    calls: tuple[LayerCall, ...]
    edges: tuple[Edge, ...]
    inputs: tuple[str, ...] = ()
    outputs: tuple[tuple[str, int, str], ...] = ()
    params: int = 0
    trainable: int = 0
    weight_bytes: int = 0
    optimizer_params: int = 0
    cost: Cost = Cost()
    notes: tuple[str, ...] = ()
    stored: bool = False
    unread: tuple[str, ...] = ()
    weights_sized: bool = True
    active_params: int | None = None
    kv_cache: KvCache | None = None

    @property
    def blocks(self) -> int:
        """The number of calls of layers made of layers by code of the user's, those that could not be read among them."""
        return sum(call.note == TRACED for call in self.calls) + len(self.unread)

    def __repr__(self) -> str:
        return f"<LayerGraph {self.name!r}: {len(self.calls)} calls, {self.params:,} parameters, {self.kind}>"


FAMILIES = {
    "io": "input, output",
    "conv": "convolution",
    "dense": "dense",
    "pool": "pooling, reshape",
    "norm": "normalisation, dropout",
    "act": "activation",
    "seq": "recurrent, attention, embedding",
    "merge": "merge",
    "model": "nested model",
    "custom": "custom layer, operation",
    "error": "error",
}
