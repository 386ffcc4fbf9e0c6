"""Likely repairs for a refused call; each is tried on shapes with copies before it is offered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

from kfx.graph.mistake import Repair, axis_names
from kfx.graph.trial import code_of, copy_of, output_shape, untouched_names
from kfx.quiet import import_keras

Names = Mapping[int, str]


def _name(tensor: Any, names: Names) -> str:
    return names.get(id(tensor), "x")


def _words(shape: Sequence[int | None]) -> str:
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
        name = _name(tensor, names)
        yield Repair(title, f"{code_of(op)}({code}({name}))", f"{code}({name})", f"{op.name} then gives {_words(given[1:])}")


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
            words = "first to last" if other == 1 else "last to first"
            found += _fits(
                op, tensor, axis, want, names, layers.Permute(order, name="kfx_new"), f"Move the channels from {words}"
            )
        name = _name(tensor, names)
        fresh = output_shape([copy_of(op)], shape, dtypes=[str(tensor.dtype)])
        if fresh is not None:
            gives = f"a layer of its own gives {_words(fresh[1:])}; its weights are not shared"
            found.append(Repair(f"Use a new layer instead of sharing {op.name}", f"{code_of(op)}({name})", code_of(op), gives))
        if axis % len(shape) == rank:
            found += _fits(op, tensor, axis, want, names, layers.Dense(want, name="kfx_new"), f"Project to {want} first")
    return tuple(found)


def _fits(op: Any, tensor: Any, axis: int, want: int, names: Names, new: Any, title: str) -> Iterator[Repair]:
    """A new layer in front that makes the axis right for the user's own, already built layer."""
    shape = output_shape([copy_of(new, name="kfx_new")], tuple(tensor.shape), dtypes=[str(tensor.dtype)])
    if shape is not None and shape[axis] == want:
        code = f"{code_of(new)}({_name(tensor, names)})"
        yield Repair(title, f"{op.name}({code})", code, f"{op.name} then gets {_words(shape[1:])}")


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
            code = f"{code_of(op, **changes)}({_name(tensor, names)})"
            found.append(Repair(title, code.replace(", strides=None", ""), changed, f"gives {_words(given[1:])}"))
    return tuple(found)


def reshape_otherwise(op: Any, tensor: Any, names: Names) -> tuple[Repair, ...]:
    """A target that holds as many numbers, or as many numbers as the target holds."""
    layers = import_keras().layers
    have, target = prod(n or 1 for n in tuple(tensor.shape)[1:]), tuple(op.target_shape)
    name, found = _name(tensor, names), []
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
                        Repair(f"Let axis {place + 1} take what is there", code, str(fitting), f"gives {_words(fitting)}")
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
                found.append(Repair(title, f"layers.Reshape({target})({new})", new, f"gives {_words(target)}"))
    return tuple(found)


def join_first(op: Any, tensors: Sequence[Any], names: Names) -> tuple[Repair, ...]:
    """Several tensors for a layer that takes one."""
    layers = import_keras().layers
    shapes = [tuple(t.shape) for t in tensors]
    kinds = [str(t.dtype) for t in tensors]
    given = output_shape([layers.Concatenate(name="kfx_new"), copy_of(op)], *shapes, dtypes=kinds)
    if given is None:
        return ()
    listed = f"[{', '.join(_name(t, names) for t in tensors)}]"
    new = f"layers.Concatenate()({listed})"
    return (Repair("Join them into one tensor first", f"{code_of(op)}({new})", new, f"gives {_words(given[1:])}"),)


def _makers(tensor: Any, limit: int = 200) -> list[tuple[Any, Any]]:
    """``(layer, its input tensor)`` upwards from a tensor, as long as each has one input."""
    found = []
    while len(found) < limit:
        history = getattr(tensor, "_keras_history", None)
        if history is None or history.operation is None:
            break
        node = history.operation._inbound_nodes[history.node_index]
        if len(node.input_tensors) != 1:
            break
        found.append((history.operation, node.input_tensors[0]))
        tensor = node.input_tensors[0]
    return found


def _branches(tensors: Sequence[Any]) -> list[list[tuple[Any, Any]]]:
    """What each of the tensors went through since the tensor that all of them come from."""
    paths = [_makers(t) for t in tensors]
    origins = [[id(t), *(id(x) for _, x in path)] for t, path in zip(tensors, paths, strict=True)]
    shared = set(origins[0]).intersection(*map(set, origins[1:]))
    if not shared:
        return [[] for _ in tensors]
    return [path[: next(n for n, i in enumerate(o) if i in shared)] for o, path in zip(origins, paths, strict=True)]


def where_they_part(tensors: Sequence[Any], clash: Sequence[int]) -> tuple[tuple[str, str, str], ...]:
    """The arithmetic of each layer that changed a clashing axis since the tensors parted."""
    from kfx.graph.explain import explain
    from kfx.graph.facts import Tensor

    found = []
    for branch in _branches(tensors):
        for op, source in reversed(branch):
            history = op._inbound_nodes[-1]
            target = next((n.outputs[0] for n in op._inbound_nodes if n.input_tensors[0] is source), history.outputs[0])
            before, after = tuple(source.shape)[1:], tuple(target.shape)[1:]
            moved = [n for n in clash if n < min(len(before), len(after)) and before[n] != after[n]]
            if len(before) == len(after) and moved:
                lines = explain(op, [Tensor(tuple(source.shape), "")], [Tensor(tuple(target.shape), "")])
                text = (
                    lines[moved[0]].partition(": ")[2]
                    if len(lines) == len(after)
                    else f"{before[moved[0]]} → {after[moved[0]]}"
                )
                reason = f'padding="{op.padding}"' if getattr(op, "padding", None) == "valid" else " · ".join(_sizes(op))
                found.append((str(op.name), text, reason))
    return tuple(found)


