"""A training that is watched and steered in a real browser, on every kind of ipykernel, each beside the tests' own packages."""

import json
import os
import re
import signal
import statistics
import subprocess
import sys

import pytest
from lab import write_notebook

# ipykernel changed how a busy kernel hears its widgets in 7.0 and again in 7.4. Each other version is laid over the installed
# packages in a folder of its own (about a second each); KFX_IPYKERNELS names folders that are there, e.g. "6=/a/folder:7.3=/b".
OTHERS = {"6": ["ipykernel==6.31.0", "nest_asyncio==1.6.0"], "7.3": ["ipykernel==7.3.0"]}
MISSING = "ipykernel {} could not be installed: this test needs the network once, or a folder named in KFX_IPYKERNELS. {}"

SETUP = """
import os
import numpy as np, kfx
from kfx.keras_access.importing import import_keras
keras = import_keras()
keras.utils.set_random_seed(0)
x = np.random.default_rng(0).normal(size=(2048, 32)).astype("float32")
y = (x.sum(axis=1) > 0).astype("int64")
model = keras.Sequential([keras.Input((32,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(2)], name="net")
model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
controls = kfx.callbacks.Controls()
"""
SAME = "print(len(history.epoch) == kfx.runs[-1].journal.epochs_done, kfx.runs[-1].journal.state)"
LONG = "history = kfx.fit(model, x, y, epochs=100000, validation_split=0.1, callbacks=[controls])"
SHORT = "history = kfx.fit(model, x, y, epochs=3, validation_split=0.1)"


def overlay(version, tmp_path_factory):
    """A folder with another ipykernel, to stand before the installed packages."""
    named = dict(pair.split("=", 1) for pair in os.environ.get("KFX_IPYKERNELS", "").split(":") if pair)
    if version in named:
        return named[version]
    folder = tmp_path_factory.mktemp(f"ipykernel-{version}")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder), *OTHERS[version]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING.format(version, done.stderr[-300:]))
    return str(folder)


@pytest.fixture(scope="session")
def kernel_of(lab, tmp_path_factory):
    """``kernel_of("6")``: the name of a kernel with that ipykernel; ``"own"`` is the one that is installed."""
    made = {"own": "python3"}

    def name(version):
        if version not in made:
            spec = lab.home / "path" / "kernels" / f"ipykernel-{version}" / "kernel.json"
            spec.parent.mkdir(parents=True)
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            env = {"PYTHONPATH": overlay(version, tmp_path_factory)}
            spec.write_text(json.dumps({"argv": argv, "display_name": version, "language": "python", "env": env}))
            made[version] = f"ipykernel-{version}"
        return made[version]

    return name


@pytest.fixture
def notebook(lab, kernel_of):
    """``notebook("name", cell, ..., version="6")``: opens a notebook whose first cell has run."""

    def make(name, *cells, version="own", app="lab", **more):
        file = write_notebook(lab.root / f"{name}.ipynb", SETUP, *cells)
        book = json.loads(file.read_text())
        kernel = kernel_of(version)
        book["metadata"]["kernelspec"] = {"name": kernel, "display_name": version, "language": "python"}
        file.write_text(json.dumps(book))
        lab.open(file.name, app=app, **more)
        lab.run_cell(0)
        lab.said.clear()
        return file

    yield make
    assert lab.dialogs == []


def start(lab, index):
    """Run a cell without waiting for its end; returns its live view, with steps behind it."""
    lab.page.evaluate(
        """i => { kfxPanel.content.deselectAll(); kfxPanel.content.activeCellIndex = i;
          (window.jupyterapp || window.jupyterlab).commands.execute("notebook:run-cell"); }""",
        index,
    )
    live = lab.output(index).locator(".kfx-live")
    live.wait_for()
    lab.page.wait_for_function("() => /epoch [2-9]|epoch \\d\\d/.test(document.querySelector('.kfx-status')?.textContent)")
    return live


