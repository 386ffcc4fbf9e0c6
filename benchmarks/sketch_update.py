"""How long a live sketch takes to take in a cell, what it costs when nothing changed, and when none is alive.

    python benchmarks/sketch_update.py [--layers N] [--cells N]

Each cell adds three layers to a graph of about N layers; the median over all cells is printed. Run it with KFX_DOT= (empty) to
measure it with the Graphviz that comes with pygraphviz in place of the system's.
"""

from __future__ import annotations

import argparse
import statistics
import time
from types import SimpleNamespace

from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from kfx.keras_access.importing import import_keras


def shell_like_a_kernel() -> InteractiveShell:
    shell = InteractiveShell.instance()
    shell.display_pub, shell.kernel = CapturingDisplayPublisher(), SimpleNamespace()
    return shell


def add_layers(layers, x, n: int):
    """Some residual blocks of three layers."""
    for _ in range(n // 3):
        y = layers.Activation("relu")(layers.Dense(32)(x))
        x = layers.Add()([x, y])
    return x


def after_a_cell_ms(shell: InteractiveShell) -> float:
    """Time of everything that is registered for the end of a cell."""
    result = SimpleNamespace(error_in_exec=None)
    start = time.perf_counter()
    shell.events.trigger("post_run_cell", result)
    return (time.perf_counter() - start) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, default=200)
    parser.add_argument("--cells", type=int, default=21)
    args = parser.parse_args()
    keras, shell = import_keras(), shell_like_a_kernel()
    import kfx
    from kfx.draw.graphviz.engine import engines

    layers, space = keras.layers, shell.user_ns
    nothing = [after_a_cell_ms(shell) for _ in range(1000)]
    space["inputs"] = keras.Input((32,), name="inputs")
    space["x"] = add_layers(layers, space["inputs"], args.layers)
    view = kfx.sketch(space["inputs"])
    view._ipython_display_()
    after_a_cell_ms(shell)
    changed, unchanged = [], []
    for _ in range(args.cells):
        space["x"] = add_layers(layers, space["x"], 3)
        changed.append(after_a_cell_ms(shell))
        unchanged.append(after_a_cell_ms(shell))
    engine = sorted(engines(), key=lambda name: name != "pygraphviz")[0]  # the one that stays is asked first
    print(f"Graphviz: {engine}; {len(view.graph.calls)} calls at the end")
    print(f"update after a cell that added layers: median {statistics.median(changed):.1f} ms, most {max(changed):.1f} ms")
    print(f"after a cell that changed nothing: median {statistics.median(unchanged):.2f} ms")
    print(f"no sketch alive: median {statistics.median(nothing) * 1000:.2f} µs")


if __name__ == "__main__":
    main()
