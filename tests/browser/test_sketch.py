"""A sketch in real front ends: cells run one by one; the graph grows, a mistake turns red, the repair turns it back."""

import json

import pytest
from lab import write_notebook

CELLS = (
    "%load_ext kfx\nimport keras, kfx\nfrom keras import layers",
    "image = kfx.Input((28, 28, 1), name='image')\ns = kfx.sketch(image)\ns",
    "x = layers.Conv2D(16, 3, activation='relu', name='conv')(image)",
    "y = layers.LSTM(8, name='read')(x)",
    "",
    "z = layers.Dense(10, name='scores')(y)\nencoder = keras.Model(image, y, name='encoder')\ns.mark(encoder);",
)
SKETCH, FAILED, REPAIR = 1, 3, 4


def boxes(view):
    """The names in the drawing, in its order."""
    return view.locator("[data-n] .nm").all_text_contents()


@pytest.fixture(scope="module", params=["lab", "notebook"])
def notebook(request, lab):
    """The cells before the mistake were run, one by one, in JupyterLab or in Notebook 7."""
    name = f"sketch_{request.param}.ipynb"
    write_notebook(lab.root / name, *CELLS)
    lab.open(name, app=request.param, size=(1280, 1400))
    lab.run_cell(0)
    lab.run_cell(SKETCH)
    view = lab.output(SKETCH).locator(".kfx-live")
    view.wait_for()
    return view


def test_it_begins_with_the_input_alone(lab, notebook):
    assert lab.faces(SKETCH) == ["live"]
    assert boxes(notebook) == ["image"]
    assert "no layer called yet" in notebook.inner_text()


def test_it_grows_with_the_next_cell_and_marks_what_is_new(lab, notebook):
    lab.run_cell(2)
    notebook.locator("[data-n] >> text=conv").first.wait_for()
    assert boxes(notebook) == ["image", "conv"]
    assert notebook.locator(".kn.new .ms").all_text_contents() == ["new"]
    assert notebook.locator(".kl").all_text_contents() == ["28×28×1"]
    assert notebook.locator(".kv").all_text_contents() == ["x"], "the variable that holds the open end"
    assert lab.faces(2) == [], "nothing is shown below the cell itself"


def test_what_is_there_stays_in_its_place(lab, notebook):
    where = """e => { const a = e.getBoundingClientRect(), b = e.closest('.kfx-stage').getBoundingClientRect();
      return a.x + a.width / 2 - b.x; }"""
    box = notebook.locator("[data-n='0']")
    before = box.evaluate(where)
    lab.execute("w = layers.Flatten(name='aside')(x)")
    notebook.locator("[data-n] >> text=aside").wait_for()
    assert abs(box.evaluate(where) - before) < 40
    lab.execute("del w")
    notebook.locator(".kn.old").wait_for()


def test_a_replaced_branch_is_hidden_by_its_button(lab, notebook):
    notebook.get_by_role("button", name="Hide replaced").click()
    notebook.get_by_role("button", name="Show 1 replaced").wait_for()
    assert boxes(notebook) == ["image", "conv"]


def test_how_a_shape_follows_is_said_on_hover(lab, notebook):
    notebook.locator("[data-n='1']").hover()
    assert "28 − 3 + 1 = 26" in notebook.locator(".kfx-panel").inner_text()


def test_a_refused_call_turns_red_with_the_explanation_beside_it(lab, notebook):
    lab.run_cell(FAILED)
    notebook.locator(".kn.err").wait_for()
    assert boxes(notebook)[-1] == "read"
    assert notebook.locator(".kc.err .kl").all_text_contents() == ["26×26×16"]
    assert "read refused its input" in notebook.inner_text()
    assert notebook.locator(".kn.err > rect.b").evaluate("e => getComputedStyle(e).strokeDasharray") == "5px, 3px"


def test_below_keras_own_error_stands_the_same_explanation(lab, notebook):
    error, explanation = lab.faces(FAILED)
    assert "ValueError" in error
    assert "Traceback" in error
    assert explanation == "live"
    below = lab.output(FAILED).locator(".kfx-live")
    assert "LSTM needs 2 axes behind the batch axis (steps, features)" in below.inner_text()
    below.get_by_text("Keras’s own error").click()
    assert "expected ndim=3, found ndim=4" in below.inner_text()


def test_a_repair_is_copied_and_turns_it_back(lab, notebook):
    below = lab.output(FAILED).locator(".kfx-live")
    lab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    below.get_by_role("button", name="Copy repair 1").click()
    below.get_by_text("Copied").wait_for()
    code = lab.page.evaluate("navigator.clipboard.readText()")
    assert code == "layers.LSTM(8)(layers.Reshape((676, 16))(x))"
    lab.run_source(REPAIR, f"y = {code}")
    notebook.locator(".kn.err").wait_for(state="detached")
    assert "refused" not in notebook.inner_text()
    assert "lstm" in " ".join(boxes(notebook))


def test_where_the_clipboard_is_closed_the_code_is_selected(lab, notebook):
    below = lab.output(FAILED).locator(".kfx-live")
    lab.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('closed')); }")
    below.get_by_role("button", name="Copy repair 1").click()
    lab.page.wait_for_function("() => String(getSelection()).includes('layers.LSTM')")


def test_a_model_is_outlined_on_the_graph(lab, notebook):
    lab.run_cell(5)
    notebook.locator(".ko").wait_for()
    assert notebook.locator(".ko").text_content() == "encoder"
    assert notebook.locator("mask").count() == 1


def test_no_error_was_said_on_the_console(lab, notebook):
    assert lab.said == []


def test_the_saved_notebook_shows_the_moment_of_each_cell(lab, notebook):
    book = lab.save()
    static = book["cells"][SKETCH]["outputs"][0]["data"]
    assert "no layer called yet" in "".join(static["text/plain"])
    assert "Live it grows with each cell" in "".join(static["text/html"])
    failed = book["cells"][FAILED]["outputs"]
    assert failed[0]["output_type"] == "error"
    assert failed[0]["ename"] == "ValueError"
    assert "refused its input" in "".join(failed[1]["data"]["text/plain"])
    assert len(json.dumps(failed[1])) < 60_000


def test_hostile_names_are_text_and_nothing_runs(lab, show):
    view = show("start = keras.Input((4,), name='start')\nh = kfx.sketch(start)\nh")
    names = ["<script>window.kfxHarm=1</script>", "<img src=x onerror=window.kfxHarm=1>", "합성곱", "half\\ud83d"]
    for i, name in enumerate(names):
        lab.execute(f"out = layers.Dense(4)(start if {i} == 0 else out)\nout._keras_history.operation.name = '{name}'")
    view.locator("[data-n='4']").wait_for()
    lab.execute("m = keras.Model(start, out)\nm.name = '<script>window.kfxHarm=1</script>'\nh.mark(m)")
    lab.run_source(1, "layers.Conv2D(3, 3, name='<b>bad')(out)")
    lab.output(1).locator(".kfx-live").wait_for()
    assert "<b>bad refused its input" in lab.output(1).locator(".kfx-live").inner_text()
    assert lab.page.evaluate("window.kfxHarm") is None
