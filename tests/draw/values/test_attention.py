"""Figures of heads by hand, and what counts as padding."""

import numpy as np
import pytest

from kfx.draw.values.attention import attention_places, head_figures, heads_by_strength, patch_grid, row_entropy

FREE = np.zeros((3, 3), "bool")  # no mask


def rows(*given):
    return np.array([given], "float32")


def test_entropy_is_0_for_one_key_and_1_for_all_alike():
    found = row_entropy(rows([1, 0, 0, 0], [0.25] * 4, [0.5, 0.5, 0, 0]))[0]
    np.testing.assert_allclose(found, [0, 1, 0.5])


def test_figures_are_means_over_the_queries():
    scores = rows([0.5, 0.25, 0.25], [0, 1, 0], [1, 0, 0])
    figures = head_figures(scores, attention_places(FREE))
    assert figures.distance[0] == pytest.approx(((0.25 + 0.5) + 0 + 2) / 3)
    assert figures.entropy[0] == pytest.approx(1.5 * np.log(2) / np.log(3) / 3)


def test_padding_is_left_out_of_the_figures():
    masked = np.array([[0, 0, 1], [0, 0, 1], [0, 0, 1]], "bool")
    figures = head_figures(rows([0.5, 0.5, 0], [1, 0, 0], [0.9, 0.1, 0]), attention_places(masked))
    assert figures.entropy[0] == pytest.approx((1 + 0) / 2)
    assert figures.distance[0] == pytest.approx((0.5 + 1) / 2)


@pytest.mark.parametrize("last", [0, 1], ids=["padded queries look at words", "padded queries are masked"])
def test_masked_keys_and_their_queries_are_padding(last):
    masked = np.array([[0, 0, 1], [0, 0, 1], [last, last, 1]], "bool")
    places = attention_places(masked)
    assert places.keys.tolist() == places.queries.tolist() == [0, 1]
    between = attention_places(masked, itself=False)
    assert between.queries.tolist() == ([0, 1] if last else [0, 1, 2]), "of two sequences, only what looks at nothing"


def test_what_is_not_masked_is_kept():
    assert attention_places(FREE).queries.tolist() == [0, 1, 2]
    assert attention_places(~FREE).queries.tolist() == [0, 1, 2], "a mask of everything tells nothing"


def test_causal_attention_is_told_from_full():
    upper = np.triu(np.ones((4, 4), "bool"), 1)
    assert attention_places(upper).causal
    assert not attention_places(FREE).causal
    left = upper | (np.arange(4) < 2)[None]  # padding at the left
    assert attention_places(left).queries.tolist() == [2, 3]
    assert attention_places(left).causal


def test_two_sequences_have_no_distance():
    scores = rows([0.5, 0.25, 0.25], [0.1, 0.9, 0])
    assert head_figures(scores, attention_places(np.zeros((2, 3), "bool"))).distance is None


def test_heads_that_look_at_few_keys_come_first():
    scores = np.concatenate([rows([0.5, 0.5], [0.5, 0.5]), rows([1, 0], [0, 1]), rows([0.9, 0.1], [0.1, 0.9])])
    assert heads_by_strength(head_figures(scores, attention_places(FREE[:2, :2]))) == [1, 2, 0]


@pytest.mark.parametrize(
    ("places", "size", "grid"),
    [(17, (32, 32), (4, 4, 1)), (16, (32, 32), (4, 4, 0)), (9, (32, 64), (2, 4, 1)), (198, (224, 224), (14, 14, 2))],
)
def test_patches_of_a_picture_are_a_grid(places, size, grid):
    assert patch_grid(places, *size) == grid


def test_places_that_are_no_grid_of_patches_have_none():
    assert patch_grid(7, 32, 32) is None or patch_grid(7, 32, 32)[2] == 3
    assert patch_grid(23, 30, 32) is None
