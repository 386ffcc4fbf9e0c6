"""Explain a refused Keras call in plain words, with repairs that were tried on shapes.

The rules look at the layer and what it was given, not at the text of Keras's message, which changes from release to release.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kfx.graph import mistake_merges as merges
from kfx.graph import mistake_repairs as repairs
from kfx.graph.arguments import cut
from kfx.graph.describe import settings
from kfx.graph.facts import Tensor
from kfx.graph.mistake import Mistake, axis_names
from kfx.graph.mistake_before import keep_the_axes, keep_the_sizes
from kfx.graph.mistake_calls import class_called, wrong_arguments
from kfx.graph.mistake_foreign import foreign_function
from kfx.graph.mistake_models import (
    flat_tensors,
    given_of,
    many,
    nested_model,
    refused_model,
    shape_words,
    source_of,
)
from kfx.graph.refusal import Refusal
from kfx.quiet import import_keras

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
_MOST = 3  # repairs


def explain_mistake(refusal: Refusal, variables: Mapping[int, str] | None = None) -> Mistake:
    """What is wrong with a refused call, and what would repair it.

    Args:
        refusal: From `kfx.graph.refusal.find_refusal`.
        variables: ``id(tensor)`` -> the name of the user's variable, so that repairs speak the user's language; those that the
            code could see where it made the call are known already.
    """
    names = {**{id(x): name for name, x in refusal.scope.items()}, **(variables or {})}
    if refusal.kind == "model":
        found = refused_model(refusal, names)
    elif refusal.kind == "foreign":
        found = foreign_function(refusal, names)
    elif refusal.kind == "class":
        found = class_called(refusal, names)
    else:
        found = _call(refusal, names)
    message = _ADDRESS.sub("0x…", _ANSI.sub("", str(refusal.error)))
    if found.kind == "other":
        found = replace(found, sentence=f"{found.sentence} Keras says: {_telling(message)}")
    return replace(found, error=f"{type(refusal.error).__name__}: {message}")


def _telling(message: str) -> str:
    """The line of Keras's message that says what is wrong, without the frame that Keras puts around a layer's own error."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if any(line.endswith("Error encountered:") for line in lines[:-1]):  # what follows is the layer's own error
        lines = lines[next(i for i, line in enumerate(lines) if line.endswith("Error encountered:")) + 1 :]
    told = [line for line in lines if not line.startswith(("Exception encountered when calling", "Arguments received by"))]
    return cut((told or lines or ["nothing"])[0], 300)


def _call(refusal: Refusal, names: Mapping[int, str]) -> Mistake:
    keras = import_keras()
    op, tensors = refusal.op, flat_tensors(refusal)
    specs = tuple(Tensor(None if t.shape is None else tuple(t.shape), str(t.dtype)) for t in tensors)
    try:
        shown = settings(op, inputs=specs, outputs=())
    except Exception:
        shown = ()
    blank = Mistake(
        "other", str(op.name), type(op).__name__, f"{op.name} refused its inputs.", shown, given=given_of(tensors, names, op)
    )
    if isinstance(op, keras.Model):
        return nested_model(blank, op, tensors, names)
    if isinstance(op, keras.layers.Layer):
        found = wrong_arguments(blank, op, refusal, tensors, names)
        if found is not None:
            return found
    if is_merge(op):
        return _merge(blank, op, tensors, refusal, names)
    if len(tensors) > 1 and isinstance(op, keras.layers.Layer) and _takes_one(op):
        return replace(
            blank,
            kind="inputs",
            sentence=f"{type(op).__name__} takes one input; it was given {len(tensors)}.",
            repairs=repairs.join_first(op, tensors, names),
        )
    if len(tensors) == 1 and tensors[0].shape is not None:
        for rule in (_rank, _axis, _size, _crop, _reshape, _unknown):
            found = rule(blank, op, tensors[0], names)
            if found is not None:
                return found
    return blank


def is_merge(op: Any) -> bool:
    """True for a merging layer and for an elementwise operation of two tensors such as ``x + y``."""
    return any(cls.__name__ in ("Merge", "Concatenate") for cls in type(op).__mro__) or (
        type(op).__module__.startswith("keras.")
        and type(op).__name__ in ("Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Maximum", "Minimum")
    )


def _takes_one(op: Any) -> bool:
    spec = getattr(op, "input_spec", None)
    return spec is not None and not isinstance(spec, list | tuple)


def _spec(op: Any) -> Any:
    spec = getattr(op, "input_spec", None)
    return (
        spec[0] if isinstance(spec, list | tuple) and len(spec) == 1 else spec if not isinstance(spec, list | tuple) else None
    )


