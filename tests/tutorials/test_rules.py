"""Each rule sees what it is there to see: one thing is spoilt in a good notebook."""

import nbformat
import pytest
from rules import WIDGET, problems


def html(text):
    return nbformat.v4.new_output("display_data", data={"text/html": text, "text/plain": "a view"})


def widget(plain=""):
    return nbformat.v4.new_output("display_data", data={WIDGET: {"model_id": "a" * 32}, "text/plain": plain})


@pytest.fixture
def good():
    make = nbformat.v4.new_code_cell
    look = make("look()", id="look", execution_count=2, outputs=[html("<p>static</p>"), widget()])
    notebook = nbformat.v4.new_notebook(cells=[make("setup()", id="setup", execution_count=1), look])
    notebook.nbformat_minor = 5
    return notebook


def test_a_good_notebook_has_no_problem(good):
    assert problems(good) == []


def spoil(path, value):
    """Set one place of the notebook's last cell."""

    def change(notebook):
        setattr(notebook.cells[-1], path, value)

    return change


def stream(name, text):
    return [nbformat.v4.new_output("stream", name=name, text=text)]


SPOILT = {
    "not executed": (spoil("execution_count", None), "not run once each from top to bottom"),
    "executed out of order": (spoil("execution_count", 7), "not run once each from top to bottom"),
    "nothing to see": (spoil("outputs", []), "'look' shows nothing"),
    "an id twice": (spoil("id", "setup"), "share an id"),
    "stderr": (spoil("outputs", stream("stderr", "W0000 noise")), "writes to stderr: 'W0000 noise'"),
    "an error": (spoil("outputs", [nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])]), "raises E without"),
    "a home directory": (spoil("outputs", stream("stdout", "/" + "home/me/x")), "'/home/', which"),
    "a memory address": (spoil("outputs", stream("stdout", "<object at 0x7f00deadbeef>")), "'0x7f00deadbeef'"),
    "an address": (spoil("outputs", stream("stdout", "at 10.0.0.7")), "'10.0.0.7'"),
    "a random id": (spoil("outputs", [html("<p id='1b4e28ba-2fa1-11d2-883f-0016d3cca427'>")]), "1b4e28ba"),
    "a strange host": (spoil("source", "see('https://packages.example/simple')"), "names the host 'packages.example'"),
    "a widget alone": (spoil("outputs", [widget()]), "no static face beside it"),
    "a widget with a text": (spoil("outputs", [html("x"), widget("Live()")]), "text is not empty: 'Live()'"),
    "a long cell": (spoil("source", "x\n" * 13), "longer than 12 lines"),
    "an exemption": (spoil("metadata", nbformat.from_dict({"tags": ["nbval-ignore-output"]})), "does not say why"),
    "a marker": (spoil("source", "# NBVAL_SKIP\nx"), "does not say why"),
    "a time": (spoil("metadata", nbformat.from_dict({"execution": {"shell.execute_reply": "2026"}})), "stores when it was run"),
    "weight": (spoil("outputs", stream("stdout", "x " * 300_000)), "heavier than 500,000 bytes"),
    "widget state": (lambda nb: nb.metadata.update(widgets={}), "stores widget state"),
    "a version": (lambda nb: nb.metadata.update(language_info={"name": "python", "version": "3.1"}), "tells about the machine"),
    "no notebook": (spoil("cell_type", "coda"), "not a valid notebook"),
    "a noisy set-up": (lambda nb: nb.cells[0].update(outputs=stream("stdout", "hello")), "set-up cell prints"),
}


@pytest.mark.filterwarnings("ignore:Non-unique cell id")
@pytest.mark.parametrize(("change", "said"), SPOILT.values(), ids=SPOILT.keys())
def test_what_is_spoilt_is_found(good, change, said):
    change(good)
    assert any(said in problem for problem in problems(good)), problems(good)


def test_a_drawing_may_hold_any_bytes(good):
    good.cells[-1].outputs = [html('<img alt="x" src="data:image/svg+xml;base64,AAAA0x7f00deadbeef//home/x+=">')]
    assert problems(good) == []


def test_the_static_face_may_stand_before_or_behind_the_widget(good):
    good.cells[-1].outputs = [widget(), html("what became of it")]
    assert problems(good) == []


@pytest.mark.parametrize("mime", ["image/png", "image/jpeg"])
def test_a_photograph_may_hold_any_bytes(good, mime):
    good.cells[-1].outputs = [
        nbformat.v4.new_output("display_data", data={mime: "AAAA0x7f00deadbeef//home/x+=", "text/plain": "x"})
    ]
    assert problems(good) == []


def test_a_reason_beside_the_exemption_is_enough(good):
    good.cells[-1].metadata = nbformat.from_dict({"tags": ["nbval-ignore-output"]})
    good.cells[-1].source = "# Not compared: the time of day is never the same\nlook()"
    assert problems(good) == []
