"""Sweeps against a loop of `kfx.patch` by hand, and their refusals."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import kfx
from kfx.values.sweep.run import swept

keras_hub = pytest.importorskip("keras_hub", reason="needs the extra 'hub'")
LENGTH, VOCABULARY = 8, 20


def logit_difference(output):
    return output[:, -1, 3] - output[:, -1, 5]


def transformer(*, softmax=False, dynamic=False):
    """A hand-written transformer with blocks of attention."""
    keras.utils.set_random_seed(0)
    i = keras.Input((None if dynamic else LENGTH,), dtype="int32", name="tokens")
    x = layers.Embedding(VOCABULARY, 16, name="embed")(i)
    for k in range(3):
        h = layers.LayerNormalization(name=f"norm_{k}")(x)
        look = layers.MultiHeadAttention(2, 8, name=f"attention_{k}")
        x = layers.Add(name=f"block_{k}")([x, look(h, h, use_causal_mask=True)])
    x = layers.LayerNormalization(name="final")(x)
    wide = keras.initializers.RandomNormal(stddev=1.0)
    scores = layers.Dense(VOCABULARY, name="scores", kernel_initializer=wide)(x)
    return keras.Model(i, layers.Softmax()(scores) if softmax else scores, name="small")


@pytest.fixture
def pair():
    clean = np.random.default_rng(0).integers(0, VOCABULARY, (3, LENGTH))
    corrupted = clean.copy()
    corrupted[:, 2] = (corrupted[:, 2] + 7) % VOCABULARY
    return clean, corrupted


def by_hand(model, clean, corrupted, key, position, metric, axis=1, head=None):
    """The metric with the clean run's values at one position, by `kfx.patch`."""
    taken = kfx.extract(model, clean, key)[key]
    mask = np.zeros(taken.shape, "bool")
    mask[(slice(None),) * axis + (position,)] = True
    if head is not None:
        mask[:, [n for n in range(taken.shape[1]) if n != head]] = False
    with kfx.patch(model, {key: lambda x: ops.where(mask, taken, x)}):
        return metric(model.predict(corrupted, verbose=0, batch_size=len(taken)))


@pytest.mark.parametrize("dynamic", [False, True])
def test_each_cell_is_that_of_a_patch_by_hand(pair, dynamic):
    model = transformer(dynamic=dynamic)
    found = swept(model, *pair, ["embed", "block_*", "scores"], metric=logit_difference)
    assert list(found.values) == ["embed", "block_0", "block_1", "block_2", "scores"]
    for key, values in found.values.items():
        assert values.shape == (3, LENGTH)
        for position in range(LENGTH):
            np.testing.assert_allclose(
                values[:, position], by_hand(model, *pair, key, position, logit_difference), rtol=1e-5, atol=1e-5
            )
    assert np.ptp(found.values["block_0"]) > 0.1, "the patches do something"


def test_each_head_is_that_of_a_patch_of_its_scores_by_hand(pair):
    model = transformer()
    found = swept(model, *pair, "attention_*", metric=logit_difference, heads=True)
    assert list(found.values) == [f"attention_{k}/scores" for k in range(3)]
    for key in list(found.values)[:2]:
        assert found.values[key].shape == (3, LENGTH, 2)
        for position, head in ((2, 0), (2, 1), (7, 1)):
            truth = by_hand(model, *pair, key, position, logit_difference, axis=2, head=head)
            np.testing.assert_allclose(found.values[key][:, position, head], truth, rtol=1e-5, atol=1e-5)


def test_operations_inside_layers_are_swept_too(pair):
    model = transformer()
    key = "attention_1/query"
    found = swept(model, *pair, key, metric=logit_difference)
    for position in (2, 7):
        truth = by_hand(model, *pair, key, position, logit_difference)
        np.testing.assert_allclose(found.values[key][:, position], truth, rtol=1e-5, atol=1e-5)


