"""The exercises of tutorial 13, a transformer from inside."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import attempt, same, values_at, whole_number
from kfx.exercises.sentences import Sentences

words = Sentences("13")

_ONE = 64 * 64 + 64  # a projection of 64 numbers to 64, with its biases
_PARAMETERS = {
    4 * _ONE: "parameters.right",
    3 * _ONE: "parameters.one_is_missing",
    4 * 64 * 64: "parameters.without_biases",
    _ONE: "parameters.one_of_four",
    **dict.fromkeys((4 * 64 * 16, 3 * (64 * 16 + 16) + 16 * 64 + 64), "parameters.of_one_head"),
    8 * _ONE: "parameters.of_both_blocks",
}
_BEFORE, _WRITTEN, _AFTER = "block_1", "attention_2", "block_2"
_TOLD = [  # tokens, and what followed the last time
    ([5, 3, 8, 5, 3], 8),
    ([1, 2, 1, 3, 1], 3),
    ([7, 7], 7),
    ([4, 9, 0, 2, 9], 0),
    ([0, 6, 0], 6),
]
_NEW = ([1, 2, 3], [4], [6, 6, 1])


def parameters(answer: object) -> Iterator[Verdict]:
    """Check the number of parameters of MultiHeadAttention(4, 16) on 64 features."""
    number = yield from whole_number(answer)
    yield words.verdict(_PARAMETERS.get(number, "parameters.not_yet"))


def written(answer: object) -> Iterator[Verdict]:
    """Check ``kfx.extract(copier, texts[:5], ["block_1", "attention_2", "block_2"])``."""
    values = yield from values_at(answer, [_BEFORE, _WRITTEN, _AFTER])
    shape = values[_WRITTEN].shape
    yield from words.require(shape == (5, 23, 64), "written.other_shape", shape=shape)
    adds_up = same(values[_BEFORE] + values[_WRITTEN], values[_AFTER])
    yield from words.require(adds_up, "written.does_not_add_up")
    yield words.verdict("written.right")


def followed(answer: object) -> Iterator[Verdict]:
    """Check a function that returns what followed the last earlier place of the last token."""
    is_function = callable(answer) and not isinstance(answer, type)
    yield from words.require_kind(answer, is_function, "followed")
    assert callable(answer)
    with attempt() as failures:
        found = [answer(list(tokens)) for tokens, _ in _TOLD]
        new = [answer(list(tokens)) for tokens in _NEW]
    yield from failures
    pairs = list(zip(found, [right for _, right in _TOLD], strict=True))
    yield from words.require(not all(one is None for one in found), "followed.nothing_returned")
    takes_first = _is(found[0], 8) and _is(found[1], 2)
    yield from words.require(not takes_first, "followed.the_first_place")
    bad = next((n for n, (one, right) in enumerate(pairs) if not _is(one, right)), None)
    shown = str(_TOLD[bad or 0][0])
    yield from words.require(bad is None, "followed.another_token", tokens=shown, said=repr(found[bad or 0])[:40])
    odd = next((n for n, one in enumerate(new) if one is not None), None)
    yield from words.require(odd is None, "followed.not_none", tokens=str(_NEW[odd or 0]), said=repr(new[odd or 0])[:40])
    yield words.verdict("followed.right")


def _is(found: object, right: int) -> bool:
    return isinstance(found, int | np.integer) and not isinstance(found, bool) and int(found) == right


CHECKS = {"13.1": parameters, "13.2": written, "13.3": followed}
