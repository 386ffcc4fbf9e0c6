"""Models without a graph of their own: one symbolic run gives calls and edges, and leaves no trace."""

import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import kfx
from kfx.model.read.inside.equals import forget
from kfx.model.read.model import read_graph
from kfx.model.walk import by_key, wires


class Residual(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        x = keras.Input((4,), name="i")
        self.encoder = keras.Model(x, layers.Dense(3, name="d")(x), name="encoder")
        self.h = layers.Dense(3, name="h")
        self.n = layers.LayerNormalization(name="n")

    def call(self, x):
        x = self.encoder(x)
        for _ in range(2):
            x = x + tf.nn.relu(self.h(self.n(x)))
        return {"mean": tf.reduce_mean(x, -1), "scaled": x * 2.0}


class Block(layers.Layer):
    def __init__(self, units=4, **kwargs):
        super().__init__(**kwargs)
        self.a, self.b = layers.Dense(units, name="a"), layers.Dense(units, name="b")

    def call(self, x):
        return x + self.b(self.a(x))


def edges(graph):
    return {(e.source, e.target) for e in graph.edges}


def state_of(model):
    """Everything a trace could leave behind."""
    layers_ = list(model._flatten_layers())
    return (
        [{k: (list(v) if isinstance(v, list) else v) for k, v in vars(x).items()} for x in layers_],
        [{k: set(v) for k, v in x._tracker.stored_ids.items()} for x in layers_],
        [(len(x._inbound_nodes), len(x._outbound_nodes)) for x in layers_],
        random.getstate(),
        np.random.get_state()[1].tolist(),
    )


def test_a_called_model_is_traced_with_what_keras_remembers():
    model = Residual(name="res")
    model(np.zeros((2, 4), "float32"))
    graph = read_graph(model)
    assert graph.kind == "traced"
    assert [c.key for c in graph.calls if c.depth == 0] == [
        *("x", "encoder", "n@1", "h@1", "relu", "add", "n@2", "h@2", "relu_1", "add_1", "mean", "multiply"),
    ]
    assert edges(graph) == {
        ("x", "encoder"),
        ("encoder/i", "encoder/d"),
        ("encoder", "n@1"),
        ("n@1", "h@1"),
        ("encoder", "add"),
        ("h@1", "relu"),
        ("relu", "add"),
        ("add", "n@2"),
        ("n@2", "h@2"),
        ("add", "add_1"),
        ("h@2", "relu_1"),
        ("relu_1", "add_1"),
        ("add_1", "multiply"),
        ("add_1", "mean"),
    }
    assert set(graph.outputs) == {("mean", 0, "mean"), ("multiply", 0, "scaled")}
    assert graph.params == model.count_params() == 15 + 12 + 6
    assert by_key(graph)["h@2"].params == 0
    assert by_key(graph)["h@1"].outputs[0].shape == (None, 3)


def test_an_unbuilt_model_is_opaque_with_advice():
    model = Residual(name="res")
    graph = read_graph(model)
    assert (graph.kind, graph.inputs, graph.cost.flops) == ("opaque", (), None)
    assert [c.key for c in graph.calls if c.depth == 0] == ["encoder", "h", "n"]
    assert "kfx.summary(model, inputs=" in graph.notes[0]


@pytest.mark.parametrize(
    "inputs",
    [(None, 4), np.zeros((5, 4), "float32"), tf.TensorSpec((None, 4)), keras.KerasTensor((None, 4)), [None, 4]],
    ids=["shape", "array", "spec", "keras tensor", "list"],
)
def test_an_unbuilt_model_with_inputs_is_traced_and_stays_unbuilt(inputs):
    model = Residual(name="res")
    before = state_of(model)
    graph = read_graph(model, inputs=inputs)
    assert (graph.kind, graph.params) == ("traced", 33)
    assert any("not built yet" in note for note in graph.notes)
    assert state_of(model) == before
    assert not model.h.built
    assert model.h.weights == []
    model(np.zeros((1, 4), "float32"))
    assert model.count_params() == 33


def test_a_data_set_gives_its_inputs():
    data = tf.data.Dataset.from_tensor_slices((np.zeros((8, 4), "float32"), np.zeros(8))).batch(2)
    assert read_graph(Residual(), inputs=data).params == 33


def test_tracing_a_built_model_changes_nothing():
    class Stateful(keras.Model):
        def __init__(self):
            super().__init__(name="stateful")
            self.d, self.bn, self.drop = layers.Dense(3), layers.BatchNormalization(), layers.Dropout(0.5)
            self.seen = []

        def call(self, x, training=False):
            self.calls_made = getattr(self, "calls_made", 0) + 1
            self.seen.append(x.shape)
            noise = keras.random.normal((3,))
            self.add_loss(keras.ops.sum(x))
            return self.drop(self.bn(self.d(x) + random.random() + np.random.rand()), training=True) + noise

    model = Stateful()
    model(np.ones((2, 4), "float32"))
    values = [np.array(v) for v in model.variables]
    name = keras.layers.Dense(1).name
    before = state_of(model)
    losses = len(model.losses)
    assert read_graph(model).kind == "traced"
    after = state_of(model)
    assert after == before
    assert all(np.array_equal(a, b) for a, b in zip(values, model.variables, strict=True))
    assert len(model.losses) == losses
    assert keras.layers.Dense(1).name == f"dense_{int(name.rpartition('_')[2] or 0) + 1}"


def test_a_model_that_raises_is_opaque_and_the_door_is_shut_again(subclassed):
    def call(self, x):
        raise ValueError("wrong day\nsecond line")

    original, model = keras.Operation.__call__, subclassed(call, d=layers.Dense(3, name="d"))
    before = state_of(model)
    graph = read_graph(model, inputs=(None, 4))
    assert graph.kind == "opaque"
    assert [c.key for c in graph.calls] == ["d"]
    assert "wrong day" in graph.notes[-1]
    assert "second line" not in graph.notes[-1]
    assert keras.Operation.__call__ is original
    assert state_of(model) == before


def test_several_arguments_become_inputs_by_their_names(subclassed):
    def call(self, question, context):
        return self.d(question) * self.d(context)

    model = subclassed(call, d=layers.Dense(3, name="d"))
    graph = read_graph(model, inputs={"question": (None, 4), "context": (None, 4)})
    assert graph.inputs == ("context", "question") or graph.inputs == ("question", "context")
    assert edges(graph) >= {("question", "d@1"), ("context", "d@2"), ("d@1", "multiply"), ("d@2", "multiply")}
    assert read_graph(model, inputs=((None, 4), (None, 4))).inputs == ("question", "context")
    model(np.zeros((1, 4), "float32"), np.zeros((1, 4), "float32"))
    graph = read_graph(model)  # Keras remembers the shape of the first argument only
    assert graph.kind == "opaque"
    assert "missing a required argument: 'context'. Give inputs=" in graph.notes[0]


def test_a_composite_layer_in_a_functional_model_shows_its_inside():
    x = keras.Input((4,), name="x")
    block = Block(name="block")
    model = keras.Model(x, block(block(x)), name="m")
    before = state_of(model)
    graph = read_graph(model)
    calls = by_key(graph)
    assert graph.kind == "exact"
    assert (calls["block@1"].kind, calls["block@1"].note) == ("model", "traced")
    assert [c.name for c in graph.calls if c.parent == "block@2"] == ["x", "a", "b", "add"]
    assert calls["block@1"].inner_inputs == ("block@1/x",)
    assert calls["block@1"].inner_outputs == (("block@1/add", 0),)
    assert [c.params for c in graph.calls if c.parent is None] == [0, 40, 0]
    assert calls["block@1"].cost.flops == 2 * (2 * 16 + 4) + 4
    drawn = [(w.source, w.target) for w in wires(graph)]
    assert ("block@1/add", "block@2/x") in drawn
    assert ("block@2/x", "block@2/add") in drawn
    assert state_of(model) == before


def test_a_layer_that_hands_its_input_through_keeps_its_edges(subclassed):
    def call(self, x):
        return x + self.d(self.drop(x))  # at inference Dropout returns x itself

    model = subclassed(call, drop=layers.Dropout(0.5, name="drop"), d=layers.Dense(4, name="d"))
    assert edges(read_graph(model, inputs=(None, 4))) == {
        ("x", "drop"),
        ("drop", "d"),
        ("x", "add"),
        ("d", "add"),
    }


def test_recurrent_cells_in_a_loop_are_one_layer(subclassed):
    parts = {"e": layers.Embedding(10, 4, mask_zero=True, name="e"), "l": layers.LSTM(3, name="l")}
    model = subclassed(lambda self, x: self.l(self.e(x)), **parts)
    graph = read_graph(model, inputs=keras.KerasTensor((None, 6), dtype="int32"))
    assert [c.key for c in graph.calls] == ["x", "e", "not_equal", "l"]
    assert {("x", "not_equal"), ("not_equal", "l")} <= edges(graph)  # the mask


def test_layers_that_a_run_does_not_call_are_listed_without_edges(subclassed):
    model = subclassed(lambda self, x: self.used(x), used=layers.Dense(3, name="used"), spare=layers.Dense(5, name="spare"))
    model.spare.build((None, 3))
    model(np.zeros((1, 4), "float32"))
    graph = read_graph(model)
    spare = by_key(graph)["spare"]
    assert "not called" in spare.note
    assert not [e for e in graph.edges if "spare" in (e.source, e.target)]
    assert graph.params == model.count_params() == sum(c.params for c in graph.calls)


def test_data_flow_through_a_loop_and_the_layer_inside_it_is_listed(subclassed):
    def call(self, x):
        return self.last(tf.map_fn(lambda row: self.each(row[None])[0], x))

    model = subclassed(call, each=layers.Dense(3, name="each"), last=layers.Dense(1, name="last"))
    model.each.build((None, 4))
    graph = read_graph(model, inputs=(None, 4))
    assert [(e.source, e.target) for e in graph.edges] == [("x", "map"), ("map", "last")]
    assert by_key(graph)["map"].cost.flops is None
    assert "called inside a loop" in by_key(graph)["each"].note
    assert graph.params == 15 + 4


def test_own_operations_and_constant_outputs_do_not_break_a_trace(subclassed):
    def call(self, x):
        y = self.d(x)
        return x, y, tf.constant(1.0), keras.ops.concatenate([x, y], axis=-1)

    graph = read_graph(subclassed(call, d=layers.Dense(2, name="d")), inputs=(None, 4))
    assert graph.outputs[0] == ("x", 0, "0") or graph.outputs[0] == ("x", 0, "")
    assert by_key(graph)["concatenate"].family == "merge"
    assert len(graph.outputs) == 4


@pytest.mark.parametrize("name", ["ResNet50", "MobileNetV3Small"])
def test_a_trace_finds_the_edges_keras_has(subclassed, name):
    exact = getattr(keras.applications, name)(weights=None, input_shape=(64, 64, 3), include_top=False)

    def call(self, x):
        return exact._run_through_graph(x, operation_fn=lambda op: op)  # older Keras needs it

    parts = {f"l{n}": layer for n, layer in enumerate(exact.layers) if not isinstance(layer, layers.InputLayer)}
    wanted = {(w.source, w.target) for w in wires(read_graph(exact))}
    start = read_graph(exact).inputs[0]
    found = {(s if s != "x" else start, t) for s, t in edges(read_graph(subclassed(call, **parts), inputs=(None, 64, 64, 3)))}
    drawn = {(s, t) for s, t in wanted if all(by_key(read_graph(exact))[k].kind != "op" for k in (s, t))}
    assert drawn <= found


@pytest.mark.parametrize("name", ["relu", "gelu", "softmax", "mean"])
def test_an_activation_in_the_code_is_a_call_and_costs_what_it_costs_in_a_graph(subclassed, name):
    function = getattr(keras.ops, name)

    def call(self, x):
        y = function(self.a(x))
        return self.b(y if name != "mean" else keras.ops.ones((2, 3)) * y)

    x = keras.Input((4,), name="x")
    y = function(layers.Dense(6, name="a")(x))
    model = subclassed(call, a=layers.Dense(6, name="a"), b=layers.Dense(2, name="b"))
    exact, traced = read_graph(keras.Model(x, y)), read_graph(model, inputs=(None, 4))
    assert [(c.type, c.cost.flops) for c in exact.calls[2:]] == [(c.type, c.cost.flops) for c in traced.calls[2:3]]
    assert {(e.source, e.target) for e in traced.edges} >= {("a", name)}


def test_a_long_reason_ends_with_its_first_sentence_or_a_word(subclassed):
    def reason(message):
        def call(self, x):
            raise ValueError(message)

        return read_graph(subclassed(call, d=layers.Dense(3, name="d")), inputs=(None, 4)).notes[0]

    assert "raised ValueError: No weekday. Give" in reason("No weekday. Try on Monday.")
    assert "raised ValueError: " + "long " * 40 + "…. Give" in reason("long " * 99)


def test_unknown_inputs_are_refused_with_advice():
    with pytest.raises(TypeError, match=r"`inputs` holds 'str'; give shapes with the batch axis first such as \(None, 28"):
        read_graph(Residual(), inputs="images")


def test_code_that_asks_for_values_is_said_to_be_the_reason(subclassed):
    def call(self, x):
        return self.d(x) if float(np.asarray(x).sum()) > 0 else x

    model = subclassed(call, d=layers.Dense(4, name="d"))
    model(np.ones((2, 4), "float32"))
    graph = read_graph(model)
    assert graph.kind == "opaque"
    assert graph.notes[0].endswith("Code that asks for values needs data: inputs=x[:32], with x of yours.")


def test_a_called_model_whose_inputs_keras_forgot_is_not_said_to_be_unbuilt(subclassed):
    def call(self, x):
        return self.a(x) if keras.ops.convert_to_numpy(keras.ops.sum(x)) > 0 else self.b(x)

    model = subclassed(call, a=layers.Dense(3), b=layers.Dense(3))
    model(np.ones((1, 4), "float32"))
    (note,) = read_graph(model).notes
    assert "Keras does not remember its inputs. Give inputs=" in note


@pytest.mark.filterwarnings("ignore:`build\\(\\)` was called")
def test_layers_that_only_the_trace_builds_are_told(subclassed):
    model = subclassed(lambda self, x: self.inside(x), inside=layers.Dense(2))
    model.build((None, 4))  # which Keras takes for built, without weights
    graph = read_graph(model)
    assert (graph.params, model.count_params()) == (10, 0)
    assert graph.notes == ("Some layers are not built yet: sizes are those they would have with these inputs.",)


def test_the_arguments_of_raw_operations_have_names_and_their_tensors_have_none(subclassed):
    def call(self, x):
        y = self.d(x)
        both = tf.concat([x, y], -1)
        return both + 1.0, tf.reduce_mean(both, 1), tf.gather(both, tf.argmax(y, 1), axis=1, batch_dims=1)

    model = subclassed(call, d=layers.Dense(3, name="d"))
    model(np.ones((2, 4), "float32"))
    said = {call.type: call.settings for call in read_graph(model).calls}
    assert said["Concatenate"] == ("2 inputs", "axis -1")
    assert said["Mean"] == ("axis 1",)
    assert said["Take"] == ("2 inputs", "axis 1")
    assert said["Argmax"] == ("axis 1",)
    assert said["Add"] == ("1",), "a number among tensors is one of them"


class HeldBySelf(layers.Layer):
    """Holds its layer under a name such as KerasHub's blocks use, which looks like one of TensorFlow's own."""

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self._self_attention_layer = layers.Dense(4, activation, name="inner")

    def call(self, x):
        return self._self_attention_layer(x)


def test_blocks_that_differ_in_an_attribute_of_any_name_are_read_apart():
    x = y = keras.Input((4,))
    for name, activation in (("a", "relu"), ("b", "tanh"), ("c", "relu")):
        y = HeldBySelf(activation, name=name)(y)
    graph = read_graph(keras.Model(x, y))
    inner = [c for c in graph.calls if c.name == "inner"]
    assert [c.key for c in inner] == ["a/inner", "b/inner", "c/inner"]
    assert ["tanh" in c.settings for c in inner] == [False, True, False]
    assert not [c for c in graph.calls if c.kind == "opaque"]


class MaskedFirst(layers.Layer):
    """Passes everything by keyword: the mask comes first in the alphabet, the query in the call."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.attention = layers.MultiHeadAttention(4, 8, name="attention")

    def call(self, x):
        return self.attention(query=x, value=x, attention_mask=keras.ops.ones((1, 16, 16), "bool"))


def test_arguments_by_keyword_are_in_the_order_of_the_call():
    x = keras.Input((16, 32))
    mask = keras.Input((16, 16), dtype="bool")
    by_position = read_graph(keras.Model(x, layers.MultiHeadAttention(4, 8, name="attention")(x, x))).calls[-1]
    by_keyword = layers.MultiHeadAttention(4, 8, name="attention")(attention_mask=mask, value=x, query=x)
    told = by_key(read_graph(keras.Model([x, mask], by_keyword)))["attention"]
    traced = by_key(read_graph(keras.Model(x, MaskedFirst(name="m")(x))))["m/attention"]
    for call in (told, traced):
        assert [t.shape for t in call.inputs] == [(None, 16, 32)] * 2 + [call.inputs[-1].shape]
        assert call.cost.macs == by_position.cost.macs == 16 * 32 * 32 * 4 + 2 * 16 * 16 * 32


class Tied(keras.Model):
    """Takes the table of its embedding once more at the end."""

    def __init__(self, product):
        super().__init__(name="tied")
        self.product = product
        self.e, self.d = layers.Embedding(30, 8, name="e"), layers.Dense(8, name="d")

    def call(self, tokens):
        return self.product(self.d(self.e(tokens)), self.e.embeddings)


PRODUCTS = {
    "matmul": lambda x, table: keras.ops.matmul(x, keras.ops.transpose(table)),
    "@": lambda x, table: x @ keras.ops.transpose(table),
    "einsum": lambda x, table: keras.ops.einsum("btd,vd->btv", x, table),
    "tf.matmul": lambda x, table: tf.matmul(x, tf.convert_to_tensor(table), transpose_b=True),
    "dot": lambda x, table: keras.ops.dot(x, keras.ops.transpose(table)),
    "tensordot": lambda x, table: keras.ops.tensordot(x, keras.ops.transpose(table), axes=1),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_product_with_a_weight_is_a_call_with_the_weight_as_an_input(name):
    model = Tied(PRODUCTS[name])
    model(np.zeros((1, 5), "int32"))
    graph = read_graph(model)
    product = by_key(graph)[graph.outputs[0][0]]
    assert graph.cost.flops == 680 + 2 * 5 * 8 * 30
    assert ("d", product.key) in edges(graph)
    assert "weight e.embeddings" in product.settings
    assert product.outputs[0].shape == (None, 5, 30)


def test_slices_and_concatenations_keep_their_place(subclassed):
    def call(self, x):
        y = self.d(x)
        return self.d(keras.ops.concatenate([y, x], -1)[:, :8])

    graph = read_graph(subclassed(call, d=layers.Dense(8, name="d")), inputs=(None, 8))
    assert [(call.key, call.settings) for call in graph.calls[2:4]] == [
        ("concatenate", ("2 inputs", "axis -1")),
        ("get_item", ("[:, :8]",)),
    ]
    assert edges(graph) >= {("x", "concatenate"), ("d@1", "concatenate"), ("concatenate", "get_item"), ("get_item", "d@2")}


def test_every_one_of_many_blocks_is_read_and_equal_ones_are_run_once(monkeypatch):
    from kfx.model.read import functional

    runs = []
    run = functional.run
    monkeypatch.setattr(functional, "run", lambda op, *args: runs.append(op.name) or run(op, *args))
    forget()
    x = inputs = keras.Input((10, 4))
    for _ in range(120):
        x = Block(dtype="float32")(x)
    graph = read_graph(keras.Model(inputs, x))
    blocks = [call for call in graph.calls if call.type == "Block"]
    assert (graph.kind, graph.unread, graph.blocks, len(blocks)) == ("exact", (), 120, 120)
    assert len(runs) == 1
    assert {call.cost.flops for call in blocks} == {10 * (2 * (2 * 16 + 4) + 4)}
    assert sum(call.params for call in blocks) == 120 * 40
    names = [call.name for call in graph.calls if call.type == "Dense"]
    assert len(set(names)) == 2  # each block has its own layers of these names
    assert len({call.key for call in graph.calls}) == len(graph.calls)


def test_blocks_that_cannot_be_read_are_counted_and_named():
    class Asks(Block):
        def call(self, x):
            if x.shape[1] is None:
                raise ValueError("how long?")
            return super().call(x)

        def build(self, shape):
            self.a.build(shape)
            self.b.build(shape)

        def compute_output_shape(self, shape):
            return shape

    x = keras.Input((None, 4))
    model = keras.Model(x, Asks(name="asks")(Block(name="block")(x)))
    graph = read_graph(model)
    assert (graph.unread, graph.blocks) == (("asks",), 2)
    assert graph.notes[0] == "1 of 2 blocks is unread (asks): could not be traced: ValueError: how long?."
    assert graph.cost.flops is None
    assert "partly traced: 1 of 2 blocks unread" in str(kfx.summary(model))
    whole = read_graph(model, inputs=(None, 7, 4))
    assert (whole.unread, whole.cost.flops) == ((), 2 * 7 * (2 * (2 * 16 + 4) + 4))


def test_the_address_of_a_layer_wins_over_that_of_an_argument():
    class Attention(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.ask, self.tell = layers.Dense(3, name="query"), layers.Dense(3, name="value")

        def call(self, query, value=None):
            return self.ask(query) + self.tell(value)

    x = keras.Input((4,), name="x")
    model = keras.Model(x, Attention(name="attention")(x, value=2 * x))
    calls = by_key(read_graph(model))
    assert (calls["attention/query"].type, calls["attention/query~2"].type) == ("Dense", "InputLayer")
    found = kfx.extract(model, np.ones((2, 4), "float32"), ["attention/query", "attention/value~2"])
    kernel = np.asarray(model.get_layer("attention").ask.kernel)
    np.testing.assert_allclose(found["attention/query"], np.ones((2, 4)) @ kernel, rtol=1e-5)
    assert (found["attention/value~2"] == 2).all()


def test_layers_with_names_that_tensorflow_refuses_are_read_all_the_same(subclassed):
    model = subclassed(lambda self, x: self.d(self.e(x)) + 1, e=layers.Dense(3, name="인코더"), d=layers.Dense(2, name="점 수"))
    graph = read_graph(model, inputs=(None, 4))
    assert edges(graph) == {("x", "인코더"), ("인코더", "점 수"), ("점 수", "add")}


def test_equal_blocks_that_train_and_do_not_are_told_apart(subclassed):
    class Inner(Block):
        def call(self, x, training=False):
            return self.a(x) if training else self.b(x)

    class Outer(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = Inner(name="inner")

        def call(self, x, training=False):
            return self.inner(x)

    model = subclassed(lambda self, x: self.two(x) + self.one(x, training=True), one=Outer(name="one"), two=Outer(name="two"))
    for layer in (model.one.inner, model.two.inner):
        layer.a.build((None, 4))
        layer.b.build((None, 4))
    model(np.zeros((1, 4), "float32"))
    found = edges(read_graph(model))
    assert {("one/inner/x", "one/inner/a"), ("two/inner/x", "two/inner/b")} <= found