def where(live):
    return live.locator(".kfx-status span").first.inner_text()


def stands_still(lab, live):
    """The step at which a paused run stands, once two looks half a second apart agree: what was sent before may come late."""
    for _ in range(10):
        stood = where(live)
        lab.page.wait_for_timeout(500)
        if where(live) == stood:
            return stood
    raise AssertionError(f"it goes on: {stood}, {where(live)}")


def said(lab, live, words):
    """Wait until the view's last line says these words; returns it."""
    line = live.locator(".kfx-answer")
    line.filter(has_text=words).wait_for()
    return line.inner_text()


@pytest.mark.parametrize(
    ("version", "app"),
    [("own", "lab"), ("own", "notebook"), ("7.3", "lab"), ("7.3", "notebook"), ("6", "lab"), ("6", "notebook")],
)
def test_every_control_reaches_python_while_fit_holds_the_kernel(lab, notebook, version, app):
    notebook(f"controls-{version}-{app}", LONG, SAME, version=version, app=app)
    live = start(lab, 1)
    rate = live.get_by_role("textbox", name="Learning rate")
    rate.fill("3e-4")
    rate.press("Enter")
    assert "1e-2 → 3e-4" in said(lab, live, "rate")
    live.get_by_role("slider").focus()
    for _ in range(3):
        lab.page.keyboard.press("ArrowRight")
        lab.page.wait_for_timeout(150)
    live.get_by_role("button", name="Checkpoint").click()
    said(lab, live, "checkpoint of epoch")
    live.get_by_role("button", name="Pause").click()
    said(lab, live, "paused at")
    stood = stands_still(lab, live)
    live.get_by_role("button", name="Resume").click()
    said(lab, live, "went on")
    live.locator(".kfx-status span").first.filter(has_not_text=re.compile(rf"^{re.escape(stood)}$")).wait_for()
    live.get_by_role("button", name="Rewind").click()
    said(lab, live, "rewound from")
    live.get_by_role("button", name="+1 epoch").click()
    said(lab, live, "1 more epoch")
    live.get_by_role("button", name="Stop").click()
    lab.wait_idle()
    assert live.locator(".kfx-foot").inner_text().startswith("● stopped")
    assert live.get_by_role("toolbar").is_hidden(), "controls of a run that is over are absent, not dead"
    lab.run_cell(2)
    assert lab.output(2).inner_text().strip() == "True stopped"
    code = (
        "import json; s = controls.session; kinds = [e.kind for e in s.journal.events]\n"
        "print(json.dumps([s.watchers[0].latencies, kinds, float(model.optimizer.learning_rate)]))"
    )
    latencies, kinds, _ = json.loads(lab.execute(code))
    assert [kinds[0], *kinds[-6:]] == ["rate", "checkpoint", "pause", "resume", "rewind", "extra epoch", "stop"]
    assert len(latencies) >= 7
    median = statistics.median(latencies)
    print(f"ipykernel {version}, {app}: {median:.0f} ms to Python (median of {len(latencies)}), most {max(latencies):.0f} ms")
    assert median < 250
    assert lab.said == []


def test_a_finished_run_is_live_and_one_static_picture_without_a_kernel(lab, notebook):
    notebook("finished", SHORT, "kfx.runs[-1]", "kfx.runs[-1:]")
    lab.run_cell(1)
    assert lab.faces(1) == ["live"]
    live = lab.output(1).locator(".kfx-live")
    assert live.locator("svg.kfx-curve").count() == 2
    assert live.locator(".kfx-layers tbody tr").count() == 2
    assert live.locator(".kfx-status").inner_text().startswith("done, 3 epochs, loss ")
    lab.run_cell(2)
    assert lab.faces(2) == ["live"], "any later cell shows the same run again"
    lab.run_cell(3)
    assert lab.faces(3) == ["static"]
    assert lab.said == []
    cell = lab.save()["cells"][1]
    assert len(json.dumps(cell)) < 200_000
    assert [list(output["data"]) for output in cell["outputs"]][-1] == ["text/html", "text/plain"]
    for kernel in ("fresh", None):
        if kernel is None:
            for session in lab.api("GET", "/api/sessions"):
                lab.api("DELETE", f"/api/sessions/{session['id']}")
        lab.open("finished.ipynb", kernel=kernel)
        lab.page.wait_for_timeout(600)
        assert lab.faces(1) == ["static"], "neither a dead widget nor the sentence that announced the run"
        assert lab.output(1).locator("img.kfx-pic").count() == 2
        assert lab.said == []


