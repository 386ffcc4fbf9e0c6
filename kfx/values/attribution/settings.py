"""How an attribution is computed: the methods and their settings, checked, and the progress of a long one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

METHODS = ("gradcam", "layercam", "gradient_x_input", "integrated", "smoothgrad", "occlusion")
CAMS = ("gradcam", "layercam")
UNSIGNED = ("gradcam", "layercam", "smoothgrad")  # say how much, and not whether for or against
FIRST_STEPS, MOST_STEPS, CLOSE = 50, 800, 0.01  # steps at first and at most, and the error below which they are enough
AT_ONCE = 32  # examples, or points between an example and its baseline, in one pass


@dataclass(frozen=True)
class Settings:
    """The settings of an attribution, as `kfx.attribute` describes them.

    Attributes:
        methods: Which, in the order in which they are shown; empty for the usual ones.
        layer: Where Grad-CAM and Layer-CAM look, or a dict by input; None for the last layer with space.
        baseline: What stands for nothing.
        steps: Of integrated gradients; None for as many as it takes.
        samples: Of SmoothGrad.
        noise: Its standard deviation as a share of the range of an example's values.
        seed: Of the noise, and of what is drawn to check a map.
        patch: The side of what occlusion covers, or one for each axis of space; None for an eighth.
        stride: How far it moves; None for half of it.
        at_once: Examples or points in one pass.
    """

    methods: tuple[str, ...] = ()
    layer: Any = None
    baseline: Any = None
    steps: int | None = None
    samples: int = 25
    noise: float = 0.15
    seed: int = 0
    patch: Any = None
    stride: Any = None
    at_once: int = AT_ONCE

    def __post_init__(self) -> None:
        for name in ("samples", "steps", "at_once"):
            _check_count(name, getattr(self, name), optional=name == "steps")
        for name in ("patch", "stride"):
            given = getattr(self, name)
            for one in given if isinstance(given, tuple | list) else [given]:
                _check_count(name, one, optional=True)
        if isinstance(self.noise, bool) or not isinstance(self.noise, int | float | np.number) or not 0 < self.noise < 10:
            raise ValueError(f"`noise` is {self.noise!r:.60}; expected a share of the range of the values, e.g. 0.15.")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int | np.integer):
            raise ValueError(f"`seed` is {self.seed!r:.60}; expected a whole number.")


def chosen_methods(method: object) -> tuple[str, ...]:
    """Return the methods that ``method`` names, in its order; none for None.

    Raises:
        ValueError: One is not known, or is named twice.
    """
    if method is None:
        return ()
    names = (method,) if isinstance(method, str) else tuple(method) if isinstance(method, tuple | list) else None
    if names is None or not names:
        raise ValueError(f"`method` is {method!r:.60}; expected one of {', '.join(METHODS)}, or several.")
    for name in names:
        if name not in METHODS:
            raise ValueError(f"`method` is {name!r:.60}; expected one of {', '.join(METHODS)}, or several.")
    if len(set(names)) < len(names):
        raise ValueError(f"`method` names {next(n for n in names if names.count(n) > 1)!r} twice.")
    return tuple(names)


def by_input(given: object, names: list[str], what: str) -> Mapping[str, Any]:
    """Return what was given for each input: a dict of these, or one for all."""
    if not isinstance(given, Mapping):
        return dict.fromkeys(names, given)
    for key in given:
        if key not in names:
            raise ValueError(
                f"`{what}` names an input {str(key)[:60]!r}; the model's inputs are {', '.join(map(repr, names))}."
            )
    return {name: given.get(name) for name in names}


def _check_count(name: str, given: object, *, optional: bool) -> None:
    if given is None and optional:
        return
    if isinstance(given, bool) or not isinstance(given, int | np.integer) or given < 1:
        raise ValueError(f"`{name}` is {given!r:.60}; expected a whole number of at least 1.")


@dataclass(frozen=True, slots=True)
class AttributionProgress:
    """The progress of an attribution.

    Attributes:
        method: The method at work.
        done: Passes over the batch, points or patches that are done.
        total: All of them.
        batch: The number of the batch, from 0.
    """

    method: str
    done: int
    total: int
    batch: int


def progress_function(
    progress: Callable[[AttributionProgress], None] | bool | None,
) -> Callable[[AttributionProgress], None]:
    """Return the function to call: the user's own, one that does nothing (False), or a line (True, and None in a terminal)."""
    if callable(progress):
        return progress
    if progress is False or (progress is None and not sys.stderr.isatty()):
        return lambda now: None
    return print_progress


def print_progress(now: AttributionProgress) -> None:
    """Print one line on the error stream that overwrites itself and stays at the end of a method."""
    line = f"batch {now.batch + 1}: {now.method}, {now.done:,} of {now.total:,}"
    print(f"\r{line:72}", end="\n" if now.done >= now.total else "", file=sys.stderr, flush=True)