def _sizes(op: Any) -> Iterator[str]:
    for name in ("strides", "pool_size", "size", "units", "filters"):
        value = getattr(op, name, None)
        if value is not None:
            yield f"{name}={value}"


def merge_repairs(op: Any, tensors: Sequence[Any], clash: Sequence[int], names: Names) -> tuple[Repair, ...]:
    """Make the inputs of a merge agree on the clashing axes."""
    rank = len(tensors[0].shape) - 1
    spatial = [n for n in clash if n < rank - 1]
    found = []
    if spatial:
        found += _keep_size(op, tensors, names)
        found += _crop(op, tensors, names)
    if list(clash) == [rank - 1]:
        found += _project(op, tensors, names)
    return tuple(found)


def _accepts(op: Any, shapes: Sequence[Sequence[int | None]]) -> Any:
    layers = import_keras().layers
    merge = copy_of(op) if isinstance(op, layers.Layer) else getattr(layers, type(op).__name__, layers.Add)(name="kfx_trial")
    return output_shape([merge], *[tuple(s) for s in shapes])


def _keep_size(op: Any, tensors: Sequence[Any], names: Names) -> Iterator[Repair]:
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
            yield Repair(f"Keep the size in {many}", code, 'padding="same"', f"{both} {_words(shape[1:])}")


def _crop(op: Any, tensors: Sequence[Any], names: Names) -> Iterator[Repair]:
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
    amount: Any = sides[0][0] if even else sides[0] if rank == 1 else tuple(sides)
    with untouched_names():
        new = getattr(layers, f"Cropping{rank}D")(amount, name="kfx_new")
    shape = output_shape([new], tuple(large.shape))
    if shape is None or _accepts(op, [shape if t is large else tuple(t.shape) for t in tensors]) is None:
        return
    cut = f"layers.Cropping{rank}D({amount})({_name(large, names)})"
    listed = ", ".join(cut if t is large else _name(t, names) for t in tensors)
    yield Repair(
        "Crop the larger map", f"layers.{type(op).__name__}()([{listed}])", cut, f"both inputs become {_words(shape[1:])}"
    )


def _project(op: Any, tensors: Sequence[Any], names: Names) -> Iterator[Repair]:
    """Bring the last axis of one input to the size of the other with a 1×1 convolution or a dense layer."""
    layers = import_keras().layers
    if len(tensors) != 2 or any(t.shape[-1] is None for t in tensors):
        return
    few, many = sorted(tensors, key=lambda t: t.shape[-1])
    size, rank = many.shape[-1], len(few.shape) - 2
    with untouched_names():
        new = (
            getattr(layers, f"Conv{rank}D")(size, 1, name="kfx_new")
            if rank in (1, 2, 3)
            else layers.Dense(size, name="kfx_new")
        )
        code = f"{code_of(new)}({_name(few, names)})"
    shape = output_shape([new], tuple(few.shape))
    if shape is None or _accepts(op, [shape if t is few else tuple(t.shape) for t in tensors]) is None:
        return
    listed = ", ".join(code if t is few else _name(t, names) for t in tensors)
    title = f"Project the narrower input to {size} {axis_names(rank + 1)[-1]}"
    yield Repair(title, f"layers.{type(op).__name__}()([{listed}])", code, f"both inputs become {_words(shape[1:])}")


def equal_rank(op: Any, tensors: Sequence[Any], names: Names) -> tuple[Repair, ...]:
    """A flatten or a pooling is missing before a merge of a map and a vector."""
    layers = import_keras().layers
    low = min(len(t.shape) for t in tensors)
    found = []
    if low == 2:
        for title, make in (("Average the map over its positions first", _global_pool), ("Flatten the map first", _flatten)):
            with untouched_names():
                new = {id(t): make(layers, len(t.shape) - 2) for t in tensors if len(t.shape) > 2}
            if any(layer is None for layer in new.values()):
                continue
            shapes = [output_shape([new[id(t)]], tuple(t.shape)) if id(t) in new else tuple(t.shape) for t in tensors]
            given = None if None in shapes else _accepts(op, shapes)
            if given is not None:
                parts = [f"{code_of(new[id(t)])}({_name(t, names)})" if id(t) in new else _name(t, names) for t in tensors]
                changed = next(p for p, t in zip(parts, tensors, strict=True) if id(t) in new)
                found.append(
                    Repair(title, f"layers.{type(op).__name__}()([{', '.join(parts)}])", changed, f"gives {_words(given[1:])}")
                )
    return tuple(found)


def _global_pool(layers: Any, rank: int) -> Any:
    return getattr(layers, f"GlobalAveragePooling{rank}D")(name="kfx_new") if rank in (1, 2, 3) else None


def _flatten(layers: Any, rank: int) -> Any:
    return layers.Flatten(name="kfx_new")


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
    return (Repair("Use the same function of Keras", f"keras.ops.{name}({_name(tensor, names)})", f"keras.ops.{name}", gives),)
