"""The rules for a call with one input: axes, sizes, windows, cropping, reshaping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from kfx.keras_access import internals
from kfx.keras_access.importing import import_keras
from kfx.model.mistakes import repairs
from kfx.model.mistakes.facts import Mistake, Repair, axis_names
from kfx.model.mistakes.given import gives_shape, many, shape_words, source_of
from kfx.model.mistakes.names import Names, name_of
from kfx.model.mistakes.try_out import code_of, copy_of, offered, output_shape

if TYPE_CHECKING:
    import keras

_MOST = 3  # repairs
_FLATTENING = ("Flatten", "BaseGlobalPooling")  # layers that throw away axes


def one_input(blank: Mistake, op: keras.Operation, tensor: keras.KerasTensor, names: Mapping[int, str]) -> Mistake | None:
    """What is wrong with the only input of a call, by the first rule that holds."""
    rules = (_rank, _axis, _size, _crop, _reshape, _unknown)
    return next((found for rule in rules if (found := rule(blank, op, tensor, names)) is not None), None)


def _spec(op: keras.Operation) -> keras.InputSpec | None:
    spec = getattr(op, "input_spec", None)
    return (
        spec[0] if isinstance(spec, list | tuple) and len(spec) == 1 else spec if not isinstance(spec, list | tuple) else None
    )


def _rank(blank: Mistake, op: keras.Operation, tensor: keras.KerasTensor, names: Mapping[int, str]) -> Mistake | None:
    spec, have = _spec(op), len(tensor.shape)
    if spec is None and type(op).__name__ != "TimeDistributed":
        return None
    exact, least = getattr(spec, "ndim", None), getattr(spec, "min_ndim", None)
    if isinstance(getattr(op, "rank", None), int) and hasattr(op, "kernel_size"):
        exact = op.rank + 2  # a convolution names only the least in its specification
    if type(op).__name__ == "TimeDistributed":
        exact, least = None, 3
    want = exact if exact is not None and exact != have else least if least is not None and have < least else None
    if want is None:
        return None
    first = getattr(op, "data_format", None) == "channels_first"
    axes = axis_names(want - 1, channels_first=first)
    more = "at least " if exact is None else ""
    (given,) = blank.given
    return replace(
        blank,
        kind="rank",
        given=(replace(given, axes=_meant(have - 1, axes) or given.axes),),
        sentence=f"{type(op).__name__} needs {more}{many(want - 1, 'axis', 'axes')} behind the batch axis "
        f"({', '.join(axes)}); {source_of(tensor)} has {have - 1}: {shape_words(tuple(tensor.shape)[1:])}.",
        expects=f"({', '.join(axes)})",
        repairs=(*offered(keep_the_axes, op, tensor, names), *offered(repairs.change_rank, op, tensor, want, names))[:_MOST],
    )


def _meant(have: int, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the axes of a tensor that lacks one: pictures without channels, a series without features."""
    lacking = tuple(name for name in wanted if name not in ("channels", "features"))
    return lacking if len(lacking) == have else ()


def _axis(blank: Mistake, op: keras.Operation, tensor: keras.KerasTensor, names: Mapping[int, str]) -> Mistake | None:
    spec, shape = _spec(op), tuple(tensor.shape)
    for axis, want in (getattr(spec, "axes", None) or {}).items():
        have = shape[axis] if -len(shape) <= axis < len(shape) else None
        if want is None or have is None or have == want:
            continue
        place = axis % len(shape) - 1
        (given,) = blank.given
        where = given.axes[place] if 0 <= place < len(given.axes) else f"axis {axis}"
        wanted = f"{want} {where.removesuffix('s') if want == 1 else where}"
        return replace(
            blank,
            kind="axis",
            sentence=f"{op.name} was built for {wanted}; {given.source} brings {have}.",
            expects=f"{where} = {want}",
            given=(replace(given, clash=(place,)),),
            repairs=offered(repairs.change_axis, op, tensor, axis, want, names),
        )
    return None


def _size(blank: Mistake, op: keras.Operation, tensor: keras.KerasTensor, names: Mapping[int, str]) -> Mistake | None:
    window = getattr(op, "kernel_size", None) or getattr(op, "pool_size", None)
    if window is None or getattr(op, "padding", "valid") != "valid" or type(op).__name__.endswith("Transpose"):
        return None
    (given,) = blank.given
    window = window if isinstance(window, tuple | list) else (window,) * (len(given.shape or ()) - 1)
    dilation = getattr(op, "dilation_rate", 1)
    dilation = dilation if isinstance(dilation, tuple | list) else (dilation,) * len(window)
    start = 1 if getattr(op, "data_format", None) == "channels_first" else 0
    reach = [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]
    small = [
        (start + n, given.shape[start + n], k) for n, k in enumerate(reach) if given.shape and (given.shape[start + n] or k) < k
    ]
    if not small:
        return None
    what = "kernel" if hasattr(op, "kernel_size") else "pooling window"
    sides = " and ".join(f"{given.axes[axis]} is {size}" for axis, size, _ in small)
    lines = tuple((blank.name, f"{size} − {k} + 1 = {size - k + 1}", given.axes[axis]) for axis, size, k in small)
    return replace(
        blank,
        kind="size",
        sentence=f"The {shape_words(tuple(reach))} {what} does not fit: {sides}.",
        expects="; ".join(f"{given.axes[axis]} at least {k}" for axis, _, k in small),
        given=(replace(given, clash=tuple(axis for axis, _, _ in small)),),
        arithmetic=lines,
        repairs=offered(repairs.make_it_fit, op, tensor, names),
    )


