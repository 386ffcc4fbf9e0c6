"""Reading models that Keras has a graph of: every claim against a truth worked out by hand or by Keras."""

import keras
import numpy as np
import pytest
from keras import layers

from kfx.errors import KfxError
from kfx.model.read.model import read_graph
from kfx.model.walk import by_key, wires


def edges(graph):
    return [(e.source, e.output, e.target, e.argument) for e in graph.edges]


def shapes(call):
    return [t.shape for t in call.outputs]


def dense_model(units=4, size=4, name="inner"):
    x = keras.Input((size,), name="i")
    return keras.Model(x, layers.Dense(units, name="d")(x), name=name)


def test_functional_model_gives_its_calls_edges_and_sizes():
    x = keras.Input((8,), name="x")
    h = layers.Dense(3, activation="relu", name="h")(x)
    graph = read_graph(keras.Model(x, layers.Dense(2, name="y")(h), name="m"))
    assert [c.key for c in graph.calls] == ["x", "h", "y"]
    assert edges(graph) == [("x", 0, "h", "0"), ("h", 0, "y", "0")]
    assert [shapes(c) for c in graph.calls] == [[(None, 8)], [(None, 3)], [(None, 2)]]
    assert [c.params for c in graph.calls] == [0, 8 * 3 + 3, 3 * 2 + 2]
    assert (graph.inputs, graph.outputs) == (("x",), (("y", 0, ""),))
    assert (graph.kind, graph.type, graph.name) == ("exact", "Functional", "m")
    assert graph.params == 35
    assert graph.weight_bytes == 35 * 4
    assert repr(graph) == "<LayerGraph 'm': 3 calls, 35 parameters, exact>"


def test_built_sequential_shows_its_input():
    graph = read_graph(keras.Sequential([keras.Input((4,), name="x"), layers.Dense(2, name="d")]))
    assert edges(graph) == [("x", 0, "d", "0")]
    assert graph.type == "Sequential"


def test_unbuilt_sequential_shows_its_chain_with_advice():
    model = keras.Sequential([layers.Dense(3, name="a"), layers.Dense(2, name="b")])
    graph = read_graph(model)
    assert edges(graph) == [("a", 0, "b", "0")]
    assert [c.outputs for c in graph.calls] == [(), ()]
    assert graph.params == 0
    assert "model.build(input_shape)" in graph.notes[0]
    assert not model.built


def test_unbuilt_sequential_with_inputs_is_read_as_if_built_and_stays_unbuilt():
    model = keras.Sequential([layers.Dense(3, name="a"), layers.Dense(2, name="b")])
    graph = read_graph(model, inputs=(None, 7))
    assert [c.params for c in graph.calls] == [0, 7 * 3 + 3, 3 * 2 + 2]
    assert "not built yet" in graph.notes[0]
    assert not model.built
    assert model.layers[0].weights == []
    assert model.layers[0]._inbound_nodes == []
    model.build((None, 5))  # as if nothing had happened
    assert model.count_params() == (5 * 3 + 3) + (3 * 2 + 2)


def test_called_sequential_is_exact():
    model = keras.Sequential([layers.Dense(3, name="a")])
    model(np.zeros((1, 7), "float32"))
    assert by_key(read_graph(model))["a"].params == 24


def test_empty_sequential_says_what_to_do():
    assert "model.add(layer)" in read_graph(keras.Sequential()).notes[0]


def test_model_called_twice_has_two_insides_and_counts_its_weights_once():
    inner = dense_model()
    x = keras.Input((4,), name="x")
    model = keras.Model(x, inner(inner(x)), name="outer")
    graph = read_graph(model)
    assert [c.key for c in graph.calls] == ["x", "inner@1", "inner@1/i", "inner@1/d", "inner@2", "inner@2/i", "inner@2/d"]
    assert [c.params for c in graph.calls] == [0, 20, 0, 20, 0, 0, 0]
    assert by_key(graph)["inner@2/d"].own_params == 20
    assert by_key(graph)["inner@2"].inner_inputs == ("inner@2/i",)
    assert by_key(graph)["inner@2"].inner_outputs == (("inner@2/d", 0),)
    assert graph.params == model.count_params() == 20
    assert edges(graph) == [
        ("x", 0, "inner@1", "0"),
        ("inner@1/i", 0, "inner@1/d", "0"),
        ("inner@1", 0, "inner@2", "0"),
        ("inner@2/i", 0, "inner@2/d", "0"),
    ]


