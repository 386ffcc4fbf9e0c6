"""Every Keras internal kfx reads, named: a release of Keras that moves one breaks a test here first."""

import keras
import pytest
from keras import layers

from kfx.keras_access import internals


@pytest.fixture(scope="module")
def model():
    x = keras.Input((4,), name="x")
    shared = layers.Dense(4, name="s")
    return keras.Model(x, {"y": shared(shared(x)), "z": x + 1.0}, name="m")


def test_nodes_by_depth(model):
    assert internals.nodes_of(model)[0].operation.name == "x"
    assert sum(n.operation.name == "s" for n in internals.nodes_of(model)) == 2
    assert internals.function_of(model) is model


def test_sequential_functional():
    built = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    assert internals.function_of(built) is built._functional is not None
    assert internals.function_of(keras.Sequential([layers.Dense(2)])) is None
    assert internals.tracked_layers(built)[1] is built.layers[0]


def test_outputs_struct(model):
    assert internals.structure_names(model, "outputs") == ["y", "z"]
    assert internals.structure_names(model, "inputs") == [""]


def test_keras_history_and_inbound_nodes(model):
    node, number = internals.node_of(model.output["y"])
    assert (node.operation.name, number) == ("s", 0)
    assert node is node.operation._inbound_nodes[1]
    assert internals.node_of(keras.KerasTensor((None, 3))) is None


def test_outbound_nodes_are_those_of_one_call_only(model):
    shared = model.get_layer("s")
    assert internals.consumers(shared._inbound_nodes[0]) == [shared._inbound_nodes[1]]
    assert internals.consumers(shared._inbound_nodes[1]) == []


def test_node_arguments():
    x, y = keras.Input((2,)), keras.Input((2,))
    layer = layers.Add()
    layer([x, y])
    assert [(w, t is x or t is y) for w, t in internals.argument_leaves(layer._inbound_nodes[0])] == [
        ("0.0", True),
        ("0.1", True),
    ]


def test_leaves_stand_in_the_order_of_keras_tree():
    given = {"b": 1, "a": [2, (3, {"z": 4, "y": 5})]}
    assert [x for _, x in internals.leaves(given)] == keras.tree.flatten(given)
    assert [path for path, _ in internals.leaves(given)] == ["a.0", "a.1.0", "a.1.1.y", "a.1.1.z", "b"]


@pytest.mark.parametrize(
    "layer",
    [
        layers.Dense(3),
        layers.BatchNormalization(),
        layers.Bidirectional(layers.LSTM(3)),
        layers.Dropout(0.5),
        layers.MultiHeadAttention(2, 3),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_weight_lists_equal_the_public_ones(layer):
    shape = (None, 5, 4)
    layer.build(shape, shape) if isinstance(layer, layers.MultiHeadAttention) else layer.build(shape)
    assert [id(w) for w in internals.weights_of(layer)] == [id(w) for w in layer.weights]
    assert [internals.shape_of(w) for w in internals.weights_of(layer)] == [tuple(w.shape) for w in layer.weights]
    assert [internals.dtype_of(w) for w in internals.weights_of(layer)] == [w.dtype for w in layer.weights]


def test_build_shapes_dict():
    layer = layers.Dense(3)
    assert not internals.remembered_shapes(layer)
    layer.build((None, 4))
    assert internals.remembered_shapes(layer) == {"input_shape": (None, 4)}


def test_sublayers():
    assert internals.sublayers(layers.Bidirectional(layers.LSTM(3, name="l")))[0].name == "forward_l"
    assert len(internals.all_layers(keras.Sequential([layers.Dense(2)]))) == 2


def test_builtin_classes_are_told_from_others():
    class Mine(layers.Dense):
        pass

    class Own(layers.Dense):
        def call(self, x):
            return x

    assert [internals.is_builtin(c) for c in (layers.Dense, Mine)] == [True, False]
    assert [internals.runs_keras_code(c) for c in (layers.Dense, Mine, Own)] == [True, True, False]
    assert internals.keras_names(Mine)[0] == "Dense"
    assert internals.bases_of(Mine)[1] == "keras.src.layers.core.dense.Dense"


def test_a_class_that_exec_made_without_a_module_is_not_kerass():
    made = {"Layer": layers.Layer}
    exec("class Own(Layer):\n    def call(self, x): return x", made)
    assert made["Own"].call.__module__ in (None, "builtins")
    assert not internals.runs_keras_code(made["Own"])
    assert internals.runs_keras_code(layers.Dense)
