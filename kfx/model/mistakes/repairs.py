"""Likely repairs for a failed call; each is tried on shapes with copies before it is offered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from math import prod
from typing import TYPE_CHECKING

from kfx.keras_access.importing import import_keras
from kfx.model.facts import Shape
from kfx.model.mistakes.case import Case
from kfx.model.mistakes.facts import Repair, axis_names, shape_words
from kfx.model.mistakes.given import gives_shape, makers
from kfx.model.mistakes.try_out import code_of, copy_of, output_shape

if TYPE_CHECKING:
    import keras

_FLATTENING = ("Flatten", "BaseGlobalPooling")  # layers that drop axes


def _new_layer_first(case: Case, new: keras.Layer, title: str, tensor: keras.KerasTensor | None = None) -> Iterator[Repair]:
    """Put one new layer in front of the failed call."""
    tensor = case.tensors[0] if tensor is None else tensor
    shape = output_shape([copy_of(new), copy_of(case.op)], tensor)
    if shape is not None:
        code = f"{code_of(new)}({case.name_of(tensor)})"
        yield Repair(title, f"{code_of(case.op)}({code})", code, f"{case.op.name} then {gives_shape(shape)}")


def _new_layer_before_own(case: Case, new: keras.Layer, title: str, fits: Callable[[Shape], bool]) -> Iterator[Repair]:
    """Put one new layer in front of the user's own, already built layer, whose input ``fits`` then."""
    (tensor,) = case.tensors
    shape = output_shape([copy_of(new)], tensor)
    if shape is not None and fits(shape):
        code = f"{code_of(new)}({case.name_of(tensor)})"
        own = case.names.get(id(case.op), case.op.name)
        yield Repair(title, f"{own}({code})", code, f"{case.op.name} then gets {shape_words(shape[1:])}")


def _other_arguments(case: Case, title: str, changed: str, **changes: object) -> Iterator[Repair]:
    """Make the layer with some arguments changed."""
    (tensor,) = case.tensors
    shape = output_shape([copy_of(case.op, **changes)], tensor)
    if shape is not None:
        code = code_of(case.op, **changes).replace(", strides=None", "")
        yield Repair(title, f"{code}({case.name_of(tensor)})", changed, gives_shape(shape))


def change_rank(case: Case, want: int) -> Iterator[Repair]:
    """Bring the tensor to ``want`` axes, batch axis included."""
    layers, op = import_keras().layers, case.op
    (tensor,) = case.tensors
    shape, have = tuple(tensor.shape)[1:], len(tensor.shape)
    if have == want - 1 and shape.count(None) <= 1:
        spatial, axes = tuple(-1 if n is None else n for n in shape), axis_names(want - 1, channels_first=case.channels_first)
        target, axis = ((1, *spatial), axes[0]) if case.channels_first else ((*spatial, 1), axes[-1])
        yield from _new_layer_first(case, layers.Reshape(target), f"Add the missing axis ({axis})")
    if have == 2 and want == 3:
        yield from _new_layer_first(case, layers.RepeatVector(1), "Make it a sequence of one step")
    if have > want >= 2 and None not in shape:
        joined, kept = shape[: have - want + 1], shape[have - want + 1 :]
        title = f"Join the first axes: {' · '.join(map(str, joined))} = {prod(joined)}"
        yield from _new_layer_first(case, layers.Reshape((prod(joined), *kept)), title)
    other = _other_rank(op, have - 2)
    given = output_shape([other], tensor) if other is not None else None
    if other is not None and given is not None:
        code, title = code_of(other), f"Use {type(other).__name__} for these axes"
        yield Repair(title, f"{code}({case.name_of(tensor)})", code, gives_shape(given))
    if have == 2 and want in (4, 5) and None not in shape:
        for target in _maps(shape[0], want - 2):
            yield from _new_layer_first(case, layers.Reshape(target), f"Make it a map of {shape_words(target)}")
    if have in (3, 4, 5) and want == 2:
        pooling = getattr(layers, f"GlobalAveragePooling{have - 2}D")
        yield from _new_layer_first(case, pooling(), "Average over the map first")


