"""Explain a failed ``fit``, ``evaluate``, ``predict`` or ``compile`` by the first rule that holds.

The rules look at the data, the model and the loss, not at Keras's message. Repairs are computed on the first two examples
without changing the model.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from traceback import walk_tb

from kfx.keras_access.untouched import keras_globals_restored
from kfx.model.mistakes.explain import keras_words, main_line
from kfx.model.mistakes.facts import Mistake, Repair
from kfx.model.mistakes.fit.calls import wrong_call
from kfx.model.mistakes.fit.case import FitCase
from kfx.model.mistakes.fit.compiling import wrong_compile
from kfx.model.mistakes.fit.counts import wrong_counts, wrong_metrics
from kfx.model.mistakes.fit.data import data_of
from kfx.model.mistakes.fit.elements import wrong_elements
from kfx.model.mistakes.fit.failed import FailedFit
from kfx.model.mistakes.fit.inputs import wrong_inputs
from kfx.model.mistakes.fit.labels import wrong_labels
from kfx.text.untrusted import cut

Rule = Callable[[FitCase], Mistake | None]
_RULES: tuple[Rule, ...] = (wrong_call, wrong_compile, wrong_elements, wrong_inputs, wrong_counts, wrong_labels, wrong_metrics)
_LIBRARIES = ("keras", "tensorflow", "numpy", "kfx", "jax", "torch", "optree", "pandas", "ml_dtypes", "IPython")


def explain_fit(failed: FailedFit) -> Mistake:
    """Explain a failed call and find repairs; the model, its weights and Keras's names stay as they are.

    Args:
        failed: From `kfx.model.mistakes.fit.failed.find_failed_fit`. Of a generator one more item is read.
    """
    message = keras_words(failed.error)
    try:
        with keras_globals_restored():
            found = _explained(FitCase.of(failed)) if not _in_users_code(failed.error) else None
            found = found or _other(FitCase.of(replace(failed, arguments=_without_items(failed))), message)
    except Exception:  # data whose attributes raise: the explanation must not fail where the call did
        sentence = f"Keras says: {main_line(message)}"
        found = Mistake("other", failed.method, type(failed.model).__name__, sentence, title=f"{failed.method} stopped")
    return replace(found, error=f"{type(failed.error).__name__}: {message}")


def _without_items(failed: FailedFit) -> dict[str, object]:
    """Return the arguments without a generator, of which an item was read already."""
    return {name: value for name, value in failed.arguments.items() if not hasattr(value, "__next__")}


def _explained(case: FitCase) -> Mistake | None:
    for rule in _RULES:
        found = rule(case)
        if found is not None:
            return found
    return _in_validation(case)


def _other(case: FitCase, message: str) -> Mistake:
    return case.mistake("other", "Keras refused it", f"Keras says: {main_line(message)}")


def _in_users_code(error: BaseException) -> bool:
    """Return whether a function of the user raised the error: a callback, a layer, a generator, below ``fit``."""
    modules = [str(frame.f_globals.get("__name__")).split(".")[0] for frame, _ in walk_tb(error.__traceback__)]
    while modules and modules[-1] in sys.stdlib_module_names - {"__main__"}:  # e.g. contextlib, called by whoever is above
        modules.pop()
    inner = next((i for i, module in enumerate(modules) if module in _LIBRARIES), len(modules))
    return any(module not in _LIBRARIES for module in modules[inner:]) and modules[-1] not in _LIBRARIES


def _in_validation(case: FitCase) -> Mistake | None:
    """Look for the mistake in ``validation_data``, once the data for training have none."""
    given = case.failed.arguments.get("validation_data")
    if given is None:
        return None
    source = case.written.source("validation_data")
    if isinstance(given, tuple) and len(given) in (2, 3):
        parts = case.written.parts("validation_data") or [f"{source}[{i}]" for i in range(len(given))]
        data = data_of(given[0], given[1])
        inner = FitCase(case.failed, data, (parts[0], parts[1]))
        for rule in (wrong_inputs, wrong_counts, wrong_labels):
            found = rule(inner)
            if found is not None and found.kind != "weights":
                title = found.title.replace("fit stopped: ", "fit stopped in validation: ")
                return replace(found, kind="validation", title=title, repairs=())
        return None
    if isinstance(given, list | tuple) or hasattr(given, "shape"):
        kind = f"a {type(given).__name__}" + (f" of {len(given)}" if isinstance(given, list | tuple) else "")
        sentence = f"validation_data is {kind}; expected a tuple (x, y), or a dataset."
        repairs = []
        if isinstance(given, list) and len(given) in (2, 3):
            inner = FitCase(case.failed, data_of(given[0], given[1]))
            gives = inner.tried()
            code = f"tuple({source})" if not case.written.parts("validation_data") else f"({source[1:-1]})"
            repairs = [] if gives is None else [Repair("A tuple", case.again(validation_data=code), code, gives)]
        return case.mistake("validation", "validation_data is no pair", cut(sentence, 300), repairs=repairs)
    return None
