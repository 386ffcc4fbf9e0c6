"""The rules for a call with one input: axes, sizes, windows, cropping, reshaping."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from kfx.keras_access.importing import import_keras
from kfx.model.mistakes import repairs
from kfx.model.mistakes.case import Case
from kfx.model.mistakes.facts import Mistake, axis_names, shape_words
from kfx.model.mistakes.given import source_of
from kfx.model.mistakes.try_out import offered

if TYPE_CHECKING:
    import keras

_MOST = 3  # repairs


def one_input(case: Case) -> Mistake | None:
    """Explain a call with one input by the first rule that holds."""
    rules = (_rank, _axis, _size, _crop, _reshape, _unknown)
    return next((found for rule in rules if (found := rule(case)) is not None), None)


def _spec(op: keras.Operation) -> keras.InputSpec | None:
    spec = getattr(op, "input_spec", None)
    if isinstance(spec, list | tuple):
        return spec[0] if len(spec) == 1 else None
    return spec


def _rank(case: Case) -> Mistake | None:
    (tensor,), (given,) = case.tensors, case.blank.given
    op, spec, have = case.op, _spec(case.op), len(tensor.shape)
    exact, least = getattr(spec, "ndim", None), getattr(spec, "min_ndim", None)
    if case.type == "TimeDistributed":
        exact, least = None, 3
    elif spec is None:
        return None
    elif isinstance(getattr(op, "rank", None), int) and hasattr(op, "kernel_size"):
        exact = op.rank + 2  # a convolution names only the least in its specification
    want = exact if exact is not None and exact != have else least if least is not None and have < least else None
    if want is None:
        return None
    axes = axis_names(want - 1, channels_first=case.channels_first)
    without_last = tuple(name for name in axes if name not in ("channels", "features"))  # pictures without channels
    needs = f"{'at least ' if exact is None else ''}{want - 1} {'axis' if want == 2 else 'axes'}"
    return case.mistake(
        "rank",
        f"{case.type} needs {needs} behind the batch axis ({', '.join(axes)}); "
        f"{source_of(tensor)} has {have - 1}: {shape_words(tuple(tensor.shape)[1:])}.",
        given=(replace(given, axes=without_last),) if without_last and len(without_last) == have - 1 else (given,),
        expects=f"({', '.join(axes)})",
        repairs=(*offered(repairs.keep_the_axes, case), *offered(repairs.change_rank, case, want))[:_MOST],
    )


def _axis(case: Case) -> Mistake | None:
    (tensor,), (given,) = case.tensors, case.blank.given
    shape = tuple(tensor.shape)
    for axis, want in (getattr(_spec(case.op), "axes", None) or {}).items():
        have = shape[axis] if -len(shape) <= axis < len(shape) else None
        if want is None or have is None or have == want:
            continue
        place = axis % len(shape) - 1
        where = given.axes[place] if 0 <= place < len(given.axes) else f"axis {axis}"
        wanted = f"{want} {where.removesuffix('s') if want == 1 else where}"
        return case.mistake(
            "axis",
            f"{case.op.name} was built for {wanted}; {given.source} brings {have}.",
            expects=f"{where} = {want}",
            given=(replace(given, clash=(place,)),),
            repairs=offered(repairs.change_axis, case, axis, want),
        )
    return None


def _size(case: Case) -> Mistake | None:
    op, (given,) = case.op, case.blank.given
    window = getattr(op, "kernel_size", None) or getattr(op, "pool_size", None)
    if window is None or getattr(op, "padding", "valid") != "valid" or case.type.endswith("Transpose"):
        return None
    shape = given.shape or ()
    window = window if isinstance(window, tuple | list) else (window,) * (len(shape) - 1)
    dilation = getattr(op, "dilation_rate", 1)
    dilation = dilation if isinstance(dilation, tuple | list) else (dilation,) * len(window)
    reach = [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]
    start = int(case.channels_first)
    small = [(axis, shape[axis], k) for axis, k in enumerate(reach, start) if shape and (shape[axis] or k) < k]
    if not small:
        return None
    what = "kernel" if hasattr(op, "kernel_size") else "pooling window"
    sides = " and ".join(f"{given.axes[axis]} is {size}" for axis, size, _ in small)
    return case.mistake(
        "size",
        f"The {shape_words(reach)} {what} does not fit: {sides}.",
        expects="; ".join(f"{given.axes[axis]} at least {k}" for axis, _, k in small),
        given=(replace(given, clash=tuple(axis for axis, _, _ in small)),),
        arithmetic=tuple((op.name, f"{size} − {k} + 1 = {size - k + 1}", given.axes[axis]) for axis, size, k in small),
        repairs=offered(repairs.make_it_fit, case),
    )


def _crop(case: Case) -> Mistake | None:
    cropping, (given,) = getattr(case.op, "cropping", None), case.blank.given
    shape = given.shape
    if cropping is None or not shape:
        return None
    pairs = [cropping] if len(shape) == 2 else cropping
    sides = [(axis, shape[axis], a, b) for axis, (a, b) in enumerate(pairs, int(case.channels_first))]
    gone = [(axis, size, a, b) for axis, size, a, b in sides if size and size <= a + b]
    if not gone:
        return None
    return case.mistake(
        "size",
        f"Cropping takes more than there is: {' and '.join(f'{given.axes[axis]} is {size}' for axis, size, _, _ in gone)}.",
        given=(replace(given, clash=tuple(axis for axis, *_ in gone)),),
        arithmetic=tuple((case.op.name, f"{size} − {a} − {b} = {size - a - b}", given.axes[axis]) for axis, size, a, b in gone),
        repairs=offered(repairs.crop_less, case),
    )


def _unknown(case: Case) -> Mistake | None:
    """Explain a layer with weights for each feature whose number of features is unknown."""
    op, (given,) = case.op, case.blank.given
    if not given.shape or given.shape[-1] is not None or not isinstance(op, import_keras().layers.Layer) or op.built:
        return None
    features = given.axes[-1]
    return case.mistake(
        "axis",
        f"{case.type} makes weights for each of the {features}, and {given.source} does not say how many there are.",
        expects=f"a known number of {features}",
        given=(replace(given, clash=(len(given.shape) - 1,)),),
        repairs=offered(repairs.keep_the_sizes, case),
    )


def _reshape(case: Case) -> Mistake | None:
    target, (given,) = getattr(case.op, "target_shape", None), case.blank.given
    shape = given.shape or ()
    if case.type != "Reshape" or target is None or None in shape:
        return None
    have, want = prod(n or 1 for n in shape), abs(prod(n or 1 for n in target))
    rest = f"{shape_words(target)} = {want}".replace("-1", "?")
    return case.mistake(
        "reshape",
        f"{have} numbers cannot be cut into {rest}: {want} does not divide {have}."
        if -1 in target
        else f"{have} numbers do not fill {rest}.",
        expects=f"{want} numbers",
        given=(replace(given, clash=tuple(range(len(shape)))),),
        arithmetic=((given.source, f"{' · '.join(map(str, shape or (1,)))} = {have}", "numbers given"),),
        repairs=offered(repairs.reshape_otherwise, case),
    )
