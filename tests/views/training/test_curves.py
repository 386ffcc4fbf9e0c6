"""The curves of a run as numbers: lines, axes, round numbers and short words."""

import numpy as np
import pytest

from kfx.training.journal.facts import Broke, Plan, Rewind
from kfx.training.journal.journal import Journal
from kfx.views.training.curves import (
    abandoned,
    broke_at,
    charts,
    rate_changes,
    rate_word,
    reach,
    smoothed,
    span,
    tick_words,
    ticks,
    value_word,
)


def test_there_is_a_chart_a_log_with_its_lines(journal):
    loss, accuracy = charts(journal)
    assert (loss.name, accuracy.name) == ("loss", "accuracy")
    np.testing.assert_allclose(loss.val.y, [2.0, 1.5, 1.2, 1.1, 1.3, 1.4], rtol=1e-6)
    np.testing.assert_allclose(loss.val.x, [1, 2, 3, 4, 5, 6])
    assert len(loss.batches) == 240
    np.testing.assert_allclose(loss.batches.x[[0, 39, 239]], [1 / 40, 1, 6], rtol=1e-6)
    assert len(accuracy.val) == 0


def test_the_best_point_is_the_least_loss_and_the_greatest_accuracy(journal):
    loss, accuracy = charts(journal)
    assert (loss.best, accuracy.best) == (3, 5)


def test_no_line_is_longer_than_it_can_be_drawn():
    journal = Journal(plan=Plan(epochs=2000, steps=1))
    journal.epochs.widen(["loss"])
    for n in range(1, 2001):
        journal.steps = n
        journal.epochs.add(n, [n, 1 / n if n != 777 else 99.0])
    (panel,) = charts(journal)
    assert len(panel.train) <= 512
    assert panel.train.high.max() == 99.0
    assert panel.train.low.min() == np.float32(1 / 2000)
    assert panel.train.x[-1] == 2000


def test_the_axis_reaches_to_the_plan_while_it_runs_and_to_the_end_when_it_stopped(run):
    assert reach(run(epochs=2, state="running"))[1] == 2
    stopped = run(epochs=2, state="stopped")
    stopped.plan = Plan(epochs=50, steps=40)
    assert reach(stopped) == (0.0, 2.0)


@pytest.mark.parametrize(("epochs", "end"), [(1, 10), (5, 10), (6, 20), (10, 20), (11, 40), (40, 80), (60, 100), (100, 100)])
def test_a_run_that_has_hardly_begun_is_not_a_stroke_at_the_edge_of_a_long_plan(epochs, end, run):
    early = run(epochs=epochs, state="running")
    early.plan = Plan(epochs=100, steps=40)
    assert reach(early) == (0.0, end)
    early.plan = Plan(epochs=3, steps=40)
    assert reach(early) == (0.0, max(epochs, 3))


def test_changes_of_the_rate_are_drawn_where_they_happened(journal):
    assert rate_changes(journal) == [(pytest.approx(2.125), "rate 3e-4")]


def test_smoothing_is_an_exponential_mean_with_its_start_corrected():
    np.testing.assert_allclose(smoothed(np.array([4.0, 4.0, np.nan, 4.0]), 0.9), 4.0)
    np.testing.assert_allclose(smoothed(np.array([1.0, 3.0]), 0.5), [1.0, (0.25 * 1 + 0.5 * 3) / 0.75])


def test_one_spike_does_not_squeeze_the_rest(run):
    journal = run(epochs=1)
    journal.batches.add(41, [1e9, 0.0, 0.0])
    journal.steps = 41
    low, high = span(charts(journal)[0])
    assert high < 1e8 or low == 0


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0.3, 2.9), (-5, 5), (1e-6, 3e-6), (0, 123456)])
def test_ticks_are_round_and_within(low, high):
    found = ticks(low, high)
    assert 2 <= len(found) <= 6
    assert low - 1e-12 <= found[0]
    assert found[-1] <= high * (1 + 1e-9)
    steps = np.diff(found)
    np.testing.assert_allclose(steps, steps[0])
    assert float(f"{steps[0]:.0e}") == pytest.approx(steps[0])


@pytest.mark.parametrize(
    ("value", "word"),
    [(0.4721, "0.472"), (12.34, "12.3"), (4210.7, "4,211"), (3.14e-5, "3.1e−5"), (0.0, "0.00"), (-1.5, "−1.50"), (1.0, "1.00")],
)
def test_values_are_short(value, word):
    assert value_word(value) == word


def test_a_value_is_rounded_before_its_digits_are_counted():
    words = [value_word(value, digits) for value, digits in [(0.0098, 1), (0.98, 1), (0.999, 2), (0.00096, 1), (999.96, 3)]]
    assert words == ["0.01", "1", "1.0", "0.001", "1,000"]


def test_values_that_are_not_finite_have_a_word():
    assert [value_word(v) for v in (None, float("nan"), float("inf"), float("-inf"))] == ["?", "?", "∞", "−∞"]


@pytest.mark.parametrize(("rate", "word"), [(1e-3, "1e-3"), (2.5e-4, "2.5e-4"), (0.05, "0.05"), (1.0, "1"), (None, "?")])
def test_rates_are_short(rate, word):
    assert rate_word(rate) == word


def test_what_a_rewind_gave_up_reaches_from_its_checkpoint_to_itself(journal):
    journal.rewinds += [Rewind(100, 3, 1, 0, 40), Rewind(40, 1, 1, 0, 40)]
    (part,) = abandoned(journal)  # the second gave up nothing
    assert (part.low, part.high) == (1.0, 2.5)


def test_the_end_of_finite_values_has_a_place_and_words(journal):
    assert broke_at(journal) is None
    journal.broke = Broke(100, 3, 20)
    assert broke_at(journal) == (2.5, "not finite at epoch 3, step 20")
    journal.broke = Broke(120, 3, 0)
    assert broke_at(journal) == (3.0, "not finite at epoch 3"), "of a validation"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0, 0.5, 1], ["0", "0.5", "1"]),
        ([2.3101, 2.3102], ["2.3101", "2.3102"]),
        ([1.00001e19, 1.00002e19], ["1.00001e+19", "1.00002e+19"]),
        ([5, 5], ["5", "5"]),
    ],
)
def test_no_two_ticks_are_written_alike(values, words):
    assert tick_words(values) == words