def test_the_runs_themselves_are_those_of_the_model(pair):
    model = transformer()
    found = swept(model, *pair, "block_1", metric=logit_difference)
    for run, data in zip((found.clean, found.corrupted), pair, strict=True):
        np.testing.assert_allclose(run, logit_difference(model.predict(data, verbose=0)), atol=1e-5)


def test_without_a_metric_the_logit_of_the_largest_unit_is_measured(pair):
    model = transformer(softmax=True)
    found = swept(model, *pair, "block_1")
    logits = kfx.extract(model, pair[0], "scores")["scores"][:, -1]
    np.testing.assert_allclose(found.clean, logits.max(axis=-1), atol=1e-5)
    assert found.words == "logit of each example's unit at the last position"
    plain = swept(transformer(), *pair, "block_1", metric=4)
    assert plain.words == "output of unit 4 at the last position"
    np.testing.assert_allclose(plain.clean, logits[:, 4], atol=1e-5)


def test_a_unit_for_each_example_and_every_size_of_a_pass_give_the_same(pair):
    model = transformer()
    units = [3, 5, 11]

    def own(output):
        return output[np.arange(3), -1, units]

    found = [swept(model, *pair, "block_1", metric=units), swept(model, *pair, "block_1", metric=own)]
    found += [swept(model, *pair, "block_1", metric=own, batch_size=size) for size in (1, 5, 7)]
    for one in found[1:]:
        np.testing.assert_allclose(one.values["block_1"], found[0].values["block_1"], atol=1e-5)


def test_layers_of_a_pattern_without_positions_are_left_out_and_named(pair):
    inner = transformer()
    x = layers.GlobalAveragePooling1D(name="pooled")(inner.get_layer("final").output)
    model = keras.Model(inner.input, layers.Dense(2, name="end")(x))
    found = swept(model, *pair, "*", metric=0)
    assert set(found.left_out) == {"tokens", "pooled", "end"}
    assert "without an axis of positions" in found.left_out["pooled"]


def test_the_model_is_not_changed(pair):
    model = transformer()
    before = [w.copy() for w in model.get_weights()]
    output = model.predict(pair[0], verbose=0)
    swept(model, *pair, "block_1")
    assert not model.compiled
    np.testing.assert_array_equal(model.predict(pair[0], verbose=0), output)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", ["gpt2", "llama", "bert"])
def test_models_of_kerashub_are_swept(kind):
    keras.utils.set_random_seed(1)
    models = keras_hub.models
    sizes = {"vocabulary_size": 30, "num_layers": 2, "hidden_dim": 16, "intermediate_dim": 32}
    if kind == "llama":
        model = models.LlamaCausalLM(models.LlamaBackbone(num_query_heads=2, num_key_value_heads=2, **sizes))
    else:
        backbone = models.GPT2Backbone if kind == "gpt2" else models.BertBackbone
        model = backbone(num_heads=2, max_sequence_length=10, **sizes)
        model = models.GPT2CausalLM(model) if kind == "gpt2" else model
    ids = np.random.default_rng(2).integers(1, 30, (2, 10))
    clean = {"token_ids": ids, "padding_mask": np.ones((2, 10), "int32")}
    if kind == "bert":
        clean["segment_ids"] = np.zeros((2, 10), "int32")
    corrupted = {**clean, "token_ids": np.where(np.arange(10) == 3, (ids + 5) % 30, ids)}

    def metric(output):
        return np.asarray(output["sequence_output"] if isinstance(output, dict) else output)[:, -1, 0]

    key = next(call.key for call in kfx.read_graph(model).calls if call.key.endswith("transformer_layer_0"))
    found = swept(model, clean, corrupted, key, metric=metric)
    assert found.values[key].shape == (2, 10)
    for position in (0, 3, 9):
        truth = by_hand(model, clean, corrupted, key, position, metric)
        np.testing.assert_allclose(found.values[key][:, position], truth, rtol=1e-5, atol=1e-5)


class Branches(keras.Model):
    """A subclassed model that calls one of its layers only in training."""

    def __init__(self):
        super().__init__(name="branches")
        self.always, self.never = layers.Dense(3, name="always"), layers.Dense(3, name="never")

    def call(self, x, training=False):
        x = self.always(x)
        return self.never(x) if training else x


