"""How values of any rank are laid out, by hand."""

import numpy as np
import pytest

from kfx.draw.values.axes import WHOLE, facets, stacked


@pytest.mark.parametrize(("shape", "kind", "channels", "rows", "columns"), [
    ((56, 48, 128), "maps", 128, 56, 48),
    ((9, 64), "strips", 64, 1, 9),
    ((16,), "vector", 16, 1, 1),
    ((), "vector", 1, 1, 1),
    ((1, 1, 32), "vector", 32, 1, 1),
    ((1, 9, 64), "strips", 64, 1, 9),
    ((28, 28, 1), "maps", 1, 28, 28),
    ((4, 8, 6, 3), "maps", 3, 8, 6),
    ((0, 5), "nothing", 0, 1, 1),
])  # fmt: skip
def test_the_shape_determines_the_layout(shape, kind, channels, rows, columns):
    plan = facets(shape)
    assert (plan.kind, plan.channels, plan.rows, plan.columns) == (kind, channels, rows, columns)


def test_what_is_neither_channel_nor_map_is_stepped_through():
    plan = facets((4, 8, 6, 3))
    assert plan.steps == ((0, 4),)
    value = np.arange(4 * 8 * 6 * 3).reshape(4, 8, 6, 3)
    assert (stacked(value, plan, [2]) == np.moveaxis(value[2], -1, 0)).all()
    assert (stacked(value, plan) == np.moveaxis(value[0], -1, 0)).all()


def test_maps_stack_the_last_axis_first():
    value = np.arange(24).reshape(2, 3, 4)
    assert (stacked(value, facets((2, 3, 4)))[1] == value[:, :, 1]).all()


def test_the_first_axis_can_be_the_usual_channels():
    value = np.arange(2 * 5 * 5).reshape(2, 5, 5)
    plan = facets((2, 5, 5), first=True)
    assert (plan.channels, plan.axis) == (2, 0)
    assert (stacked(value, plan)[1] == value[1]).all()


def test_another_axis_can_be_the_channels_or_none():
    value = np.arange(12).reshape(3, 4)
    assert (stacked(value, facets((3, 4), 0)) == value.reshape(3, 1, 4)).all()
    whole = facets((3, 4), WHOLE)
    assert (whole.kind, whole.channels) == ("maps", 1)
    assert (stacked(value, whole)[0] == value).all()
    assert facets((3, 4)).ways == (1, 0, WHOLE)


def test_an_axis_or_a_place_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"`channel` is axis 3; values of shape \(3, 4\) have the axes 0 to 1"):
        facets((3, 4), 3)
    with pytest.raises(ValueError, match="Place 4 is not on axis 0; expected 0 to 3"):
        stacked(np.zeros((4, 8, 6, 3)), facets((4, 8, 6, 3)), [4])
