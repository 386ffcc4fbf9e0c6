"""What the axes of each call's output are: where the channels are, and which outputs are attention maps."""

from __future__ import annotations

import ast
import re
from collections import defaultdict

from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.walk import Wire, by_key, wires

ATTENTION = {"MultiHeadAttention", "GroupedQueryAttention", "Attention", "AdditiveAttention"}
_LAST_AXIS = {  # classes that make the last axis anew, whatever it was before
    "Dense", "EinsumDense", "Embedding", "LSTM", "GRU", "SimpleRNN", "Reshape", "Flatten", "RepeatVector", "Dot",
    "MatMul", "Matmul", "Einsum", "Softmax", "OneHot", "CategoryEncoding", *ATTENTION,
}  # fmt: skip
_PRODUCTS = {"Dot", "MatMul", "Matmul", "Einsum", "BatchMatMul", "BatchMatMulV2", "Tensordot"}
_BETWEEN = {"Dropout", "Cast", "Identity", "Reshape", "Transpose", "Permute"}  # between the scores and their product
_AXIS_NORMS = {"BatchNormalization", "GroupNormalization", "SyncBatchNormalization", "UnitNormalization"}
_FORMAT = re.compile(r"(?P<of>\w+)\(.*data_format=(?P<format>\w+)|^(?P<alone>channels_\w+)$")


def channel_axes(graph: LayerGraph) -> dict[str, int]:
    """Return the axis of the channels, the batch axis not counted, of every call where it is not the last one.

    It is known of layers with ``data_format="channels_first"`` and of normalisations along another axis; from there it is
    followed along the graph, forwards and backwards, through layers that leave the axes where they are and through transposes.
    """
    calls = by_key(graph)
    own = {key: axis for key, call in calls.items() if (axis := _own(call, _rank(call))) is not None}
    if not any(_order(call) or _moved(call, own.get(call.key, -1)) or _channels_first(call) for call in graph.calls):
        return {}
    found, lines = own, wires(graph)
    for _ in range(len(calls)):
        before = len(found)
        for line in lines:
            _follow(line, calls, found)
        for key, call in calls.items():
            if key not in found and call.inner_outputs and call.inner_outputs[0][0] in found:
                found[key] = found[call.inner_outputs[0][0]]
        if len(found) == before:
            break
    return {key: axis for key, axis in found.items() if _moved(calls[key], axis)}


def _channels_first(call: LayerCall) -> bool:
    return any("channels_first" in text for _, text in call.config)


def _moved(call: LayerCall, axis: int) -> bool:
    return 0 <= axis < _rank(call) - 1


def _follow(line: Wire, calls: dict[str, LayerCall], found: dict[str, int]) -> None:
    """Take the axis along one wire, in either direction."""
    source, target = calls[line.source], calls[line.target]
    if line.source not in found:
        axis = _own(target, _rank(source))
        if axis is not None and (_moved(source, axis) or (_order(source) and target.type != "Flatten")):
            found[line.source] = axis
    order = _order(target)
    if not _rank(source) or _rank(source) != _rank(target) or (target.type in _LAST_AXIS and not order):
        return
    if line.target not in found and line.source in found:
        axis = found[line.source]
        found[line.target] = order.index(axis) if order else axis
    elif line.source not in found and line.target in found:
        axis = found[line.target]
        found[line.source] = order[axis] if order else axis


def _own(call: LayerCall, rank: int) -> int | None:
    """Return the axis that a layer's own arguments name, of values of so many axes without the batch axis, or None."""
    if rank < 1:
        return None
    for name, text in call.config:
        match = _FORMAT.search(text)
        if match and (match["format"] or name == "data_format"):
            if (match["format"] or match["alone"]) != "channels_first":
                return rank - 1
            digits = re.search(r"(\d)D", match["of"] or call.type)
            return max(0, rank - (int(digits[1]) if digits else 2) - 1) if rank > 1 else 0
    if call.type in _AXIS_NORMS:
        axis = dict(call.config).get("axis", "")
        if axis.isdigit() and 1 <= int(axis) < rank:
            return int(axis) - 1
    return None


def _rank(call: LayerCall) -> int:
    """Return the number of axes of a call's first output, without the batch axis; 0 where it is not known."""
    shape = call.outputs[0].shape if call.outputs else None
    return len(shape) - 1 if shape else 0


