"""Arrays as pictures, by hand."""

import numpy as np
import pytest

from kfx.views.inspector.shown.pictures import Pictures, class_colours, pictures_of, planes_of


@pytest.mark.parametrize(
    ("shape", "axis", "held"),
    [
        ((8, 9), None, (1, 8, 9, 1)),
        ((8, 9, 3), None, (1, 8, 9, 3)),
        ((3, 8, 9), None, (1, 8, 9, 3)),
        ((3, 8, 9), 0, (1, 8, 9, 3)),
        ((5, 8, 9, 1), None, (5, 8, 9, 1)),
        ((1, 5, 8, 9), 0, (5, 8, 9, 1)),
        ((5, 3, 8, 9), 1, (5, 8, 9, 3)),
    ],
)
def test_pictures_volumes_and_videos_whatever_axis_the_channels_are(shape, axis, held):
    value = np.random.RandomState(0).random(shape)
    found = pictures_of(value, axis)
    assert found.values.shape == held
    assert sorted(found.values.ravel()) == sorted(value.ravel())


@pytest.mark.parametrize("shape", [(12,), (8, 9, 7), (2, 8, 8, 5), (3, 3), (2, 2, 2, 2, 2)])
def test_other_shapes_are_none(shape):
    assert pictures_of(np.zeros(shape)) is None


def test_all_slices_share_one_range():
    values = np.stack([np.zeros((4, 4, 1)), np.full((4, 4, 1), 0.5)])
    found = pictures_of(values)
    assert [int(found.rgb(at).max()) for at in (0, 1)] == [0, 128]
    assert found.which(1) == "slice 2 of 2"


def test_differences_are_neutral_at_zero():
    found = Pictures(np.array([[[[0.0], [1.0], [-1.0]]]]), "signed")
    assert found.rgb().tolist() == [[[0xF4, 0xF4, 0xF2], [0x0E, 0x35, 0x66], [0x8A, 0x3B, 0x00]]]


def test_each_class_has_a_colour_of_its_own():
    assert len(np.unique(class_colours(60), axis=0)) == 60


def test_a_wide_plane_is_reduced_and_a_low_one_is_drawn_taller():
    assert planes_of(np.zeros((3, 3000))).size[1] <= 320
    assert planes_of(np.zeros((3, 300))).size[0] >= 48
