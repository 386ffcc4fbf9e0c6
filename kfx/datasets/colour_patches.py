"""Small colour images with labels: pieces of the photographs, and CIFAR-10 itself on request."""

from __future__ import annotations

import warnings
from itertools import pairwise

import numpy as np

from kfx.datasets.download import from_keras
from kfx.datasets.photographs import PHOTO_NAMES, photos
from kfx.errors import DownloadError

Split = tuple[np.ndarray, np.ndarray]

SIDE = 32
STRIPS = 5
TEST_STRIPS = (1, 3)

CIFAR10_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def patches(n_train: int = 5000, n_test: int = 1000, *, seed: int = 0) -> tuple[Split, Split]:
    """Small pieces of six photographs, in the form of ``keras.datasets.cifar10.load_data()``.

    The label says *which photograph* a piece was cut from, not which object it shows: label ``k`` is ``PHOTO_NAMES[k]``. Each
    photograph is divided into five upright strips; training pieces lie wholly inside the first, third and fifth, test pieces
    wholly inside the second and fourth, so that no pixel is in both.

    Args:
        n_train: Number of training pieces.
        n_test: Number of test pieces.
        seed: The same seed gives the same pieces, on every machine.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: images ``(piece, height, width, channel)``, 32×32, RGB, uint8 from 0 to 255;
        labels ``(piece, 1)``, uint8 from 0 to 5. Every photograph gives the same number of pieces, give or take one.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = patches(600, 120)
        >>> x_train.shape, y_train.shape, x_train.dtype.name
        ((600, 32, 32, 3), (600, 1), 'uint8')

    The photographs are public domain or CC0.
    """
    for name, n in (("n_train", n_train), ("n_test", n_test)):
        if not isinstance(n, int | np.integer) or n < 0:
            raise ValueError(f"`{name}` is {n!r}; it must be a whole number, 0 or more.")
    # NumPy promises the stream of RandomState for ever, that of default_rng only within a version.
    random = np.random.RandomState(seed)
    pictures = list(photos().values())
    train_strips = tuple(k for k in range(STRIPS) if k not in TEST_STRIPS)
    return _cut(pictures, n_train, train_strips, random), _cut(pictures, n_test, TEST_STRIPS, random)


def cifar10(*, fallback: bool = False, timeout_s: float = 10.0) -> tuple[Split, Split]:
    """CIFAR-10 through Keras, which downloads 171 MB the first time; label ``k`` is ``CIFAR10_NAMES[k]``.

    Args:
        fallback: True returns 5,000 + 1,000 `patches` of the same shapes and dtypes, with a warning, where CIFAR-10 cannot be
            loaded; their six labels say which photograph a patch was cut from. False raises.
        timeout_s: Seconds of silence on the network after which to give up.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: images ``(image, height, width, channel)``, 32×32, RGB, uint8 from 0 to 255,
        50,000 + 10,000 of them; labels ``(image, 1)``, uint8 from 0 to 9.

    Raises:
        DownloadError: CIFAR-10 cannot be loaded, and ``fallback`` is False.

    CIFAR-10 is by Alex Krizhevsky, Vinod Nair and Geoffrey Hinton; nothing of it comes with kfx.
    """
    try:
        stored_as = "cifar-10-batches-py-target"
        return from_keras("cifar10", title="CIFAR-10", stored_as=stored_as, megabytes=171, timeout_s=timeout_s)
    except DownloadError as failure:
        said = f"CIFAR-10 could not be loaded ({failure})"
        if not fallback:
            raise DownloadError(
                f"{said}. With a network connection, try again; without one, patches() gives pieces of photographs in the same "
                "form, and cifar10(fallback=True) gives them only if the download fails."
            ) from failure
        warnings.warn(
            f"{said}; these are 5,000 + 1,000 photo patches of the same shape, whose six labels say which photograph each was "
            "cut from.",
            stacklevel=2,
        )
        return patches()


def strip_edges(width: int) -> list[tuple[int, int]]:
    """First column and the column after the last of each strip of a photograph ``width`` pixels wide."""
    edges = [width * k // STRIPS for k in range(STRIPS + 1)]
    return list(pairwise(edges))


def _cut(pictures: list[np.ndarray], n: int, strips: tuple[int, ...], random: np.random.RandomState) -> Split:
    labels = random.permutation(np.arange(n) % len(PHOTO_NAMES)).astype("uint8")
    images = np.empty((n, SIDE, SIDE, 3), "uint8")
    for k, label in enumerate(labels):
        picture = pictures[label]
        first, end = strip_edges(picture.shape[1])[strips[random.randint(len(strips))]]
        left = random.randint(first, end - SIDE + 1)
        top = random.randint(0, picture.shape[0] - SIDE + 1)
        images[k] = picture[top : top + SIDE, left : left + SIDE]
    return images, labels[:, None]
