"""Folding against graphs whose blocks can be named by looking at them."""

import itertools
from dataclasses import replace
from graphlib import TopologicalSorter

import pytest

from kfx.draw.graph.block_level import Block
from kfx.draw.graph.blocks import find_blocks
from kfx.draw.graph.fold import MOST_BOXES, fold_plan
from kfx.draw.graph.order import cut_widths, sources_first
from kfx.model.facts import Edge, LayerGraph


@pytest.fixture
def flat(make_call, make_input):
    """``flat(("x", "Input", []), ("a", "Dense", ["x"]), ...)``: name, type, sources of each call."""

    def make(*rows):
        calls = tuple(make_input(name) if kind == "Input" else make_call(name, kind, params=10) for name, kind, _ in rows)
        edges = tuple(Edge(source, 0, name, f"0.{i}") for name, _, sources in rows for i, source in enumerate(sources))
        return LayerGraph("net", "Functional", "exact", calls, edges, outputs=((rows[-1][0], 0, ""),))

    return make


def chain(*rows):
    """Names and types in a row as rows of `flat`."""
    return [
        (name, kind, [before] if before else []) for (name, kind), (before, _) in zip(rows, [("", ""), *rows], strict=False)
    ]


def residual(i, before, name):
    """``before -> conv -> norm -> relu -> conv -> add(conv, before) -> relu``."""
    a, b, c, d, e, f = (name(i, part) for part in ("conv1", "bn1", "relu1", "conv2", "add", "out"))
    return [
        (a, "Conv2D", [before]), (b, "BatchNormalization", [a]), (c, "ReLU", [b]), (d, "Conv2D", [c]),
        (e, "Add", [d, before]), (f, "ReLU", [e]),
    ]  # fmt: skip


def residual_net(flat, blocks, name):
    rows = [("x", "Input", []), ("stem", "Conv2D", ["x"])]
    for i in range(blocks):
        rows += residual(i + 1, rows[-1][0], name)
    return flat(*rows, ("head", "Dense", [rows[-1][0]]))


def unequal(graph):
    """The same graph with other numbers of parameters in every layer, so that no two of its parts are equal."""
    return replace(graph, calls=tuple(replace(call, own_params=i + 1) for i, call in enumerate(graph.calls)))


def boxes_of(graph):
    """Boxes in the first picture."""
    plan = fold_plan(graph)
    return list(plan.boxes(plan.shown_copies(plan.start)))


def items_of(graph):
    return find_blocks(graph, [call.key for call in graph.calls], 40)


def named(i, part):
    return f"block{i}_{part}"


def leaves(item):
    return [leaf for member in item.members for leaf in leaves(member)] if isinstance(item, Block) else [item]


def test_a_branch_is_walked_before_the_next_is_begun():
    sources = {"x": [], "a1": ["x"], "b1": ["x"], "a2": ["a1"], "b2": ["b1"], "join": ["a2", "b2"]}
    assert sources_first(list(sources), sources) == ["x", "a1", "a2", "b1", "b2", "join"]


def test_the_width_of_a_cut_counts_calls_that_feed_across():
    sources = {"x": [], "a": ["x"], "b": ["a"], "join": ["b", "x"], "y": ["join"]}
    assert cut_widths(list(sources), sources) == [1, 2, 2, 1, 0]


def test_a_tensor_that_two_calls_take_crosses_once():
    sources = {"x": [], "a": ["x"], "b": ["x"], "join": ["a", "b"]}
    assert cut_widths(list(sources), sources) == [1, 2, 2, 0]


def test_a_small_graph_without_equal_neighbours_is_shown_whole(flat):
    graph = unequal(residual_net(flat, 5, named))  # 3 + 5 * 6 = 33
    plan = fold_plan(graph)
    assert plan.containers == {}
    assert len(plan.inside[None]) == 33


def test_named_residual_blocks_become_boxes(flat):
    graph = unequal(residual_net(flat, 8, named))  # 3 + 48 layers
    items = items_of(graph)
    assert [item.label if isinstance(item, Block) else item for item in items] == [
        "x", "stem", "block1", "block2", "block3", "block4", "block5", "block6", "block7", "block8", "head",
    ]  # fmt: skip
    assert leaves(items[2]) == [f"block1_{part}" for part in ("conv1", "bn1", "relu1", "conv2", "add", "out")]


