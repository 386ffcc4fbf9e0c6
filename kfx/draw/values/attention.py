"""Describe the scores of attention: what is padding, what is causal, how spread and how far each head looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MOST_HEADS = 16  # shown at first
EVEN = 1e-6  # the scores of a query are all equal where they differ by less


@dataclass(frozen=True, eq=False)
class AttentionPlaces:
    """The queries and keys of one example that are no padding.

    Attributes:
        queries: Their numbers, int.
        keys: Their numbers, int.
        causal: No query looks at a later key.
    """

    queries: np.ndarray
    keys: np.ndarray
    causal: bool


@dataclass(frozen=True, eq=False)
class HeadFigures:
    """Figures of the heads, means over the queries that are no padding.

    Attributes:
        entropy: (heads,) of the scores of a query over the logarithm of the number of keys: 0 looks at one, 1 at all alike.
        distance: (heads,) mean of |query − key|; None between two sequences.
    """

    entropy: np.ndarray
    distance: np.ndarray | None


def attention_places(scores: np.ndarray, *, itself: bool = True) -> AttentionPlaces:
    """Return what is no padding, judged by the scores.

    A key is padding where its score is exactly 0 for every query, as masks make it. A query is padding where all its keys are
    masked, so that its scores are all alike or all 0, or, of a sequence that looks at itself, where the key of its number is.

    Args:
        scores: ``(heads, queries, keys)``.
        itself: The queries and keys are the same places.
    """
    _, queries, keys = scores.shape
    itself = itself and queries == keys
    even = (np.ptp(scores, axis=2) < EVEN).all(axis=0) if keys > 1 else np.zeros(queries, "bool")
    judged = scores[:, ~even] if (~even).any() else scores
    masked = (judged == 0).all(axis=(0, 1))
    if masked.all():
        masked = np.zeros(keys, "bool")
    left = masked.copy() if itself else np.zeros(queries, "bool")
    if masked.any():
        left |= even
    if left.all():
        left = np.zeros(queries, "bool")
    rows, columns = np.flatnonzero(~left), np.flatnonzero(~masked)
    causal = itself and len(rows) > 1 and not np.triu(scores[:, ~left][:, :, ~left], 1).any()
    return AttentionPlaces(rows, columns, bool(causal))


def head_figures(scores: np.ndarray, places: AttentionPlaces, *, itself: bool = True) -> HeadFigures:
    """Return the figures of each head, see `HeadFigures`."""
    shown = scores[:, places.queries][:, :, places.keys].astype("float64")
    spread = row_entropy(shown)
    entropy = spread.mean(axis=1) if shown.shape[1] else np.zeros(len(shown))
    if not itself or scores.shape[1] != scores.shape[2]:
        return HeadFigures(entropy, None)
    far = np.abs(places.queries[:, None] - places.keys[None])
    return HeadFigures(entropy, (shown * far).sum(axis=2).mean(axis=1))


def row_entropy(shown: np.ndarray) -> np.ndarray:
    """Return the entropy of each query's scores over the logarithm of the number of keys, 0 to 1."""
    keys = shown.shape[-1]
    sizes = -np.where(shown > 0, shown * np.log(np.where(shown > 0, shown, 1)), 0).sum(axis=-1)
    return sizes / np.log(keys) if keys > 1 else sizes * 0


def heads_by_strength(figures: HeadFigures) -> list[int]:
    """Return the heads, those that look at the fewest keys first; entropies are compared to four digits."""
    return np.argsort(np.round(figures.entropy, 4), kind="stable").tolist()


def patch_grid(places: int, height: int, width: int) -> tuple[int, int, int] | None:
    """Return rows, columns and the number of places before them (a class token and the like) of patches of a picture.

    None where no grid of square patches has that many places.
    """
    for extra in range(min(places, 6)):
        for rows in range(1, places - extra + 1):
            columns, rest = divmod(places - extra, rows)
            if rest == 0 and height % rows == 0 and width % columns == 0 and height // rows == width // columns:
                return (rows, columns, extra) if rows * columns > 1 else None
    return None