def _other_rank(op: keras.Operation, rank: int) -> keras.Layer | None:
    """Return the layer of the same kind for another number of spatial axes: Conv2D for Conv1D."""
    name = type(op).__name__
    digit = next((c for c in ("1D", "2D", "3D") if c in name), None)
    other = getattr(import_keras().layers, name.replace(digit, f"{rank}D"), None) if digit and rank in (1, 2, 3) else None
    if other is None or not type(op).__module__.startswith("keras."):
        return None
    try:
        return other.from_config({key: _one_number(value) for key, value in op.get_config().items()})
    except Exception:
        return None


def _one_number(value: object) -> object:
    """Return 3 for ``(3, 3)``, which fits any number of axes."""
    if isinstance(value, tuple | list) and value and isinstance(value[0], int) and all(v == value[0] for v in value):
        return value[0]
    return value


def _maps(n: int, axes: int) -> list[tuple[int, ...]]:
    """Return shapes for a vector as a square map, and as one position with all its numbers as channels; two at most."""
    targets = []
    for channels in (1, 3):
        side = round((n / channels) ** (1 / axes))
        if side > 1 and side**axes * channels == n:
            targets.append((*[side] * axes, channels))
    return [*targets, (*[1] * axes, n)][:2]


def change_axis(case: Case, axis: int, want: int) -> Iterator[Repair]:
    """Bring one axis to the size that a built layer takes."""
    layers, op = import_keras().layers, case.op
    (tensor,) = case.tensors
    rank = len(tensor.shape) - 1
    is_last = axis % (rank + 1) == rank

    def tried(new: keras.Layer, title: str) -> Iterator[Repair]:
        if output_shape([copy_of(new), copy_of(op)], tensor) is not None:
            yield from _new_layer_before_own(case, new, title, lambda shape: shape[axis] == want)

    if rank > 1 and tensor.shape[1 if is_last else rank] == want:
        order = (*range(2, rank + 1), 1) if is_last else (rank, *range(1, rank))
        yield from tried(layers.Permute(order), f"Move the channels from {'first to last' if is_last else 'last to first'}")
    fresh = output_shape([copy_of(op)], tensor)
    if fresh is not None:
        code, title = code_of(op), f"Use a new layer instead of sharing {op.name}"
        gives = f"a layer of its own {gives_shape(fresh)}; its weights are not shared"
        yield Repair(title, f"{code}({case.name_of(tensor)})", code, gives)
    if is_last:
        yield from tried(layers.Dense(want), f"Project to {want} first")


def reach_shape(case: Case, want: Shape) -> Iterator[Repair]:
    """Bring the tensor to the shape that a model was made for, batch axis included."""
    layers = import_keras().layers
    have, goal = tuple(case.tensors[0].shape)[1:], tuple(n for n in want[1:] if n is not None)
    if None in want[1:] or None in have:
        return
    tries = []
    if prod(have) == prod(goal):
        tries.append(("Arrange the same numbers anew", layers.Reshape(goal)))
    if len(have) == len(goal) == 3 and have[2] == goal[2]:
        tries.append(("Resize the pictures", layers.Resizing(*goal[:2])))
    if have[:-1] == goal[:-1]:
        tries.append((f"Project to {goal[-1]} first", layers.Dense(goal[-1])))
    for title, new in tries:
        yield from _new_layer_before_own(case, new, title, lambda shape: tuple(shape[1:]) == goal)


def make_it_fit(case: Case) -> Iterator[Repair]:
    """Change a window that is larger than the map."""
    shape = tuple(case.tensors[0].shape)
    smallest = min(filter(None, shape[2:] if case.channels_first else shape[1:-1]), default=1)
    yield from _other_arguments(case, "Pad the map so that the window fits", 'padding="same"', padding="same")
    is_kernel = hasattr(case.op, "kernel_size")
    window = {"kernel_size": smallest} if is_kernel else {"pool_size": smallest, "strides": None}
    yield from _other_arguments(case, f"Take a window of at most {smallest}", str(smallest), **window)


