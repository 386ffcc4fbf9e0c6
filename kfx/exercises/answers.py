"""Read an answer as a number, a text, values, a class or what code makes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.exercises import Read, Verdict
from kfx.exercises.sentences import Sentences
from kfx.values.features import Features

if TYPE_CHECKING:
    import keras

words = Sentences("shared")

_NOT_A_TENSOR = "not a tensor"  # the first argument of an exception whose second is the type that came instead
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # Keras prints a part of its messages bold


def whole_number(answer: Any) -> Read[int]:
    """Return the answer as an int."""
    is_text = isinstance(answer, bool | str | bytes)
    yield from words.require_kind(answer, not is_text and _is_whole(answer), "whole_number")
    return int(answer)


def text(answer: Any) -> Read[str]:
    """Return the answer as text without spaces around it."""
    yield from words.require_kind(answer, isinstance(answer, str), "text")
    return answer.strip()


def values_at(answer: Any, addresses: list[str]) -> Read[Mapping[str, np.ndarray]]:
    """Return the answer as values at exactly these addresses."""
    yield from words.require_kind(answer, isinstance(answer, Features), "values_at")
    missing = [address for address in addresses if address not in answer]
    yield from words.require(not missing, "values_at.there_are_no_values", listed=", ".join(missing))
    surplus = len(answer) - len(addresses)
    yield from words.require(surplus == 0, "values_at.the_values_are_there", count=surplus)
    return answer


def layer_class(answer: Any, base: type[keras.Layer]) -> Read[type[keras.Layer]]:
    """Return the answer as a class below ``base``."""
    yield from words.require_answer(answer, "layer_class.nothing_yet")
    yield from words.require(not isinstance(answer, base), "layer_class.that_is_an_object")
    is_below = isinstance(answer, type) and issubclass(answer, base)
    name = f"keras.{'Model' if base.__name__ == 'Model' else 'layers.Layer'}"
    yield from words.require(is_below, "layer_class.this_exercise_asks_for", name=name)
    return answer


@contextmanager
def attempt() -> Iterator[list[Verdict]]:
    """Run a reader's own code; the list holds a verdict with the message of an exception that it raised."""
    failures: list[Verdict] = []
    try:
        yield failures
    except Exception as error:
        if error.args[:1] == (_NOT_A_TENSOR,):
            failures.append(words.verdict("exit.call_returned_name_not", name=error.args[1]))
            return
        lines = [line.strip() for line in _COLOUR.sub("", str(error)).splitlines()]
        message = next((line for line in lines if line and not line.startswith("Exception encountered when calling")), "")[:200]
        failures.append(words.verdict("exit.your_code_stopped_with", error=type(error).__name__, said=message))


def computed(layer: keras.Layer, data: np.ndarray, **settings: object) -> np.ndarray:
    """Call a reader's own layer on data; its output must be one tensor, and not the None of a forgotten ``return``."""
    made = layer(data, **settings)
    if not hasattr(made, "shape"):
        raise TypeError(_NOT_A_TENSOR, type(made).__name__[:60])
    return np.asarray(made)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Return whether two arrays have one shape and, but for rounding, equal numbers."""
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-4, atol=1e-5)


def _is_whole(answer: Any) -> bool:
    try:
        return int(answer) == answer
    except (TypeError, ValueError, OverflowError):
        return False
