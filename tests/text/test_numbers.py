"""Numbers, shapes and names as they are printed."""

import pytest

from kfx.model.facts import Tensor
from kfx.text import numbers
from kfx.text.untrusted import visible


@pytest.mark.parametrize(
    ("n", "said"),
    [(0, "0"), (896, "896"), (36_928, "36.9 k"), (999_949, "999.9 k"), (999_950, "1.0 M"), (7.7e9, "7.7 G"), (None, "?")],
)
def test_short_numbers_keep_one_decimal(n, said):
    assert numbers.short(n) == said


@pytest.mark.parametrize(("n", "said"), [(256, "256 B"), (1000, "1.0 kB"), (102_500_000, "102.5 MB"), (None, "?")])
def test_sizes_are_decimal(n, said):
    assert numbers.size(n) == said


@pytest.mark.parametrize(("n", "said"), [(58_100_000, "58.1 MFLOPs"), (896, "896 FLOPs"), (0, "0 FLOPs")])
def test_flops_join_their_unit(n, said):
    assert numbers.flops(n) == said


@pytest.mark.parametrize(("share", "said"), [(0.165, "16.5 %"), (1, "100.0 %"), (0.0001, "< 0.1 %"), (0, "0.0 %")])
def test_a_tiny_share_is_not_rounded_to_nothing(share, said):
    assert numbers.percent(share) == said


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((None, 28, 28, 32), "28×28×32"),
        ((None, None, 128), "?×128"),
        ((16, 10, 5), "10×5"),
        ((None,), "scalar"),
        ((), "scalar"),
        (None, "unknown"),
    ],
)
def test_only_the_axis_that_is_unknown_is_marked(shape, said):
    assert numbers.shape(Tensor(shape, "float32")) == said


def test_several_outputs_are_named_where_they_have_names():
    both = (Tensor((None, 1), "float32", "priority"), Tensor((None, 4), "float32", "department"))
    assert numbers.shapes(both) == "priority 1 · department 4"
    assert numbers.shapes(()) == "unknown"


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((None, None, 128), "(batch, ?, 128) float32"),
        ((16, 10), "(batch 16, 10) float32"),
        ((), "() float32"),
        (None, "unknown shape, float32"),
    ],
)
def test_a_full_shape_names_every_axis(shape, said):
    assert numbers.full_shape(Tensor(shape, "float32")) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("conv2d_1", "conv2d_1"),
        ("two\nlines\t!", r"two\nlines\t!"),
        ("bell\x07\x1b[31m\x00", r"bell\x07\x1b[31m\x00"),
        ("abc\u202edef", r"abc\u202edef"),
        ("half\ud83d", r"half\ud83d"),
        ("line\u2028sep\u200b", r"line\u2028sep\u200b"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("한국어 שלום 🦊", "한국어 שלום 🦊"),
        ("👩\u200d🔬 می\u200cخواهم", "👩\u200d🔬 می\u200cخواهم"),
    ],
)
def test_what_hides_or_moves_text_is_written_as_an_escape(name, said):
    assert visible(name) == said


def test_a_sum_with_an_unknown_part_says_at_least():
    assert numbers.at_least("6.0 M", 6_000_000, whole=False) == "≥ 6.0 M"
    assert numbers.at_least("0", 0, whole=False) == "?"
    assert numbers.at_least("0", 0, whole=True) == "0"


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ((4, 9), "4 layers · 9 operations"),
        ((1, 1), "1 layer · 1 operation"),
        ((1041, 0), "1,041 layers"),
        ((0, 2), "2 operations"),
        ((0, 0, 3), "3 inputs"),
        ((0, 0), ""),
    ],
)
def test_what_a_box_holds_names_layers_and_operations(held, said):
    assert numbers.held(*held) == said


def test_later_calls_of_a_shared_layer_say_that_they_are_counted(make_call):
    assert numbers.settings(make_call("words@2", calls=2, own_params=80)) == "shared, counted once"
    assert numbers.settings(make_call("encoder", kind="model"), inside="6 layers · 1 operation") == "6 layers · 1 operation"
    assert numbers.settings(make_call("dense", settings=("10 units", "relu"))) == "10 units · relu"
