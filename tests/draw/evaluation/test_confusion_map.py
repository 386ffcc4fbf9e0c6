"""The drawing of a confusion matrix: its numbers, colours and names."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from kfx.draw.evaluation.confusion_map import confusion_map, short_count, steps

COUNTS = np.array([[8, 2, 0], [0, 10, 0], [5, 0, 5]])


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0"), (999, "999"), (1234, "1.2k"), (9960, "10k"), (12_345, "12k"), (2_500_000, "2.5M")]
)
def test_counts_are_short(count, text):
    assert short_count(count) == text


def test_the_diagonal_is_coloured_by_share_and_mistakes_by_the_largest():
    found = steps(COUNTS, COUNTS.sum(1))
    assert found.diagonal().tolist() == [5, 6, 3]
    assert found[2, 0] == 5
    assert found[0, 1] == 2
    assert (found[COUNTS == 0] == -1).all()


def test_every_count_name_and_recall_is_written():
    svg = confusion_map(COUNTS, COUNTS.sum(1), ["<a>", "나무", "a very long name of a class"], "Confusion")
    words = [node.text for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert words.count("<a>") == 2
    assert words.count("나무") == 2
    for word in ("8", "2", "10", "5", "80.0 %", "100.0 %", "50.0 %", "true", "predicted"):
        assert word in words