def test_what_cannot_be_swept_is_refused_in_one_sentence(pair):
    model = transformer(dynamic=True)
    clean, corrupted = pair
    with pytest.raises(ValueError, match=r"`clean` has shape \(3, 8\) and `corrupted` \(3, 6\); .* the same length"):
        swept(model, clean, corrupted[:, :6], "block_1")
    with pytest.raises(ValueError, match=r"`clean` has shape \(3, 8\) and `corrupted` \(2, 8\)"):
        swept(model, clean, corrupted[:2], "block_1")
    with pytest.raises(ValueError, match="No layer 'block_9' in model 'small'"):
        swept(model, clean, corrupted, "block_9")
    with pytest.raises(ValueError, match="'tokens' cannot be swept: it is an input"):
        swept(model, clean, corrupted, "tokens")
    with pytest.raises(ValueError, match=r"'block_1' cannot be swept: .* without an axis of heads"):
        swept(model, clean, corrupted, "block_1", heads=True)
    with pytest.raises(ValueError, match="`batch_size` is 0; expected a whole number of at least 1"):
        swept(model, clean, corrupted, "block_1", batch_size=0)


def test_heads_of_a_model_that_runs_eagerly_are_refused(pair):
    model = transformer()
    with pytest.raises(kfx.KfxError, match=r"'attention_1/scores' is inside a layer .* 'small' runs eagerly"):
        swept(model, *pair, "attention_1", heads=True, run_eagerly=True)
    eager = swept(model, *pair, "block_1", run_eagerly=True)
    np.testing.assert_allclose(eager.values["block_1"], swept(model, *pair, "block_1").values["block_1"], atol=1e-5)


def test_a_layer_without_positions_is_refused():
    x = keras.Input((4,), name="x")
    model = keras.Model(x, layers.Dense(2)(layers.Dense(3, name="hidden")(x)))
    with pytest.raises(
        ValueError, match=r"'hidden' cannot be swept: its values have shape \(batch, 3\), without an axis of pos"
    ):
        swept(model, np.ones((1, 4)), np.zeros((1, 4)), "hidden")
    with pytest.raises(ValueError, match=r"None of the 3 chosen layers can be swept, e\.g\. 'x'"):
        swept(model, np.ones((1, 4)), np.zeros((1, 4)), "*")


def test_layers_of_different_lengths_are_refused():
    x = keras.Input((8, 2))
    y = layers.Conv1D(2, 1, name="long")(x)
    model = keras.Model(x, layers.Flatten()(layers.MaxPooling1D(2, name="short")(y)))
    with pytest.raises(ValueError, match="'long' has 8 positions and 'short' 4; sweep layers of one length at a time"):
        swept(model, np.ones((1, 8, 2)), np.zeros((1, 8, 2)), ["long", "short"])


def test_a_layer_that_is_not_reached_is_refused():
    model = Branches()
    model(np.zeros((1, 4, 2), "float32"), training=True)
    with pytest.raises(ValueError, match="never"):
        swept(model, np.ones((1, 4, 2), "float32"), np.zeros((1, 4, 2), "float32"), "never", metric=lambda x: x[:, 0, 0])


@pytest.mark.parametrize(
    ("metric", "error", "sentence"),
    [
        ("accuracy", TypeError, "`metric` is 'accuracy'; expected a unit's number"),
        (True, TypeError, "`metric` is True; expected a unit's number"),
        (99, ValueError, "`metric` is unit 99; the output of 'small' has 20 units, 0 to 19"),
        ([1, 2], ValueError, "`metric` holds 2 units for 3 examples"),
        (lambda output: "high", TypeError, "`metric` returned 'high'; expected one number for each example"),
        (lambda output: output, ValueError, r"`metric` returned an array of shape \(3, 8, 20\); expected .* \(3,\)"),
        (lambda output: None, TypeError, "`metric` returned None; expected one number for each example"),
        (lambda output: output[:, 0, 0] * np.nan, kfx.KfxError, "The metric of example 0 of the clean run is nan, without any"),
    ],
)
def test_a_metric_that_is_no_number_is_refused(pair, metric, error, sentence):
    with pytest.raises(error, match=sentence):
        swept(transformer(), *pair, "block_1", metric=metric)


