"""Recurrent layers and their cells."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from kfx.model.facts import Shape, Tensor
from kfx.model.layers.activations import activation_cost
from kfx.model.layers.knowledge import LayerKnowledge, Line, Shapes, activation_word, each, keep, times

if TYPE_CHECKING:
    import keras

_WORDS = {
    "return_sequences": "every step",
    "return_state": "with state",
    "go_backwards": "backwards",
    "stateful": "stateful",
}

# ---- settings


def _settings(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    units = getattr(layer, "units", None)
    if units is not None:
        found = [f"{units} units"]
    elif isinstance(getattr(layer, "cell", None), str):  # read from a file: only the class's name is known
        found = [layer.cell]
    else:
        size = times(layer.state_size)
        found = [f"{type(layer.cell).__name__} {size}"] if hasattr(layer, "cell") else [size]
    found += [word for flag, word in _WORDS.items() if getattr(layer, flag, False)]
    return found + [name for name in activation_word(layer) if name != "tanh"]


def _convolutional(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    found = [times(getattr(layer, "cell", layer).kernel_size)]
    return found + [_WORDS[flag] for flag in ("return_sequences", "return_state") if getattr(layer, flag)]


# ---- shape and cost


def _shape(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    units: Line = ("features", f"{layer.units} units", layer.units)
    return [keep("steps", shapes[0][0]), units] if layer.return_sequences else [units]


def _lstm(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    steps, units = ins[0][1], layer.units
    gates = 3 * activation_cost(layer, units, "recurrent_activation") + 2 * activation_cost(layer, units)
    bias = 4 * units if layer.use_bias else 0
    return steps * 4 * units * (ins[0][-1] + units), steps * (gates + bias + 4 * units + 4 * units)


def _gru(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    steps, units = ins[0][1], layer.units
    gates = 2 * activation_cost(layer, units, "recurrent_activation") + activation_cost(layer, units)
    bias = 3 * units * (2 if layer.reset_after else 1) if layer.use_bias else 0
    return steps * 3 * units * (ins[0][-1] + units), steps * (gates + bias + 3 * units + 5 * units)


def _simple(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    steps, units = ins[0][1], layer.units
    bias = units if layer.use_bias else 0
    return steps * units * (ins[0][-1] + units), steps * (bias + units + activation_cost(layer, units))


def _conv_lstm(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
    cell, steps = layer.cell, ins[0][1]
    first = layer.compute_output_shape((1, *ins[0][1:]))
    shape = first[0] if isinstance(first[0], tuple | list) else first
    frame = tuple(shape)[-cell.rank - 1 :]  # one output frame with its channels
    places = prod(frame) // cell.filters
    channels = ins[0][-1] if cell.data_format == "channels_last" else ins[0][2]
    macs = 4 * cell.filters * places * prod(cell.kernel_size) * (channels + cell.filters)
    n = places * cell.filters
    gates = 3 * activation_cost(cell, n, "recurrent_activation") + 2 * activation_cost(cell, n)
    return steps * macs, steps * (gates + (4 * n if cell.use_bias else 0) + 8 * n)


LAYERS = {
    **each("RNN LSTMCell GRUCell SimpleRNNCell", LayerKnowledge("seq", _settings)),
    "StackedRNNCells": LayerKnowledge("seq", lambda layer, inputs: [f"{len(layer.cells)} cells"]),
    "LSTM": LayerKnowledge(shape=_shape, cost=_lstm, source="steps × 4 units (inputs + units)"),
    "GRU": LayerKnowledge(shape=_shape, cost=_gru, source="steps × 3 units (inputs + units)"),
    "SimpleRNN": LayerKnowledge(shape=_shape, cost=_simple, source="steps × units (inputs + units)"),
    "ConvLSTM": LayerKnowledge("seq", _convolutional, None, _conv_lstm, "steps × 4 convolutions of inputs and of state"),
}
