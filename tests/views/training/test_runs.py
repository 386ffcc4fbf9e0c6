"""``kfx.runs``, one run as a view, saving, loading, and what stays in a notebook after ``kfx.fit``."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

import kfx
from kfx.training.journal.facts import Plan
from kfx.training.journal.journal import RUNS, Journal
from kfx.views.training.runs import Run, Runs


def finished(name="small", epochs=3):
    """A run of so many epochs whose loss is 1/epoch."""
    journal = Journal(name=name, plan=Plan(epochs=epochs, steps=2, optimizer="Adam"), state="done")
    journal.batches.widen(["loss", "seconds"])
    journal.epochs.widen(["loss", "seconds"])
    journal.rates.add(0, [1e-3])
    for epoch in range(1, epochs + 1):
        for _ in range(2):
            journal.steps += 1
            journal.batches.add(journal.steps, [1 / epoch, 0.0])
        journal.epochs.add(journal.steps, [epoch, 1 / epoch, 0.0])
    return journal


@pytest.fixture
def three():
    """``kfx.runs`` with three runs in it."""
    kept = list(RUNS)
    RUNS.clear()
    RUNS.extend(finished(name) for name in ("one", "two", "three"))
    yield kfx.runs
    RUNS.clear()
    RUNS.extend(kept)


def test_runs_are_a_sequence_of_views_the_newest_last(three):
    assert len(three) == 3
    assert [run.journal.name for run in three] == ["one", "two", "three"]
    assert three[-1] is three[2], "the same view each time"
    assert isinstance(three[-1], Run)


def test_a_slice_is_runs_over_each_other(three):
    some = three[-2:]
    assert isinstance(some, Runs)
    told = "done, 3 epochs, loss 0.33 (best 0.33 at epoch 3)"
    assert str(some).splitlines() == [f"0  fit 'two': {told}", f"1  fit 'three': {told}"]
    assert some._html().count("<img") == 1


@pytest.mark.parametrize("index", [3, -4, 99])
def test_a_run_that_is_not_there_is_refused(three, index):
    with pytest.raises(IndexError, match=rf"There is no run {index}: there are 3, 0 to 2"):
        three[index]


def test_no_runs_say_how_one_is_made():
    with pytest.raises(IndexError, match=r"Train with kfx\.fit"):
        Runs([])[0]
    assert str(Runs([])) == "No runs yet."


def test_a_run_that_goes_on_is_not_frozen(three):
    journal = finished("running")
    journal.state = "running"
    RUNS.append(journal)
    before = str(three[-1])
    journal.epochs.add(8, [4, 0.01, 0.0])
    assert str(three[-1]) != before


def test_the_faces_of_a_run(tmp_path):
    run = Run(finished())
    assert repr(run) == "<Run fit 'small': done, 3 epochs, loss 0.33 (best 0.33 at epoch 3)>"
    bundle = run._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert f"kfx-s-{run.slot}" in bundle["text/html"]
    for suffix in (".txt", ".html", ".csv", ".npz", ".svg", ".png", ".pdf"):
        assert run.save(tmp_path / f"run{suffix}").stat().st_size > 50
    with pytest.raises(ValueError, match=r"its suffix must be one of \.csv, \.html, \.npz, \.pdf, \.png, \.svg, \.txt"):
        run.save(tmp_path / "run.gif")


def test_the_csv_holds_the_epochs(tmp_path):
    lines = Run(finished()).save(tmp_path / "run.csv").read_text().splitlines()
    assert lines[0] == "step,epoch,loss,seconds"
    assert lines[2] == "4,2,0.5,0"


def test_a_loaded_run_is_shown_as_the_saved_one_was(tmp_path):
    run = Run(finished())
    run.save(tmp_path / "run.npz")
    again = kfx.load_run(tmp_path / "run.npz")
    assert str(again) == str(run)
    assert again._html() == run._html()
    assert again.frame().equals(run.frame())


def test_loading_a_run_needs_no_keras(tmp_path):
    Run(finished()).save(tmp_path / "run.npz")
    code = f"import sys, kfx; print(kfx.load_run({str(tmp_path / 'run.npz')!r})); print('keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_the_live_face_of_a_finished_run_has_no_controls():
    widget = Run(finished()).widget
    assert widget.state["state"] == "done"
    assert [kind for _, kind in widget.state["panels"]] == ["progress", "finding", "curves", "layers"]
    assert [chart["name"] for chart in widget.panel_curves["charts"]] == ["loss"]
    n, m, k = widget.panel_curves["charts"][0]["sizes"]
    assert len(widget.panel_curves["lines"]) == 4 * (4 * n + 2 * m + 2 * k)


def test_a_click_on_a_run_that_is_over_is_answered(monkeypatch):
    widget = Run(finished()).widget
    said = []
    monkeypatch.setattr(widget, "send", lambda content, buffers=None: said.append(content))
    widget._arrived(widget, {"kind": "stop", "value": None, "ask": 7, "sent": 0}, [])
    assert said == [{"answer": 7, "text": "this run is over", "done": False}]


@pytest.mark.parametrize(
    "message", [None, "stop", {}, {"kind": "exec"}, {"kind": "__class__"}, {"kind": ["stop"]}, {"kind": 3}]
)
def test_messages_that_are_not_clicks_are_ignored(monkeypatch, message):
    widget = Run(finished()).widget
    monkeypatch.setattr(widget, "send", lambda *args, **more: pytest.fail("answered"))
    widget.on_click(lambda *args: pytest.fail("clicked"))
    widget._arrived(widget, message, [])


def test_a_click_arrives_with_plain_values():
    widget, clicks = Run(finished()).widget, []
    widget.on_click(lambda *click: clicks.append(click))
    widget._arrived(widget, {"kind": "rate", "value": 0.01, "ask": 1, "sent": 5}, [])
    widget._arrived(widget, {"kind": "rate", "value": "evil", "ask": "x", "sent": None}, [])
    assert clicks == [("rate", 0.01, 1, 5.0), ("rate", None, 0, 0.0)]


CELL = """
import numpy as np, kfx
from kfx.keras_access.importing import import_keras
keras = import_keras()
keras.utils.set_random_seed(0)
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, name="out")], name="line")
model.compile("sgd", "mse")
x = np.random.default_rng(0).normal(size=(64, 4))
history = kfx.fit(model, x, x.sum(axis=1), epochs=2)
"""


def test_what_a_notebook_keeps_passes_a_strict_comparison(tmp_path):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL), nbformat.v4.new_code_cell("kfx.runs[-1]")])
    nbclient.NotebookClient(book, kernel_name="python3").execute()
    outputs = book.cells[0].outputs
    assert not [output for output in outputs if output.output_type == "stream"], "no chatter"
    texts = [output.data.get("text/plain") for output in outputs]
    assert texts[0] == "Training 'line'"
    assert texts[1] == ""
    assert re.fullmatch(r"fit 'line': done, 2 epochs, loss [\d.]+ \(best [\d.]+ at epoch 2\)", texts[2])
    assert len(json.dumps(book.cells[0])) < 200_000
    nbformat.write(book, tmp_path / "strict.ipynb")
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", "--nbval", str(tmp_path / "strict.ipynb")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-3000:]


def test_numbers_of_a_run_are_plain_arrays():
    rows = finished().epochs.read()
    assert all(isinstance(part, np.ndarray) for part in rows)
