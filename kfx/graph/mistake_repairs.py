"""Likely repairs for a refused call; each is tried on shapes with copies before it is offered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

from kfx.graph.mistake import Repair, axis_names
from kfx.graph.trial import code_of, copy_of, output_shape, untouched_names
from kfx.quiet import import_keras

Names = Mapping[int, str]  # id(tensor) -> the name of the user's variable


def name_of(tensor: Any, names: Names) -> str:
    return names.get(id(tensor), "x")


def words(shape: Sequence[int | None]) -> str:
    return "×".join("?" if n is None else str(n) for n in shape) or "one number"


def _chain(tensor: Any, before: Sequence[Any], op: Any) -> tuple[int | None, ...] | None:
    """The shape after some new layers and then a copy of the refusing one."""
    return output_shape([*before, copy_of(op)], tuple(tensor.shape), dtypes=[str(tensor.dtype)])


def _before(op: Any, tensor: Any, names: Names, new: Any, title: str) -> Iterator[Repair]:
    """Put one new layer in front of the refusing call."""
    with untouched_names():
        code = code_of(new)
        given = _chain(tensor, [copy_of(new, name="kfx_new")], op)
    if given is not None:
        name = name_of(tensor, names)
        yield Repair(title, f"{code_of(op)}({code}({name}))", f"{code}({name})", f"{op.name} then gives {words(given[1:])}")


def change_rank(op: Any, tensor: Any, want: int, names: Names) -> tuple[Repair, ...]:
    """Bring a tensor to ``want`` axes, batch axis included."""
    layers = import_keras().layers
    shape, have = tuple(tensor.shape)[1:], len(tensor.shape)
    found: list[Repair] = []
    with untouched_names():
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
        if have > want and have in (3, 4, 5) and want == 2:
            pooling = getattr(layers, f"GlobalAveragePooling{have - 2}D")
            found += _before(op, tensor, names, pooling(name="kfx_new"), "Average over the map first")
    return tuple(found)


def change_axis(op: Any, tensor: Any, axis: int, want: int, names: Names) -> tuple[Repair, ...]:
    """Bring one axis to the size that a built layer wants."""
    layers = import_keras().layers
    shape = tuple(tensor.shape)
    rank = len(shape) - 1
    found: list[Repair] = []
    with untouched_names():
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
            gives = f"a layer of its own gives {words(fresh[1:])}; its weights are not shared"
            found.append(Repair(f"Use a new layer instead of sharing {op.name}", f"{code_of(op)}({name})", code_of(op), gives))
        if axis % len(shape) == rank:
            found += _fits(op, tensor, axis, want, names, layers.Dense(want, name="kfx_new"), f"Project to {want} first")
    return tuple(found)


def _fits(op: Any, tensor: Any, axis: int, want: int, names: Names, new: Any, title: str) -> Iterator[Repair]:
    """A new layer in front that makes the axis right for the user's own, already built layer."""
    shape = output_shape([copy_of(new, name="kfx_new")], tuple(tensor.shape), dtypes=[str(tensor.dtype)])
    if shape is not None and shape[axis] == want:
        code = f"{code_of(new)}({name_of(tensor, names)})"
        yield Repair(title, f"{op.name}({code})", code, f"{op.name} then gets {words(shape[1:])}")


def make_it_fit(op: Any, tensor: Any, names: Names) -> tuple[Repair, ...]:
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
            found.append(Repair(title, code.replace(", strides=None", ""), changed, f"gives {words(given[1:])}"))
    return tuple(found)


def reshape_otherwise(op: Any, tensor: Any, names: Names) -> tuple[Repair, ...]:
    """A target that holds as many numbers, or as many numbers as the target holds."""
    layers = import_keras().layers
    have, target = prod(n or 1 for n in tuple(tensor.shape)[1:]), tuple(op.target_shape)
    name, found = name_of(tensor, names), []
    with untouched_names():
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
                        Repair(f"Let axis {place + 1} take what is there", code, str(fitting), f"gives {words(fitting)}")
                    )
                    break
        if -1 not in target:
            want = prod(target)
            steps = [layers.Dense(want, name="kfx_dense"), layers.Reshape(target, name="kfx_new")]
            flat = [layers.Flatten(name="kfx_flat")] if len(tensor.shape) > 2 else []
            if output_shape([*flat, *steps], tuple(tensor.shape)) is not None:
                inner = f"layers.Flatten()({name})" if flat else name
                new = f"layers.Dense({want})({inner})"
                title = f"Make {want} numbers first"
                found.append(Repair(title, f"layers.Reshape({target})({new})", new, f"gives {words(target)}"))
    return tuple(found)


