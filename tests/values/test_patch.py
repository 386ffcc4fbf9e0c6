"""Patched values flow on, in every way of running a model, in this thread, inside the block."""

import threading

import numpy as np
import pytest

import kfx


def test_a_silenced_channel_flows_on(flat, images):
    conv = kfx.extract(flat, images, "conv")["conv"].copy()
    conv[..., 2] = 0
    want = conv
    for layer in flat.layers[1:]:
        want = np.asarray(layer(want, training=False))
    with kfx.patch(flat, {"conv": kfx.silence(2)}):
        for got in (
            flat(images),
            flat.predict(images, verbose=0),
            flat.predict_on_batch(images),
            kfx.extract(flat, images)["scores"],
        ):
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


def test_after_the_block_all_is_as_before(flat, images, state):
    want = flat.predict(images, verbose=0)
    before = state(flat)
    with kfx.patch(flat, {"conv": 0.0}):
        assert not np.allclose(flat.predict(images, verbose=0), want)
        kfx.extract(flat, images)
    assert state(flat) == before
    assert flat.predict(images, verbose=0).tobytes() == want.tobytes()
    assert kfx.extract(flat, images)["scores"].tobytes() == flat.predict_on_batch(images).tobytes()


def test_also_after_an_exception(flat, images, state):
    flat.predict(images, verbose=0)
    before = state(flat)

    def stop():
        with kfx.patch(flat, {"conv": 0.0}):
            flat.predict(images, verbose=0)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        stop()
    assert state(flat) == before


def test_a_model_that_never_predicted_keeps_no_patched_function(flat, images):
    with kfx.patch(flat, {"conv": 0.0}):
        patched = flat.predict(images, verbose=0)
    assert flat.predict_function is None
    assert not np.allclose(flat.predict(images, verbose=0), patched)


def test_compiling_inside_leaves_nothing_patched(flat, images):
    with kfx.patch(flat, {"conv": 0.0}):
        flat.compile("sgd", "mse")
        patched = flat.predict(images, verbose=0)
    assert not np.allclose(flat.predict(images, verbose=0), patched)


def test_evaluate_and_fit_see_the_patch(flat, images):
    flat.compile("sgd", "mse")
    target = np.zeros((10, 5))
    free = flat.evaluate(images, target, verbose=0)
    with kfx.patch(flat, {"scores": 0.0}):
        assert flat.evaluate(images, target, verbose=0) == 0
    with kfx.patch(flat, {"conv": kfx.silence(1)}):
        before = flat.get_layer("conv").get_weights()[0]
        flat.fit(images, target, verbose=0)
        change = np.abs(flat.get_layer("conv").get_weights()[0] - before).sum(axis=(0, 1, 2))
    assert change[1] == 0
    assert change[[0, 2, 3]].all()
    assert free > 0


def test_other_threads_see_the_model_as_it_is(flat, images):
    want = flat.predict(images, verbose=0)
    found = {}

    def other():
        found["predict"] = flat.predict(images, verbose=0)
        found["eager"] = np.asarray(flat(images))
        found["extract"] = kfx.extract(flat, images, "scores")["scores"]

    with kfx.patch(flat, {"conv": 0.0}):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert not np.allclose(flat.predict(images, verbose=0), want)
    for name, got in found.items():
        np.testing.assert_allclose(got, want, rtol=1e-5, err_msg=name)


def test_a_thread_with_a_copied_context_sees_the_model_as_it_is(flat, images):
    import asyncio

    async def work():
        with kfx.patch(flat, {"conv": 0.0}):
            return await asyncio.to_thread(flat.predict, images, verbose=0)

    want = flat.predict(images, verbose=0)
    np.testing.assert_array_equal(asyncio.run(work()), want)


def test_one_call_of_a_shared_layer_inside_a_nested_model(nested, x):
    model, hand = nested
    with kfx.patch(model, {"mid@2/deep/d@1": lambda t: t * 0.0 + 1.0}):
        values = kfx.extract(model, x, "**")
    np.testing.assert_allclose(values["mid@1/deep/d@1"], hand["mid@1/deep/d@1"], rtol=1e-5)
    assert (values["mid@2/deep/d@1"] == 1).all()
    kernel, bias = model.get_layer("mid").get_layer("deep").get_layer("d").get_weights()
    np.testing.assert_allclose(values["mid@2/deep/d@2"], np.ones((6, 4)) @ kernel + bias, rtol=1e-5)


