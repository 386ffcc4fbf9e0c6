"""A run as numbers, as pictures and as words: against what was put in, and the same on every run."""

import base64
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from kfx.training.journal.facts import STATISTICS, Layer, Plan
from kfx.training.journal.journal import Journal
from kfx.views.training.curves import charts, rate_changes, rate_word, reach, smoothed, span, ticks, value_word
from kfx.views.training.curves_svg import chart_svg
from kfx.views.training.data import run_state
from kfx.views.training.html import begun_html, run_html, runs_html
from kfx.views.training.panels.base import Now
from kfx.views.training.panels.controls import ControlsPanel
from kfx.views.training.panels.curves import CurvesPanel
from kfx.views.training.panels.layers import STRIP, LayersPanel
from kfx.views.training.panels.progress import ProgressPanel, duration
from kfx.views.training.panels.registry import panels_of, run_text
from kfx.views.training.text import runs_text

LAYERS = (Layer("body", "LSTM", True, "seq"), Layer("drop", "Dropout", False, "norm"), Layer("head", "Dense", True, "dense"))


def run(epochs=6, steps=40, *, state="done", layers=True, name="tickets"):
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


@pytest.fixture
def journal():
    return run()


# ---------------------------------------------------------------------------------------------------- numbers


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


def test_before_the_first_epoch_of_unknown_length_steps_are_counted():
    journal = Journal(plan=Plan(epochs=5))
    journal.batches.widen(["loss", "seconds"])
    for n in range(1, 31):
        journal.steps = n
        journal.batches.add(n, [1.0, 0.0])
    assert CurvesPanel().data(journal, Now())["unit"] == "step"
    assert reach(journal) == (0.0, 30.0)
    assert charts(journal)[0].batches.x[-1] == 30


def test_the_axis_reaches_to_the_plan_while_it_runs_and_to_the_end_when_it_stopped():
    assert reach(run(epochs=2, state="running"))[1] == 2
    stopped = run(epochs=2, state="stopped")
    stopped.plan = Plan(epochs=50, steps=40)
    assert reach(stopped) == (0.0, 2.0)


@pytest.mark.parametrize(("epochs", "end"), [(1, 10), (5, 10), (6, 20), (10, 20), (11, 40), (40, 80), (60, 100), (100, 100)])
def test_a_run_that_has_hardly_begun_is_not_a_stroke_at_the_edge_of_a_long_plan(epochs, end):
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


def test_one_spike_does_not_squeeze_the_rest():
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


def test_the_bytes_hold_exactly_the_lines(journal):
    data = CurvesPanel().data(journal, Now())
    numbers = np.frombuffer(data["lines"], "<f4")
    assert len(numbers) == sum(4 * n + 2 * m + 2 * k for n, m, k in (chart["sizes"] for chart in data["charts"]))
    loss = charts(journal)[0]
    np.testing.assert_array_equal(numbers[:240], loss.batches.x)
    np.testing.assert_array_equal(numbers[4 * 240 + 2 * 6 : 4 * 240 + 4 * 6].reshape(2, 6)[1], loss.val.y)
    assert data["reach"] == [0.0, 6.0]


# ---------------------------------------------------------------------------------------------------- pictures


def test_a_panel_is_an_svg_with_its_lines_its_ring_and_its_words(journal):
    svg = chart_svg(charts(journal)[0], reach(journal), rate_changes(journal))
    root = ElementTree.fromstring(svg)
    words = "".join(root.itertext())
    assert "loss" in words
    assert "rate 3e-4" in words
    assert "1.4 val" in words
    circles = root.findall(".//{http://www.w3.org/2000/svg}circle")
    assert len(circles) == 6
    assert [circle.get("r") for circle in circles].count("4") == 1, "the best epoch is ringed"


def test_points_are_drawn_where_the_axis_says(journal):
    svg = chart_svg(charts(journal)[0], reach(journal), [])
    xs = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', svg)]
    np.testing.assert_allclose(np.diff(xs), 200 / 6, atol=0.11)


