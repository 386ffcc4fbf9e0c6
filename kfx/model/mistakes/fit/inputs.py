"""Rules for the data that enter the model: their kind, their number, their names, their sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import permutations
from math import prod
from typing import Any

import numpy as np

from kfx.keras_access.importing import import_keras
from kfx.model.facts import Shape
from kfx.model.mistakes.facts import Given, Mistake, Repair, axis_names, shape_words
from kfx.model.mistakes.fit.case import FitCase
from kfx.model.mistakes.fit.data import Part, Port, parts_of
from kfx.model.mistakes.fit.flow import names_of
from kfx.model.mistakes.fit.losses import nearest
from kfx.text.untrusted import cut

NONE = -1  # stands in a table for an axis that is not there


def wrong_inputs(case: FitCase) -> Mistake | None:
    """Explain data that do not fit the model's inputs."""
    return _number_of_inputs(case) or _keys(case) or _sizes(case)


def numbers_in(shape: Shape) -> int:
    """Return how many numbers an example of a shape has, each open axis counted as one."""
    return prod(n or 1 for n in shape)


def _in_order(order: Sequence[int], two: Any) -> list[Any]:
    return [two[i] for i in order]


def _first_two(value: Any, _: Any) -> np.ndarray:
    return np.asarray(value[:2])


def fits(example: Shape | None, port: Port) -> bool:
    """Return whether an example of this shape can enter an input."""
    if example is None:
        return False
    if len(example) != len(port.shape):  # Keras adds or drops a last axis of size 1
        longer, shorter = sorted((example, port.shape), key=len, reverse=True)
        return len(longer) == len(shorter) + 1 and longer[-1] == 1 and len(shorter) > 0 and fits(shorter, Port("", longer[:-1]))
    return all(have is None or want is None or have == want for have, want in zip(example, port.shape, strict=True))


def matched(case: FitCase) -> list[tuple[Part, Port]]:
    """Return each array with the input that it is for; empty where their number or their names do not fit."""
    if len(case.x) != len(case.inputs):
        return []
    by_name = {port.name: port for port in case.inputs}
    if isinstance(case.data.x, dict):
        return [(part, by_name[part.path]) for part in case.x] if {p.path for p in case.x} == set(by_name) else []
    return list(zip(case.x, case.inputs, strict=True))


def _number_of_inputs(case: FitCase) -> Mistake | None:
    have, want = case.x, case.inputs
    if not want or not have or isinstance(case.data.x, dict):
        return None
    if len(have) == len(want):
        return None
    x = case.where[0]
    plural = "s" if len(want) != 1 else ""
    sentence = f"{case.model.name} has {len(want)} input{plural} ({names_of([p.name for p in want])}); {x} holds {len(have)}."
    repairs = []
    if len(want) == 1 and case.written.parts("x") is None and all(not part.shape for part in have):
        repairs = [*_as_array(case)]
    elif len(want) == 1 and have[0].shape is not None:
        repairs = [*_stacked(case), *_joined(case), *_only_first(case)]
    title = f"the model takes {len(want)} input{plural}, not {len(have)}"
    lines = [("x", i) for i in range(len(have))]
    return case.mistake(
        "inputs", title, sentence, boxes=[("inputs", i) for i in range(len(want))], lines=lines, repairs=repairs
    )


def _as_array(case: FitCase) -> Iterator[Repair]:
    """Make an array of a list of numbers, which Keras takes as a list of inputs."""
    array = np.asarray(case.data.x)
    yield from repair(case, "Make one array of the list", f"np.array({case.written.source('x')})", lambda _: array[:2])


def _stacked(case: FitCase) -> Iterator[Repair]:
    """Stack a list of examples: ``[image, image, ...]`` is one input with many examples."""
    (port,) = case.inputs
    if all(part.shape is not None and fits(part.shape, port) for part in case.x):
        stacked = np.stack([np.asarray(part.value) for part in case.x[:2]])
        yield from repair(case, "Stack the examples into one array", f"np.stack({case.written.source('x')})", lambda _: stacked)


def _joined(case: FitCase) -> Iterator[Repair]:
    """Join columns that were given apart."""
    if all(part.shape is not None and len(part.shape) == 2 for part in case.x):
        joined = np.concatenate([np.asarray(part.value)[:2] for part in case.x], axis=1)
        code = f"np.concatenate({case.written.source('x')}, axis=1)"
        yield from repair(case, "Join them into one array", code, lambda _: joined)


