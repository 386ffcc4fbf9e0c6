"""How a user's code calls a tensor: by a variable, or by the call that made it where no variable holds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kfx.keras_access import internals
from kfx.model.mistakes.try_out import code_of

if TYPE_CHECKING:
    import keras

Names = Mapping[int, str]  # id(tensor or layer) -> the name of the user's variable

_LONGEST = 100  # characters of a call that is written out


def name_of(tensor: keras.KerasTensor, names: Names) -> str:
    """What stands for a tensor in code: its variable; the call that made it, ``layers.MaxPooling2D()(y)``, where that can be
    written with variables alone; else ``x``, or the layer's name where ``x`` is another tensor.
    """
    if id(tensor) in names:
        return names[id(tensor)]
    try:
        said = _call(tensor, names)
    except Exception:  # a layer of the user's own that tells no configuration
        said = None
    if said is not None and len(said) <= _LONGEST:
        return said
    made = internals.node_of(tensor)
    return "x" if made is None or "x" not in names.values() else str(made[0].operation.name)


def _call(tensor: keras.KerasTensor, names: Names) -> str | None:
    """The call that made a tensor, or None where something in it has no name."""
    if id(tensor) in names:
        return names[id(tensor)]
    made = internals.node_of(tensor)
    if made is None or made[0].is_input or len(made[0].outputs) != 1 or made[0].arguments.kwargs:
        return None
    op, given = made[0].operation, made[0].arguments.args
    if len(given) != 1 or not internals.is_layer(op):
        return None
    several = isinstance(given[0], list | tuple)
    parts = [_call(x, names) for x in (given[0] if several else given)]
    if None in parts:
        return None
    listed = ", ".join(map(str, parts))
    return f"{names.get(id(op)) or code_of(op)}({f'[{listed}]' if several else listed})"
