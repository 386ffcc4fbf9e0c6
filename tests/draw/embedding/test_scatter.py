"""Points in a frame, their colours, and the picture of them."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from kfx.draw.embedding.scatter import HEIGHT, WIDTH, in_frame, label_colours, scatter_png


def test_both_axes_have_one_scale_and_y_goes_up():
    found = in_frame(np.array([[0.0, 0.0], [4.0, 1.0], [np.nan, 0.0]]))
    assert found[:2].tolist() == [[0.0, 0.625], [1.0, 0.375]]
    assert np.isnan(found[2, 0])
    assert in_frame(np.zeros((1, 2))).tolist() == [[0.5, 0.5]]


@pytest.mark.parametrize("count", [1, 10, 40])
@pytest.mark.parametrize("dark", [False, True])
def test_every_label_has_its_own_colour(count, dark):
    found = label_colours(count, dark=dark)
    assert len(set(found)) == count
    assert all(len(one) == 7 and int(one[1:], 16) >= 0 for one in found)


def test_points_are_where_they_belong_and_nan_is_not_drawn():
    points = in_frame(np.array([[0.0, 0.0], [1.0, 1.0], [np.nan, 1.0]]))
    inks = np.array([[255, 0, 0], [0, 0, 255], [0, 255, 0]], "uint8")
    picture = np.asarray(Image.open(BytesIO(scatter_png(points, inks))).convert("RGB"))
    assert picture.shape == (2 * HEIGHT, 2 * WIDTH, 3)
    red, blue, green = (np.argwhere((picture == ink).all(-1)) for ink in inks)
    assert red[:, 0].mean() > blue[:, 0].mean()
    assert red[:, 1].mean() < blue[:, 1].mean()
    assert len(green) == 0
    assert len(red) == len(blue)


def test_nothing_is_a_white_picture():
    picture = np.asarray(Image.open(BytesIO(scatter_png(np.full((2, 2), np.nan), np.zeros((2, 3), "uint8")))).convert("RGB"))
    assert (picture == 255).all()
