"""A sketch that follows, cell by cell, in IPython: what grows, what is explained, and what it costs to be there."""

import gc
import json
import weakref

import pytest

import kfx
from kfx.notebook.after_cell import MOST_FOLLOWED, AfterCell
from kfx.views.mistake.view import MistakeView
from kfx.views.sketch.view import Sketch

START = "import keras, kfx\nfrom keras import layers\ninputs = kfx.Input((28, 28, 1), name='inputs')"


def registered(shell):
    return [f for f in shell.events.callbacks["post_run_cell"] if isinstance(getattr(f, "__self__", None), AfterCell)]


@pytest.fixture
def cells(kernel, keras):
    """``cells(code)`` runs a cell and returns what it displayed; `shell.user_ns` are its variables."""

    def run(code):
        kernel.display_pub.outputs.clear()
        result = kernel.run_cell(code, store_history=True)
        run.error = result.error_in_exec
        return kernel.sent()

    run.shell, run.ns = kernel, kernel.user_ns
    run("import kfx")
    yield run
    AfterCell.of(kernel).followers.clear()


def keys(view):
    return [call["key"] for call in view.widget.facts["calls"]]


def test_a_sketch_grows_after_each_cell_that_calls_a_layer(cells):
    cells(START)
    static, live = cells("s = kfx.sketch(inputs)\ns")
    assert "kfx-static" in static["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in live
    view = cells.ns["s"]
    assert keys(view) == ["inputs"]
    cells("x = layers.Conv2D(8, 3, name='conv')(inputs)")
    assert keys(view) == ["inputs", "conv"]
    assert view.widget.head["facts"] == ["2 layers", "1 new"]  # the input counts, as Keras counts it
    assert '<text class="ms"' in view.widget.drawing["svg"]
    cells("y = layers.Flatten(name='flat')(x)")
    assert keys(view) == ["inputs", "conv", "flat"]
    assert view.widget.drawing["fresh"] == [2], "only what the last cell added is new"


def test_a_cell_that_changes_nothing_updates_nothing(cells):
    cells(START + "\ns = kfx.sketch(inputs)\ns")
    view = cells.ns["s"]
    moment = view.widget.moment
    cells("three = 3")
    assert view.widget.moment == moment


def test_the_same_cell_again_fades_the_branch_before_and_hides_it_on_demand(cells):
    cells(START + "\ns = kfx.sketch(inputs)\ns")
    view = cells.ns["s"]
    for _ in range(3):
        cells("x = layers.Conv2D(8, 3)(inputs)")
    assert view.widget.head["replaced"] == 2
    assert view.widget.drawing["svg"].count(" old") >= 4, "boxes and lines"
    view.widget.hide = True
    assert len(keys(view)) == 2
    assert " old" not in view.widget.drawing["svg"]
    assert view.widget.head["replaced"] == 2, "the button still says how many"
    cells("y = layers.Flatten()(x)")
    assert len(keys(view)) == 3, "what is hidden stays hidden"
    view.widget.hide = False
    assert len(keys(view)) == 5


def test_a_refused_call_turns_red_and_the_repair_turns_it_back(cells):
    cells(START + "\ns = kfx.sketch(inputs)\ns")
    view = cells.ns["s"]
    static, _live = cells("x = layers.LSTM(4, name='read')(inputs)")
    assert isinstance(cells.error, ValueError)
    assert view.widget.mistake["title"] == "read refused its input"
    assert "kn f-error err" in view.widget.drawing["svg"]
    assert "LSTM needs 2 axes" in static["text/html"], "the explanation stands below the cell's own error"
    code = "".join(view.widget.mistake["repairs"][0]["parts"])
    assert cells(f"x = {code}") == []
    assert cells.error is None
    assert view.widget.mistake == {}
    assert "err" not in view.widget.drawing["svg"].replace("f-error", "")
    assert "read" not in keys(view)


def test_keras_error_and_traceback_are_left_as_they_are(cells):
    cells("import keras\nfrom keras import layers\nplain = keras.Input((4,), name='p')")
    cells("layers.Conv2D(1, 3, name='c')(plain)")
    before = cells.error
    cells("s = kfx.sketch(plain)\ns")
    cells("layers.Conv2D(1, 3, name='c')(plain)")
    after = cells.error
    assert (type(after), str(after)) == (type(before), str(before))
    assert [f.tb_frame.f_code.co_name for f in steps(after)] == [f.tb_frame.f_code.co_name for f in steps(before)]
    assert not hasattr(after, "__notes__")


def steps(error):
    step = error.__traceback__
    while step is not None:
        yield step
        step = step.tb_next


def test_an_error_that_is_not_keras_is_not_commented(cells):
    cells(START + "\ns = kfx.sketch(inputs)\ns")
    assert cells("1 / 0") == []
    assert cells("keras.layers.Dense(units='many')") == []


def test_nothing_is_registered_before_a_sketch_is_shown_nor_after_its_inputs_are_gone(cells):
    cells("import keras\nx = keras.Input((4,))\ns = kfx.sketch(x)")
    assert registered(cells.shell) == [], "made, but not shown"
    cells("s")
    assert len(registered(cells.shell)) == 1
    events = cells.shell.events.callbacks
    assert [name for name in events if registered(cells.shell)[0] in events[name]] == ["post_run_cell"]
    cells("del x")
    gc.collect()
    cells("pass")
    assert registered(cells.shell) == []
    assert cells.ns["s"].widget.head["facts"][-1] == "grows no more: its inputs are gone"


def test_the_extension_explains_without_a_sketch_and_unloading_stops_it(cells):
    cells("import keras\nfrom keras import layers\np = keras.Input((4,), name='p')")
    assert cells("layers.Conv2D(1, 3)(p)") == []
    cells("%load_ext kfx")
    static, _ = cells("layers.Conv2D(1, 3)(p)")
    assert "refused its input" in static["text/plain"]
    cells("%unload_ext kfx")
    assert cells("layers.Conv2D(1, 3)(p)") == []
    assert registered(cells.shell) == []


def test_kfx_input_has_mistakes_explained(cells):
    cells(START)
    static, _ = cells("layers.LSTM(3)(inputs)")
    assert "refused its input" in static["text/plain"]


def test_a_mistake_in_a_function_of_the_user_is_explained_with_its_variables(cells):
    cells(START + "\n%load_ext kfx\ndef block(start):\n    return layers.LSTM(3)(start)")
    static, _ = cells("block(inputs)")
    assert "(start)" in static["text/plain"] or "(inputs)" in static["text/plain"]


def test_the_same_inputs_give_the_same_sketch(cells):
    cells(START + "\ns = kfx.sketch(inputs)\ns")
    cells("again = kfx.sketch(inputs)\nagain")
    assert cells.ns["again"] is cells.ns["s"]
    assert len(AfterCell.of(cells.shell).followers) == 1


def test_without_inputs_those_of_the_notebook_are_taken(cells):
    cells(START + "\nother = keras.Input((4,), name='other')\nx = layers.Flatten()(inputs)")
    cells("s = kfx.sketch()\ns")
    assert {"inputs", "other"} <= set(keys(cells.ns["s"]))


def test_sketches_start_by_themselves_only_where_that_is_wanted(cells):
    assert cells(START) == []
    cells("kfx.sketch(auto=True)")
    assert cells("layers.Flatten()(inputs)") == [], "inputs that were there before start nothing"
    static, _live = cells("image = kfx.Input((8, 8, 3), name='image')\ntwo = kfx.Input((3,), name='two')")
    assert "image" in static["text/plain"]
    assert "two" in static["text/plain"], "one sketch for all inputs of a cell"
    assert cells("x = layers.Conv2D(3, 3)(image)") == [], "it follows and does not show itself again"
    assert cells("other = keras.Input((3,))\ns = kfx.sketch(other)\ns") != []
    assert len(AfterCell.of(cells.shell).followers) == 2, "a sketch shown by hand is not shown twice"
    cells("kfx.sketch(auto=False)")
    assert cells("third = kfx.Input((3,))") == []


def test_a_few_sketches_follow_and_the_oldest_stand_still(cells):
    cells("import keras\nviews, inputs = [], []")
    for n in range(MOST_FOLLOWED + 3):
        cells(f"inputs.append(keras.Input(({n + 1},)))\nviews.append(kfx.sketch(inputs[-1]))\nviews[-1]")
    assert AfterCell.of(cells.shell).followers == cells.ns["views"][3:]
    assert cells.ns["views"][0].widget.head["facts"][-1].startswith("grows no more")
    assert "grows no more" not in " ".join(cells.ns["views"][3].widget.head["facts"])


def test_models_are_marked_and_stay_so(cells):
    cells(START + "\ns = kfx.sketch(inputs)\ns\nx = layers.Flatten(name='flat')(inputs)")
    cells("encoder = keras.Model(inputs, x, name='encoder')\ns.mark(encoder)")
    view = cells.ns["s"]
    cells("s")
    assert 'class="ko kr0"' in view.widget.drawing["svg"]
    assert "encoder" in view.widget.drawing["svg"]


@pytest.mark.slow
def test_a_thousand_cells_leave_nothing_behind(cells, keras):
    cells(START + "\ns = kfx.sketch(inputs)\ns")
    ghosts = []
    for n in range(1000):
        space = cells.ns
        if n % 20 == 0:  # a new beginning every twenty cells
            space["inputs"] = keras.Input((4,), name=f"in{n}")
            space["s"] = kfx.sketch(space["inputs"])
            space["s"]._ipython_display_()
            ghosts.append(weakref.ref(space["inputs"]))
        space["x"] = keras.layers.Activation("relu", name=f"a{n}")(space["inputs"] if n % 20 == 0 else space["x"])
        ghosts.append(weakref.ref(space["x"]))
        cells.shell.events.trigger("post_run_cell", type("Result", (), {"error_in_exec": None})())
    gc.collect()
    cells("pass")
    assert sum(ghost() is not None for ghost in ghosts) <= 21, "what the last beginning made"
    assert len(AfterCell.of(cells.shell).followers) == 1
    assert len(registered(cells.shell)) == 1


def test_hostile_names_are_text_in_every_face(cells, keras, hostile_name, tmp_path):
    cells(START + "\ns = kfx.sketch(inputs)\ns")
    cells.ns["x"] = keras.layers.Flatten(name="flat")(cells.ns["inputs"])
    cells.ns["x"]._keras_history.operation.name = hostile_name
    cells.ns["spare"] = keras.layers.Dense(3)
    cells.ns["spare"].name = hostile_name
    cells.ns["model"] = keras.Model(cells.ns["inputs"], cells.ns["x"])
    cells.ns["model"].name = hostile_name
    view = cells.ns["s"].mark(cells.ns["model"])
    try:
        keras.layers.Conv2D(3, 3, name="bad")(cells.ns["x"])
    except ValueError as caught:
        error = caught
    mistake = kfx.explain_error(error)
    for shown in (view, mistake):
        str(shown).encode()
        html = shown._repr_mimebundle_()["text/html"]
        html.encode()
        svg = shown.svg()
        for markup in (html, svg):
            assert "<script" not in markup
            assert "<img src=x" not in markup
        shown.save(tmp_path / "face.html")
        shown.save(tmp_path / "face.png")
    json.dumps([view.widget.facts, view.widget.drawing, mistake.widget.mistake], ensure_ascii=False).encode()


def test_the_static_face_is_the_same_on_every_run(cells, keras):
    def faces():
        keras.utils.clear_session()
        cells(START)
        shown = cells("s = kfx.sketch(inputs)\nx = layers.Conv2D(8, 3)(inputs)\ns")
        return [data["text/html"] for data in shown if "text/html" in data]

    assert faces() == faces()


@pytest.mark.parametrize("given", ["3", "[]", "'x'", "keras.layers.Dense(3)"])
def test_anything_but_symbolic_tensors_is_refused_with_advice(cells, given):
    cells("import keras")
    cells(f"kfx.sketch({given})")
    assert isinstance(cells.error, TypeError)
    assert "starts at symbolic tensors" in str(cells.error)


def test_the_view_types_are_named_by_what_they_show(cells):
    cells(START + "\ns = kfx.sketch(inputs)")
    assert repr(cells.ns["s"]) == "<Sketch of 'inputs'>"
    assert isinstance(cells.ns["s"], Sketch)
    cells("layers.LSTM(3, name='read')(inputs)")
    assert repr(kfx.explain_error(cells.error)) == "<Mistake at 'read'>"
    assert isinstance(kfx.explain_error(cells.error), MistakeView)
