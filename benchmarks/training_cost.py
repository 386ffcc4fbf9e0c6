"""What watching a training costs: bare steps against steps with each callback, with all of them, and with other libraries.

Everything runs in one real Jupyter kernel without a browser, so that widgets are made and messages are sent. The loop is
Keras's own, step by step: two models train side by side, a block of steps of the one after a block of the other, so that
whatever else the machine does falls on both; each lives by a clock of its own, which stands while the other one trains, so
that what is done ten times a second is done as often as in a training by itself. Each block is compared with the bare one
beside it. Reported: the mean of these
ratios without the tenth at either end, their median and middle half, the time of the first step, which holds the tracing, what
an epoch's end takes, and what the layer monitor says itself that it costs. "bare, again" is the noise: bare steps against bare
steps.

    python benchmarks/training_cost.py [--blocks 300] [--model mlp] [--only Curves LayerMonitor]

``--fits 5`` measures something else, by ``fit_cost.py``: first batches, later fits, steps and memory of whole fits, against
plain fits of models that kfx never touched.

For all rows: pip install livelossplot tensorboard.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import statistics
import sys
import time
from pathlib import Path

STEPS = 10  # in a block
REAL = time.perf_counter, time.time


def models(keras):
    """An MLP with steps of about 1 ms and a small CNN with steps of several."""
    layers = keras.layers

    def mlp():
        keras.utils.set_random_seed(0)
        body = [layers.Dense(256, activation="relu") for _ in range(3)]
        model = keras.Sequential([keras.Input((128,)), *body, layers.Dense(10)], name="mlp")
        return compiled(model)

    def cnn():
        keras.utils.set_random_seed(0)
        body = [layers.Conv2D(16, 3, activation="relu"), layers.MaxPooling2D(), layers.Conv2D(32, 3, activation="relu")]
        head = [layers.MaxPooling2D(), layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(10)]
        return compiled(keras.Sequential([keras.Input((28, 28, 1)), *body, *head], name="cnn"))

    def compiled(model):
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(1e-4), loss, metrics=["accuracy"])
        return model

    return {"mlp": (mlp, (128,)), "cnn": (cnn, (28, 28, 1))}


OTHERS = {"livelossplot": "livelossplot", "tensorboard": "TensorBoard"}


def missing() -> list[str]:
    """Other libraries that are not installed and so not measured."""
    return [name for module, name in OTHERS.items() if importlib.util.find_spec(module) is None]


def variants(keras):
    """Name -> a function that makes the callbacks, and whether Keras's own bar is shown."""
    import tempfile

    import kfx

    ours = kfx.callbacks
    found = {
        "bare, again": (list, False),
        "Curves": (lambda: [ours.Curves()], False),
        "Progress": (lambda: [ours.Progress()], False),
        "Controls": (lambda: [ours.Controls()], False),
        "Curves+Progress+Controls": (lambda: [ours.Curves(), ours.Progress(), ours.Controls()], False),
        "LayerMonitor": (lambda: [ours.LayerMonitor()], False),
        "all, as in kfx.fit": (
            lambda: [ours.Progress(), ours.Curves(), ours.LayerMonitor(), ours.Checkpoints(), ours.Controls()],
            False,
        ),
        "Keras's bar": (list, True),
    }
    if importlib.util.find_spec("tensorboard"):
        folder = tempfile.mkdtemp()
        found["TensorBoard, each epoch"] = (lambda: [keras.callbacks.TensorBoard(folder)], False)
        found["TensorBoard, each batch"] = (lambda: [keras.callbacks.TensorBoard(folder, update_freq=1)], False)
    if importlib.util.find_spec("livelossplot"):
        from livelossplot import PlotLossesKerasTF

        found["livelossplot"] = (lambda: [PlotLossesKerasTF()], False)
    return found


class Lane:
    """One model in training, driven a block of steps at a time as ``fit`` would drive it."""

    def __init__(self, keras, make, shape, callbacks, bar, steps):
        import numpy as np
        import tensorflow as tf

        rng = np.random.default_rng(0)
        x, y = rng.normal(size=(64 * 50, *shape)).astype("float32"), rng.integers(0, 10, 64 * 50)
        self.model = make()
        self.batches = iter(tf.data.Dataset.from_tensor_slices((x, y)).batch(64).repeat())
        self.model.train_on_batch(x[:64], y[:64])
        self.calls = keras.callbacks.CallbackList(
            callbacks, add_history=True, add_progbar=bar, model=self.model, verbose=int(bar), epochs=1, steps=steps
        )
        self.away, self.left = 0.0, REAL[0]()  # seconds that the other one had so far; since when it is its turn
        self.model.train_function = None
        self.model.make_train_function()
        self.model.reset_metrics()
        with self.clock():
            self.calls.on_train_begin()
            self.calls.on_epoch_begin(0)
        self.done = 0

    @contextlib.contextmanager
    def clock(self):
        """Inside, time is what this model has trained for."""
        self.away += REAL[0]() - self.left
        time.perf_counter, time.time = lambda: REAL[0]() - self.away, lambda: REAL[1]() - self.away
        try:
            yield
        finally:
            time.perf_counter, time.time = REAL
            self.left = REAL[0]()

    def run(self, steps):
        """Seconds for so many steps."""
        with self.clock():
            return self._run(steps)

    def _run(self, steps):
        began = time.perf_counter()
        for step in range(self.done, self.done + steps):
            self.calls.on_train_batch_begin(step)
            logs = self.model.train_function(self.batches)
            self.calls.on_train_batch_end(step, logs)
        self.calls._flush_futures()
        self.done += steps
        return time.perf_counter() - began

    def end(self):
        """Three more epochs' ends; returns the median of their seconds."""
        logs = {name: float(value) for name, value in self.model.get_metrics_result().items()}
        took = []
        for epoch in range(3):
            if epoch:
                with self.clock():
                    self.calls.on_epoch_begin(epoch)
                self.run(1)
            with self.clock():
                began = time.perf_counter()
                self.calls.on_epoch_end(epoch, logs)
                took.append(time.perf_counter() - began)
        with self.clock():
            self.calls.on_train_end(logs)
        return statistics.median(took)

    @property
    def stated(self):
        """What a layer monitor among the callbacks says that it costs, or None."""
        found = [getattr(call, "journal", None) for call in self.calls.callbacks]
        return next((journal.cost for journal in found if journal is not None and journal.cost is not None), None)


