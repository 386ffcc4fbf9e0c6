"""The lens against the final norm and head by hand in NumPy and Keras, and its refusals."""

import keras
import numpy as np
import pytest
from keras import layers

import kfx
from kfx.values.sweep.lens import read_stream

keras_hub = pytest.importorskip("keras_hub", reason="needs the extra 'hub'")
VOCABULARY = 20


def transformer(*, softmax=False, pooled=False):
    keras.utils.set_random_seed(0)
    i = keras.Input((8,), dtype="int32", name="tokens")
    x = layers.Embedding(VOCABULARY, 16, name="embed")(i)
    for k in range(3):
        h = layers.LayerNormalization(name=f"norm_{k}")(x)
        look = layers.MultiHeadAttention(2, 8, name=f"attention_{k}")
        x = layers.Add(name=f"block_{k}")([x, look(h, h, use_causal_mask=True)])
    x = layers.LayerNormalization(name="final")(x)
    x = layers.GlobalAveragePooling1D()(x) if pooled else x
    wide = keras.initializers.RandomNormal(stddev=1.0)
    end = layers.Dense(VOCABULARY, name="head", kernel_initializer=wide, activation="softmax" if softmax else None)
    return keras.Model(i, end(x), name="small")


@pytest.fixture
def ids():
    return np.random.default_rng(0).integers(0, VOCABULARY, (5, 8))


def probabilities(scores):
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return scores / scores.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("softmax", [False, True])
def test_each_row_is_the_final_norm_and_head_in_numpy(ids, softmax):
    model = transformer(softmax=softmax)
    read = read_stream(model, ids)
    assert read.addresses == ("embed", "block_0", "block_1", "block_2")
    assert read.scored is not softmax
    values = kfx.extract(model, ids, list(read.addresses))
    gamma, beta = model.get_layer("final").get_weights()
    kernel, bias = model.get_layer("head").get_weights()
    for row, key in enumerate(read.addresses):
        x = values[key].astype("float64")
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-3) * gamma + beta
        truth = probabilities(x @ kernel + bias)
        np.testing.assert_allclose(read.probabilities[row], np.sort(truth, -1)[..., :-6:-1], atol=1e-5)
        np.testing.assert_allclose(np.take_along_axis(truth, read.tokens[row], -1), read.probabilities[row], atol=1e-5)
        own = np.take_along_axis(truth, read.answer[..., None], -1)[..., 0]
        np.testing.assert_allclose(read.answer_probability[row], own, atol=1e-5)
        np.testing.assert_array_equal(read.answer_rank[row], (truth > own[..., None] + 1e-7).sum(-1))


def test_the_last_row_is_the_output_of_the_model(ids):
    model = transformer()
    read = read_stream(model, ids, top=VOCABULARY)
    output = probabilities(model.predict(ids, verbose=0).astype("float64"))
    np.testing.assert_array_equal(read.answer, output.argmax(-1))
    np.testing.assert_allclose(np.take_along_axis(output, read.tokens[-1], -1), read.probabilities[-1], atol=1e-5)
    assert (read.answer_rank[-1] == 0).all()


def test_the_head_may_be_reached_through_pooling(ids):
    model = transformer(pooled=True)
    read = read_stream(model, ids, ["block_0", "block_2"])
    assert read.tokens.shape == (2, 5, 1, 5)
    assert not read.sequence
    x = model.get_layer("final")(kfx.extract(model, ids, "block_0")["block_0"])
    truth = probabilities(np.asarray(model.get_layer("head")(keras.ops.mean(x, axis=1)), "float64"))
    np.testing.assert_allclose(read.probabilities[0, :, 0], np.sort(truth, -1)[..., :-6:-1], atol=1e-5)


def test_given_answers_have_their_probability_and_rank(ids):
    model = transformer()
    right = np.roll(ids, -1, axis=1)
    read = read_stream(model, ids, answers=right)
    output = probabilities(model.predict(ids, verbose=0).astype("float64"))
    own = np.take_along_axis(output, right[..., None], -1)[..., 0]
    np.testing.assert_allclose(read.answer_probability[-1], own, atol=1e-5)
    np.testing.assert_array_equal(read.answer_rank[-1], (output > own[..., None] + 1e-7).sum(-1))


SIZES = {"vocabulary_size": 30, "num_layers": 2, "hidden_dim": 16, "intermediate_dim": 32}


