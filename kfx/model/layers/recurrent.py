"""Recurrent layers, their cells, and layers that apply another layer: a wrapper's cost is that of the calls it makes."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from kfx.model.facts import Shape, Tensor
from kfx.model.layers import rules
from kfx.model.layers.activations import activation_cost
from kfx.model.layers.knowledge import Formula, InnerCalls, LayerKnowledge, Line, Shapes, Wraps

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
        size = rules.times(layer.state_size)
        found = [f"{type(layer.cell).__name__} {size}"] if hasattr(layer, "cell") else [size]
    found += [word for flag, word in _WORDS.items() if getattr(layer, flag, False)]
    return found + [name for name in rules.activation_word(layer) if name != "tanh"]


def _convolutional(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    found = [rules.times(getattr(layer, "cell", layer).kernel_size)]
    return found + [_WORDS[flag] for flag in ("return_sequences", "return_state") if getattr(layer, flag)]


# ---- shape and cost


def _shape(layer: keras.Layer, shapes: list[Shape]) -> list[Line]:
    units: Line = ("features", f"{layer.units} units", layer.units)
    return [rules.keep("steps", shapes[0][0]), units] if layer.return_sequences else [units]


def _cost(gates: int, recurrent: int, activations: int, others: int) -> Formula:
    """Count the equations of every step.

    Args:
        gates: Products with the inputs and with the state, each with a bias.
        recurrent: How many of them take the recurrent activation.
        activations: How often the activation is taken.
        others: Sums and products for each unit.
    """

    def formula(layer: keras.Layer, ins: Shapes, outs: Shapes) -> tuple[float, float]:
        steps, units = ins[0][1], layer.units
        applied = recurrent * activation_cost(layer, units, "recurrent_activation") + activations * activation_cost(
            layer, units
        )
        biases = gates * units * (2 if getattr(layer, "reset_after", False) else 1) if layer.use_bias else 0
        return steps * gates * units * (ins[0][-1] + units), steps * (applied + biases + others * units)

    return formula


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


# ---- wrappers


def _both(layer: keras.Layer, ins: Shapes, outs: Shapes) -> InnerCalls:
    merged = prod(outs[0]) * {"sum": 1, "mul": 1, "ave": 2}.get(layer.merge_mode, 0)
    return InnerCalls(1, ins, outs, merged)


def _every_step(layer: keras.Layer, ins: Shapes, outs: Shapes) -> InnerCalls:
    return InnerCalls(ins[0][1], [(1, *s[2:]) for s in ins[:1]], [(1, *s[2:]) for s in outs])


def _merge_mode(layer: keras.Layer, inputs: tuple[Tensor, ...]) -> list[str]:
    return [layer.merge_mode or "not merged"]


LAYERS = {
    **rules.each("RNN LSTMCell GRUCell SimpleRNNCell", LayerKnowledge("seq", _settings)),
    "StackedRNNCells": LayerKnowledge("seq", lambda layer, inputs: [f"{len(layer.cells)} cells"]),
    "LSTM": LayerKnowledge(shape=_shape, cost=_cost(4, 3, 2, 8), source="steps × 4 units (inputs + units)"),
    "GRU": LayerKnowledge(shape=_shape, cost=_cost(3, 2, 1, 8), source="steps × 3 units (inputs + units)"),
    "SimpleRNN": LayerKnowledge(shape=_shape, cost=_cost(1, 0, 1, 1), source="steps × units (inputs + units)"),
    "ConvLSTM": LayerKnowledge("seq", _convolutional, None, _conv_lstm, "steps × 4 convolutions of inputs and of state"),
    "Wrapper": LayerKnowledge(settings=rules.no_words, wraps=Wraps(("layer",))),
    "SpectralNormalization": LayerKnowledge("norm"),
    "TimeDistributed": LayerKnowledge("seq", source="steps × the wrapped layer", wraps=Wraps(("layer",), _every_step)),
    "Bidirectional": LayerKnowledge(
        "seq", _merge_mode, source="both directions", wraps=Wraps(("forward_layer", "backward_layer"), _both)
    ),
}
