"""Describe the scores of attention: what is padding, what is causal, how spread and how far each head looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MOST_HEADS = 16  # shown at first


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


def attention_places(masked: np.ndarray, *, itself: bool = True) -> AttentionPlaces:
    """Return what is no padding.

    A key is padding where it is masked for every query that may look at any. A query is padding where all its keys are masked,
    or, of a sequence that looks at itself, where the key of its number is padding.

    Args:
        masked: ``(queries, keys)``, True where a mask keeps a query from a key.
        itself: The queries and keys are the same places.
    """
    queries, keys = masked.shape
    itself = itself and queries == keys
    blind = masked.all(axis=1)
    left_keys = masked[~blind].all(axis=0) if not blind.all() else np.zeros(keys, "bool")
    left = (blind | left_keys) if itself else blind
    if left.all():
        left = np.zeros(queries, "bool")
    causal = itself and (~left).sum() > 1 and bool(masked[~left][:, ~left][np.triu_indices((~left).sum(), 1)].all())
    return AttentionPlaces(np.flatnonzero(~left), np.flatnonzero(~left_keys), causal)


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
