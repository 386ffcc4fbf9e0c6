"""What values inside layers cost against a plain forward pass, and a first extraction against a first ``predict``.

    python benchmarks/inside_values_speed.py [--blocks 50] [--rounds 15] [--batch 128]

Blocks of attention, sums, a product with a weight, slices and a join, as on keras.io; all in one process. Each round runs every
way once, in a rotating order; what is printed is the median of the ratios to the plain pass of the same round, by the clock and
by the processor time used, which other programs disturb less. "plain" is the model in a `tf.function`, its output as an array.
First calls are those of new, equal models, in turns.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time

import numpy as np

from kfx.keras_access.importing import import_keras


def stacked(count: int):
    """So many equal blocks."""
    import tensorflow as tf

    keras = import_keras()
    layers = keras.layers

    class Block(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.attention = layers.MultiHeadAttention(4, 8, name="attention")
            self.before, self.after = layers.LayerNormalization(name="before"), layers.LayerNormalization(name="after")
            self.up, self.down = layers.Dense(64, activation="gelu", name="up"), layers.Dense(32, name="down")

        def build(self, shape):
            self.attention.build(shape, shape)
            self.before.build(shape)
            self.up.build(shape)
            self.down.build((*shape[:-1], 64))
            self.after.build(shape)
            self.w = self.add_weight(shape=(shape[-1], shape[-1]), name="w")
            self.built = True

        def call(self, x):
            x = self.before(x + self.attention(x, x))
            y = keras.ops.matmul(x, self.w)
            y = keras.ops.concatenate([y[..., :16], tf.nn.relu(x[..., 16:])], axis=-1)
            return self.after(y + self.down(self.up(x)))

    x = i = keras.Input((16, 32))
    for k in range(count):
        x = Block(name=f"block_{k}")(x)
    return keras.Model(i, x)


def in_turns(ways, rounds: int):
    """Return the times of each way by the clock and by the processor, in a rotating order."""
    times: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    order = list(ways)
    for number in range(rounds):
        for way in order[number % len(order) :] + order[: number % len(order)]:
            gc.collect()
            start = time.perf_counter(), time.process_time()
            result = ways[way]()
            times[way].append((time.perf_counter() - start[0], time.process_time() - start[1]))
            del result
    return times


def tell(times, plain: str) -> None:
    for way, found in times.items():
        clock, cpu = (statistics.median(a[k] / b[k] for a, b in zip(found, times[plain], strict=True)) for k in (0, 1))
        median = statistics.median(a for a, _ in found) * 1000
        print(f"  {way:38s} {median:9.1f} ms   {clock:5.2f} x   {cpu:5.2f} x in processor time", flush=True)


def warm(blocks: int, rounds: int, batch: int) -> None:
    import tensorflow as tf

    import kfx
    from kfx.values.patch import patch
    from kfx.values.tap.program import Program

    model = stacked(blocks)
    data = np.random.default_rng(0).normal(size=(batch, 16, 32)).astype("float32")
    inputs, compiled = tf.constant(data), tf.function(lambda x: model(x, training=False), autograph=False)
    drawn = [call.key for call in kfx.read_graph(model).calls if call.module == "tensorflow"]
    middle = f"block_{blocks // 2}/add"
    with patch(model, {middle: lambda x: x * 2}):
        patched = Program(model, (), output=True)
        patched(inputs)  # which holds the patch from then on
    run = {
        "plain": lambda: np.asarray(compiled(inputs)),
        f"all {len(drawn)} operations in blocks": lambda: kfx.extract(model, data, drawn),
        "one operation": lambda: kfx.extract(model, data, middle),
        "a patched operation": lambda: np.asarray(patched(inputs)[1]),
        "scores of all attention": lambda: kfx.extract(model, data, "**/scores"),
    }
    for way in run.values():
        way()
        way()
    print(f"{blocks} blocks, batch {batch}, {rounds} rounds")
    tell(in_turns(run, rounds), "plain")


def first(blocks: int, rounds: int) -> None:
    import kfx

    data = np.random.default_rng(0).normal(size=(8, 16, 32)).astype("float32")
    stacked(1).predict(data, verbose=0)
    kfx.extract(stacked(1), data)
    waiting = {way: [stacked(blocks) for _ in range(rounds)] for way in ("predict", "extract", "one block")}
    run = {
        "predict": lambda: waiting["predict"].pop().predict(data, verbose=0),
        "extract": lambda: kfx.extract(waiting["extract"].pop(), data),
        "one block": lambda: kfx.extract(waiting["one block"].pop(), data, f"block_{blocks // 2}"),
    }
    print(f"first calls of {blocks} blocks, {rounds} rounds")
    tell(in_turns(run, rounds), "predict")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--blocks", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--first-rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=128)
    args = parser.parse_args()
    warm(args.blocks, args.rounds, args.batch)
    first(min(args.blocks, 30), args.first_rounds)


if __name__ == "__main__":
    main()
