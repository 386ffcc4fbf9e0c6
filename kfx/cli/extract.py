"""Write the values that layers of a saved model compute for a data set to a folder, or measure them.

The folder holds plain .npy files; kfx.load_features("FOLDER") reads them. Interrupted? The same command goes on where it
stopped. The model is loaded by Keras in its safe mode: no Python code in the file is run.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kfx.cli.terminal import say
from kfx.cli.types import model_file, quiet, whole_number
from kfx.errors import KfxError
from kfx.text.csv_markdown import csv_text
from kfx.text.untrusted import visible

STATISTICS_FORMS = (".csv", ".json", ".txt")
PREPROCESS = ("none", "unit", "tf", "torch", "caffe")  # the keys of kfx.cli.extract_images.PREPROCESSING, which needs NumPy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``kfx extract``."""
    parser.add_argument("model", metavar="MODEL", help="a model saved by Keras: .keras, .h5 or .hdf5")
    parser.add_argument(
        "data",
        metavar="DATA",
        help="the data for the model:\n"
        "  .npy             the model's input, read as needed\n"
        "  .npz             an array for each input, by its name\n"
        "  .csv .parquet    a column for each input, or all columns side by side\n"
        "  a folder         its images, in the order of their paths",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        type=lambda text: Path(text).expanduser(),
        help="the folder to write to; with --statistics a .csv, .json or .txt file",
    )
    parser.add_argument(
        "-l",
        "--layers",
        nargs="+",
        default=["*"],
        metavar="ADDRESS",
        help='which layers: addresses and patterns, e.g. "conv*" encoder/dense\n(default: "*", the top level; "**" is all)',
    )
    parser.add_argument(
        "--batch-size", type=whole_number(1), default=32, metavar="N", help="examples at once (default: %(default)s)"
    )
    parser.add_argument("--training", action="store_true", help="run dropout and the like as in training")
    parser.add_argument("--check", action="store_true", help="compute the model's output twice, with and without taking values")
    parser.add_argument("--statistics", action="store_true", help="print mean, spread, range and zeros instead of the values")
    parser.add_argument("--columns", type=_names, metavar="A,B", help="which columns or arrays of DATA, in this order")
    parser.add_argument("--image-size", type=_size, metavar="HxW", help="of images (default: what the model takes)")
    parser.add_argument(
        "--preprocess",
        choices=PREPROCESS,
        help="of images (default: none, 0 to 255 as in the files):\n"
        "  unit             0 to 1\n"
        "  tf torch caffe   as keras.applications does it for its networks",
    )
    parser.add_argument(
        "--engine",
        choices=("local", "ray", "auto"),
        default="local",
        help="where it runs:\n"
        "  local            this process (default)\n"
        "  ray              many processes, on this machine or on a cluster; needs the extra kfx[ray]\n"
        "  auto             one process or several on this machine, whichever a short measurement finds faster",
    )
    parser.add_argument("--address", metavar="HOST:PORT", help="of a running Ray cluster; 'auto' is the one of this machine")
    parser.add_argument(
        "--workers", type=whole_number(1), metavar="N", help="processes of Ray (default: one for each processor core)"
    )
    parser.add_argument(
        "--on-error",
        choices=("raise", "continue"),
        help="with Ray, when some examples cannot be computed: stop (default),\nor write all others and fail at the end",
    )


def run(arguments: argparse.Namespace) -> int:
    """Load the model and the data, then write the values or measure them."""
    _check(arguments)
    with quiet(arguments):
        model = _loaded(arguments.model)
        from kfx.cli.extract_data import read_data
    data, description = read_data(arguments, model)
    say(description)
    (_measure if arguments.statistics else _write)(model, data, arguments)
    return 0


