"""Print the summary and the graph of a saved model, or write one of them to a file.

Nothing in the file is executed: a model that needs code of its own is shown from its stored configuration.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kfx.cli.types import (
    LEAST_WIDTH,
    WIDTH_WITHOUT_TERMINAL,
    add_output,
    model_file,
    print_or_write,
    quiet,
    text_width,
    whole_number,
)
from kfx.notebook.view import View

if TYPE_CHECKING:
    from kfx.model.facts import LayerGraph
    from kfx.views.graph.view import Plot
    from kfx.views.summary.view import Summary

BOTH_FORMS = (".html", ".txt")
PLOT_FORMS = (".svg", ".png", ".pdf", ".dot")
SUMMARY_FORMS = (".md", ".csv", ".json")
FORMS = (*BOTH_FORMS, *PLOT_FORMS, *SUMMARY_FORMS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``kfx show``."""
    parser.add_argument("file", metavar="FILE", help="a model saved by Keras: .keras, .h5 or .hdf5")
    add_output(
        parser,
        FORMS,
        "  .html .txt             the graph and the summary\n"
        "  .svg .png .pdf .dot    the graph\n"
        "  .md .csv .json         the summary",
    )
    parser.add_argument("--expand-nested", action="store_true", help="with the layers inside nested models")
    parser.add_argument("--show-trainable", action="store_true", help="say which layers training changes")
    parser.add_argument("--show-dtype", action="store_true", help="write dtypes into the graph")
    parser.add_argument(
        "--rankdir", choices=("TB", "BT", "LR", "RL"), default="TB", help="where the data flows (default: TB, down)"
    )
    parser.add_argument(
        "--dpi", type=whole_number(1, 10_000), default=200, metavar="N", help="dots per inch of a .png (default: %(default)s)"
    )
    parser.add_argument(
        "--line-length",
        type=whole_number(LEAST_WIDTH, of="characters"),
        metavar="N",
        help="width of the text (default: the terminal's)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Read the file, then print or write the views."""
    path = model_file(arguments.file)
    with quiet(arguments):
        from kfx.model.files.load import load_graph

        graph = load_graph(path)
    summary, plot = _summary(graph, arguments), _plot(graph, arguments)
    suffix = "" if arguments.output is None else arguments.output.suffix.lower()
    view: View = plot if suffix in PLOT_FORMS else summary if suffix in SUMMARY_FORMS else ModelView(summary, plot)
    print_or_write(view, arguments.output)
    return 0


class ModelView(View):
    """Summary and graph of one model on one page."""

    def __init__(self, summary: Summary, plot: Plot):
        self.graph, self._parts = summary.graph, (summary, plot)

    def _text(self) -> str:
        return "\n\n".join(map(str, self._parts))

    def _html(self) -> str:
        summary, plot = self._parts
        return (
            '<div style="display:flex;flex-wrap:wrap;gap:16px 40px">'
            f'<div style="max-width:100%;overflow-x:auto">{plot._html()}</div>'
            f'<div style="flex:1 1 480px;min-width:0;overflow-x:auto">{summary._html()}</div></div>'
        )


def _summary(graph: LayerGraph, arguments: argparse.Namespace) -> Summary:
    from kfx.views.summary.view import Summary

    width = arguments.line_length
    if width is None:
        width = text_width() if arguments.output is None else WIDTH_WITHOUT_TERMINAL
    return Summary(graph, line_length=width, expand_nested=arguments.expand_nested, show_trainable=arguments.show_trainable)


def _plot(graph: LayerGraph, arguments: argparse.Namespace) -> Plot:
    from kfx.draw.graph.boxes import Options
    from kfx.views.graph.view import Plot

    options = Options(show_dtype=arguments.show_dtype, show_trainable=arguments.show_trainable, rankdir=arguments.rankdir)
    return Plot(graph, options=options, expand_nested=arguments.expand_nested, dpi=arguments.dpi)
