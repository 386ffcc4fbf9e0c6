"""Patches of operations inside layers, against a model written by hand."""

import numpy as np
import pytest

import kfx
from kfx.errors import PatchError
from tests.values.tap.blocks import by_hand, data, stacked

CHANGES = {"zero": lambda s: s * 0, "double": lambda s: s * 2 + 1, "itself": lambda s: s}


@pytest.fixture(scope="module")
def model(keras):
    return stacked()


def close(a, b):
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), atol=1e-5)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_patched_sum_flows_on_in_every_way_of_running(model, change):
    x = data()
    before = model.predict(x, verbose=0)
    want = by_hand(model, x, lambda k, s: change(s) if k == 1 else s)
    with kfx.patch(model, {"block_1/add": change}):
        close(model.predict(x, verbose=0), want)
        close(model(x, training=False), want)  # outside of a graph
        found = kfx.extract(model, x, ["block_1/add", "block_2"])
        close(found["block_2"], want)
    np.testing.assert_array_equal(model.predict(x, verbose=0), before)
    close(found["block_1/add"], change(kfx.extract(model, x, "block_1/add")["block_1/add"]))


def test_gradients_through_a_patched_operation_are_those_by_hand(model):
    import tensorflow as tf

    x = tf.constant(data())
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = tf.reduce_sum(by_hand(model, x, lambda k, s: s * 3 if k == 1 else s) ** 2)
    want = tape.gradient(score, x).numpy()
    with kfx.patch(model, {"block_1/add": lambda s: s * 3}):
        found = kfx.saliency(model, data(), target=lambda y: tf.reduce_sum(y**2))
        with tf.GradientTape() as tape:
            tape.watch(x)
            score = tf.reduce_sum(model(x, training=False) ** 2)
        by_tape = tape.gradient(score, x).numpy()
    scale = np.abs(want).max()
    np.testing.assert_allclose(found / scale, np.abs(want) / scale, atol=1e-4)
    np.testing.assert_allclose(by_tape / scale, want / scale, atol=1e-4)


def test_a_fit_under_a_patch_learns_as_the_model_by_hand(keras):
    """Keras's own training takes gradients by a tape, which is wrong through an operation that is replaced in its graph."""
    import tensorflow as tf

    model = stacked(2)
    x, y = data(), data()[::-1].copy()
    model.compile("sgd", "mse")
    names = [w.path for w in model.trainable_variables]
    before = model.get_weights()
    with tf.GradientTape() as tape:
        made = by_hand(model, tf.constant(x), lambda k, s: s * 3 if k == 0 else s)
        loss = tf.reduce_mean((made - y) ** 2)
    slopes = tape.gradient(loss, [w.value for w in model.trainable_variables])
    with kfx.patch(model, {"block_0/add": lambda s: s * 3}):
        model.fit(x, y, batch_size=4, epochs=1, verbose=0)
    for name, old, new, slope in zip(names, before, model.get_weights(), slopes, strict=True):
        np.testing.assert_allclose(new, old - 0.01 * slope.numpy(), atol=2e-5, err_msg=name)


def test_a_silent_head_adds_nothing(model):
    x = data()
    keys = ["block_1/attention/scores", "block_1/attention/dot_product_attention", "block_1/attention"]
    plain = kfx.extract(model, x, keys)
    with kfx.patch(model, {"block_1/attention": kfx.silence(head=1)}):
        silent = kfx.extract(model, x, keys)
    assert not np.any(silent[keys[0]][:, 1])
    assert not np.any(silent[keys[1]][:, :, 1])
    np.testing.assert_array_equal(silent[keys[0]][:, 0], plain[keys[0]][:, 0])
    kernel, bias = model.get_layer("block_1").attention._output_dense.get_weights()
    close(silent[keys[2]], np.einsum("btnh,nhd->btd", plain[keys[1]] * np.array([1, 0])[:, None], kernel) + bias)


def test_values_of_another_run_and_a_direction_are_put_in(model):
    x, other = data(), data()[::-1].copy()
    there = kfx.extract(model, other, "block_0/add")["block_0/add"]
    with kfx.patch(model, {"block_0/add": there}):
        close(model.predict(x, verbose=0), by_hand(model, other))
    direction = np.linspace(-1, 1, 16).astype("float32")
    with kfx.patch(model, {"block_0/add": kfx.steer(direction, 4.0, position=-1)}):
        got = model.predict(x, verbose=0)
    step = np.zeros((1, 6, 16), "float32")
    step[:, -1] = 4 * direction
    close(got, by_hand(model, x, lambda k, s: s + step if k == 0 else s))


