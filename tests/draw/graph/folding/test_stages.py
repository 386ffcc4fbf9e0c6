"""A U is found where an encoder and a decoder are paired by skips; what is not one is left alone."""

import keras
import pytest
from keras import layers

import kfx
from kfx.draw.graph.block_level import Facts, Level
from kfx.draw.graph.boxes import Options
from kfx.draw.graph.fold import fold_plan
from kfx.draw.graph.folding.stages import long_skips, paired_calls
from kfx.draw.graph.picture import picture


def unet(depth, *, rank=2, up="Conv{}DTranspose", norm=False, merge="Concatenate", skip=None, order=1):
    """An encoder and a decoder of two convolutions a level, of any rank."""
    conv = getattr(layers, f"Conv{rank}D")

    def twice(x, width, name):
        for i in range(2):
            x = conv(width, 3, padding="same", name=f"{name}_conv{i}")(x)
            x = layers.ReLU()(layers.BatchNormalization()(x)) if norm else x
        return x

    x = image = keras.Input((32,) * rank + (3,), name="image")
    kept = []
    for level in range(depth):
        x = twice(x, 4, f"down{level}")
        kept.append(x)
        x = getattr(layers, f"MaxPooling{rank}D")(name=f"pool{level}")(x)
    x = twice(x, 4, "middle")
    for level in reversed(range(depth)):
        kind = getattr(layers, up.format(rank))
        x = kind(4, 2, 2, name=f"up{level}")(x) if "Transpose" in up else kind(2, name=f"up{level}")(x)
        other = skip(kept[level], x, level) if skip else kept[level]
        x = getattr(layers, merge)(name=f"join{level}")([x, other][::order])
        x = twice(x, 4, f"grow{level}")
    return keras.Model(image, conv(1, 1, name="mask")(x))


def gate(kept, x, level):
    weight = layers.Conv2D(4, 1, activation="sigmoid", name=f"gate{level}")(layers.Add()([kept, x]))
    return layers.Multiply(name=f"gated{level}")([kept, weight])


def crop(kept, x, level):
    return layers.Cropping2D(0, name=f"crop{level}")(kept)


def top(model):
    graph = kfx.read_graph(model)
    return graph, fold_plan(graph)


@pytest.mark.parametrize("depth", [2, 3, 4])
@pytest.mark.parametrize(
    "options",
    [{}, {"rank": 1}, {"rank": 3}, {"up": "UpSampling{}D"}, {"norm": True}, {"merge": "Add"}, {"skip": gate}, {"skip": crop},
     {"order": -1}],
    ids=["plain", "1-D", "3-D", "upsampling", "norm", "add", "gates", "crops", "skip first"],
)  # fmt: skip
def test_every_level_of_a_u_folds_alike_and_every_skip_is_a_line(depth, options):
    graph, plan = top(unet(depth, **options))
    assert len(plan.pairs) == depth
    labels = [plan.containers[key].label for key in plan.inside[None] if key in plan.containers]
    down, up = labels[:depth], labels[depth + 1 :]
    assert labels[depth] in ("bottleneck", "middle")
    assert len(down) == len(up) == depth, "both ends of every level are boxes"
    pic = picture(graph, plan, plan.start, Options())
    assert {"image", "mask"} <= {box.name for box in pic.boxes}
    place = {box.name: i for i, box in enumerate(pic.boxes)}
    for one, other in zip(down, up[::-1], strict=True):
        assert (place[one], place[other]) in {(line.source, line.target) for line in pic.lines if line.kind == "skip"}


def test_both_ends_of_a_level_are_named_by_role():
    graph, plan = top(unet(3))
    boxes = [box.name for box in picture(graph, plan, plan.start, Options()).boxes]
    assert boxes == [
        "image", "encoder 1", "pool0", "encoder 2", "pool1", "encoder 3", "pool2", "bottleneck", "up2", "decoder 3", "up1",
        "decoder 2", "up0", "decoder 1", "mask",
    ]  # fmt: skip


def level_of(model):
    graph = kfx.read_graph(model)
    return Level(Facts(graph), [call.key for call in graph.calls if call.parent is None])


def test_a_net_of_residual_blocks_is_no_u():
    assert paired_calls(level_of(keras.applications.ResNet50(weights=None))) == []


def test_a_gate_over_all_places_is_no_long_skip():
    assert long_skips(level_of(keras.applications.MobileNetV3Small(weights=None))) == []


def test_one_long_skip_makes_no_u_and_its_ends_are_in_two_boxes():
    x = image = keras.Input((32, 32, 4))
    for i in range(30):
        x = layers.Conv2D(4 + i % 7, 3, padding="same", name=f"part_{i}")(x)
        if i == 4:
            kept, x = x, layers.MaxPooling2D()(x)
    x = layers.Concatenate(name="join")([layers.UpSampling2D()(x), kept])
    for i in range(30, 50):
        x = layers.Conv2D(4 + i % 7, 3, padding="same", name=f"part_{i}")(x)
    _, plan = top(keras.Model(image, x))
    assert plan.pairs == ()
    for box in plan.containers.values():
        assert not {"part_4", "join"} <= set(box.calls)
