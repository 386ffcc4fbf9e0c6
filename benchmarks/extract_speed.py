"""What taking values out costs against a plain forward pass and against the guide's recipe, in time and in memory.

    python benchmarks/extract_speed.py [MODEL ...] [--rounds N] [--batch 8] [--skip-memory]

Random weights, float32, the model's own input size. Each round runs every way once, in a rotating order; what is printed is the
median time, and the medians over rounds of the ratios to the plain pass of the same round: by the clock, and by the processor
time used, which other programs disturb less. "plain" is the model in a
`tf.function`, its output as an array; "recipe" is ``keras.Model(model.inputs, [layer.output ...]).predict_on_batch``.

Memory is the growth of the high-water mark of a fresh process in which plain passes have settled, against the bytes asked for:
over the first call, which also compiles (what compiling the plain pass once more takes is told beside it), and over a call
of a program that was compiled on batches of one and two, after three more plain passes. TensorFlow keeps what it freed, so that
values may come out of memory that the process held already, and a plain pass may grow by some MB now and then.
`--stream` writes one middle layer of 8, 32 and 128 batches to disk.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import subprocess
import sys
import time

import numpy as np

from kfx.keras_access.importing import import_keras

MODELS = ("VGG19", "ResNet50", "EfficientNetB0")


def made(name: str, batch: int):
    keras = import_keras()
    model = getattr(keras.applications, name)(weights=None)
    data = np.random.default_rng(0).uniform(0, 255, (batch, *model.input_shape[1:])).astype("float32")
    return keras, model, data


def five_passes(keras):
    """Mean, standard deviation, share of zeros, smallest and largest, as five `keras.ops` calls."""
    ops = keras.ops

    def reduce(key, value):
        parts = [x for x in keras.tree.flatten(value) if x is not None]
        return [
            (ops.mean(x), ops.std(x), ops.mean(ops.cast(ops.equal(x, 0), "float32")), ops.min(x), ops.max(x)) for x in parts
        ]

    return reduce


def ways(keras, model, data):
    """Each way of running the model, by name."""
    import tensorflow as tf

    import kfx
    from kfx.values.tap.program import Program

    every = [layer.name for layer in model.layers]
    middle = every[len(every) // 2]
    compiled = tf.function(lambda x: model(x, training=False), autograph=False)
    recipe = keras.Model(model.inputs, [layer.output for layer in model.layers[1:]])
    naive = Program(model, every[1:], reduce=five_passes(keras))
    inputs = tf.constant(data)
    found = {
        "plain": lambda: np.asarray(compiled(inputs)),
        "predict_on_batch": lambda: model.predict_on_batch(data),
        "extract, all layers": lambda: kfx.extract(model, data),
        "extract, one middle layer": lambda: kfx.extract(model, data, middle),
        "recipe, all layers": lambda: recipe.predict_on_batch(data),
        "statistics, all layers": lambda: kfx.statistics(model, data, every[1:]),
        "five keras.ops passes": lambda: naive(inputs),
    }
    try:
        import keract
    except ImportError:
        return found
    found["keract, all layers"] = lambda: keract.get_activations(model, data)
    return found


def compare(name: str, batch: int, rounds: int) -> None:
    keras, model, data = made(name, batch)
    run = ways(keras, model, data)
    for way in list(run):
        try:
            run[way]()
            run[way]()
        except Exception as error:
            print(f"  {way}: fails ({type(error).__name__}: {str(error).splitlines()[0][:80]})")
            del run[way]
    times: dict[str, list[tuple[float, float]]] = {way: [] for way in run}
    order = list(run)
    for number in range(rounds):
        for way in order[number % len(order) :] + order[: number % len(order)]:
            gc.collect()
            start = time.perf_counter(), time.process_time()
            result = run[way]()
            times[way].append((time.perf_counter() - start[0], time.process_time() - start[1]))
            del result
    print(f"{name}, batch {batch}, {rounds} rounds, {len(model.layers)} layers")
    for way, found in times.items():
        clock, cpu = (statistics.median(a[k] / b[k] for a, b in zip(found, times["plain"], strict=True)) for k in (0, 1))
        median = statistics.median(a for a, _ in found) * 1000
        print(f"  {way:28s} {median:8.1f} ms   {clock:5.2f} x plain   {cpu:5.2f} x in processor time")


def high_water() -> int:
    """Bytes of the process's largest resident size since `forget_high_water` (Linux)."""
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


