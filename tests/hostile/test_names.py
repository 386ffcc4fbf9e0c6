# ruff: noqa: E501  the table of names is read by the line
"""Names from strangers in every face: no markup, no control character, no formula comes out of them."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

import kfx
from kfx.model.facts import Cost, Edge, LayerCall, LayerGraph, Tensor
from kfx.training.journal.journal import Journal
from kfx.views.graph.view import Plot
from kfx.views.summary.view import Summary
from kfx.views.training.runs import Run

NAMES = {
    "script": "<script>window.kfxHarm=1</script>", "image": "<img src=x onerror=window.kfxHarm=1>", "closing": "</svg></table></pre><b>",
    "entity": "&lt;b&gt;&#60;i&#62;", "quotes": "\"quoted' `\\", "lines": "two\nlines\r\n", "long": "n" * 10_000, "korean": "합성곱",
    "rtl": "a\u202egnorw", "half": "half\ud83d", "control": "bell\x07\x1b[31mred\x00", "formula": '=HYPERLINK("x")', "plus": "+1+1",
    "at": "@SUM(A1)", "minus": "-2+3", "wide": "＝1", "cdata": "]]><![CDATA[", "comment": "--><!--", "url": "javascript:alert(1)",
    "template": "{{7*7}}${7*7}%s", "markdown": "[x](javascript:alert(1)) **b** | c", "separator": "a\u2028b\u2029c", "slashes": "a/b//c",
    "bom": "\ufeffx", "nothing": " ", "zero width": "a\u200bb", "combining": "a" + "\u0301" * 500, "dot": 'x" shape=plain label="y',
}  # fmt: skip
_ADDRESSES = ("href", "src", "action", "xlink:href", "formaction", "data")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class _Tags(HTMLParser):
    """Collects what a browser would run."""

    def __init__(self):
        super().__init__()
        self.harm = []

    def handle_starttag(self, tag, attrs):
        leads = [name for name, value in attrs if name in _ADDRESSES and str(value).strip().lower().startswith("javascript:")]
        self.harm += [*leads, *(name for name, _ in attrs if name.startswith("on"))]
        if tag in ("script", "iframe", "object", "embed", "base", "form"):
            self.harm.append(tag)


def graph(name):
    calls = [
        LayerCall(key="x", path=("x",), name="x", kind="input", type="InputLayer", family="custom", outputs=(Tensor((None, 3), "float32"),)),
        LayerCall(key=name, path=(name,), name=name, kind="layer", type=name, family="custom", settings=(name,), note=name, cost=Cost(1, 1, 4),
                  config=((name, name),), outputs=(Tensor((None, 3), "float32"),)),
    ]  # fmt: skip
    return LayerGraph(name, name, "exact", tuple(calls), (Edge("x", 0, name, "0"),), ("x",), ((name, 0, name),), notes=(name,))


def run(name):
    journal = Journal(name=name, state="failed", steps=3, epoch=1, finding=name)
    journal.epochs.widen([name, "loss"])
    journal.epochs.add(3, [1, 0.5, 0.5])
    journal.note("error", name)
    return Run(journal)


VIEWS = {
    "summary": lambda name: Summary(graph(name)),
    "graph": lambda name: Plot(graph(name)),
    "diff": lambda name: kfx.diff(graph(name), graph("other")),
    "run": run,
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("kind", NAMES)
def test_no_face_runs_or_commands_anything(kind, view):
    shown = VIEWS[view](NAMES[kind])
    assert not _CONTROL.search(str(shown))
    for document in (shown._html(), shown._html_small()):
        tags = _Tags()
        tags.feed(document)
        assert not tags.harm
        assert not _CONTROL.search(document)
    for form, write in shown._writers().items():
        content = write()
        if form == ".svg":
            ET.fromstring(content)
        elif form == ".json":
            json.loads(content)
        elif form == ".csv":
            cells = [cell for row in csv.reader(io.StringIO(content)) for cell in row]
            assert not [cell for cell in cells if cell[:1] in tuple("=+-@＝") and not re.fullmatch(r"-?[\d.e+-]+", cell)]
