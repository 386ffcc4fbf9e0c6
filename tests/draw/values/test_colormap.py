"""Colour ramps against their published anchors."""

import numpy as np
import pytest

from kfx.draw.values.colormap import NOT_FINITE, all_ramps, ramp


def hex_of(colour):
    return "".join(f"{part:02x}" for part in colour)


def test_viridis_runs_from_its_published_purple_to_its_yellow():
    colours = ramp(signed=False)
    assert hex_of(colours[0]) == "440154"
    assert hex_of(colours[254]) == "fde725"
    assert np.abs(colours[127].astype(int) - [0x21, 0x91, 0x8C]).max() <= 1  # matplotlib's viridis(0.5)


def test_viridis_gets_brighter_at_every_step():
    light = ramp(signed=False)[:255].astype(float) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(light) > -0.8).all(), "never darker by more than rounding"
    assert light[254] > light[0] + 180


@pytest.mark.parametrize(("theme", "low", "middle", "high"), [
    ("light", "8a3b00", "f4f4f2", "0e3566"),
    ("dark", "ffc48a", "2b3036", "c9e2fc"),
])  # fmt: skip
def test_the_signed_ramp_is_neutral_at_zero(theme, low, middle, high):
    colours = ramp(signed=True, theme=theme)
    assert [hex_of(colours[i]) for i in (0, 127, 254)] == [low, middle, high]


def test_what_is_not_finite_is_grey_and_on_no_ramp():
    for signed in (False, True):
        colours = ramp(signed)
        assert colours.shape == (256, 3)
        assert not (colours[:NOT_FINITE] == colours[NOT_FINITE]).all(axis=1).any()


def test_a_ramp_cannot_be_changed_by_who_uses_it():
    with pytest.raises(ValueError, match="read-only"):
        ramp(False)[0] = 0


def test_a_browser_gets_four_ramps_of_256_colours():
    parts = np.frombuffer(all_ramps(), "uint8").reshape(4, 256, 3)
    assert (parts[0] == ramp(False)).all()
    assert (parts[2] == ramp(True, "dark")).all()


def test_an_unknown_theme_is_refused():
    with pytest.raises(ValueError, match="`theme` is 'blue'; expected 'light' or 'dark'"):
        ramp(True, "blue")