def _check(arguments: argparse.Namespace) -> None:
    """Refuse arguments that contradict each other."""
    out, engine = arguments.output, arguments.engine
    if arguments.statistics:
        if out is not None and out.suffix.lower() not in STATISTICS_FORMS:
            raise ValueError(f"{str(out)!r} ends in none of {', '.join(STATISTICS_FORMS)}, the forms of --statistics.")
        for option, given in ((f"--engine {engine}", engine != "local"), ("--check", arguments.check)):
            if given:
                raise ValueError(f"{option} goes with values, not with --statistics. Leave one of them out.")
    elif out is None:
        raise ValueError("No folder to write to. Give one with -o FOLDER, or use --statistics.")
    elif out.is_file():
        raise ValueError(f"{str(out)!r} is a file. Give a folder with -o; it is created if it does not exist.")
    for option in ("address", "workers", "on_error"):
        if engine != "ray" and getattr(arguments, option) is not None:
            raise ValueError(f"--{option.replace('_', '-')} goes with --engine ray. Add that, or leave it out.")


def _loaded(given: str) -> object:
    from kfx.model.files.load import open_model

    graph, model = open_model(model_file(given))
    if model is None:
        raise KfxError(
            f"{given!r} cannot be run here. {' '.join(graph.notes[:1])} Load it in Python, with its own classes imported, "
            "and call kfx.extract(model, data, to=folder)."
        )
    return model


def _write(model: object, data: object, arguments: argparse.Namespace) -> None:
    from kfx.values.ray.settings import Ray
    from kfx.values.store.progress import ExtractProgress, progress_function
    from kfx.views.extract.view import extract

    show = progress_function(None)
    last: list[ExtractProgress] = []

    def update(now: ExtractProgress) -> None:
        last[:] = [now]
        show(now)

    engine = arguments.engine
    if engine == "ray":
        engine = Ray(address=arguments.address, workers=arguments.workers, on_error=arguments.on_error or "raise")
    try:
        stored = extract(
            model,
            data,
            arguments.layers,
            training=arguments.training,
            batch_size=arguments.batch_size,
            check=arguments.check,
            to=arguments.output,
            progress=update,
            engine=engine,
        )
    except KeyboardInterrupt:
        if last and sys.stderr.isatty():
            sys.stderr.write("\n")
        say("Stopped. The same command goes on from here.", sys.stderr)
        raise
    now = last[0]
    what = f"{len(stored)} address{'es' * (len(stored) != 1)} of {now.examples:,} examples"
    if 0 < now.examples == now.resumed:
        say(f"Nothing to do: {what} {'are' if len(stored) != 1 else 'is'} in {arguments.output} already.")
    else:
        resumed = f", {now.resumed:,} of them from before" if now.resumed else ""
        say(f"Wrote {what}{resumed} ({now.nbytes / 1e6:,.1f} MB) to {arguments.output}.")
    if stored.proof:
        say(f"{stored.proof[0].upper()}{stored.proof[1:]}.")


def _measure(model: object, data: object, arguments: argparse.Namespace) -> None:
    from kfx.values.statistics import statistics

    found = statistics(model, data, arguments.layers, training=arguments.training, batch_size=arguments.batch_size)
    if arguments.output is None:
        say(str(found))
        return
    rows = [{"address": visible(label), **_as_json(asdict(one))} for label, one in found.items()]
    form = arguments.output.suffix.lower()
    if form == ".txt":
        text = f"{found}\n"
    elif form == ".csv":
        text = csv_text(list(rows[0]) if rows else ["address"], map(dict.values, rows))
    else:
        text = f"{json.dumps(rows, indent=1)}\n"
    arguments.output.write_text(text, encoding="utf-8", errors="backslashreplace")
    say(f"Wrote {arguments.output}")


def _as_json(numbers: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers as JSON can hold them: None for NaN; without the histogram."""
    return {key: None if number != number else number for key, number in numbers.items() if key != "histogram"}


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _size(text: str) -> tuple[int, int]:
    sides = text.lower().split("x") if "x" in text.lower() else [text, text]
    if len(sides) != 2 or not all(side.isascii() and side.isdecimal() and 1 <= int(side) <= 20_000 for side in sides):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size in pixels; expected e.g. 224, or 224x320 (height x width)")
    return int(sides[0]), int(sides[1])
