"""How long the live inspector takes to answer: in the kernel, and from a click to the picture in a real browser.

    python benchmarks/inspect_latency.py [--clicks N] [--no-browser]

A small CNN (28 × 28 pictures, 32 and 64 channels) and SqueezeNet on a photograph. For each kind of question the first answer
(which may compile the model) and the median and the slowest of the further ones, with the bytes that were sent. In the browser
a click on a channel or a layer is timed until the large map has been painted. Needs Chromium for the second part.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import kfx
from kfx.keras_access.importing import import_keras

SMALL = """
import keras, kfx, numpy as np
from keras import layers
x = keras.Input((28, 28, 1))
y = layers.Conv2D(32, 3, activation="relu", name="conv_1")(x)
y = layers.Conv2D(64, 3, activation="relu", name="conv_2")(y)
y = layers.MaxPooling2D(name="pool")(y)
z = layers.Dense(10, activation="softmax", name="scores")(layers.Flatten(name="flat")(y))
cnn = keras.Model(x, z, name="small_cnn")
digits = kfx.datasets.digits()[0][0][:64, ..., None] / 255.0
"""


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return (time.perf_counter() - start) * 1000, result


def report(name: str, times: list[float], size: int | None = None) -> None:
    rest = times[1:] or times
    weight = "" if size is None else f"   {size / 1000:8.1f} kB"
    print(f"  {name:34} first {times[0]:8.1f} ms   median {statistics.median(rest):6.1f}   slowest {max(rest):6.1f}{weight}")


def in_the_kernel(name: str, model: Any, data: Any, layers: list[str], clicks: int) -> None:
    answers = kfx.inspect(model, data).answers()
    dice, count = random.Random(0), len(data)

    def questions(kind: str) -> dict[str, Any]:
        layer = layers[0] if kind in ("channel", "silence") else dice.choice(layers)
        ask = {
            "what": kind,
            "layer": layer,
            "example": dice.randrange(count) if kind in ("layer", "example") else 0,
            "count": 30,
        }
        return {**ask, "channel": dice.randrange(16)} if kind in ("channel", "silence") else ask

    print(f"{name}, in the kernel")
    for kind in ("layer", "channel", "example", "silence"):
        times, size = [], 0
        for _ in range(clicks):
            spent, (facts, buffers) = timed(lambda kind=kind: answers(questions(kind)))
            if "error" in facts:
                raise SystemExit(facts["error"])
            times.append(spent)
            size = max(size, sum(map(len, buffers)))
        report(kind, times, size)


# Until the large canvas has been painted with other pixels than before the click.
CLICK = """async ([selector, shown]) => {
  const view = document.querySelector(".kfx-live"), canvas = view.querySelector(".kfx-zoomed");
  const label = () => view.querySelector(shown).textContent;
  const before = label(), start = performance.now();
  view.querySelector(selector).click();
  while (label() === before && performance.now() - start < 10000) await new Promise(requestAnimationFrame);
  return performance.now() - start;
}"""


def in_the_browser(clicks: int) -> None:
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "browser"))
    from lab import Lab, find_chromium, write_notebook

    chromium = find_chromium()
    if chromium is None:
        print("no Chromium: the browser's part is left out")
        return
    with tempfile.TemporaryDirectory() as folder, Lab(Path(folder), chromium) as lab:
        write_notebook(lab.root / "speed.ipynb", SMALL, "kfx.inspect(cnn, digits, layer='conv_1')")
        page = lab.open("speed.ipynb")
        lab.run_all()
        page.locator(".kfx-map").nth(20).wait_for()
        print("small CNN, from a click to the picture in JupyterLab")
        title = ".kfx-inspect-one .kfx-inspect-label"
        report("channel", [page.evaluate(CLICK, [f".kfx-map:nth-child({2 + i % 20})", title]) for i in range(clicks)])
        layers = [
            page.evaluate(CLICK, [f".kfx-tools > .kfx-btn:nth-of-type({1 + i % 2})", ".kfx-inspect-title"])
            for i in range(1, clicks)
        ]
        report("layer", layers)
        examples = [
            page.evaluate(CLICK, [f".kfx-example .kfx-btn:nth-of-type({1 + i % 2})", ".kfx-prediction"])
            for i in range(1, clicks)
        ]
        report("example", examples)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clicks", type=int, default=30)
    parser.add_argument("--no-browser", action="store_true")
    given = parser.parse_args()
    import_keras()
    scope: dict[str, Any] = {}
    exec(SMALL, scope)
    in_the_kernel("small CNN", scope["cnn"], scope["digits"], ["conv_1", "conv_2", "pool", "scores"], given.clicks)
    from kfx.datasets import photos, preprocess, squeezenet
    from kfx.datasets.photographs import photo

    pictures = np.concatenate([preprocess(photo(name, size=227)) for name in photos()])
    in_the_kernel("SqueezeNet", squeezenet(), pictures, ["fire3_concat", "conv1", "fire9_concat", "softmax"], given.clicks)
    if not given.no_browser:
        in_the_browser(given.clicks)


if __name__ == "__main__":
    main()
