"""Place feature vectors in a plane: by PCA in NumPy, or by t-SNE or UMAP where their library is installed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

METHODS = ("pca", "tsne", "umap")
MOST_SIDE = 4096  # of the matrix whose eigenvectors PCA takes
FIRST_DIMENSIONS = 50  # to which PCA reduces features before t-SNE
_SEED = 0
_CHUNK = 4096  # rows that are centred at once

Method = str | Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Plane:
    """The places of examples.

    Attributes:
        points: ``(examples, 2)`` float64; NaN for an example whose features are not finite.
        words: How they were made.
        explained: The shares of the variance along both axes, of PCA; empty otherwise.
        left_out: Examples whose features are not finite.
    """

    points: np.ndarray
    words: str
    explained: tuple[float, ...]
    left_out: int


def place(features: np.ndarray, method: Method = "pca") -> Plane:
    """Return the places of feature vectors.

    Args:
        features: ``(examples, numbers)``.
        method: One of `METHODS`, or a function from vectors to places ``(examples, 2)``.

    Raises:
        ImportError: The library of the method is not installed.
        ValueError: An unknown method, too few examples for it, or a function that returns something else.
    """
    if not callable(method) and method not in METHODS:
        raise ValueError(f"`method` is {method!r}; expected one of {', '.join(map(repr, METHODS))}, or a function.")
    good = np.isfinite(features).all(axis=1)
    known = features[good]
    if not len(known):
        raise ValueError(f"None of {len(features):,} examples has finite features; there is nothing to map.")
    explained: tuple[float, ...] = ()
    if callable(method):
        found, words = _checked(np.asarray(method(known)), len(known)), getattr(method, "__name__", "a function of your own")
    elif method == "pca":
        found, shares = pca(known, 2)
        explained = tuple(map(float, shares))
        words = "PCA"
    else:
        found, words = (_tsne, _umap)[method == "umap"](known)
    points = np.full((len(features), 2), np.nan)
    points[good] = found
    return Plane(points, words, explained, int((~good).sum()))


def pca(features: np.ndarray, components: int) -> tuple[np.ndarray, np.ndarray]:
    """Return principal components of vectors, the largest variance first, and the share of the variance along each.

    The sign of a component is that in which its largest loading is positive, so that the map is the same on every run.

    Args:
        features: ``(examples, numbers)``, finite.
        components: How many; beyond the rank they are zeros.

    Raises:
        ValueError: Both examples and numbers are more than `MOST_SIDE`.
    """
    rows, width = features.shape
    if min(rows, width) > MOST_SIDE:
        raise ValueError(
            f"There are {width:,} numbers for each of {rows:,} examples; PCA takes at most {MOST_SIDE:,} of one of them. "
            "Use pool='mean', or a layer with fewer units."
        )
    mean = features.mean(axis=0, dtype="float64")
    if width <= rows or width <= MOST_SIDE // 4:
        spread = np.zeros((width, width))
        for start in range(0, rows, _CHUNK):
            part = features[start : start + _CHUNK].astype("float64") - mean
            spread += part.T @ part
        values, vectors = np.linalg.eigh(spread)
        axes = vectors.T[::-1][:components]
    else:
        centred = features.astype("float64") - mean
        values, vectors = np.linalg.eigh(centred @ centred.T)
        axes = (centred.T @ vectors[:, ::-1][:, :components]).T
        axes /= np.maximum(np.linalg.norm(axes, axis=1, keepdims=True), 1e-300)
    axes = np.array([axis * (-1 if axis[np.argmax(np.abs(axis).round(9))] < 0 else 1) for axis in axes])
    values = np.clip(values[::-1], 0, None)
    shares = values / values.sum() if values.sum() > 0 else np.zeros_like(values)
    found = np.zeros((rows, components))
    for start in range(0, rows, _CHUNK):
        part = features[start : start + _CHUNK].astype("float64") - mean
        found[start : start + _CHUNK, : len(axes)] = part @ axes.T
    padded = np.zeros(components)
    padded[: len(shares[:components])] = shares[:components]
    return found, padded


def _tsne(features: np.ndarray) -> tuple[np.ndarray, str]:
    try:
        from sklearn.manifold import TSNE
    except ImportError:
        raise ImportError(
            "`method` is 'tsne', which needs scikit-learn. Run `pip install scikit-learn`, or use method='pca'."
        ) from None
    if len(features) < 3:
        raise ValueError(f"`method` is 'tsne', which needs at least 3 examples; there are {len(features)}. Use method='pca'.")
    if features.shape[1] > FIRST_DIMENSIONS and min(features.shape) <= MOST_SIDE:
        features = pca(features, FIRST_DIMENSIONS)[0]
    near = min(30.0, (len(features) - 1) / 3)
    found = TSNE(2, perplexity=near, init="pca", random_state=_SEED).fit_transform(features.astype("float32"))
    return _checked(found, len(features)), f"t-SNE, perplexity {near:.3g}, seed {_SEED}"


def _umap(features: np.ndarray) -> tuple[np.ndarray, str]:
    try:
        import umap
    except ImportError:
        raise ImportError(
            "`method` is 'umap', which needs umap-learn. Run `pip install umap-learn`, or use method='pca'."
        ) from None
    if len(features) < 4:
        raise ValueError(f"`method` is 'umap', which needs at least 4 examples; there are {len(features)}. Use method='pca'.")
    near = min(15, len(features) - 1)
    found = umap.UMAP(n_neighbors=near, n_components=2, random_state=_SEED).fit_transform(features)
    return _checked(found, len(features)), f"UMAP, {near} neighbours, seed {_SEED}"


def _checked(found: np.ndarray, rows: int) -> np.ndarray:
    """Return places; refuse what is not one finite pair for each example."""
    if found.shape != (rows, 2) or found.dtype.kind not in "fiu" or not np.isfinite(found).all():
        raise ValueError(
            f"`method` returned an array of shape {found.shape} and type {found.dtype}; expected finite places ({rows}, 2)."
        )
    return found.astype("float64")
