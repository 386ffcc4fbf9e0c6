"""One list of columns for every face; a column that a user registers in one place is in all of them."""

import csv
import io
import json

import pytest

import kfx
from kfx.errors import KfxError
from kfx.views.payload import payload
from kfx.views.summary.columns import columns
from kfx.views.summary.view import Summary

HEAD = "Weight bytes"


@pytest.fixture
def registered():
    kfx.register_column(HEAD, lambda row: row.parameters * 4, text=lambda row: f"{row.parameters * 4} B")
    yield "weight_bytes"
    kfx.unregister_column(HEAD)


@pytest.fixture
def view(registered, nested_graph):
    return Summary(nested_graph, expand_nested=True)


def values(graph):
    return [call.params * 4 for call in graph.calls]


def texts(graph):
    return [f"{value} B" for value in values(graph)]


def test_a_registered_column_is_in_csv(view, registered):
    read = list(csv.DictReader(io.StringIO(view.to_csv())))
    assert [int(row[registered]) for row in read] == values(view.graph)


def test_a_registered_column_is_in_pandas_and_json(view, registered):
    assert view.to_pandas()[registered].tolist() == values(view.graph)
    assert [row[registered] for row in json.loads(view.to_json())["rows"]] == values(view.graph)


def test_a_registered_column_is_in_text(view):
    lines = str(view).splitlines()
    head = next(line for line in lines if line.startswith("Layer"))
    assert head.endswith(HEAD)
    rows = lines[lines.index(head) + 2 :][: len(view.graph.calls)]
    assert [line[-8:].strip() for line in rows] == texts(view.graph)


def test_a_registered_column_stays_longer_than_costs_where_the_text_is_too_narrow(registered, nested_graph):
    text = str(Summary(nested_graph, line_length=60))
    assert "Too narrow for FLOPs, Memory, Connected to:" in text
    assert HEAD in text
    assert HEAD not in str(Summary(nested_graph, line_length=40)).split("Too narrow for")[0]


def test_a_registered_column_is_in_markdown(view):
    head, _, *rows = [line for line in view.to_markdown().splitlines() if line.startswith("|")]
    assert head.endswith(f"| {HEAD} |")
    assert [row.split(" | ")[-1].removesuffix(" |") for row in rows] == texts(view.graph)


def test_a_registered_column_is_in_html(view):
    html = view._html()
    assert html.count(f"<th scope=col>{HEAD}</th>") == 2, "the model and the nested one"
    assert [html.count(f"<td>{text.replace(' ', '&nbsp;')}") for text in ("240 B", "360 B")] == [1, 1]


SCRIPT = """\
import "./page.mjs";
import { readFileSync } from "node:fs";
import { cellOf, cellClass } from "../../../kfx/views/summary/cells.js";
import { nextOrder, treeOf, visibleRows } from "../../../kfx/web/tree.js";
const facts = JSON.parse(readFileSync(0, "utf8"));
const column = facts.columns.at(-1);
const order = nextOrder(null, column.sorts, column.right);
const cells = facts.calls.map((call) => cellOf(column, call, {}));
const keys = visibleRows(treeOf(facts.calls), { open: new Set(), order }).map((call) => call.key);
console.log(JSON.stringify({ head: column.head, cells, keys, class: cellClass(column) }));
"""


def test_a_registered_column_is_drawn_and_sorted_by_the_script(view, run_script):
    seen = run_script(SCRIPT, json.dumps(payload(view.graph)))
    assert seen["head"] == HEAD
    assert seen["cells"] == texts(view.graph)
    assert seen["keys"] == ["scores", "encoder", "image"], "largest first"
    assert seen["class"] == "kfx-c-own_weight_bytes kfx-n kfx-yields-3"


