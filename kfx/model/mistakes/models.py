"""Explain a refused model, a nested model given the wrong inputs, and a foreign function; and what the rules share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.labels import call_label
from kfx.model.layers.arguments import is_automatic
from kfx.model.mistakes import repairs
from kfx.model.mistakes.ends import add_inputs, missing_inputs, start_symbolic
from kfx.model.mistakes.facts import Given, Mistake, Repair, axis_names
from kfx.model.mistakes.traceback import Refusal
from kfx.model.mistakes.try_out import offered

if TYPE_CHECKING:
    import keras


def flat_tensors(refusal: Refusal) -> list[Any]:
    """The tensors and arrays that the call was given, in order."""
    tree = import_keras().tree
    return [x for x in tree.flatten((refusal.args, refusal.kwargs)) if hasattr(x, "shape") and hasattr(x, "dtype")]


def source_of(tensor: keras.KerasTensor) -> str:
    """The layer that made a tensor, ``name@call`` for a shared one; what it is where no layer made it."""
    if not isinstance(tensor, import_keras().KerasTensor):
        return "NumPy array" if type(tensor).__module__.startswith("numpy") else f"{type(tensor).__name__} with numbers"
    history = getattr(tensor, "_keras_history", None)
    if history is None or history.operation is None:
        return "symbolic tensor"
    shared = len(getattr(history.operation, "_inbound_nodes", ())) > 1
    return call_label(str(history.operation.name), history.node_index + 1, 2 if shared else 1)


def given_of(tensors: list[keras.KerasTensor], names: Mapping[int, str], op: keras.Operation = None) -> tuple[Given, ...]:
    """Each tensor as plain values, with the user's name for it."""
    first = getattr(op, "data_format", None) == "channels_first"
    found = []
    for tensor in tensors:
        shape = None if tensor.shape is None else tuple(tensor.shape)[1:]
        axes = axis_names(len(shape), channels_first=first) if shape is not None else ()
        kind = str(getattr(tensor.dtype, "name", tensor.dtype))
        found.append(Given(source_of(tensor), shape, kind, axes, variable=names.get(id(tensor), "")))
    return tuple(found)


def shape_words(shape: tuple[int | None, ...]) -> str:
    return "×".join("?" if n is None else str(n) for n in shape) or "one number"


def many(n: int, word: str, words: str = "") -> str:
    """``1 axis``, ``2 axes``."""
    return f"{n} {word}" if n == 1 else f"{n} {words or word + 's'}"


def nested_model(blank: Mistake, op: keras.Operation, tensors: list[keras.KerasTensor], names: Mapping[int, str]) -> Mistake:
    """A model that is called as a layer, with other inputs than it was made for."""
    wanted = list(getattr(op, "inputs", None) or [])
    if not wanted:
        return blank
    if len(wanted) != len(tensors):
        want = ", ".join(map(_input_name, wanted))
        return replace(
            blank,
            kind="inputs",
            sentence=f"Model {op.name} takes {many(len(wanted), 'input')} ({want}); it was given {len(tensors)}.",
            expects=want,
        )
    clash = {}
    for n, (want, have) in enumerate(zip(wanted, tensors, strict=True)):
        a, b = tuple(want.shape)[1:], tuple(have.shape)[1:]
        off = tuple(
            k for k in range(max(len(a), len(b))) if k >= len(a) or k >= len(b) or (None not in (a[k], b[k]) and a[k] != b[k])
        )
        if off:
            clash[n] = off
    if not clash:
        return blank
    called = ["" if len(wanted) == 1 and is_automatic(name, "InputLayer") else f"{name}: " for name in map(_input_name, wanted)]
    expects = "; ".join(f"{name}{shape_words(tuple(x.shape)[1:])}" for name, x in zip(called, wanted, strict=True))
    brings = " and ".join(f"{blank.given[n].source} brings {shape_words(blank.given[n].shape or ())}" for n in clash)
    sentence = f"Model {op.name} was made for {expects}; {brings}."
    fixes = offered(repairs.reach_shape, op, tensors[0], tuple(wanted[0].shape), names) if len(wanted) == 1 else ()
    given = tuple(replace(g, clash=tuple(k for k in clash.get(n, ()) if k < len(g.axes))) for n, g in enumerate(blank.given))
    return replace(blank, kind="axis", sentence=sentence, expects=expects, given=given, repairs=fixes)


def _input_name(tensor: keras.KerasTensor) -> str:
    """The name of the layer that a model's input comes from: a tensor's own name may be another, which no view shows."""
    made = internals.node_of(tensor)
    return str(getattr(tensor, "name", "?") if made is None else made[0].operation.name)


