"""Which steps are looked at, and what a look is allowed to cost."""

import itertools
import time

import numpy as np
import pytest

from kfx.training.callbacks import Monitoring
from kfx.training.journal.facts import STATISTICS, Layer
from kfx.training.journal.journal import Journal
from kfx.training.monitor.interval import Due, Growing, Interval, spread
from kfx.training.monitor.overhead import ALLOWED, REST, Overhead


def looks(interval, steps, each=1):
    return {after: interval.due(after - each, after) for after in range(each, steps + 1, each)}


def test_looks_one_two_three_five_nine_and_the_last_are_always_made():
    interval = Interval(10)
    interval.expect_end(117)
    found = looks(interval, 130)
    assert [step for step, due in found.items() if due is Due.SURELY] == [1, 11, 21, 41, 81, 117]
    assert [step for step, due in found.items() if due is Due.PERHAPS] == [31, 51, 61, 71, 91, 101, 111, 121]


@pytest.mark.parametrize(("each", "expected"), [(1, [1, 5, 9, 13]), (4, [4, 8, 12, 16]), (7, [7, 14])])
def test_several_steps_an_execution_hold_at_most_one_look(each, expected):
    assert [step for step, due in looks(Interval(4), 16, each).items() if due is not Due.NOT] == expected


def test_with_accumulated_gradients_the_last_look_is_where_weights_move():
    interval = Interval(5, first=3, group=3)
    interval.expect_end(20)
    assert interval.every == 6
    assert [step for step, due in looks(interval, 20).items() if due is not Due.NOT] == [3, 9, 15, 18]


@pytest.mark.parametrize("epochs", [1, 2, 7, 10, 41, 60])
@pytest.mark.parametrize("steps", [1, 6, 25, 100, 937, 20_000])
def test_a_run_has_twenty_to_sixty_looks_and_some_in_every_epoch(epochs, steps):
    interval, total, step, found = spread(epochs, steps), epochs * steps, 0, []
    interval.expect_end(total)
    while (step := interval.soonest(step)) <= total and step not in found:
        assert interval.due(step - 1, step) is not Due.NOT
        found.append(step)
    assert {(step - 1) // steps for step in found} == set(range(epochs))
    assert min(found) > 1 or total == 1 or steps == 1
    assert found[-1] == total
    if total > 20:
        assert 20 <= len(found) <= 60


def test_where_looks_cost_too_much_about_twenty_are_still_made():
    interval = spread(10, 100)
    found = looks(interval, 1000)
    assert 20 <= sum(due is Due.SURELY for due in found.values()) <= 30


@pytest.mark.parametrize("total", [100, 1000, 100_000])
def test_of_a_run_of_unknown_length_looks_are_made_at_growing_distances(total):
    found = [step for step, due in looks(Growing(), total).items() if due is not Due.NOT]
    assert found[:5] == [4, 5, 6, 7, 8]
    assert 15 <= len(found) <= 60
    assert max(b / a for a, b in itertools.pairwise(found)) <= 1.26


def test_what_it_costs_is_the_looks_the_steps_they_slow_the_reading_the_showing_and_the_checks():
    cost = Overhead()
    for _ in range(5):
        for _ in range(9):
            cost.plain(0.010)
        cost.looked(0.015)
        cost.read(0.001)
        cost.plain(0.012)  # the one after it
    cost.shown = 0.02
    expected = 5 * (0.005 + 0.001 + 0.002) + 0.02
    assert cost.share(1.0, 0) == pytest.approx(expected)
    assert cost.share(1.0, 1000) > cost.share(1.0, 0)
    assert cost.ready == pytest.approx(0.006), "the first one is told apart: it holds the tracing"


def test_after_a_look_that_took_long_the_next_one_rests():
    cost = Overhead()
    cost.plain(0.001)
    for took in (0.5, 0.001 + ALLOWED, 0.011):
        cost.looked(took)
        cost.plain(0.001)
    assert cost.resting
    cost = Overhead()
    cost.plain(0.001)
    for took in (0.5, 0.001 + 0.02 / REST):
        cost.looked(took)
        cost.plain(0.001)
    time.sleep(0.03)
    assert not cost.resting


def test_nothing_is_claimed_before_enough_was_measured():
    assert Overhead().share(10.0, 100) is None


def test_what_is_printed_is_of_the_newest_look_that_every_such_run_makes():
    journal = Journal()
    journal.watch([Layer("a", "Dense", True)], 50)
    sure, perhaps = [1.0] * len(STATISTICS), [2.0] * len(STATISTICS)
    journal.statistics.add(51, sure)
    np.testing.assert_array_equal(journal.settled("gradient"), [1.0], "without a word about it the newest one")
    journal.fixed, journal.fixed_step = sure, 51
    journal.statistics.add(151, perhaps)
    assert journal.now("gradient") == [2.0]
    assert journal.settled("gradient") == [1.0]


def test_what_the_views_take_is_part_of_what_watching_costs(make, data):
    class Slow:
        told = 0

        def began(self, session): ...

        def tick(self, session):
            self.told += 1
            time.sleep(0.02)

        def ended(self, session): ...

    class Shown(Monitoring):
        def join(self, session):
            super().join(session)
            session.watchers.append(slow)

    slow, monitored = Slow(), Shown(every=5)
    make().fit(*data, batch_size=16, epochs=4, verbose=0, callbacks=[monitored])
    journal = monitored.journal
    assert slow.told >= 4
    assert journal.cost * journal.seconds > slow.told * 0.02
