"""The scores of attention of every kind, against NumPy and against Keras's own, compiled and eager."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import kfx
from kfx.errors import KfxError


@pytest.fixture
def series():
    return np.random.default_rng(0).normal(size=(3, 7, 16)).astype("float32")


def softmax(x):
    x = np.asarray(x)
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def around(layer, *, calls=1, **told):
    i = x = keras.Input((7, 16))
    for _ in range(calls):
        x = layer(x, x, **told)
    return keras.Model(i, x)


def by_hand(layer, x, causal=False):
    """Scores of a MultiHeadAttention of Keras's from its weights."""
    query, key = (np.einsum("btd,dnh->bnth", x, d.kernel) + d.bias[None, :, None].numpy() for d in projections(layer)[:2])
    logits = np.einsum("bnth,bnsh->bnts", query, key) / np.sqrt(layer.key_dim)
    return softmax(np.where(np.triu(np.ones(logits.shape, bool), 1), -np.inf, logits) if causal else logits)


def projections(layer):
    return [one for one in layer._flatten_layers(include_self=False) if type(one).__name__ == "EinsumDense"]


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("dropout", [0.0, 0.3], ids=["fused", "with dropout"])
def test_multi_head_attention_gives_the_scores_that_numpy_computes(series, dropout, causal, eager):
    model = around(layers.MultiHeadAttention(4, 5, dropout=dropout, name="look"), use_causal_mask=causal)
    found = kfx.attention(model, series, run_eagerly=eager)
    np.testing.assert_allclose(found["look"], by_hand(model.get_layer("look"), series, causal), atol=1e-6)
    plain = model(series) if eager else tf.function(model)(series)
    np.testing.assert_array_equal(found.output, plain)


@pytest.mark.parametrize(
    "layer",
    [
        layers.MultiHeadAttention(4, 5),
        layers.MultiHeadAttention(4, 5, dropout=0.2),
        layers.GroupQueryAttention(5, 4, 2),
        layers.GroupQueryAttention(5, 4, 2, dropout=0.2),
    ],
    ids=lambda layer: f"{type(layer).__name__} {getattr(layer, 'dropout', '')}",
)
def test_masked_scores_are_those_that_keras_returns(series, layer):
    mask = np.array([[1] * 7, [1] * 4 + [0] * 3, [0] * 2 + [1] * 5], bool)
    i, m = keras.Input((7, 16)), keras.Input((7,), dtype="bool")
    square = m[:, None, :]
    model = keras.Model([i, m], layer(i, i, attention_mask=square))
    found = kfx.attention(model, [series, mask])
    _, scores = layer(series, series, attention_mask=mask[:, None, :], return_attention_scores=True)
    np.testing.assert_allclose(found[layer.name], scores, atol=1e-6)
    np.testing.assert_allclose(found[layer.name].sum(-1), 1, atol=1e-5)
    assert not found[layer.name][1, ..., 4:].any(), "no query looks at what is masked"
    np.testing.assert_array_equal(found.masked[layer.name], np.broadcast_to(~mask[:, None], (3, 7, 7)))


@pytest.mark.parametrize("layer", [layers.Attention(), layers.Attention(score_mode="concat"), layers.AdditiveAttention()])
def test_attention_without_heads_has_one(series, layer):
    i, j = keras.Input((7, 16)), keras.Input((4, 16))
    model = keras.Model([i, j], layer([i, j]))
    found = kfx.attention(model, [series, series[:, :4]])
    _, scores = layer([series, series[:, :4]], return_attention_scores=True)
    np.testing.assert_allclose(found[layer.name], np.asarray(scores)[:, None], atol=1e-6)


def test_attention_over_several_axes_numbers_its_places_row_by_row():
    x = np.random.default_rng(1).normal(size=(2, 3, 4, 16)).astype("float32")
    i = keras.Input((3, 4, 16))
    layer = layers.MultiHeadAttention(2, 5, attention_axes=(1, 2), name="look")
    found = kfx.attention(keras.Model(i, layer(i, i)), x)["look"]
    _, scores = layer(x, x, return_attention_scores=True)
    np.testing.assert_allclose(found, np.reshape(scores, (2, 2, 12, 12)), atol=1e-6)
    one = layers.MultiHeadAttention(2, 5, attention_axes=(2,), name="rows")
    found = kfx.attention(keras.Model(i, one(i, i)), x)["rows"]
    _, scores = one(x, x, return_attention_scores=True)
    np.testing.assert_allclose(found, np.reshape(scores, (2, 6, 4, 4)), atol=1e-6)


def test_a_score_of_0_is_no_mask(series):
    model = around(layers.MultiHeadAttention(1, 16, name="look"))
    model.set_weights([w * 12 for w in model.get_weights()])
    found = kfx.attention(model, series)
    assert (found["look"] == 0).any()
    assert not found.masked["look"].any()