def _rank(blank: Mistake, op: Any, tensor: Any, names: Mapping[int, str]) -> Mistake | None:
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
    return replace(
        blank,
        kind="rank",
        sentence=f"{type(op).__name__} needs {more}{many(want - 1, 'axis', 'axes')} behind the batch axis "
        f"({', '.join(axes)}); {source_of(tensor)} has {have - 1}: {shape_words(tuple(tensor.shape)[1:])}.",
        expects=f"({', '.join(axes)})",
        repairs=(*keep_the_axes(op, tensor, names), *repairs.change_rank(op, tensor, want, names))[:_MOST],
    )


def _axis(blank: Mistake, op: Any, tensor: Any, names: Mapping[int, str]) -> Mistake | None:
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
            repairs=repairs.change_axis(op, tensor, axis, want, names),
        )
    return None


def _size(blank: Mistake, op: Any, tensor: Any, names: Mapping[int, str]) -> Mistake | None:
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
        repairs=repairs.make_it_fit(op, tensor, names),
    )


def _crop(blank: Mistake, op: Any, tensor: Any, names: Mapping[int, str]) -> Mistake | None:
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
        repairs=repairs.crop_less(op, tensor, names),
    )


def _unknown(blank: Mistake, op: Any, tensor: Any, names: Mapping[int, str]) -> Mistake | None:
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
        repairs=tuple(keep_the_sizes(op, tensor, names)),
    )


def _reshape(blank: Mistake, op: Any, tensor: Any, names: Mapping[int, str]) -> Mistake | None:
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
        repairs=repairs.reshape_otherwise(op, tensor, names),
    )


def _product(numbers: tuple[int | None, ...]) -> int:
    found = 1
    for n in numbers:
        found *= n or 1
    return found


def _merge(blank: Mistake, op: Any, tensors: list[Any], refusal: Refusal, names: Mapping[int, str]) -> Mistake:
    verb = type(op).__name__
    bare = isinstance(op, import_keras().layers.Layer) and len(tensors) > 1 and not isinstance(refusal.args[0], list | tuple)
    if bare:
        return replace(
            blank,
            kind="inputs",
            sentence=f"{verb} takes one list of tensors; it was given {len(tensors)} arguments.",
            expects="a list of tensors",
            repairs=merges.as_list(op, tensors, names),
        )
    if verb == "Subtract" and len(tensors) > 2:
        sentence = f"Subtract takes exactly two inputs; it was given {len(tensors)}."
        return replace(
            blank, kind="inputs", sentence=sentence, expects="two tensors", repairs=merges.subtract_each(op, tensors, names)
        )
    if verb == "Dot":
        return merges.explain_dot(blank, op, tensors)
    if len(tensors) < 2:
        return replace(
            blank,
            kind="inputs",
            sentence=f"{verb} needs a list of at least two inputs; it was given {len(tensors) or 'none'}.",
            expects="a list of tensors",
        )
    arrays = [t for t in tensors if not isinstance(t, import_keras().KerasTensor)]
    shapes = [tuple(t.shape)[1:] for t in tensors]
    ranks = {len(s) for s in shapes}
    joined = getattr(op, "axis", None) if verb == "Concatenate" else None
    if len(ranks) > 1:
        words = " and ".join(shape_words(s) for s in shapes)
        sentence = f"{verb} needs inputs with equally many axes; these have {words}."
        return replace(blank, kind="merge", sentence=sentence, repairs=merges.equal_rank(op, tensors, names))
    rank = ranks.pop()
    skip = None if joined is None else (joined - 1 if joined > 0 else rank + joined)
    clash = tuple(
        n
        for n in range(rank)
        if n != skip and len({s[n] for s in shapes} - {None} - (set() if joined is not None else {1})) > 1
    )
    if not clash:
        sentence = f"{verb} refused these inputs."
        if arrays:
            sentence = f"{verb} was given a {source_of(arrays[0])} beside a symbolic tensor, and their shapes do not fit."
        return replace(blank, sentence=sentence)
    axes = blank.given[0].axes
    differ = " and ".join([", ".join(axes[n] for n in clash[:-1]), axes[clash[-1]]] if len(clash) > 1 else [axes[clash[0]]])
    sentence = (
        f"{verb} needs inputs of equal shape; these differ in {differ}."
        if joined is None
        else f"Concatenate joins along {axes[skip] if skip is not None else 'an axis'}; all other axes must agree, "
        f"and these differ in {differ}."
    )
    return replace(
        blank,
        kind="merge",
        sentence=sentence,
        given=tuple(replace(g, clash=clash) for g in blank.given),
        arithmetic=merges.where_they_part(tensors, clash),
        repairs=merges.merge_repairs(op, tensors, clash, names),
    )
