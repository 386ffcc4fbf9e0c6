"""``%load_ext kfx``: a Keras model as a cell's last expression shows itself; nothing is imported for it, all can be undone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from kfx.keras_access.importing import MODEL_CLASS, QuietFirstImport
from kfx.notebook.after_cell import AfterCell, Explain
from kfx.notebook.traceback import show_above, show_no_more

if TYPE_CHECKING:
    from IPython.core.formatters import BaseFormatter
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.lib.pretty import RepresentationPrinter

    from kfx.notebook.view import View

MakeView = Callable[[object], "View"]


@dataclass(frozen=True)
class _Formatter:
    """One of kfx's formatters in IPython, with the one that it replaced."""

    run: Callable[..., None]
    previous: Callable[..., Any] | None

    def __call__(self, *args: object) -> None:
        self.run(*args)


def load(
    ipython: InteractiveShell, *, explore: MakeView, summary: MakeView, explain: Explain, above: Explain | None = None
) -> None:
    """Register the formatters and wait for the first import of TensorFlow, to keep it quiet. Loading twice does no harm.

    Args:
        ipython: The shell.
        explore: Makes the view that a model is shown as.
        summary: Makes the view that a model is written as.
        explain: Shows why Keras refused what a cell did, below the cell's own error.
        above: Shows the same for mistakes of ``fit`` and its like, above the error, whose traceback is long.
    """
    keras = sys.modules.get("keras")
    for formatter, run in zip(_formatters(ipython), (partial(_show, explore), partial(_write, summary)), strict=True):
        if keras is not None and hasattr(keras, "Model"):
            printers, key = formatter.type_printers, keras.Model
        else:
            printers, key = formatter.deferred_printers, MODEL_CLASS
        previous = printers.get(key)
        if not isinstance(previous, _Formatter):
            printers[key] = _Formatter(run, previous)
    QuietFirstImport().install()
    AfterCell.of(ipython).explain_errors(explain)
    if above is not None:
        show_above(ipython, above)


def unload(ipython: InteractiveShell) -> None:
    """Put everything back as it was before `load`."""
    for formatter in _formatters(ipython):
        for printers in (formatter.type_printers, formatter.deferred_printers):
            for key, ours in list(printers.items()):
                if isinstance(ours, _Formatter):
                    del printers[key]
                    if ours.previous is not None:
                        printers[key] = ours.previous
    QuietFirstImport.remove()
    AfterCell.of(ipython).explain_errors(None)
    show_no_more(ipython)


def _formatters(ipython: InteractiveShell) -> tuple[BaseFormatter, BaseFormatter]:
    """Return IPython's formatters that display an object and that write it as text."""
    display = ipython.display_formatter
    assert display is not None
    return display.ipython_display_formatter, display.formatters["text/plain"]


def _show(explore: MakeView, model: object) -> None:
    """Show a model as the view that explores it, or as its text with the reason why there is no view."""
    from IPython.display import display

    if _shows_itself(model):
        return
    try:
        view = explore(model)
    except Exception as error:  # not built yet, or not readable
        display({"text/plain": f"{model!r}\n{error}"}, raw=True)
    else:
        view._ipython_display_()


def _write(summary: MakeView, model: object, printer: RepresentationPrinter, cycle: bool) -> None:
    """Write a model as text: its summary where it is the whole result, a short form inside a list or a dict."""
    text = repr(model)
    if len(printer.stack) <= 1 and not cycle:
        try:
            text = str(summary(model))
        except Exception as error:
            text = f"{text}\n{error}"
    printer.text(text)


def _shows_itself(model: Any) -> bool:
    """Leave a class that brought a display of its own to it; keras.Model has none."""
    from IPython.display import HTML, display

    if hasattr(type(model), "_ipython_display_"):
        model._ipython_display_()
    elif hasattr(type(model), "_repr_mimebundle_"):
        bundle = model._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        display({"text/plain": repr(model), **data}, metadata=metadata, raw=True)
    elif hasattr(type(model), "_repr_html_"):
        display(HTML(model._repr_html_()))
    else:
        return False
    return True