def refused_model(refusal: Refusal, names: Mapping[int, str]) -> Mistake:
    keras = import_keras()
    inputs, outputs = (list(keras.tree.flatten(side)) for side in refusal.args)
    blank = Mistake("other", "Model", "Model", "Keras refused to make this model.")
    for side, tensors in (("inputs", inputs), ("outputs", outputs)):
        if side == "outputs" and not tensors:
            sentence = "Model(…) needs both ends, inputs and outputs; it was given no outputs."
            return replace(
                blank, kind="inputs", sentence=sentence, expects="keras.Model(inputs, outputs)", given=given_of(inputs, names)
            )
        for x in tensors:
            if isinstance(x, keras.layers.Layer):
                sentence = (
                    f"Model(…) needs symbolic tensors, but `{side}` holds the layer {x.name} itself: call it on a tensor first."
                )
                return replace(blank, kind="array", sentence=sentence, expects="a tensor that a layer returned")
            if not isinstance(x, keras.KerasTensor) and hasattr(x, "shape"):
                return replace(
                    blank,
                    kind="array",
                    sentence=f"Model(…) needs symbolic tensors, but `{side}` holds a {source_of(x)} of shape {tuple(x.shape)}: "
                    + ("it was computed from numbers." if side == "outputs" else "the numbers come later, in fit or predict."),
                    expects="tensors that start at keras.Input(shape=…)",
                    given=given_of([x], names),
                    repairs=start_symbolic(x, side, names),
                )
    if all(isinstance(x, keras.KerasTensor) for x in [*inputs, *outputs]):
        if any(str(x.name).endswith("CLONE") for x in inputs):
            return _begins_in_the_middle(blank, refusal, inputs, outputs, names)
        missing = missing_inputs(inputs, outputs)
        if missing:
            (output, path), *_ = missing
            lost = sorted({source_of(leaf) for _, leaf in _lost_inputs(missing)})
            have = ", ".join(source_of(x) for x in inputs)
            return replace(
                blank,
                kind="disconnected",
                sentence=f"Output {source_of(output)} depends on {', '.join(lost)}, which the inputs ({have}) do not lead to.",
                expects=f"every path from an output must end in: {have}",
                given=given_of(inputs, names),
                arithmetic=(("the path", " ← ".join(source_of(t) for t in path), "ends outside the inputs"),),
                repairs=add_inputs(inputs, outputs, [leaf for _, leaf in _lost_inputs(missing)], names),
            )
    return blank


def _begins_in_the_middle(
    blank: Mistake, refusal: Refusal, inputs: list[Any], outputs: list[keras.KerasTensor], names: Mapping[int, str]
) -> Mistake:
    """A model whose inputs are no ``keras.Input``: Keras copies the graph behind them, and an output was not behind them."""
    known = {str(x.name): (name, x) for name, x in refusal.scope.items() if isinstance(x, import_keras().KerasTensor)}
    originals = [known.get(str(x.name).removesuffix("CLONE"), ("", None)) for x in inputs]
    ends = [x._keras_history.operation for x in outputs]
    firsts = [op._inbound_nodes[0].outputs[x._keras_history.tensor_index] for op, x in zip(ends, outputs, strict=True)]
    listed = ", ".join(name or "a layer's output" for name, _ in originals)
    said = ", ".join(str(op.name) for op in ends)
    sentence = f"Output {said} does not lie behind the inputs ({listed}), but before them or beside them."
    found: tuple[Repair, ...] = ()
    if all(x is not None for _, x in originals) and not missing_inputs(firsts, [x for _, x in originals]):
        start = ", ".join(names.get(id(x), str(op.name)) for op, x in zip(ends, firsts, strict=True))
        start, end = (f"[{side}]" if len(many) > 1 else side for side, many in ((start, outputs), (listed, originals)))
        code = f"keras.Model({start}, {end})"
        found = (
            Repair("Swap them: inputs first, outputs second", code, f"{start}, {end}", "every path then ends in an input"),
        )
    return replace(blank, kind="disconnected", sentence=sentence, expects="keras.Model(inputs, outputs)", repairs=found)


def _lost_inputs(missing: list[tuple[Any, list[Any]]]) -> list[tuple[Any, Any]]:
    """``(output, the input it depends on)`` for each broken path, each input once."""
    found, seen = [], set()
    for output, path in missing:
        if id(path[-1]) not in seen:
            seen.add(id(path[-1]))
            found.append((output, path[-1]))
    return found