def _crop(blank: Mistake, op: keras.Operation, tensor: keras.KerasTensor, names: Mapping[int, str]) -> Mistake | None:
    cropping = getattr(op, "cropping", None)
    (given,) = blank.given
    if cropping is None or not given.shape:
        return None
    pairs = [cropping] if len(given.shape) == 2 else list(cropping)
    start = 1 if getattr(op, "data_format", None) == "channels_first" else 0
    gone = [
        (start + n, given.shape[start + n], a, b)
        for n, (a, b) in enumerate(pairs)
        if (given.shape[start + n] or a + b + 1) <= a + b
    ]
    if not gone:
        return None
    sides = " and ".join(f"{given.axes[axis]} is {size}" for axis, size, _, _ in gone)
    return replace(
        blank,
        kind="size",
        sentence=f"Cropping takes more than there is: {sides}.",
        given=(replace(given, clash=tuple(axis for axis, *_ in gone)),),
        arithmetic=tuple((blank.name, f"{size} − {a} − {b} = {size - a - b}", given.axes[axis]) for axis, size, a, b in gone),
        repairs=offered(repairs.crop_less, op, tensor, names),
    )


def _unknown(blank: Mistake, op: keras.Operation, tensor: keras.KerasTensor, names: Mapping[int, str]) -> Mistake | None:
    """A layer with weights for each feature, and nobody knows how many features there are."""
    (given,) = blank.given
    if not given.shape or given.shape[-1] is not None or not isinstance(op, import_keras().layers.Layer) or op.built:
        return None
    return replace(
        blank,
        kind="axis",
        sentence=f"{type(op).__name__} makes weights for each of the {given.axes[-1]}, and {given.source} does not say how "
        "many there are.",
        expects=f"a known number of {given.axes[-1]}",
        given=(replace(given, clash=(len(given.shape) - 1,)),),
        repairs=offered(keep_the_sizes, op, tensor, names),
    )


def _reshape(blank: Mistake, op: keras.Operation, tensor: keras.KerasTensor, names: Mapping[int, str]) -> Mistake | None:
    target = getattr(op, "target_shape", None)
    if type(op).__name__ != "Reshape" or target is None or None in tuple(tensor.shape)[1:]:
        return None
    (given,) = blank.given
    have, want = _product(given.shape or ()), abs(_product(target))
    rest = f"{shape_words(tuple(target))} = {want}".replace("-1", "?")
    sentence = (
        f"{have} numbers cannot be cut into {rest}: {want} does not divide {have}."
        if -1 in target
        else f"{have} numbers do not fill {rest}."
    )
    return replace(
        blank,
        kind="reshape",
        sentence=sentence,
        expects=f"{want} numbers",
        given=(replace(given, clash=tuple(range(len(given.shape or ())))),),
        arithmetic=((given.source, f"{' · '.join(map(str, given.shape or (1,)))} = {have}", "numbers given"),),
        repairs=offered(repairs.reshape_otherwise, op, tensor, names),
    )


def _product(numbers: tuple[int | None, ...]) -> int:
    found = 1
    for n in numbers:
        found *= n or 1
    return found


def maker_of(tensor: keras.KerasTensor) -> tuple[keras.Layer, keras.KerasTensor] | None:
    """The layer that made a tensor and the one tensor that it was given; None where there are more or it is an input."""
    made = internals.node_of(tensor) if isinstance(tensor, import_keras().KerasTensor) else None
    if made is None or len(made[0].input_tensors) != 1 or not isinstance(made[0].operation, import_keras().layers.Layer):
        return None
    return made[0].operation, made[0].input_tensors[0]


def keep_the_axes(op: keras.Operation, tensor: keras.KerasTensor, names: Names) -> Iterator[Repair]:
    """A recurrent layer that gave only its last step, or a layer that flattened the map."""
    found = maker_of(tensor)
    if found is None:
        return
    before, source = found
    start, kind = tuple(source.shape), str(source.dtype)
    if getattr(before, "return_sequences", None) is False:
        shape = output_shape([copy_of(before, return_sequences=True, name="kfx_before"), copy_of(op)], start, dtypes=[kind])
        if shape is not None:
            code = f"{code_of(before, return_sequences=True)}({name_of(source, names)})"
            gives = f"{op.name} then {gives_shape(shape)}"
            yield Repair(f"Let {before.name} return every step", code, "return_sequences=True", gives)
    elif any(cls.__name__ in _FLATTENING for cls in type(before).__mro__):
        shape = output_shape([copy_of(op)], start, dtypes=[kind])
        if shape is not None:
            code = f"{code_of(op)}({name_of(source, names)})"
            gives = f"{op.name} then {gives_shape(shape)}"
            yield Repair(f"Call it before {before.name}", code, f"({name_of(source, names)})", gives)


def keep_the_sizes(op: keras.Operation, tensor: keras.KerasTensor, names: Names) -> Iterator[Repair]:
    """A Flatten of a map of unknown size, before a layer that needs to know how many numbers there are."""
    layers = import_keras().layers
    found = maker_of(tensor)
    if found is None or type(found[0]).__name__ != "Flatten":
        return
    source = found[1]
    rank = len(source.shape) - 2
    if rank not in (1, 2, 3):
        return
    pooling = getattr(layers, f"GlobalAveragePooling{rank}D")(name="kfx_new")
    shape = output_shape([pooling, copy_of(op)], tuple(source.shape), dtypes=[str(source.dtype)])
    if shape is not None:
        new = f"{code_of(pooling)}({name_of(source, names)})"
        title = f"Average over the positions instead of {found[0].name}"
        yield Repair(title, f"{code_of(op)}({new})", new, f"{op.name} then {gives_shape(shape)}")