def join_first(op: Any, tensors: Sequence[Any], names: Names) -> tuple[Repair, ...]:
    """Several tensors for a layer that takes one."""
    layers = import_keras().layers
    shapes = [tuple(t.shape) for t in tensors]
    kinds = [str(t.dtype) for t in tensors]
    given = output_shape([layers.Concatenate(name="kfx_new"), copy_of(op)], *shapes, dtypes=kinds)
    if given is None:
        return ()
    listed = f"[{', '.join(name_of(t, names) for t in tensors)}]"
    new = f"layers.Concatenate()({listed})"
    return (Repair("Join them into one tensor first", f"{code_of(op)}({new})", new, f"gives {words(given[1:])}"),)


def start_symbolic(array: Any, side: str, names: Names) -> tuple[Repair, ...]:
    """A model that was given numbers where a symbolic tensor is meant."""
    shape = tuple(int(n) for n in array.shape[1:])
    code = f"inputs = keras.Input(shape={shape})"
    gives = "the layers are then called on `inputs`, and the numbers go to fit or predict"
    return (Repair("Start the graph at a symbolic input", code, f"keras.Input(shape={shape})", gives),)


def missing_inputs(inputs: Sequence[Any], outputs: Sequence[Any]) -> list[tuple[Any, list[Any]]]:
    """For each path from an output that ends outside the inputs: the output and the tensors on the way, the lost one last."""
    ends = {id(t) for t in inputs}
    found, lost = [], set()
    for output in outputs:
        todo, seen = [(output, [output])], set()
        while todo:
            tensor, path = todo.pop()
            if id(tensor) in ends or id(tensor) in seen:
                continue
            seen.add(id(tensor))
            history = getattr(tensor, "_keras_history", None)
            if history is None or history.operation is None:
                feeding = []
            else:
                feeding = list(history.operation._inbound_nodes[history.node_index].input_tensors)
            if not feeding and id(tensor) not in lost:
                lost.add(id(tensor))
                found.append((output, path))
            todo += [(t, [*path, t]) for t in feeding]
    return found


def add_inputs(inputs: Sequence[Any], outputs: Sequence[Any], lost: Sequence[Any], names: Names) -> tuple[Repair, ...]:
    """Name the lost inputs too; tried by asking once more which paths end outside."""
    if missing_inputs([*inputs, *lost], outputs):
        return ()
    from kfx.graph.mistake_models import source_of

    listed = ", ".join(names.get(id(t), source_of(t)) for t in [*inputs, *lost])
    ends = ", ".join(names.get(id(t), source_of(t)) for t in outputs)
    ends = ends if len(outputs) == 1 else f"[{ends}]"
    changed = ", ".join(names.get(id(t), source_of(t)) for t in lost)
    return (
        Repair(
            "Name every input that the outputs need",
            f"keras.Model([{listed}], {ends})",
            changed,
            "every path then ends in an input",
        ),
    )


_OTHER_NAMES = {
    "reduce_mean": "mean",
    "reduce_sum": "sum",
    "reduce_max": "max",
    "reduce_min": "min",
    "concat": "concatenate",
    "pow": "power",
}


def use_keras_ops(function: str, tensor: Any, names: Names) -> tuple[Repair, ...]:
    """The same function from ``keras.ops``, called once on a fresh symbolic tensor to see that it works."""
    keras = import_keras()
    name = _OTHER_NAMES.get(function, function)
    same = getattr(keras.ops, name, None) if name and not name.startswith("_") else None
    if same is None:
        return ()
    with untouched_names():
        try:
            given = same(keras.Input(batch_shape=tuple(tensor.shape), dtype=str(tensor.dtype), name="kfx_trial"))
        except Exception:
            return ()
    shape = tuple(getattr(given, "shape", ()))
    gives = f"gives the symbolic tensor {shape}"
    return (
        Repair("Use the same function of Keras", f"keras.ops.{name}({name_of(tensor, names)})", f"keras.ops.{name}", gives),
    )