def test_the_static_face_is_the_same_on_every_run(golden):
    html = run_html(run())
    golden("run.html", re.sub(r"base64,[\w+/=]+", "base64,…", html))
    assert html == run_html(run())
    assert run_text(run()) in re.sub(r"<[^>]+>", "", html).replace("&#x27;", "'")


def test_the_static_face_survives_a_sanitizer(journal):
    html = run_html(journal)
    assert not re.search(r"<(svg|script|style|iframe|object)\b", html)
    assert not re.search(r"\b(id|data-\w+|onload|onerror)=", html)
    assert html.count('class="kfx-pic"') == 2
    for data in re.findall(r"base64,([\w+/=]+)", html):
        ElementTree.fromstring(base64.b64decode(data))


def test_a_hostile_name_stays_text_in_every_face(hostile_name):
    journal = run(epochs=1, steps=10, name=hostile_name)
    journal.watch([Layer(hostile_name, "Dense", True)], 5)
    journal.statistics.add(5, [0.1] * len(STATISTICS))
    journal.epochs.widen([f"val_{hostile_name}", hostile_name])
    journal.finding = f"'{hostile_name}' is the first layer"
    html = run_html(journal) + runs_html([journal]) + begun_html(hostile_name, 3)
    assert not re.search(r"<(script|img src|img onerror)", html)
    for data in re.findall(r"base64,([\w+/=]+)", html):
        ElementTree.fromstring(base64.b64decode(data))
    assert len(run_text(journal).splitlines()) == 2
    shown = panels_of(journal, ["controls", "progress", "curves", "layers"])
    for part in (run_state(journal, shown), *(panel.data(journal, Now()) for panel in shown)):
        assert "\u202e" not in str(part)


def test_several_runs_lie_over_each_other_with_a_row_each():
    html = runs_html([run(), run(epochs=3, name="other")])
    assert html.count("<img") == 2
    assert html.count("<tr>") == 3
    svg = base64.b64decode(re.search(r"base64,([\w+/=]+)", html)[1]).decode()
    assert svg.count("stroke-width:1.5") == 2


def test_runs_laid_over_each_other_say_whether_it_is_validation():
    trained = Journal(name="only trained", plan=Plan(epochs=2, steps=1, optimizer="Adam"), state="done")
    trained.epochs.widen(["loss", "seconds"])
    for n, loss in enumerate([2.0, 1.0], 1):
        trained.steps = trained.epoch = n
        trained.epochs.add(n, [n, loss, n])
    shown = [run(), run()], [trained, trained], [trained, run()]
    titles = [re.findall(r'alt="([^"]*)"', runs_html(list(runs)))[0] for runs in shown]
    assert titles == ["loss, validation", "loss", "loss, validation where there is one"]


def test_what_announces_a_run_shows_nothing_where_styles_are_stripped(hostile_name):
    said = ElementTree.fromstring(begun_html('a "b" & <c>', 3))
    assert said.get("title") == 'Training a "b" & <c>: 3 epochs planned.'
    assert "".join(said.itertext()) == ""
    assert "".join(ElementTree.fromstring(begun_html(hostile_name, 0)).itertext()) == ""


# ---------------------------------------------------------------------------------------------------- words


def test_one_line_says_how_it_ended():
    expected = "fit 'tickets': done, 6 epochs, loss 0.18, val_loss 1.4, accuracy 0.91 (best 1.1 at epoch 4)"
    assert run_text(run()) == expected
    assert runs_text([run(), run()]) == f"0  {expected}\n1  {expected}"


def test_a_run_that_ended_early_says_what_it_has():
    journal = Journal(name="m", state="interrupted")
    assert run_text(journal) == "fit 'm': interrupted, 0 epochs"
    journal.steps = 1
    assert run_text(journal) == "fit 'm': interrupted, 1 step"
    journal.finding = "'dense' (Dense) is the first layer whose output is not finite."
    assert run_text(journal).splitlines()[1] == journal.finding


def test_a_finished_run_shows_no_time():
    slow, fast = run(), run()
    slow.seconds, slow.cost = 12345.6, 0.5
    assert run_text(slow) == run_text(fast)
    assert run_html(slow) == run_html(fast)


