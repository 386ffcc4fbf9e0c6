"""`kfx.feature_extractor`: an ordinary Keras model that shares the user's layers and returns their outputs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.keras_access.no_call import only_part, part_labels
from kfx.model.labels import call_label
from kfx.values.parts import runnable
from kfx.values.tap.calls import specs_of, usable_specs
from kfx.values.tap.choose import choose_addresses

if TYPE_CHECKING:
    import keras


def feature_extractor(model: keras.Model, layers: object, *, name: str | None = None, inputs: object = None) -> keras.Model:
    """Return a Keras model with the inputs of ``model`` and, as outputs, the values at some addresses.

    It shares the layers of ``model``: training one trains the other. Nothing is added to ``model``: no node, no weight.
    It can be called, compiled, fitted, put into another model, and saved where ``model`` itself can be saved.

    Addresses of the top level of a model with a graph of its own give an ordinary Functional model. Everything else (inside
    nested models, inside layers of a class of yours, subclassed models) gives a `FeatureExtractor`, a Keras model that runs
    the whole of ``model`` and returns the values; before loading a saved one, ``from kfx import FeatureExtractor``.

    Args:
        model: A built Keras model.
        layers: As for `kfx.extract`.
        name: The new model's name.
        inputs: What the model is called with, where Keras does not remember it, as for `kfx.read_graph`: data, shapes or specs.
            A `FeatureExtractor` takes several arguments as one tuple, or as one dict by their names.

    Returns:
        A model that returns a tensor for one address given as a text, else a dict by address.

    Raises:
        ValueError: An address names nothing.
        UnbuiltModelError: The model has no weights yet.

    Example:
        >>> import keras, kfx
        >>> model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(name="flat"), keras.layers.Dense(10)])
        >>> kfx.feature_extractor(model, "flat").output_shape
        (None, 784)
    """
    model = runnable(model, layers)
    specs = usable_specs(model, inputs)
    if specs is None:
        specs_of(model)  # which raises where Keras remembers no shapes
        raise ValueError(
            f"Model {str(model.name)!r} cannot be run on the shapes that Keras remembers of its call, without their dtypes. "
            "Give inputs=..., each a spec or an array, e.g. some of the data."
        )
    keys = choose_addresses(model, layers, specs)
    single = isinstance(layers, str) and len(keys) == 1
    tensors = _top_tensors(model, keys)
    if tensors is None:
        from kfx.values.extractor_model import FeatureExtractor

        return FeatureExtractor(model, keys, single=single, **({} if name is None else {"name": name}))
    function = internals.function_of(only_part(model))
    inputs = internals.inputs_structure(function)
    outputs = tensors[keys[0]] if single else tensors
    return import_keras().Model(inputs, outputs, name=name)


def _top_tensors(model: keras.Model, keys: tuple[str, ...]) -> dict[str, object] | None:
    """Return the symbolic tensors at addresses that are all at the top level of a model's own graph, else None.

    They are taken from the nodes, not from ``layer.output``, which is wrong for nested models and for shared layers.
    """
    function = internals.function_of(only_part(model))
    if function is None:
        return None
    prefix = "".join(f"{label}/" for label in part_labels(model).values())
    nodes = internals.nodes_of(function)
    totals = Counter(id(node.operation) for node in nodes)
    seen: Counter[int] = Counter()
    found = {}
    for node in nodes:
        op = node.operation
        seen[id(op)] += 1
        key = prefix + call_label(str(op.name), seen[id(op)], totals[id(op)])
        found[key] = node.outputs[0] if len(node.outputs) == 1 else list(node.outputs)
    return {key: found[key] for key in keys} if all(key in found for key in keys) else None
