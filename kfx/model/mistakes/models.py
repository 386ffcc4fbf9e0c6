"""Explain a model that could not be made of its inputs and outputs, and a nested model that was given the wrong inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.layers.arguments import is_automatic
from kfx.model.mistakes import repairs
from kfx.model.mistakes.facts import Mistake, Repair
from kfx.model.mistakes.given import given_of, many, shape_words, source_of
from kfx.model.mistakes.names import Names
from kfx.model.mistakes.traceback import FailedCall
from kfx.model.mistakes.try_out import offered

if TYPE_CHECKING:
    import keras
    import numpy as np


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


def refused_model(failed: FailedCall, names: Mapping[int, str]) -> Mistake:
    keras = import_keras()
    inputs, outputs = (list(keras.tree.flatten(side)) for side in failed.args)
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
            return _begins_in_the_middle(blank, failed, inputs, outputs, names)
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
    blank: Mistake, failed: FailedCall, inputs: list[Any], outputs: list[keras.KerasTensor], names: Mapping[int, str]
) -> Mistake:
    """A model whose inputs are no ``keras.Input``: Keras copies the graph behind them, and an output was not behind them."""
    known = {str(x.name): (name, x) for name, x in failed.scope.items() if isinstance(x, import_keras().KerasTensor)}
    originals = [known.get(str(x.name).removesuffix("CLONE"), ("", None)) for x in inputs]
    made = [internals.node_of(x) for x in outputs]
    ends = [found[0].operation for found in made if found is not None]
    firsts = [internals.calls_of(found[0].operation)[0].outputs[found[1]] for found in made if found is not None]
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


def start_symbolic(array: np.ndarray, side: str, names: Names) -> tuple[Repair, ...]:
    """A model that was given numbers where a symbolic tensor is meant."""
    shape = tuple(int(n) for n in array.shape[1:])
    code = f"inputs = keras.Input(shape={shape})"
    gives = "the layers are then called on `inputs`, and the numbers go to fit or predict"
    return (Repair("Start the graph at a symbolic input", code, f"keras.Input(shape={shape})", gives),)


def missing_inputs(inputs: Sequence[Any], outputs: Sequence[keras.KerasTensor]) -> list[tuple[Any, list[Any]]]:
    """For each path from an output that ends outside the inputs: the output and the tensors on the way, the lost one last."""
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


def add_inputs(
    inputs: Sequence[Any], outputs: Sequence[keras.KerasTensor], lost: Sequence[Any], names: Names
) -> tuple[Repair, ...]:
    """Name the lost inputs too; tried by asking once more which paths end outside."""
    if missing_inputs([*inputs, *lost], outputs):
        return ()
    listed = ", ".join(names.get(id(t), source_of(t)) for t in [*inputs, *lost])
    ends = ", ".join(names.get(id(t), source_of(t)) for t in outputs)
    ends = ends if len(outputs) == 1 else f"[{ends}]"
    changed = ", ".join(names.get(id(t), source_of(t)) for t in lost)
    return (
        Repair(
            "Name every input that the outputs need",
            f"keras.Model([{listed}], {ends})",
            changed,
            "every path then ends in an input",
        ),
    )