def test_the_status_says_where_how_fast_and_how_long(journal):
    journal.state, journal.plan, journal.step = "running", Plan(epochs=12, steps=40), 0
    journal.epoch, journal.step, journal.steps = 7, 10, 250
    progress = ProgressPanel()
    data = progress.data(journal, Now(speed=41.3))
    assert data.pop("status") == [
        "epoch 7 of 12 · step 10 of 40",
        "41 steps/s",
        "3 s left",  # 5.75 epochs of 0.4 s
        "best epoch 4, validation loss 1.10",
    ]
    assert data == {"first": 0, "epochs": 12, "done": 6, "share": 0.25}
    assert progress.data(journal, Now(phase="paused"))["status"][1] == "paused"
    assert "validating, step 3" in progress.data(journal, Now(phase="validating", tested=3))["status"][0]


@pytest.mark.parametrize(("seconds", "word"), [(0.2, "1 s"), (59, "59 s"), (125, "2 min 5 s"), (12_000, "3 h 20 min")])
def test_durations_are_words(seconds, word):
    assert duration(seconds) == word


def test_a_schedule_says_what_the_slider_overrides(journal):
    assert ControlsPanel().data(journal, Now(schedule="CosineDecay"))["schedule"] == "CosineDecay decides it; setting overrides"
    said = ControlsPanel().data(journal, Now(schedule="CosineDecay", overridden=True))["schedule"]
    assert said == "CosineDecay is overridden until this fit ends"


def test_many_epochs_are_counted_in_thousands(journal):
    journal.state, journal.plan, journal.epoch, journal.step = "running", Plan(epochs=100_000, steps=40), 1234, 0
    assert ProgressPanel().data(journal, Now())["status"][0] == "epoch 1,234 of 100,000"


def test_controls_are_absent_when_the_run_is_over(journal):
    assert ControlsPanel().data(journal, Now())["shown"] is False
    journal.state = "running"
    assert ControlsPanel().data(journal, Now())["shown"] is True


def test_the_monitor_says_what_it_costs(journal):
    assert run_state(journal, [])["cost"] == "monitor every 10 steps; watching costs 2.1 % of the run"


# ---------------------------------------------------------------------------------------------------- layers


def test_layers_with_weights_have_a_row_each_with_a_word_where_something_is_wrong(journal):
    data = LayersPanel().data(journal, Now())
    body, head = data["rows"]
    assert (body["key"], body["family"], body["remark"]) == ("body", "seq", "hardly moves")
    assert (head["key"], head["gradient"], head["update"], head["remark"]) == ("head", "0.10", "0.003", "")
    assert head["place"] == pytest.approx((np.log10(3e-3) + 5) / 4, abs=1e-3)
    assert data["title"] == "Gradient norm"


def test_strips_share_one_logarithmic_scale(journal):
    body, head = LayersPanel().data(journal, Now())["rows"]
    assert len(body["strip"]) <= STRIP
    assert set(head["strip"]) == {"6"}, "the greatest gradient of all"
    assert body["strip"][0] == "0"
    assert sorted(body["strip"]) == list(body["strip"])


def test_without_gradients_the_updates_are_shown():
    journal = run(layers=False)
    journal.watch([LAYERS[2]], 10)
    journal.statistics.add(10, [np.nan, 1.0, 1e-3, 0, 1, 0, 0])
    assert LayersPanel().data(journal, Now())["title"] == "Update ÷ weight"


def test_without_a_monitor_there_are_no_rows():
    assert LayersPanel().data(run(layers=False), Now()) == {}


def test_a_thousand_layers_stay_small():
    journal = run(layers=False)
    journal.watch([Layer(f"layer_{i}", "Dense", True) for i in range(1000)], 10)
    for n in range(200):
        journal.statistics.add(n, [0.1] * 7000)
    data = LayersPanel().data(journal, Now())
    assert len(data["rows"]) == 400
    assert data["left"] == 600
    assert len(str(data)) < 200_000
    assert journal.statistics.nbytes < 5_000_000