@pytest.mark.parametrize(("version", "app"), [("own", "lab"), ("own", "notebook"), ("7.3", "notebook"), ("6", "lab")])
def test_a_reload_in_the_middle_keeps_a_sentence_and_then_all(lab, notebook, version, app):
    notebook(f"reloaded-{version}-{app}", LONG, version=version, app=app)
    start(lab, 1)
    lab.save()
    lab.page.reload(wait_until="domcontentloaded")
    begun = lab.page.locator(".kfx-begun").first
    begun.wait_for()
    seen = begun.evaluate("e => getComputedStyle(e, '::before').content")
    assert seen == '"Training net: 100,000 epochs planned."'
    running = lab.api("GET", "/api/kernels")[0]
    lab.api("POST", f"/api/kernels/{running['id']}/interrupt")
    lab.page.locator(".kfx-live").wait_for(timeout=60_000)
    assert "interrupted" in lab.page.locator(".kfx-live .kfx-foot").inner_text()


def test_the_notebook_s_own_interrupt_stops_and_keeps_the_history(lab, notebook):
    notebook("interrupted", LONG, SAME)
    live = start(lab, 1)
    lab.command("notebook:interrupt-kernel")
    lab.wait_idle()
    assert live.locator(".kfx-foot").inner_text().startswith("● interrupted")
    lab.run_cell(2)
    assert lab.output(2).inner_text().strip() == "True interrupted"


def test_when_nobody_answers_the_view_says_so(lab, notebook):
    notebook("silent", LONG)
    pid = int(lab.execute("print(os.getpid())"))
    live = start(lab, 1)
    os.kill(pid, signal.SIGSTOP)
    try:
        live.get_by_role("button", name="Pause").click()
        said(lab, live, "no answer from the kernel")
    finally:
        os.kill(pid, signal.SIGCONT)
    said(lab, live, "paused at")
    live.get_by_role("button", name="Stop").click()
    lab.wait_idle()
    assert lab.said == []


def test_curves_can_be_read_by_pointer_and_by_keyboard_and_switched(lab, notebook):
    notebook("read", SHORT)
    lab.run_cell(1)
    live = lab.output(1).locator(".kfx-live")
    panel = live.locator(".kfx-curve-panel").first
    curve = panel.locator("svg.kfx-curve")
    box = curve.bounding_box()
    lab.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert "epoch 1." in panel.locator(".kfx-readout").inner_text()
    lab.page.mouse.move(0, 0)
    curve.focus()
    lab.page.keyboard.press("End")
    assert panel.locator(".kfx-readout").inner_text().startswith("epoch 3 · train 0.")
    before = curve.locator("path.kfx-line").last.get_attribute("d")
    live.get_by_role("button", name="Log").click()
    assert curve.locator("path.kfx-line").last.get_attribute("d") != before
    live.get_by_role("button", name="Epochs").click()
    assert curve.locator("path.kfx-faint").count() == 0
    live.get_by_role("combobox", name="Smoothing").select_option("0")
    assert lab.said == []


def test_callbacks_in_a_plain_fit_share_one_view(lab, notebook):
    cell = "h = model.fit(x, y, epochs=2, verbose=0, callbacks=[kfx.callbacks.Curves(), kfx.callbacks.Progress()])"
    notebook("plain", cell)
    lab.run_cell(1)
    assert lab.faces(1) == ["live"]
    live = lab.output(1).locator(".kfx-live")
    assert live.locator(".kfx-curve").count() == 2
    assert live.get_by_role("toolbar").is_hidden()
    assert live.locator(".kfx-layers-part").is_hidden()