def reshape_otherwise(case: Case) -> Iterator[Repair]:
    """Change the target of a reshape to as many numbers as there are, or make as many numbers as it holds."""
    layers, target = import_keras().layers, tuple(case.op.target_shape)
    (tensor,) = case.tensors
    have = prod(n or 1 for n in tuple(tensor.shape)[1:])
    fitting = next(chain.from_iterable(_fit_axis(case, have, place) for place in reversed(range(len(target)))), None)
    if fitting is not None:
        yield fitting
    elif -1 in target:
        yield from _cut_otherwise(case, have)
    if -1 not in target:
        want = prod(target)
        flat = [layers.Flatten()] if len(tensor.shape) > 2 else []
        if output_shape([*flat, layers.Dense(want), layers.Reshape(target)], tensor) is not None:
            name = case.name_of(tensor)
            new = f"layers.Dense({want})({f'layers.Flatten()({name})' if flat else name})"
            gives = f"gives {shape_words(target)}"
            yield Repair(f"Make {want} numbers first", f"layers.Reshape({target})({new})", new, gives)


def _fit_axis(case: Case, have: int, place: int) -> Iterator[Repair]:
    """Give one axis of the target the size that the numbers leave for it."""
    before, after = case.op.target_shape[:place], case.op.target_shape[place + 1 :]
    rest = prod(n for n in (*before, *after) if n != -1)
    if have % rest == 0 and -1 not in (*before, *after):
        target = (*before, have // rest, *after)
        yield from _other_arguments(case, f"Let axis {place + 1} take what is there", str(target), target_shape=target)


def _cut_otherwise(case: Case, have: int) -> Iterator[Repair]:
    """Give the last given axis of the target the nearest size that divides the numbers."""
    target = case.op.target_shape
    place = max(i for i, n in enumerate(target) if n != -1)
    before, after = target[:place], target[place + 1 :]
    rest = prod(n for n in (*before, *after) if n != -1)
    sizes = [n for n in range(1, have + 1) if have % (rest * n) == 0]
    if sizes:
        size = min(sizes, key=lambda n: abs(n - target[place]))
        cut = (*before, size, *after)
        yield from _other_arguments(case, f"Cut them into pieces of {size}", str(cut), target_shape=cut)


def crop_less(case: Case) -> Iterator[Repair]:
    """Crop as much as possible so that something remains."""
    spatial = [n for n in tuple(case.tensors[0].shape)[1:-1] if n]
    most = (min(spatial, default=1) - 1) // 2
    if most > 0:
        yield from _other_arguments(case, f"Crop at most {most} at each side", str(most), cropping=most)


def join_first(case: Case) -> Iterator[Repair]:
    """Join several tensors for a layer that takes one."""
    shape = output_shape([import_keras().layers.Concatenate(), copy_of(case.op)], *case.tensors)
    if shape is not None:
        new = f"layers.Concatenate()({case.listed()})"
        yield Repair("Join them into one tensor first", f"{code_of(case.op)}({new})", new, gives_shape(shape))


def keep_the_axes(case: Case) -> Iterator[Repair]:
    """Let the recurrent layer before return every step; or skip a layer before that flattened the map."""
    op, made = case.op, next(makers(case.tensors[0]), None)
    if made is None:
        return
    before, source = made
    name = case.name_of(source)
    changes = {"return_sequences": True} if getattr(before, "return_sequences", None) is False else {}
    if changes:
        shape = output_shape([copy_of(before, **changes), copy_of(op)], source)
        repair = f"Let {before.name} return every step", f"{code_of(before, **changes)}({name})", "return_sequences=True"
    elif any(cls.__name__ in _FLATTENING for cls in type(before).__mro__):
        shape = output_shape([copy_of(op)], source)
        repair = f"Call it before {before.name}", f"{code_of(op)}({name})", f"({name})"
    else:
        return
    if shape is not None:
        yield Repair(*repair, f"{op.name} then {gives_shape(shape)}")


def keep_the_sizes(case: Case) -> Iterator[Repair]:
    """Average over a map of unknown size instead of flattening it, before a layer that needs a known number of features."""
    made = next(makers(case.tensors[0]), None)
    if made is None or type(made[0]).__name__ != "Flatten":
        return
    before, source = made
    rank = len(source.shape) - 2
    if rank in (1, 2, 3):
        pooling = getattr(import_keras().layers, f"GlobalAveragePooling{rank}D")()
        yield from _new_layer_first(case, pooling, f"Average over the positions instead of {before.name}", source)
