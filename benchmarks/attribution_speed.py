"""What attribution costs: Grad-CAM against a forward pass, integrated gradients against as many plain gradient passes.

    python benchmarks/attribution_speed.py [--rounds 9] [--batch 8] [--steps 50] [--side 96]

SqueezeNet on random pictures, all in one process. Each round runs every way once, in a rotating order; what is printed is the
median of the ratios of the same round, by the clock and by the processor time used. "forward" is the model in a `tf.function`,
its output as an array; "gradient passes" are a `tf.function` with a gradient tape, once for each point of the same path, that
adds up on the way. Every way has run once before.
"""

from __future__ import annotations

import argparse
import statistics

import numpy as np
from inside_values_speed import in_turns

import kfx
from kfx.datasets import squeezenet


def main() -> None:
    import tensorflow as tf

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, usual in (("rounds", 9), ("batch", 8), ("steps", 50), ("side", 96)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    args = parser.parse_args()
    model = squeezenet(input_shape=(args.side, args.side, 3))
    x = np.random.default_rng(0).normal(0, 50, (args.batch, args.side, args.side, 3)).astype("float32")
    run = tf.function(lambda x: model(x, training=False))
    units = tf.constant(np.argmax(run(x), axis=1))

    @tf.function(autograph=False)
    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            score = tf.gather(model(x, training=False), units, batch_dims=1)
        return tape.gradient(score, x)

    def passes():
        total = tf.zeros_like(x)
        for n in range(args.steps):
            total += gradient(tf.constant(x * np.float32((n + 0.5) / args.steps)))
        return (total / args.steps).numpy() * x

    ways = {
        "forward": lambda: run(x).numpy(),
        "gradcam": lambda: kfx.attribute(model, x, method="gradcam", layer="fire9_concat", batch_size=args.batch),
        "passes": passes,
        "integrated": lambda: kfx.attribute(model, x, method="integrated", steps=args.steps, baseline=0, batch_size=args.batch),
    }
    for way in ways.values():
        way()
    times = in_turns(ways, args.rounds)
    for way, plain in (("gradcam", "forward"), ("integrated", "passes")):
        clock, processor = (
            statistics.median(a[n] / b[n] for a, b in zip(times[way], times[plain], strict=True)) for n in (0, 1)
        )
        ms = statistics.median(one[0] for one in times[way]) * 1000
        print(
            f"{way} of {args.batch} pictures: {clock:.2f} × {plain} by the clock, {processor:.2f} × by processor ({ms:.0f} ms)"
        )


if __name__ == "__main__":
    main()