def test_a_long_run_leaves_a_small_cell_and_two_runs_can_share_one(lab, notebook):
    notebook(
        "long",
        "for n in (1, 60):\n    history = kfx.fit(model, x, y, epochs=n, validation_split=0.1)\n    print('said')",
    )
    lab.run_cell(1)
    faces = lab.faces(1)
    assert faces == ["live", "said", "live", "said"]
    assert len(json.dumps(lab.save()["cells"][1])) < 200_000
    weight = lab.execute(
        "import json\nfrom kfx.views.training.runs import Run\n"
        "w = Run(kfx.runs[-1].journal).widget\nlines = w.panel_curves.pop('lines')\n"
        "print(len(json.dumps([w.state, w.panel_curves, w.panel_layers])) + len(lines))"
    )
    assert int(weight) < 100_000
    assert lab.said == []


def test_the_live_graph_is_coloured_by_what_its_layers_do(lab, notebook):
    notebook(
        "graph", "h = model.fit(x, y, epochs=3, verbose=0, callbacks=[kfx.callbacks.LiveGraph(), kfx.callbacks.Progress()])"
    )
    lab.run_cell(1)
    assert lab.faces(1) == ["live", "live"]
    graph = lab.output(1).locator(".kfx-livegraph")
    boxes = graph.locator("svg .kn")
    assert boxes.count() == 3
    classes = boxes.evaluate_all("boxes => boxes.map(box => /\\bs[0-6]\\b/.test(box.getAttribute('class')))")
    assert classes == [False, True, True], "the input has no gradient"
    before = boxes.nth(1).locator(".rt").text_content()
    graph.get_by_role("button", name="Zeros").click()
    assert boxes.nth(1).locator(".rt").text_content() != before
    assert "%" in boxes.nth(1).locator(".rt").text_content()
    assert lab.said == []


OWN = """
class Gap(kfx.callbacks.Panel):
    title = "Generalisation <b>gap</b>"
    every = 20
    def on_batch(self, run, logs):
        return f"step {run.journal.steps}: <img src=x onerror=alert(1)>"
    def on_epoch(self, run, logs):
        ratio = logs["val_loss"] / logs["loss"]
        return {"validation / training": ratio}, [{"epoch": run.journal.epoch, "ratio": ratio > 1}]
"""
OWN_FIT = "history = kfx.fit(model, x, y, epochs=8, validation_split=0.1, callbacks=[Gap()])"


def test_a_panel_of_a_user_s_own_class_is_shown_live_static_and_loaded(lab, notebook):
    again = "kfx.load_run(kfx.runs[-1].save('own.npz'))"
    notebook("own", OWN, OWN_FIT, again)
    lab.run_cell(1)
    lab.run_cell(2)
    assert lab.faces(2) == ["live"]
    lab.run_cell(3)
    for index in (2, 3):
        own = lab.output(index).locator(".kfx-live .kfx-own")
        assert own.locator(".kfx-own-title").inner_text() == "Generalisation <b>gap</b>"
        assert own.locator(".kfx-own-text").inner_text().endswith(": <img src=x onerror=alert(1)>")
        assert own.locator("thead").inner_text().split() == ["epoch", "ratio"]
        assert own.locator("svg.kfx-curve circle").count() == 8
        assert own.locator("svg.kfx-curve .kfx-value").text_content()
        assert own.locator("img").count() == 0
    assert lab.dialogs == []
    assert lab.said == []
    lab.save()
    lab.open("own.ipynb", kernel="fresh")
    lab.page.wait_for_timeout(600)
    assert lab.faces(2) == ["static"]
    assert "Generalisation <b>gap</b>" in lab.output(2).inner_text()
