"""Likely repairs for a refused call; each is tried on shapes with copies before it is offered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from kfx.keras_access.importing import import_keras
from kfx.keras_access.untouched import keras_globals_restored
from kfx.model.mistakes.facts import Repair, axis_names
from kfx.model.mistakes.given import gives_shape, shape_words
from kfx.model.mistakes.names import Names, name_of
from kfx.model.mistakes.try_out import code_of, copy_of, output_shape

if TYPE_CHECKING:
    import keras


def _chain(tensor: keras.KerasTensor, before: Sequence[Any], op: keras.Operation) -> tuple[int | None, ...] | None:
    """The shape after some new layers and then a copy of the refusing one."""
    return output_shape([*before, copy_of(op)], tuple(tensor.shape), dtypes=[str(tensor.dtype)])


def _before(op: keras.Operation, tensor: keras.KerasTensor, names: Names, new: keras.Layer, title: str) -> Iterator[Repair]:
    """Put one new layer in front of the refusing call."""
    with keras_globals_restored():
        code = code_of(new)
        given = _chain(tensor, [copy_of(new, name="kfx_new")], op)
    if given is not None:
        name = name_of(tensor, names)
        yield Repair(title, f"{code_of(op)}({code}({name}))", f"{code}({name})", f"{op.name} then {gives_shape(given)}")


def change_rank(op: keras.Operation, tensor: keras.KerasTensor, want: int, names: Names) -> tuple[Repair, ...]:
    """Bring a tensor to ``want`` axes, batch axis included."""
    layers = import_keras().layers
    shape, have = tuple(tensor.shape)[1:], len(tensor.shape)
    found: list[Repair] = []
    with keras_globals_restored():
        first = getattr(op, "data_format", None) == "channels_first"
        if have == want - 1 and shape.count(None) <= 1:
            spatial = tuple(-1 if n is None else n for n in shape)
            target = (1, *spatial) if first else (*spatial, 1)
            axis = axis_names(want - 1, channels_first=first)[0 if first else -1]
            found += _before(op, tensor, names, layers.Reshape(target, name="kfx_new"), f"Add the missing axis ({axis})")
        if have == 2 and want == 3:
            found += _before(op, tensor, names, layers.RepeatVector(1, name="kfx_new"), "Make it a sequence of one step")
        if have > want and shape.count(None) <= 1 and want >= 2:
            kept = tuple(-1 if n is None else n for n in shape[-(want - 2) :]) if want > 2 else ()
            if None not in shape:
                target = (prod(shape[: len(shape) - len(kept)]), *kept)
                title = f"Join the first axes: {' · '.join(map(str, shape[: len(shape) - len(kept)]))} = {target[0]}"
                found += _before(op, tensor, names, layers.Reshape(target, name="kfx_new"), title)
        found += _other_rank(op, tensor, have, names)
        if have == 2 and want in (4, 5) and None not in shape:
            found += _make_a_map(op, tensor, want, names)
        if have > want and have in (3, 4, 5) and want == 2:
            pooling = getattr(layers, f"GlobalAveragePooling{have - 2}D")
            found += _before(op, tensor, names, pooling(name="kfx_new"), "Average over the map first")
    return tuple(found)


def _other_rank(op: keras.Operation, tensor: keras.KerasTensor, have: int, names: Names) -> Iterator[Repair]:
    """The layer of the same kind for as many axes as there are: Conv2D for Conv1D."""
    name = type(op).__name__
    digit = next((c for c in ("1D", "2D", "3D") if c in name), None)
    other = getattr(import_keras().layers, name.replace(digit, f"{have - 2}D"), None) if digit and have in (3, 4, 5) else None
    if other is None or not type(op).__module__.startswith("keras."):
        return
    config = {key: _one_number(value) for key, value in op.get_config().items()}
    try:
        new = other.from_config({**config, "name": "kfx_new"})
    except Exception:
        return
    shape = output_shape([new], tuple(tensor.shape), dtypes=[str(tensor.dtype)])
    if shape is not None:
        code = code_of(new)
        yield Repair(f"Use {other.__name__} for these axes", f"{code}({name_of(tensor, names)})", code, gives_shape(shape))


def _one_number(value: object) -> object:
    """``(3, 3)`` as 3, so that it fits any number of axes."""
    if isinstance(value, tuple | list) and value and isinstance(value[0], int) and all(v == value[0] for v in value):
        return value[0]
    return value


def _make_a_map(op: keras.Operation, tensor: keras.KerasTensor, want: int, names: Names) -> Iterator[Repair]:
    """A vector as a square map, or as one position with all its numbers as channels."""
    layers = import_keras().layers
    n = tensor.shape[1]
    targets = []
    for channels in (1, 3):
        side = round((n / channels) ** (1 / (want - 2)))
        if side > 1 and side ** (want - 2) * channels == n:
            targets.append((*[side] * (want - 2), channels))
    targets.append((*[1] * (want - 2), n))
    for target in targets[:2]:
        title = f"Make it a map of {shape_words(target)}"
        yield from _before(op, tensor, names, layers.Reshape(target, name="kfx_new"), title)


def change_axis(op: keras.Operation, tensor: keras.KerasTensor, axis: int, want: int, names: Names) -> tuple[Repair, ...]:
    """Bring one axis to the size that a built layer wants."""
    layers = import_keras().layers
    shape = tuple(tensor.shape)
    rank = len(shape) - 1
    found: list[Repair] = []
    with keras_globals_restored():
        other = 1 if axis % len(shape) == rank else rank
        if rank > 1 and shape[other] == want:
            order = (*range(2, rank + 1), 1) if other == 1 else (rank, *range(1, rank))
            way = "first to last" if other == 1 else "last to first"
            found += _fits(
                op, tensor, axis, want, names, layers.Permute(order, name="kfx_new"), f"Move the channels from {way}"
            )
        name = name_of(tensor, names)
        fresh = output_shape([copy_of(op)], shape, dtypes=[str(tensor.dtype)])
        if fresh is not None:
            gives = f"a layer of its own {gives_shape(fresh)}; its weights are not shared"
            found.append(Repair(f"Use a new layer instead of sharing {op.name}", f"{code_of(op)}({name})", code_of(op), gives))
        if axis % len(shape) == rank:
            found += _fits(op, tensor, axis, want, names, layers.Dense(want, name="kfx_new"), f"Project to {want} first")
    return tuple(found)


def _fits(
    op: keras.Operation, tensor: keras.KerasTensor, axis: int, want: int, names: Names, new: keras.Layer, title: str
) -> Iterator[Repair]:
    """A new layer in front that makes the axis right for the user's own, already built layer."""
    shape = output_shape([copy_of(new, name="kfx_new")], tuple(tensor.shape), dtypes=[str(tensor.dtype)])
    chain = output_shape([copy_of(new, name="kfx_new"), copy_of(op)], tuple(tensor.shape), dtypes=[str(tensor.dtype)])
    if shape is not None and shape[axis] == want and chain is not None:
        code = f"{code_of(new)}({name_of(tensor, names)})"
        yield Repair(title, f"{names.get(id(op), op.name)}({code})", code, f"{op.name} then gets {shape_words(shape[1:])}")


