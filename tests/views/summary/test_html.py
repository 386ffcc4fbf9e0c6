"""The static face: it reads with no style and no script, and a name is never markup."""

import dataclasses
import re
from html.parser import HTMLParser

import pytest

from kfx.model.facts import Edge
from kfx.notebook.frame import narrow_tables
from kfx.views.summary.html import summary_html
from kfx.views.summary.rows import shown_rows, summary_rows

# What JupyterLab's sanitizer keeps of the tags that are used here (measured).
KEPT = {"div", "table", "thead", "tbody", "tr", "th", "td", "b", "wbr", "details", "summary", "span", "meter", "bdi"}
KEPT_ATTRIBUTES = {"class", "style", "colspan", "cellpadding", "open", "value", "scope", "title"}


class Reader(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.words = set(), set(), []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join("".join(self.words).split())


def html_of(graph, between=None, **how):
    rows = summary_rows(graph)
    return summary_html(graph, rows, shown_rows(rows, between=between), **how)


def test_a_nested_model_as_html(nested_graph, golden):
    html = html_of(nested_graph, show_trainable=True)
    assert Reader(html).text.count("Parameters") == 2
    golden("nested.html", html + "\n")


def test_only_what_a_sanitizer_keeps_is_used(nested_graph):
    read = Reader(html_of(nested_graph, expand_nested=True, show_trainable=True))
    assert read.tags <= KEPT
    assert read.attributes <= KEPT_ATTRIBUTES


def test_a_number_and_its_bar_stay_on_one_line(nested_graph):
    html = html_of(nested_graph)
    cells = re.findall(r"<td[^>]*>[^<]*<meter", html)
    assert len(cells) == 4
    assert all(cell.startswith("<td style=white-space:nowrap>") for cell in cells)
    assert html.count("white-space") == len(cells)


def test_a_fold_names_operations_apart_from_layers(looped_graph):
    text = Reader(html_of(looped_graph)).text
    assert "1 layer · 2 operations inside cell" in text
    assert "2 layers inside own" in text


def test_without_any_style_every_fact_is_still_there(nested_graph):
    text = Reader(html_of(nested_graph)).text
    for said in (
        "pocket",
        "150 parameters",
        "encoder Functional",
        "3 layers inside encoder",
        "squeeze",
        "4 units · relu",
        "Total 150",
    ):
        assert said.replace(" ", "") in text.replace(" ", ""), said


def test_nested_models_fold_unless_asked(nested_graph):
    assert "<details style" in html_of(nested_graph)
    assert "<details open style" in html_of(nested_graph, expand_nested=True)


def test_a_name_is_never_markup(named_graph, hostile_name):
    graph = named_graph(hostile_name, "after")
    read = Reader(html_of(graph))
    assert read.tags <= KEPT
    assert read.attributes <= KEPT_ATTRIBUTES
    assert all(char.isprintable() or char in "\n\u200d" for char in html_of(graph))


def test_settings_types_and_notes_are_never_markup(nested_graph):
    harm = "<img src=x onerror=alert(1)>"
    calls = (*nested_graph.calls[:-1], dataclasses.replace(nested_graph.calls[-1], type=harm, settings=(harm,)))
    html = html_of(dataclasses.replace(nested_graph, calls=calls, notes=(harm,), name=harm))
    assert "<img" not in html
    assert html.count("&lt;img") == 4


def test_a_part_of_the_rows_says_so(nested_graph):
    text = Reader(html_of(nested_graph, between=("scores", "scores"))).text
    assert "1 of 3 rows; the totals are the whole model's." in text
    assert "squeeze" not in text


@pytest.mark.parametrize(("layers", "least", "most"), [(816, False, 200_000), (5000, True, 200_000 * 3)])
def test_a_large_model_stays_light(named_graph, layers, least, most):
    """EfficientNetB7 has 816 layers, with names and connections of about 20 characters."""
    graph = named_graph(*(f"block{i // 10}_project_conv_{i % 10}" for i in range(layers - 1)))
    assert isinstance(graph.edges[0], Edge)
    assert len(html_of(graph, least=least).encode()) < most


def test_colours_come_from_the_notebook(nested_graph):
    html = html_of(nested_graph)
    assert "var(--jp-" in html
    assert "color:#" not in html


def test_a_large_model_keeps_its_settings(nested_graph, make_call):
    many = tuple(make_call(f"layer_{i}", settings=("4 units", "relu")) for i in range(300))
    text = Reader(html_of(dataclasses.replace(nested_graph, calls=many, edges=()))).text
    assert text.count("Dense 4 units · relu") == 300


@pytest.mark.parametrize("how", ["full", "lean", "least"])
def test_where_there_is_little_room_names_types_shapes_and_parameters_stay(named_graph, how):
    graph = named_graph(*(f"d{n}" for n in range(300 if how == "lean" else 3)))
    html = html_of(graph, show_trainable=True, least=how == "least")
    assert f"<table class=kfx-{how} " in html
    heads = re.findall(r"<th [^>]*>([^<]*)</th>", html)
    hidden = {int(n) for n in re.findall(rf"\.kfx-{how} tr>:nth-child\((\d)\)", narrow_tables(".kfx-static"))}
    assert [head for n, head in enumerate(heads, 1) if n not in hidden] == [
        "Layer",
        "Type",
        "Output",
        "Parameters",
        "Trainable",
    ]
