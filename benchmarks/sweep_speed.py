"""How long a sweep takes against a loop of `kfx.patch` that gives the same numbers.

    python benchmarks/sweep_speed.py [--layers 12] [--positions 32] [--rounds 5]

Blocks of attention and dense layers; one example; both ways in one process, in turns. The loop is written in three ways: with
``model(x)`` in each patch, which runs eagerly, with ``model.predict``, which Keras compiles anew in each patch, and with one
patch whose values are variables, so that one compiled ``model.predict`` serves all cells: the best that a loop can do. The
last takes as long for all cells as for some, so that fewer cells are measured of the first two and counted up. What is printed
is the median of the ratios of each round, by the clock and by processor time. Target: at least 3 times.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers, ops

import kfx

TARGET = 3.0


def transformer(depth: int, length: int) -> keras.Model:
    x = inputs = keras.Input((length,), dtype="int32")
    x = layers.Embedding(100, 64)(x)
    for k in range(depth):
        h = layers.LayerNormalization()(x)
        x = layers.Add()([x, layers.MultiHeadAttention(4, 16)(h, h, use_causal_mask=True)])
        h = layers.Dense(64)(layers.Dense(256, activation="gelu")(layers.LayerNormalization()(x)))
        x = layers.Add(name=f"block_{k}")([x, h])
    return keras.Model(inputs, layers.Dense(100)(layers.LayerNormalization()(x)))


class Loops:
    """The loops by hand, each over some cells."""

    def __init__(self, model: keras.Model, clean: np.ndarray, corrupted: np.ndarray, keys: list[str]) -> None:
        self.model, self.corrupted, self.keys = model, corrupted, keys
        self.clean = kfx.extract(model, clean, keys)
        self.length = clean.shape[1]

    def cell(self, key: str, position: int, run) -> float:
        here = (np.arange(self.length) == position)[None, :, None]
        with kfx.patch(self.model, {key: lambda x: ops.where(here, self.clean[key], x)}):
            return float(np.asarray(run(self.corrupted))[0, -1, 7])

    def eager(self, cells) -> list[float]:
        return [self.cell(*one, self.model) for one in cells]

    def predict(self, cells) -> list[float]:
        return [self.cell(*one, lambda x: self.model.predict(x, verbose=0)) for one in cells]

    def one_patch(self, cells) -> list[float]:
        """One compiled ``predict`` in one patch; the place is a variable."""
        layer, at = keras.Variable(-1, dtype="int32"), keras.Variable(0, dtype="int32")

        def change(number: int, key: str):
            def put(x):
                here = ops.logical_and(ops.equal(layer, number), ops.equal(ops.arange(self.length), at))
                return ops.where(here[None, :, None], self.clean[key], x)

            return put

        found = []
        with kfx.patch(self.model, {key: change(number, key) for number, key in enumerate(self.keys)}):
            for key, position in cells:
                layer.assign(self.keys.index(key))
                at.assign(position)
                found.append(float(self.model.predict(self.corrupted, verbose=0)[0, -1, 7]))
        return found


def timed(run) -> tuple[tuple[float, float], object]:
    gc.collect()
    start = time.perf_counter(), time.process_time()
    result = run()
    return (time.perf_counter() - start[0], time.process_time() - start[1]), result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--positions", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    model = transformer(args.layers, args.positions)
    clean = np.random.default_rng(0).integers(0, 100, (1, args.positions))
    corrupted = clean.copy()
    corrupted[:, 3] = (corrupted[:, 3] + 1) % 100
    keys = [f"block_{k}" for k in range(args.layers)]
    cells = [(key, position) for key in keys for position in range(args.positions)]
    some = cells[:: max(1, len(cells) // 3)]
    loops = Loops(model, clean, corrupted, keys)
    ways = {
        "model(x)": (loops.eager, some),
        "model.predict": (loops.predict, some),
        "one compiled patch": (loops.one_patch, cells),
    }
    ratios: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    worst = 0.0
    for number in range(args.rounds + 1):  # the first one is not counted
        spent, found = timed(lambda: kfx.sweep(model, clean, corrupted, keys, metric=7))
        for way, (run, asked) in ways.items():
            own, values = timed(lambda run=run, asked=asked: run(asked))
            share = len(cells) / len(asked)
            if number:
                ratios[way].append((own[0] * share / spent[0], own[1] * share / spent[1]))
            worst = max(worst, max(abs(a - found[key][0, p]) for a, (key, p) in zip(values, asked, strict=True)))
        if number:
            print(f"  round {number}: sweep {spent[0]:.2f} s", flush=True)
    print(f"{args.layers} layers × {args.positions} positions, {args.rounds} rounds; largest difference {worst:.1e}")
    for way, found in ratios.items():
        clock, cpu = (statistics.median(one[k] for one in found) for k in (0, 1))
        verdict = "met" if clock >= TARGET else "missed"
        print(f"  a loop with {way:20s} {clock:7.1f} x as long by the clock, {cpu:7.1f} x in processor time   {verdict}")


if __name__ == "__main__":
    main()