def reach_shape(
    op: keras.Operation, tensor: keras.KerasTensor, want: tuple[int | None, ...], names: Names
) -> tuple[Repair, ...]:
    """Bring a tensor to the shape that a model was made for."""
    layers = import_keras().layers
    have: tuple[int, ...] = tuple(tensor.shape)[1:]
    goal = tuple(n for n in want[1:] if n is not None)
    if None in want[1:] or None in have:
        return ()
    with keras_globals_restored():
        tries = []
        if prod(have) == prod(goal):
            tries.append(("Arrange the same numbers anew", layers.Reshape(goal, name="kfx_new")))
        if len(have) == len(goal) == 3 and have[2] == goal[2]:
            tries.append(("Resize the pictures", layers.Resizing(*goal[:2], name="kfx_new")))
        if have[:-1] == goal[:-1]:
            tries.append((f"Project to {goal[-1]} first", layers.Dense(goal[-1], name="kfx_new")))
    found = []
    for title, new in tries:
        shape = output_shape([copy_of(new)], tuple(tensor.shape), dtypes=[str(tensor.dtype)])
        if shape is not None and tuple(shape[1:]) == goal:
            code = f"{code_of(new)}({name_of(tensor, names)})"
            found.append(
                Repair(title, f"{names.get(id(op), op.name)}({code})", code, f"{op.name} then gets {shape_words(goal)}")
            )
    return tuple(found)


def make_it_fit(op: keras.Operation, tensor: keras.KerasTensor, names: Names) -> tuple[Repair, ...]:
    """Repairs for a window that is larger than the map."""
    shape = tuple(tensor.shape)
    window = "kernel_size" if hasattr(op, "kernel_size") else "pool_size"
    last = getattr(op, "data_format", None) != "channels_first"
    spatial = shape[1:-1] if last else shape[2:]
    smallest = min((n for n in spatial if n), default=1)
    found = []
    for title, changes in (
        ("Pad the map so that the window fits", {"padding": "same"}),
        (f"Take a window of at most {smallest}", {window: smallest, **({"strides": None} if window == "pool_size" else {})}),
    ):
        given = output_shape([copy_of(op, **changes)], shape, dtypes=[str(tensor.dtype)])
        if given is not None:
            name, value = next(iter(changes.items()))
            changed = f'{name}="same"' if value == "same" else str(value)
            code = f"{code_of(op, **changes)}({name_of(tensor, names)})"
            found.append(Repair(title, code.replace(", strides=None", ""), changed, gives_shape(given)))
    return tuple(found)


