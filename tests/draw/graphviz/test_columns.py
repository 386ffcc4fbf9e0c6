"""A long trunk is cut into columns or rows that use the width: nothing overlaps, every line ends at its boxes."""

import itertools

import keras
import pytest
from keras import layers

import kfx
from kfx.draw.graphviz.layout import HIGH, WIDE, lay_out


def long(n, residual):
    x = y = kept = keras.Input((8, 8, 4), name="x")
    for i in range(n):
        y = layers.Conv2D(4 if residual else 4 + i % 5, 3, padding="same", name=f"part_{i}_{'abcde'[i % 5]}")(y)
        if residual and i % 3 == 2:
            y = kept = layers.Add(name=f"sum_{i}")([kept, y])
    return keras.Model(x, y)


def overlap(a, b):
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def check(picture, layout):
    for a, b in itertools.combinations(layout.boxes, 2):
        assert not overlap(a, b)
    for line, points in zip(picture.lines, layout.lines, strict=True):
        assert len(points) % 3 == 1
        for (px, py), (x, y, w, h) in ((points[0], layout.boxes[line.source]), (points[-1], layout.boxes[line.target])):
            assert x - 2 <= px <= x + w + 2
            assert y - 2 <= py <= y + h + 2
    for x, y, w, h in layout.boxes:
        assert x >= 0
        assert y >= 0
        assert x + w <= layout.width
        assert y + h <= layout.height


@pytest.mark.parametrize("n", [12, 25, 38])
@pytest.mark.parametrize("residual", [False, True])
def test_a_long_trunk_stands_in_columns(n, residual):
    picture = kfx.plot_model(long(n, residual), fold=False).picture()
    line, columns = lay_out(picture, wide=0), lay_out(picture)
    check(picture, columns)
    assert columns.width <= WIDE
    if line.height > 1.2 * HIGH:
        assert columns.height < line.height * 0.75
        assert columns.width > line.width


@pytest.mark.parametrize("n", [12, 38])
def test_a_long_trunk_to_the_right_stands_in_rows(n):
    picture = kfx.plot_model(long(n, residual=False), fold=False).picture()
    line, rows = lay_out(picture, "LR", wide=0), lay_out(picture, "LR")
    check(picture, rows)
    assert rows.width <= WIDE < line.width
    assert rows.out == "right"


def test_a_short_trunk_stays_one_column():
    picture = kfx.plot_model(long(6, residual=False), fold=False).picture()
    assert lay_out(picture) == lay_out(picture, wide=0)


def test_no_unfolded_frame_is_cut():
    inner = long(20, residual=False)
    x = keras.Input((8, 8, 4))
    picture = kfx.plot_model(keras.Model(x, inner(x)), expand_nested=True, fold=False).picture()
    layout = lay_out(picture)
    ((fx, fy, fw, fh),) = layout.frames
    for box, (x, y, w, h) in zip(picture.boxes, layout.boxes, strict=True):
        if box.frame:
            assert fx <= x
            assert x + w <= fx + fw
            assert fy <= y
            assert y + h <= fy + fh
