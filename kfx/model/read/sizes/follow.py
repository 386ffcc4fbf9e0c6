"""The shapes of a whole graph for the sizes of inputs that a user gives: they replace the unknown ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.untouched import untouched
from kfx.model.facts import Shape
from kfx.model.read.builder import Reading
from kfx.model.read.inputs import CallSpecs, Spec
from kfx.model.read.sizes.graph_inputs import Expected, expected_inputs, in_order, shapes_agree, text_of_shape

if TYPE_CHECKING:
    import keras

Shown = dict[int, "keras.KerasTensor"]


def input_shapes(model: keras.Model, specs: CallSpecs) -> list[Shape]:
    """Return the shapes of the inputs of a model with a graph of its own, with the given sizes in place of unknown ones.

    The batch axis stays open: costs are those of one example.

    Raises:
        ValueError: The model does not take such inputs.
    """
    expected = expected_inputs(model) or []
    given = in_order(specs.args[0] if specs.args else specs.kwargs, expected, "inputs")
    return [_merged(spec, want, str(model.name)) for spec, want in zip(given, expected, strict=True)]


def sized(reading: Reading, function: keras.Function, shapes: list[Shape]) -> Shown:
    """Return tensors to show in place of those of a graph, by identity, where its inputs have these shapes.

    A layer that cannot say what it makes of them keeps the graph's own shapes, and the reading gets a note.
    """
    if shapes == [tuple(t.shape) for t in function.inputs]:
        return {}
    tensor = reading.keras.KerasTensor
    shown = {id(t): tensor(shape, t.dtype) for t, shape in zip(function.inputs, shapes, strict=True)}
    failed = []
    with untouched(function):
        for node in internals.nodes_of(function):
            if node.is_input or not any(id(t) in shown for t in node.input_tensors):
                continue
            try:
                args, kwargs = node.arguments.fill_in(shown)
                made = reading.keras.tree.flatten(node.operation.compute_output_spec(*args, **kwargs))
                shown.update({id(t): new for t, new in zip(node.outputs, made, strict=True)})
            except Exception:  # a layer without a shape rule, or whose code does not run on these sizes
                failed.append(str(node.operation.name))
    if failed:
        some = ", ".join(map(repr, failed[:3])) + (f" and {len(failed) - 3} more" if len(failed) > 3 else "")
        reading.notes.append(f"The sizes given are not known after {some}: what comes out there is not known without a run.")
    return shown


def _merged(spec: Spec | None, want: Expected, model: str) -> Shape:
    """Return the shape of an input with the given sizes in place of unknown ones."""
    if spec is None:
        if not want.optional:
            raise ValueError(f"Input {want.name!r} is None; the model {model!r} needs it.")
        return want.shape
    shape: Shape = (None, *spec.shape[1:]) if spec.shape else ()
    if len(shape) == len(want.shape) + 1 and shape[-1:] == (1,):  # Keras itself adds or drops a last axis of length 1
        shape = shape[:-1]
    elif len(shape) == len(want.shape) - 1 and want.shape[-1:] == (1,):
        shape = (*shape, 1)
    if not shapes_agree(shape, want.shape):
        whole = (spec.batch, *spec.shape[1:]) if spec.shape else ()
        problem = f"Input {want.name!r} is given as {_plain(whole)}; the model {model!r} expects {text_of_shape(want.shape)}."
        alone = shapes_agree(whole, want.shape[1:])
        raise ValueError(problem + (f" Put the batch axis first: {_plain((None, *whole))}." if alone else ""))
    return tuple(own if own is not None else n for n, own in zip(shape, want.shape, strict=True))


def _plain(shape: tuple[Any, ...]) -> str:
    return str(tuple(shape))
