"""What widgets showed is read from the state that notebooks hold: controls of ipywidgets, boxes, outputs, pictures."""

import pytest

from kfx.publish.stored_widgets import STATE, kind_of, shown, stored_models


def model(name, layout=None, buffers=None, **state):
    if layout:
        state["layout"] = f"IPY_MODEL_{layout}"
    return {"model_name": f"{name}Model", "model_module": "@jupyter-widgets/controls", "state": state} | (
        {"buffers": buffers} if buffers else {}
    )


def box(kind, *children, **more):
    return model(kind, children=[f"IPY_MODEL_{child}" for child in children], **more)


def said(**models):
    """What the model called ``it`` showed."""
    return shown("it", models)


CHOICE = {"_options_labels": ["adam", "sgd"], "index": 1}
CONTROLS = {
    "FloatSlider": ({"value": 0.5, "min": 0.0, "max": 1.0, "description": "rate"}, "rate: 0.5 (from 0 to 1)"),
    "IntRangeSlider": ({"value": [2, 5], "min": 0, "max": 9}, "2 to 5 (from 0 to 9)"),
    "Dropdown": ({**CHOICE, "description": "optimizer:"}, "optimizer: sgd (of adam, sgd)"),
    "SelectMultiple": ({**CHOICE, "index": [0, 1]}, "adam, sgd (of adam, sgd)"),
    "RadioButtons": ({**CHOICE, "index": None}, "nothing (of adam, sgd)"),
    "SelectionRangeSlider": ({**CHOICE, "index": [0, 1]}, "adam to sgd (of adam, sgd)"),
    "Checkbox": ({"value": True, "description": "shuffle"}, "[x] shuffle"),
    "ToggleButton": ({"value": False, "description": "go"}, "[ ] go"),
    "Button": ({"description": "Run"}, "[Run]"),
    "Text": ({"value": "a <b>", "description": "name"}, "name: a <b>"),
    "Password": ({"value": "secret", "description": "key"}, "key: ••••"),
    "Label": ({"value": "words"}, "words"),
    "HTML": ({"value": "<h3>Head</h3><p>1 &lt;\n 2</p>"}, "Head\n1 < 2"),
    "IntProgress": ({"value": 7, "min": 0, "max": 10, "description": "load"}, "load: |███████   |"),
    "FloatProgress": ({"value": 1.25, "min": 0.0, "max": 10.0}, "|█▎        |"),
    "TagsInput": ({"value": ["a", "b"]}, "a, b"),
    "ColorPicker": ({"value": "red"}, "red"),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_says_its_name_and_value(name):
    state, words = CONTROLS[name]
    assert said(it=model(name, **state)) == [words]


def test_a_bar_of_tqdm_is_one_line():
    models = {
        "it": box("HBox", "a", "b", "c"),
        "a": model("HTML", value="epochs: 100%"),
        "b": model("FloatProgress", value=20.0, min=0.0, max=20.0),
        "c": model("HTML", value="\u200720/20\u2007[00:01&lt;00:00,\u200719.5it/s]"),
    }
    assert shown("it", models) == ["epochs: 100% |██████████| 20/20 [00:01<00:00, 19.5it/s]"]


def test_a_bar_that_was_taken_away_shows_nothing():
    hidden = {"model_name": "LayoutModel", "model_module": "", "state": {"display": "none"}}
    assert said(it=box("HBox", "a", layout="l"), a=model("Label", value="x"), l=hidden) == []


def test_an_output_gives_what_was_in_it_between_the_texts_around_it():
    stream = {"output_type": "stream", "name": "stdout", "text": "n is 5\n"}
    models = {
        "it": box("VBox", "n", "m", "out", "end"),
        "n": model("IntSlider", value=5, min=0, max=9),
        "m": model("Label", value="x"),
        "out": model("Output", outputs=[stream, "no output"]),
        "end": model("Label", value="done"),
    }
    assert shown("it", models) == ["5 (from 0 to 9)\nx", stream, "done"]


@pytest.mark.parametrize("titles", [{"titles": ["One", "Two"]}, {"_titles": {"0": "One", "1": "Two"}}], ids=["8", "7"])
def test_pages_are_told_with_their_titles(titles):
    assert said(it=box("Tab", "a", "b", **titles), a=model("Label", value="x"), b=model("Label", value="y")) == [
        "One:\nx\nTwo:\ny"
    ]


def test_a_picture_is_a_picture():
    held = [{"path": ["value"], "encoding": "base64", "data": "UE5H"}]
    (picture,) = said(it=model("Image", format="png", buffers=held))
    assert picture["data"]["image/png"] == "UE5H"
    (drawn,) = said(it=model("MPLCanvas", _data_url="data:image/png;base64,UE5H"))
    assert drawn["data"] == picture["data"]


def test_rich_html_stays_html():
    (table,) = said(it=model("HTML", value="<table><tr><td>1</td></tr></table>"))
    assert table["data"] == {"text/html": "<table><tr><td>1</td></tr></table>", "text/plain": "1"}


def test_what_is_not_known_is_named_in_its_place_and_alone_is_none():
    unknown = model("Any", _anywidget_id="lib.plots.Scatter")
    assert said(it=box("VBox", "a", "b"), a=model("Label", value="x"), b=unknown) == [
        "x\n[Scatter: shown only while the notebook runs]"
    ]
    assert said(it=unknown) is None
    assert kind_of("it", {"it": unknown}) == "Scatter"
    assert kind_of("it", {}) is None


@pytest.mark.parametrize("children", [("it",), ("a", "a"), ("gone",)])
def test_boxes_that_hold_themselves_come_to_an_end(children):
    shown("it", {"it": box("VBox", *children), "a": box("VBox", *["it", "a"] * 5)})


@pytest.mark.parametrize(
    "state",
    [
        {"value": float("nan"), "min": 0, "max": 1},
        {"value": "x", "min": [], "max": {}},
        {"value": 1, "min": 5, "max": 5},
        {"_options_labels": 7, "index": "a"},
        {"children": "abc", "outputs": {}, "titles": 3, "description": ["x"], "layout": 9},
    ],
)
@pytest.mark.parametrize(
    "name", ["FloatProgress", "Dropdown", "VBox", "Tab", "Output", "Image", "Text", "SelectionRangeSlider"]
)
def test_nonsense_in_a_state_raises_nothing(name, state):
    shown("it", {"it": model(name, **state)})


MODELS = {"it": model("Label", value="x")}


@pytest.mark.parametrize(
    "widgets",
    [{STATE: {"state": MODELS, "version_major": 2}}, {STATE: MODELS}, {"state": MODELS, "version": "1.1"}, {"state": MODELS}],
    ids=["right", "without its key", "old", "older"],
)
def test_the_state_is_found_in_every_form_it_is_saved_in(widgets):
    assert stored_models({"metadata": {"widgets": widgets}}) == MODELS


@pytest.mark.parametrize("widgets", [None, [], "x", {STATE: []}, {STATE: {"state": 3}}, {STATE: {"a": {"state": {}}}}])
def test_a_state_that_is_none_is_empty(widgets):
    assert stored_models({"metadata": {"widgets": widgets}}) == {}
    assert stored_models({}) == {}