def test_weights_with_nan_are_refused(pair):
    model = transformer()
    kernel, bias = model.get_layer("scores").get_weights()
    kernel[0, 0] = np.nan
    model.get_layer("scores").set_weights([kernel, bias])
    with pytest.raises(kfx.KfxError, match="of the clean run is nan, without any patch; look for NaN in the data"):
        swept(model, *pair, "block_1", metric=0)


def test_several_outputs_need_a_metric():
    x = keras.Input((4, 3))
    model = keras.Model(x, [layers.Dense(2, name="a")(x), layers.Dense(2, name="b")(x)], name="two")
    with pytest.raises(
        ValueError, match=r"'two' returns \(batch, 4, 2\), \(batch, 4, 2\); say what to measure: metric=a function"
    ):
        swept(model, np.ones((1, 4, 3)), np.zeros((1, 4, 3)), "a")


@keras.saving.register_keras_serializable("tests")
class MinusMean(layers.Layer):
    """Takes the mean over the batch from each example."""

    def call(self, x):
        return x - ops.mean(x, axis=0, keepdims=True)


def test_examples_that_change_each_other_are_not_mixed():
    x = keras.Input((4, 3))
    model = keras.Model(x, layers.Dense(2)(MinusMean()(layers.Dense(3, name="h")(x))), name="mixing")
    data = np.random.default_rng(0).normal(size=(2, 1, 4, 3)).astype("float32")
    with pytest.raises(kfx.KfxError, match=r"the examples of a batch change each other's output.* Give batch_size=1"):
        swept(model, *data, "h", metric=lambda output: output[:, 0, 0])
    assert swept(model, *data, "h", metric=lambda output: output[:, 0, 0], batch_size=1).values["h"].shape == (1, 4)


def test_a_model_made_for_one_size_of_a_batch_is_swept(pair):
    keras.utils.set_random_seed(0)
    x = keras.Input(batch_shape=(4, LENGTH), dtype="int32")
    h = layers.LSTM(5, return_sequences=True, name="h")(layers.Embedding(VOCABULARY, 6)(x))
    model = keras.Model(x, layers.Dense(2)(h))
    found = swept(model, *pair, "h", metric=lambda output: output[:, -1, 0])
    kernel, bias = model.layers[-1].get_weights()
    clean, corrupted = (kfx.extract(model, data, "h")["h"][:, -1] @ kernel[:, 0] + bias[0] for data in pair)
    np.testing.assert_allclose(found.values["h"][:, -1], clean, atol=1e-5)
    np.testing.assert_allclose(found.values["h"][:, 0], corrupted, atol=1e-5)


def test_a_scaled_difference_of_two_runs_steers(pair):
    """`kfx.steer` with a vector out of another run, at one position, is a sum by hand."""
    model = transformer()
    clean, corrupted = (kfx.extract(model, data, "block_1")["block_1"] for data in pair)
    vector = (clean - corrupted)[0, 2]
    for scale, position in ((1.0, 2), (-2.5, 2), (0.5, None)):
        added = np.zeros_like(corrupted)
        added[:, slice(None) if position is None else position] = scale * vector
        with kfx.patch(model, {"block_1": kfx.steer(vector, scale, position=position)}):
            steered = model.predict(corrupted_data := pair[1], verbose=0)
        with kfx.patch(model, {"block_1": corrupted + added}):
            np.testing.assert_allclose(steered, model.predict(corrupted_data, verbose=0, batch_size=3), atol=1e-5)
    with kfx.patch(model, {"block_1": kfx.steer((clean - corrupted)[:1], 1.0)}):  # of all positions of one example
        whole = model.predict(pair[1][:1], verbose=0)
    np.testing.assert_allclose(whole, model.predict(pair[0][:1], verbose=0), atol=1e-5)