def test_nesting_goes_to_any_depth():
    model = dense_model(name="m0")
    for level in range(1, 5):
        x = keras.Input((4,), name="i")
        model = keras.Model(x, model(x), name=f"m{level}")
    graph = read_graph(model)
    assert graph.calls[-1].key == "m3/m2/m1/m0/d"
    assert graph.calls[-1].depth == 4
    assert graph.params == 20


def test_sequential_inside_functional_is_a_model_with_its_inside():
    inner = keras.Sequential([layers.Dense(3, name="a"), layers.Dense(2, name="b")], name="head")
    x = keras.Input((4,), name="x")
    graph = read_graph(keras.Model(x, inner(x)))
    assert by_key(graph)["head"].kind == "model"
    assert [c.name for c in graph.calls if c.parent == "head"][-2:] == ["a", "b"]


def test_shared_layer_has_one_call_each_with_the_shapes_of_that_call():
    shared = layers.Dense(2, name="s")
    a, b = keras.Input((5, 4), name="a"), keras.Input((9, 4), name="b")
    model = keras.Model([a, b], [shared(a), shared(b)])
    calls = by_key(read_graph(model))
    assert shapes(calls["s@1"]) == [(None, 5, 2)]
    assert shapes(calls["s@2"]) == [(None, 9, 2)]
    assert (calls["s@1"].params, calls["s@2"].params, calls["s@2"].own_params) == (10, 0, 10)
    assert (calls["s@2"].call, calls["s@2"].calls, calls["s@2"].label) == (2, 2, "s@2")


def test_only_the_calls_that_belong_to_a_model_are_read():
    shared = layers.Dense(2, name="s")
    elsewhere, x = keras.Input((4,)), keras.Input((3, 4), name="x")
    shared(elsewhere)
    graph = read_graph(keras.Model(x, shared(x)))
    assert [c.key for c in graph.calls] == ["x", "s"]
    assert shapes(graph.calls[1]) == [(None, 3, 2)]


def test_nested_model_called_with_another_shape_shows_the_shapes_of_that_call():
    i = keras.Input((None, None, 3), name="i")
    inner = keras.Model(i, layers.Conv2D(8, 3, name="c")(i), name="inner")
    x = keras.Input((32, 32, 3), name="x")
    model = keras.Model(x, inner(x))
    before = len(inner.layers[1]._inbound_nodes)
    calls = by_key(read_graph(model))
    assert shapes(calls["inner/c"]) == [(None, 30, 30, 8)]
    assert calls["inner/c"].cost.macs == 30 * 30 * 8 * 27
    assert len(inner.layers[1]._inbound_nodes) == before


def test_dict_inputs_and_outputs_carry_their_keys():
    a, b = keras.Input((2,), name="title"), keras.Input((3,), name="body")
    y = layers.Concatenate(name="cat")([a, b])
    model = keras.Model({"title": a, "body": b}, {"score": layers.Dense(1, name="s")(y), "all": y})
    graph = read_graph(model)
    assert sorted(graph.inputs) == ["body", "title"]
    assert set(graph.outputs) == {("s", 0, "score"), ("cat", 0, "all")}
    outer = keras.Model([a, b], list(model({"title": a, "body": b}).values()), name="outer")
    call = next(c for c in read_graph(outer).calls if c.kind == "model")
    assert {t.name: t.shape for t in call.inputs} == {"title": (None, 2), "body": (None, 3)}
    assert {t.name: t.shape for t in call.outputs} == {"all": (None, 5), "score": (None, 1)}
    assert {e.argument for e in read_graph(outer).edges if e.target == call.key} == {"0.title", "0.body"}


def test_list_inputs_arrive_in_their_places_and_parallel_edges_are_kept():
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    graph = read_graph(keras.Model([a, b], layers.Add(name="sum")([b, a, b])))
    assert [e for e in edges(graph) if e[2] == "sum"] == [
        ("b", 0, "sum", "0.0"),
        ("a", 0, "sum", "0.1"),
        ("b", 0, "sum", "0.2"),
    ]


