"""Values from every kind of model, against Keras's own and against NumPy."""

import threading
import warnings

import numpy as np
import pytest

import kfx


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("kind", ["nested", "subclassed"])
def test_values_equal_a_hand_computation(request, x, kind):
    model, hand = request.getfixturevalue(kind)
    values = kfx.extract(model, x, "**", check=True)
    assert set(values) == set(hand)
    for key, array in hand.items():
        close(values[key], array)
    assert "bit for bit" in values.proof


def test_flat_values_equal_keras_bit_for_bit(keras, flat, images):
    recipe = keras.Model(flat.inputs, [layer.output for layer in flat.layers])
    values = kfx.extract(flat, images)
    assert list(values) == ["image", *[layer.name for layer in flat.layers]]
    for layer, want in zip(flat.layers, recipe.predict_on_batch(images), strict=True):
        assert values[layer.name].tobytes() == want.tobytes()
    assert values["scores"].tobytes() == flat.predict_on_batch(images).tobytes()


def test_batches_join_to_what_one_pass_gives(nested, x):
    model, hand = nested
    for key, array in kfx.extract(model, x, "**", batch_size=4).items():
        close(array, hand[key])


@pytest.mark.parametrize(
    ("layers", "found"),
    [
        ("s", ["s@1", "s@2"]),
        ("s@2", ["s@2"]),
        ("mid@2/deep/d", ["mid@2/deep/d@1", "mid@2/deep/d@2"]),
        ("mid@1/*", ["mid@1/mid_in", "mid@1/deep", "mid@1/e"]),
        (["out", "s@1"], ["s@1", "out"]),
        (lambda call: call.type == "Add", ["add"]),
    ],
    ids=["every call", "one call", "inside", "pattern", "list", "function"],
)
def test_addresses_choose_what_they_say(nested, x, layers, found):
    model, hand = nested
    values = kfx.extract(model, x, layers)
    assert list(values) == found
    for key in found:
        close(values[key], hand[key])


def test_a_layer_class_chooses_its_calls(keras, nested, x):
    values = kfx.extract(nested[0], x, keras.layers.Dense)
    assert len(values) == 9  # d twice and e in each of two calls of mid, s twice, out


def test_an_unknown_address_names_the_near_miss(nested, x):
    with pytest.raises(ValueError, match=r"No layer 'mid/depe' in model 'nested'\. Did you mean 'mid.*/deep'"):
        kfx.extract(nested[0], x, "mid/depe")


def test_an_operation_in_the_code_of_a_subclassed_model_has_values(keras, subclassed, x):
    model, hand = subclassed
    drawn = [call.key for call in kfx.read_graph(model).calls if call.module == "tensorflow"]
    values = kfx.extract(model, x, ["h", *drawn])
    assert set(values) == {"h@1", "h@2", *drawn}
    close(values["add"], hand["encoder"] + hand["h@1"])
    close(values["h@2"], hand["h@2"])


def test_no_address_at_all_is_refused(nested, x):
    with pytest.raises(ValueError, match="`layers` is empty"):
        kfx.extract(nested[0], x, [])


def test_recurrent_states_masks_and_wrappers(keras):
    layers = keras.layers
    keras.utils.set_random_seed(4)
    tokens = np.array([[3, 1, 0, 0], [2, 4, 1, 0]])
    i = keras.Input((4,), dtype="int32", name="tokens")
    e = layers.Embedding(6, 3, mask_zero=True, name="embed")(i)
    sequence, state = layers.GRU(2, return_sequences=True, return_state=True, name="gru")(e)
    both = layers.Bidirectional(layers.LSTM(2), name="both")(sequence)
    each = layers.TimeDistributed(layers.Dense(2), name="each")(sequence)
    pooled = layers.GlobalAveragePooling1D(name="pool")(sequence)
    model = keras.Model(i, {"a": both, "b": each, "c": pooled, "d": state})
    values = kfx.extract(model, tokens, check=True)
    out = model.predict_on_batch(tokens)
    for name, key in (("a", "both"), ("b", "each"), ("c", "pool")):
        np.testing.assert_array_equal(values[key], out[name])
    np.testing.assert_array_equal(values["gru"][1], out["d"])
    sequence = np.asarray(values["gru"][0])
    np.testing.assert_array_equal(sequence[0, 1], sequence[0, 2])  # masked steps carry the last state on
    close(values["pool"], [sequence[0, :2].mean(0), sequence[1, :3].mean(0)])
    assert "gru/gru_cell" not in kfx.extract(model, tokens, "**")


