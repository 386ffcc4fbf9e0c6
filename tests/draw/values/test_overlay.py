"""Maps of attribution as pictures."""

import numpy as np

from kfx.draw.values.colormap import ramp
from kfx.draw.values.overlay import chip_colours, grey, kept_small, map_scale, overlaid


def test_sizes_cover_the_grey_photograph_the_more_the_larger_they_are():
    rgb = np.full((4, 4, 3), (200, 100, 50), "uint8")
    values = np.array([[0.0, 0.0], [0.0, 2.0]])
    found = overlaid(rgb, values, signed=False, opacity=1.0)
    light = round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)
    assert found[0, 0].tolist() == [light] * 3
    assert found[3, 3].tolist() == ramp(False)[254].tolist()
    assert grey(rgb)[0, 0].tolist() == [light] * 3


def test_signed_maps_have_equal_ends_and_the_middle_for_nothing():
    values = np.array([[-1.0, 0.0], [0.5, 1.0]])
    scale = map_scale(values, signed=True)
    assert scale.low == -scale.high
    assert overlaid(None, values, signed=True)[0, 1].tolist() == ramp(True)[127].tolist()


def test_a_map_of_nothing_and_large_maps():
    assert map_scale(np.zeros((3, 3)), signed=False).high == 1
    assert kept_small(np.ones((1000, 700))).shape == (334, 234)


def test_words_have_the_ink_that_is_read_on_their_ground():
    (pale, dark), (ground, light) = chip_colours(np.array([0.0, 1.0]), signed=True)
    assert (dark, light) == ("#111418", "#ffffff")
    assert pale != ground
