"""``%load_ext kfx``: a Keras model as a cell's last expression shows itself; nothing is imported for it, all can be undone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import kfx
from kfx.keras_access.importing import QuietFirstImport
from kfx.notebook.after_cell import AfterCell

# Where Keras 3 defines the class, so that formatters can be registered by name before anything is imported.
MODEL = ("keras.src.models.model", "Model")


@dataclass(frozen=True)
class _Formatter:
    """One of ours among IPython's formatters; it remembers which one it took the place of."""

    run: Callable[..., None]
    previous: Callable[..., Any] | None

    def __call__(self, *args: Any) -> None:
        self.run(*args)


def load(ipython: Any) -> None:
    """Register the formatters and wait for the first import of TensorFlow, to keep it quiet. Loading twice does no harm."""
    keras = sys.modules.get("keras")
    for formatter, run in _ours(ipython):
        if hasattr(keras, "Model"):
            printers, key = formatter.type_printers, keras.Model
        else:
            printers, key = formatter.deferred_printers, MODEL
        previous = printers.get(key)
        if not isinstance(previous, _Formatter):
            printers[key] = _Formatter(run, previous)
    QuietFirstImport().install()
    AfterCell.of(ipython).explain_errors(explain)


def unload(ipython: Any) -> None:
    """Put everything back as it was before `load`."""
    for formatter, _ in _ours(ipython):
        for printers in (formatter.type_printers, formatter.deferred_printers):
            for key, ours in list(printers.items()):
                if not isinstance(ours, _Formatter):
                    continue
                if ours.previous is None:
                    del printers[key]
                else:
                    printers[key] = ours.previous
    QuietFirstImport.remove()
    AfterCell.of(ipython).explain_no_errors()


def _ours(ipython: Any) -> list[tuple[Any, Callable[..., None]]]:
    display = ipython.display_formatter
    return [(display.ipython_display_formatter, show), (display.formatters["text/plain"], write)]


def show(model: Any) -> None:
    """Show a model as the view that explores it, or else what can be said about it in text."""
    from IPython.display import display

    if _shows_itself(model):
        return
    try:
        view = kfx.explore(model)
    except Exception as error:  # not built yet, or not readable: Keras's own words and why
        display({"text/plain": f"{model!r}\n{error}"}, raw=True)
    else:
        view._ipython_display_()


def explain(error: BaseException, namespace: Mapping[str, Any]) -> None:
    """Show why Keras refused what a cell did, below the cell's own error."""
    import_module("kfx.views.mistake.view").explain_cell(error, namespace)


def write(model: Any, printer: Any, cycle: bool) -> None:
    """Write a model as text: its summary where it stands alone, a short form inside a list or a dict."""
    if len(printer.stack) > 1 or cycle:
        printer.text(repr(model))
        return
    try:
        text = str(kfx.summary(model))
    except Exception as error:
        text = f"{model!r}\n{error}"
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
