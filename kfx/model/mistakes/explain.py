"""Explain a refused Keras call in plain words, with repairs that were tried on shapes.

The rules look at the layer and what it was given, not at the text of Keras's message, which changes from release to release.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from kfx.keras_access.importing import import_keras
from kfx.model.facts import Tensor
from kfx.model.layers.words import settings
from kfx.model.mistakes import merges, repairs
from kfx.model.mistakes.calls import class_called, wrong_arguments
from kfx.model.mistakes.facts import Mistake
from kfx.model.mistakes.foreign import foreign_function
from kfx.model.mistakes.given import flat_tensors, given_of, shape_words, source_of
from kfx.model.mistakes.models import nested_model, refused_model
from kfx.model.mistakes.shapes import one_input
from kfx.model.mistakes.traceback import FailedCall
from kfx.model.mistakes.try_out import offered
from kfx.text.untrusted import cut

if TYPE_CHECKING:
    import keras

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")


def explain_mistake(failed: FailedCall, variables: Mapping[int, str] | None = None) -> Mistake:
    """What is wrong with a refused call, and what would repair it.

    Args:
        failed: From `kfx.model.mistakes.traceback.find_failed_call`.
        variables: ``id(tensor)`` -> the name of the user's variable, so that repairs speak the user's language; those that the
            code could see where it made the call are known already.
    """
    names = {**{id(x): name for name, x in failed.scope.items()}, **(variables or {})}
    explain = {"model": refused_model, "foreign": foreign_function, "class": class_called}.get(failed.kind, _call)
    try:
        found = explain(failed, names)
    except Exception:  # a layer of the user's whose attributes raise: the explanation must not fail where the call did
        name = str(getattr(failed.op, "name", failed.function or "Model"))
        found = Mistake(
            "other", name, type(failed.op).__name__ if failed.op is not None else name, f"{name} refused its inputs."
        )
    message = _ADDRESS.sub("0x…", _ANSI.sub("", str(failed.error)))
    if found.kind == "other":
        found = replace(found, sentence=f"{found.sentence} Keras says: {_telling(message)}")
    return replace(found, error=f"{type(failed.error).__name__}: {message}")


def _telling(message: str) -> str:
    """The line of Keras's message that says what is wrong, without the frame that Keras puts around a layer's own error."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if any(line.endswith("Error encountered:") for line in lines[:-1]):  # what follows is the layer's own error
        lines = lines[next(i for i, line in enumerate(lines) if line.endswith("Error encountered:")) + 1 :]
    told = [line for line in lines if not line.startswith(("Exception encountered when calling", "Arguments received by"))]
    return cut((told or lines or ["nothing"])[0], 300)


def _call(failed: FailedCall, names: Mapping[int, str]) -> Mistake:
    keras = import_keras()
    op, tensors = failed.op, flat_tensors(failed)
    specs = tuple(Tensor(None if t.shape is None else tuple(t.shape), str(t.dtype)) for t in tensors)
    try:
        shown = settings(op, inputs=specs)
    except Exception:
        shown = ()
    blank = Mistake(
        "other", str(op.name), type(op).__name__, f"{op.name} refused its inputs.", shown, given=given_of(tensors, names, op)
    )
    if isinstance(op, keras.Model):
        return nested_model(blank, op, tensors, names)
    if isinstance(op, keras.layers.Layer):
        found = wrong_arguments(blank, op, failed, tensors, names)
        if found is not None:
            return found
    if is_merge(op):
        return _merge(blank, op, tensors, failed, names)
    if len(tensors) > 1 and isinstance(op, keras.layers.Layer) and _takes_one(op):
        return replace(
            blank,
            kind="inputs",
            sentence=f"{type(op).__name__} takes one input; it was given {len(tensors)}.",
            repairs=offered(repairs.join_first, op, tensors, names),
        )
    if len(tensors) == 1 and tensors[0].shape is not None:
        return one_input(blank, op, tensors[0], names) or blank
    return blank


def is_merge(op: keras.Operation) -> bool:
    """True for a merging layer and for an elementwise operation of two tensors such as ``x + y``."""
    return any(cls.__name__ in ("Merge", "Concatenate") for cls in type(op).__mro__) or (
        type(op).__module__.startswith("keras.")
        and type(op).__name__ in ("Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Maximum", "Minimum")
    )


def _takes_one(op: keras.Operation) -> bool:
    spec = getattr(op, "input_spec", None)
    return spec is not None and not isinstance(spec, list | tuple)


def _merge(
    blank: Mistake, op: keras.Operation, tensors: list[keras.KerasTensor], failed: FailedCall, names: Mapping[int, str]
) -> Mistake:
    verb = type(op).__name__
    bare = isinstance(op, import_keras().layers.Layer) and len(tensors) > 1 and not isinstance(failed.args[0], list | tuple)
    if bare:
        return replace(
            blank,
            kind="inputs",
            sentence=f"{verb} takes one list of tensors; it was given {len(tensors)} arguments.",
            expects="a list of tensors",
            repairs=offered(merges.as_list, op, tensors, names),
        )
    if verb == "Subtract" and len(tensors) > 2:
        sentence = f"Subtract takes exactly two inputs; it was given {len(tensors)}."
        return replace(
            blank,
            kind="inputs",
            sentence=sentence,
            expects="two tensors",
            repairs=offered(merges.subtract_each, op, tensors, names),
        )
    if verb == "Dot":
        return merges.explain_dot(blank, op, tensors)
    if len(tensors) < 2:
        return replace(
            blank,
            kind="inputs",
            sentence=f"{verb} needs a list of at least two inputs; it was given {len(tensors) or 'none'}.",
            expects="a list of tensors",
        )
    arrays = [t for t in tensors if not isinstance(t, import_keras().KerasTensor)]
    shapes = [tuple(t.shape)[1:] for t in tensors]
    ranks = {len(s) for s in shapes}
    joined = getattr(op, "axis", None) if verb == "Concatenate" else None
    if len(ranks) > 1:
        words = " and ".join(shape_words(s) for s in shapes)
        sentence = f"{verb} needs inputs with equally many axes; these have {words}."
        return replace(blank, kind="merge", sentence=sentence, repairs=offered(merges.equal_rank, op, tensors, names))
    rank = ranks.pop()
    skip = None if joined is None else (joined - 1 if joined > 0 else rank + joined)
    clash = tuple(
        n
        for n in range(rank)
        if n != skip and len({s[n] for s in shapes} - {None} - (set() if joined is not None else {1})) > 1
    )
    if not clash:
        sentence = f"{verb} refused these inputs."
        if arrays:
            sentence = f"{verb} was given a {source_of(arrays[0])} beside a symbolic tensor, and their shapes do not fit."
        return replace(blank, sentence=sentence)
    axes = blank.given[0].axes
    differ = " and ".join([", ".join(axes[n] for n in clash[:-1]), axes[clash[-1]]] if len(clash) > 1 else [axes[clash[0]]])
    sentence = (
        f"{verb} needs inputs of equal shape; these differ in {differ}."
        if joined is None
        else f"Concatenate joins along {axes[skip] if skip is not None else 'an axis'}; all other axes must agree, "
        f"and these differ in {differ}."
    )
    return replace(
        blank,
        kind="merge",
        sentence=sentence,
        given=tuple(replace(g, clash=clash) for g in blank.given),
        arithmetic=offered(merges.where_they_part, tensors, clash),
        repairs=offered(merges.merge_repairs, op, tensors, clash, names),
    )
