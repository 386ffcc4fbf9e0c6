"""Operations inside layers have the reader's addresses, and the values that NumPy and the layers give by hand."""

import numpy as np
import pytest

import kfx
from kfx.values.tap.calls import specs_of, traced_calls
from kfx.values.tap.opening import DRAWN
from tests.values.tap.blocks import data, stacked


@pytest.fixture(scope="module")
def model(keras):
    return stacked()


def test_the_addresses_are_those_of_the_graph(model):
    traced = traced_calls(model, specs_of(model), opening=DRAWN)
    drawn = [call.key for call in kfx.read_graph(model).calls]
    assert sorted(drawn) == sorted(call.key for call in (*traced.calls, *traced.operations))
    assert kfx.unreadable(model) == {}


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_the_residual_stream_of_a_block_is_that_by_hand(model, run_eagerly):
    x = data()
    found = kfx.extract(model, x, "block_0/**", run_eagerly=run_eagerly, check=True)
    b = model.get_layer("block_0")
    first = x + np.asarray(b.attention(x, x))
    np.testing.assert_allclose(found["block_0/add"], first, atol=1e-6)
    np.testing.assert_allclose(found["block_0/matmul"], np.asarray(b.before(first)) @ b.w.numpy(), atol=1e-5)
    np.testing.assert_array_equal(found["block_0/get_item"], found["block_0/matmul"][..., :8])
    np.testing.assert_array_equal(found["block_0/relu"], np.maximum(found["block_0/get_item_1"], 0))
    joined = np.concatenate([found["block_0/get_item"], found["block_0/relu"]], -1)
    np.testing.assert_array_equal(found["block_0/concatenate"], joined)
    np.testing.assert_allclose(found["block_0/add_1"], joined + found["block_0/down"], atol=1e-6)
    assert "bit for bit" in found.proof


def test_stars_alone_mean_layers(model):
    assert all(key.count("/") == 0 for key in kfx.extract(model, data(), "*"))
    assert "block_0/add" not in kfx.extract(model, data(), "**")


def test_scores_on_the_fused_path_are_those_that_keras_returns(model):
    x, b = data(), model.get_layer("block_0")
    found = kfx.extract(model, x, "block_0/attention/*")
    assert [key.rpartition("/")[2] for key in found] == [
        "query", "key", "value", "dot_product_attention", "attention_output", "scores",
    ]  # fmt: skip
    scores = np.asarray(b.attention(x, x, return_attention_scores=True)[1])
    np.testing.assert_allclose(found["block_0/attention/scores"], scores, atol=1e-6)
    q, k = (found[f"block_0/attention/{name}"] for name in ("query", "key"))
    z = np.einsum("btnh,bsnh->bnts", q, k) / np.sqrt(8)
    z = np.exp(z - z.max(-1, keepdims=True))
    np.testing.assert_allclose(found["block_0/attention/scores"], z / z.sum(-1, keepdims=True), atol=1e-6)


def test_scores_have_the_same_address_on_the_other_path(keras):
    layers = keras.layers
    i = keras.Input((6, 8), name="i")
    attention = layers.MultiHeadAttention(2, 4, dropout=0.1, name="mha")
    model = keras.Model(i, layers.Attention(name="plain")([attention(i, i), i]))
    x = np.random.default_rng(1).normal(size=(2, 6, 8)).astype("float32")
    found = kfx.extract(model, x, "**/scores")
    assert {key: value.shape for key, value in found.items()} == {"mha/scores": (2, 2, 6, 6), "plain/scores": (2, 6, 6)}
    np.testing.assert_allclose(found["mha/scores"], attention(x, x, return_attention_scores=True)[1], atol=1e-6)
    assert all(np.allclose(value.sum(-1), 1, atol=1e-5) for value in found.values())


def test_what_a_layer_computes_before_its_activation_is_a_part_of_it(model):
    x = data()
    found = kfx.extract(model, x, ["block_1/up/add", "block_1/before"])
    kernel, bias = model.get_layer("block_1").up.get_weights()
    np.testing.assert_allclose(found["block_1/up/add"], found["block_1/before"] @ kernel + bias, atol=1e-5)