def _order(call: LayerCall) -> tuple[int, ...]:
    """Return where a transpose takes each axis from, without the batch axis; nothing for other calls."""
    if call.type not in ("Permute", "Transpose"):
        return ()
    text = next((text for name, text in call.config if name in ("dims", "axes")), "")
    try:
        axes = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return ()
    axes = tuple(axes[1:] if call.type == "Transpose" else axes) if isinstance(axes, tuple | list) else ()
    return tuple(axis - 1 for axis in axes) if sorted(axes) == list(range(1, _rank(call) + 1)) else ()


def attention_maps(graph: LayerGraph) -> set[str]:
    """Return the calls whose output is an attention map ``([heads,] queries, keys)``: a softmax that weights a product."""
    calls, feeds = by_key(graph), defaultdict(list)
    for line in wires(graph):
        feeds[line.source].append(line.target)
    outputs = {key for key, _, _ in graph.outputs}
    found = set()
    for key, call in calls.items():
        if call.type == "Softmax" and _rank(call) >= 2 and key not in outputs and _weights_product(key, calls, feeds):
            found.add(key)
    return found


def _weights_product(key: str, calls: dict[str, LayerCall], feeds: dict[str, list[str]], far: int = 4) -> bool:
    for target in feeds[key] if far else ():
        kind = calls[target].type
        if kind in _PRODUCTS or (kind in _BETWEEN and _weights_product(target, calls, feeds, far - 1)):
            return True
    return False


def returns_scores(call: LayerCall) -> bool:
    """Return whether a call is an attention layer, whose tensors after the first are attention maps."""
    return call.type in ATTENTION or any(base.rpartition(".")[2] in ATTENTION for base in call.bases)


_STEPPED = {
    "LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "TimeDistributed", "Masking", "Dense", "EinsumDense", "Conv1DTranspose",
    "PositionEmbedding", "SinePositionEncoding", "TransformerEncoder", "TransformerDecoder", *ATTENTION,
}  # fmt: skip
_SPACED = {"Flatten", "Reshape", "Resizing", "Rescaling", "CenterCrop", "ExpandDims"}
_THROUGH = {"Dropout", "GaussianNoise", "SpatialDropout1D", "Activation", "Add", "Multiply", "Subtract", "Cast"}


def read_as(graph: LayerGraph) -> dict[str, str]:
    """Return how the model reads its inputs of two axes: ``"steps"`` (a series, by time) or ``"space"`` (a picture).

    By the layers that take them: a recurrent layer or a convolution over one axis reads steps, a reshape or a convolution
    over two axes reads space. Inputs of which nothing tells are left out.
    """
    calls, feeds = by_key(graph), defaultdict(list)
    for line in wires(graph):
        feeds[line.source].append(line.target)
    found = {}
    for key, call in calls.items():
        if call.kind == "input" and _rank(call) == 2:
            how = _reader(key, calls, feeds)
            if how:
                found[key] = how
    return found


def _reader(key: str, calls: dict[str, LayerCall], feeds: dict[str, list[str]], far: int = 6) -> str:
    for target in feeds[key] if far else ():
        kind = calls[target].type
        if "2D" in kind or kind in _SPACED or kind.startswith("Random"):
            return "space"
        if "1D" in kind or kind in _STEPPED or returns_scores(calls[target]):
            return "steps"
        if "Normalization" in kind or kind in _THROUGH:
            how = _reader(target, calls, feeds, far - 1)
            if how:
                return how
    return ""


def unlearned(graph: LayerGraph) -> set[str]:
    """Return the calls that hold no weights and that no weights come before, but for statistics of a `Normalization`.

    There an augmented or rescaled picture is still a picture.
    """
    learned = {call.key for call in graph.calls if call.own_params and call.kind != "model" and call.type != "Normalization"}
    following = defaultdict(list)
    for line in wires(graph):
        following[line.source].append(line.target)
    todo = list(learned)
    while todo:
        for target in following[todo.pop()]:
            if target not in learned:
                learned.add(target)
                todo.append(target)
    return {call.key for call in graph.calls if call.kind in ("layer", "op") and call.key not in learned}


def step_word(graph: LayerGraph) -> str:
    """Return the word for a place on an axis besides two of space: slice of a volume, frame of a video, or place."""
    types = {call.type for call in graph.calls}
    if any(name.startswith("ConvLSTM") or name == "TimeDistributed" for name in types):
        return "frame"
    return "slice" if any("3D" in name for name in types) else "place"
