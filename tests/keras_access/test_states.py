"""States of stateful recurrent layers go from batch to batch as in ``predict``, and stay as they were on the model."""

import numpy as np
import pytest

import kfx
from kfx.keras_access.states import CarriedStates, states_of


@pytest.fixture(params=["GRU", "LSTM", "SimpleRNN", "Bidirectional"])
def stateful(request, keras):
    keras.utils.set_random_seed(3)
    layers = keras.layers
    if request.param == "Bidirectional":
        recurrent = layers.Bidirectional(layers.GRU(5, stateful=True), name="rnn")
    else:
        recurrent = getattr(layers, request.param)(5, stateful=True, name="rnn")
    model = keras.Sequential([keras.Input(batch_shape=(2, 4, 3)), recurrent, layers.Dense(2, name="out")])
    model.predict(np.ones((2, 4, 3), "float32"), batch_size=2, verbose=0)  # leaves states that are not zero
    return model


@pytest.fixture
def sequences():
    return np.random.default_rng(0).normal(size=(6, 4, 3)).astype("float32")


def values(model):
    return [np.array(state) for state in states_of(model)]


def test_values_are_those_of_predict(stateful, sequences, tmp_path):
    before = values(stateful)
    assert any(state.any() for state in before)
    found = kfx.extract(stateful, sequences, "out", batch_size=2, check=True)
    stored = kfx.extract(stateful, sequences, "out", batch_size=2, to=tmp_path, progress=False)
    mean = kfx.statistics(stateful, sequences, "out")["out"].mean
    slopes = kfx.gradients(stateful, sequences, "out", target=0)["out"]
    assert all(np.array_equal(a, b) for a, b in zip(before, values(stateful), strict=True))
    want = stateful.predict(sequences, batch_size=2, verbose=0)
    np.testing.assert_allclose(found["out"], want, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(stored["out"], want, rtol=1e-5, atol=1e-6)
    assert mean == pytest.approx(want.mean(), rel=1e-4)
    np.testing.assert_array_equal(slopes, [[1, 0]] * 6)
    assert not np.allclose(kfx.extract(stateful, sequences[2:], "out")["out"], want[2:])  # without the batch before


def test_each_example_of_an_inspector_begins_with_the_models_states(stateful, sequences):
    view = kfx.inspect(stateful, sequences, layer="out")
    for example in (4, 0):
        want = kfx.extract(stateful, sequences[[example] * 2], "out")["out"][0]
        np.testing.assert_allclose(view.values.outputs(example)[""], want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("count", "size"), [(5, 2), (6, 3), (1, None)])
def test_examples_that_fill_no_batch_are_taken_in_batches_of_the_models_size(stateful, sequences, count, size):
    taken = kfx.extract(stateful, sequences[:count], "out", batch_size=size)["out"]
    filled = np.concatenate([sequences[:count], sequences[: -count % 2]])
    np.testing.assert_allclose(taken, kfx.extract(stateful, filled, "out")["out"][:count], rtol=1e-5, atol=1e-6)


def test_a_model_without_states_carries_none(keras):
    model = keras.Sequential([keras.Input((4, 3)), keras.layers.GRU(5)])
    assert states_of(model) == []
    assert not CarriedStates(model)
