"""The explorer: graph and table linked both ways, by mouse and by keyboard."""

import pytest
from tried_models import SEEN


@pytest.fixture
def nested(show):
    return show("view = kfx.explore(nested)\nview")


def box(view, name):
    return view.locator(".kfx-explore-graph .kn", has_text=name).first


def row(view, key):
    return view.locator(f".kfx-explore-table tr[data-key='{key}']")


def test_graph_and_table_show_the_same_model(nested):
    assert nested.locator(".kfx-explore-graph .kn").count() == 4
    assert nested.locator(".kfx-explore-table tr[data-key]").count() == 4
    assert "898 parameters" in nested.locator(".kfx-head").inner_text()


def test_a_click_in_the_graph_selects_in_the_table(lab, nested):
    box(nested, "pool").click()
    assert "kfx-sel" in row(nested, "pool").get_attribute("class")
    assert "GlobalAveragePooling2D" in nested.locator(".kfx-details").inner_text()
    assert lab.execute("print(view.widget.selected)") == "pool\n"


def test_a_click_in_the_table_selects_in_the_graph(lab, nested):
    row(nested, "scores").click()
    assert nested.locator(".kn.sel .nm").text_content() == "scores"
    assert lab.execute("print(view.widget.selected)") == "scores\n"


def test_a_layer_inside_a_folded_model_selects_the_box_around_it(nested):
    nested.get_by_role("button", name="Unfold encoder").click()
    row(nested, "encoder/second").click()
    assert nested.locator(".kn.sel .nm").text_content() == "encoder"


def test_a_model_unfolded_in_the_graph_shows_the_layer_that_the_table_selects(nested):
    nested.locator(".kfx-explore-graph .kn[aria-expanded=false]").click()
    box(nested, "second").wait_for()
    box(nested, "second").click()
    assert row(nested, "encoder/second").get_attribute("aria-selected") == "true", "the table unfolds for it"


def test_a_model_that_is_unfolded_in_the_graph_is_selected_in_the_table(lab, nested):
    nested.locator(".kfx-explore-graph .kn[aria-expanded=false]").click()
    nested.locator(".kfx-explore-graph [data-f].sel").wait_for()
    assert row(nested, "encoder").get_attribute("aria-selected") == "true"
    assert nested.locator(".kfx-explore-graph .kn.sel").count() == 0, "its frame is what is selected, no box inside it"
    assert lab.execute("print(view.widget.selected)") == "encoder\n"


def test_the_kernel_selects_in_both(lab, nested):
    lab.execute("view.widget.selected = 'pool'")
    nested.locator(".kn.sel").wait_for()
    assert nested.locator(".kn.sel .nm").text_content() == "pool"
    assert row(nested, "pool").get_attribute("aria-selected") == "true"


def test_one_find_box_searches_both_and_enter_steps_through_the_hits(lab, nested):
    row(nested, "image").focus()
    lab.page.keyboard.press("/")
    lab.page.keyboard.type("dense")
    assert nested.locator(".kfx-explore-table tr[data-key]").count() == 1
    assert nested.locator(".kn.hit .nm").all_text_contents() == ["scores"]
    assert nested.locator(".kfx-found").inner_text() == "1 of 8"
    lab.page.keyboard.press("Enter")
    assert nested.locator(".kn.sel .nm").text_content() == "scores"
    assert row(nested, "scores").get_attribute("aria-selected") == "true"
    lab.page.keyboard.press("Escape")
    assert nested.locator(".kfx-explore-table tr[data-key]").count() == 4


def test_slash_in_the_graph_leads_to_the_find_box(lab, nested):
    nested.locator(".kfx-explore-graph .kn[tabindex='0']").focus()
    lab.page.keyboard.press("/")
    assert nested.get_by_label("Find a layer").evaluate("e => e === document.activeElement")
    assert nested.get_by_label("Find a layer").input_value() == ""


def test_recolouring_and_sorting_work_side_by_side(lab, nested):
    nested.get_by_role("button", name="Memory", exact=True).click()
    nested.get_by_role("columnheader", name="Parameters").get_by_role("button").click()
    first = nested.locator(".kfx-explore-table tr[data-key]").first
    assert first.get_attribute("data-key") == "encoder"
    assert lab.execute("print(view.widget.colour)") == "memory\n"


def test_a_narrow_view_has_one_column(nested):
    graph, table = nested.locator(".kfx-explore-graph"), nested.locator(".kfx-explore-table")
    nested.evaluate("e => { e.style.width = '1000px'; }")
    assert graph.bounding_box()["x"] + graph.bounding_box()["width"] <= table.bounding_box()["x"] + 1
    nested.evaluate("e => { e.style.width = '420px'; }")
    assert graph.bounding_box()["y"] + graph.bounding_box()["height"] <= table.bounding_box()["y"] + 1
    assert nested.evaluate("e => e.scrollWidth <= e.clientWidth"), "nothing to scroll sideways"


def test_a_model_as_last_expression_is_explored(lab, show):
    view = show("nested")
    assert view.locator(".kfx-explore-graph .kn").count() == 4


def test_without_an_engine_the_table_remains_with_the_error(lab, show):
    view = show(
        "from unittest import mock\nfrom kfx.errors import NoEngineError\n"
        "no_engine = NoEngineError('No Graphviz engine. Install one.')\n"
        "with mock.patch('kfx.draw.graphviz.layout.ask_engines', side_effect=no_engine):\n"
        "    display(kfx.explore(nested))"
    )
    assert view.locator(".kfx-explore-table tr[data-key]").count() == 4
    assert "No Graphviz engine. Install one." in view.locator(".kfx-explore-graph").inner_text()
    row(view, "pool").click()
    assert row(view, "pool").get_attribute("aria-selected") == "true"
    view.get_by_label("Find a layer").fill("dense")


def test_hostile_names_are_shown_as_text_and_nothing_runs(lab, show):
    view = show("kfx.explore(hostile)")
    for one in view.locator(".kfx-explore-table tr[data-key]").all():
        one.click()
    table, graph = (view.locator(f".kfx-explore-{part}") for part in ("table", "graph"))
    assert [name for name in SEEN if name not in table.inner_text()] == []
    assert graph.locator(".kn .kb").all_text_contents() == [f"×{len(SEEN)}"], "equal layers, whatever their names are"
    assert graph.locator(".kn .nm").last.text_content().startswith("<script>")
    assert lab.page.evaluate("window.kfxHarm") is None


# Where the digits end, which is left of a bar or of the room for one.
DIGITS_END = """cells => cells.map(cell => {
  const text = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT).nextNode(), range = document.createRange();
  range.selectNodeContents(text);
  return Math.round(range.getBoundingClientRect().right); })"""


def test_numbers_with_and_without_a_bar_end_at_one_line(nested):
    ends = nested.locator(".kfx-explore-table tbody tr[data-key] td.kfx-c-params").evaluate_all(DIGITS_END)
    assert len(ends) == 4
    assert len(set(ends)) == 1, ends


def test_the_line_between_graph_and_table_moves_by_keys(lab, show):
    view = show("kfx.explore(nested)")
    line, graph = view.get_by_role("separator", name="Width of the graph"), view.locator(".kfx-explore-graph")
    before = graph.bounding_box()["width"]
    line.focus()
    lab.page.keyboard.press("ArrowRight")
    lab.page.keyboard.press("ArrowRight")
    assert graph.bounding_box()["width"] == pytest.approx(before + 48, abs=2)
    lab.page.keyboard.press("Home")
    assert graph.bounding_box()["width"] == pytest.approx(240, abs=2)
    assert int(line.get_attribute("aria-valuenow")) > 0
