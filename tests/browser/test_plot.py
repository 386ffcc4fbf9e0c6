"""The live graph by mouse and by keyboard."""

import pytest


def boxes(view):
    """The names in the boxes that are drawn, in the drawing's order."""
    return [text.strip() for text in view.locator(".kfx-canvas .kn .nm").all_text_contents()]


@pytest.fixture
def nested(show):
    return show("view = kfx.plot_model(nested)\nview")


def test_it_draws_a_box_for_each_call_with_the_nested_model_folded(nested):
    assert sorted(boxes(nested)) == ["encoder", "image", "pool", "scores"]


def test_a_nested_model_unfolds_in_place_by_mouse_and_folds_again(lab, nested):
    nested.locator(".kfx-canvas .kn[aria-expanded=false]").click()
    nested.locator(".kfx-canvas .nm", has_text="second").wait_for()
    assert sorted(boxes(nested)) == ["both", "first", "image", "pixels", "pool", "scores", "second"]
    nested.locator(".kfx-fold").click()
    nested.locator(".kfx-canvas .nm", has_text="encoder").wait_for()
    assert sorted(boxes(nested)) == ["encoder", "image", "pool", "scores"]
    assert lab.execute("print(view.widget.unfolded)") == "[]\n"


def test_it_unfolds_and_folds_by_keyboard(lab, nested):
    nested.locator(".kfx-canvas .kn[tabindex='0']").focus()
    lab.page.keyboard.press("ArrowDown")
    lab.page.keyboard.press("Enter")
    nested.locator(".kfx-canvas .nm", has_text="second").wait_for()
    lab.page.keyboard.press("ArrowDown")
    lab.page.keyboard.press("Backspace")
    nested.locator(".kfx-canvas .nm", has_text="encoder").wait_for()


def test_it_finds_a_layer_in_a_folded_model_and_shows_it(lab, nested):
    nested.locator(".kfx-canvas .kn[tabindex='0']").focus()
    lab.page.keyboard.press("/")
    lab.page.keyboard.type("second")
    lab.page.keyboard.press("Enter")
    nested.locator(".kn.sel .nm", has_text="second").wait_for()
    assert lab.execute("print(view.widget.selected)") == "encoder/second\n"


def test_a_click_selects_in_the_kernel_and_the_kernel_selects_in_the_page(lab, nested):
    nested.locator(".kfx-canvas .kn", has_text="pool").click()
    nested.locator(".kn.sel .nm", has_text="pool").wait_for()
    assert lab.execute("print(view.widget.selected)") == "pool\n"
    lab.execute("view.widget.selected = 'scores'")
    nested.locator(".kn.sel .nm", has_text="scores").wait_for()


def test_it_is_recoloured_without_a_new_layout(lab, nested):
    places = "es => es.map(e => e.getAttribute('transform'))"
    before = nested.locator(".kfx-canvas .kn").evaluate_all(places)
    encoder = nested.locator(".kfx-canvas .kn", has_text="encoder").locator(".b").last
    fill = "e => getComputedStyle(e).fill"
    plain = encoder.evaluate(fill)
    nested.get_by_role("button", name="Parameters", exact=True).click()
    assert encoder.evaluate(fill) != plain
    assert "parameters" in nested.locator(".kfx-legend").inner_text()
    assert nested.locator(".kfx-canvas .kn").evaluate_all(places) == before
    assert lab.execute("print(view.widget.colour)") == "params\n"
    nested.get_by_role("button", name="Family", exact=True).click()
    assert encoder.evaluate(fill) == plain


def test_pointing_at_a_layer_lights_its_paths_and_says_its_facts(nested):
    nested.locator(".kfx-canvas .kn", has_text="pool").hover()
    assert nested.locator(".kfx-canvas .kn.on").count() == 4  # all of a chain
    assert "GlobalAveragePooling2D" in nested.locator(".kfx-panel").inner_text()


def test_it_pans_by_dragging_and_fits_again(lab, show):
    view = show("kfx.plot_model(hostile)")
    camera = "e => e.getAttribute('transform')"
    world = view.locator(".kfx-world")
    view.get_by_role("button", name="Fit", exact=True).click()
    lab.page.wait_for_timeout(100)
    fitted = world.evaluate(camera)
    view.scroll_into_view_if_needed()
    area = view.locator(".kfx-stage").bounding_box()
    x, y = area["x"] + 8, area["y"] + 40
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    lab.page.mouse.move(x + 60, y + 30, steps=4)
    lab.page.mouse.up()
    lab.page.wait_for_timeout(100)
    assert world.evaluate(camera) != fitted
    view.get_by_role("button", name="Fit", exact=True).click()
    lab.page.wait_for_timeout(100)
    assert world.evaluate(camera) == fitted


def test_hostile_names_are_drawn_as_text_and_nothing_runs(lab, show):
    view = show("kfx.plot_model(hostile)")
    drawn = boxes(view)
    assert "<script>window.kfxHarm=1</script>" in drawn
    assert "a<b>&c" in drawn
    for one in view.locator(".kfx-canvas .kn").all():
        one.hover()  # the panel says the names again
    assert lab.page.evaluate("window.kfxHarm") is None


def test_the_dark_theme_is_followed(lab, nested):
    ground = nested.locator(".kfx-canvas .kn", has_text="pool").locator(".b").last
    fill = "e => getComputedStyle(e).fill"
    assert ground.evaluate(fill) == "rgb(255, 255, 255)"
    with lab.dark():
        assert ground.evaluate(fill) == "rgb(34, 39, 45)"  # --kfx-node


def test_a_large_model_starts_folded_and_a_block_unfolds(show):
    view = show("view = kfx.plot_model(keras.applications.ResNet50(weights=None))\nview")
    assert 10 <= len(boxes(view)) <= 40
    block = view.locator(".kfx-canvas .kn", has_text="conv2_block1").first
    block.click()
    view.locator(".kfx-canvas .nm", has_text="conv2_block1_1_conv").wait_for()