def test_residual_blocks_are_found_without_names(flat):
    kinds = {
        "conv1": "conv2d",
        "bn1": "batch_normalization",
        "relu1": "re_lu",
        "conv2": "conv2d_b",
        "add": "add",
        "out": "re_lu_b",
    }
    graph = unequal(residual_net(flat, 8, lambda i, part: f"{kinds[part]}_{i}".replace("_b_", f"_{i}0")))
    items = items_of(graph)
    blocks = [item for item in items if isinstance(item, Block)]
    assert [len(leaves(block)) for block in blocks] == [6] * 8
    assert blocks[0].label == "add_1", "called by the layer in which its branches meet"


def test_equal_blocks_in_a_row_fold_to_one(flat):
    graph = residual_net(flat, 50, named)  # 50 boxes are too many
    items = items_of(graph)
    run = next(item for item in items if isinstance(item, Block))
    assert (run.label, run.repeats, len(run.members)) == ("block1 … 50", 50, 50)
    assert [item if isinstance(item, str) else item.label for item in items] == ["x", "stem", "block1 … 50", "head"]
    assert all(isinstance(member, Block) and len(leaves(member)) == 6 for member in run.members), (
        "stage, block, layers: two levels"
    )


@pytest.mark.parametrize("part", [1, 2, 3], ids=["layer", "step", "block"])
def test_a_longer_chain_never_gives_more_boxes(flat, part):
    """Of layers, of a layer with its norm, of residual blocks: 2 to 60, and what the issue counted."""
    found = []
    for n in [*range(2, 14), 30, 40, 41, 60, 100, 200]:
        if part == 3:
            found.append(len(boxes_of(residual_net(flat, n, named))))
        else:
            kinds = ("Dense", "BatchNormalization")[:part]
            found.append(
                len(boxes_of(flat(*chain(("x", "Input"), *((f"{k.lower()}_{i}", k) for i in range(n) for k in kinds)))))
            )
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 1, "what is equal is one box however long the chain is"


@pytest.mark.parametrize("n", [2, 3, 12])
def test_equal_neighbours_are_one_box_however_few_they_are(flat, n):
    plan = fold_plan(flat(*chain(("x", "Input"), *((f"dense_{i}", "Dense") for i in range(n)))))
    run = plan.containers[plan.inside[None][1]]
    assert (plan.inside[None][0], run.repeats, run.calls) == ("x", n, tuple(f"dense_{i}" for i in range(n)))


def test_equal_branches_side_by_side_are_not_a_line(flat):
    rows = [("x", "Input", []), *((f"dense_{i}", "Dense", ["x"]) for i in range(4))]
    plan = fold_plan(flat(*rows, ("join", "Add", [name for name, *_ in rows[1:]])))
    assert plan.containers == {}


def test_a_copy_whose_value_is_used_elsewhere_ends_the_line(flat):
    rows = chain(("x", "Input"), *((f"dense_{i}", "Dense") for i in range(6)))
    plan = fold_plan(flat(*rows, ("join", "Add", ["dense_5", "dense_2"])))
    assert [plan.containers[key].repeats for key in plan.inside[None] if key in plan.containers] == [3, 3]


def test_a_line_of_equal_parts_unfolds_to_the_copy_that_is_asked_for(flat):
    plan = fold_plan(residual_net(flat, 4, named))
    line = next(key for key in plan.inside[None] if key in plan.containers)

    def shown(*opened):
        return [key for key in plan.boxes(plan.shown_copies(opened)) if key not in ("x", "stem", "head")]

    parts = ("conv1", "bn1", "relu1", "conv2", "add", "out")
    assert shown(line) == [f"block1_{part}" for part in parts]
    assert shown(line, f"{line}#3") == [f"block3_{part}" for part in parts]
    assert shown(line, f"{line}#9") == [f"block4_{part}" for part in parts], "the last where there are not as many"
    assert shown(line, f"{line}#all") == [f"~block{i}" for i in range(1, 5)]