def _only_first(case: FitCase) -> Iterator[Repair]:
    code = case.written.source("x")
    parts = case.written.parts("x")
    new = parts[0] if parts else f"{code}[0]"
    yield from repair(case, "Take the first of them", new, lambda _: np.asarray(case.x[0].value)[:2])


def _keys(case: FitCase) -> Mistake | None:
    if not isinstance(case.data.x, dict) or not case.inputs:
        return None
    names, keys = [port.name for port in case.inputs], [part.path for part in case.x]
    lost = [name for name in names if name not in keys]
    if not lost:
        return None
    spare = [key for key in keys if key not in names]
    sentence = f"The inputs are called {names_of(names)}; {case.where[0]} has the keys {names_of(keys)}."
    renamed = _renamed(case, lost, spare)
    boxes = [("inputs", names.index(name)) for name in lost]
    lines = [("x", keys.index(key)) for key in spare]
    return case.mistake("inputs", f"nothing is given for {cut(lost[0], 40)}", sentence, boxes=boxes, lines=lines,
                        repairs=list(renamed))  # fmt: skip


def _renamed(case: FitCase, lost: Sequence[str], spare: Sequence[str]) -> Iterator[Repair]:
    if len(lost) != len(spare):
        return
    left, pairs = list(spare), {}
    for name in lost:
        key = (nearest(name, left) or left)[0]
        left.remove(key)
        pairs[name] = key
    x, code = case.data.x, case.written.source("x")
    new = {name: x[pairs.get(name, name)] for name in [port.name for port in case.inputs]}
    written = "{" + ", ".join(f"{name!r}: {code}[{pairs.get(name, name)!r}]" for name in new) + "}"
    two = case.two[0]
    changed = {name: two[pairs.get(name, name)] for name in new}
    yield from repair(case, "Use the inputs' own names", written, lambda _: changed)


# ------------------------------------------------------------------------------------------------ sizes


def _sizes(case: FitCase) -> Mistake | None:
    pairs = matched(case)
    wrong = [(i, part, port) for i, (part, port) in enumerate(pairs) if part.shape is not None and not fits(part.example, port)]
    if not wrong:
        return None
    _place, part, port = wrong[0]
    x = case.where[0] if not part.path else f"{case.where[0]}[{part.path if part.path.isdigit() else repr(part.path)}]"
    example, want = part.example or (), port.shape
    each = "is one number" if not example else f"has {shape_words(example)}{' numbers' if len(example) == 1 else ''}"
    whole = f"{x} is one example without the axis of examples" if part.shape == want else f"each example of {x} {each}"
    sentence = f"{port.name} wants {_kind(want)}; {whole}."
    at = next(i for i, one in enumerate(case.inputs) if one is port)
    found = list(_fitting(case, part, port)) if len(pairs) == 1 else list(_other_order(case))
    if not found:
        found = list(_variables(case, port)) if len(pairs) == 1 else []
    if not found:
        sentence += " None of the usual repairs makes the one out of the other."
    given = rows(x, part, port, case.written.source("x"))
    return case.mistake("inputs", "the data do not fit the input", sentence, given=given, boxes=[("inputs", at)],
                        lines=[("x", case.x.index(part))], repairs=found)  # fmt: skip


def _kind(shape: Shape) -> str:
    return f"{shape_words(shape)} for each example" if len(shape) != 1 else f"{shape_words(shape)} numbers for each example"


def rows(x: str, part: Part, port: Port, variable: str) -> tuple[Given, ...]:
    """Return the two rows of the table: the data, and the input; axes that one of them lacks are marked."""
    have, want = list(part.example or ()), list(port.shape)
    axes = axis_names(max(len(have), len(want)))
    have += [NONE] * (len(axes) - len(have))
    want += [NONE] * (len(axes) - len(want))
    clash = tuple(i for i, (h, w) in enumerate(zip(have, want, strict=True)) if h != w and None not in (h, w))
    return (Given(x, tuple(have), part.dtype, axes, clash, variable), Given(port.name, tuple(want), port.dtype, axes))


def repair(case: FitCase, title: str, code: str, change: Callable[[Any], Any]) -> Iterator[Repair]:
    """Offer the call with another ``x``, if the model takes the first two examples so changed."""
    try:
        gives = case.tried(x=change(case.two[0]))
    except Exception:
        return
    if gives is not None:
        yield Repair(title, case.again(x=code), code, gives)


