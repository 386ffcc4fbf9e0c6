"""What ``kfx.fit`` costs beside plain ``fit`` of fresh models that kfx never touched: first batch, steps, later fits, memory.

Unlike ``training_cost.py``, which compares steps with and without callbacks side by side, whole fits are compared here, each
on a model of its own, in turn and in changing order, so that whatever else the machine does falls on all of them. Each figure
is the median of ratios or differences to the plain fit beside it. Steps are timed by a callback of Keras's at each epoch's
beginning; the first epochs, in which everything is traced, are left out. "plain, again" is the noise.

    python benchmarks/training_cost.py --fits 5 [--script] [--cpu]

In a real Jupyter kernel without a browser, or in a script; ``--cpu`` measures processor time, on a machine that others use.
"""

from __future__ import annotations

import contextlib
import gc
import io
import itertools
import resource
import statistics
import sys
import time

EPOCHS, WARM = 15, 3
OUT = sys.stdout


def models(keras):
    """Name -> a function that makes a model, the shape of an example, steps an epoch."""
    layers = keras.layers

    def compiled(model):
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(1e-4), loss, metrics=["accuracy"])
        return model

    def one_ms():
        body = [layers.Dense(256, activation="relu") for _ in range(3)]
        return compiled(keras.Sequential([keras.Input((128,)), *body, layers.Dense(10)], name="one_ms"))

    def four_ms():
        body = [layers.Dense(768, activation="relu") for _ in range(4)]
        return compiled(keras.Sequential([keras.Input((128,)), *body, layers.Dense(10)], name="four_ms"))

    return {"steps of 1 ms": (one_ms, (128,), 200), "steps of 4 ms": (four_ms, (128,), 60)}


def ways(keras):
    """Name -> callbacks of kfx for a plain fit, or None for `kfx.fit`."""
    import kfx

    ours = kfx.callbacks
    return {
        "plain": list,
        "plain, again": list,
        "curves, progress, controls": lambda: [ours.Curves(), ours.Progress(), ours.Controls()],
        "with the layer monitor": lambda: [ours.Curves(), ours.Progress(), ours.Controls(), ours.LayerMonitor()],
        "kfx.fit": None,
    }


class Lane:
    """One way to train one model."""

    clock = time.perf_counter

    def __init__(self, keras, make, shape, steps, callbacks):
        import numpy as np

        keras.utils.set_random_seed(0)
        rng = np.random.default_rng(0)
        self.x, self.y = rng.normal(size=(64 * steps, *shape)).astype("float32"), rng.integers(0, 10, 64 * steps)
        self.model, self.callbacks, self.keras = make(), callbacks, keras

    def fit(self, epochs, batches=None):
        """Train; return the seconds of the fit, of its first batch, and of each epoch, and the journal."""
        import kfx

        keras, marks = self.keras, []

        class Times(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                marks.append(Lane.clock())

        class First(keras.callbacks.Callback):
            first = None

            def on_train_batch_end(self, batch, logs=None):
                self.first = self.first or Lane.clock()

        count = len(self.x) if batches is None else 64 * batches
        given = {"batch_size": 64, "epochs": epochs, "verbose": 0, "shuffle": False}
        timing = First() if batches is not None else Times()
        began = Lane.clock()
        with contextlib.redirect_stdout(io.StringIO()):
            if self.callbacks is None:
                kfx.fit(self.model, self.x[:count], self.y[:count], callbacks=[timing], **given)
            else:
                self.model.fit(self.x[:count], self.y[:count], callbacks=[*self.callbacks(), timing], **given)
        took = Lane.clock() - began
        marks.append(Lane.clock())
        first = timing.first - began if batches is not None and timing.first else None
        return took, first, [b - a for a, b in itertools.pairwise(marks)]


def measure(rounds: int, *, cpu: bool = False) -> None:
    """Print all tables."""
    Lane.clock = time.process_time if cpu else time.perf_counter
    import kfx
    from kfx.keras_access.importing import import_keras

    keras = import_keras()
    median = statistics.median
    for name, (make, shape, steps) in models(keras).items():
        first = {way: [] for way in ways(keras)}
        later, step, said = ({way: [] for way in ways(keras)} for _ in range(3))
        for number in range(rounds + 1):
            order = list(ways(keras).items())
            for way, callbacks in order if number % 2 else order[::-1]:
                lane = Lane(keras, make, shape, steps, callbacks)
                gc.collect()
                took = lane.fit(1, batches=30)
                later_took = [lane.fit(1, batches=2)[0] for _ in range(5)]
                epochs = lane.fit(EPOCHS)[2][WARM:]
                if number:  # the first round warms the process
                    first[way].append(took[1])
                    later[way].append(median(later_took[1:]))
                    step[way].append(median(epochs) / steps)
                    journal = kfx.runs[-1].journal if way not in ("plain", "plain, again") else None
                    said[way].append(None if journal is None else journal.cost)
                del lane
        print(f"\n{name}: plain {median(step['plain']) * 1e3:.2f} ms a step, {rounds} rounds", file=OUT)
        print(f"{'':30}{'first batch':>12}{'later fit':>12}{'steps':>9}{'says itself':>13}", file=OUT)
        for way in step:
            ratio = median(a / b for a, b in zip(first[way], first["plain"], strict=True))
            more = median(a - b for a, b in zip(later[way], later["plain"], strict=True)) * 1e3
            slower = (median(a / b for a, b in zip(step[way], step["plain"], strict=True)) - 1) * 100
            known = [one for one in said[way] if one is not None]
            says = f"{median(known):.1%}" if known else ""
            print(f"{way:30}{ratio:11.2f}x{more:+9.0f} ms{slower:+8.1f}%{says:>13}", file=OUT, flush=True)
    memory(keras)


def memory(keras, fits: int = 200) -> None:
    """Print how much 200 fits of one model leave behind."""
    make, shape, _ = models(keras)["steps of 1 ms"]
    for way in ("plain", "kfx.fit"):
        lane = Lane(keras, make, shape, 4, ways(keras)[way])
        for _ in range(10):
            lane.fit(1)
        gc.collect()
        objects, before = len(gc.get_objects()), _resident()
        for _ in range(fits):
            lane.fit(1)
        gc.collect()
        grown, kept = len(gc.get_objects()) - objects, _resident() - before
        print(f"{fits} fits, {way}: {kept:+.0f} MB, {grown:+,} objects", file=OUT, flush=True)


def _resident() -> float:
    """Megabytes in memory now, or at most so far where that is not known."""
    with contextlib.suppress(OSError), open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
