"""What Ray gains and costs on this machine against the plain local form: examples per second, its start, each block.

    python benchmarks/ray_speed.py [MODEL ...] [--examples N] [--workers N] [--plan FILE]

Random weights, float32, random images of the model's own size in a memory-mapped file, batch 32, the pooled features (the
input of the classifier) written to a folder. "local" is `kfx.extract(..., to=folder)`; "ray" is the same call with
``engine=kfx.Ray(workers=N)``, N processes of one thread. The rate of both is that between the first part written and the last,
so that it leaves out the start, which is told by itself: from the call to the first part, less the time one block takes.
A block's own cost is measured with a model that does almost nothing. ``--plan`` keeps the measurements, from which
benchmarks/ray_plan.py computes a plan for many machines.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from kfx.keras_access.importing import import_keras

MODELS = ("EfficientNetB0", "ResNet50")
BATCH = 32


def made(name: str) -> tuple[Any, str]:
    """A network and the address of its pooled features."""
    keras = import_keras()
    if name == "nothing":
        i = keras.Input((8,), name="i")
        return keras.Model(i, keras.layers.Rescaling(2.0, name="r")(i), name="nothing"), "r"
    model = getattr(keras.applications, name)(weights=None)
    return model, next(layer.name for layer in model.layers if "avg_pool" in layer.name)


def images(folder: Path, shape: tuple[int, ...]) -> np.ndarray:
    """A memory-mapped file of random images."""
    path = folder / "images.npy"
    block = np.random.default_rng(0).uniform(0, 255, (BATCH, *shape[1:])).astype("float32")
    whole = np.lib.format.open_memmap(path, "w+", "float32", shape)
    for start in range(0, shape[0], BATCH):
        whole[start : start + BATCH] = block[: min(BATCH, shape[0] - start)]
    whole.flush()
    return np.load(path, mmap_mode="r")


def followed(run: Any) -> dict[str, float]:
    """Seconds to the first report and in all, and examples per second between the first and the last."""
    told: list[tuple[float, int]] = []
    began = time.perf_counter()
    run(lambda now: told.append((time.perf_counter() - began, now.examples)) if not now.finished else None)
    (first, done), (last, whole) = told[0], told[-1]
    rate = (whole - done) / (last - first) if last > first else float("nan")
    return {"first_s": first, "all_s": time.perf_counter() - began, "examples_per_s": rate, "in_first": done}


def compare(name: str, examples: int, workers: int) -> dict[str, Any]:
    import kfx
    from kfx.values.data.batches import Batches
    from kfx.values.ray.run import extract_with_ray
    from kfx.values.source import ValueSource
    from kfx.values.store.stream import write_features

    model, address = made(name)
    with tempfile.TemporaryDirectory() as place:
        data = images(Path(place), (examples, *model.input_shape[1:]))
        part = BATCH * 4 * int(np.prod(model.get_layer(address).output.shape[1:]))  # bytes of one batch: a block is a batch
        source = ValueSource(model, address)

        def local(tell: Any) -> None:
            batches = Batches(model, data, batch_size=BATCH)
            write_features(source, batches, Path(place, "local"), progress=tell, part_bytes=part)

        def ray(tell: Any) -> None:
            engine = kfx.Ray(workers=workers, address="local")
            extract_with_ray(model, data, address, Path(place, "ray"), engine, batch_size=BATCH, progress=tell, part_bytes=part)

        alone, many = followed(local), followed(ray)
        written = sum(path.stat().st_size for path in Path(place, "ray").rglob("*") if path.is_file())
    start = many["first_s"] - workers * many["in_first"] / many["examples_per_s"]
    found = {
        "model": name,
        "examples": examples,
        "workers": workers,
        "local_per_s": alone["examples_per_s"],
        "ray_per_s": many["examples_per_s"],
        "start_s": start,
        "bytes_per_example": written / examples,
        "model_bytes": sum(int(np.prod(w.shape)) * 4 for w in model.weights),
    }
    print(
        f"{name}: local {alone['examples_per_s']:.0f} examples/s, Ray with {workers} processes {many['examples_per_s']:.0f} "
        f"({many['examples_per_s'] / alone['examples_per_s']:.2f} x), start {start:.1f} s; all of it {alone['all_s']:.1f} s "
        f"against {many['all_s']:.1f} s",
        flush=True,
    )
    return found


def block_cost(blocks: int) -> float:
    """Seconds that one block costs beyond its computation, in one worker: hand out, write, sync, report."""
    import kfx
    from kfx.values.ray.run import extract_with_ray

    model, address = made("nothing")
    data = np.zeros((blocks * BATCH, 8), "float32")
    with tempfile.TemporaryDirectory() as place:
        engine = kfx.Ray(workers=1, address="local")

        def ray(tell: Any) -> None:
            extract_with_ray(model, data, address, Path(place, "ray"), engine, batch_size=BATCH, progress=tell, part_bytes=1)

        told = followed(ray)
    cost = BATCH / told["examples_per_s"]
    print(f"A block that computes next to nothing: {cost * 1000:.1f} ms in one process ({blocks} blocks)", flush=True)
    return cost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--examples", type=int, default=960)
    parser.add_argument("--blocks", type=int, default=200)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--plan", type=Path, help="write the measurements to this .json file")
    args = parser.parse_args()
    measured = {"cores": os.cpu_count(), "block_s": block_cost(args.blocks)}
    measured["models"] = [compare(name, args.examples, args.workers) for name in args.models]
    if args.plan:
        args.plan.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