@pytest.fixture
def prompts():
    ids = np.random.default_rng(2).integers(1, 30, (2, 10))
    return {"token_ids": ids, "padding_mask": np.ones((2, 10), "int32")}


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_language_models_of_kerashub_are_read_by_their_own_head(kind, prompts):
    keras.utils.set_random_seed(1)
    if kind == "llama":
        backbone = keras_hub.models.LlamaBackbone(num_query_heads=2, num_key_value_heads=2, **SIZES)
        model, norm = keras_hub.models.LlamaCausalLM(backbone), "layer_norm"
    else:
        backbone = keras_hub.models.GPT2Backbone(num_heads=2, max_sequence_length=10, **SIZES)
        model, norm = keras_hub.models.GPT2CausalLM(backbone), "layer_norm"
    read = read_stream(model, prompts)
    assert [key.rpartition("/")[2] for key in read.addresses][1:] == ["transformer_layer_0", "transformer_layer_1"]
    values = kfx.extract(model, prompts, list(read.addresses))
    for row, key in enumerate(read.addresses):
        x = getattr(backbone, norm)(values[key])
        truth = probabilities(np.asarray(backbone.token_embedding(x, reverse=True), "float64"))
        np.testing.assert_allclose(read.probabilities[row], np.sort(truth, -1)[..., :-6:-1], atol=1e-5)


def test_a_backbone_is_refused_and_read_with_a_head(prompts):
    backbone = keras_hub.models.GPT2Backbone(num_heads=2, max_sequence_length=10, **SIZES)
    with pytest.raises(ValueError, match="'gpt2_backbone' ends with 'layer_norm', so that it returns features"):
        read_stream(backbone, prompts)
    read = read_stream(backbone, prompts, head=lambda x: backbone.token_embedding(x, reverse=True))
    other = read_stream(keras_hub.models.GPT2CausalLM(backbone), prompts)
    np.testing.assert_allclose(read.probabilities, other.probabilities, atol=1e-6)
    llama = keras_hub.models.LlamaBackbone(num_query_heads=2, num_key_value_heads=2, **SIZES)
    with pytest.raises(ValueError, match="it returns features and no scores"):
        read_stream(llama, prompts)


def test_bert_is_read_with_a_head_of_its_embedding(prompts):
    backbone = keras_hub.models.BertBackbone(num_heads=2, max_sequence_length=10, **SIZES)
    data = {**prompts, "segment_ids": np.zeros((2, 10), "int32")}
    with pytest.raises(ValueError, match=r"'bert_backbone' returns \(batch, 16\), \(batch, 10, 16\); expected a score"):
        read_stream(backbone, data)
    read = read_stream(backbone, data, head=lambda x: backbone.token_embedding(x["sequence_output"], reverse=True))
    last = backbone.predict(data, verbose=0)["sequence_output"]
    truth = probabilities(np.asarray(backbone.token_embedding(last, reverse=True), "float64"))
    np.testing.assert_allclose(read.probabilities[-1], np.sort(truth, -1)[..., :-6:-1], atol=1e-5)


def test_what_cannot_be_read_is_refused_in_one_sentence(ids):
    model = transformer()
    with pytest.raises(ValueError, match="No layer 'block_9' in model 'small'"):
        read_stream(model, ids, ["block_0", "block_9"])
    with pytest.raises(ValueError, match=r"'tokens' has values of shape \(batch, 8\) and 'block_2' of \(batch, 8, 16\)"):
        read_stream(model, ids, ["tokens", "block_2"])
    with pytest.raises(ValueError, match="`top` is 0; expected a whole number of at least 1"):
        read_stream(model, ids, top=0)
    with pytest.raises(ValueError, match="`answers` holds 20; the output has 20 units, 0 to 19"):
        read_stream(model, ids, answers=np.full((5, 8), 20))
    with pytest.raises(ValueError, match=r"`answers` has \(3,\) places; the model answers at 8"):
        read_stream(model, ids, answers=np.zeros((5, 3), int))
    with pytest.raises(ValueError, match=r"`answers` has shape .* expected the number of a unit for each of the 5"):
        read_stream(model, ids, answers=np.zeros((2, 8), int))
    plain = keras.Sequential([keras.Input((4,)), layers.Dense(3)], name="plain")
    with pytest.raises(kfx.KfxError, match=r"No residual stream was recognised in 'plain': .* Name the layers to read"):
        read_stream(plain, np.ones((1, 4)))


def test_weights_with_nan_are_refused(ids):
    model = transformer()
    model.get_layer("head").set_weights([np.full((16, VOCABULARY), np.nan), np.zeros(VOCABULARY)])
    with pytest.raises(kfx.KfxError, match="The last row of the lens is not the output of 'small': there are NaN"):
        read_stream(model, ids)
