"""Values of every dtype, laid out."""

import numpy as np
import pytest

from kfx.draw.values.layer_values import layer_values


def test_maps_are_laid_out_ranked_and_scaled():
    value = np.stack([np.zeros((4, 5)), np.full((4, 5), 2.0), np.ones((4, 5))], axis=-1)
    found = layer_values("conv", value)
    assert (found.plan.kind, found.shape, found.stack.shape) == ("maps", (4, 5, 3), (3, 4, 5))
    assert found.rank.order.tolist() == [1, 2, 0]
    assert found.rank.dead.tolist() == [0]
    assert (found.scale.low, found.scale.high) == (0.0, 2.0)
    assert found.not_finite == 0


@pytest.mark.parametrize(
    ("dtype", "held"),
    [("float16", "float32"), ("float64", "float64"), ("int64", "float64"), ("uint8", "float32"), ("bool", "float32")],
)
def test_every_number_is_held_exactly(dtype, held):
    found = layer_values("x", np.array([0, 1, 1], dtype))
    assert found.stack.dtype == held
    assert found.stack.ravel().tolist() == [0, 1, 1]


def test_a_large_integer_is_not_rounded():
    assert layer_values("x", np.array([2**24 + 1])).stack.ravel()[0] == 2**24 + 1


def test_complex_values_are_shown_by_size():
    found = layer_values("x", np.array([3 + 4j]))
    assert found.stack.ravel().tolist() == [5.0]
    assert found.note == "Complex values: their sizes."


def test_text_is_described_not_drawn():
    found = layer_values("x", np.array([b"a", b"b"]))
    assert found.plan.kind == "nothing"
    assert found.note == "Values of type bytes8 are not numbers: nothing to draw."


def test_empty_values_are_described():
    assert layer_values("x", np.zeros((0, 4))).note == "No values: the shape is 0×4."