def test_a_near_miss_names_the_operation(model):
    with pytest.raises(ValueError, match=r"No layer 'block_1/ad' in model 'stacked'\. Did you mean 'block_1/add'"):
        kfx.extract(model, data(), "block_1/ad")
    with pytest.raises(ValueError, match="'add' is in 3 places of model 'stacked': block_0/add, block_1/add"):
        kfx.extract(model, data(), "add")


def test_an_operation_of_a_class_is_found_inside_layers(keras, model):
    found = kfx.extract(model, data(), keras.src.ops.numpy.Matmul)
    assert list(found) == ["block_0/matmul", "block_1/matmul", "block_2/matmul"]


def test_every_verb_takes_an_operation(model):
    x = data()
    values = kfx.extract(model, x, "block_1/add")["block_1/add"]
    assert kfx.statistics(model, x, "block_1/add")["block_1/add"].mean == pytest.approx(values.mean(), abs=1e-6)
    np.testing.assert_array_equal(kfx.feature_extractor(model, "block_1/add")(x), values)
    view = kfx.inspect(model, x, layer="block_1/add")
    np.testing.assert_allclose(view.values.parts("block_1/add", 2)[0][1], values[2], atol=1e-6)


def test_states_of_recurrent_layers_are_those_of_layers_that_return_sequences(keras):
    layers = keras.layers
    i = keras.Input((7, 3), name="i")
    both = layers.Bidirectional(layers.LSTM(4, name="lstm"), name="both")
    gru = layers.GRU(5, name="gru")
    model = keras.Model(i, [both(i), gru(i)])
    x = np.random.default_rng(2).normal(size=(3, 7, 3)).astype("float32")
    found = kfx.extract(model, x, ["gru/states", "both/*/states", "both/forward_lstm/cell_states"])
    for key, layer in (("gru", gru), ("both/forward_lstm", both.forward_layer), ("both/backward_lstm", both.backward_layer)):
        whole = type(layer).from_config({**layer.get_config(), "return_sequences": True})
        whole.build(x.shape)
        whole.set_weights(layer.get_weights())
        np.testing.assert_allclose(found[f"{key}/states"], whole(x), atol=1e-6)
    h, c = lstm(x, both.forward_layer)
    np.testing.assert_allclose(found["both/forward_lstm/states"], h, atol=1e-5)
    np.testing.assert_allclose(found["both/forward_lstm/cell_states"], c, atol=1e-5)
    assert "inner_loop" not in vars(gru)
    with pytest.raises(ValueError, match="no gradient by the values at 'gru/states'"):
        kfx.gradients(model, x, "gru/states", target=lambda y: y[1])


def lstm(x, layer):
    """The states of an LSTM in NumPy."""
    kernel, recurrent, bias = layer.get_weights()
    h = c = np.zeros((len(x), layer.units))
    hs, cs = [], []
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ kernel + h @ recurrent + bias, 4, axis=-1)
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
        hs.append(h)
        cs.append(c)
    return np.stack(hs, 1), np.stack(cs, 1)


def test_layers_inside_a_time_distributed_model_have_values_by_step(keras):
    layers = keras.layers
    j = keras.Input((8, 8, 1), name="j")
    frame = keras.Model(j, layers.Flatten(name="flat")(layers.Conv2D(2, 3, name="conv")(j)), name="frame")
    i = keras.Input((5, 8, 8, 1), name="i")
    model = keras.Model(i, layers.TimeDistributed(frame, name="td")(i))
    x = np.random.default_rng(3).normal(size=(2, 5, 8, 8, 1)).astype("float32")
    assert kfx.unreadable(model) == {}
    found = kfx.extract(model, x, "td/**", check=True)
    assert set(found) == {call.key for call in kfx.read_graph(model).calls if call.key.startswith("td/")}
    want = np.stack([np.asarray(frame.get_layer("conv")(x[:, t])) for t in range(5)], 1)
    np.testing.assert_allclose(found["td/frame/conv"], want, atol=1e-6)
    refused = pytest.raises(ValueError, match="'td/frame/conv' cannot be replaced: they are computed beside")
    with refused, kfx.patch(model, {"td/frame/conv": 0.0}):
        pass
