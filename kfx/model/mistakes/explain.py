"""Explain a failed Keras call in plain words, with repairs that were tried on shapes.

The rules look at the layer and its inputs, not at the text of Keras's message, which changes from release to release.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from kfx.keras_access.importing import import_keras
from kfx.keras_access.untouched import keras_globals_restored
from kfx.model.mistakes import repairs
from kfx.model.mistakes.calls import class_called, wrong_arguments
from kfx.model.mistakes.case import Case
from kfx.model.mistakes.facts import Mistake
from kfx.model.mistakes.foreign import foreign_function
from kfx.model.mistakes.merges import explain_merge, is_merge
from kfx.model.mistakes.models import failed_model, nested_model
from kfx.model.mistakes.shapes import one_input
from kfx.model.mistakes.traceback import FailedCall
from kfx.model.mistakes.try_out import offered
from kfx.text.untrusted import cut

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")


def explain_mistake(failed: FailedCall, variables: Mapping[int, str] | None = None) -> Mistake:
    """Explain a failed call and find repairs.

    Args:
        failed: From `kfx.model.mistakes.traceback.find_failed_call`.
        variables: ``id(tensor)`` -> the name of the user's variable, which repairs are written with; besides those in
            ``failed.scope``.
    """
    names = {**{id(x): name for name, x in failed.scope.items()}, **(variables or {})}
    explain = {"model": failed_model, "foreign": foreign_function, "class": class_called}.get(failed.kind, _explain_call)
    try:
        with keras_globals_restored():  # the repairs are tried on new layers and inputs
            found = explain(Case(failed, names))
    except Exception:  # a layer of the user's whose attributes raise: the explanation must not fail where the call did
        name = str(getattr(failed.op, "name", failed.function or "Model"))
        kind = type(failed.op).__name__ if failed.op is not None else name
        found = Mistake("other", name, kind, f"{name} refused its inputs.")
    message = keras_words(failed.error)
    if found.kind == "other":
        found = replace(found, sentence=f"{found.sentence} Keras says: {main_line(message)}")
    return replace(found, error=f"{type(failed.error).__name__}: {message}")


def keras_words(error: BaseException) -> str:
    """Return Keras's own message without colours and addresses."""
    return _ADDRESS.sub("0x…", _ANSI.sub("", str(error)))


def main_line(message: str) -> str:
    """Return the line of Keras's message that names the mistake, without Keras's frame around a layer's own error."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    frame = next((i for i, line in enumerate(lines[:-1]) if line.endswith("Error encountered:")), -1)
    lines = lines[frame + 1 :]  # the layer's own error
    own = [line for line in lines if not line.startswith(("Exception encountered when calling", "Arguments received by"))]
    return cut((own or lines or ["nothing"])[0], 300)


def _explain_call(case: Case) -> Mistake:
    keras, op, tensors = import_keras(), case.op, case.tensors
    if isinstance(op, keras.Model):
        return nested_model(case)
    is_layer = isinstance(op, keras.layers.Layer)
    found = wrong_arguments(case) if is_layer else None
    if found is not None:
        return found
    if is_merge(op):
        return explain_merge(case)
    if len(tensors) > 1 and is_layer and not isinstance(getattr(op, "input_spec", None), list | tuple | None):
        sentence = f"{case.type} takes one input; it was given {len(tensors)}."
        return case.mistake("inputs", sentence, repairs=offered(repairs.join_first, case))
    if len(tensors) == 1 and tensors[0].shape is not None:
        return one_input(case) or case.blank
    return case.blank
