"""Sparse and ragged data, and structures of arrays, give the values that ``predict`` gives."""

import numpy as np
import pytest

import kfx
from kfx.values.data.arrays import comes_in_batches

X = np.random.default_rng(3).normal(size=(5, 4)).astype("float32") * (np.arange(20).reshape(5, 4) % 3 == 0)


@pytest.fixture
def sparse_model(keras):
    i = keras.Input((4,), sparse=True, name="i")
    return keras.Model(i, keras.layers.Dense(3, name="d")(i), name="sparse")


def sparse_forms():
    import scipy.sparse
    import tensorflow as tf

    sparse = tf.sparse.from_dense(X)
    return {
        "tf.SparseTensor": sparse,
        "SciPy csr": scipy.sparse.csr_matrix(X),
        "SciPy coo array": scipy.sparse.coo_array(X),
        "by name": {"i": sparse},
        "data set": tf.data.Dataset.from_tensor_slices(sparse).batch(2),
        "generator": iter([tf.sparse.from_dense(X[:2]), tf.sparse.from_dense(X[2:])]),
    }


@pytest.mark.parametrize("form", list(sparse_forms()))
def test_sparse_data_give_the_values_of_dense_ones(sparse_model, form):
    want = X @ sparse_model.get_layer("d").get_weights()[0]
    np.testing.assert_allclose(kfx.extract(sparse_model, sparse_forms()[form], "d")["d"], want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["sparse", "dense", "class"])
def test_every_model_takes_a_sparse_tensor(keras, sparse_model, kind):
    import tensorflow as tf

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.d = keras.layers.Dense(3, name="d")

        def call(self, x):
            return self.d(x)

    i = keras.Input((4,))
    model = {"sparse": sparse_model, "dense": keras.Model(i, keras.layers.Dense(3, name="d")(i)), "class": Own()}[kind]
    model(X)
    sparse, want = tf.sparse.from_dense(X), model.predict(X, verbose=0)
    np.testing.assert_allclose(kfx.extract(model, sparse, "d", batch_size=2)["d"], want, rtol=1e-5, atol=1e-6)
    assert kfx.statistics(model, sparse, "d", batch_size=2)["d"].mean == pytest.approx(want.mean(), abs=1e-5)
    assert kfx.gradients(model, sparse, "d", target=1)["d"][:, 1].tolist() == [1] * 5
    with kfx.patch(model, {"d": 2.0}):
        assert (kfx.extract(model, sparse, "d")["d"] == 2).all()
    assert kfx.inspect(model, sparse).values.count == 5


def test_the_saliency_of_a_sparse_input_is_that_of_what_it_stores(sparse_model):
    import tensorflow as tf

    found = kfx.saliency(sparse_model, tf.sparse.from_dense(X), target=2)
    kernel = sparse_model.get_layer("d").get_weights()[0]
    np.testing.assert_allclose(found, np.where(X != 0, np.abs(kernel[:, 2]), 0), rtol=1e-5)


def test_sparse_values_are_written_to_a_folder(sparse_model, tmp_path):
    stored = kfx.extract(sparse_model, sparse_forms()["SciPy csr"], "d", batch_size=2, to=tmp_path, progress=False)
    np.testing.assert_allclose(np.asarray(stored["d"]), kfx.extract(sparse_model, X, "d")["d"], rtol=1e-5, atol=1e-6)
    kfx.extract(sparse_model, sparse_forms()["tf.SparseTensor"], "d", batch_size=2, to=tmp_path, progress=False)


@pytest.fixture
def ragged_model(keras):
    i = keras.Input((None,), dtype="int32", ragged=True)
    mean = keras.layers.GlobalAveragePooling1D(name="mean")
    return keras.Model(i, mean(keras.layers.Embedding(9, 2, name="e")(i)), name="ragged")


ROWS = [[1, 2, 3], [4], [5, 6]]


@pytest.mark.parametrize("size", [None, 2])
def test_ragged_data_give_an_array_for_each_example(ragged_model, size):
    import tensorflow as tf

    table = ragged_model.get_layer("e").get_weights()[0]
    found = kfx.extract(ragged_model, tf.ragged.constant(ROWS), ["e", "mean"], batch_size=size)
    assert found["e"].shape == (3,)
    for row, values in zip(ROWS, found["e"], strict=True):
        np.testing.assert_array_equal(values, table[row])
    np.testing.assert_allclose(found["mean"], [table[row].mean(0) for row in ROWS], rtol=1e-6)
    slopes = kfx.gradients(ragged_model, tf.ragged.constant(ROWS), "e", target=0)["e"]
    np.testing.assert_allclose(slopes[2], [[0.5, 0], [0.5, 0]])
    assert kfx.statistics(ragged_model, tf.ragged.constant(ROWS), "e", batch_size=size)["e"].count == 12
    assert kfx.inspect(ragged_model, tf.ragged.constant(ROWS), layer="e").values.parts("e", 2)[0][1].shape == (2, 2)


def test_ragged_values_are_refused_by_a_folder(ragged_model, tmp_path):
    import tensorflow as tf

    with pytest.raises(ValueError, match=r"The values of 'e' are ragged .* Leave this address out, or leave out `to`"):
        kfx.extract(ragged_model, tf.ragged.constant(ROWS), "e", to=tmp_path, progress=False)


def test_nested_structures_of_a_model_of_a_class(keras):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.d = keras.layers.Dense(3, name="d")

        def call(self, x):
            return self.d(keras.ops.concatenate([x["a"], x["b"][0], x["b"][1]["c"]], -1))

    a, b, c = (np.random.default_rng(n).normal(size=(5, n)).astype("float32") for n in (3, 2, 1))
    data, model = {"a": a, "b": [b, {"c": c}]}, Own()
    model(data)
    want = np.concatenate([a, b, c], -1) @ model.d.get_weights()[0]
    for size in (None, 2):
        np.testing.assert_allclose(kfx.extract(model, data, "d", batch_size=size)["d"], want, rtol=1e-5, atol=1e-5)
    assert {k: v.shape for k, v in kfx.inspect(model, data).values.inputs(0).items()} == {"a": (3,), "b.0": (2,), "b.1.c": (1,)}


def test_a_loader_of_pytorch_gives_inputs_and_labels_in_a_list(keras):
    class DataLoader:
        def __iter__(self):
            return iter([[X[:3], np.zeros((3, 3))], [X[3:], np.zeros((2, 3))]])

        def __len__(self):
            return 2

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="d")])
    np.testing.assert_array_equal(kfx.extract(model, DataLoader(), "d")["d"], kfx.extract(model, X, "d", batch_size=3)["d"])
    assert kfx.gradients(model, DataLoader(), "d", loss="mse")["d"].shape == (5, 3)


def test_what_comes_in_batches_is_told_from_arrays():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    for data in (X, [X], {"x": X}, "a.png", pandas.Series([1]), *sparse_forms().values()):
        assert comes_in_batches(data) == (type(data).__name__ in ("_BatchDataset", "list_iterator"))
