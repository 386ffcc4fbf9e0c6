"""Counts of confusions, dense and of very many classes, against NumPy."""

import numpy as np
import pytest

from kfx.values.evaluation import confusion
from kfx.values.evaluation.confusion import Confusion


def counted(true, predicted, classes):
    found = np.zeros((classes, classes), "int64")
    np.add.at(found, (true, predicted), 1)
    return found


@pytest.mark.parametrize("dense", [True, False])
def test_batches_add_up_to_the_matrix_of_all(monkeypatch, dense):
    monkeypatch.setattr(confusion, "DENSE", 1000 if dense else 5)
    rng = np.random.default_rng(1)
    true, predicted = rng.integers(0, 12, 900), rng.integers(0, 12, 900)
    found = Confusion(12)
    for start in range(0, 900, 64):
        found.add(true[start : start + 64], predicted[start : start + 64])
    matrix = counted(true, predicted, 12)
    assert np.array_equal(found.matrix(np.arange(12)), matrix)
    assert np.array_equal(found.matrix(np.array([3, 1])), matrix[np.ix_([3, 1], [3, 1])])
    assert np.array_equal(found.right, np.diag(matrix))
    assert found.total == 900
    wrong = [(i, j, matrix[i, j]) for i in range(12) for j in range(12) if i != j and matrix[i, j]]
    assert found.pairs() == sorted(wrong, key=lambda one: (-one[2], one[0], one[1]))
    off = matrix.sum(0) + matrix.sum(1) - 2 * np.diag(matrix)
    assert found.most_confused(4).tolist() == sorted(np.argsort(-off, kind="stable")[:4])
    overlap = np.diag(matrix) / (matrix.sum(0) + matrix.sum(1) - np.diag(matrix))
    assert np.allclose(found.overlap(), overlap)


def test_a_matrix_of_very_many_classes_is_refused_and_its_pairs_are_there():
    found = Confusion(50_000)
    found.add(np.array([0, 49_999, 49_999]), np.array([1, 2, 2]))
    assert found.pairs() == [(49_999, 2, 2), (0, 1, 1)]
    with pytest.raises(ValueError, match="A matrix of 50,000 classes is too large"):
        found.matrix()


def test_rare_pairs_beyond_the_bound_are_said_to_be_left_out(monkeypatch):
    monkeypatch.setattr(confusion, "MOST_PAIRS", 10)
    found = Confusion(2000)
    found.add(np.zeros(30, "int64"), np.arange(30) % 20)
    assert found.left_out == 10
    assert found.total == 30
    assert len(found.pairs()) <= 10


def test_a_class_that_does_not_occur_has_no_overlap():
    found = Confusion(3)
    found.add(np.array([0, 0]), np.array([0, 1]))
    assert found.overlap()[:2].tolist() == [0.5, 0.0]
    assert np.isnan(found.overlap()[2])
