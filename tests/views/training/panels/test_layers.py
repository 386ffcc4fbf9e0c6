"""The table of layers: rows, strips and remarks, bounded in size."""

import numpy as np
import pytest

from kfx.training.journal.facts import Layer
from kfx.views.training.panels.base import Now
from kfx.views.training.panels.layers import STRIP, LayersPanel


def test_layers_with_weights_have_a_row_each_with_a_word_where_something_is_wrong(journal):
    data = LayersPanel().data(journal, Now())
    body, head = data["rows"]
    assert (body["key"], body["family"], body["remark"]) == ("body", "seq", "hardly moves")
    assert (head["key"], head["gradient"], head["update"], head["remark"]) == ("head", "0.10", "0.003", "")
    assert head["place"] == pytest.approx((np.log10(3e-3) + 5) / 4, abs=1e-3)
    assert data["title"] == "Gradient norm"


def test_strips_share_one_logarithmic_scale(journal):
    body, head = LayersPanel().data(journal, Now())["rows"]
    assert len(body["strip"]) <= STRIP
    assert set(head["strip"]) == {"6"}, "the greatest gradient of all"
    assert body["strip"][0] == "0"
    assert sorted(body["strip"]) == list(body["strip"])


def test_without_gradients_the_updates_are_shown(run):
    journal = run(layers=False)
    journal.watch([Layer("head", "Dense", True, "dense")], 10)
    journal.statistics.add(10, [np.nan, 1.0, 1e-3, 0, 1, 0, 0])
    assert LayersPanel().data(journal, Now())["title"] == "Update ÷ weight"


def test_without_a_monitor_there_are_no_rows(run):
    assert LayersPanel().data(run(layers=False), Now()) == {}


def test_a_thousand_layers_stay_small(run):
    journal = run(layers=False)
    journal.watch([Layer(f"layer_{i}", "Dense", True) for i in range(1000)], 10)
    for n in range(200):
        journal.statistics.add(n, [0.1] * 7000)
    data = LayersPanel().data(journal, Now())
    assert len(data["rows"]) == 400
    assert data["left"] == 600
    assert len(str(data)) < 200_000
    assert journal.statistics.nbytes < 5_000_000
