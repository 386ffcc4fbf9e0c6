"""List the parts of a model that has no ``call``: the layers it holds, each with its own inner graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.keras_access.no_call import has_no_call, step_of
from kfx.keras_access.untouched import untouched
from kfx.model.facts import Tensor
from kfx.model.read.builder import Inside, Level, Reading
from kfx.model.read.functional import read_composite, read_inside, read_untraced
from kfx.model.read.inputs import remembered_specs
from kfx.model.read.inside.trace import is_transparent

if TYPE_CHECKING:
    import keras

_PARTS = "has no call; these are its parts"
Tensors = tuple[Tensor, ...]


def note_on_parts(model: keras.Layer, why: str = "") -> str:
    """Return the sentence about a model without ``call``, with what shows how its parts are wired.

    Args:
        model: The model.
        why: The reason why inputs that were given do not show it.
    """
    step, name = step_of(model), type(model).__name__
    if not internals.sublayers(model):
        return f"{name} has no call and holds no layers."
    if not why:
        advice = f" Give inputs=batch to see how one {step} calls them." if step else ""
        return f"{name} {_PARTS}, with no wiring between them.{advice}"
    if not step:
        return f"{name} {_PARTS}. How they are wired is unknown: it has no train_step of its own that could be run."
    advice = f"Give inputs= as fit hands a batch to {step}: x, (x, y), a dict or a data set."
    if not getattr(model, "compiled", True):
        advice = "The model is not compiled, which may be why: compile it first."
    return f"{name} {_PARTS}. How one {step} calls them is unknown: with these inputs it raised {why}. {advice}"


def list_parts(
    reading: Reading,
    model: keras.Layer,
    level: Level,
    around: tuple[int, ...] = (),
    *,
    only: Iterable[keras.Layer] | None = None,
    note: str = "",
) -> Inside:
    """Add the layers that a model holds, as Keras's summary lists them, each with its own inner graph.

    Args:
        reading: The reading to add to.
        model: A model without ``call``.
        level: The inside of that model.
        around: The identities of the models around it, so that one that holds itself is not opened again.
        only: The layers to add, because nothing calls them; None for all.
        note: A sentence on each of them.
    """
    around = (*around, id(model))
    for part in internals.sublayers(model) if only is None else only:
        level.totals[id(part)] += 1
        place, weights = reading.place(part, level), reading.charge(part, level)
        place = place if only is None else place._replace(calls=0)
        inputs, outputs = _ends(reading, part)
        inside = None if id(part) in around else _inside(reading, part, place.inside(weights), inputs, outputs, around)
        if note:
            inside = replace(inside or Inside(), note="; ".join(filter(None, (note, inside.note if inside else ""))))
        reading.write(place, part, level, inputs, outputs, weights, (), inside)
    return Inside("opaque", note=_PARTS)


def _inside(
    reading: Reading, part: keras.Layer, inner: Level, inputs: Tensors, outputs: Tensors, around: tuple[int, ...]
) -> Inside | None:
    function = internals.function_of(part)
    if function is not None:
        return read_inside(reading, function, inner, inputs)
    if not internals.tracked_layers(part):
        return None
    if has_no_call(part):
        return list_parts(reading, part, inner, around)
    specs = remembered_specs(part) if is_transparent(part) else None
    if specs is not None:
        return read_composite(reading, part, inner, specs)
    return read_untraced(reading, part, inner, inputs, outputs)


def _ends(reading: Reading, part: keras.Layer) -> tuple[Tensors, Tensors]:
    """Return the inputs and outputs of a part as far as Keras knows them: of its graph, its only call, or its build."""
    function = internals.function_of(part)
    if function is not None:
        sides = [
            [(t.shape, t.dtype, name) for t, name in zip(tensors, internals.structure_names(function, side), strict=True)]
            for side, tensors in (("inputs", function.inputs), ("outputs", function.outputs))
        ]
    else:
        inputs, outputs = internals.only_call(part)
        if not outputs:
            inputs, outputs = _of_build(part)
        sides = [[(t.shape, t.dtype, "") for t in tensors] for tensors in (inputs, outputs)]
    taken, made = (tuple(reading.tensor(*facts) for facts in side) for side in sides)
    return taken, made


def _of_build(part: keras.Layer) -> tuple[list[keras.KerasTensor], list[keras.KerasTensor]]:
    """Return what a layer takes and returns if it is called with the shapes that it was built with; empty if unknown."""
    specs = remembered_specs(part)
    if specs is None or has_no_call(part):
        return [], []
    try:
        with untouched(part):
            given = specs.symbolic()
            made = part.compute_output_spec(*given.args, **given.kwargs)
    except Exception:  # a layer without a shape rule, or whose code needs more than shapes
        return [], []
    keras = import_keras()
    sides = (given.args, given.kwargs), made
    inputs, outputs = ([x for x in keras.tree.flatten(side) if isinstance(x, keras.KerasTensor)] for side in sides)
    return inputs, outputs
