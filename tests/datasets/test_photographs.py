"""Six photographs, decoded as they are or at a network's size."""

import numpy as np
import pytest

from kfx.datasets import PHOTO_NAMES, photo, photos

SHAPES = {
    "astronaut": (320, 320, 3),
    "cat": (213, 320, 3),
    "coffee": (213, 320, 3),
    "galaxies": (279, 320, 3),
    "retina": (320, 320, 3),
    "rocket": (214, 320, 3),
}


def test_all_photographs_have_their_known_shapes():
    assert {name: pixels.shape for name, pixels in photos().items()} == SHAPES
    assert tuple(photos()) == PHOTO_NAMES


@pytest.mark.parametrize("name", PHOTO_NAMES)
def test_photograph_is_bytes_that_may_be_written_to(name):
    pixels = photo(name)
    assert pixels.dtype == np.uint8
    assert pixels.flags.writeable
    assert pixels.max() > 200


def test_colours_are_red_first():
    coffee, rocket = photo("coffee").astype(float), photo("rocket").astype(float)
    assert coffee[..., 0].mean() > 1.5 * coffee[..., 2].mean()  # wood and coffee are brown
    assert rocket[:40, :, 2].mean() > rocket[:40, :, 0].mean()  # the sky is blue


@pytest.mark.parametrize(
    ("size", "shape"), [(227, (227, 227, 3)), ((64, 96), (64, 96, 3)), (np.int64(32), (32, 32, 3)), (1, (1, 1, 3))]
)
def test_size_is_height_then_width(size, shape):
    assert photo("cat", size=size).shape == shape


def test_scaling_keeps_the_mean_colour():
    assert photo("cat", size=100).mean((0, 1)) == pytest.approx(photo("cat").mean((0, 1)), abs=1)


def test_whole_photograph_is_scaled():
    big, small = photo("rocket").astype(float), photo("rocket", size=2).astype(float)
    quarters = [[big[:107, :160].mean(), big[:107, 160:].mean()], [big[107:, :160].mean(), big[107:, 160:].mean()]]
    assert small.mean(-1) == pytest.approx(np.array(quarters), abs=20)


def test_unknown_photograph_is_refused_with_the_names():
    with pytest.raises(
        ValueError, match=r"No photograph 'dog'\. There are: astronaut, cat, coffee, galaxies, retina, rocket\."
    ):
        photo("dog")


@pytest.mark.parametrize("size", [0, -3, 2.5, (227,), (10, 0), (1, 2, 3), 100_000])
def test_impossible_size_is_refused(size):
    with pytest.raises(ValueError, match="must be one number of pixels or"):
        photo("cat", size=size)
