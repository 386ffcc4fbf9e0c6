"""Sentences that ask for the inputs of a model whose wiring could not be read, fitted to what its ``call`` takes."""

from __future__ import annotations

from typing import Any

from kfx.keras_access import internals
from kfx.keras_access.arguments import Taken, taken_by
from kfx.model.read.inputs import CallSpecs


def why_unknown(model: Any) -> str:
    """Return why nothing is known of a model's inputs, and how to give them."""
    taken = taken_by(model)
    if not getattr(model, "built", False):
        why = "it was not built yet"
    elif internals.remembered_shapes(model) and len(taken.required) > 1:
        first, *rest = taken.required
        lacking = f"missing a required argument: {rest[0]!r}" if len(rest) == 1 else f"missing {', '.join(map(repr, rest))}"
        why = f"Keras remembers of its call only the shape of {first!r}, {lacking}"
    else:
        why = "Keras does not remember its inputs"
    return f"{why}. {_give(taken)}"


def read_in_part(model: Any) -> str:
    """Return a note for a run with what Keras remembers in which some layers were not called; ``""`` where it may be all."""
    taken = taken_by(model)
    others = [name for name in (*taken.by_position, *taken.by_keyword) if name not in taken.required[:1]]
    if internals.calls_of(model) or not (others or taken.any_keyword):
        return ""
    what = ", ".join(map(repr, dict.fromkeys(others))) or "keyword arguments"
    return f"Keras does not remember whether {what} came with the last call: read without. Give inputs= to read the call with."


def advice(model: Any, specs: CallSpecs | None) -> str:
    """Return what to do after a model's call raised with shapes alone; ``specs`` are those the user gave."""
    taken = taken_by(model)
    lacking = [] if specs is None else _lacking(taken, specs)
    if lacking:
        return f"`inputs` lacks {' and '.join(map(repr, lacking))}. {_give(taken)}"
    asked = _give(taken) if specs is None else "Give inputs= with the shapes and dtypes that the model is called with."
    return f"{asked} Code that asks for values needs data: inputs=x[:32], with x of yours."


def _lacking(taken: Taken, specs: CallSpecs) -> list[str]:
    given = {*taken.by_position[: len(specs.args)], *specs.kwargs}
    return [name for name in taken.required if name not in given]


def _give(taken: Taken) -> str:
    if len(taken.required) > 1:
        names = ", ".join(f"{name!r}: ..." for name in taken.required)
        return f"Give inputs={{{names}}}, each a shape such as (None, 28, 28, 1), a spec or an array."
    return "Give inputs=, e.g. kfx.summary(model, inputs=(None, 28, 28, 1))."
