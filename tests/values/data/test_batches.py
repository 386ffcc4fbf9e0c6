"""Data in every form fits the model or is refused with advice."""

import numpy as np
import pytest

import kfx
from kfx.values.data.batches import Batches


@pytest.fixture
def model(keras):
    i = keras.Input((4,), name="i")
    return keras.Model(i, keras.layers.Dense(2, name="d")(i), name="small")


@pytest.fixture
def pair(keras):
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    return keras.Model([a, b], keras.layers.Concatenate(name="c")([a, b]), name="pair")


def forms(x):
    import tensorflow as tf

    from kfx.keras_access.importing import import_keras

    class Pages(import_keras().utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, i):
            return x[4 * i : 4 * i + 4], np.zeros(4)

    return {
        "array": x,
        "float64": x.astype("float64"),
        "list": x.tolist(),
        "tensor": tf.constant(x),
        "list of one": [x],
        "dict": {"i": x},
        "dataset": tf.data.Dataset.from_tensor_slices(x).batch(4),
        "labelled dataset": tf.data.Dataset.from_tensor_slices((x, np.zeros(10))).batch(4),
        "weighted dataset": tf.data.Dataset.from_tensor_slices((x, np.zeros(10), np.ones(10))).batch(4),
        "generator": (x[k : k + 4] for k in (0, 4, 8)),
        "labelled generator": ((x[k : k + 4], None) for k in (0, 4, 8)),
        "PyDataset": Pages(),
    }


@pytest.mark.parametrize("form", list(forms(np.zeros((10, 4), "float32"))))
def test_every_form_gives_the_same_values(model, form):
    x = np.random.default_rng(0).normal(size=(10, 4)).astype("float32")
    kernel, bias = model.layers[-1].get_weights()
    values = kfx.extract(model, forms(x)[form], "d")["d"]
    np.testing.assert_allclose(values, x @ kernel + bias, rtol=1e-5, atol=1e-6)


def test_a_data_frame_is_an_array(model):
    pandas = pytest.importorskip("pandas")
    x = np.random.default_rng(0).normal(size=(10, 4)).astype("float32")
    found = kfx.extract(model, pandas.DataFrame(x), "d")["d"]
    np.testing.assert_array_equal(found, kfx.extract(model, x, "d")["d"])


def test_arrays_come_in_batches_of_the_size_asked_for(model):
    batches = list(Batches(model, np.zeros((10, 4)), batch_size=4))
    assert [(b.number, b.start, b.size) for b in batches] == [(0, 0, 4), (1, 4, 4), (2, 8, 2)]
    assert str(batches[1]) == "batch 1 (examples 4 to 7)"


def test_resuming_cuts_arrays_where_it_stopped(model):
    batches = Batches(model, np.zeros((10, 4)), batch_size=4)
    assert [(b.start, b.size) for b in batches.cut_at([5])] == [(0, 4), (4, 1), (5, 4), (9, 1)]
    assert [(b.number, b.start, b.size) for b in batches.between(4, 10)] == [(1, 4, 4), (2, 8, 2)]


