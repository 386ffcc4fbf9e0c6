"""Rules for what the data are made of: functions, single examples instead of batches, wrong tuples, text, holes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from kfx.keras_access.importing import import_keras
from kfx.model.mistakes.facts import Mistake, Repair, shape_words
from kfx.model.mistakes.fit.case import FitCase
from kfx.model.mistakes.fit.data import Part, data_of, first
from kfx.model.mistakes.fit.inputs import fits
from kfx.text.untrusted import cut

_PLURAL = {"dataset": "the dataset", "sequence": "the PyDataset", "generator": "the generator"}


def wrong_elements(case: FitCase) -> Mistake | None:
    """Explain data that Keras cannot read as numbers in batches."""
    if case.data.kind == "none":
        return _nothing(case)
    if case.data.kind == "function":
        return _function(case)
    return _labels_twice(case) or _not_a_tuple(case) or _not_batched(case) or _python_numbers(case) or _not_numbers(case)


def _nothing(case: FitCase) -> Mistake | None:
    x = case.written.source("x")
    named = x if x != "x" else "x"
    sentence = f"{named} is None: there is nothing to take examples from. A function that forgets its `return` gives None."
    return case.mistake("data", "there are no data", sentence, lines=[("x", 0)], boxes=[("x", 0)])


def _function(case: FitCase) -> Mistake:
    x = case.written.source("x")
    sentence = f"{x} is a function, not what it gives: call it."
    found = []
    try:
        made = case.failed.arguments["x"]()
        case_of_made = FitCase(case.failed, data_of(made, None))
        pair = case_of_made.two
        gives = case.tried(x=pair[0], y=pair[1])
        found = [] if gives is None else [Repair("Call the function", case.again(x=f"{x}()"), f"{x}()", gives)]
    except Exception:
        found = []
    return case.mistake("data", "x is a function", sentence, boxes=[("x", 0)], lines=[("x", 0)], repairs=found)


def _labels_twice(case: FitCase) -> Mistake | None:
    y = case.failed.arguments.get("y")
    if not case.data.in_elements or y is None or not case.learns:
        return None
    what = _PLURAL[case.data.kind]
    has = isinstance(case.data.element, tuple) and len(case.data.element) > 1
    sentence = f"{what[0].upper()}{what[1:]} brings its own labels; y must be left out."
    if not has:
        sentence = f"With {what[4:]}, y must be left out: each of its elements must be a tuple (x, y)."
    gives = case.tried() if has else None
    found = [] if gives is None else [Repair("Leave y out", case.again(("y",)), "", gives)]
    return case.mistake("data", "labels are given twice" if has else "y belongs into the elements", sentence,
                        boxes=[("y", 0)], lines=[("y", 0)], repairs=found)  # fmt: skip


def _not_a_tuple(case: FitCase) -> Mistake | None:
    """Explain ``yield [x, y]`` and ``yield x``: only a tuple holds labels."""
    element = case.data.element
    if not case.data.in_elements or not case.learns or isinstance(element, tuple):
        return None
    what = _PLURAL[case.data.kind]
    if isinstance(element, list) and len(element) in (2, 3) and len(case.inputs) != len(element):
        sentence = (
            f"Each element of {what} is a list of {len(element)}; Keras takes a list as several inputs, a tuple as (x, y)."
        )
        return case.mistake("data", "the elements are lists, not tuples", sentence, boxes=[("x", 0)], lines=[("x", 0)],
                            repairs=list(_tuples(case, element)))  # fmt: skip
    if isinstance(element, dict) and set(element) == {"x", "y"}:
        x = case.written.source("x")
        sentence = f"Each element of {what} is a dict with the keys x and y, which Keras takes as inputs. Give a tuple (x, y)."
        found = []
        gives = _of_element(case, lambda e: (e["x"], e["y"]))
        if gives is not None and case.data.kind == "dataset":
            code = f'{x}.map(lambda e: (e["x"], e["y"]))'
            found = [Repair("Make tuples of them", case.again(x=code), code, gives)]
        return case.mistake("data", "the elements are dicts, not tuples", sentence, boxes=[("x", 0)], repairs=found)
    if _needs_labels(case):
        sentence = f"Each element of {what} holds inputs alone; the loss needs labels. Each must be a tuple (x, y)."
        return case.mistake("data", "the elements hold no labels", sentence, boxes=[("y", 0)], lines=[("y", 0)],
                            repairs=list(_to_itself(case)))  # fmt: skip
    return None


def _needs_labels(case: FitCase) -> bool:
    return case.data.y is None and type(case.model).train_step is import_keras().Model.train_step and case.loss is not None


def _of_element(case: FitCase, pair: Any) -> str | None:
    try:
        x, y = pair(case.element)
        return case.tried(x=first(x), y=first(y))
    except Exception:
        return None


def _tuples(case: FitCase, element: list[Any]) -> Iterator[Repair]:
    x, gives = case.written.source("x"), _of_element(case, lambda e: (e[0], e[1]))
    if gives is None:
        return
    names = ", ".join("xyw"[: len(element)])
    code = f"{x}.map(lambda {names}: ({names}))" if case.data.kind == "dataset" else f"(tuple(batch) for batch in {x})"
    if case.data.kind != "sequence":
        yield Repair("Make tuples of them", case.again(x=code), code, gives)


def _to_itself(case: FitCase) -> Iterator[Repair]:
    """Let a model whose output has the shape of its input learn its input."""
    if case.data.kind == "dataset" and [p.shape for p in case.inputs] == [p.shape for p in case.outputs]:
        x = case.written.source("x")
        gives = _of_element(case, lambda e: (e, e))
        if gives is not None:
            code = f"{x}.map(lambda batch: (batch, batch))"
            yield Repair("Let the model give back its input", case.again(x=code), code, gives)


def _not_batched(case: FitCase) -> Mistake | None:
    if not case.data.in_elements or len(case.x) != 1 or len(case.inputs) != 1:
        return None
    (part,), (port,) = case.x, case.inputs
    if part.shape is None or fits(part.example, port) or not fits(part.shape, port):
        return None
    what, x = _PLURAL[case.data.kind], case.written.source("x")
    one = f"each element of {what} is one example of {shape_words(part.shape)}"
    sentence = f"{port.name} wants batches of {shape_words(port.shape)}; {one}."
    gives = _of_element(case, lambda e: tuple(np.asarray(one)[None] for one in (*e, None)[:2]))
    found = []
    if gives is not None and case.data.kind == "dataset":
        found = [Repair("Put 32 examples into each batch", case.again(x=f"{x}.batch(32)"), ".batch(32)", gives)]
    elif gives is not None and case.data.kind == "generator":
        code = f"((x[None], y[None]) for x, y in {x})"
        found = [Repair("Make each example a batch of one", case.again(x=code), code, gives)]
    return case.mistake(
        "data", "the examples are not in batches", sentence, boxes=[("inputs", 0)], lines=[("x", 0)], repairs=found
    )


# ------------------------------------------------------------------------------------------------ what cannot be a number


def _python_numbers(case: FitCase) -> Mistake | None:
    """Explain lists of plain numbers, which Keras takes as lists of arrays."""
    for side, parts in (("x", case.x), ("y", case.y)):
        value = case.data.x if side == "x" else case.data.y
        if not isinstance(value, list | tuple) or not parts or any(part.shape is not None for part in parts):
            continue
        if not all(isinstance(part.value, int | float | str | bool) for part in parts):
            continue
        source, array = case.written.source(side), _as_array(value)
        sentence = f"{source} is a list of plain {type(parts[0].value).__name__}s; Keras takes a list as several arrays."
        found = list(_array_of(case, side, source, array)) if array is not None else []
        if array is None:
            sentence += " Its rows differ in length, so it is no array either."
        return case.mistake(
            "data", f"{side} is a list, not an array", sentence, boxes=[(side, 0)], lines=[(side, 0)], repairs=found
        )
    return None


def _as_array(value: Any) -> np.ndarray | None:
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return array if array.dtype.kind in "iufb" else None


def _array_of(case: FitCase, side: str, source: str, array: np.ndarray) -> Iterator[Repair]:
    try:
        other = first(case.data.y if side == "x" else case.data.x)
        gives = case.tried(x=array[:2], y=other) if side == "x" else case.tried(x=other, y=array[:2])
        if gives is None and side == "x":
            gives = case.tried(x=array[:2], y=np.asarray(case.data.y)[:2])
    except Exception:
        return
    if gives is not None:
        other_side = "y" if side == "x" else "x"
        both = {side: f"np.array({source})"}
        if isinstance(getattr(case.data, other_side), list | tuple):
            both[other_side] = f"np.array({case.written.source(other_side)})"
        yield Repair("Make an array of it", case.again(**both), both[side], gives)


def _not_numbers(case: FitCase) -> Mistake | None:
    for side, parts in (("x", case.x), ("y", case.y)):
        wants_text = side == "x" and any(port.dtype == "string" for port in case.inputs)
        for place, part in enumerate(parts):
            if part.shape is None or part.value is None or wants_text or not _is_object(part):
                continue
            return _objects(case, side, place, part)
    return None


def _is_object(part: Part) -> bool:
    return part.dtype in ("object", "string", "category") or part.dtype.startswith(("str", "bytes"))


def _objects(case: FitCase, side: str, place: int, part: Part) -> Mistake:
    source = case.written.source(side)
    columns = _text_columns(part.value)
    flat = np.asarray(part.value, dtype=object).ravel()
    holes = sum(one is None for one in flat)
    texts = [one for one in flat[:1000] if isinstance(one, str | bytes)]
    if columns:
        what = f"the columns {', '.join(cut(str(c), 30) for c in columns[:4])} hold text"
    elif holes:
        what = f"{holes} of its {len(flat):,} values {'is' if holes == 1 else 'are'} None"
    elif texts:
        what = f"it holds text, e.g. {cut(repr(texts[0]), 40)}"
    elif flat.size and hasattr(flat[0], "__len__"):
        sizes = sorted({np.shape(one) for one in flat[:1000]}, key=str)
        what = f"its examples have {len(sizes)} different shapes" if len(sizes) > 1 else "it is an array of arrays"
    else:
        what = f"it holds objects ({cut(type(flat[0]).__name__, 40) if flat.size else 'none'})"
    sentence = f"{source} is no array of numbers: {what}."
    found = list(_as_numbers(case, side, source, part, bool(holes), bool(texts), columns))
    return case.mistake("data", f"{side} holds what is not a number", sentence, boxes=[(side, place)], lines=[(side, place)],
                        repairs=found)  # fmt: skip


def _text_columns(table: Any) -> list[str]:
    kinds = getattr(table, "dtypes", None)
    items = kinds.items() if kinds is not None and hasattr(kinds, "items") else ()
    return [name for name, kind in items if str(kind) in ("object", "str", "string", "category")]


def _as_numbers(
    case: FitCase, side: str, source: str, part: Part, holes: bool, texts: bool, columns: list[str]
) -> Iterator[Repair]:
    array = part.value

    def offer(title: str, code: str, made: Any) -> Iterator[Repair]:
        try:
            other = first(case.data.y if side == "x" else case.data.x)
            gives = case.tried(x=made, y=other) if side == "x" else case.tried(x=other, y=made)
        except Exception:
            return
        if gives is not None:
            yield Repair(title, case.again(**{side: code}), code, gives)

    if columns and hasattr(array, "drop"):
        code = f"{source}.drop(columns={[str(c) for c in columns]!r})"
        yield from offer("Leave the columns of text out", code, array.drop(columns=columns).to_numpy(dtype="float32")[:2])
    elif holes and not texts:
        code = f'np.nan_to_num(np.asarray({source}, "float32"))'
        yield from offer("Put 0 where there is none", code, np.nan_to_num(np.asarray(array, "float32"))[:2])
    elif texts and side == "y":
        numbers = np.unique(np.asarray(array, dtype=str), return_inverse=True)[1].reshape(np.shape(array))
        code = f"np.unique({source}, return_inverse=True)[1]"
        yield from offer("Number the classes from 0", code, numbers[:2])
    elif texts:
        try:
            numbers = np.asarray(array).astype("float32")
        except ValueError:
            return
        yield from offer("Read the text as numbers", f'np.asarray({source}).astype("float32")', numbers[:2])
    else:
        try:
            stacked = np.stack([np.asarray(one) for one in array]).astype("float32")
        except (ValueError, TypeError):
            padded = _padded(array)
            if padded is not None:
                yield from offer("Fill the shorter ones with 0", f"keras.utils.pad_sequences({source})", padded[:2])
            return
        yield from offer("Make one array of them", f'np.stack({source}).astype("float32")', stacked[:2])


def _padded(array: Any) -> np.ndarray | None:
    try:
        return np.asarray(import_keras().utils.pad_sequences(array))
    except Exception:
        return None
