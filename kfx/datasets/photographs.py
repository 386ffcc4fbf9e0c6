"""Six colour photographs in the public domain or under CC0."""

from __future__ import annotations

import numpy as np

from kfx.datasets.files import find

PHOTO_NAMES = ("astronaut", "cat", "coffee", "galaxies", "retina", "rocket")


def photos() -> dict[str, np.ndarray]:
    """All six photographs by name, in the order of `PHOTO_NAMES`.

    Returns:
        Name -> ``(height, width, channel)``, RGB, uint8 from 0 to 255; the longest side is 320 pixels.

    Example:
        >>> {name: pixels.shape for name, pixels in photos().items()}["cat"]
        (213, 320, 3)

    Public domain (astronaut and galaxies by NASA, rocket by SpaceX) and CC0 (cat, coffee, retina); see ``data/LICENSES.md``.
    """
    return {name: photo(name) for name in PHOTO_NAMES}


def photo(name: str, *, size: int | tuple[int, int] | None = None) -> np.ndarray:
    """One photograph, as it is or scaled to the size that a network wants.

    Args:
        name: One of `PHOTO_NAMES`.
        size: ``(height, width)`` in pixels, or one number for both; `squeezenet` takes 227. The whole photograph is scaled
            (bicubic), so another form stretches it, as ``keras.utils.load_img(target_size=...)`` does.

    Returns:
        ``(height, width, channel)``, RGB, uint8 from 0 to 255.

    Example:
        >>> photo("cat", size=227).shape
        (227, 227, 3)
    """
    if name not in PHOTO_NAMES:
        raise ValueError(f"No photograph {name!r}. There are: {', '.join(PHOTO_NAMES)}.")
    from PIL import Image

    with Image.open(find(f"photos/{name}.jpg")) as stored:
        picture = stored.convert("RGB")
    if size is not None:
        height, width = _height_and_width(size)
        picture = picture.resize((width, height), Image.Resampling.BICUBIC)
    return np.array(picture)


def _height_and_width(size: int | tuple[int, int]) -> tuple[int, int]:
    pair = tuple(size) if isinstance(size, tuple | list) else (size, size)
    if len(pair) != 2 or not all(isinstance(n, int | np.integer) and 1 <= n <= 8192 for n in pair):
        raise ValueError(f"`size` is {size!r}; it must be one number of pixels or (height, width), each from 1 to 8192.")
    return int(pair[0]), int(pair[1])