def test_fewer_than_eight_boxes_unfold_the_largest(flat):
    assert boxes_of(residual_net(flat, 12, named)) == [
        "x", "stem", *(f"block1_{part}" for part in ("conv1", "bn1", "relu1", "conv2", "add", "out")), "head",
    ]  # fmt: skip


def test_inputs_and_outputs_stay_visible(flat):
    rows = [(f"in_{i}", "Input", []) for i in range(9)]
    rows += [(f"scale_{i}", "Normalization", [f"in_{i}"]) for i in range(9)]
    rows.append(("stack", "Concatenate", [f"scale_{i}" for i in range(9)]))
    rows += [(f"layer_{i}", f"Kind{i}", [rows[-1][0] if not i else f"layer_{i - 1}"]) for i in range(40)]
    rows += [("price", "Dense", ["layer_39"]), ("rent", "Dense", ["layer_20"])]
    graph = replace(flat(*rows), outputs=(("price", 0, ""), ("rent", 0, "")))
    boxes = boxes_of(graph)
    assert {*(f"in_{i}" for i in range(9)), "price", "rent"} <= set(boxes)
    assert 8 <= len(boxes) <= MOST_BOXES
    assert not any(box.label == "stack" for box in fold_plan(graph).containers.values())


def test_blocks_that_differ_in_a_setting_are_not_called_equal(flat, make_call):
    graph = residual_net(flat, 50, named)
    calls = tuple(
        make_call(c.key, c.type, params=10, settings=("stride 2",)) if c.key == "block10_conv1" else c for c in graph.calls
    )
    graph = LayerGraph(graph.name, graph.type, "exact", calls, graph.edges, outputs=graph.outputs)
    items = items_of(graph)
    assert [(i.label, i.repeats) for i in items if isinstance(i, Block)] == [
        ("block1 … 9", 9), ("block10", 1), ("block11 … 50", 40),
    ]  # fmt: skip


def test_two_levels_of_names_make_two_levels_of_blocks(flat):
    rows = [("x", "Input", [])]
    for stage, block in itertools.product(range(1, 9), range(1, 8)):
        rows += [(f"stage{stage}_block{block}_{part}", kind, [rows[-1][0]] if not k else [])
                 for k, (part, kind) in enumerate([("conv", "Conv2D")])]  # fmt: skip
        for part, kind in (("bn", "BatchNormalization"), ("relu", "ReLU"), (f"extra{stage}", f"Kind{block}")):
            rows.append((f"stage{stage}_block{block}_{part}", kind, [rows[-1][0]]))
    graph = unequal(flat(*rows))
    plan = fold_plan(graph)
    top = [plan.containers[key].label for key in plan.inside[None] if key in plan.containers]
    assert top == [f"stage{i}" for i in range(1, 9)]
    assert [plan.containers[key].label for key in plan.inside["~stage1"]] == [f"stage1_block{i}" for i in range(1, 8)]


def test_steps_without_names_or_branches_are_found_by_their_rhythm(flat):
    rows = chain(
        ("x", "Input"),
        *((f"{kind.lower()}_{i}", kind) for i in range(30) for kind in ("Dense", "Dropout", "LeakyReLU", "LayerNorm")),
    )
    items = items_of(flat(*rows))
    assert len(items) <= 40
    assert {len(leaves(item)) for item in items if isinstance(item, Block) and item.repeats == 1} <= {4}


def test_an_outer_skip_does_not_make_one_block_of_all(flat):
    rows = [("x", "Input", []), ("stem", "Conv2D", ["x"])]
    for i in range(10):
        rows += residual(i + 1, rows[-1][0], named)
    graph = unequal(flat(*rows, ("whole", "Add", [rows[-1][0], "stem"]), ("head", "Conv2D", ["whole"])))
    plan = fold_plan(graph)
    labels = [plan.containers[key].label for key in plan.inside[None] if key in plan.containers]
    assert labels == [f"block{i}" for i in range(1, 11)]