def reshape_otherwise(op: keras.Operation, tensor: keras.KerasTensor, names: Names) -> tuple[Repair, ...]:
    """A target that holds as many numbers, or as many numbers as the target holds."""
    layers = import_keras().layers
    have, target = prod(n or 1 for n in tuple(tensor.shape)[1:]), tuple(op.target_shape)
    name, found = name_of(tensor, names), []
    with keras_globals_restored():
        for place in range(len(target) - 1, -1, -1):
            rest = prod(n for i, n in enumerate(target) if i != place and n != -1)
            if have % rest == 0:
                fitting = tuple(have // rest if i == place else n for i, n in enumerate(target))
                if (
                    -1 not in fitting
                    and output_shape([layers.Reshape(fitting, name="kfx_new")], tuple(tensor.shape)) is not None
                ):
                    code = f"layers.Reshape({fitting})({name})"
                    found.append(
                        Repair(f"Let axis {place + 1} take what is there", code, str(fitting), f"gives {shape_words(fitting)}")
                    )
                    break
        if -1 in target and not found:
            found += _nearest_cut(tensor, have, target, name)
        if -1 not in target:
            want = prod(target)
            steps = [layers.Dense(want, name="kfx_dense"), layers.Reshape(target, name="kfx_new")]
            flat = [layers.Flatten(name="kfx_flat")] if len(tensor.shape) > 2 else []
            if output_shape([*flat, *steps], tuple(tensor.shape)) is not None:
                inner = f"layers.Flatten()({name})" if flat else name
                new = f"layers.Dense({want})({inner})"
                title = f"Make {want} numbers first"
                found.append(Repair(title, f"layers.Reshape({target})({new})", new, f"gives {shape_words(target)}"))
    return tuple(found)


def _nearest_cut(tensor: keras.KerasTensor, have: int, target: tuple[int, ...], name: str) -> Iterator[Repair]:
    """The nearest size of the last given axis that divides the numbers there are."""
    place = max(i for i, n in enumerate(target) if n != -1)
    rest = prod(n for i, n in enumerate(target) if i != place and n != -1)
    fitting = sorted((abs(n - target[place]), n) for n in range(1, have + 1) if have % (rest * n) == 0)
    if fitting:
        cut = tuple(fitting[0][1] if i == place else n for i, n in enumerate(target))
        shape = output_shape([import_keras().layers.Reshape(cut, name="kfx_new")], tuple(tensor.shape))
        if shape is not None:
            yield Repair(
                f"Cut them into pieces of {cut[place]}",
                f"layers.Reshape({cut})({name})",
                str(cut),
                gives_shape(shape),
            )


def crop_less(op: keras.Operation, tensor: keras.KerasTensor, names: Names) -> tuple[Repair, ...]:
    """The most that a cropping may take and leave something."""
    spatial = [n for n in tuple(tensor.shape)[1:-1] if n]
    most = (min(spatial, default=1) - 1) // 2
    shape = output_shape([copy_of(op, cropping=most)], tuple(tensor.shape), dtypes=[str(tensor.dtype)]) if most > 0 else None
    if shape is None:
        return ()
    code = code_of(op, cropping=most)
    return (
        Repair(
            f"Crop at most {most} at each side",
            f"{code}({name_of(tensor, names)})",
            str(most),
            gives_shape(shape),
        ),
    )


def join_first(op: keras.Operation, tensors: Sequence[keras.KerasTensor], names: Names) -> tuple[Repair, ...]:
    """Several tensors for a layer that takes one."""
    layers = import_keras().layers
    shapes = [tuple(t.shape) for t in tensors]
    kinds = [str(t.dtype) for t in tensors]
    given = output_shape([layers.Concatenate(name="kfx_new"), copy_of(op)], *shapes, dtypes=kinds)
    if given is None:
        return ()
    listed = f"[{', '.join(name_of(t, names) for t in tensors)}]"
    new = f"layers.Concatenate()({listed})"
    return (Repair("Join them into one tensor first", f"{code_of(op)}({new})", new, gives_shape(given)),)
