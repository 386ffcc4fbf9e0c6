"""Kept examples stay within their bound of memory, and those of lists are there."""

import numpy as np

from kfx.values.evaluation.kept import KeptExample, KeptExamples


def offer(kept, start, scores, size):
    numbers = np.arange(start, start + len(scores))
    kept.offer("worst", scores, numbers, 4)
    for cell in range(3):
        here = numbers % 3 == cell
        kept.offer((cell, 0), scores[here], numbers[here])
    inputs = {"x": np.zeros(size, "uint8")}
    kept.settle(numbers, lambda place: KeptExample(int(numbers[place]), 0, 0, 1.0, float(scores[place]), inputs))


def test_only_examples_of_lists_are_held():
    kept, scores = KeptExamples(), np.random.default_rng(0).normal(size=600)
    for start in range(0, 600, 50):
        offer(kept, start, scores[start : start + 50], 10)
    order = np.argsort(-scores, kind="stable")
    wanted = set(order[:4].tolist())
    for cell in range(3):
        wanted |= set(order[order % 3 == cell][:12].tolist())
    assert set(kept.rows) == wanted
    assert [one.number for one in kept.listed("worst")] == order[:4].tolist()
    assert [one.number for one in kept.listed((1, 0))] == order[order % 3 == 1][:12].tolist()
    assert kept.listed((9, 9)) == []


def test_lists_of_cells_become_shorter_where_memory_is_short():
    kept, scores = KeptExamples(most_bytes=12_000), np.random.default_rng(0).normal(size=600)
    for start in range(0, 600, 50):
        offer(kept, start, scores[start : start + 50], 1000)
    assert sum(row.nbytes for row in kept.rows.values()) <= 12_000
    assert kept.cell < 12
    assert len(kept.listed("worst")) == 4