class Own(layers.Layer):
    """Attention as people write it, by one way or another."""

    def __init__(self, way="ops", **kwargs):
        super().__init__(**kwargs)
        self.way, self.q, self.k = way, layers.Dense(5), layers.Dense(5)

    def build(self, shape):
        self.q.build(shape)
        self.k.build(shape)

    def scores(self, x):
        return softmax(np.asarray(self.q(x)) @ np.swapaxes(self.k(x), 1, 2))

    def call(self, x):
        q, k = self.q(x), self.k(x)
        if self.way == "ops":
            return ops.softmax(ops.matmul(q, ops.transpose(k, (0, 2, 1)))) @ x
        if self.way == "einsum":
            return ops.einsum("bts,bsd->btd", ops.softmax(ops.einsum("btd,bsd->bts", q, k), axis=-1), x)
        if self.way == "keys first":
            return ops.einsum("bst,bsd->btd", ops.softmax(ops.einsum("btd,bsd->bst", q, k), axis=1), x)
        return tf.nn.softmax(tf.matmul(q, k, transpose_b=True)) @ x


@pytest.mark.parametrize("way", ["ops", "einsum", "keys first", "tf"])
def test_attention_of_a_layer_of_ones_own_is_found(series, way):
    own = Own(way, name="mine")
    i = keras.Input((7, 16))
    model = keras.Model(i, own(i))
    for eager in (False, True):
        found = kfx.attention(model, series, run_eagerly=eager)
        np.testing.assert_allclose(found["mine"], own.scores(series)[:, None], atol=1e-6)


def test_attention_that_is_made_of_layers_or_operations_is_found(series):
    i = keras.Input((7, 16))
    by_layers = layers.Softmax(name="weights")(layers.Dot(2)([i, i]))
    by_ops = keras.ops.softmax(keras.ops.matmul(i, keras.ops.transpose(i, (0, 2, 1))))
    model = keras.Model(i, [layers.Dot((2, 1))([by_layers, i]), keras.ops.matmul(by_ops, i)])
    found = kfx.attention(model, series)
    wanted = softmax(series @ np.swapaxes(series, 1, 2))[:, None]
    assert len(found) == 2
    for scores in found.values():
        np.testing.assert_allclose(scores, wanted, atol=1e-6)


class Twice(Own):
    def call(self, x):
        return super().call(super().call(x))


def test_a_layer_that_attends_twice_and_one_that_is_called_twice_have_an_address_for_each(series):
    i = keras.Input((7, 16))
    assert list(kfx.attention(keras.Model(i, Twice(name="own")(i)), series)) == ["own/softmax", "own/softmax_1"]
    shared = layers.MultiHeadAttention(2, 5, name="shared")
    found = kfx.attention(around(shared, calls=2), series)
    assert list(found) == ["shared@1", "shared@2"]
    np.testing.assert_allclose(found["shared@1"], by_hand(shared, series), atol=1e-6)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__(name="whole")
        self.look = layers.MultiHeadAttention(2, 5, name="look")

    def call(self, x):
        x = self.look(x, x)
        return ops.matmul(ops.softmax(ops.matmul(x, ops.transpose(x, (0, 2, 1)))), x)


def test_a_subclassed_models_own_attention_is_called_softmax(series):
    model = Subclassed()
    model(series)
    found = kfx.attention(model, series)
    assert list(found) == ["look", "softmax"]
    x = np.asarray(model.look(series, series))
    np.testing.assert_allclose(found["softmax"][:, 0], softmax(x @ np.swapaxes(x, 1, 2)), atol=1e-6)


