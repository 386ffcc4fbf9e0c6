"""The index in both languages and the README show pictures that exist, are light, and stand for every tutorial."""

import re

import pytest
from cells import TUTORIALS, tutorial_stems
from PIL import Image

ROOT = TUTORIALS.parent
PAGES = ["README.md", "tutorials/README.md", "tutorials/README.ko.md"]
PICTURE = re.compile(r'<img src="([^"]+)" width="\d+" alt="([^"]+)">')


def pictures(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert text.count("<img") == len(PICTURE.findall(text)), "each picture has a width and words"
    return [((ROOT / page).parent / source).resolve() for source, _ in PICTURE.findall(text)]


@pytest.mark.parametrize("page", PAGES)
def test_every_picture_is_there_and_opens(page):
    assert pictures(page)
    for path in pictures(page):
        with Image.open(path) as image:
            assert min(image.size) > 100


@pytest.mark.parametrize(("page", "language"), [("README.md", "en"), ("README.ko.md", "ko")])
def test_every_tutorial_has_its_row_and_its_picture(page, language):
    rows = re.findall(r"^\| \d\d \|.*$", (TUTORIALS / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert [row[2:4] for row in rows] == [stem[:2] for stem in tutorial_stems()]
    for row, stem in zip(rows, tutorial_stems(), strict=True):
        assert f"({language}/{stem}.ipynb)" in row
        assert f"tutorial-{stem[:2]}.webp" in row


def test_all_pictures_are_light_and_none_is_left_over():
    stored = set((ROOT / "docs" / "pictures").iterdir())
    assert sum(path.stat().st_size for path in stored) < 500_000
    assert stored == {path for page in PAGES for path in pictures(page)}
