"""Put the numbers of the layer monitor into words: the layer where values stopped being finite, what is wrong with a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from kfx.training.journal.facts import Layer

_HARDLY, _JUMPS, _DEAD = 1e-4, 1e-1, 0.5  # update ÷ weight of a layer that learns well is 1e-4 to 1e-2, a rule of thumb


def where_it_broke(layers: Sequence[Layer], flags: np.ndarray) -> tuple[str, str]:
    """Return a sentence about the first layer that was not finite at the first bad step, and the key of that layer or ``""``.

    Args:
        layers: In the order in which the model calls them.
        flags: Shape ``(layers, 3)``: not finite in the outputs, in the weights before the step, in the gradients.
    """
    outputs, weights = flags[:, 0], flags[:, 1]
    if weights.any():
        layer = layers[int(np.flatnonzero(weights)[-1])]
        return (
            f"The weights of '{layer.key}' ({layer.type}) stopped being finite: the gradient that reached it was not.",
            layer.key,
        )
    if outputs.any():
        layer = layers[int(np.flatnonzero(outputs)[0])]
        if layer.type == "InputLayer":
            return f"The data are not finite: they reached the model so, at its input '{layer.key}'.", layer.key
        return f"'{layer.key}' ({layer.type}) is the first layer whose output is not finite.", layer.key
    return "Every layer's output is finite, the loss is not: look at the loss function, the labels and the sample weights.", ""


def verdict(values: Mapping[str, float]) -> str:
    """Return a word about a layer with weights where something is wrong, else ``""``; ``values`` are its `STATISTICS`."""
    update, dead = values["update"], values["dead"]
    if np.isnan(values["weight"]) or any(np.isinf(values[name]) for name in ("gradient", "update", "mean")):
        return "not finite"
    if update == 0:
        return "does not move"
    if update < _HARDLY:
        return "hardly moves"
    if update > _JUMPS:
        return "jumps"
    return f"{dead:.0%} dead".replace("%", " %") if dead >= _DEAD else ""


def starved(weights: Mapping[str, Mapping[str, float]]) -> str:
    """Return a word about a kernel that hardly moves although its layer does: a bias that moves hides it in one norm over both.

    Args:
        weights: `PART_STATISTICS` of each weight of one layer, by name.
    """
    for name, values in weights.items():
        if name.endswith(("bias", "beta")) or len(weights) < 2:  # they begin at 0, where a change has no measure
            continue
        update, gradient = values["update"], values["gradient"]
        if update == 0 and not gradient > 0:
            return f"{name} does not move"
        if 0 < update < _HARDLY:
            return f"{name} hardly moves"
    return ""