def test_dict_inputs_several_outputs_and_operations(keras):
    ops, layers = keras.ops, keras.layers
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    joined = ops.concatenate([a * 2.0, b], axis=-1)
    model = keras.Model({"a": a, "b": b}, {"sum": ops.sum(joined, axis=-1), "max": layers.Dense(1, name="one")(joined)})
    data = {"b": np.ones((5, 3), "float32"), "a": np.arange(15, dtype="float32").reshape(5, 3)}
    values = kfx.extract(model, data, check=True)
    np.testing.assert_array_equal(values["concatenate"], np.concatenate([data["a"] * 2, data["b"]], -1))
    np.testing.assert_array_equal(values["multiply"], data["a"] * 2)
    listed = keras.Model([a, b], joined)
    for given in ([data["a"], data["b"]], (data["a"], data["b"]), data, {**data, "more": np.ones(5)}):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = kfx.extract(listed, given)
        np.testing.assert_array_equal(found["concatenate"], values["concatenate"])


def test_inside_a_custom_layer_and_a_layer_of_keras(keras, x):
    layers = keras.layers

    class Twice(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.d = layers.Dense(4, name="d")

        def call(self, inputs):
            return self.d(self.d(inputs))

    i = keras.Input((4,), name="i")
    h = Twice(name="twice")(i)
    r = layers.Reshape((2, 2))(h)
    model = keras.Model(i, layers.MultiHeadAttention(2, 3, name="mha")(r, r))
    values = kfx.extract(model, x, ["twice/*", "mha/query"])
    d = model.get_layer("twice").d
    close(values["twice/d@1"], x @ d.get_weights()[0] + d.get_weights()[1])
    assert values["mha/query"].shape == (6, 2, 2, 3)
    assert not [key for key in kfx.extract(model, x, "**") if key.startswith("mha/")]


def test_training_uses_batch_statistics_and_leaves_no_trace(flat, images, state):
    before = state(flat)
    one = kfx.extract(flat, images, training=True, check=True)
    two = kfx.extract(flat, images, training=True)
    assert state(flat) == before
    close(one["norm"].mean(axis=(0, 1, 2)), np.zeros(4))
    assert (one["drop"] == 0).mean() > 0.3
    np.testing.assert_array_equal(one["drop"], two["drop"])


def test_nothing_of_the_model_changes(keras, nested, subclassed, x, state):
    for model, _ in (nested, subclassed):
        before = state(model)
        kfx.extract(model, x, "**", check=True)
        kfx.extract(model, x, "**", run_eagerly=True)
        assert state(model) == before


def test_losses_a_model_holds_stay(keras, x):
    i = keras.Input((4,))
    model = keras.Model(i, keras.layers.Dense(2, activity_regularizer="l2", name="d")(i))
    model(x)
    before = [float(loss) for loss in model.losses]
    kfx.extract(model, x)
    assert [float(loss) for loss in model.losses] == before


def test_compiled_and_eager_agree(nested, x):
    model, _ = nested
    eager = kfx.extract(model, x, "**", run_eagerly=True)
    for key, array in kfx.extract(model, x, "**").items():
        close(array, eager[key])


def test_a_model_that_cannot_be_compiled_runs_eagerly(keras, x):
    class Eager(keras.layers.Layer):
        def call(self, inputs):
            return keras.ops.convert_to_tensor(np.sort(np.asarray(inputs), -1))

        def compute_output_shape(self, shape):
            return shape

    i = keras.Input((4,))
    model = keras.Model(i, Eager(name="sort")(i))
    model.run_eagerly = True
    np.testing.assert_array_equal(kfx.extract(model, x)["sort"], np.sort(x, -1))


def test_a_model_never_built_is_refused_with_advice(keras, x):
    model = keras.Sequential([keras.layers.Dense(2)], name="young")
    with pytest.raises(kfx.UnbuiltModelError, match=r"'young' was never built.*model\.build\(shape\)"):
        kfx.extract(model, x)
    assert not model.built
    assert not model.layers[0].built


@pytest.mark.parametrize(
    ("thing", "advice"),
    [
        (np.zeros(3), "`model` is 'ndarray'; expected a Keras model or layer.$"),
        (None, "`model` is None.*forget to return"),
        ("digits.keras", "`model` is a file name; load it first"),
    ],
)
def test_what_is_no_model_is_refused_with_advice(x, thing, advice):
    with pytest.raises(TypeError, match=advice):
        kfx.extract(thing, x)


def test_an_operation_alone_is_no_model(keras, x):
    operation = keras.ops.relu(keras.Input((3,)))._keras_history.operation
    with pytest.raises(TypeError, match="`model` is the operation 'Relu'; expected a Keras model or layer"):
        kfx.extract(operation, x)


def test_a_loaded_file_gives_the_same_values(keras, nested, x, tmp_path):
    model, _ = nested
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    first = kfx.extract(model, x, "**")
    for key, array in kfx.extract(loaded, x, "**").items():
        assert array.tobytes() == first[key].tobytes()


def test_two_threads_at_once_stay_apart(keras, nested, flat, x, images):
    found, model = {}, nested[0]
    gate = threading.Barrier(3)

    def work(name, make):
        gate.wait()
        found[name] = [make() for _ in range(5)]

    jobs = {
        "nested": lambda: list(kfx.extract(model, x, "**")),
        "again": lambda: list(kfx.extract(model, x, "mid@2/**")),
        "flat": lambda: list(kfx.extract(flat, images)),
    }
    threads = [threading.Thread(target=work, args=job) for job in jobs.items()]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert all(names == sorted(nested[1], key=names.index) for names in found["nested"])
    assert all(set(names) == set(nested[1]) for names in found["nested"])
    assert all(all(n.startswith("mid@2/") for n in names) and len(names) == 6 for names in found["again"])
    assert all(len(names) == 7 for names in found["flat"])


def test_a_thread_that_predicts_meanwhile_is_not_recorded(flat, images):
    stop, wrong = threading.Event(), []
    want = flat.predict_on_batch(images)

    def predict():
        while not stop.is_set():
            if not np.array_equal(flat.predict_on_batch(images), want):
                wrong.append(1)

    other = threading.Thread(target=predict)
    other.start()
    for pattern in ("*", "conv", "norm", "pool"):
        assert "scores" not in kfx.extract(flat, images, ["conv", pattern]) or pattern == "*"
    stop.set()
    other.join()
    assert not wrong


def test_the_door_is_shut_after_an_exception(keras, x):
    class Bad(keras.layers.Layer):
        def call(self, inputs):
            raise RuntimeError("no")

        def compute_output_shape(self, shape):
            return shape

    i = keras.Input((4,))
    door = keras.Operation.__call__
    model = keras.Model(i, Bad(name="bad")(i))
    with pytest.raises(kfx.ExtractionError, match="failed at 'bad'"):
        kfx.extract(model, x)
    assert keras.Operation.__call__ is door


def test_arrays_are_views_without_a_copy(flat, images):
    array = kfx.extract(flat, images)["conv"]
    assert not array.flags.writeable
    assert not array.flags.owndata


def test_mixed_precision_keeps_its_dtypes(keras, x):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        i = keras.Input((4,))
        model = keras.Model(i, keras.layers.Dense(3, name="d")(i))
    finally:
        keras.config.set_dtype_policy("float32")
    assert kfx.extract(model, x)["d"].dtype == "float16"


def _pair(self, pair):
    return self.a(pair[0]) + self.b(pair[1])


def _two(self, x, y):
    return self.a(x) + self.b(y)


def _dict(self, given):
    return self.a(given["p"][0]) + self.b(given["q"])


def _keyword_only(self, x, *, y):
    return self.a(x) + self.b(y)


def _any(self, *xs):
    return self.a(xs[0]) + self.b(xs[1])


CONVENTIONS = {
    "list": (_pair, lambda x, y: [x, y], lambda m, x, y: m([x, y])),
    "tuple": (_pair, lambda x, y: (x, y), lambda m, x, y: m((x, y))),
    "two": (_two, lambda x, y: (x, y), lambda m, x, y: m(x, y)),
    "two as a list": (_two, lambda x, y: [x, y], lambda m, x, y: m(x, y)),
    "two by name": (_two, lambda x, y: {"y": y, "x": x}, lambda m, x, y: m(x=x, y=y)),
    "keyword only": (_keyword_only, lambda x, y: {"x": x, "y": y}, lambda m, x, y: m(x, y=y)),
    "any number": (_any, lambda x, y: (x, y), lambda m, x, y: m(x, y)),
    "dict with a list": (_dict, lambda x, y: {"q": y, "p": [x]}, lambda m, x, y: m({"p": [x], "q": y})),
}


@pytest.mark.filterwarnings("ignore:Layer 'm' looks like it has unbuilt state")
@pytest.mark.parametrize("case", CONVENTIONS)
def test_every_verb_calls_the_model_as_its_user_does(keras, case):
    call, as_data, run = CONVENTIONS[case]

    class Called(keras.Model):
        def __init__(self):
            super().__init__(name="m")
            self.a, self.b = keras.layers.Dense(5, name="a"), keras.layers.Dense(5, name="b")

    Called.call = call
    model, draw = Called(), np.random.default_rng(0)
    x, y = draw.normal(size=(6, 7)).astype("float32"), draw.normal(size=(6, 3)).astype("float32")
    plain, data = np.asarray(run(model, x, y)), as_data(x, y)
    kernel, bias = model.b.get_weights()
    want = y @ kernel + bias
    close(kfx.extract(model, data, "b", check=True)["b"], want)
    close(kfx.extract(model, data, "b", batch_size=4)["b"], want)
    assert kfx.statistics(model, data, "b")["b"].mean == pytest.approx(want.mean(), rel=1e-4)
    close(kfx.gradients(model, data, "b", target=1)["b"], np.eye(5)[[1] * 6])
    close(kfx.inspect(model, data, layer="b").values.parts("b", 2)[0][1], want[2])
    close(kfx.feature_extractor(model, "b", inputs=data)(data), want)
    with kfx.patch(model, {"b": 0.0}, inputs=data):
        close(run(model, x, y), plain - want)
    close(run(model, x, y), plain)