BAD = {
    "one example": (
        lambda: np.zeros(4),
        ValueError,
        r"shape \(4,\); the model 'small' expects \(batch, 4\).*inputs\[None, \.\.\.\]",
    ),
    "wrong shape": (
        lambda: np.zeros((5, 3)),
        ValueError,
        r"`inputs` has shape \(5, 3\); the model 'small' expects \(batch, 4\)\.$",
    ),
    "text": (lambda: np.array([["a"] * 4]), TypeError, r"dtype str\d*; the model 'small' expects float32"),
    "objects": (lambda: np.array([[1, None, 2, 3]], dtype=object), TypeError, r"Python objects \(dtype object\)"),
    "ragged rows": (lambda: [[1, 2], [3]], ValueError, "cannot be made one array.*Pad them first"),
    "nothing": (lambda: None, TypeError, "The data are None; expected arrays"),
    "empty": (lambda: np.zeros((0, 4)), ValueError, "no examples: the first axis has length 0"),
    "used generator": (lambda: iter(()), ValueError, "not one batch came"),
    "a path": (lambda: "photos/", TypeError, "The data are the text 'photos/'"),
    "a number": (lambda: 3, ValueError, "the single number 3"),
    "a scalar array": (lambda: np.array(3.0), ValueError, "the single number 3.0"),
    "a list of examples": (lambda: [np.zeros(4), np.ones(4)], ValueError, r"2 arrays in a list.*np\.stack"),
    "missing key": (
        lambda: {"j": np.zeros((1, 4))},
        ValueError,
        "The data have no 'i'; the model takes 'i', the data hold 'j'",
    ),
    "not data": (lambda: object(), TypeError, "Cannot take batches from 'object'"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_data_that_do_not_fit_are_refused(model, case):
    make, error, words = BAD[case]
    with pytest.raises(error, match=words):
        kfx.extract(model, make())


def test_a_data_set_without_batches_is_told_to_batch(model):
    import tensorflow as tf

    with pytest.raises(ValueError, match=r"Batch 0: .*One example\? Batch the data set: dataset\.batch\(32\)"):
        kfx.extract(model, tf.data.Dataset.from_tensor_slices(np.zeros((3, 4))))


def test_an_image_without_its_two_small_axes_is_told_both(flat):
    with pytest.raises(ValueError, match=r"inputs\[None, \.\.\., None\]"):
        kfx.extract(flat, np.zeros((12, 12)))


def test_keras_may_add_the_last_axis(flat, images):
    with_axis = kfx.extract(flat, images, "conv")["conv"]
    np.testing.assert_array_equal(kfx.extract(flat, images[..., 0], "conv")["conv"], with_axis)


def test_several_inputs_must_agree(pair):
    with pytest.raises(ValueError, match="The arrays have 3, 4 examples"):
        kfx.extract(pair, [np.zeros((3, 3)), np.zeros((4, 2))])
    with pytest.raises(ValueError, match="The data are 1 array; the model takes 2: 'a', 'b'"):
        kfx.extract(pair, np.zeros((3, 3)))


@pytest.mark.parametrize("size", [0, -1, 2.5, "4"])
def test_a_batch_size_must_be_a_whole_number(model, size):
    with pytest.raises(ValueError, match=r"`batch_size` is .*; expected a whole number of at least 1"):
        kfx.extract(model, np.zeros((3, 4)), batch_size=size)


def test_a_data_set_keeps_its_batches(model):
    with pytest.raises(ValueError, match=r"`batch_size` is for arrays.*dataset\.batch"):
        kfx.extract(model, iter([np.zeros((2, 4))]), batch_size=2)


def test_batches_of_different_length_cannot_be_one_array(keras):
    i = keras.Input((None,), dtype="int32")
    model = keras.Model(i, keras.layers.Embedding(9, 2, name="e")(i))
    with pytest.raises(ValueError, match=r"In batch 1 .* shape \(2, 5, 2\), before it \(2, 3, 2\).*Pad the data"):
        kfx.extract(model, iter([np.zeros((2, 3), "int32"), np.zeros((2, 5), "int32")]), "e")


def test_values_without_a_batch_axis_cannot_be_joined(keras):
    i = keras.Input((4,))
    model = keras.Model(i, keras.ops.sum(i))
    assert kfx.extract(model, np.ones((6, 4), "float32"))["sum"] == 24
    with pytest.raises(ValueError, match="no batch axis to join along"):
        kfx.extract(model, np.arange(24.0).reshape(6, 4), batch_size=3)


def test_text_goes_into_a_model_that_takes_text(keras):
    i = keras.Input((), dtype="string", name="words")
    model = keras.Model(i, keras.layers.StringLookup(vocabulary=["a", "b"], name="look")(i))
    np.testing.assert_array_equal(kfx.extract(model, np.array(["b", "a", "z"]), "look")["look"], [2, 1, 0])


def test_layer_names_that_tensorflow_cannot_compile(keras, hostile_name):
    i = keras.Input((4,))
    name = hostile_name.replace("/", "|")
    model = keras.Model(i, keras.layers.Rescaling(2.0, name=name)(i), name="hostile")
    x = np.ones((3, 4), "float32")
    values = kfx.extract(model, x, lambda call: call.type == "Rescaling")
    np.testing.assert_array_equal(values[name], x * 2)
    np.testing.assert_array_equal(kfx.gradients(model, x, "**", target=0)[name], [[1, 0, 0, 0]] * 3)
    with kfx.patch(model, {lambda call: call.type == "Rescaling": 7.0}):
        assert (kfx.extract(model, x, "**")[name] == 7).all()
    assert kfx.statistics(model, x)[name].mean == 2.0
    assert repr(values).isprintable() or "\n" in repr(values)
    repr(values).encode("utf-8")


@pytest.mark.parametrize("verb", [kfx.extract, kfx.statistics, kfx.gradients])
def test_every_verb_takes_a_data_set_as_it_is(model, verb, tmp_path):
    import tensorflow as tf

    x = np.random.default_rng(0).normal(size=(10, 4)).astype("float32")
    found = verb(model, tf.data.Dataset.from_tensor_slices(x).batch(4), "d")
    assert repr(found) == repr(verb(model, x, "d", batch_size=4))
    stored = kfx.extract(model, tf.data.Dataset.from_tensor_slices(x).batch(4), "d", to=tmp_path)
    np.testing.assert_array_equal(np.asarray(stored["d"]), kfx.extract(model, x, "d", batch_size=4)["d"])


def test_rows_on_disk_are_read_batch_by_batch(model, tmp_path):
    from kfx.values.data.rows_on_disk import RowsOnDisk

    read = []

    class Far(RowsOnDisk):
        shape, dtype = (10, 4), np.dtype("float32")

        def __getitem__(self, index):
            read.append((index.start, index.stop))
            return np.arange(40, dtype="float32").reshape(10, 4)[index]

    found = kfx.extract(model, Far(), "d", batch_size=4)["d"]
    assert read == [(0, 4), (4, 8), (8, 10)]
    np.testing.assert_array_equal(found, kfx.extract(model, Far()[0:10], "d", batch_size=4)["d"])
    stored = kfx.extract(model, Far(), "d", batch_size=4, to=tmp_path)
    assert kfx.load_features(tmp_path)["d"].shape == (10, 2)
    assert stored["d"].shape == (10, 2)


@pytest.fixture
def three(keras):
    """Three inputs in a dict with a list, joined."""
    a, b, c = (keras.Input((n,), name=name) for n, name in ((3, "i1"), (2, "i2"), (4, "i3")))
    return keras.Model({"pages": [a, b], "title": c}, keras.layers.Concatenate(name="c")([a, b, c]), name="three")


def three_forms(a, b, c):
    return {
        "own structure": {"pages": [a, b], "title": c},
        "tuple in it": {"pages": (a, b), "title": c},
        "flat": [a, b, c],
        "names of the Input layers": {"i2": b, "i1": a, "i3": c},
        "more than it takes": {"pages": [a, b], "title": c, "other": a},
        "nested lists": [[a, b], c],
        "plain numbers": [a.tolist(), b.tolist(), c.tolist()],
    }


@pytest.mark.parametrize("form", list(three_forms(*[np.zeros((1, 1))] * 3)))
def test_nested_inputs_come_in_every_structure_that_keras_takes(three, form):
    a, b, c = (np.random.default_rng(n).normal(size=(6, n)).astype("float32") for n in (3, 2, 4))
    found = kfx.extract(three, three_forms(a, b, c)[form], "c", batch_size=4)["c"]
    np.testing.assert_allclose(found, np.concatenate([a, b, c], -1), atol=1e-6)


def test_an_input_that_is_missing_is_named(three):
    with pytest.raises(ValueError, match=r"The data have no 'pages\.1'; the model takes 'pages\.0', 'pages\.1', 'title'"):
        kfx.extract(three, {"pages": [np.zeros((1, 3))], "title": np.zeros((1, 4))})


@pytest.fixture
def network(keras):
    """A graph network: what each edge leads from, of nodes that are more or fewer."""
    n, e = keras.Input((6,), name="nodes"), keras.Input((2,), dtype="int32", name="edges")
    h = keras.layers.Dense(5, name="d")(n)
    return keras.Model([n, e], keras.ops.take(h, e[:, 0], axis=0), name="network")


def graph_of(nodes, edges, seed=0):
    draw = np.random.default_rng(seed)
    return draw.normal(size=(nodes, 6)).astype("float32"), draw.integers(0, nodes, (edges, 2)).astype("int32")


def test_arrays_of_different_lengths_are_one_batch(network):
    nodes, edges = graph_of(20, 40)
    kernel, bias = network.get_layer("d").get_weights()
    hidden = nodes @ kernel + bias
    found = kfx.extract(network, [nodes, edges], ["d", "take"], check=True)
    np.testing.assert_allclose(found["d"], hidden, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found["take"], hidden[edges[:, 0]], rtol=1e-5, atol=1e-5)
    assert kfx.statistics(network, {"nodes": nodes, "edges": edges}, "take")["take"].count == 200
    slopes = kfx.gradients(network, [nodes, edges], "d", target=0)["d"]
    np.testing.assert_array_equal(slopes[:, 0], np.bincount(edges[:, 0], minlength=20))
    assert kfx.inspect(network, [nodes, edges], layer="d").values.count == 1


@pytest.mark.parametrize("kind", ["data set", "generator"])
def test_batches_of_different_lengths_are_passed_as_they_come(network, kind):
    import tensorflow as tf

    graphs = [graph_of(20, 40), graph_of(5, 7, 1)]
    spec = ((tf.TensorSpec((None, 6)), tf.TensorSpec((None, 2), tf.int32)),)
    data = iter([(graph,) for graph in graphs])
    if kind == "data set":
        data = tf.data.Dataset.from_generator(lambda: [(graph,) for graph in graphs], output_signature=spec)
    found = kfx.extract(network, data, ["d", "take"])
    each = [kfx.extract(network, list(graph), ["d", "take"]) for graph in graphs]
    for key in ("d", "take"):
        np.testing.assert_allclose(found[key], np.concatenate([one[key] for one in each]), rtol=1e-5, atol=1e-6)


def test_arrays_of_different_lengths_are_not_cut(network, tmp_path):
    graph = list(graph_of(20, 40))
    with pytest.raises(ValueError, match=r"The arrays have 20, 40 examples.*Without `batch_size` they are one batch"):
        kfx.extract(network, graph, batch_size=8)
    with pytest.raises(ValueError, match="The arrays have 20, 40 examples, and a folder holds one example in each row"):
        kfx.extract(network, graph, "d", to=tmp_path, progress=False)


def test_a_single_number_goes_with_every_batch(keras):
    x, scale = keras.Input((3,), name="x"), keras.Input(batch_shape=(), name="scale")
    model = keras.Model([x, scale], x * scale)
    data = np.arange(18, dtype="float32").reshape(6, 3)
    found = kfx.extract(model, [data, np.float32(3)], "*", batch_size=4)
    np.testing.assert_array_equal(found["multiply"], data * 3)
    assert found["scale"] == 3
    assert kfx.inspect(model, [data, np.float32(3)]).values.inputs(1)["scale"] == 3


def test_an_optional_input_may_be_left_out(keras):
    class Sum(keras.layers.Layer):
        def call(self, x, y=None):
            return x if y is None else x + y

    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b", optional=True)
    model = keras.Model([a, b], Sum(name="s")(a, b), name="sum")
    x = np.ones((5, 3), "float32")
    for data in ([x, None], {"a": x}):
        found = kfx.extract(model, data, "*", batch_size=2)
        np.testing.assert_array_equal(found["s"], x)
        assert found["b"] is None
    np.testing.assert_array_equal(kfx.extract(model, [x, x], "s")["s"], 2 * x)
    with pytest.raises(ValueError, match="Input 'a' is None; the model 'sum' needs it"):
        kfx.extract(model, [None, x])


def test_a_fixed_batch_is_the_size_of_batches(keras):
    model = keras.Sequential([keras.Input(batch_shape=(2, 4)), keras.layers.Dense(3, name="d")])
    assert [(batch.size, batch.filled) for batch in Batches(model, np.zeros((5, 4)))] == [(2, 0), (2, 0), (1, 1)]
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    for size in (None, 2, 3):
        np.testing.assert_allclose(kfx.extract(model, x, "d", batch_size=size)["d"], model.predict(x, verbose=0), rtol=1e-5)


def test_a_fixed_batch_that_the_code_relies_on_is_filled(keras):
    i = keras.Input(batch_shape=(2, 4))
    model = keras.Model(i, keras.ops.reshape(i, (2, 2, 2)), name="fixed")
    x = np.arange(20, dtype="float32").reshape(5, 4)
    np.testing.assert_array_equal(kfx.extract(model, x, "reshape")["reshape"], x.reshape(5, 2, 2))


def test_a_fixed_batch_whose_examples_depend_on_each_other_gives_advice(keras):
    i = keras.Input(batch_shape=(2, 4))
    model = keras.Model(i, keras.ops.reshape(i - keras.ops.mean(i, axis=0), (2, 2, 2)), name="fixed")
    with pytest.raises(kfx.ExtractionError, match="The model is made for batches of 2, this one has 1"):
        kfx.extract(model, np.random.default_rng(0).normal(size=(5, 4)), "reshape")


GUIDE_DATA = np.random.default_rng(1).normal(size=(40, 10, 5)).astype("float32")


@pytest.fixture
def guide(keras):
    """The last model of Keras's functional guide: a layer of one's own whose code holds the number of examples."""
    layers, ops = keras.layers, keras.ops

    class CustomRNN(layers.Layer):
        def __init__(self):
            super().__init__(name="rnn")
            self.projection_1 = layers.Dense(32, activation="tanh", name="p1")
            self.projection_2 = layers.Dense(32, activation="tanh", name="p2")
            self.classifier = layers.Dense(1, name="last")

        def call(self, inputs):
            outputs, state = [], ops.zeros(shape=(16, 32))
            for t in range(10):
                state = self.projection_1(inputs[:, t, :]) + self.projection_2(state)
                outputs.append(state)
            return self.classifier(ops.stack(outputs, axis=1))

    i = keras.Input(batch_shape=(16, 10, 5), name="i")
    x = layers.Conv1D(32, 3, padding="same", name="conv")(i)
    return keras.Model(i, CustomRNN()(x), name="guide")


def guide_truth(model, x):
    """The output for any number of examples, from batches that are padded by hand."""
    padded = np.concatenate([x, np.zeros((-len(x) % 16, 10, 5), "float32")])
    return model.predict(padded, batch_size=16, verbose=0)[: len(x)]


@pytest.mark.parametrize("count", [1, 3, 16, 20, 40])
def test_the_last_model_of_the_functional_guide_in_every_verb(guide, count, tmp_path):
    x = GUIDE_DATA[:count]
    want = guide_truth(guide, x)
    found = kfx.extract(guide, x, ["conv", "rnn", "rnn/p2@3"], check=True)
    np.testing.assert_allclose(found["rnn"], want, rtol=1e-4, atol=1e-5)
    assert found["rnn/p2@3"].shape == (count, 32)
    stored = kfx.extract(guide, x, "rnn", to=tmp_path, progress=False)
    np.testing.assert_allclose(np.asarray(stored["rnn"]), want, rtol=1e-4, atol=1e-5)
    measured = kfx.statistics(guide, x, "rnn")["rnn"]
    assert (measured.count, measured.mean) == (count * 10, pytest.approx(want.mean(), abs=1e-5))
    slopes = kfx.gradients(guide, x, "rnn/last", target=0)["rnn/last"]
    np.testing.assert_array_equal(slopes, np.ones((count, 10, 1)))
    assert kfx.saliency(guide, x, target=0).shape == x.shape
    with kfx.patch(guide, {"conv": kfx.silence()}):
        silent = kfx.extract(guide, x, "conv")["conv"]
    assert not silent.any()
    assert kfx.feature_extractor(guide, "rnn/p1@1").predict(GUIDE_DATA[:16], batch_size=16, verbose=0).shape == (16, 32)


def test_views_of_the_last_model_of_the_functional_guide(guide):
    x = GUIDE_DATA[:3]
    view = kfx.inspect(guide, x, layer="rnn", example=2)
    np.testing.assert_allclose(view.values.outputs(2)[""], guide_truth(guide, x)[2], rtol=1e-4, atol=1e-5)
    reply, _ = view.answers()({"what": "silence", "layer": "conv", "example": 0, "channel": 1})
    assert "error" not in reply
    reply, _ = view.answers()({"what": "statistics", "layer": "rnn"})
    assert reply["examples"] == 3
    assert "rnn" in str(kfx.explore(guide, x))


@pytest.mark.parametrize("count", [2, 3, 4, 5])
@pytest.mark.parametrize("form", ["array", "data set", "generator"])
def test_states_are_carried_through_batches_of_the_fixed_size(keras, count, form):
    import tensorflow as tf

    keras.utils.set_random_seed(3)
    gru = keras.layers.GRU(5, stateful=True, name="gru")
    model = keras.Sequential([keras.Input(batch_shape=(2, 4, 3)), gru])
    x = np.random.default_rng(2).normal(size=(count, 4, 3)).astype("float32")
    want = model.predict(np.concatenate([x, np.zeros((-count % 2, 4, 3), "float32")]), batch_size=2, verbose=0)[:count]
    gru.reset_states()
    data = {"array": x, "data set": tf.data.Dataset.from_tensor_slices(x).batch(4), "generator": iter([x])}[form]
    np.testing.assert_allclose(kfx.extract(model, data, "gru")["gru"], want, rtol=1e-5, atol=1e-6)
    assert not np.any(gru.states[0])


def test_states_after_a_batch_that_was_filled_are_refused(keras):
    model = keras.Sequential([keras.Input(batch_shape=(2, 4, 3)), keras.layers.GRU(5, stateful=True, name="gru")])
    with pytest.raises(ValueError, match=r"A batch has 1 examples, and .* is made for 2: if an RNN is stateful"):
        kfx.extract(model, iter([np.zeros((1, 4, 3)), np.zeros((2, 4, 3))]))


def test_a_target_over_the_output_counts_the_examples_alone(keras):
    model = keras.Sequential([keras.Input(batch_shape=(4, 3)), keras.layers.Dense(2, name="d")])
    x = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    found = kfx.gradients(model, x, "d", target=lambda output: keras.ops.mean(output))["d"]
    np.testing.assert_allclose(found, [[1 / 8] * 2] * 4 + [[1 / 4] * 2] * 2)
    found = kfx.gradients(model, x, "d", loss=lambda y, output: keras.ops.mean(y * output), labels=np.ones((6, 2), "float32"))[
        "d"
    ]
    np.testing.assert_allclose(found, [[1 / 8] * 2] * 4 + [[1 / 4] * 2] * 2)


def test_a_model_whose_own_step_called_only_its_layers_is_built(keras):
    class Auto(keras.Model):
        def __init__(self):
            super().__init__(name="auto")
            self.encoder, self.decoder = keras.layers.Dense(2, name="encoder"), keras.layers.Dense(6, name="decoder")

        def call(self, x):
            return self.decoder(self.encoder(x))

        def train_step(self, data):
            return {"loss": keras.ops.mean(self.decoder(self.encoder(data)))}

    model, x = Auto(), np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
    with pytest.raises(kfx.UnbuiltModelError, match="never built"):
        kfx.extract(model, x)
    model.compile("adam")
    model.fit(x, verbose=0)
    want = x @ model.encoder.get_weights()[0]
    np.testing.assert_allclose(kfx.extract(model, x, "encoder", check=True)["encoder"], want, rtol=1e-5, atol=1e-6)
    assert kfx.statistics(model, x, "encoder")["encoder"].count == 8
    assert kfx.gradients(model, x, "encoder", target=0)["encoder"].shape == (4, 2)
    assert not model.built


def test_a_sequential_with_an_input_alone_gives_it(keras):
    model = keras.Sequential([keras.Input((4,), name="i")])
    x = np.ones((5, 4), "float32")
    np.testing.assert_array_equal(kfx.extract(model, x)["i"], x)
    assert kfx.statistics(model, x)["i"].mean == 1
    assert kfx.feature_extractor(model, "i").output_shape == (None, 4)
    assert not model.built
