"""What a loss compares: its name in one form, and the labels that it takes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any

from kfx.keras_access.importing import import_keras
from kfx.text.untrusted import cut

SPARSE = "sparse_categorical_crossentropy"
ONE_HOT = ("categorical_crossentropy", "categorical_focal_crossentropy", "categorical_hinge", "kl_divergence")
BINARY = ("binary_crossentropy", "binary_focal_crossentropy")


def loss_name(loss: Any) -> str:
    """Return the name of one loss, e.g. ``"mean_squared_error"`` for ``"mse"``; that of its class or function otherwise."""
    if isinstance(loss, str):
        try:
            loss = import_keras().losses.get(loss)
        except ValueError:
            return loss
    name = getattr(loss, "__name__", "") or type(loss).__name__
    return name if hasattr(loss, "__name__") else _snake(name)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def loss_word(loss: Any) -> str:
    """Return a loss, or the losses of several outputs, in a few words."""
    if isinstance(loss, dict):
        return cut(", ".join(f"{key}: {loss_word(one)}" for key, one in loss.items()), 80)
    if isinstance(loss, list | tuple):
        return cut(", ".join(map(loss_word, loss)), 80)
    return "none" if loss is None else loss_name(loss)


def nearest(name: str, known: Sequence[str]) -> list[str]:
    """Return the names most like one that is wrong, the likeliest first, at most two."""
    lowered = {one.lower(): one for one in known}
    found = difflib.get_close_matches(name.lower().replace("-", "_").replace(" ", "_"), lowered, n=2, cutoff=0.6)
    return [lowered[one] for one in found]


def names_in(module: Any) -> list[str]:
    """Return the lower-case names that a module of Keras offers as functions, e.g. those of losses."""
    skipped = ("get", "serialize", "deserialize")
    return [one for one in dir(module) if one.islower() and not one.startswith("_") and one not in skipped]