def test_several_outputs_of_one_layer_keep_their_numbers():
    x = keras.Input((5, 4), name="x")
    y, h, c = layers.LSTM(3, return_state=True, name="lstm")(x)
    graph = read_graph(keras.Model(x, [c, layers.Dense(1, name="d")(h), y]))
    assert ("lstm", 1, "d", "0") in edges(graph)
    assert graph.outputs == (("lstm", 2, ""), ("d", 0, ""), ("lstm", 0, ""))
    assert shapes(by_key(graph)["lstm"]) == [(None, 3)] * 3


def test_states_enter_a_recurrent_layer_as_edges():
    x = keras.Input((5, 4), name="x")
    _, h, c = layers.LSTM(3, return_state=True, name="enc")(x)
    graph = read_graph(keras.Model(x, layers.LSTM(3, name="dec")(x, initial_state=[h, c])))
    assert [(s, n) for s, n, t, _ in edges(graph) if t == "dec"] == [("x", 0), ("enc", 1), ("enc", 2)]


def test_operations_are_calls_and_their_constants_are_shown():
    x = keras.Input((4,), name="x")
    y = keras.ops.reshape(x * 2.5 + x, (-1, 2, 2))
    graph = read_graph(keras.Model(x, y))
    kinds = {c.type: c for c in graph.calls}
    assert kinds["Multiply"].kind == "op"
    assert kinds["Multiply"].settings == ("2.5",)
    assert kinds["Add"].family == "merge"
    assert kinds["Multiply"].family == "custom"  # one tensor in: nothing is merged
    assert any("2, 2" in s for s in kinds["Reshape"].settings)
    assert ("argument 1", "2.5") in kinds["Multiply"].config


def test_masks_are_edges():
    x = keras.Input((None,), dtype="int32", name="x")
    e = layers.Embedding(10, 4, mask_zero=True, name="e")(x)
    graph = read_graph(keras.Model(x, layers.LSTM(3, name="l")(e)))
    masks = [(source, target) for source, _, target, argument in edges(graph) if argument == "mask"]
    assert [target for _, target in masks] == ["l"]
    assert by_key(graph)[masks[0][0]].type == "NotEqual"


def test_wrappers_of_keras_are_one_call_that_names_what_it_wraps():
    x = keras.Input((5, 4), name="x")
    y = layers.Bidirectional(layers.LSTM(32, return_sequences=True), name="b")(x)
    y = layers.TimeDistributed(layers.Dense(3, activation="relu"), name="t")(y)
    calls = by_key(read_graph(keras.Model(x, y)))
    assert list(calls) == ["x", "b", "t"]
    assert calls["b"].settings == ("LSTM 32 every step", "concat")
    assert calls["t"].settings == ("Dense 3 relu",)
    assert calls["b"].params == 2 * (4 * 32 * (4 + 32 + 1))
    assert (calls["b"].kind, calls["t"].kind) == ("layer", "layer")


def test_a_wrapped_model_can_be_opened():
    x = keras.Input((5, 4), name="x")
    graph = read_graph(keras.Model(x, layers.TimeDistributed(dense_model(), name="t")(x)))
    assert [c.key for c in graph.calls] == ["x", "t", "t/inner", "t/inner/i", "t/inner/d"]
    assert by_key(graph)["t"].kind == "opaque"
    assert graph.params == 20


@pytest.mark.since_keras("3.13")
def test_a_model_output_that_is_an_input_passes_through_the_walls():
    i, j = keras.Input((4,), name="i"), keras.Input((4,), name="j")
    inner = keras.Model([i, j], [j, layers.Dense(4, name="d")(i)], name="inner")
    x, y = keras.Input((4,), name="x"), keras.Input((4,), name="y")
    p, q = inner([x, y])
    graph = read_graph(keras.Model([x, y], layers.Add(name="sum")([p, q])))
    assert by_key(graph)["inner"].inner_outputs == (("inner/j", 0), ("inner/d", 0))
    into_sum = [(w.source, w.output) for w in wires(graph) if w.target == "sum"]
    assert into_sum == [("inner/j", 0), ("inner/d", 0)]


