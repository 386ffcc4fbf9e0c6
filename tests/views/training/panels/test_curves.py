"""The charts of a run as the script gets them."""

import numpy as np

from kfx.training.journal.facts import Plan
from kfx.training.journal.journal import Journal
from kfx.views.training.curves import charts, reach
from kfx.views.training.panels.base import Now
from kfx.views.training.panels.curves import CurvesPanel


def test_the_bytes_hold_exactly_the_lines(journal):
    data = CurvesPanel().data(journal, Now())
    numbers = np.frombuffer(data["lines"], "<f4")
    assert len(numbers) == sum(4 * n + 2 * m + 2 * k for n, m, k in (chart["sizes"] for chart in data["charts"]))
    loss = charts(journal)[0]
    np.testing.assert_array_equal(numbers[:240], loss.batches.x)
    np.testing.assert_array_equal(numbers[4 * 240 + 2 * 6 : 4 * 240 + 4 * 6].reshape(2, 6)[1], loss.val.y)
    assert data["reach"] == [0.0, 6.0]


def test_before_the_first_epoch_of_unknown_length_steps_are_counted():
    journal = Journal(plan=Plan(epochs=5))
    journal.batches.widen(["loss", "seconds"])
    for n in range(1, 31):
        journal.steps = n
        journal.batches.add(n, [1.0, 0.0])
    assert CurvesPanel().data(journal, Now())["unit"] == "step"
    assert reach(journal) == (0.0, 30.0)
    assert charts(journal)[0].batches.x[-1] == 30
