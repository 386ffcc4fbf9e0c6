"""Read an answer as a number, a text, values, a class or what code makes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.sentences import Sentences
from kfx.values.features import Features

if TYPE_CHECKING:
    import keras

verdict = Sentences("shared")

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # Keras prints a part of its messages bold


def whole_number(answer: Any) -> int | Verdict:
    """Return the answer as an int, or a verdict on an answer that is something else."""
    if answer is None:
        return verdict.nothing_yet("whole_number.nothing_yet")
    if isinstance(answer, bool | str | bytes) or not _is_whole(answer):
        return verdict.something_else(answer, "whole_number.expected")
    return int(answer)


def text(answer: object) -> str | Verdict:
    """Return the answer as text without spaces around it, or a verdict on an answer that is something else."""
    if answer is None:
        return verdict.nothing_yet("text.nothing_yet")
    if not isinstance(answer, str):
        return verdict.something_else(answer, "text.expected")
    return answer.strip()


def values_at(answer: object, addresses: list[str]) -> Mapping[str, Any] | Verdict:
    """Return the answer as values at exactly these addresses, or a verdict on an answer that is something else."""
    if answer is None:
        return verdict.nothing_yet("values_at.nothing_yet")
    if not isinstance(answer, Features):
        return verdict.something_else(answer, "values_at.expected")
    missing = [address for address in addresses if address not in answer]
    if missing:
        return verdict.wrong("values_at.there_are_no_values", listed=", ".join(missing))
    if len(answer) > len(addresses):
        return verdict.wrong("values_at.the_values_are_there", count=len(answer) - len(addresses))
    return answer


def layer_class(answer: object, base: type) -> type[keras.Layer] | Verdict:
    """Return the answer as a class below ``base``, or a verdict on an answer that is something else."""
    name = f"keras.{'Model' if base.__name__ == 'Model' else 'layers.Layer'}"
    if answer is None:
        return verdict.nothing_yet("layer_class.nothing_yet")
    if isinstance(answer, base):
        return verdict.wrong("layer_class.that_is_an_object")
    if not isinstance(answer, type) or not issubclass(answer, base):
        return verdict.wrong("layer_class.this_exercise_asks_for", name=name)
    return answer


class attempt:
    """Run a reader's own code: ``with attempt() as tried:``; `failed` is then None or says what it raised.

    Attributes:
        failed: The verdict on code that raised, else None.
    """

    failed: Verdict | None = None

    def __enter__(self) -> attempt:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if error is None or not isinstance(error, Exception):
            return False
        lines = [line.strip() for line in _COLOUR.sub("", str(error)).splitlines()]
        said = next((line for line in lines if line and not line.startswith("Exception encountered when calling")), "")[:200]
        self.failed = verdict.wrong("exit.your_code_stopped_with", error=type(error).__name__, said=said)
        return True


def computed(layer: keras.Layer, data: np.ndarray, **settings: object) -> np.ndarray:
    """Call a reader's own layer on data; its output must be one tensor, and not the None of a forgotten ``return``."""
    made = layer(data, **settings)
    if not hasattr(made, "shape"):
        raise TypeError(f"call returned {type(made).__name__}, not a tensor. Does each way through it end in return?")
    return np.asarray(made)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Return whether two arrays have one shape and, but for rounding, equal numbers."""
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-4, atol=1e-5)


def _is_whole(answer: Any) -> bool:
    try:
        return int(answer) == answer
    except (TypeError, ValueError, OverflowError):
        return False