def test_frozen_layers_count_as_frozen_and_totals_equal_kerass():
    x = keras.Input((4,), name="x")
    y = layers.BatchNormalization(name="bn")(layers.Dense(3, name="fixed", trainable=False)(x))
    model = keras.Model(x, layers.Dense(2, name="free")(y))
    graph = read_graph(model)
    calls = by_key(graph)
    assert (calls["fixed"].frozen, calls["fixed"].trainable, calls["fixed"].params) == (True, 0, 15)
    assert (calls["bn"].frozen, calls["bn"].trainable, calls["bn"].params) == (False, 6, 12)
    assert graph.trainable == sum(int(np.prod(w.shape)) for w in model.trainable_weights) == 14
    assert graph.params == model.count_params()


def test_a_frozen_layer_inside_a_wrapper_is_not_trained():
    x = keras.Input((5, 4), name="x")
    wrapper = layers.TimeDistributed(layers.Dense(3), name="t")
    model = keras.Model(x, wrapper(x))
    wrapper.layer.trainable = False
    assert by_key(read_graph(model))["t"].trainable == 0


def test_inputs_of_one_shape_keep_their_own_dtypes():
    inputs = [keras.Input((1,), dtype=dtype, name=dtype) for dtype in ("int64", "float32", "string", "uint8")]
    calls = by_key(read_graph(keras.Model(inputs, [layers.Identity(name=f"i_{x.name}")(x) for x in inputs])))
    told = [(calls[x.name].settings, calls[x.name].dtype) for x in inputs]
    assert told == [(("integers",), "int64"), ((), "float32"), (("text",), "string"), (("uint8",), "uint8")]


@pytest.mark.parametrize(("dtype", "bytes_each"), [("float32", 4), ("float16", 2), ("bfloat16", 2), ("float64", 8)])
def test_weight_and_activation_bytes_follow_the_dtype(dtype, bytes_each):
    x = keras.Input((4,), name="x", dtype=dtype)
    graph = read_graph(keras.Model(x, layers.Dense(3, dtype=dtype, name="d")(x)))
    assert graph.weight_bytes == 15 * bytes_each
    assert by_key(graph)["d"].cost.activation_bytes == 3 * bytes_each
    assert by_key(graph)["d"].dtype == dtype


def test_mixed_precision_computes_in_half_and_stores_in_full():
    x = keras.Input((4,), name="x")
    call = by_key(read_graph(keras.Model(x, layers.Dense(3, dtype="mixed_float16", name="d")(x))))["d"]
    assert (call.dtype, call.weight_bytes, call.cost.activation_bytes) == ("float16", 15 * 4, 3 * 2)


def test_quantised_weights_take_the_bytes_they_are_stored_in():
    model = keras.Sequential([keras.Input((8,)), layers.Dense(4, name="d")])
    model.quantize("int8")
    graph = read_graph(model)
    sizes = {"int8": 1, "float32": 4}
    assert graph.weight_bytes == sum(int(np.prod(w.shape)) * sizes[w.dtype] for w in model.weights)
    assert graph.params == model.count_params()


def test_optimizer_parameters_are_those_of_a_compiled_and_built_model():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    assert read_graph(model).optimizer_params == 0
    model.compile("adam", "mse")
    assert read_graph(model).optimizer_params == 0
    model.optimizer.build(model.trainable_variables)
    assert read_graph(model).optimizer_params == 2 * 15 + 2  # two moments, the iteration and the learning rate


def test_a_keras_function_is_read():
    x = keras.Input((4,), name="x")
    graph = read_graph(keras.Function(x, layers.Dense(2, name="d")(x) + 1.0, name="f"))
    assert [c.key for c in graph.calls][:2] == ["x", "d"]
    assert graph.params == 10
    assert graph.name == "f"


def test_a_single_layer_is_one_call():
    graph = read_graph(layers.Dense(3, name="alone"))
    assert [c.key for c in graph.calls] == ["alone"]
    assert "never called" in graph.notes[0]


def test_loaded_files_read_like_the_model_that_was_saved(tmp_path):
    inner = dense_model()
    x = keras.Input((4,), name="x")
    model = keras.Model(x, layers.Dense(2, name="y")(inner(inner(x))), name="m")
    for suffix in (".keras", ".h5"):
        model.save(tmp_path / f"m{suffix}")
        loaded = read_graph(keras.saving.load_model(tmp_path / f"m{suffix}", compile=False))
        assert loaded.calls == read_graph(model).calls
        assert loaded.edges == read_graph(model).edges


