"""How long our SVG takes against ``keras.utils.plot_model`` to PNG, and how heavy a first picture in a notebook is.

    python benchmarks/plot_speed.py [MODEL ...] [--pairs N] [--all]

Each pair runs both on the same model, one after the other, in changing order; medians and the median of the pairwise ratios
are printed. Keras's side needs ``pip install pydot`` and a system ``dot``; without them only ours is measured. ``--all`` builds
every model of ``keras.applications`` (some take minutes and several GB) and prints the weight of its first picture.
"""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kfx.keras_access.importing import import_keras

MOST_BYTES = 200_000


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def missing_for_keras() -> str:
    """What Keras's plot_model lacks here, or nothing."""
    lacks = [] if importlib.util.find_spec("pydot") else ["pydot (pip install pydot)"]
    return " and ".join(lacks if shutil.which("dot") else [*lacks, "a system dot (conda install graphviz)"])


def measure(keras: Any, model: Any, pairs: int, peer: bool) -> tuple[list[float], list[float], str]:
    """Seconds of our SVG and of Keras's PNG, and Keras's error if it fails."""
    import kfx

    with tempfile.TemporaryDirectory() as folder:

        def ours() -> None:
            Path(folder, "ours.svg").write_text(kfx.plot_model(model).svg(), encoding="utf-8")

        def theirs() -> None:
            keras.utils.plot_model(model, to_file=str(Path(folder, "theirs.png")), show_shapes=True, show_layer_names=True)

        ours()
        if not peer:
            return [seconds(ours) for _ in range(pairs)], [], ""
        try:
            theirs()
        except Exception as error:
            return [seconds(ours) for _ in range(pairs)], [], f"{type(error).__name__}: {str(error).splitlines()[0][:90]}"
        times = []
        for i in range(pairs):
            order = (ours, theirs) if i % 2 else (theirs, ours)
            took = {work: seconds(work) for work in order}
            times.append((took[ours], took[theirs]))
    return [a for a, _ in times], [b for _, b in times], ""


def weights_of(model: Any) -> dict[str, int]:
    """Bytes of each form of the first picture and how many boxes it has."""
    import kfx

    view = kfx.plot_model(model)
    bundle = view._repr_mimebundle_()
    return {
        "layers": len(view.graph.calls),
        "boxes": len(view.picture().boxes),
        "svg": len(view.svg().encode()),
        "html": len(bundle["text/html"].encode()),
        "text": len(bundle["text/plain"].encode()),
        "live": len(json.dumps(view.live_drawing(view.live_traits()["unfolded"]), ensure_ascii=False).encode()),
    }


def report_weight(name: str, found: dict[str, int]) -> bool:
    light = found["html"] < MOST_BYTES
    print(
        f"{name:>24}: {found['layers']:5} calls, {found['boxes']:3} boxes, svg {found['svg'] / 1000:5.1f} kB, "
        f"static face {found['html'] / 1000:5.1f} kB{'' if light else '  TOO HEAVY'}, text {found['text'] / 1000:5.1f} kB",
        flush=True,
    )
    return light


def applications(keras: Any) -> list[str]:
    return [name for name, kind in inspect.getmembers(keras.applications) if inspect.isfunction(kind)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=["ResNet50", "EfficientNetB7", "NASNetLarge"])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--all", action="store_true", help="the weight of every application's first picture")
    args = parser.parse_args()
    keras = import_keras()
    from kfx.draw.graphviz.engine import engines

    print(f"engines here: {', '.join(engines()) or 'none'}")
    if args.all:
        light = []
        for name in applications(keras):
            keras.backend.clear_session()
            light.append(report_weight(name, weights_of(getattr(keras.applications, name)(weights=None))))
        print(f"{sum(light)} of {len(light)} first pictures are under {MOST_BYTES // 1000} kB")
        return
    lacks = missing_for_keras()
    if lacks:
        print(f"keras.utils.plot_model cannot run here: it lacks {lacks}")
    for name in args.models:
        model = getattr(keras.applications, name)(weights=None)
        ours, theirs, error = measure(keras, model, args.pairs, not lacks)
        line = f"{name}: our SVG {statistics.median(ours) * 1000:.0f} ms"
        if theirs:
            ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
            line += f", plot_model PNG {statistics.median(theirs) * 1000:.0f} ms, ratio {ratio:.4f} (1/{1 / ratio:.0f})"
        print(line + (f", plot_model fails: {error}" if error else ""), flush=True)
        report_weight(name, weights_of(model))


if __name__ == "__main__":
    main()