def test_a_column_that_is_taken_back_is_gone(nested_graph):
    before = str(Summary(nested_graph))
    kfx.register_column(HEAD, lambda row: 1)
    kfx.register_column(HEAD, lambda row: 2)
    assert str(Summary(nested_graph)) != before
    assert [column.head for column in columns("text")].count(HEAD) == 1, "the second replaces the first"
    kfx.unregister_column(HEAD)
    assert str(Summary(nested_graph)) == before


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567, "1,234,567"),
        (0.12345, "0.123"),
        (999.7, "1,000"),
        (float("nan"), "?"),
        (None, "?"),
        ("a\nb", r"a\nb"),
        (True, "True"),
    ],
)
def test_a_value_is_written_as_a_reader_expects(nested_graph, value, text):
    kfx.register_column("Own", lambda row: value)
    try:
        facts = payload(nested_graph)
        assert facts["calls"][0]["own_own"] == text
        json.dumps(facts, allow_nan=False)
    finally:
        kfx.unregister_column("Own")


@pytest.mark.parametrize("head", ["", "  ", "Layer", "Connected to", "flops", "Memory"])
def test_a_column_of_kfx_cannot_be_replaced(head):
    with pytest.raises(ValueError, match=r"expected a name that no column of kfx has"):
        kfx.register_column(head, lambda row: 1)


def test_an_error_names_the_column_and_the_row(nested_graph):
    kfx.register_column("Broken", lambda row: row.nothing)
    try:
        with pytest.raises(KfxError, match=r"column 'Broken' failed at 'image': AttributeError: 'Row' object has no attribute"):
            Summary(nested_graph).to_csv()
    finally:
        kfx.unregister_column("Broken")


def test_the_page_sorts_by_what_has_an_order():
    assert [column.sorts for column in columns("live", optional=True) if column.sorts] == [
        "label", "type", "shape", "params", "flops", "memory",
    ]  # fmt: skip


@pytest.fixture
def own():
    """``own(head, value)`` registers a column for one test."""
    heads = []

    def register(head, *arguments, **options):
        heads.append(head)
        kfx.register_column(head, *arguments, **options)

    yield register
    for head in heads:
        kfx.unregister_column(head)


def test_a_head_cannot_become_markup_in_markdown(nested_graph, own):
    own("a|b <i>*x*", lambda row: 1)
    table = [line for line in Summary(nested_graph).to_markdown().splitlines() if line.startswith("|")]
    assert table[0].endswith(r"| a\|b &lt;i&gt;\*x\* |")
    assert {line.replace(r"\|", "").count("|") for line in table} == {10}


def test_a_hidden_character_of_a_head_is_seen_in_csv_and_pandas(nested_graph, own):
    own("a\u202eb", lambda row: 1)
    assert list(Summary(nested_graph).to_pandas())[-1] == r"a\u202eb"
    assert Summary(nested_graph).to_csv().splitlines()[0].endswith(r",a\u202eb")


def test_unknown_numbers_leave_the_others_whole_in_pandas(nested_graph, own):
    own("Some", lambda row: None if row.level else row.parameters)
    found = Summary(nested_graph, expand_nested=True).to_pandas()["some"]
    assert found.dtype == "Int64"
    assert found.isna().any()
    own("Share", lambda row: None if row.level else 0.5)
    assert Summary(nested_graph, expand_nested=True).to_pandas()["share"].dtype == "Float64"


def test_columns_with_similar_heads_do_not_share_a_field(nested_graph, own):
    own("Size", lambda row: "s")
    own("Size value", lambda row: 7)
    by_head = {column["head"]: column for column in payload(nested_graph)["columns"]}
    fields = [by_head[head][part] for head in ("Size", "Size value") for part in ("text", "sorts")]
    assert len(set(fields)) == 4
    assert [payload(nested_graph)["calls"][0][field] for field in fields] == ["s", "s", "7", 7]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((5, len), "`head` is 5; expected the title of a column"),
        ((None, len), "`head` is None; expected the title of a column"),
        (("Own", 5), "`value` is 5; expected a function that takes a row"),
        (("Own", None), "`value` is None; expected a function that takes a row"),
    ],
)
def test_wrong_arguments_are_refused_at_once(arguments, message):
    with pytest.raises(TypeError, match=message):
        kfx.register_column(*arguments)
    with pytest.raises(TypeError, match="`text` is 5"):
        kfx.register_column("Own", len, text=5)
    with pytest.raises(TypeError, match="`head` is None"):
        kfx.unregister_column(None)
    assert not [column for column in columns("data") if column.registered]