def forget_high_water() -> None:
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def grown(call) -> tuple[int, object]:
    """How far the process's peak rises over what it holds now while something runs, and its result."""
    gc.collect()
    forget_high_water()
    before = high_water()
    result = call()
    return high_water() - before, result


def child(name: str, batch: int, way: str) -> None:
    """In a fresh process: peak of a first call, of one more compiling of the plain pass, or of a call that compiles nothing."""
    import tensorflow as tf

    import kfx

    keras, model, data = made(name, batch)
    every = [layer.name for layer in model.layers]
    layers = every[len(every) // 2] if "one" in way else "*"
    plain = tf.function(lambda x: model(x, training=False), autograph=False)
    for _ in range(5):
        np.asarray(plain(tf.constant(data)))
    if way.startswith("plain"):
        again = tf.function(lambda x: model(x, training=False), autograph=False)
        print(grown(lambda: np.asarray(again(tf.constant(data))))[0], 0)
        return
    if way.startswith("recipe"):
        recipe = keras.Model(model.inputs, [layer.output for layer in model.layers[1:]])
        size, result = grown(lambda: recipe.predict_on_batch(data))
    else:
        if "compiled" in way:
            kfx.extract(model, data[:1], layers)
            kfx.extract(model, data[:2], layers)
            for _ in range(3):
                np.asarray(plain(tf.constant(data)))
        size, result = grown(lambda: kfx.extract(model, data, layers))
    print(size, sum(np.asarray(x).nbytes for x in keras.tree.flatten(dict(result) if hasattr(result, "keys") else result)))


MEMORY = (
    "plain, compiled once more",
    "extract one, first call",
    "extract one, compiled",
    "extract all, first call",
    "extract all, compiled",
    "recipe, first call",
)


def apart(name: str, batch: int, *words: str) -> list[int]:
    command = [sys.executable, __file__, name, "--batch", str(batch), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [int(word) for word in done.stdout.split()[-2:]]


def memory(name: str, batch: int) -> None:
    for way in MEMORY:
        size, asked = apart(name, batch, "--child", way)
        against = f" for {asked / 1e6:7.1f} MB asked for ({size / asked:.2f} x)" if asked else ""
        print(f"  {way:28s} peak +{size / 1e6:7.1f} MB{against}", flush=True)


def stream_child(name: str, batch: int, batches: int) -> None:
    """In a fresh process: peak while one middle layer of so many batches goes to disk, and the bytes written."""
    import tempfile

    import kfx

    _, model, data = made(name, batch)
    middle = model.layers[len(model.layers) // 2].name
    for _ in range(5):
        kfx.extract(model, data, middle)
    with tempfile.TemporaryDirectory() as folder:
        told = []
        stream = (data + number for number in range(batches))
        size, _ = grown(lambda: kfx.extract(model, stream, middle, to=folder, progress=told.append) and None)
    print(size, told[-1].nbytes)


def stream(name: str, batch: int) -> None:
    for batches in (8, 32, 128):
        size, written = apart(name, batch, "--stream-child", str(batches))
        print(f"  {batches:4d} batches streamed: peak +{size / 1e6:6.1f} MB for {written / 1e6:7.1f} MB written", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--skip-memory", action="store_true")
    parser.add_argument("--skip-time", action="store_true")
    parser.add_argument("--stream", action="store_true", help="only the memory of a data set that goes to disk")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--stream-child", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(args.models[0], args.batch, args.child)
        return
    if args.stream_child:
        stream_child(args.models[0], args.batch, args.stream_child)
        return
    for name in args.models:
        if args.stream:
            print(f"{name}, batch {args.batch}, one middle layer to disk")
            stream(name, args.batch)
            continue
        if not args.skip_time:
            compare(name, args.batch, args.rounds)
        if not args.skip_memory and sys.platform == "linux":
            print(f"{name}, batch {args.batch}, memory")
            memory(name, args.batch)


if __name__ == "__main__":
    main()