class Gated(layers.Layer):
    """A mixture of experts: its softmax chooses, and weights what experts return, and is no attention."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.gate, self.experts = layers.Dense(3), layers.Dense(48)

    def build(self, shape):
        self.gate.build(shape)
        self.experts.build(shape)

    def call(self, x):
        values = ops.reshape(self.experts(x), (-1, x.shape[1], 3, 16))
        return ops.einsum("bte,bted->btd", ops.softmax(self.gate(x)), values)


def test_the_softmax_of_a_router_or_classifier_is_no_attention(series):
    i = keras.Input((7, 16))
    model = keras.Model(i, layers.Dense(4, activation="softmax")(Gated()(i)), name="mixture")
    with pytest.raises(KfxError, match="No attention was found in model 'mixture'"):
        kfx.attention(model, series)


def test_layers_are_chosen_by_address_pattern_class_and_what_is_around(series):
    inner = around(layers.MultiHeadAttention(2, 5, name="look"))
    inner.name = "encoder"
    i = keras.Input((7, 16))
    model = keras.Model(i, Own(name="own")(inner(i)), name="both")
    assert list(kfx.attention(model, series)) == ["encoder/look", "own"]
    for wanted in ("encoder/look", "look", "encoder", "encoder/*", layers.MultiHeadAttention, ["look"]):
        assert list(kfx.attention(model, series, wanted)) == ["encoder/look"], wanted
    with pytest.raises(
        ValueError, match=r"No layer 'encodr/look' .*Did you mean 'encoder/look'\? Attention is at: encoder/look"
    ):
        kfx.attention(model, series, "encodr/look")
    with pytest.raises(ValueError, match="`layers` is empty"):
        kfx.attention(model, series, [])


def test_the_model_is_left_as_it_was(series):
    model = around(layers.MultiHeadAttention(2, 5, dropout=0.5, name="look"))
    weights, attributes = [w.copy() for w in model.get_weights()], set(vars(model.get_layer("look")))
    call = keras.Operation.__call__
    kfx.attention(model, series)
    assert keras.Operation.__call__ is call
    assert set(vars(model.get_layer("look"))) == attributes
    assert all((a == b).all() for a, b in zip(weights, model.get_weights(), strict=True))


def test_batches_are_joined_and_a_data_set_is_taken(series):
    model = around(layers.MultiHeadAttention(2, 5, name="look"))
    whole = kfx.attention(model, series)["look"]
    np.testing.assert_allclose(kfx.attention(model, series, batch_size=2)["look"], whole, atol=1e-6)
    stream = tf.data.Dataset.from_tensor_slices(series).batch(2)
    view = kfx.attention(model, stream)
    np.testing.assert_allclose(view["look"], whole, atol=1e-6)
    assert view.facts.count == 3


def test_korean_layer_names_are_read(series):
    model = around(layers.MultiHeadAttention(2, 5, name="주의"))
    view = kfx.attention(model, series)
    np.testing.assert_allclose(view["주의"], by_hand(model.get_layer("주의"), series), atol=1e-6)


def test_flash_attention_which_tensorflow_lacks_is_one_clear_sentence(series):
    i = keras.Input((7, 16))
    layer = layers.MultiHeadAttention(2, 5, flash_attention=True, name="look")
    model = keras.Model(i, layer(i, i))
    with pytest.raises(kfx.ExtractionError, match=r"failed at 'look'.*Flash attention is not supported"):
        kfx.attention(model, series)


@pytest.mark.parametrize(
    "change", [{"look": kfx.silence(head=1)}, {"look/scores": lambda x: x * np.array([1.0, 0.0])[:, None, None]}]
)
def test_patched_scores_are_those_that_the_patch_makes(series, change):
    model = around(layers.MultiHeadAttention(2, 5, name="look"))
    plain = kfx.attention(model, series)["look"]
    with kfx.patch(model, change):
        found = kfx.attention(model, series)
        np.testing.assert_allclose(found.output, model.predict(series, verbose=0), atol=1e-6)
    np.testing.assert_allclose(found["look"][:, 0], plain[:, 0], atol=1e-6)
    assert not found["look"][:, 1].any()
    np.testing.assert_array_equal(kfx.attention(model, series)["look"], plain)


def test_the_address_of_each_softmax_is_the_one_that_the_graph_shows(series):
    i = keras.Input((7, 16))
    model = keras.Model(i, Twice(name="own")(i))
    keys = list(kfx.attention(model, series))
    assert set(keys) <= {call.key for call in kfx.read_graph(model).calls}
    taken = kfx.extract(model, series, keys)
    for key, scores in kfx.attention(model, series).items():
        np.testing.assert_array_equal(taken[key], scores[:, 0])


def test_a_model_for_batches_of_one_size_takes_any_number_of_examples(series):
    i = keras.Input(batch_shape=(2, 7, 16))
    model = keras.Model(i, layers.MultiHeadAttention(2, 5, name="look")(i, i))
    found = kfx.attention(model, series)
    np.testing.assert_allclose(found["look"], by_hand(model.get_layer("look"), series), atol=1e-6)
    assert found.masked["look"].shape == (3, 7, 7)
    assert len(found.effects.of("look", 2, [0, 1])) == 2


def test_mixed_precision_gives_the_scores_of_its_own_precision(series):
    i = keras.Input((7, 16))
    layer = layers.MultiHeadAttention(2, 5, name="look", dtype="mixed_float16")
    found = kfx.attention(keras.Model(i, layer(i, i, use_causal_mask=True)), series)
    np.testing.assert_allclose(found["look"].astype("float32"), by_hand(layer, series, True), atol=5e-3)
    assert found.facts.at("look", 0).places.causal
    assert "look" in str(found)
