"""A run with known curves, and a fixture that makes more of them."""

import numpy as np
import pytest

from kfx.training.journal.facts import Layer, Plan
from kfx.training.journal.journal import Journal

LAYERS = (Layer("body", "LSTM", True, "seq"), Layer("drop", "Dropout", False, "norm"), Layer("head", "Dense", True, "dense"))


def recorded(epochs=6, steps=40, *, state="done", layers=True, name="tickets"):
    """A run whose loss is 2·0.99ⁿ at step n, whose validation is 2.0, 1.5, 1.2, 1.1, 1.3, 1.4 and whose rate falls once."""
    rng = np.random.default_rng(0)
    journal = Journal(name=name, plan=Plan(epochs=epochs, steps=steps, facts=("batch 32",), optimizer="Adam"))
    journal.batches.widen(["loss", "accuracy", "seconds"])
    journal.epochs.widen(["loss", "accuracy", "val_loss", "seconds"])
    journal.rates.add(0, [1e-3])
    if layers:
        journal.watch(LAYERS, 10)
    for n in range(1, epochs * steps + 1):
        journal.steps, journal.epoch, journal.step = n, (n - 1) // steps + 1, (n - 1) % steps + 1
        journal.batches.add(n, [2 * 0.99**n + 0.02 * rng.normal(), 1 - 0.99**n, n / 100])
        if n == 2 * steps + 5:
            journal.note("rate", "rate 1e-3 → 3e-4 taken up at epoch 3, step 5", 3e-4)
        if layers and n % 10 == 0:
            body, head = [1e-5 * n, 3.0, 6e-5, 0.1, 1.0, 0.5, 0.0], [0.1, 1.0, 3e-3, 0.0, 1.0, 0.0, 0.0]
            journal.statistics.add(n, [*body, *[np.nan] * 3, 0.1, 1.0, 0.5, 0.64, *head])
        if n % steps == 0:
            val = [2.0, 1.5, 1.2, 1.1, 1.3, 1.4][(n // steps - 1) % 6]
            journal.epochs.add(n, [n // steps, 2 * 0.99**n, 1 - 0.99**n, val, n / 100])
    journal.state, journal.cost = state, 0.021
    return journal


@pytest.fixture(name="run")
def make_run():
    """``run(epochs=6, ...)``: see `recorded`."""
    return recorded


@pytest.fixture
def journal():
    return recorded()
