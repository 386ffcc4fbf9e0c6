"""Handwritten digits: a sample of MNIST that comes with kfx, the whole of it on request."""

from __future__ import annotations

import warnings

import numpy as np

from kfx.datasets.download import from_keras
from kfx.datasets.files import arrays
from kfx.errors import DownloadError

Split = tuple[np.ndarray, np.ndarray]


def digits(whole: bool = False, *, fallback: bool = False, timeout_s: float = 10.0) -> tuple[Split, Split]:
    """Handwritten digits with their labels, in the form of ``keras.datasets.mnist.load_data()``.

    The sample is the first 5,000 training and the first 1,000 test digits of MNIST, in the original order; it needs no network.

    Args:
        whole: True loads all 60,000 + 10,000 digits through Keras, which downloads 11 MB the first time.
        fallback: True returns the sample, with a warning, where the whole cannot be loaded; False raises.
        timeout_s: Seconds of silence on the network after which to give up.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: images ``(digit, height, width)``, 28×28, uint8 from 0 (paper) to 255 (ink);
        labels ``(digit,)``, uint8 from 0 to 9. New arrays on every call.

    Raises:
        DownloadError: The whole data set was asked for and cannot be loaded, and ``fallback`` is False.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = digits()
        >>> x_train.shape, y_train[:5].tolist()
        ((5000, 28, 28), [5, 0, 4, 1, 9])

    MNIST is by Yann LeCun and Corinna Cortes, CC BY-SA 3.0.
    """
    if whole:
        try:
            return from_keras("mnist", title="MNIST", stored_as="mnist.npz", megabytes=11, timeout_s=timeout_s)
        except DownloadError as failure:
            said = f"The whole of MNIST could not be loaded ({failure})"
            if not fallback:
                raise DownloadError(
                    f"{said}. With a network connection, try again; without one, digits() gives the 5,000 + 1,000 digits that "
                    "come with kfx, and digits(whole=True, fallback=True) gives them only if the download fails."
                ) from failure
            warnings.warn(f"{said}; these are the 5,000 + 1,000 digits that come with kfx.", stacklevel=2)
    stored = arrays("mnist_6000.npz")
    return (stored["x_train"], stored["y_train"]), (stored["x_test"], stored["y_test"])
