"""A panel of a user's own class: live, static, in words and in a saved run; what it shows is plain, bounded text."""

import re

import numpy as np
import pytest

import kfx
from kfx.training.journal.journal import Journal, Plan
from kfx.training.journal.panel import MOST_COLUMNS, MOST_LINES, MOST_ROWS, MOST_SERIES, POINTS, PanelRecord
from kfx.views.training.panels.base import Now
from kfx.views.training.panels.own import OwnPanel
from kfx.views.training.runs import Run


@pytest.fixture(scope="module")
def trained(keras):
    """A run of 2 epochs of 4 steps with a panel that shows a line, a table and two series."""

    class Gap(kfx.callbacks.Panel):
        title = "Generalisation gap"
        every = 2

        def __init__(self):  # without super().__init__(): it is easily forgotten
            self.seen = []

        def on_batch(self, run, logs):
            self.seen.append((run.journal.steps, sorted(logs)))
            return f"after step {run.journal.steps} of {run.model.name}"

        def on_epoch(self, run, logs):
            table = [{"epoch": run.journal.epoch, "layers": len(run.model.layers)}]
            return table, {"gap": logs["val_loss"] - logs["loss"], "epoch": run.journal.epoch}

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)], name="line")
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(40, 3))
    panel = Gap()
    history = kfx.fit(model, x, x.sum(axis=1), batch_size=5, epochs=2, validation_split=0.5, callbacks=[panel])
    return panel, history, kfx.runs[-1]


def test_hooks_are_called_at_steps_that_depend_on_no_clock(trained):
    panel, _, _ = trained
    assert panel.seen == [(step, ["loss"]) for step in (2, 4, 6, 8)]


def test_a_panels_series_hold_the_numbers_that_its_hook_returned(trained):
    panel, history, _ = trained
    rows, logs = panel.record.series.read(), history.history
    assert rows.steps.tolist() == [4, 8]
    np.testing.assert_array_equal(rows.mean[:, 0], np.subtract(logs["val_loss"], logs["loss"]))
    assert rows.mean[:, 1].tolist() == [1, 2]


def test_a_panel_appears_in_the_live_view(trained):
    panel, _, run = trained
    widget = run.widget
    assert ["own_0", "own"] in widget.state["panels"]
    data = widget.panel_own_0
    assert data["title"] == "Generalisation gap"
    assert data["text"] == ["after step 8 of line"]
    assert (data["heads"], data["rows"]) == (["epoch", "layers"], [["2", "1"]])
    assert [(chart["title"], chart["sizes"]) for chart in data["charts"]] == [("gap", [0, 2, 0]), ("epoch", [0, 2, 0])]
    x, y = np.frombuffer(data["lines"], "<f4")[:4].reshape(2, 2)
    assert x.tolist() == [1, 2]
    np.testing.assert_allclose(y, panel.record.series.read().mean[:, 0], rtol=1e-6)


def test_a_panel_appears_in_the_static_face_and_in_words(trained):
    _, _, run = trained
    html = run._html()
    for part in ("<b>Generalisation gap</b>", "after step 8 of line", "<th", 'alt="gap by epoch"'):
        assert part in html
    words = str(run).splitlines()
    assert words[0].startswith("fit 'line': done, 2 epochs")
    assert words[1:5] == ["Generalisation gap", "  after step 8 of line", "  epoch  layers", "  2      1"]
    assert [line.split()[0] for line in words[5:]] == ["gap", "epoch"]


def test_a_panel_appears_in_a_saved_run(trained, tmp_path):
    _, _, run = trained
    again = kfx.load_run(run.save(tmp_path / "run.npz"))
    assert str(again) == str(run)
    assert again._html() == run._html()
    assert again.widget.panel_own_0 == run.widget.panel_own_0