def _fitting(case: FitCase, part: Part, port: Port) -> Iterator[Repair]:
    """Bring the array into the input's shape."""
    have, want, x = part.example or (), port.shape, case.written.source("x")
    if part.shape == want and None not in want:
        one = np.asarray(part.value)[None]
        yield from repair(case, "Add the axis of examples", f"{x}[None]", lambda _: one)
    if case.data.in_elements or isinstance(case.data.x, dict | list | tuple):
        return
    if (*have, 1) == want:
        yield from repair(case, "Add the channel axis", f"{x}[..., None]", lambda two: two[..., None])
    if len(have) == len(want) >= 2 and have != want and (have[1:] + have[:1]) == want:
        yield from repair(
            case, "Move the channels from first to last", f"np.moveaxis({x}, 1, -1)", lambda two: np.moveaxis(two, 1, -1)
        )
    if len(have) == len(want) >= 2 and (have[-1:] + have[:-1]) == want:
        yield from repair(
            case, "Move the channels from last to first", f"np.moveaxis({x}, -1, 1)", lambda two: np.moveaxis(two, -1, 1)
        )
    if len(have) == 1 == len(want) and part.shape is not None and part.shape[0] == want[0]:
        turned = np.asarray(part.value).T[:2]
        yield from repair(case, "Turn the table: rows are examples", f"{x}.T", lambda _: turned)
    if len(have) == len(want) == 3 and have[:2] == want[:2] and have[2] == 1 and want[2] == 3:
        yield from repair(
            case, "Repeat grey as three channels", f"np.repeat({x}, 3, axis=-1)", lambda two: np.repeat(two, 3, axis=-1)
        )
    if len(have) == len(want) == 3 and have[2] == want[2] and None not in want and have[:2] != want[:2]:
        size, resize = want[:2], import_keras().ops.image.resize
        code = f"keras.ops.image.resize({x}, {size})"
        yield from repair(case, "Resize the images", code, lambda two: resize(np.asarray(two, "float32"), size))
    if None not in (*want, *have) and numbers_in(have) == numbers_in(want) and (*have, 1) != want and len(have) != len(want):
        target = (-1, *want)
        yield from repair(case, "Arrange the same numbers anew", f"{x}.reshape({target})", lambda two: two.reshape(target))
    yield from _swapped(case, port)


def _swapped(case: FitCase, port: Port) -> Iterator[Repair]:
    if len(case.y) == 1 and fits(case.y[0].example, port) and case.learns and "y" in case.failed.arguments:
        x, y = case.two
        gives = case.tried(x=y, y=x)
        if gives is not None:
            new = case.written.source("y")
            code = case.again(x=new, y=case.written.source("x"))
            yield Repair("x and y stand in each other's place", code, new, gives)


def _other_order(case: FitCase) -> Iterator[Repair]:
    """Give a list in the order of the inputs."""
    parts = case.written.parts("x")
    if isinstance(case.data.x, dict) or len(case.x) > 4 or case.data.in_elements:
        return
    for order in permutations(range(len(case.x))):
        if all(fits(case.x[i].example, port) for i, port in zip(order, case.inputs, strict=True)):
            code = case.written.source("x")
            listed = ", ".join(parts[i] if parts else f"{code}[{i}]" for i in order)
            yield from repair(case, "In the order of the inputs", f"[{listed}]", partial(_in_order, order))
            return


def _variables(case: FitCase, port: Port) -> Iterator[Repair]:
    """Name variables of the user whose examples fit, with as many examples as there are labels first."""
    counts = {part.count for part in case.y}
    found = []
    for name, value in case.arrays.items():
        for part in parts_of(value) if hasattr(value, "shape") else ():
            if part.shape and len(part.shape) == len(port.shape) + 1 and fits(part.example, port) and value is not case.data.x:
                found.append((part.count not in counts, name, value))
    for _, name, value in sorted(found, key=lambda one: one[:2])[:1]:
        title = f"{name} fits: {shape_words(tuple(np.shape(value)[1:]))} for each example"
        n = next(iter(counts), None)
        longer = n is not None and len(value) > n
        code = f"{name}[:{n}]" if longer else name
        if n is None or len(value) >= n:
            yield from repair(case, title, code, partial(_first_two, value))
