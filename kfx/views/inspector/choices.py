"""Check the arguments of `kfx.inspect` that choose a layer, a channel and the classes' names; choose a first layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from kfx.model.facts import LayerCall
from kfx.values.lazy import LazyValues
from kfx.values.tap.choose import choose_addresses


def one_layer(values: LazyValues, layer: object, example: int) -> str:
    """Return the address of the one call that ``layer`` names.

    Raises:
        ValueError: It names none, or several.
    """
    found = choose_addresses(values.model, layer, values.example(example).inputs)
    if len(found) > 1:
        some = ", ".join(map(repr, found[:6]))
        raise ValueError(f"`layer` is {layer!r}, which means {len(found)} calls: {some}. Give one address.")
    return found[0]


def first_layer(calls: Sequence[LayerCall]) -> str:
    """Return the first call with maps or steps that is not an input; without one, the first call that is not an input."""
    inner = [call for call in calls if call.kind != "input"] or calls
    for most in (3, 2):
        for call in inner:
            if call.kind != "model" and call.outputs and len(call.outputs[0].shape or ()) > most:
                return call.key
    return inner[0].key


def one_channel(channel: object, layer: str, channels: int) -> int:
    """Return the number of a channel.

    Raises:
        ValueError: The layer does not have such a channel.
    """
    if isinstance(channel, bool) or not isinstance(channel, int | np.integer) or not 0 <= channel < channels:
        raise ValueError(f"`channel` is {channel!r}; {layer!r} has {channels} channels, 0 to {channels - 1}.")
    return int(channel)


def names_by_output(class_names: object, sizes: Mapping[str, int]) -> dict[str, tuple[str, ...]]:
    """Return names of classes by output, each as many as the output has units.

    Args:
        class_names: As the user gave them: a list for every output that has as many units, or a dict by output.
        sizes: Units by output, ``""`` for the only one.

    Raises:
        TypeError: ``class_names`` is a single text, or cannot be listed.
        ValueError: Their number is not that of an output's units, or an output is not there.
    """
    if class_names is None:
        return {}
    if isinstance(class_names, str):
        raise TypeError(f"`class_names` is the text {class_names!r}; give one name for each class, in a list.")
    if not isinstance(class_names, Iterable):
        raise TypeError(f"`class_names` is {class_names!r:.60}; give one name for each class, in a list.")
    if not isinstance(class_names, Mapping):
        given = tuple(map(str, class_names))
        fitting = [name for name, size in sizes.items() if size == len(given)]
        if not fitting:
            units = ", ".join(f"{name!r}: {size}" if name else str(size) for name, size in sizes.items())
            raise ValueError(
                f"`class_names` holds {len(given)} names; the model's output has {units} units. Give one name for each."
            )
        return dict.fromkeys(fitting, given)
    found = {}
    for name, names in class_names.items():
        if name not in sizes:
            raise ValueError(f"`class_names` names an output {name!r}; the outputs are {', '.join(map(repr, sizes))}.")
        found[name] = tuple(map(str, names))
        if len(found[name]) != sizes[name]:
            raise ValueError(f"`class_names[{name!r}]` holds {len(found[name])} names; the output has {sizes[name]} units.")
    return found
