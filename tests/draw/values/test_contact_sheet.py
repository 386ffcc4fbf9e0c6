"""The contact sheet, pixel by pixel."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from kfx.draw.values.colormap import ramp
from kfx.draw.values.contact_sheet import CAPTION, CELL, CHIP, GAP, INK, contact_sheet


def opened(content):
    return np.asarray(Image.open(BytesIO(content)).convert("RGBA"))


def test_each_map_is_drawn_at_its_place_in_the_ramps_colours():
    sheet = opened(contact_sheet(np.array([[[0]], [[254]], [[255]]], "uint8"), ["0", "1", "2"], columns=2))
    assert sheet.shape[:2] == (2 * (CELL + CAPTION + GAP // 2), 2 * CELL + GAP)
    colours = ramp(False)
    assert (sheet[:CELL, :CELL, :3] == colours[0]).all()
    assert (sheet[:CELL, CELL + GAP :, :3] == colours[254]).all()
    below = CELL + CAPTION + GAP // 2
    assert (sheet[below : below + CELL, :CELL, :3] == colours[255]).all()


def test_a_number_is_light_on_a_chip_as_wide_as_it_is_and_the_rest_is_transparent(contrast):
    sheet = opened(contact_sheet(np.zeros((1, 4, 4), "uint8"), ["88"]))
    caption = sheet[CELL:]
    assert (caption[-1, :, 3] == 0).all()
    solid = caption[..., 3] == 255
    assert set(np.unique(caption[..., 3])) == {0, 255}
    columns = np.flatnonzero(solid.any(axis=0))
    assert columns[0] == 0
    assert 14 < len(columns) < CELL / 2, "two digits and a little on both sides"
    colours = caption[solid][:, :3]
    assert (colours == CHIP).all(axis=1).sum() > 50
    chip = f"#{bytes(CHIP).hex()}"
    assert contrast(f"#{bytes(INK).hex()}", chip) >= 4.5
    assert sum(contrast(f"#{colour.tobytes().hex()}", chip) >= 4.5 for colour in colours) > 15, (
        "strokes, not their soft edges only"
    )


def test_small_pixels_are_enlarged_not_smoothed():
    sheet = opened(contact_sheet(np.array([[[0, 254], [254, 0]]], "uint8"), ["0"]))
    assert (sheet[: CELL // 2, : CELL // 2] == sheet[0, 0]).all()
    assert (sheet[: CELL // 2, CELL // 2 :] == sheet[0, -1]).all()


def test_every_map_has_a_name():
    with pytest.raises(ValueError, match="2 maps came with 1 names; expected one for each"):
        contact_sheet(np.zeros((2, 4, 4), "uint8"), ["0"])
