"""Real data and a real pretrained network, offline by default.

Everything here comes with kfx: no network is needed unless you ask for more. Importing this loads neither Keras nor Pillow.

| call | what you get | licence |
|---|---|---|
| `digits()` | 6,000 handwritten digits of MNIST | CC BY-SA 3.0 |
| `photos()`, `photo(name)` | six colour photographs | public domain, CC0 |
| `patches()` | 32×32 pieces of the photographs, shaped like CIFAR-10 | as the photographs |
| `tickets()` | generated support tickets: title, body, tags | made by kfx |
| `squeezenet()` | SqueezeNet 1.1 with its ImageNet weights | MIT, BSD-3 |
| `digits(whole=True)`, `cifar10()` | the whole data sets, downloaded through Keras, or an error | their own |

No call returns other data than were asked for, unless you say ``fallback=True``.

``data/LICENSES.md`` beside this file names the licence and the origin of every file.
"""

from kfx.datasets.colour_patches import CIFAR10_NAMES, cifar10, patches
from kfx.datasets.handwriting import digits
from kfx.datasets.photographs import PHOTO_NAMES, photo, photos
from kfx.datasets.pretrained import decode_predictions, imagenet_names, preprocess, squeezenet
from kfx.datasets.support import DEPARTMENTS, TAGS, Tickets, tickets

__all__ = [
    "CIFAR10_NAMES",
    "DEPARTMENTS",
    "PHOTO_NAMES",
    "TAGS",
    "Tickets",
    "cifar10",
    "decode_predictions",
    "digits",
    "imagenet_names",
    "patches",
    "photo",
    "photos",
    "preprocess",
    "squeezenet",
    "tickets",
]
