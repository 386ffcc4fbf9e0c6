"""A drawing as PDF, read by the PDF reader of Chromium."""

import itertools

import pypdfium2
import pytest

from kfx.draw.graph.boxes import Options
from kfx.draw.graph.fold import fold_plan
from kfx.draw.graph.picture import picture
from kfx.draw.graph.svg import MARGIN, draw
from kfx.draw.graphviz.layout import lay_out
from kfx.draw.pdf.drawing import pdf
from kfx.model.facts import Edge, LayerGraph

NAMES = [
    "batch_normalization_4",
    "합성곱_층_하나",
    "a_name_so_long_that_it_has_to_be_cut_in_its_middle",
    "Проекция",
    "x<&>y",
]


@pytest.fixture
def drawn(make_call, make_input):
    calls = [make_input("x"), *(make_call(name, params=256 * 10**i) for i, name in enumerate(NAMES))]
    edges = [Edge(a.key, 0, b.key) for a, b in itertools.pairwise(calls)]
    graph = LayerGraph("net", "Functional", "exact", tuple(calls), tuple(edges))
    boxes = picture(graph, fold_plan(graph), (), Options())
    layout = lay_out(boxes)
    document = pypdfium2.PdfDocument(pdf(draw(boxes, layout, title="Graph of net")))
    yield boxes, layout, document
    document.close()


def test_it_is_as_large_as_the_drawing_and_has_its_title(drawn):
    _, layout, document = drawn
    assert document.get_metadata_dict()["Title"] == "Graph of net"
    wide, tall = document[0].get_size()
    assert wide == pytest.approx(0.75 * (layout.width + 2 * MARGIN), abs=0.1)
    assert tall == pytest.approx(0.75 * (layout.height + 2 * MARGIN), abs=0.1)


def test_every_word_can_be_searched_and_lies_in_its_box(drawn):
    boxes, layout, document = drawn
    text = document[0].get_textpage()
    tall = document[0].get_size()[1]
    for box, (x, y, w, h) in zip(boxes.boxes, layout.boxes, strict=True):
        for words in filter(None, (box.name, box.detail, box.right)):
            found = text.search(words)
            while (hit := found.get_next()) is not None:
                rects = [text.get_charbox(i) for i in range(hit[0], hit[0] + hit[1])]
                left, right = min(r[0] for r in rects) / 0.75 - MARGIN, max(r[2] for r in rects) / 0.75 - MARGIN
                top = (tall - max(r[3] for r in rects)) / 0.75 - MARGIN
                if x - 1 <= left and right <= x + w + 1 and y - 1 <= top <= y + h:
                    break
            else:
                raise AssertionError(f"{words!r} is not in its box")


def test_letters_of_other_scripts_are_drawn(drawn):
    """Where the Korean name stands there is ink; its colour is that of names."""
    _, layout, document = drawn
    x, y, *_ = layout.boxes[NAMES.index("합성곱_층_하나") + 1]
    image = document[0].render(scale=4 / 3).to_pil().convert("L")
    name = image.crop((round(x + MARGIN + 26), round(y + MARGIN + 4), round(x + MARGIN + 26 + 70), round(y + MARGIN + 19)))
    assert 0.05 < sum(pixel < 128 for pixel in name.tobytes()) / (name.width * name.height) < 0.6


def test_the_same_drawing_gives_the_same_file(drawn):
    boxes, layout, _ = drawn
    assert pdf(draw(boxes, layout)) == pdf(draw(boxes, layout))