@pytest.fixture
def fit(keras):
    """``fit(panel, epochs=3)``: the History of a plain fit of a small model."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return lambda panel, **more: model.fit(np.zeros((4, 1)), np.zeros(4), verbose=0, callbacks=[panel], **more)


def test_a_panel_appears_after_a_plain_fit(fit, capsys):
    class Steps(kfx.callbacks.Panel):
        def on_epoch(self, run, logs):
            return [f"{run.journal.steps} steps", "no more"]

    fit(Steps())
    assert capsys.readouterr().out.splitlines()[1:] == ["Steps", "  1 steps", "  no more"]


def test_an_exception_in_a_hook_is_shown_and_training_goes_on(fit, caplog):
    class Broken(kfx.callbacks.Panel):
        calls = 0

        def on_epoch(self, run, logs):
            self.calls += 1
            raise KeyError("val_loss")

    panel = Broken()
    assert fit(panel, epochs=3).epoch == [0, 1, 2]
    assert panel.calls == 1
    assert panel.record.lines == ("on_epoch raised KeyError: 'val_loss'",)
    assert "The panel 'Broken' is not updated any more: on_epoch raised KeyError" in caplog.text


@pytest.mark.parametrize("content", [3, [3], [{"a": 1}, "b"], object()])
def test_what_cannot_be_shown_is_refused(content):
    with pytest.raises(TypeError, match="expected text, a list of texts"):
        PanelRecord("p").show(content, 1)


@pytest.mark.parametrize("value", ["many", None, [1], 1j, np.ones(3), 10**400])
def test_what_is_not_a_number_is_refused_by_its_name(value):
    with pytest.raises(TypeError, match="for 'gap'; expected a number"):
        PanelRecord("p").show({"gap": value}, 1)


@pytest.mark.parametrize("every", [0, -3, 1.5, "2", None, True])
def test_steps_between_two_calls_that_are_none_are_refused_before_training(fit, every):
    class Steps(kfx.callbacks.Panel):
        def on_batch(self, run, logs):
            return "seen"

    panel, before = Steps(), len(kfx.runs)
    panel.every = every
    with pytest.raises(ValueError, match=r"`every` is .*; expected a whole number of steps, at least 1"):
        fit(panel)
    assert len(kfx.runs) == before
    panel.every = 1
    fit(panel)
    assert (panel.record.lines, kfx.runs[-1].journal.state) == (("seen",), "done")


def test_rows_without_columns_are_no_table():
    record = PanelRecord("p")
    record.show([{}, {}], 1)
    assert record.rows == ()


def test_everything_is_bounded_in_size():
    record = PanelRecord("t" * 1000)
    record.show(["x" * 1000] * 1000, 1)
    record.show([{f"column {i}": "y" * 1000 for i in range(100)}] * 1000, 1)
    for step in range(5000):
        record.show({f"series {i}": step for i in range(20)}, step)
    assert len(record.title) == 60
    assert (len(record.lines), len(record.lines[0])) == (MOST_LINES, 300)
    assert (len(record.rows), len(record.heads), len(record.rows[0][0])) == (MOST_ROWS, MOST_COLUMNS, 80)
    assert len(record.series.columns) == MOST_SERIES
    assert len(record.series) <= POINTS
    journal = Journal(plan=Plan(epochs=1, steps=5000), steps=5000, panels=[record])
    data = OwnPanel(0).data(journal, Now())
    assert len(str({**data, "lines": None})) + len(data["lines"]) < 100_000


def test_hostile_text_stays_text_in_every_face(hostile_name):
    record = PanelRecord(hostile_name)
    record.show(hostile_name, 1)
    record.show([{hostile_name: hostile_name}], 1)
    record.show({hostile_name: 1.0}, 1)
    run = Run(Journal(plan=Plan(epochs=1, steps=1), steps=1, panels=[record]))
    assert not re.search(r"<(script|img src|img onerror)", run._html())
    for face in (run._html(), str(run), str(run.widget.panel_own_0)):
        assert "\u202e" not in face