def towers(flat):
    rows = [("left", "Input", []), ("right", "Input", [])]
    for side in ("left", "right"):
        before = side
        for i in range(40):
            rows.append((f"{side}_step_{i}", ("Dense", "ReLU", "Dropout", "LayerNorm")[i % 4], [before]))
            before = f"{side}_step_{i}"
    return flat(*rows, ("join", "Concatenate", ["left_step_39", "right_step_39"]))


def unet(flat):
    rows, ends = [("x", "Input", [])], []
    for level in range(6):
        for part in range(4):
            rows.append((f"down{level}_conv{part}", "Conv2D", [rows[-1][0]]))
        ends.append(rows[-1][0])
        rows.append((f"down{level}_pool", "MaxPooling2D", [rows[-1][0]]))
    for level in reversed(range(6)):
        rows.append((f"up{level}_join", "Concatenate", [rows[-1][0], ends[level]]))
        for part in range(4):
            rows.append((f"up{level}_conv{part}", "Conv2D", [rows[-1][0]]))
    return flat(*rows)


def long_chain(flat):
    return flat(*chain(("x", "Input"), *((f"layer_{i}", f"Kind{i * i % 97}") for i in range(300))))


def many_outputs(flat):
    rows = [("x", "Input", [])]
    for i in range(60):
        rows.append((f"head_{i}", "Dense", ["x"]))
    return flat(*rows)


@pytest.mark.parametrize("make", [towers, unet, long_chain, many_outputs], ids=lambda make: make.__name__)
def test_whatever_the_graph_nothing_is_lost_and_blocks_are_convex(flat, make):
    graph = make(flat)
    plan = fold_plan(graph)
    top = plan.inside[None]
    assert 2 < len(top) <= MOST_BOXES

    def inside(key):
        return [leaf for m in plan.inside[key] for leaf in (inside(m) if m in plan.inside else [m])]

    assert sorted(inside(None)) == sorted(call.key for call in graph.calls), "every call stands somewhere, once"
    for container in [None, *plan.containers]:
        members = plan.inside[container]
        holder = {leaf: m for m in members for leaf in (inside(m) if m in plan.inside else [m])}
        after = {m: set() for m in members}
        for edge in graph.edges:
            a, b = holder.get(edge.source), holder.get(edge.target)
            if a is not None and b is not None and a != b:
                after[a].add(b)
        TopologicalSorter(after).prepare()  # raises CycleError where folding made a circle


@pytest.mark.parametrize(
    ("asked", "unfolded"), [(False, set()), (True, {"encoder"}), (["encoder"], {"encoder"}), (["other"], set())]
)
def test_nested_models_unfold_as_asked(nested_graph, asked, unfolded):
    plan = fold_plan(nested_graph, asked)
    assert plan.start == unfolded
    assert plan.containers["encoder"].calls == ("encoder/code_in", "encoder/squeeze", "encoder/widen", "encoder/join")
    assert plan.holders("encoder/join") == ["encoder"]


def test_a_large_nested_model_has_blocks_of_its_own(flat, make_call, make_input):
    inner = residual_net(flat, 8, named)
    calls = [make_call("net", "Functional", kind="model", family="model")]
    calls += [make_call(f"net/{c.key}", c.type, kind=c.kind, parent="net") for c in inner.calls]
    edges = tuple(Edge(f"net/{e.source}", 0, f"net/{e.target}", e.argument) for e in inner.edges)
    plan = fold_plan(LayerGraph("outer", "Functional", "exact", tuple(calls), edges))
    assert "net/~block1" in plan.containers
    assert plan.around["net/~block1 … 8"] == "net"
    assert plan.holders("net/block1_add") == ["net/~block1", "net/~block1 … 8", "net"]


def test_a_block_never_takes_a_layers_key(flat):
    graph = residual_net(flat, 8, named)
    calls = tuple(graph.calls)
    renamed = tuple(replace(c, key="~block1") if c.key == "stem" else c for c in calls)
    edges = tuple(
        Edge("~block1" if e.source == "stem" else e.source, 0, "~block1" if e.target == "stem" else e.target, e.argument)
        for e in graph.edges
    )
    plan = fold_plan(LayerGraph("net", "Functional", "exact", renamed, edges))
    assert "~block1" not in plan.containers
    assert plan.containers["~block1~2"].label == "block1"
