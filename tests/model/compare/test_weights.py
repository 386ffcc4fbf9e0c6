"""The largest relative change of each layer's weights, against figures worked out by hand."""

import math

import numpy as np
import pytest

from kfx.model.compare.weights import weight_changes
from kfx.model.read.weights import StoredWeight


def layer(**weights):
    return [StoredWeight(name, np.shape(values), np.asarray(values)) for name, values in weights.items()]


def compared(a, b, **options):
    return weight_changes([("x", "y")], {"x": a}, {"y": b}, **options)


def only(a, b, **options):
    (change,) = compared(a, b, **options)
    return change


def test_equal_weights_are_no_change():
    a = layer(kernel=np.array([[1.0, -4.0]]), bias=np.zeros(2))
    assert compared(a, layer(kernel=np.array([[1.0, -4.0]]), bias=np.zeros(2))) == ()


def test_the_change_is_the_largest_difference_over_the_largest_value():
    a, b = layer(kernel=np.array([1.0, -4.0])), layer(kernel=np.array([1.5, -4.2]))
    change = only(a, b)
    assert change.relative == pytest.approx(0.5 / 4)
    assert (change.before, change.after, change.weight, change.note) == ("x", "y", "kernel", "")


def test_a_bias_that_leaves_zero_counts_by_the_size_of_the_layer():
    change = only(layer(kernel=np.array([2.0]), bias=np.zeros(1)), layer(kernel=np.array([2.0]), bias=np.array([0.1])))
    assert change.relative == pytest.approx(0.05)
    assert change.weight == "bias"


def test_a_layer_that_was_all_zero_changed_without_measure():
    assert only(layer(kernel=np.zeros(2)), layer(kernel=np.ones(2))).relative == math.inf


def test_a_change_up_to_the_tolerance_is_none():
    a, b = layer(kernel=np.array([1.0])), layer(kernel=np.array([1.25]))
    assert compared(a, b, tolerance=0.25) == ()
    assert only(a, b, tolerance=0.2).relative == 0.25


def test_nan_and_infinite_values_are_told_and_the_rest_is_measured():
    change = only(layer(kernel=np.array([1.0, 2.0, 4.0])), layer(kernel=np.array([np.nan, np.inf, 5.0])))
    assert change.note == "kernel: 2 values became NaN or infinite"
    assert change.relative == 0.25


def test_nan_in_the_same_place_is_no_change():
    a = layer(kernel=np.array([np.nan, np.inf, 1.0]))
    assert compared(a, layer(kernel=np.array([np.nan, np.inf, 1.0]))) == ()


def test_a_tolerance_forgives_no_nan():
    assert (
        only(layer(k=np.array([1.0])), layer(k=np.array([np.nan])), tolerance=9.0).note == "k: 1 value became NaN or infinite"
    )


def test_values_that_are_finite_again_are_told():
    assert only(layer(k=np.array([np.nan])), layer(k=np.array([1.0]))).note == "k: 1 value no longer NaN or infinite"


def test_shapes_that_differ_are_told_and_have_no_number():
    change = only(layer(kernel=np.ones((3, 3, 2))), layer(kernel=np.ones((5, 5, 2))))
    assert (change.relative, change.note) == (None, "kernel: 3×3×2 → 5×5×2")


def test_a_bias_that_is_gone_is_told():
    change = only(layer(kernel=np.ones(2), bias=np.ones(2)), layer(kernel=np.ones(2)))
    assert (change.relative, change.note) == (None, "without bias")


@pytest.mark.parametrize("dtype", ["float16", "int8", "uint8", "bool", "float64", "int64"])
def test_every_dtype_is_measured_without_overflow(dtype):
    a, b = np.array([0, 1], dtype), np.array([1, 1], dtype)
    assert only(layer(k=a), layer(k=b)).relative == 1.0


def test_bytes_that_wrap_around_do_not():
    assert only(layer(k=np.array([100], "int8")), layer(k=np.array([-100], "int8"))).relative == 2.0


def test_huge_values_do_not_overflow_to_a_false_infinity():
    big = float(np.finfo("float32").max)
    assert only(layer(k=np.array([big], "float32")), layer(k=np.array([-big], "float32"))).relative == 2.0


def test_empty_weights_are_equal():
    assert compared(layer(k=np.zeros((0, 3))), layer(k=np.zeros((0, 3)))) == ()


def test_fingerprints_say_whether_but_not_how_much():
    a = layer(kernel=np.array([1.0]))
    printed = [StoredWeight("kernel", (1,), None, a[0].fingerprint())]
    assert compared(printed, a) == ()
    change = only(printed, layer(kernel=np.array([2.0])))
    assert change.relative is None
    assert "fingerprints" in change.note


def test_a_layer_without_weights_on_one_side_is_left_to_the_structure():
    assert compared([], layer(k=np.ones(1))) == ()


def test_the_same_names_in_another_order_are_the_same_weights():
    """A layer quantised to float8 holds its scales before its kernel once it is loaded."""
    a = layer(kernel=np.array([1.0, 2.0]), scale=np.array(3.0))
    assert compared(a, a[::-1]) == ()
    assert only(a, layer(scale=np.array(4.0), kernel=np.array([1.0, 2.0]))).weight == "scale"