def test_a_patch_that_nothing_reaches_is_an_error_at_the_end(model):
    refused = "The patch of 'block_0/add' was never reached"
    with pytest.raises(PatchError, match=refused), kfx.patch(model, {"block_0/add": 0.0}):
        pass
    with pytest.raises(PatchError, match="The patch of 'block_0' was never reached"), kfx.patch(model, {"block_0": 0.0}):
        model.get_layer("block_0")(data())  # not in a call of the model


def test_an_error_in_the_block_is_not_hidden_by_that(model):
    with pytest.raises(RuntimeError, match="stop"), kfx.patch(model, {"block_0/add": 0.0}):
        raise RuntimeError("stop")


@pytest.mark.parametrize("twice", [{"block_0/add": 0.0, "block_0/ad*d": 1.0}, {"block_0": 0.0, "block_?": 0.0}])
def test_two_changes_for_one_address_are_refused(model, twice):
    with pytest.raises(ValueError, match=r"Two changes are for the same values: block_0"), kfx.patch(model, twice):
        pass


def test_values_that_no_operation_makes_alone_are_refused(keras):
    class Moments(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.d = keras.layers.Dense(4, name="d")

        def call(self, x):
            mean, variance = keras.ops.moments(self.d(x), axes=[-1], keepdims=True)
            return mean + variance

    i = keras.Input((4,))
    model = keras.Model(i, Moments(name="m")(i))
    refused = pytest.raises(ValueError, match="'m/moments' cannot be replaced: several operations of TensorFlow's make them")
    with refused, kfx.patch(model, {"m/moments": 0.0}):
        pass


def test_an_operation_cannot_be_replaced_in_a_pass_that_is_not_compiled(model):
    with kfx.patch(model, {"block_0/add": 0.0}):
        model.predict(data(), verbose=0)
        with pytest.raises(PatchError, match="Operations are replaced only in a compiled pass"):
            kfx.extract(model, data(), "block_0", run_eagerly=True)


def graph_network(keras):
    """A model of a class whose first argument is a pair of nodes and edges of other lengths, whole numbers among them."""

    class Network(keras.Model):
        def __init__(self):
            super().__init__(name="network")
            self.h = keras.layers.Dense(3, name="h")

        def call(self, graph):
            nodes, edges = graph
            return keras.ops.take(self.h(nodes), edges[:, 0], axis=0)

    model = Network()
    graph = np.ones((20, 5), "float32"), np.arange(80).reshape(40, 2).astype("int32") % 20
    model(graph)
    return model, graph


def test_a_model_whose_inputs_keras_does_not_remember_is_patched_at_its_first_call(keras):
    model, graph = graph_network(keras)
    plain = np.asarray(model(graph))
    with kfx.patch(model, {"h": 2.0}):
        assert (np.asarray(model(graph)) == 2).all()
        assert (kfx.extract(model, graph, "h")["h"] == 2).all()
    np.testing.assert_array_equal(model(graph), plain)
    with pytest.raises(ValueError, match="No layer 'g' in model 'network'"), kfx.patch(model, {"g": 2.0}):
        model(graph)
    with pytest.raises(kfx.PatchError, match="The patch of 'h' was never reached"), kfx.patch(model, {"h": 2.0}):
        pass


@pytest.mark.parametrize("keyword", [False, True])
def test_several_arguments_are_patched_at_the_first_call(keras, keyword):
    class Sum(keras.Model):
        def __init__(self):
            super().__init__(name="sum")
            self.h = keras.layers.Dense(3, name="h")

        def call(self, x, y):
            return self.h(x) + y

    model, x, y = Sum(), np.ones((4, 2), "float32"), np.full((4, 3), 5, "float32")
    model(x, y)
    with kfx.patch(model, {"h": 1.0}):
        assert (np.asarray(model(x, y=y) if keyword else model(x, y)) == 6).all()
        assert (kfx.extract(model, (x, y), "h")["h"] == 1).all()


def test_an_extractor_says_what_to_give_where_keras_does_not_remember_the_dtypes(keras):
    model, graph = graph_network(keras)
    with pytest.raises(ValueError, match=r"cannot be run on the shapes that Keras remembers .* Give inputs=\.\.\."):
        kfx.feature_extractor(model, "h")
    assert kfx.feature_extractor(model, "h", inputs=graph)(graph).shape == (20, 3)


def test_a_channel_of_a_graphs_nodes_is_silenced(keras):
    model, graph = graph_network(keras)
    view = kfx.inspect(model, graph, layer="h")
    reply, _ = view.answers()({"what": "silence", "layer": "h", "example": 0, "channel": 1})
    assert "error" not in reply
    assert not view.values.silenced("h", 0, 2, 1, 0)[""][:, 1].any()