def test_hostile_names_stay_what_they_are(hostile_name):
    x = keras.Input((2,), name="x")
    name = hostile_name.replace("/", "_")
    model = keras.Model(x, layers.Dense(2)(x))
    model.name = model.layers[1].name = name  # TensorFlow refuses a lone surrogate while it builds a layer
    graph = read_graph(model)
    assert graph.name == name
    assert graph.calls[1].key == graph.calls[1].name == name


def test_equal_names_in_one_graph_get_keys_of_their_own():
    x = keras.Input((2,), name="x")
    a, b = layers.Dense(2, name="same")(x), layers.Dense(3, name="same")(x)
    graph = read_graph([a, b])
    assert [c.key for c in graph.calls] == ["x", "same", "same~2"]


def test_reading_changes_nothing_on_the_model():
    inner = dense_model()
    x = keras.Input((4,), name="x")
    model = keras.Model(x, inner(inner(x)))
    every = [model, *model._flatten_layers(include_self=False)]
    before = [(dict(vars(op)), len(op._inbound_nodes), len(op._outbound_nodes)) for op in every]
    read_graph(model)
    after = [(dict(vars(op)), len(op._inbound_nodes), len(op._outbound_nodes)) for op in every]
    assert before == after


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (None, "`model` is None.*forget to return"),
        ("digits", "is the text 'digits'"),
        ("digits.keras", r"load it first with keras\.saving\.load_model\('digits\.keras'\)"),
        (layers.Dense, r"is the class 'Dense', not a layer made from it\. Make one first: Dense"),
        (dict, "is the class 'dict'; a Keras model was expected"),
        (3, "`model` is 'int'; expected a Keras model or layer"),
        ([], "`model` is 'list'"),
        ([1, 2], "`model` is 'list'"),
    ],
    ids=str,
)
def test_what_is_no_model_is_refused_with_advice(given, says):
    with pytest.raises(TypeError, match=says):
        read_graph(given)


def test_a_torch_module_is_told_from_other_things():
    module = type("Net", (type("Module", (), {"__module__": "torch.nn.modules.module"}),), {})()
    with pytest.raises(TypeError, match="PyTorch module 'Net'"):
        read_graph(module)


def test_a_model_whose_attributes_raise_is_an_error_that_says_so():
    class Broken(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = layers.Dense(1)

        def call(self, x):
            return self.inner(x)

        @property
        def layers(self):
            raise RuntimeError("no layers today")

    with pytest.raises(KfxError, match="Broken could not be read: RuntimeError: no layers today"):
        read_graph(Broken())


def test_layers_whose_arguments_raise_are_still_described():
    class Odd(layers.Layer):
        def __init__(self, size=3, **kwargs):
            super().__init__(**kwargs)

        @property
        def size(self):
            raise RuntimeError("never")

        def get_config(self):
            raise RuntimeError("no config")

        def call(self, x):
            return x

    x = keras.Input((2,), name="x")
    call = read_graph(keras.Model(x, Odd(name="odd")(x))).calls[1]
    assert (call.type, call.config, call.settings) == ("Odd", (), ())
    assert (call.family, call.cost.flops) == ("custom", 0)  # its code has no operation
    assert call.module == __name__


def test_weights_outside_the_graph_are_mentioned():
    class Extra(keras.Model):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.extra = self.add_weight(shape=(7,), name="extra")

    x = keras.Input((4,), name="x")
    model = Extra(x, layers.Dense(2)(x))
    graph = read_graph(model)
    assert graph.params == model.count_params() == 17
    assert any("7 parameters" in note for note in graph.notes)


def test_a_sequential_with_an_input_alone_returns_it(keras):
    model = keras.Sequential([keras.Input((3,), name="i")])
    graph = read_graph(model)
    assert [(c.key, c.outputs[0].shape) for c in graph.calls] == [("i", (None, 3))]
    assert (graph.inputs, graph.outputs, graph.cost.activation_bytes) == (("i",), (("i", 0, ""),), 12)
    assert graph.notes[0].startswith("The model has no layers yet: it returns its input.")
    assert not model.built
