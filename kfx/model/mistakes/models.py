"""Explain a model that could not be made of its inputs and outputs, and a nested model with the wrong inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.layers.arguments import is_automatic
from kfx.model.mistakes import repairs
from kfx.model.mistakes.case import Case
from kfx.model.mistakes.facts import Mistake, Repair, shape_words
from kfx.model.mistakes.given import given_of, source_of
from kfx.model.mistakes.try_out import offered
from kfx.text.numbers import count

if TYPE_CHECKING:
    import keras


def nested_model(case: Case) -> Mistake:
    """Explain a model that is called as a layer, with other inputs than it was made for."""
    op, tensors, given = case.op, case.tensors, case.blank.given
    wanted = list(getattr(op, "inputs", None) or [])
    if not wanted:
        return case.blank
    labels = [_input_name(x) for x in wanted]
    if len(wanted) != len(tensors):
        expects = ", ".join(labels)
        sentence = f"Model {op.name} takes {count(len(wanted), 'input')} ({expects}); it was given {len(tensors)}."
        return case.mistake("inputs", sentence, expects=expects)
    clashes = [_clash(tuple(want.shape)[1:], tuple(have.shape)[1:]) for want, have in zip(wanted, tensors, strict=True)]
    if not any(clashes):
        return case.blank
    heads = [""] if len(wanted) == 1 and is_automatic(labels[0], "InputLayer") else [f"{label}: " for label in labels]
    expects = "; ".join(f"{head}{shape_words(tuple(x.shape)[1:])}" for head, x in zip(heads, wanted, strict=True))
    pairs = list(zip(given, clashes, strict=True))
    brings = " and ".join(f"{one.source} brings {shape_words(one.shape or ())}" for one, clash in pairs if clash)
    return case.mistake(
        "axis",
        f"Model {op.name} was made for {expects}; {brings}.",
        expects=expects,
        given=tuple(replace(one, clash=tuple(k for k in clash if k < len(one.axes))) for one, clash in pairs),
        repairs=offered(repairs.reach_shape, case, tuple(wanted[0].shape)) if len(wanted) == 1 else (),
    )


def _clash(want: Sequence[int | None], have: Sequence[int | None]) -> list[int]:
    """Return the axes whose sizes differ; an axis that only one of the shapes has differs too."""
    pairs = zip_longest(want, have, fillvalue=-1)
    return [k for k, (a, b) in enumerate(pairs) if a != b and (-1 in (a, b) or None not in (a, b))]


def _input_name(tensor: keras.KerasTensor) -> str:
    """Return the name of the layer that makes a model's input; the tensor's own name may be another, which no view shows."""
    made = internals.node_of(tensor)
    return str(getattr(tensor, "name", "?") if made is None else made[0].operation.name)


def _mistake(kind: str, sentence: str, **facts: Any) -> Mistake:
    return Mistake(kind, "Model", "Model", sentence, **facts)


def failed_model(case: Case) -> Mistake:
    """Explain ``keras.Model(inputs, outputs)`` by the first rule that holds."""
    keras, names = import_keras(), case.names
    inputs, outputs = (list(keras.tree.flatten(side)) for side in case.failed.args)
    for side, tensors in (("inputs", inputs), ("outputs", outputs)):
        if side == "outputs" and not tensors:
            sentence = "Model(…) needs both ends, inputs and outputs; it was given no outputs."
            return _mistake("inputs", sentence, expects="keras.Model(inputs, outputs)", given=given_of(inputs, names))
        for x in tensors:
            needs = f"Model(…) needs symbolic tensors, but `{side}` holds"
            if isinstance(x, keras.layers.Layer):
                sentence = f"{needs} the layer {x.name} itself: call it on a tensor first."
                return _mistake("array", sentence, expects="a tensor that a layer returned")
            if not isinstance(x, keras.KerasTensor) and hasattr(x, "shape"):
                why = "it was computed from numbers" if side == "outputs" else "the numbers come later, in fit or predict"
                return _mistake(
                    "array",
                    f"{needs} a {source_of(x)} of shape {tuple(x.shape)}: {why}.",
                    expects="tensors that start at keras.Input(shape=…)",
                    given=given_of([x], names),
                    repairs=(_start_symbolic(tuple(int(n) for n in x.shape[1:])),),
                )
    if not all(isinstance(x, keras.KerasTensor) for x in [*inputs, *outputs]):
        return _mistake("other", "Keras refused to make this model.")
    if any(str(x.name).endswith("CLONE") for x in inputs):
        return _begins_in_the_middle(case, inputs, outputs)
    missing = missing_inputs(inputs, outputs)
    if not missing:
        return _mistake("other", "Keras refused to make this model.")
    output, path = missing[0]
    lost = [path[-1] for _, path in missing]
    have = ", ".join(map(source_of, inputs))
    needed = ", ".join(sorted(set(map(source_of, lost))))
    return _mistake(
        "disconnected",
        f"Output {source_of(output)} depends on {needed}, which the inputs ({have}) do not lead to.",
        expects=f"every path from an output must end in: {have}",
        given=given_of(inputs, names),
        arithmetic=(("the path", " ← ".join(map(source_of, path)), "ends outside the inputs"),),
        repairs=tuple(_add_inputs(case, inputs, outputs, lost)),
    )


def _begins_in_the_middle(case: Case, inputs: Sequence[Any], outputs: Sequence[keras.KerasTensor]) -> Mistake:
    """Explain a model that starts at tensors other than ``keras.Input``, where an output does not lie behind them.

    Keras copies the graph behind such tensors.
    """
    scope = {str(x.name): (name, x) for name, x in case.failed.scope.items() if isinstance(x, import_keras().KerasTensor)}
    originals = [scope.get(str(x.name).removesuffix("CLONE"), ("", None)) for x in inputs]
    ends = [(made[0].operation, made[1]) for made in map(internals.node_of, outputs) if made is not None]
    starts = ", ".join(name or "a layer's output" for name, _ in originals)
    names = ", ".join(str(op.name) for op, _ in ends)
    found: tuple[Repair, ...] = ()
    firsts = [internals.calls_of(op)[0].outputs[place] for op, place in ends]
    tensors = [x for _, x in originals]
    if all(x is not None for x in tensors) and not missing_inputs(firsts, tensors):
        new = ", ".join(case.names.get(id(x), str(op.name)) for (op, _), x in zip(ends, firsts, strict=True))
        changed = f"{_bracketed(new, outputs)}, {_bracketed(starts, originals)}"
        title = "Swap them: inputs first, outputs second"
        found = (Repair(title, f"keras.Model({changed})", changed, "every path then ends in an input"),)
    sentence = f"Output {names} does not lie behind the inputs ({starts}), but before them or beside them."
    return _mistake("disconnected", sentence, expects="keras.Model(inputs, outputs)", repairs=found)


def _bracketed(code: str, tensors: Sequence[Any]) -> str:
    return f"[{code}]" if len(tensors) > 1 else code


def _start_symbolic(shape: tuple[int, ...]) -> Repair:
    """Start a model at a symbolic input instead of numbers."""
    new = f"keras.Input(shape={shape})"
    gives = "the layers are then called on `inputs`, and the numbers go to fit or predict"
    return Repair("Start the graph at a symbolic input", f"inputs = {new}", new, gives)


def missing_inputs(inputs: Sequence[Any], outputs: Sequence[keras.KerasTensor]) -> list[tuple[Any, list[Any]]]:
    """Return each tensor that the outputs need and the inputs do not lead to, once, as ``(output, path to the tensor)``."""
    ends = {id(t) for t in inputs}
    found, lost = [], set()
    for output in outputs:
        todo, seen = [(output, [output])], set()
        while todo:
            tensor, path = todo.pop()
            if id(tensor) in ends or id(tensor) in seen:
                continue
            seen.add(id(tensor))
            made = internals.node_of(tensor)
            feeding = [] if made is None else list(made[0].input_tensors)
            if not feeding and id(tensor) not in lost:
                lost.add(id(tensor))
                found.append((output, path))
            todo += [(t, [*path, t]) for t in feeding]
    return found


def _add_inputs(
    case: Case, inputs: Sequence[Any], outputs: Sequence[keras.KerasTensor], lost: Sequence[Any]
) -> Iterator[Repair]:
    """Name the lost inputs too, if every path then ends in an input."""

    def listed(tensors: Sequence[Any]) -> str:
        return ", ".join(case.names.get(id(t), source_of(t)) for t in tensors)

    if not missing_inputs([*inputs, *lost], outputs):
        code = f"keras.Model([{listed([*inputs, *lost])}], {_bracketed(listed(outputs), outputs)})"
        yield Repair("Name every input that the outputs need", code, listed(lost), "every path then ends in an input")
