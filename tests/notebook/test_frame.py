"""On paper nothing of a static face is cut off, and the rules reach every notebook."""

import re

from kfx.notebook.frame import PICTURE_PX, PRINTED, frame

PAGE_PX = 960  # height left on Letter, the lower of the two usual papers, between margins of half an inch


def test_every_static_face_brings_the_rules_for_paper():
    assert PRINTED in frame("<p>x</p>", "0" * 12)


def test_a_picture_its_title_and_twelve_lines_of_code_fit_on_one_page():
    line, title, margins = 17, 40, 40
    assert PICTURE_PX + title + margins + 12 * line <= PAGE_PX
    assert f"max-height:{PICTURE_PX}px!important" in PRINTED


def test_nothing_scrolls_on_paper_and_the_screen_is_left_alone():
    rules = re.fullmatch(r"@media print\{(.*)\}\n", PRINTED)[1]
    assert rules.count("{") == rules.count("}")
    assert ".kfx-static div{overflow:visible!important}" in rules


def test_code_stays_with_its_picture_and_a_picture_with_its_title():
    together = re.search(r"[^{}]*\{break-after:avoid\}", PRINTED)[0]
    assert ".jp-CodeCell>.jp-Cell-inputWrapper" in together
    assert ".kfx-static :has(+img)" in together
