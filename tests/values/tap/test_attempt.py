"""Models whose own code looks at values run eagerly; all others are compiled."""

import numpy as np
import pytest

import kfx
from kfx.values.data.batches import Batches
from kfx.values.tap.attempt import Attempt


@pytest.fixture
def branching(keras):
    """Small values go through one layer, large ones through another."""
    keras.utils.set_random_seed(9)

    class Branching(keras.Model):
        def __init__(self):
            super().__init__(name="branching")
            self.small, self.large = keras.layers.Dense(3, name="small"), keras.layers.Dense(3, name="large")
            self.last = keras.layers.Dense(2, name="last")

        def call(self, x):
            h = self.large(x) if keras.ops.mean(x) > 1 else self.small(x)
            return self.last(h)

    model = Branching()
    for value in (0.0, 2.0):
        model(np.full((1, 4), value, "float32"))
    return model


@pytest.mark.parametrize("run_eagerly", [None, True])
@pytest.mark.parametrize(("value", "name"), [(0.5, "small"), (2.0, "large")])
def test_a_model_that_branches_on_values_gives_those_of_its_branch(branching, run_eagerly, value, name):
    x = np.full((3, 4), value, "float32")
    values = kfx.extract(branching, x, run_eagerly=run_eagerly, check=True)
    assert list(values) == ["x", name, "last"]
    kernel, bias = getattr(branching, name).get_weights()
    np.testing.assert_allclose(values[name], x @ kernel + bias, rtol=1e-5)
    assert "bit for bit" in values.proof


def test_asked_to_compile_it_says_why_not(branching):
    with pytest.raises(TypeError, match=r"symbolic|Python|bool"):
        kfx.extract(branching, np.ones((3, 4), "float32"), run_eagerly=False)


def test_a_batch_that_takes_the_other_branch_is_told(branching):
    x = np.concatenate([np.zeros((2, 4)), np.full((2, 4), 5)]).astype("float32")
    with pytest.raises(ValueError, match=r"'small' was not called this time; the model called 'x', 'large', 'last'"):
        kfx.extract(branching, x, batch_size=2)


def test_statistics_and_gradients_and_the_inspectors_values_work_too(branching):
    from kfx.values.lazy import LazyValues

    x = np.full((3, 4), 0.5, "float32")
    kernel, bias = branching.small.get_weights()
    assert kfx.statistics(branching, x)["small"].mean == pytest.approx((x @ kernel + bias).mean(), rel=1e-5)
    found = kfx.gradients(branching, x, "small", target=0)["small"]
    np.testing.assert_allclose(found, np.tile(branching.last.get_weights()[0][:, 0], (3, 1)), rtol=1e-5)
    ((_, value),) = LazyValues(branching, x).parts("small", 1)
    np.testing.assert_allclose(value, x[1] @ kernel + bias, rtol=1e-5)


def test_a_model_that_can_be_compiled_stays_compiled(flat, images):
    attempt = Attempt(flat, "*", training=False)
    (batch,) = Batches(flat, images)

    def refuse():
        raise ValueError("something else")

    with pytest.raises(ValueError, match="something else"):
        attempt(batch, refuse)
    assert not attempt.run_eagerly