def measure(blocks: int, chosen: str = "", only: tuple[str, ...] = ()) -> None:
    """The whole table, or the model ``chosen`` and the rows named in ``only``; runs inside the kernel."""
    from kfx.keras_access.importing import import_keras

    keras = import_keras()
    for name, (make, shape) in models(keras).items():
        if chosen and name != chosen:
            continue
        count = blocks if name == "mlp" else max(blocks // 3, 10)
        rows, bare_ms = [], []
        for way, (callbacks, bar) in variants(keras).items():
            if only and way not in only:
                continue
            steps = count * STEPS + 101
            bare = Lane(keras, make, shape, [], False, steps)
            ours = Lane(keras, make, shape, callbacks(), bar, steps)
            bare.run(1)
            first = ours.run(1)
            for lane in (bare, ours):
                lane.run(100)
            ratios = []
            for number in range(count):
                order = (bare, ours) if number % 2 else (ours, bare)
                took = {lane: lane.run(STEPS) for lane in order}
                a, b = took[bare], took[ours]
                ratios.append((b / a - 1) * 100)
                bare_ms.append(a / STEPS * 1000)
            bare_end, end, stated = bare.end(), ours.end(), ours.stated
            rows.append((way, sorted(ratios), first, end - bare_end, stated))
        report(name, statistics.median(bare_ms), rows, count)
    for name in missing():
        print(f"Not measured, because it is not installed: {name}.", file=OUT, flush=True)


def report(name: str, step_ms: float, rows: list[tuple[str, list[float], float, float, float | None]], blocks: int) -> None:
    """One table, on the real standard output."""
    print(f"\n{name}: a bare step takes {step_ms:.2f} ms; {blocks} paired blocks of {STEPS} steps each", file=OUT)
    heads = f"{'mean':>9}{'median':>9}{'middle half':>20}{'first step':>13}{'epoch end':>12}{'says itself':>13}"
    print(f"{'':26}{heads}", file=OUT)
    for way, ratios, first, end, stated in rows:
        n = len(ratios)
        kept = ratios[n // 10 : n - n // 10]
        half = f"{ratios[n // 4]:+.1f} … {ratios[(3 * n) // 4]:+.1f} %"
        mean, median = statistics.fmean(kept), statistics.median(ratios)
        says = "" if stated is None else f"{stated * 100:.1f} %"
        line = f"{way:26}{mean:+8.1f}%{median:+8.1f}%{half:>20}{first:11.2f} s{end * 1000:+9.0f} ms{says:>13}"
        print(line, file=OUT, flush=True)


OUT = sys.stdout


def in_a_kernel(module: str, call: str) -> None:
    """Start a kernel, run ``module.call`` in it, print its report."""
    import tempfile

    from jupyter_client.manager import start_new_kernel

    with tempfile.TemporaryDirectory() as folder:
        report_file = Path(folder) / "report.txt"
        code = (
            f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
            f"import {module}\n"
            f"{module}.OUT = open({str(report_file)!r}, 'w')\n"
            f"{module}.{call}\n"
        )
        manager, client = start_new_kernel(kernel_name="python3")
        failed = []
        shown = 0

        def hear(message):
            nonlocal shown
            if message["msg_type"] == "error":
                failed.append("\n".join(message["content"]["traceback"]))
            with contextlib.suppress(OSError):
                text = report_file.read_text()
                print(text[shown:], end="", flush=True)
                shown = len(text)

        try:
            client.execute_interactive(code, output_hook=hear, timeout=None)
            hear({"msg_type": ""})
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    if failed:
        raise SystemExit(failed[0])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--blocks", type=int, default=300)
    parser.add_argument("--model", default="", choices=["", "mlp", "cnn"])
    parser.add_argument("--only", nargs="*", default=(), help="names of rows")
    parser.add_argument("--fits", type=int, default=0, help="rounds of whole fits, in place of steps side by side")
    parser.add_argument("--script", action="store_true", help="with --fits: in this process, not in a kernel")
    parser.add_argument("--cpu", action="store_true", help="with --fits: processor time")
    given = parser.parse_args()
    if given.fits and given.script:
        import fit_cost

        fit_cost.measure(given.fits, cpu=given.cpu)
    elif given.fits:
        in_a_kernel("fit_cost", f"measure({given.fits}, cpu={given.cpu})")
    else:
        in_a_kernel("training_cost", f"measure({given.blocks}, {given.model!r}, {tuple(given.only)!r})")
