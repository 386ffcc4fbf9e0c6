"""Explain a merge whose inputs differ, with the layers at which their sizes part, and repair it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import islice
from math import prod
from operator import sub
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.facts import Shape, Tensor
from kfx.model.layers.registry import known
from kfx.model.layers.words import derivation
from kfx.model.mistakes.case import Case
from kfx.model.mistakes.facts import Mistake, Repair, axis_names, shape_words
from kfx.model.mistakes.given import gives_shape, makers, source_of
from kfx.model.mistakes.try_out import code_of, copy_of, offered, output_shape

if TYPE_CHECKING:
    import keras

_MOST_LAYERS = 200  # of one branch


def is_merge(op: keras.Operation) -> bool:
    """Return True for a merging layer and for an elementwise operation of two tensors such as ``x + y``."""
    return any(cls.__name__ in ("Merge", "Concatenate") for cls in type(op).__mro__) or (
        type(op).__module__.startswith("keras.")
        and type(op).__name__ in ("Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Maximum", "Minimum")
    )


def explain_merge(case: Case) -> Mistake:
    """Explain a merge by the first rule that holds."""
    keras, verb, tensors = import_keras(), case.type, case.tensors
    is_layer, many = isinstance(case.op, keras.layers.Layer), len(tensors)
    if is_layer and many > 1 and not isinstance(case.failed.args[0], list | tuple):
        sentence = f"{verb} takes one list of tensors; it was given {many} arguments."
        return case.mistake("inputs", sentence, expects="a list of tensors", repairs=offered(_as_list, case))
    if verb == "Subtract" and many > 2:
        sentence = f"Subtract takes exactly two inputs; it was given {many}."
        return case.mistake("inputs", sentence, expects="two tensors", repairs=offered(_subtract_each, case))
    if verb == "Dot":
        return _explain_dot(case)
    if many < 2:
        sentence = f"{verb} needs a list of at least two inputs; it was given {many or 'none'}."
        return case.mistake("inputs", sentence, expects="a list of tensors")
    shapes = [tuple(t.shape)[1:] for t in tensors]
    rank = len(shapes[0])
    if any(len(shape) != rank for shape in shapes):
        sentence = f"{verb} needs inputs with equally many axes; these have {' and '.join(map(shape_words, shapes))}."
        return case.mistake("merge", sentence, repairs=offered(_equal_rank, case))
    joined = getattr(case.op, "axis", None) if verb == "Concatenate" else None
    skip = None if joined is None else (joined - 1 if joined > 0 else rank + joined)
    fits_all = {None, 1} if joined is None else {None}
    clash = tuple(n for n in range(rank) if n != skip and len({shape[n] for shape in shapes} - fits_all) > 1)
    if not clash:
        array = next((t for t in tensors if not isinstance(t, keras.KerasTensor)), None)
        if array is None:
            return case.mistake("other", f"{verb} refused these inputs.")
        sentence = f"{verb} was given a {source_of(array)} beside a symbolic tensor, and their shapes do not fit."
        return case.mistake("other", sentence)
    axes = case.blank.given[0].axes
    *others, last = [axes[n] for n in clash]
    differ = f"{', '.join(others)} and {last}" if others else last
    if joined is None:
        sentence = f"{verb} needs inputs of equal shape; these differ in {differ}."
    else:
        along = axes[skip] if skip is not None else "an axis"
        sentence = f"Concatenate joins along {along}; all other axes must agree, and these differ in {differ}."
    return case.mistake(
        "merge",
        sentence,
        given=tuple(replace(g, clash=clash) for g in case.blank.given),
        arithmetic=offered(_where_they_part, tensors, clash),
        repairs=offered(_equal_sizes, case, clash),
    )


def _explain_dot(case: Case) -> Mistake:
    op, tensors, given = case.op, case.tensors, case.blank.given
    axes = op.axes if isinstance(op.axes, tuple | list) else (op.axes,) * len(tensors)
    if len(tensors) != 2 or any(not -len(t.shape) < a < len(t.shape) for t, a in zip(tensors, axes, strict=False)):
        return case.blank
    places = [a % len(t.shape) - 1 for t, a in zip(tensors, axes, strict=True)]
    sizes = [one.shape[place] if one.shape else None for one, place in zip(given, places, strict=True)]
    if sizes[0] == sizes[1]:
        return case.blank
    differ = " and ".join(f"{size} of {one.source}" for size, one in zip(sizes, given, strict=True))
    sentence = f"Dot multiplies along an axis of equal size in both inputs; here these are {differ}."
    clashing = tuple(replace(one, clash=(place,)) for one, place in zip(given, places, strict=True))
    return case.mistake("merge", sentence, given=clashing)


# ------------------------------------------------------------------------------------------------ the branches


def _branches(tensors: Sequence[keras.KerasTensor]) -> list[list[tuple[Any, Any]]]:
    """Return the layers of each branch, with their inputs, since the tensor that all branches start from."""
    paths = [list(islice(makers(t), _MOST_LAYERS)) for t in tensors]
    origins = [[id(t), *(id(x) for _, x in path)] for t, path in zip(tensors, paths, strict=True)]
    shared = set(origins[0]).intersection(*origins[1:])
    if not shared:
        return [[] for _ in tensors]
    return [path[: next(n for n, i in enumerate(o) if i in shared)] for o, path in zip(origins, paths, strict=True)]


def _where_they_part(tensors: Sequence[keras.KerasTensor], clash: Sequence[int]) -> Iterator[tuple[str, str, str]]:
    """Yield the arithmetic of each layer that changed a clashing axis since the branches parted."""
    for branch in _branches(tensors):
        for op, source in reversed(branch):
            calls = internals.calls_of(op)
            target = next((n.outputs[0] for n in calls if n.input_tensors[0] is source), calls[-1].outputs[0])
            before, after = tuple(source.shape)[1:], tuple(target.shape)[1:]
            moved = [n for n in clash if n < len(before) and before[n] != after[n]] if len(before) == len(after) else []
            if moved:
                lines = derivation(known(type(op)), op, [Tensor(tuple(source.shape), "")], [Tensor(tuple(target.shape), "")])
                n = moved[0]
                text = lines[n].partition(": ")[2] if len(lines) == len(after) else f"{before[n]} → {after[n]}"
                reason = f'padding="{op.padding}"' if getattr(op, "padding", None) == "valid" else " · ".join(_sizes(op))
                yield str(op.name), text, reason


def _sizes(op: keras.Operation) -> Iterator[str]:
    for name in ("strides", "pool_size", "size", "units", "filters"):
        value = getattr(op, name, None)
        if value is not None:
            yield f"{name}={value}"


# ------------------------------------------------------------------------------------------------ repairs


def _layer(op: keras.Operation) -> keras.Layer:
    """Return a new layer that merges as an operation or a layer does."""
    layers = import_keras().layers
    return copy_of(op) if isinstance(op, layers.Layer) else getattr(layers, type(op).__name__, layers.Add)()


def _become(tensors: Sequence[keras.KerasTensor], shape: Sequence[int | None]) -> str:
    return f"{'both' if len(tensors) == 2 else 'all'} inputs become {shape_words(shape)}"


def _new_layers_first(
    case: Case, new: Mapping[int, keras.Layer], title: str, gives: str = "", code: str = ""
) -> Iterator[Repair]:
    """Put new layers in front of some of the inputs.

    Args:
        new: ``id`` of a tensor -> its new layer.
        title: The repair's title.
        gives: Its result; the output's shape where it is not given.
        code: The code of all new layers; that of each where it is not given.
    """
    shapes: list[Shape] = []
    parts, changed = [], []
    for tensor in case.tensors:
        shape, part = tuple(tensor.shape), case.name_of(tensor)
        if id(tensor) in new:
            layer = new[id(tensor)]
            after = output_shape([copy_of(layer)], shape)
            if after is None:
                return
            shape, part = after, f"{code or code_of(layer)}({part})"
            changed.append(part)
        shapes.append(shape)
        parts.append(part)
    merged = output_shape([_layer(case.op)], *shapes)
    if merged is not None:
        merge = code_of(_layer(case.op))
        yield Repair(title, f"{merge}([{', '.join(parts)}])", changed[0], gives or gives_shape(merged))


def _equal_sizes(case: Case, clash: Sequence[int]) -> Iterator[Repair]:
    """Make the inputs agree on the clashing axes."""
    last = len(case.tensors[0].shape) - 2
    if any(n < last for n in clash):
        yield from _keep_size(case)
        yield from _crop(case)
    if list(clash) == [last]:
        yield from _project(case)


def _keep_size(case: Case) -> Iterator[Repair]:
    """Set ``padding="same"`` on the convolutions that shrank one branch."""
    for n, branch in enumerate(_branches(case.tensors)):
        layers = [layer for layer, _ in reversed(branch)]
        shrinking = [x for x in layers if getattr(x, "padding", None) == "valid" and hasattr(x, "kernel_size")]
        if not shrinking:
            continue
        steps = [copy_of(x, **({"padding": "same"} if x in shrinking else {})) for x in layers]
        shape = output_shape(steps, branch[-1][1])
        if shape is None:
            continue
        shapes = [shape if i == n else tuple(t.shape) for i, t in enumerate(case.tensors)]
        if output_shape([_layer(case.op)], *shapes) is not None:
            many = {1: "the convolution", 2: "both convolutions"}.get(len(shrinking), f"all {len(shrinking)} convolutions")
            code = code_of(shrinking[-1], padding="same")
            yield Repair(f"Keep the size in {many}", code, 'padding="same"', _become(case.tensors, shape[1:]))


def _crop(case: Case) -> Iterator[Repair]:
    """Cut the larger of two maps to the size of the smaller one."""
    tensors, rank = case.tensors, len(case.tensors[0].shape) - 2
    if len(tensors) != 2 or rank not in (1, 2, 3) or any(None in tuple(t.shape)[1:] for t in tensors):
        return
    large, small = sorted(tensors, key=lambda t: -prod(tuple(t.shape)[1:-1]))
    goal = tuple(small.shape)[1:-1]
    off = [a - b for a, b in zip(tuple(large.shape)[1:-1], goal, strict=True)]
    if any(d < 0 for d in off) or not any(off):
        return
    sides = [(d // 2, d - d // 2) for d in off]
    even = all(a == b == sides[0][0] for a, b in sides)
    amount: object = sides[0][0] if even else sides[0] if rank == 1 else tuple(sides)
    new = getattr(import_keras().layers, f"Cropping{rank}D")(amount)
    gives = _become(tensors, (*goal, large.shape[-1]))
    yield from _new_layers_first(case, {id(large): new}, "Crop the larger map", gives, f"layers.Cropping{rank}D({amount})")


def _project(case: Case) -> Iterator[Repair]:
    """Bring the last axis of all inputs to the largest size with a 1×1 convolution or a dense layer."""
    layers, tensors = import_keras().layers, case.tensors
    if any(t.shape[-1] is None for t in tensors):
        return
    size, rank = max(t.shape[-1] for t in tensors), len(tensors[0].shape) - 2
    new = getattr(layers, f"Conv{rank}D")(size, 1) if rank in (1, 2, 3) else layers.Dense(size)
    narrow = [t for t in tensors if t.shape[-1] != size]
    title = f"Project the narrower input{'s' if len(narrow) > 1 else ''} to {size} {axis_names(rank + 1)[-1]}"
    gives = _become(tensors, (*tuple(tensors[0].shape)[1:-1], size))
    yield from _new_layers_first(case, {id(t): new for t in narrow}, title, gives)


def _equal_rank(case: Case) -> Iterator[Repair]:
    """Flatten or pool the maps before they are merged with a vector."""
    layers, maps = import_keras().layers, [t for t in case.tensors if len(t.shape) > 2]
    if min(len(t.shape) for t in case.tensors) != 2:
        return
    if all(len(t.shape) in (3, 4, 5) for t in maps):
        pooling = {id(t): getattr(layers, f"GlobalAveragePooling{len(t.shape) - 2}D")() for t in maps}
        yield from _new_layers_first(case, pooling, "Average the map over its positions first")
    yield from _new_layers_first(case, {id(t): layers.Flatten() for t in maps}, "Flatten the map first")


def _as_list(case: Case) -> Iterator[Repair]:
    """Put the same tensors into one list."""
    shape = output_shape([copy_of(case.op)], *[tuple(t.shape) for t in case.tensors])
    if shape is not None:
        yield Repair("Put them into one list", f"{code_of(case.op)}({case.listed()})", case.listed(), gives_shape(shape))


def _subtract_each(case: Case) -> Iterator[Repair]:
    """Subtract one after the other with the operator."""
    shape = output_shape([lambda tensors: reduce(sub, tensors)], *[tuple(t.shape) for t in case.tensors])
    if shape is not None:
        code = " - ".join(map(case.name_of, case.tensors))
        yield Repair("Subtract one after the other", code, code, gives_shape(shape))
