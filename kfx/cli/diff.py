"""Compare two saved models: what was added, removed, renamed, changed, rewired or frozen, and which weights moved.

Exits 0 when all was compared and nothing differs, 1 when something differs, 2 after an error, and 3 when nothing differs in
what could be compared, but not all could be. Names that Keras chose are no difference. Nothing in the files is executed.
"""

from __future__ import annotations

import argparse
import math

from kfx.cli.types import add_output, model_file, print_or_write, quiet, text_width

FORMS = (".html", ".txt", ".md", ".csv", ".svg", ".png")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``kfx diff``."""
    parser.add_argument(
        "a", metavar="A", help="the first model: a .keras, .h5 or .hdf5 file, or the weights of one: a .weights.h5"
    )
    parser.add_argument("b", metavar="B", help="the second model")
    add_output(
        parser,
        FORMS,
        "  .html            the graph of both and the tables\n  .svg .png        the graph\n  .txt .md .csv    the tables",
    )
    parser.add_argument("--no-weights", action="store_true", help="compare the structure only")
    parser.add_argument(
        "--tolerance", type=_tolerance, default=0.0, metavar="X", help="ignore relative changes of weights up to this"
    )


def run(arguments: argparse.Namespace) -> int:
    """Read both files, then print or write the comparison."""
    files = model_file(arguments.a), model_file(arguments.b)
    with quiet(arguments):
        from kfx.views.diff.view import Diff, diff

        view = diff(*files, weights=not arguments.no_weights, tolerance=arguments.tolerance)
    if arguments.output is None:
        width = text_width()
        view = Diff(view.structure, view.weights, view.names, view.notes, left_out=view.left_out, line_length=width)
    print_or_write(view, arguments.output)
    return view.verdict.exit_code


def _tolerance(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a tolerance; expected a number from 0 on, e.g. 1e-6")
    return value
