"""The attention of KerasHub's models, built small: every query's scores sum to 1, outputs as without kfx."""

import numpy as np
import pytest
import tensorflow as tf

import kfx

hub = pytest.importorskip("keras_hub", reason="KerasHub is not installed: pip install '.[hub]' to run the tests of its models")
models = hub.models

WORDS, LENGTH = 100, 12
TEXT = {"vocabulary_size": WORDS, "num_layers": 2, "hidden_dim": 32, "intermediate_dim": 64}
HEADS, SHORT = {**TEXT, "num_heads": 4}, {"max_sequence_length": LENGTH}
GROUPED = {**TEXT, "num_query_heads": 4, "num_key_value_heads": 2}


def tokens(**more):
    ids = np.random.default_rng(0).integers(1, WORDS, (2, LENGTH)).astype("int32")
    mask = np.ones((2, LENGTH), "int32")
    mask[:, -3:] = 0
    return {"token_ids": ids, "padding_mask": mask, **more}


def two_sides():
    one = tokens()
    return {f"{side}_{name}": value for side in ("encoder", "decoder") for name, value in one.items()}


def pictures():
    return np.random.default_rng(0).uniform(size=(2, 32, 32, 3)).astype("float32")


def whisper():
    model = models.WhisperBackbone(**HEADS, max_encoder_sequence_length=16, max_decoder_sequence_length=LENGTH)
    one = tokens()
    sound = np.random.default_rng(0).normal(size=(2, 16, 80)).astype("float32")
    return model, {
        "encoder_features": sound,
        "decoder_token_ids": one["token_ids"],
        "decoder_padding_mask": one["padding_mask"],
    }


CASES = {
    "BERT": lambda: (models.BertBackbone(**HEADS, **SHORT), tokens(segment_ids=np.zeros((2, LENGTH), "int32"))),
    "GPT-2": lambda: (models.GPT2Backbone(**HEADS, **SHORT), tokens()),
    "Llama": lambda: (models.LlamaBackbone(**GROUPED), tokens()),
    "Gemma": lambda: (models.GemmaBackbone(**GROUPED, head_dim=8), tokens()),
    "Mixtral": lambda: (models.MixtralBackbone(**GROUPED, num_experts=4), tokens()),
    "DeBERTa": lambda: (models.DebertaV3Backbone(**HEADS, max_sequence_length=32, bucket_size=16), tokens()),
    "T5": lambda: (models.T5Backbone(**HEADS), two_sides()),
    "Whisper": whisper,
    "ViT": lambda: (
        models.ViTBackbone(image_shape=(32, 32, 3), patch_size=8, num_layers=2, num_heads=4, hidden_dim=32, mlp_dim=64),
        pictures(),
    ),
}
ADDRESSES = {  # in the order of computing
    "BERT": ["transformer_layer_0/self_attention_layer", "transformer_layer_1/self_attention_layer"],
    "Mixtral": ["transformer_layer_0/self_attention", "transformer_layer_1/self_attention"],
    "T5": [
        "transformer_encoder_layer_0/self_attention",
        "transformer_encoder_layer_1/self_attention",
        "transformer_decoder_layer_0/self_attention",
        "transformer_decoder_layer_0/cross_attention",
        "transformer_decoder_layer_1/self_attention",
        "transformer_decoder_layer_1/cross_attention",
    ],
}


@pytest.mark.filterwarnings("ignore:Layer .* was passed an input with a mask")
@pytest.mark.parametrize("name", CASES)
def test_a_model_of_kerashub_gives_scores_that_sum_to_1_and_its_own_output(name):
    model, data = CASES[name]()
    before = [w.copy() for w in model.get_weights()]
    found = kfx.attention(model, data)
    tree = tf.nest.map_structure
    plain = tf.function(lambda x: model(x, training=False), autograph=False)(tree(tf.constant, data))
    for ours, theirs in zip(tf.nest.flatten(found.output), tf.nest.flatten(plain), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert list(found) == ADDRESSES.get(name, list(found))
    assert len(found) == {"T5": 6, "Whisper": 6}.get(name, 2), "without a router's softmax"
    for scores in found.values():
        assert scores.shape[:2] == (2, 4)
        np.testing.assert_allclose(scores.sum(-1), 1, atol=1e-5)
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))


def test_padding_is_left_out_and_counted_and_causal_attention_is_known():
    view = kfx.attention(*CASES["GPT-2"]())
    shown = view.facts.at(next(iter(view)), 0)
    assert shown.left_out == "3 of 12 places are padding, left out"
    assert shown.places.causal
    assert shown.scores.shape == (4, 9, 9)


def test_the_patches_of_a_picture_are_named_by_row_and_column():
    view = kfx.attention(*CASES["ViT"]())
    assert view.facts.at(next(iter(view)), 0).keys[:6] == ("class", "0,0", "0,1", "0,2", "0,3", "1,0")


@pytest.mark.filterwarnings("ignore:Layer .* was passed an input with a mask")
def test_cross_attention_takes_the_words_of_both_sides():
    model, data = CASES["T5"]()
    sides = {"encoder_token_ids": lambda n: f"e{n}", "decoder_token_ids": lambda n: f"d{n}"}
    view = kfx.attention(model, data, tokens=sides)
    shown = view.facts.at("transformer_decoder_layer_0/cross_attention", 0)
    assert shown.queries[0][0] == "d"
    assert shown.keys[0][0] == "e"
    assert not shown.itself
