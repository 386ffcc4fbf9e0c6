"""Repairs for a merge whose inputs differ, and the layers at which their sizes part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod
from types import ModuleType
from typing import TYPE_CHECKING, Any

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.keras_access.untouched import keras_globals_restored
from kfx.model.facts import Shape, Tensor
from kfx.model.layers.registry import known
from kfx.model.layers.words import derivation
from kfx.model.mistakes.facts import Mistake, Repair, axis_names
from kfx.model.mistakes.given import gives_shape, shape_words
from kfx.model.mistakes.names import Names, name_of
from kfx.model.mistakes.try_out import code_of, copy_of, output_shape

if TYPE_CHECKING:
    import keras


def _makers(tensor: keras.KerasTensor, limit: int = 200) -> list[tuple[Any, Any]]:
    """``(layer, its input tensor)`` upwards from a tensor, as long as each has one input."""
    found: list[tuple[Any, Any]] = []
    while len(found) < limit:
        made = internals.node_of(tensor)
        if made is None or len(made[0].input_tensors) != 1:
            break
        tensor = made[0].input_tensors[0]
        found.append((made[0].operation, tensor))
    return found


def _branches(tensors: Sequence[keras.KerasTensor]) -> list[list[tuple[Any, Any]]]:
    """What each of the tensors went through since the tensor that all of them come from."""
    paths = [_makers(t) for t in tensors]
    origins = [[id(t), *(id(x) for _, x in path)] for t, path in zip(tensors, paths, strict=True)]
    shared = set(origins[0]).intersection(*map(set, origins[1:]))
    if not shared:
        return [[] for _ in tensors]
    return [path[: next(n for n, i in enumerate(o) if i in shared)] for o, path in zip(origins, paths, strict=True)]


def where_they_part(tensors: Sequence[keras.KerasTensor], clash: Sequence[int]) -> tuple[tuple[str, str, str], ...]:
    """The arithmetic of each layer that changed a clashing axis since the tensors parted."""
    found = []
    for branch in _branches(tensors):
        for op, source in reversed(branch):
            calls = internals.calls_of(op)
            target = next((n.outputs[0] for n in calls if n.input_tensors[0] is source), calls[-1].outputs[0])
            before, after = tuple(source.shape)[1:], tuple(target.shape)[1:]
            moved = [n for n in clash if n < min(len(before), len(after)) and before[n] != after[n]]
            if len(before) == len(after) and moved:
                lines = derivation(known(type(op)), op, [Tensor(tuple(source.shape), "")], [Tensor(tuple(target.shape), "")])
                text = (
                    lines[moved[0]].partition(": ")[2]
                    if len(lines) == len(after)
                    else f"{before[moved[0]]} → {after[moved[0]]}"
                )
                reason = f'padding="{op.padding}"' if getattr(op, "padding", None) == "valid" else " · ".join(_sizes(op))
                found.append((str(op.name), text, reason))
    return tuple(found)


def _sizes(op: keras.Operation) -> Iterator[str]:
    for name in ("strides", "pool_size", "size", "units", "filters"):
        value = getattr(op, name, None)
        if value is not None:
            yield f"{name}={value}"


def merge_repairs(
    op: keras.Operation, tensors: Sequence[keras.KerasTensor], clash: Sequence[int], names: Names
) -> tuple[Repair, ...]:
    """Make the inputs of a merge agree on the clashing axes."""
    rank = len(tensors[0].shape) - 1
    spatial = [n for n in clash if n < rank - 1]
    found: list[Repair] = []
    if spatial:
        found += _keep_size(op, tensors, names)
        found += _crop(op, tensors, names)
    if list(clash) == [rank - 1]:
        found += _project(op, tensors, names)
    return tuple(found)


def _code(op: keras.Operation) -> str:
    """The layer that merges so, for an operator too."""
    layers = import_keras().layers
    return code_of(op) if isinstance(op, layers.Layer) else f"layers.{_layer_of(op).__name__}()"


def _layer_of(op: keras.Operation) -> type[keras.Layer]:
    layers = import_keras().layers
    return getattr(layers, type(op).__name__, layers.Add)


def _accepts(op: keras.Operation, shapes: Sequence[Shape | None]) -> Shape | None:
    layers = import_keras().layers
    merge = copy_of(op) if isinstance(op, layers.Layer) else _layer_of(op)(name="kfx_trial")
    return output_shape([merge], *[shape for shape in shapes if shape is not None])


def _keep_size(op: keras.Operation, tensors: Sequence[keras.KerasTensor], names: Names) -> Iterator[Repair]:
    """Set ``padding="same"`` on the convolutions that shrank one branch."""
    branches = _branches(tensors)
    for n, branch in enumerate(branches):
        shrinking = [
            layer for layer, _ in branch if getattr(layer, "padding", None) == "valid" and hasattr(layer, "kernel_size")
        ]
        if not shrinking:
            continue
        steps = [
            copy_of(layer, name=f"kfx_{i}", **({"padding": "same"} if layer in shrinking else {}))
            for i, (layer, _) in enumerate(reversed(branch))
        ]
        start = branch[-1][1]
        shape = output_shape(steps, tuple(start.shape), dtypes=[str(start.dtype)])
        shapes = [shape if i == n else tuple(t.shape) for i, t in enumerate(tensors)]
        if shape is not None and _accepts(op, shapes) is not None:
            many = {1: "the convolution", 2: "both convolutions"}.get(len(shrinking), f"all {len(shrinking)} convolutions")
            code = code_of(shrinking[0], padding="same")
            both = "both inputs become" if len(tensors) == 2 else "all inputs become"
            yield Repair(f"Keep the size in {many}", code, 'padding="same"', f"{both} {shape_words(shape[1:])}")


def _crop(op: keras.Operation, tensors: Sequence[keras.KerasTensor], names: Names) -> Iterator[Repair]:
    """Cut the larger of two maps to the size of the smaller one."""
    layers = import_keras().layers
    rank = len(tensors[0].shape) - 2
    if len(tensors) != 2 or rank not in (1, 2, 3) or any(None in tuple(t.shape)[1:] for t in tensors):
        return
    large, small = sorted(tensors, key=lambda t: -prod(tuple(t.shape)[1:-1]))
    off = [a - b for a, b in zip(tuple(large.shape)[1:-1], tuple(small.shape)[1:-1], strict=True)]
    if any(d < 0 for d in off) or not any(off):
        return
    sides = [(d // 2, d - d // 2) for d in off]
    even = all(a == b == sides[0][0] for a, b in sides)
    amount: object = sides[0][0] if even else sides[0] if rank == 1 else tuple(sides)
    with keras_globals_restored():
        new = getattr(layers, f"Cropping{rank}D")(amount, name="kfx_new")
    shape = output_shape([new], tuple(large.shape))
    if shape is None or _accepts(op, [shape if t is large else tuple(t.shape) for t in tensors]) is None:
        return
    cut = f"layers.Cropping{rank}D({amount})({name_of(large, names)})"
    listed = ", ".join(cut if t is large else name_of(t, names) for t in tensors)
    yield Repair("Crop the larger map", f"{_code(op)}([{listed}])", cut, f"both inputs become {shape_words(shape[1:])}")


def _project(op: keras.Operation, tensors: Sequence[keras.KerasTensor], names: Names) -> Iterator[Repair]:
    """Bring the last axis of one input to the size of the other with a 1×1 convolution or a dense layer."""
    layers = import_keras().layers
    if any(t.shape[-1] is None for t in tensors):
        return
    size, rank = max(t.shape[-1] for t in tensors), len(tensors[0].shape) - 2
    narrow = [t for t in tensors if t.shape[-1] != size]
    with keras_globals_restored():
        new = (
            getattr(layers, f"Conv{rank}D")(size, 1, name="kfx_new")
            if rank in (1, 2, 3)
            else layers.Dense(size, name="kfx_new")
        )
        code = code_of(new)
    shapes = [output_shape([copy_of(new)], tuple(t.shape)) if any(t is n for n in narrow) else tuple(t.shape) for t in tensors]
    first = shapes[0]
    if first is None or None in shapes or _accepts(op, shapes) is None:
        return
    parts = [f"{code}({name_of(t, names)})" if any(t is n for n in narrow) else name_of(t, names) for t in tensors]
    title = f"Project the narrower input{'s' if len(narrow) > 1 else ''} to {size} {axis_names(rank + 1)[-1]}"
    gives = f"{'both' if len(tensors) == 2 else 'all'} inputs become {shape_words(first[1:])}"
    yield Repair(title, f"{_code(op)}([{', '.join(parts)}])", f"{code}({name_of(narrow[0], names)})", gives)


def as_list(op: keras.Operation, tensors: Sequence[keras.KerasTensor], names: Names) -> tuple[Repair, ...]:
    """The same tensors in one list."""
    given = _accepts(op, [tuple(t.shape) for t in tensors])
    if given is None:
        return ()
    listed = f"[{', '.join(name_of(t, names) for t in tensors)}]"
    return (Repair("Put them into one list", f"{code_of(op)}({listed})", listed, gives_shape(given)),)


def subtract_each(op: keras.Operation, tensors: Sequence[keras.KerasTensor], names: Names) -> tuple[Repair, ...]:
    """One after the other with the operator."""
    keras = import_keras()
    with keras_globals_restored():
        try:
            made = keras.Input(batch_shape=tuple(tensors[0].shape), name="kfx_trial_0")
            for n, tensor in enumerate(tensors[1:], 1):
                made = made - keras.Input(batch_shape=tuple(tensor.shape), name=f"kfx_trial_{n}")
        except Exception:
            return ()
    code = " - ".join(name_of(t, names) for t in tensors)
    return (Repair("Subtract one after the other", code, code, f"gives {shape_words(tuple(made.shape)[1:])}"),)


def explain_dot(blank: Mistake, op: keras.Operation, tensors: Sequence[keras.KerasTensor]) -> Mistake:
    """The axes along which a Dot multiplies differ in size."""
    axes = op.axes if isinstance(op.axes, tuple | list) else (op.axes,) * len(tensors)
    if len(tensors) != 2 or any(not -len(t.shape) < a < len(t.shape) for t, a in zip(tensors, axes, strict=False)):
        return blank
    places = [a % len(t.shape) - 1 for t, a in zip(tensors, axes, strict=True)]
    sizes = [given.shape[place] if given.shape else None for given, place in zip(blank.given, places, strict=True)]
    if sizes[0] == sizes[1]:
        return blank
    said = " and ".join(f"{size} of {given.source}" for size, given in zip(sizes, blank.given, strict=True))
    return replace(
        blank,
        kind="merge",
        sentence=f"Dot multiplies along an axis of equal size in both inputs; here these are {said}.",
        given=tuple(replace(given, clash=(place,)) for given, place in zip(blank.given, places, strict=True)),
    )


def equal_rank(op: keras.Operation, tensors: Sequence[keras.KerasTensor], names: Names) -> tuple[Repair, ...]:
    """A flatten or a pooling is missing before a merge of a map and a vector."""
    layers = import_keras().layers
    low = min(len(t.shape) for t in tensors)
    found = []
    if low == 2:
        for title, make in (("Average the map over its positions first", _global_pool), ("Flatten the map first", _flatten)):
            with keras_globals_restored():
                new = {id(t): make(layers, len(t.shape) - 2) for t in tensors if len(t.shape) > 2}
            if any(layer is None for layer in new.values()):
                continue
            shapes = [output_shape([new[id(t)]], tuple(t.shape)) if id(t) in new else tuple(t.shape) for t in tensors]
            given = None if None in shapes else _accepts(op, shapes)
            if given is not None:
                parts = [f"{code_of(new[id(t)])}({name_of(t, names)})" if id(t) in new else name_of(t, names) for t in tensors]
                changed = next(p for p, t in zip(parts, tensors, strict=True) if id(t) in new)
                found.append(Repair(title, f"{_code(op)}([{', '.join(parts)}])", changed, gives_shape(given)))
    return tuple(found)


def _global_pool(layers: ModuleType, rank: int) -> keras.Layer | None:
    return getattr(layers, f"GlobalAveragePooling{rank}D")(name="kfx_new") if rank in (1, 2, 3) else None


def _flatten(layers: ModuleType, rank: int) -> keras.Layer:
    return layers.Flatten(name="kfx_new")
