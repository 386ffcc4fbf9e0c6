"""Figures of heads by hand, and what counts as padding."""

import numpy as np
import pytest

from kfx.draw.values.attention import attention_places, head_figures, heads_by_strength, patch_grid, row_entropy


def rows(*given):
    return np.array([given], "float32")


def test_entropy_is_0_for_one_key_and_1_for_all_alike():
    found = row_entropy(rows([1, 0, 0, 0], [0.25] * 4, [0.5, 0.5, 0, 0]))[0]
    np.testing.assert_allclose(found, [0, 1, 0.5])


def test_figures_are_means_over_the_queries():
    scores = rows([0.5, 0.5, 0], [0, 1, 0], [1, 0, 0])
    figures = head_figures(scores, attention_places(scores[..., :3] + 0))
    scores = rows([0.5, 0.25, 0.25], [0, 1, 0], [1, 0, 0])
    figures = head_figures(scores, attention_places(scores))
    assert figures.distance[0] == pytest.approx(((0.25 + 0.5) + 0 + 2) / 3)
    assert figures.entropy[0] == pytest.approx(1.5 * np.log(2) / np.log(3) / 3)


def test_masked_keys_and_their_queries_are_padding():
    scores = rows([0.6, 0.4, 0, 0], [0.3, 0.7, 0, 0], [0.5, 0.5, 0, 0], [0.25] * 4)
    places = attention_places(scores)
    assert places.keys.tolist() == [0, 1]
    assert places.queries.tolist() == [0, 1]
    between = attention_places(scores, itself=False)
    assert between.queries.tolist() == [0, 1, 2], "of two sequences, only what looks at nothing is padding"


def test_queries_without_any_key_are_padding_where_keras_returns_zeros():
    places = attention_places(rows([0.6, 0.4, 0], [0.3, 0.7, 0], [0, 0, 0]))
    assert places.queries.tolist() == [0, 1]


def test_what_is_not_masked_is_kept():
    even = np.full((2, 4, 4), 0.25, "float32")
    assert attention_places(even).queries.tolist() == [0, 1, 2, 3]
    assert attention_places(np.ones((1, 3, 1), "float32")).keys.tolist() == [0]


def test_causal_attention_is_told_from_full():
    lower = np.tril(np.random.default_rng(0).random((2, 5, 5))).astype("float32")
    assert attention_places(lower / lower.sum(-1, keepdims=True)).causal
    assert not attention_places(rows([0.5, 0.5], [0.5, 0.5])).causal


def test_two_sequences_have_no_distance():
    scores = rows([0.5, 0.25, 0.25], [0.1, 0.9, 0])
    assert head_figures(scores, attention_places(scores)).distance is None


def test_heads_that_look_at_few_keys_come_first():
    scores = np.concatenate([rows([0.5, 0.5], [0.5, 0.5]), rows([1, 0], [0, 1]), rows([0.9, 0.1], [0.1, 0.9])])
    assert heads_by_strength(head_figures(scores, attention_places(scores))) == [1, 2, 0]


@pytest.mark.parametrize(
    ("places", "size", "grid"),
    [(17, (32, 32), (4, 4, 1)), (16, (32, 32), (4, 4, 0)), (9, (32, 64), (2, 4, 1)), (198, (224, 224), (14, 14, 2))],
)
def test_patches_of_a_picture_are_a_grid(places, size, grid):
    assert patch_grid(places, *size) == grid


def test_places_that_are_no_grid_of_patches_have_none():
    assert patch_grid(7, 32, 32) is None or patch_grid(7, 32, 32)[2] == 3
    assert patch_grid(23, 30, 32) is None
