"""The exercises of tutorial 14, why did the model say that."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import attempt, whole_number
from kfx.exercises.sentences import Sentences

words = Sentences("14")

_SHARES = {
    10: "share.right",
    14: "share.without_baseline",
    4: "share.all_positive",
    8: "share.both",
    22: "share.the_others",
    32: "share.the_whole",
}
_SLOPES = [  # a slope, where the way begins and ends, and what is gained on it
    (lambda x: 2 * x, 1.0, 3.0, 8.0),
    (lambda x: 3 * x**2, 0.0, 2.0, 8.0),
    (lambda x: 1 / x, 1.0, math.e, 1.0),
    (math.cos, 0.0, 2.0, math.sin(2.0)),
    (lambda x: 2 * x, 3.0, 1.0, -8.0),
]


def share(answer: object) -> Iterator[Verdict]:
    """Check the share that completeness leaves for the last of four columns."""
    number = yield from whole_number(answer)
    yield words.verdict(_SHARES.get(number, "share.not_yet"))


def path(answer: object) -> Iterator[Verdict]:
    """Check a function of a slope, a baseline and a value that returns integrated gradients of one number."""
    is_function = callable(answer) and not isinstance(answer, type)
    yield from words.require_kind(answer, is_function, "path")
    assert callable(answer)
    with attempt() as failures:
        made = [answer(slope, start, end) for slope, start, end, _ in _SLOPES]
    yield from failures
    yield from words.require(not all(one is None for one in made), "path.nothing_returned")
    odd = next((one for one in made if not _is_number(one)), None)
    yield from words.require(odd is None, "path.no_number", name=type(odd).__name__[:60])
    found = [float(np.asarray(one).item()) for one in made]
    right = [gained for *_, gained in _SLOPES]
    at_end = [(end - start) * slope(end) for slope, start, end, _ in _SLOPES]
    means = [gained / (end - start) for _, start, end, gained in _SLOPES]
    yield from words.require(not _near(found, at_end), "path.only_at_the_end")
    yield from words.require(not _near(found, means), "path.only_the_mean")
    yield from words.require(not _near(found, [-one for one in right]), "path.other_way")
    yield from words.require(_near(found[:1], right[:1]), "path.not_yet", said=f"{found[0]:.4g}")
    yield from words.require(_near(found, right), "path.other_slopes")
    yield words.verdict("path.right")


def _is_number(found: object) -> bool:
    array = np.asarray(found, dtype=object)
    if array.size != 1 or isinstance(array.item(), bool | str | bytes | None):
        return False
    try:
        return math.isfinite(float(array.item()))
    except (TypeError, ValueError):
        return False


def _near(found: list[float], wanted: list[float]) -> bool:
    """Return whether each number is right but for 3 %: 100 points, wherever they lie in their pieces, come that close."""
    return all(abs(a - b) <= 0.03 * abs(b) for a, b in zip(found, wanted, strict=True))


def covered(answer: object) -> Iterator[Verdict]:
    """Check ``kfx.attribute(larger, first, method="occlusion", patch=7, stride=7)``."""
    from kfx.views.attribution.view import Attribution

    yield from words.require_kind(answer, isinstance(answer, Attribution), "covered")
    assert isinstance(answer, Attribution)
    listed = ", ".join(answer)
    yield from words.require("occlusion" in answer, "covered.another_method", listed=listed)
    yield from words.require(len(answer) == 1, "covered.more_methods", listed=listed)
    maps, small = answer["occlusion"], answer.coarse["occlusion"]
    both = isinstance(maps, dict) and set(maps) == {"left", "right"}
    yield from words.require(both, "covered.other_inputs")
    count = len(maps["left"])
    yield from words.require(count == 1, "covered.several", count=count)
    right_size = all(one.shape == (1, 28, 28) for one in maps.values())
    yield from words.require(right_size, "covered.other_inputs")
    rows = small["left"].shape[1:]
    yield from words.require(rows == (4, 4), "covered.other_squares", size=" × ".join(map(str, rows)))
    yield words.verdict("covered.right")


CHECKS = {"14.1": share, "14.2": path, "14.3": covered}
