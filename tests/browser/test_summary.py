"""The live summary by mouse and by keyboard."""

import pytest
from tried_models import SEEN


def layers(view):
    """The rows that can be seen, from top to bottom."""
    return [cell.strip("▸▾ \n") for cell in view.locator("tbody tr[data-key] td.kfx-c-label").all_inner_texts()]


@pytest.fixture
def nested(show):
    return show("view = kfx.summary(nested)\nview")


def test_the_summary_shows_every_layer_and_the_totals(nested):
    assert layers(nested) == ["image", "encoder", "pool", "scores"]
    # first 3*3*3*8 + 8, second 3*3*8*8 + 8, scores 8*10 + 10
    assert "898" in nested.locator(".kfx-foot").inner_text()
    assert "808" in nested.locator("tr[data-key=encoder]").inner_text()


def test_a_nested_model_unfolds_and_folds_by_mouse(nested):
    nested.get_by_role("button", name="Unfold encoder").click()
    assert layers(nested) == ["image", "encoder", "pixels", "first", "second", "both", "pool", "scores"]
    nested.get_by_role("button", name="Fold encoder").click()
    assert layers(nested) == ["image", "encoder", "pool", "scores"]


def test_a_nested_model_unfolds_and_folds_by_keyboard(lab, nested):
    nested.locator("tbody tr[tabindex='0']").focus()
    lab.page.keyboard.press("ArrowDown")
    lab.page.keyboard.press("ArrowRight")
    assert layers(nested)[2] == "pixels"
    assert nested.locator("tr:focus").get_attribute("aria-expanded") == "true"
    lab.page.keyboard.press("ArrowLeft")
    assert layers(nested) == ["image", "encoder", "pool", "scores"]


def test_search_finds_a_layer_inside_a_nested_model(lab, nested):
    nested.locator("tbody tr[tabindex='0']").focus()
    lab.page.keyboard.press("/")
    lab.page.keyboard.type("sec")
    assert layers(nested) == ["encoder", "second"]
    assert nested.get_by_role("status").inner_text() == "1 of 8"
    lab.page.keyboard.press("Enter")
    assert lab.execute("print(view.widget.selected)") == "encoder/second\n"
    lab.page.keyboard.press("Escape")
    assert "image" in layers(nested)


def test_search_says_when_nothing_is_found(lab, nested):
    nested.get_by_label("Find a layer").fill("no such layer")
    assert nested.get_by_text("No layer matches.").is_visible()


def test_the_table_sorts_by_parameters_and_back(nested):
    nested.get_by_role("button", name="Unfold all").click()
    header = nested.get_by_role("columnheader", name="Parameters")
    header.get_by_role("button").click()
    order = layers(nested)
    assert order.index("second") < order.index("first")  # 584 before 224
    assert header.get_attribute("aria-sort") == "descending"
    for _ in range(2):
        header.get_by_role("button").click()
    assert layers(nested) == ["image", "encoder", "pixels", "first", "second", "both", "pool", "scores"]


@pytest.mark.parametrize(
    ("column", "inside"),
    [
        ("FLOPs", ["second", "first", "both", "pixels"]),  # 9 · 8 products a value, 9 · 3, an addition, nothing
        ("Memory", ["first", "second", "both", "pixels"]),  # 8 channels each in the model's order, then 3
        ("Layer", ["both", "first", "pixels", "second"]),
    ],
)
def test_the_table_sorts_by_other_columns(nested, column, inside):
    nested.get_by_role("button", name="Unfold all").click()
    nested.get_by_role("columnheader", name=column).get_by_role("button").click()
    assert [name for name in layers(nested) if name in inside] == inside


def test_a_click_selects_in_the_kernel_and_the_kernel_selects_in_the_page(lab, nested):
    nested.get_by_text("pool", exact=True).first.click()
    assert lab.execute("print(view.widget.selected)") == "pool\n"
    assert nested.locator("tr.kfx-sel").get_attribute("data-key") == "pool"
    lab.execute("view.widget.selected = 'encoder/first'")
    nested.locator("tr.kfx-sel[data-key='encoder/first']").wait_for()


def test_hostile_names_are_shown_as_text_and_nothing_runs(lab, show):
    output = show("kfx.summary(hostile)")
    assert layers(output) == ["start", *SEEN]
    assert lab.page.evaluate("window.kfxHarm") is None
    for row in output.locator("tbody tr").all():
        row.click()  # the strip below says the names again
    assert lab.page.evaluate("window.kfxHarm") is None


def test_the_dark_theme_is_followed(lab, nested):
    ink = "e => getComputedStyle(e).color"
    ground = "e => getComputedStyle(e).getPropertyValue('--kfx-panel').trim()"
    assert (nested.evaluate(ink), nested.evaluate(ground)) == ("rgb(26, 31, 38)", "#f5f6f7")
    with lab.dark():
        assert (nested.evaluate(ink), nested.evaluate(ground)) == ("rgb(232, 236, 241)", "#1d2126")


def test_a_narrow_view_keeps_names_and_parameters(nested):
    assert nested.get_by_role("columnheader", name="Settings").is_visible()
    nested.evaluate("e => { e.style.width = '400px'; }")
    for head, shown in {
        "Layer": True,
        "Type": True,
        "Output": True,
        "Parameters": True,
        "Settings": False,
        "FLOPs": False,
    }.items():
        nested.get_by_role("columnheader", name=head).wait_for(state="visible" if shown else "hidden")
    assert nested.locator(".kfx-scroll").evaluate("e => e.scrollWidth <= e.clientWidth"), "nothing to scroll sideways"


def test_a_very_narrow_view_does_not_chop_names(show):
    view = show("kfx.summary(nested)")
    view.evaluate("e => { e.style.width = '340px'; }")
    view.get_by_role("columnheader", name="FLOPs").wait_for(state="hidden")
    for key in ("image", "encoder", "scores"):
        assert view.locator(f"tr[data-key={key}]").bounding_box()["height"] < 30, f"{key} stands on one line"
    assert view.locator(".kfx-scroll").evaluate("e => e.scrollWidth <= e.clientWidth"), "nothing to scroll sideways"


def test_a_registered_column_is_shown_and_sorted_by(show, lab):
    view = show('kfx.register_column("Weight bytes", lambda row: row.parameters * 4)\nview = kfx.summary(nested)\nview')
    head = view.get_by_role("button", name="Weight bytes")
    head.click()
    cells = view.locator("tbody tr[data-key] td.kfx-c-own_weight_bytes").all_inner_texts()
    assert cells == ["3,232", "360", "0", "0"]
    assert layers(view)[:2] == ["encoder", "scores"]
