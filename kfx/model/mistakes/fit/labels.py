"""Rules for labels: none, of another structure than the outputs, of a form that the loss does not compare, out of range."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

import numpy as np

from kfx.keras_access.importing import import_keras
from kfx.model.mistakes.facts import Given, Mistake, Repair, shape_words
from kfx.model.mistakes.fit.case import FitCase
from kfx.model.mistakes.fit.compiling import is_whole
from kfx.model.mistakes.fit.data import Part, Port
from kfx.model.mistakes.fit.flow import names_of
from kfx.model.mistakes.fit.inputs import NONE, numbers_in
from kfx.model.mistakes.fit.losses import BINARY, ONE_HOT, SPARSE, loss_name, nearest
from kfx.model.mistakes.fit.recompile import compile_code, keeps_metrics
from kfx.text.untrusted import cut


def wrong_labels(case: FitCase) -> Mistake | None:
    """Explain labels that do not fit the outputs and the loss."""
    if not case.learns or not case.outputs or case.loss is None:
        return None
    return _none(case) or _structure(case) or next(filter(None, (_one(case, i) for i in range(len(case.outputs)))), None)


def _none(case: FitCase) -> Mistake | None:
    if case.y or case.data.in_elements:
        return None
    name = loss_name(case.loss) if not isinstance(case.loss, dict | list | tuple) else "the loss"
    sentence = (
        f"{case.failed.method} was given no labels; {name} compares the outputs ({names_of(case.output_names)}) with them."
    )
    return case.mistake(
        "labels", "there are no labels", sentence, boxes=[("y", 0)], lines=[("y", 0)], repairs=list(_found(case))
    )


def _found(case: FitCase) -> Iterator[Repair]:
    """Offer the input itself where the output has its shape, and variables of the user that the loss takes."""
    written, x = case.written, case.two[0]
    if [p.shape for p in case.inputs] == [p.shape for p in case.outputs] and len(case.inputs) == 1:
        gives, name = case.tried(y=x), written.source("x")
        if gives is not None:
            yield Repair("Let the model give back its input", case.again(y=name), name, gives)
            return
    count = case.x[0].count if case.x else None
    for name, value in sorted(case.arrays.items()):
        shape = getattr(value, "shape", None)
        if shape is None or value is case.data.x or not len(shape) or shape[0] != count or isinstance(value, type):
            continue
        part = Part("", tuple(shape), "", value)
        if len(case.outputs) == 1 and _clash(case, 0, part) is None:
            gives = case.tried(y=np.asarray(value)[:2])
            if gives is not None:
                yield Repair(f"{name} fits: as many labels as examples", case.again(y=name), name, gives)
                return


# ------------------------------------------------------------------------------------------------ several outputs


def _structure(case: FitCase) -> Mistake | None:
    outputs, y, losses = case.output_names, case.data.y, import_keras().tree.flatten(case.loss)
    if isinstance(y, dict):
        lost = [name for name in outputs if name not in y]
        return _renamed(case, lost) if lost and len(outputs) > 1 else None
    learned = len(outputs) - (sum(one is None for one in losses) if len(losses) == len(outputs) else 0)
    if len(case.y) in (len(outputs), learned) or case.data.in_elements:
        return _order(case) if len(outputs) > 1 and len(case.y) == len(outputs) else None
    held = f"y holds {len(case.y)} array{'s' * (len(case.y) != 1)}"
    sentence = f"{case.model.name} has {len(outputs)} outputs ({names_of(outputs)}); {held}."
    if len(outputs) == 1:
        sentence = f"{case.model.name} has one output ({outputs[0]}); y holds {len(case.y)} arrays."
    boxes = [("outputs", i) for i in range(len(outputs))]
    return case.mistake("labels", f"{len(outputs)} output{'s' * (len(outputs) != 1)}, {len(case.y)} for labels", sentence,
                        boxes=boxes, lines=[("y", i) for i in range(len(case.y))], repairs=list(_each(case)))  # fmt: skip


def _each(case: FitCase) -> Iterator[Repair]:
    """Give the one array of labels to every output."""
    if len(case.y) != 1 or isinstance(case.data.y, list | tuple | dict):
        return
    x, y = case.two
    gives = case.tried(x=x, y=[y] * len(case.outputs))
    if gives is not None:
        code = f"[{', '.join([case.written.source('y')] * len(case.outputs))}]"
        yield Repair("The same labels for every output", case.again(y=code), code, gives)


def _renamed(case: FitCase, lost: list[str]) -> Mistake:
    names, keys = case.output_names, [str(key) for key in case.data.y]
    spare = [key for key in keys if key not in names]
    found = []
    if len(lost) == len(spare):
        left, pairs = list(spare), {}
        for name in lost:
            pairs[name] = (nearest(name, left) or left)[0]
            left.remove(pairs[name])
        two, y = case.two, case.written.source("y")
        gives = case.tried(x=two[0], y={name: two[1][pairs.get(name, name)] for name in names})
        code = "{" + ", ".join(f"{name!r}: {y}[{pairs.get(name, name)!r}]" for name in names) + "}"
        found = [] if gives is None else [Repair("Use the outputs' own names", case.again(y=code), code, gives)]
    sentence = f"The outputs are called {names_of(names)}; y has the keys {names_of(keys)}."
    return case.mistake("labels", f"no labels for {cut(lost[0], 40)}", sentence, boxes=[("outputs", names.index(lost[0]))],
                        lines=[("y", keys.index(key)) for key in spare], repairs=found)  # fmt: skip


def _order(case: FitCase) -> Mistake | None:
    """Explain labels of several outputs in another order; None where each fits its output."""
    clashing = [i for i in range(len(case.outputs)) if _clash(case, i, case.y[i]) is not None]
    if not clashing or isinstance(case.data.y, dict) or len(case.y) > 4:
        return None
    x, y = case.two
    for order in permutations(range(len(case.y))):
        if order != tuple(range(len(case.y))) and all(_clash(case, i, case.y[j]) is None for i, j in enumerate(order)):
            gives = case.tried(x=x, y=[y[j] for j in order])
            if gives is None:
                continue
            parts, name = case.written.parts("y"), case.written.source("y")
            code = f"[{', '.join(parts[j] if parts else f'{name}[{j}]' for j in order)}]"
            sentence = f"The outputs stand in the order {names_of(case.output_names)}; y stands in another."
            repairs = [Repair("In the order of the outputs", case.again(y=code), code, gives)]
            lines = [("y", i) for i in clashing]
            return case.mistake("labels", "the labels stand in another order", sentence, lines=lines, boxes=[("loss", 0)],
                                repairs=repairs)  # fmt: skip
    return None


# ------------------------------------------------------------------------------------------------ one output and its loss


def _loss_at(case: FitCase, place: int) -> Any:
    loss, names = case.loss, case.output_names
    if isinstance(loss, dict):
        return loss.get(names[place] if place < len(names) else "")
    if isinstance(loss, list | tuple):
        return loss[place] if place < len(loss) else None
    return loss


def _part_at(case: FitCase, place: int) -> Part | None:
    if isinstance(case.data.y, dict):
        return next((part for part in case.y if part.path == case.output_names[place]), None)
    return case.y[place] if place < len(case.y) else None


def _clash(case: FitCase, place: int, part: Part) -> str | None:
    """Return how labels clash with an output and its loss: ``"rank"``, ``"whole"``, ``"rows"``, ``"size"`` or ``"range"``."""
    port, loss = case.outputs[place], _loss_at(case, place)
    if part.shape is None or loss is None or None in (*port.shape, *(part.example or ())):
        return None
    name, have, want = loss_name(loss), part.example or (), tuple(n or 1 for n in port.shape)
    if name == SPARSE:
        if have == want and want and want[-1] > 1:
            return "rows"
        if have not in (want[:-1], (*want[:-1], 1)):
            return "size"
        return "range" if _out_of_range(part, want[-1]) else None
    if name in ONE_HOT:
        if have == want:
            return None
        return "whole" if have in (want[:-1], (*want[:-1], 1)) and want[-1] > 1 else "size"
    if name in BINARY or loss_name(loss) in _elementwise():
        if have == want or (have == want[:-1] and want[-1:] == (1,)) or (have[:-1] == want and have[-1:] == (1,)):
            return None
        if have == want[:-1] or have == (*want[:-1], 1):  # one number stands beside each of several: Keras spreads it
            return "spread" if name in BINARY else None
        return "size"
    return None


def _elementwise() -> tuple[str, ...]:
    return ("mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_logarithmic_error",
            "huber", "log_cosh", "logcosh", "poisson", "hinge", "squared_hinge")  # fmt: skip


def _out_of_range(part: Part, units: int) -> bool:
    if part.value is None or not is_whole(part):
        return False
    values = np.asarray(part.value)
    return bool(values.size) and (values.min() < 0 or values.max() >= units)


def _one(case: FitCase, place: int) -> Mistake | None:
    part = _part_at(case, place)
    clash = None if part is None else _clash(case, place, part)
    if part is None or clash is None:
        return None
    port, name = case.outputs[place], loss_name(_loss_at(case, place))
    have, units = part.example or (), (port.shape[-1] or 1) if port.shape else 1
    each = f"{shape_words(port.shape)}{' numbers' if len(port.shape) == 1 else ''} for each example"
    said = {
        "whole": f"{name} compares {each} with {shape_words(port.shape)}; y holds one whole number for each.",
        "rows": f"{name} wants one whole number for each example; y holds rows of {units}.",
        "spread": f"{name} compares {each} with as many labels; y holds one number for each.",
        "size": f"{name} compares the output {port.name} ({each}) with labels that fit it; y holds {_holds(have)} for each.",
    }
    if clash == "range":
        values = np.asarray(part.value)
        goes = f"y goes from {values.min():g} to {values.max():g}"
        sentence = f"{port.name} has {units} units, for the classes 0 to {units - 1}; {goes}."
        title = "a label is beyond the classes"
    else:
        sentence, title = said[clash], "the labels do not fit the loss"
    repairs = list(_repairs(case, place, part, port, clash)) if len(case.outputs) == 1 else []
    if not repairs and clash == "range":
        sentence += f" {port.name} needs {int(np.asarray(part.value).max()) + 1} units."
    return case.mistake("labels", title, sentence, given=_rows(case, part, port, clash), repairs=repairs,
                        boxes=[("loss", 0)], lines=[("outputs", place), ("y", case.y.index(part))])  # fmt: skip


def _holds(example: Any) -> str:
    return "one number" if not example else f"{shape_words(example)} numbers" if len(example) == 1 else shape_words(example)


def _rows(case: FitCase, part: Part, port: Port, kind: str) -> tuple[Given, ...]:
    have, want = list(part.shape or ()), [part.count, *port.shape]
    names = {1: ("units",), 2: ("steps", "units"), 3: ("height", "width", "units")}.get(len(port.shape))
    longest = max(len(have), len(want))
    axes = (
        ("examples", *names) if names and longest == len(names) + 1 else ("examples", *(f"axis {i}" for i in range(1, longest)))
    )
    have += [NONE] * (longest - len(have))
    want += [NONE] * (longest - len(want))
    clash = tuple(i for i, (h, w) in enumerate(zip(have, want, strict=True)) if h != w)
    clash = clash or ((longest - 1,) if kind == "rows" else ())
    variable = case.written.source("y") if case.where[1] == "y" else ""
    return (Given(case.where[1], tuple(have), part.dtype, axes, clash, variable),
            Given(f"prediction of {port.name}", tuple(want), port.dtype, axes, clash))  # fmt: skip


def _repairs(case: FitCase, place: int, part: Part, port: Port, clash: str) -> Iterator[Repair]:
    units, y = (port.shape[-1] or 1) if port.shape else 1, case.written.source("y")
    keras = import_keras()
    settled = "from_logits=True" if getattr(_loss_at(case, place), "from_logits", False) else ""
    if clash in ("whole", "spread") and is_whole(part):
        if not _out_of_range(part, units):
            yield from _other_loss(case, "A loss for whole numbers", SPARSE, settled)
            yield from _other_y(case, f"Labels as rows of {units}", f"keras.utils.to_categorical({y}, {units})",
                                lambda two: keras.utils.to_categorical(two, units))  # fmt: skip
        else:
            values = np.asarray(part.value)
            if values.min() == 1 and values.max() == units:
                yield from _other_y(case, f"Count from 0, as rows of {units}", f"keras.utils.to_categorical({y} - 1, {units})",
                                    lambda two: keras.utils.to_categorical(two - 1, units))  # fmt: skip
    if clash == "rows":
        yield from _other_loss(case, f"A loss for rows of {units}", "categorical_crossentropy", settled)
        yield from _other_y(case, "Labels as whole numbers", f"np.argmax({y}, axis=-1)", lambda two: np.argmax(two, axis=-1))
    if clash == "range" and np.asarray(part.value).min() == 1 and np.asarray(part.value).max() == units:
        yield from _other_y(case, "Count the classes from 0", f"{y} - 1", lambda two: two - 1)
    if clash == "size":
        yield from _other_sizes(case, part, port, y)


def _other_sizes(case: FitCase, part: Part, port: Port, y: str) -> Iterator[Repair]:
    have, want = part.example or (), port.shape
    if want == (1,) and have == (2,):
        yield from _other_y(case, "Rows of two as 0 or 1", f"np.argmax({y}, axis=-1)", lambda two: np.argmax(two, axis=-1))
    if len(have) == len(want) and have[1:] + have[:1] == want:
        yield from _other_y(
            case, "Move the channels from first to last", f"np.moveaxis({y}, 1, -1)", lambda two: np.moveaxis(two, 1, -1)
        )
    if have == (*want, 1) or (have[-1:] == (1,) and len(have) == len(want) + 1):
        yield from _other_y(case, "Drop the last axis", f"{y}[..., 0]", lambda two: two[..., 0])
    if have and want and numbers_in(have) == numbers_in(want) and have != want:
        target = (-1, *want)
        yield from _other_y(case, "Arrange the same numbers anew", f"{y}.reshape({target})", lambda two: two.reshape(target))


def _other_loss(case: FitCase, title: str, loss: str, settings: str) -> Iterator[Repair]:
    keras = import_keras()
    cls = "".join(part.capitalize() for part in loss.split("_"))
    made = getattr(keras.losses, cls)(from_logits=True) if settings else loss
    gives = case.tried(loss=made)
    if gives is not None:
        code = f"keras.losses.{cls}({settings})" if settings else f'"{loss}"'
        yield Repair(title, compile_code(case.written, code), code, gives + keeps_metrics(case.model))


def _other_y(case: FitCase, title: str, code: str, change: Callable[[Any], Any]) -> Iterator[Repair]:
    if case.data.in_elements:
        return
    try:
        x, y = case.two
        gives = case.tried(x=x, y=change(y))
    except Exception:
        return
    if gives is not None and case.where[1] == "y":
        yield Repair(title, case.again(y=code), code, gives)
