"""What an output is evaluated as, from losses and values."""

import keras
import numpy as np
import pytest

from kfx.values.evaluation.tasks import Task, loss_name, says_logits, task_of

L = keras.losses
rng = np.random.default_rng(0)
SOFT = np.full((4, 3), 1 / 3, "float32")
ONEHOT = np.eye(3)[[0, 1, 2, 0]]
BITS = np.array([[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]])
CASES = [
    (np.array([0, 1, 2, 0]), SOFT, "sparse_categorical_crossentropy", Task("classes", 0, 3)),
    (np.array([[0], [1], [2], [0]]), SOFT, None, Task("classes", 0, 3)),
    (ONEHOT, SOFT, "categorical_crossentropy", Task("classes", 0, 3, onehot=True)),
    (ONEHOT, SOFT, L.CategoricalFocalCrossentropy(), Task("classes", 0, 3, onehot=True)),
    (ONEHOT, SOFT, None, Task("classes", 0, 3, onehot=True)),
    (ONEHOT[:, 0], SOFT[:, :1], "binary_crossentropy", Task("classes", 0, 2, single=True)),
    (ONEHOT[:, 0], SOFT[:, :1], L.BinaryCrossentropy(from_logits=True), Task("classes", 0, 2, single=True, logits=True)),
    (BITS, SOFT, "binary_crossentropy", Task("labels", 0, 3)),
    (BITS, SOFT * 9, L.BinaryFocalCrossentropy(from_logits=True), Task("labels", 0, 3, logits=True)),
    (np.array([0, 1, 2, 0]), SOFT - 5, L.SparseCategoricalCrossentropy(from_logits=True), Task("classes", 0, 3, logits=True)),
    (rng.normal(size=(4, 1)), rng.normal(size=(4, 1)), "mse", Task("values", 0, 1)),
    (rng.normal(size=(4,)), rng.normal(size=(4, 1)), L.Huber(), Task("values", 0, 1)),
    (ONEHOT, SOFT, "mean_squared_error", Task("values", 0, 3)),
    (rng.normal(size=(4, 2)), rng.normal(size=(4, 2)), None, Task("values", 0, 2)),
    (np.zeros((4, 5), "int32"), np.full((4, 5, 3), 1 / 3), "sparse_categorical_crossentropy", Task("classes", 1, 3)),
    (np.zeros((4, 6, 6, 1), "uint8"), np.full((4, 6, 6, 2), 0.5), None, Task("classes", 2, 2)),
    (np.zeros((4, 6, 6, 1)), np.full((4, 6, 6, 1), 0.5), "binary_crossentropy", Task("classes", 2, 2, single=True)),
    (np.zeros((4, 6, 6, 1)), np.full((4, 6, 6, 1), 0.5), L.Dice(), Task("classes", 2, 2, single=True)),
]


@pytest.mark.parametrize(("truth", "predicted", "loss", "task"), CASES)
def test_the_task_follows_from_loss_and_shapes(truth, predicted, loss, task):
    assert task_of(truth, predicted, loss) == task


def test_a_function_without_a_telling_name_is_decided_by_the_values():
    def own(y, p):
        return 0.0

    assert task_of(np.array([0, 1, 2, 0]), SOFT, own).kind == "classes"
    assert task_of(rng.normal(size=(4, 3)), SOFT, own).kind == "values"


def test_the_user_decides():
    assert task_of(BITS, SOFT, "mse", "labels").kind == "labels"
    assert task_of(ONEHOT[:, 0], SOFT[:, 0], None, "values").kind == "values"


def test_shapes_that_cannot_be_compared_are_said():
    with pytest.raises(ValueError, match=r"The labels have shape \(4, 7\) and the output \(4, 3\)"):
        task_of(np.zeros((4, 7)), SOFT, "mse")


def test_names_and_logits_of_losses():
    assert loss_name(L.SparseCategoricalCrossentropy()) == "sparse_categorical_crossentropy"
    assert loss_name(L.binary_crossentropy) == "binary_crossentropy"
    assert loss_name(None) == ""
    assert says_logits("mse") is False
    assert says_logits(L.CategoricalCrossentropy(from_logits=True)) is True
    assert says_logits(lambda y, p: 0) is None
