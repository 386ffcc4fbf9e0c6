"""What watching a training costs: bare ``fit`` against each callback, against all of them, and against what else there is.

Everything runs in one real Jupyter kernel without a browser, so that widgets are made and messages are sent. Variants follow
each other in an order that changes from round to round; each is compared with the bare run of its own round, and the median of
these ratios is reported, for time on the wall and for CPU time. The first epoch of a run, with its tracing, is reported apart.

    python benchmarks/training_cost.py [--rounds 9] [--steps 300]
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import random
import statistics
import sys
import time
from pathlib import Path

EPOCHS = 4  # the first is left out


def models(keras):
    """An MLP with steps of about 1 ms and a small CNN with steps of several."""
    import numpy as np

    layers, rng = keras.layers, np.random.default_rng(0)

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

    def data(shape, steps):
        return rng.normal(size=(steps * 64, *shape)).astype("float32"), rng.integers(0, 10, steps * 64)

    return {"mlp": (mlp, (128,), data), "cnn": (cnn, (28, 28, 1), data)}


def variants(keras):
    """Name -> function (model, x, y, timer) that trains."""
    import kfx

    ours = kfx.callbacks

    def plain(*make, **more):
        def train(model, x, y, timer):
            arguments = {"batch_size": 64, "epochs": EPOCHS, "verbose": 0, **more}
            model.fit(x, y, callbacks=[*(one() for one in make), timer], **arguments)

        return train

    def everything(model, x, y, timer):
        kfx.fit(model, x, y, batch_size=64, epochs=EPOCHS, callbacks=[timer])

    found = {
        "bare": plain(),
        "bare again": plain(),
        "Curves": plain(ours.Curves),
        "Progress": plain(ours.Progress),
        "Controls": plain(ours.Controls),
        "Checkpoints": plain(ours.Checkpoints),
        "Curves+Progress+Controls": plain(ours.Curves, ours.Progress, ours.Controls),
        "LayerMonitor": plain(ours.LayerMonitor),
        "kfx.fit (all)": everything,
        "Keras's bar": plain(verbose=1),
    }
    if importlib.util.find_spec("tensorboard"):
        import tempfile

        folder = tempfile.mkdtemp()
        found["TensorBoard"] = plain(lambda: keras.callbacks.TensorBoard(folder, update_freq="epoch"))
        found["TensorBoard, each batch"] = plain(lambda: keras.callbacks.TensorBoard(folder, update_freq=1))
    if importlib.util.find_spec("livelossplot"):
        from livelossplot import PlotLossesKerasTF

        found["livelossplot"] = plain(PlotLossesKerasTF)
    return found


def measure(rounds: int, steps: int, only: str = "") -> None:
    """The whole table, or the models named in ``only``; runs inside the kernel."""
    from kfx.quiet import import_keras

    keras = import_keras()

    class Timer(keras.callbacks.Callback):
        """Time from the end of the first epoch to the end of the last; it has no hook at batches."""

        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 0:
                self.began = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            if epoch == 0:
                self.first = time.perf_counter() - self.began
                self.wall, self.cpu = time.perf_counter(), time.process_time()
            elif epoch == EPOCHS - 1:
                self.wall, self.cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu

    ways = variants(keras)
    for name, (make, shape, data) in models(keras).items():
        if only and name not in only:
            continue
        count = steps if name == "mlp" else max(steps // 4, 50)
        x, y = data(shape, count)
        model = make()
        model.fit(x, y, batch_size=64, epochs=1, verbose=0)
        seen: dict[str, list[tuple[float, float, float]]] = {way: [] for way in ways}
        for number in range(rounds):
            order = list(ways)
            random.Random(number).shuffle(order)
            for way in order:
                timer = Timer()
                ways[way](model, x, y, timer)
                seen[way].append((timer.wall, timer.cpu, timer.first))
        bare = statistics.median(wall for wall, _, _ in seen["bare"]) / (count * (EPOCHS - 1)) * 1000
        report(name, bare, seen)


def report(name: str, step_ms: float, seen: dict[str, list[tuple[float, float, float]]]) -> None:
    """One table, on the real standard output."""
    print(f"\n{name}: a bare step takes {step_ms:.2f} ms; medians of {len(seen['bare'])} paired rounds", file=OUT)
    print(f"{'':26}{'wall':>9}{'middle half':>20}{'CPU':>9}{'first epoch':>14}", file=OUT)
    for way, runs in seen.items():
        wall = sorted((run[0] / base[0] - 1) * 100 for run, base in zip(runs, seen["bare"], strict=True))
        cpu = statistics.median((run[1] / base[1] - 1) * 100 for run, base in zip(runs, seen["bare"], strict=True))
        first = statistics.median(run[2] for run in runs)
        n = len(wall)
        half = f"{wall[n // 4]:+.1f} … {wall[(3 * n) // 4]:+.1f} %"
        print(f"{way:26}{statistics.median(wall):+8.1f}%{half:>20}{cpu:+8.1f}%{first:12.2f} s", file=OUT, flush=True)


OUT = sys.stdout


def in_a_kernel(rounds: int, steps: int, only: str) -> None:
    """Start a kernel, run `measure` in it, print its report."""
    import tempfile

    from jupyter_client.manager import start_new_kernel

    with tempfile.TemporaryDirectory() as folder:
        report_file = Path(folder) / "report.txt"
        code = (
            f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
            "import training_cost\n"
            f"training_cost.OUT = open({str(report_file)!r}, 'w')\n"
            f"training_cost.measure({rounds}, {steps}, {only!r})\n"
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
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--steps", type=int, default=300, help="steps an epoch of the MLP")
    parser.add_argument("--only", default="", help="mlp or cnn")
    given = parser.parse_args()
    in_a_kernel(given.rounds, given.steps, given.only)
