"""Each state of a training as a reader sees it: building, paused, rewound, not finite, the kernel gone."""

import os
import re
import signal
from pathlib import Path

import pytest
from lab import write_notebook

SETUP = """
import os, time
import numpy as np, kfx
from kfx.keras_access.importing import import_keras
keras = import_keras()
keras.utils.set_random_seed(0)
x = np.random.default_rng(0).normal(size=(640, 8)).astype("float32")
y = x.sum(axis=1, keepdims=True)
class Slow(keras.layers.Layer):  # its code runs when TensorFlow builds the step, not in each step
    seconds = 0
    def call(self, x):
        for _ in range(100 * self.seconds):
            time.sleep(0.01)
        return x
class Wait(keras.callbacks.Callback):  # long enough that the view is seen in each state
    def on_train_batch_end(self, batch, logs=None):
        time.sleep(0.02)
def net(rate=0.01):
    model = keras.Sequential([keras.Input((8,)), Slow(), keras.layers.Dense(8, name="body"), keras.layers.Dense(1, name="end")])
    model.compile(keras.optimizers.SGD(rate), "mse")
    return model
model = net()
"""
FIT = "history = kfx.fit(model, x, y, epochs=40, callbacks=[Wait()])"


@pytest.fixture
def run(lab):
    """``run(cell)`` opens a notebook, runs its set-up and starts the cell; returns the live view."""

    def start(cell, before=""):
        write_notebook(lab.root / "states.ipynb", SETUP, before or "None", cell)
        lab.open("states.ipynb")
        lab.run_cell(0)
        lab.run_cell(1)
        lab.said.clear()
        lab.page.evaluate(
            """() => { kfxPanel.content.deselectAll(); kfxPanel.content.activeCellIndex = 2;
              (window.jupyterapp || window.jupyterlab).commands.execute("notebook:run-cell"); }"""
        )
        live = lab.output(2).locator(".kfx-live")
        live.wait_for()
        return live

    return start


def status(live):
    return live.locator(".kfx-status").inner_text()


def foot(live, words):
    """Wait until the view's last line says these words; returns it."""
    line = live.locator(".kfx-foot")
    line.filter(has_text=re.compile(words)).wait_for()
    return line.inner_text()


def test_a_click_while_the_step_is_built_is_queued_and_obeyed_at_the_first_step(lab, run):
    live = run(FIT, "Slow.seconds = 6")
    foot(live, "building")
    assert status(live).startswith("building the training step, ")
    before = status(live)
    lab.page.wait_for_timeout(1500)
    assert status(live) != before, "the browser counts the seconds on"
    live.get_by_role("button", name="Pause").click()
    assert "pause is queued: it is taken up at the first step" in foot(live, "queued")
    assert "no answer" not in foot(live, "building")
    said = foot(live, "paused at epoch 1, step 1")
    assert said.startswith("● paused")
    assert "s left" not in status(live), "one step says nothing about the others"
    assert re.match(r"paused at epoch 1 of 40 · step 1 of 20, \d+ s", status(live))
    live.get_by_role("button", name="Stop").click()
    lab.wait_idle()
    assert foot(live, "stopped").startswith("● stopped")
    assert lab.said == []


def test_an_estimate_comes_with_steps_and_a_rewind_leaves_its_mark(lab, run):
    live = run(FIT)
    live.locator(".kfx-status").filter(has_text=re.compile(r"\d+ s left")).wait_for()
    steps = int(lab.page.evaluate("() => document.querySelector('.kfx-status').innerText.match(/epoch (\\d+)/)[1]"))
    assert steps >= 2, "not before 20 steps and 2 s: an epoch has 20"
    live.get_by_role("button", name="Rewind to").click()
    foot(live, "rewound from")
    live.locator(".kfx-rewound").first.wait_for()
    assert live.locator(".kfx-abandoned").count() >= 1
    live.get_by_role("button", name="Stop").click()
    lab.wait_idle()
    assert lab.said == []


def test_values_that_are_not_finite_are_named_and_the_way_back_is_offered(lab, run):
    class_ = """
class Blow(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            self.model.get_layer("body").kernel.assign(np.full((8, 8), np.nan, "float32"))
"""
    live = run(FIT.replace("[Wait()]", "[Wait(), Blow(), kfx.callbacks.LayerMonitor(every=5)]"), class_)
    foot(live, "broken")
    live.locator(".kfx-broke").first.wait_for(state="attached")  # a vertical has no width
    assert "not finite at epoch 3" in live.locator(".kfx-broke-said").first.text_content()
    live.get_by_role("button", name=re.compile("Rewind to epoch 2")).first.click()
    foot(live, "rewound from")
    live.locator(".kfx-broke").first.wait_for(state="detached")
    live.get_by_role("button", name="Stop").click()
    lab.wait_idle()
    assert lab.said == []


def test_stop_on_nan_stops_and_does_not_say_done(lab, run):
    cell = FIT.replace("[Wait()]", "[kfx.callbacks.LayerMonitor(stop_on_nan=True)]").replace("model,", "net(1e6),")
    live = run(cell)
    lab.wait_idle()
    assert foot(live, "stopped").startswith("● stopped, not done")
    assert "epoch" in live.locator(".kfx-finding").inner_text()


def test_a_kernel_that_is_gone_is_told(lab, run):
    live = run(FIT)
    foot(live, "running")
    os.kill(pid_of(lab), signal.SIGKILL)
    foot(live, r"no word from the kernel for \d+ s: a long step, or the kernel is gone|kernel gone")


def pid_of(lab):
    """The process of the notebook's kernel, from the system's own list."""
    kernel = lab.page.evaluate("() => kfxPanel.sessionContext.session.kernel.id")
    for folder in os.listdir("/proc"):
        if folder.isdigit():
            try:
                words = Path(f"/proc/{folder}/cmdline").read_bytes()
            except OSError:
                continue
            if kernel.encode() in words:
                return int(folder)
    raise AssertionError("the kernel's process was not found")


def test_one_crosshair_goes_through_all_charts(lab, run):
    live = run(
        FIT.replace("epochs=40", "epochs=2, validation_split=0.2").replace("model,", "two(),"),
        """
def two():
    model = net()
    model.compile(keras.optimizers.SGD(0.01), "mse", metrics=["mae"])
    return model
""",
    )
    lab.wait_idle()
    panels = live.locator(".kfx-curve-panel")
    assert panels.count() >= 2
    box = panels.nth(0).locator("svg").bounding_box()
    lab.page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
    said = [panels.nth(i).locator(".kfx-readout").inner_text() for i in range(2)]
    places = [words.split(" · ")[0] for words in said]
    assert places[0] == places[1] != ""
    lab.page.mouse.move(0, 0)
    assert panels.nth(1).locator(".kfx-readout").inner_text() == ""
