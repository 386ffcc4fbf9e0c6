"""How long reading and the text summary take against ``model.summary()``, and what ``import kfx`` costs.

    python benchmarks/summary_speed.py [MODEL ...] [--pairs N]

Each pair runs both, one after the other, in changing order; the medians and the median of the pairwise ratios are printed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

from kfx.keras_access.importing import import_keras


def seconds(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def paired(ours, theirs, pairs: int) -> tuple[float, float, float]:
    """Median seconds of each and the median of ours / theirs over pairs, after one warm-up."""
    ours(), theirs()
    times = []
    for i in range(pairs):
        first, second = (ours, theirs) if i % 2 else (theirs, ours)
        a, b = seconds(first), seconds(second)
        times.append((a, b) if i % 2 else (b, a))
    return (
        statistics.median(a for a, _ in times),
        statistics.median(b for _, b in times),
        statistics.median(a / b for a, b in times),
    )


def import_ms(module: str, runs: int = 15) -> float:
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    found = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(runs)
    ]
    return statistics.median(found) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=["EfficientNetB7", "ResNet50", "VGG19"])
    parser.add_argument("--pairs", type=int, default=11)
    args = parser.parse_args()
    print(f"import kfx: median {import_ms('kfx'):.1f} ms")
    keras = import_keras()
    import kfx

    for name in args.models:
        model = getattr(keras.applications, name)(weights=None)
        read, _, _ = paired(lambda m=model: kfx.read_graph(m), lambda: None, args.pairs)
        ours, theirs, ratio = paired(
            lambda m=model: str(kfx.summary(m)), lambda m=model: m.summary(print_fn=lambda *a, **k: None), args.pairs
        )
        print(
            f"{name}: read {read * 1000:.1f} ms; read + text {ours * 1000:.1f} ms, model.summary() {theirs * 1000:.1f} ms, "
            f"ratio {ratio:.3f} (1/{1 / ratio:.0f})"
        )


if __name__ == "__main__":
    main()
