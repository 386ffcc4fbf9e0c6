"""The Python half of the live summary: what crosses, and nothing more."""

import json

import pytest

from kfx.model.facts import LayerGraph
from kfx.views.payload import payload
from kfx.views.summary.widget import SummaryWidget


@pytest.fixture
def graph():
    return LayerGraph("net", "Functional", "exact", (), ())


def test_facts_cross_as_they_are(graph):
    state = SummaryWidget(facts=payload(graph), trainable=True).get_state(
        ["facts", "only", "unfolded", "trainable", "selected"]
    )
    assert json.loads(json.dumps(state)) == {
        "facts": payload(graph),
        "only": [],
        "unfolded": False,
        "trainable": True,
        "selected": "",
    }


def test_the_browser_selects(graph):
    widget, seen = SummaryWidget(facts=payload(graph)), []
    widget.observe(lambda change: seen.append(change.new), "selected")
    widget.set_state({"selected": "encoder/conv2d_1"})
    assert seen == ["encoder/conv2d_1"]


def test_the_script_and_the_sheet_come_with_the_widget(graph):
    widget = SummaryWidget(facts=payload(graph))
    assert "class SummaryTable " in str(widget._esm)
    assert ".kfx-table" in str(widget._css)


def test_two_widgets_do_not_share_their_state(graph):
    first, second = SummaryWidget(facts=payload(graph)), SummaryWidget(facts=payload(graph))
    first.selected = "a"
    assert second.selected == ""
    assert repr(first) == "SummaryWidget()"
