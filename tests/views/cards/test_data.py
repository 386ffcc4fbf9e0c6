"""Cards of examples for the browser: facts as plain values, pictures as bytes in their order."""

import json
from io import BytesIO

import numpy as np
from PIL import Image

from kfx.views.cards.data import cards_data
from kfx.views.cards.facts import ShownExample


def test_facts_are_plain_and_pictures_are_found_by_their_place():
    shades = [np.full((6, 6, 3), n, "uint8") for n in (10, 20, 30)]
    some = [
        ShownExample(5, (("a\u202e", True),), "d", pictures=(("x", shades[0]), ("y", shades[1]))),
        ShownExample(7, (), "", "words", pictures=(("x", shades[2]),)),
    ]
    facts, buffers = cards_data(some)
    json.dumps(facts)
    assert facts[0]["title"] == [["a\\u202e", True]]
    for one, example in zip(facts, some, strict=True):
        for picture, (_, rgb) in zip(one["pictures"], example.pictures, strict=True):
            shown = Image.open(BytesIO(buffers[picture["at"]])).convert("RGB")
            assert np.array_equal(np.asarray(shown), rgb)
