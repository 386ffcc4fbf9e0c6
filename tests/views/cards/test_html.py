"""Cards of examples as HTML: escaped, bounded, with their pictures."""

import numpy as np

from kfx.views.cards.facts import ShownExample, small_picture
from kfx.views.cards.html import cards_html


def test_words_of_strangers_stay_words():
    one = ShownExample(1234, (("<b>", False), (" read as ", False), ("<i>", True)), "98 % sure", "<script>" * 90)
    html = cards_html([one])
    assert "<script" not in html
    assert "&lt;b&gt; read as " in html
    assert "&lt;i&gt;" in html
    assert "98 % sure · example 1,234" in html
    assert len(html) < 2000


def test_each_picture_is_an_image_with_a_name():
    rgb = np.zeros((8, 8, 3), "uint8")
    html = cards_html([ShownExample(3, (), "", pictures=(("input", rgb), ("mask", rgb)))])
    assert html.count("<img") == 2
    assert 'alt="example 3, mask"' in html


def test_a_large_picture_becomes_small_and_a_small_one_stays():
    assert small_picture(np.zeros((300, 150, 3), "uint8")).shape == (112, 56, 3)
    rgb = np.arange(48, dtype="uint8").reshape(4, 4, 3)
    assert small_picture(rgb) is rgb