def test_a_subclassed_model_and_the_inside_of_an_attention_layer(keras, subclassed, x):
    model, hand = subclassed
    with kfx.patch(model, {"h@1": 0.0}):
        values = kfx.extract(model, x, "**")
    assert not values["h@1"].any()
    np.testing.assert_allclose(values["h@2"], hand["h@1"], rtol=1e-5)  # nothing was added before the second call
    i = keras.Input((3, 4))
    mha = keras.Model(i, keras.layers.MultiHeadAttention(1, 2, name="mha")(i, i))
    data = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    with kfx.patch(mha, {"mha/query": 0.0}):  # equal scores: every step sees the mean of the values
        out = kfx.extract(mha, data, ["mha", "mha/value"])
    assert np.allclose(out["mha"][:, 0], out["mha"][:, 2], atol=1e-6)


def test_patches_stack(flat, images):
    with kfx.patch(flat, {"scores": lambda t: t + 1.0}):
        one = flat.predict(images, verbose=0)
        with kfx.patch(flat, {"scores": lambda t: t * 10.0}):
            two, two_eager = flat.predict(images, verbose=0), flat(images)
        again = flat.predict(images, verbose=0)
    np.testing.assert_allclose(two, two_eager, rtol=1e-5)
    assert not np.allclose(one, two)
    np.testing.assert_array_equal(one, again)


def test_a_tuple_of_outputs_can_be_replaced(keras):
    i = keras.Input((3, 2))
    sequence, state = keras.layers.GRU(2, return_sequences=True, return_state=True, name="gru")(i)
    model = keras.Model(i, [sequence, state])
    x = np.ones((2, 3, 2), "float32")
    with kfx.patch(model, {"gru": lambda t: (t[0], t[1] * 0.0)}):
        assert not model.predict(x, verbose=0)[1].any()
    with pytest.raises(ValueError, match="'gru' returns several tensors"), kfx.patch(model, {"gru": 0.0}):
        model(x)
    with pytest.raises(ValueError, match="returned 1 tensors; the layer returns 2"), kfx.patch(model, {"gru": lambda t: t[0]}):
        model(x)


def test_a_second_extraction_inside_does_not_trace_again(flat, images):
    calls = []

    def change(t):
        calls.append(1)
        return t * 0.0

    with kfx.patch(flat, {"conv": change}):
        for _ in range(5):
            kfx.extract(flat, images)
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (kfx.silence(9), "There is no channel 9; axis -1 has 4 channels, 0 to 3"),
        (lambda t: t[:, :3], r"The patch of 'conv' returned \(10, 3, 10, 4\); the layer returns \(10, 10, 10, 4\)"),
        (np.zeros((3, 3)), r"The patch of 'conv' has shape \(3, 3\), the layer returns \(10, 10, 10, 4\)"),
    ],
)
def test_a_replacement_that_does_not_fit_is_refused(flat, images, change, words):
    with pytest.raises(ValueError, match=words), kfx.patch(flat, {"conv": change}):
        flat(images)


@pytest.mark.parametrize(("address", "words"), [("image", "'image' is an input"), ("cnov", "No layer 'cnov'.*'conv'")])
def test_an_address_that_cannot_be_patched_is_refused_at_once(flat, address, words):
    with pytest.raises(ValueError, match=words), kfx.patch(flat, {address: 0.0}):
        pass


@pytest.mark.parametrize("changes", ["flat", None, [("flat", 0)]])
def test_what_is_not_a_dict_of_changes_is_refused(flat, changes):
    with pytest.raises(TypeError, match=r"`changes` is .*; expected a dict of replacements"), kfx.patch(flat, changes):
        pass


@pytest.mark.parametrize("channel", ["a", 1.5, None])
def test_a_channel_that_is_not_a_whole_number_is_refused_at_once(channel):
    with pytest.raises(TypeError, match=r"A channel is .*; expected whole numbers"):
        kfx.silence(0, channel)


def test_silence_of_everything_and_to_a_value(flat, images):
    with kfx.patch(flat, {"conv": kfx.silence(value=2.0), "pool": kfx.silence(0, axis=1)}):
        values = kfx.extract(flat, images)
    assert (values["conv"] == 2).all()
    assert not values["pool"][:, 0].any()
    assert values["pool"][:, 1].any()
