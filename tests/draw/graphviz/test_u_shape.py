"""The two columns of a U: levels side by side, the encoder down and the decoder up, whatever is unfolded."""

import itertools

import keras
import pytest
from keras import layers

import kfx
from kfx.draw.graph.boxes import outermost
from kfx.draw.graphviz.layout import lay_out
from kfx.draw.graphviz.u_shape import u_shape


def unet(depth, time=False):
    def twice(x, name):
        for i in range(2):
            x = layers.Conv2D(4, 3, padding="same", name=f"{name}_conv{i}")(x)
            if embedded is not None:
                scale = layers.Reshape((1, 1, 4), name=f"{name}_shape{i}")(layers.Dense(4, name=f"{name}_time{i}")(embedded))
                x = layers.Add(name=f"{name}_add{i}")([x, scale])
        return x

    x = image = keras.Input((32, 32, 3), name="image")
    moment = keras.Input((8,), name="moment")
    embedded = layers.Dense(8, name="embed")(moment) if time else None
    kept = []
    for level in range(depth):
        x = twice(x, f"down{level}")
        kept.append(x)
        x = layers.MaxPooling2D(name=f"pool{level}")(x)
    x = twice(x, "middle")
    for level in reversed(range(depth)):
        x = layers.Concatenate(name=f"join{level}")([layers.UpSampling2D(name=f"grow{level}")(x), kept[level]])
        x = twice(x, f"up{level}")
    return keras.Model([image, moment] if time else image, layers.Conv2D(1, 1, name="mask")(x))


def overlap(a, b):
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


@pytest.mark.parametrize("depth", [2, 3, 4])
@pytest.mark.parametrize("time", [False, True])
@pytest.mark.parametrize("opened", [0, 1, 2])
def test_both_ends_of_a_level_are_side_by_side_and_no_two_boxes_overlap(depth, time, opened):
    view = kfx.plot_model(unet(depth, time))
    pairs = [pair for key in view.plan.pairs for pair in [tuple(view.plan.holders(call)[-1] for call in key)]]
    picture = view.picture({*view.plan.start, *(key for pair in pairs[:opened] for key in pair)})
    layout = lay_out(picture)
    outer = outermost(picture)
    frames = {frame.key: place for frame, place in zip(picture.frames, layout.frames, strict=True)}
    places = {key: frames.get(key, box) for key, box in zip(outer, layout.boxes, strict=True)}
    for a, b in itertools.combinations([*layout.boxes], 2):
        assert not overlap(a, b)
    for a, b in itertools.combinations(places.values(), 2):
        assert not overlap(a, b)
    for left, right in picture.pairs:
        (ax, ay, aw, ah), (bx, by, _, bh) = places[left], places[right]
        assert ay + ah / 2 == pytest.approx(by + bh / 2, abs=1), "one row"
        assert ax + aw < bx
    tops = [places[left][1] for left, _ in picture.pairs]
    assert tops == sorted(tops), "the encoder goes down"
    for line, points in zip(picture.lines, layout.lines, strict=True):
        if points:
            for at, (x, y, w, h) in ((points[0], layout.boxes[line.source]), (points[-1], layout.boxes[line.target])):
                assert x - 2 <= at[0] <= x + w + 2, "lines end at their boxes"
                assert y - 2 <= at[1] <= y + h + 4, "below, at its second sheet"
    for x, y, w, h in layout.boxes:
        assert x >= 0
        assert y >= 0
        assert x + w <= layout.width
        assert y + h <= layout.height


def test_a_frame_in_the_decoder_is_turned_with_its_title_at_the_top():
    view = kfx.plot_model(unet(2))
    picture = view.picture({"~decoder 1"})
    layout = lay_out(picture)
    box = {one.name: place for one, place in zip(picture.boxes, layout.boxes, strict=True)}
    assert box["up0_conv1"][1] < box["up0_conv0"][1] < box["join0"][1], "data flows up"
    assert box["up0_conv1"][1] > layout.frames[0][1] + 24, "room for the title"


def test_a_u_can_be_drawn_as_a_line():
    picture = kfx.plot_model(unet(3)).picture()
    layout = lay_out(picture, wide=0)
    for line in picture.lines:
        assert layout.boxes[line.source][1] < layout.boxes[line.target][1]


def test_a_time_for_every_block_is_a_tag_and_no_line():
    picture = kfx.plot_model(unet(3, time=True)).picture()
    embed = next(i for i, box in enumerate(picture.boxes) if box.name == "embed")
    lines = [line for line in picture.lines if line.source == embed]
    assert {line.kind for line in lines} == {"port"}
    readers = {picture.boxes[line.target].name for line in lines}
    assert picture.boxes[embed].port == f"to {len(readers)} boxes"
    assert all(picture.boxes[line.target].port == "embed 8" for line in lines)
    assert len(readers) == 7


def test_what_is_no_u_has_no_columns():
    x = keras.Input((4,))
    assert u_shape(kfx.plot_model(keras.Model(x, layers.Dense(2)(x))).picture()) is None
