"""A frozen notebook holds nothing that needs a kernel, says what it showed, and is otherwise the notebook that it was."""

import copy
import json
import os
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from kfx.errors import NotebookError
from kfx.publish.freeze import VIEW, Change, freeze
from kfx.publish.stored_widgets import STATE
from kfx.testing import SANITIZER


def code(*outputs, source="look()"):
    return {
        "cell_type": "code",
        "execution_count": 1,
        "id": f"c{len(source)}",
        "metadata": {},
        "outputs": list(outputs),
        "source": source,
    }


def show(kind="display_data", **data):
    names = {"html": "text/html", "text": "text/plain", "png": "image/png", "view": VIEW}
    output = {"output_type": kind, "data": {names[key]: value for key, value in data.items()}, "metadata": {}}
    return output | ({"execution_count": 1} if kind == "execute_result" else {})


def stream(*text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": list(text)}


def book(*cells, **metadata):
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def view(model_id="m"):
    return {"model_id": model_id, "version_major": 2, "version_minor": 0}


def widget(name, **state):
    return {"model_name": f"{name}Model", "model_module": "@jupyter-widgets/controls", "state": state}


def state_of(**models):
    return {STATE: {"state": models, "version_major": 2, "version_minor": 0}}


KFX = '<div class="kfx-static kfx-s-0123456789ab">a table</div>'
SLIDER = widget("FloatSlider", value=0.5, min=0.0, max=1.0, description="rate")


def outputs(notebook, cell=0):
    nbformat.validate(nbformat.from_dict(notebook))
    return notebook["cells"][cell]["outputs"]


# ------------------------------------------------------------------------------------------------ live views


def test_a_live_view_of_kfx_gives_way_to_its_static_face():
    notebook = book(code(show(html=KFX, text="2 layers"), show(view=view(), text="")))
    assert freeze(notebook) == [Change(1, "a live view gives way to its static face")]
    assert [output["data"] for output in outputs(notebook)] == [
        {"text/html": KFX, "text/plain": "2 layers"},
        {"text/plain": ""},
    ]


def test_a_view_with_a_picture_beside_it_leaves_the_picture():
    notebook = book(code(show(view=view(), html="<img>", png="UE5H", text="Canvas(...)")))
    (change,) = freeze(notebook)
    assert change.what == "a live view gives way to the image/png and text/html beside it"
    assert outputs(notebook)[0]["data"] == {"text/html": "<img>", "image/png": "UE5H", "text/plain": "Canvas(...)"}


def test_a_view_with_a_stored_state_says_what_it_showed():
    notebook = book(code(show("execute_result", view=view(), text=["FloatSlider(value=0.5)"])), widgets=state_of(m=SLIDER))
    what = [change.what for change in freeze(notebook)]
    assert what == [
        "a live view (FloatSlider) is now what it showed",
        "the stored widget state (metadata.widgets) is removed: nothing shows it",
    ]
    assert outputs(notebook) == [show("execute_result", text=["rate: 0.5 (from 0 to 1)"])]
    assert notebook["metadata"] == {}


def test_a_view_with_no_state_keeps_its_text():
    notebook = book(code(show("execute_result", view=view(), text="FloatSlider(value=0.5)")))
    assert freeze(notebook)[0].what == "a live view gives way to its text"
    assert outputs(notebook)[0]["data"] == {"text/plain": "FloatSlider(value=0.5)"}


@pytest.mark.parametrize("text", ["", "<lib.Plot object at 0x7f00deadbeef>", None])
def test_a_view_that_says_nothing_becomes_a_calm_sentence(text):
    data = {"view": view()} if text is None else {"view": view(), "text": text}
    notebook = book(code(show(**data)), widgets=state_of(m=widget("Any", _anywidget_id="lib.plots.Scatter")))
    freeze(notebook)
    assert outputs(notebook)[0]["data"] == {"text/plain": "A live view (Scatter) stood here. Run the notebook to see it."}


def test_what_was_in_an_output_widget_stands_in_the_cell_and_is_frozen_too():
    inner = [{"output_type": "stream", "name": "stdout", "text": " 50%\r100%\n"}, show(view=view("s"), text="FloatSlider()")]
    models = {"m": widget("VBox", children=["IPY_MODEL_s", "IPY_MODEL_o"]), "s": SLIDER, "o": widget("Output", outputs=inner)}
    notebook = book(code(show(view=view(), text="interactive(...)")), widgets=state_of(**models))
    freeze(notebook)
    words = "rate: 0.5 (from 0 to 1)"
    assert outputs(notebook)[0]["data"] == {"text/plain": words}
    assert outputs(notebook)[1]["text"] == "100%\n"
    assert outputs(notebook)[2]["data"] == {"text/plain": words}


def test_outputs_in_outputs_in_outputs_come_to_an_end():
    models = {"m": widget("Output", outputs=[show(view=view(), text="Output()")] * 2)}
    notebook = book(code(show(view=view(), text="Output()")), widgets=state_of(**models))
    freeze(notebook)
    assert 0 < len(outputs(notebook)) < 100
    assert VIEW not in json.dumps(notebook)


def test_views_with_a_state_may_be_kept_and_their_state_is_repaired():
    live, dead = show(view=view(), text="FloatSlider()"), show(view=view("gone"), text="Other()")
    notebook = book(code(live, dead), widgets={STATE: {"m": SLIDER}})  # as some hosts save it, without the key "state"
    what = [change.what for change in freeze(notebook, keep_widgets=True)]
    assert what == ["a live view gives way to its text", "the stored widget state (metadata.widgets) is repaired"]
    assert VIEW in outputs(notebook)[0]["data"]
    assert VIEW not in outputs(notebook)[1]["data"]
    assert notebook["metadata"]["widgets"] == state_of(m=SLIDER)
    assert freeze(notebook, keep_widgets=True) == []


@pytest.mark.parametrize("widgets", [{}, {STATE: {"m": SLIDER}}, {"state": {}}, None, [], "x"])
def test_a_state_that_a_host_would_refuse_is_removed(widgets):
    notebook = book(code(), widgets=widgets, kernelspec={"name": "python3", "display_name": "Python 3"})
    assert len(freeze(notebook)) == 1
    assert set(notebook["metadata"]) == {"kernelspec"}


# ------------------------------------------------------------------------------------------------ text and size


def test_pieces_of_a_progress_bar_become_one_line_and_colours_stay():
    notebook = book(
        code(stream("\r", "  0%"), stream("\r", "100%"), stream("\n"), stream("\x1b[31mred\x1b[0m\n", name="stderr"))
    )
    assert [change.what for change in freeze(notebook)] == [
        "3 pieces of a stream joined",
        "control characters squashed to the text that they leave",
    ]
    assert outputs(notebook) == [stream("100%\n"), stream("\x1b[31mred\x1b[0m\n", name="stderr")]


def test_a_traceback_keeps_its_colours_and_loses_its_bells():
    error = {"output_type": "error", "ename": "E", "evalue": "b\x07ad", "traceback": ["\x1b[31mE\x1b[0m: b\x07ad\x1b[1G"]}
    notebook = book(code(error))
    freeze(notebook)
    assert outputs(notebook)[0]["evalue"] == "bad"
    assert outputs(notebook)[0]["traceback"] == ["\x1b[31mE\x1b[0m: bad"]


def test_what_is_too_heavy_is_cut_and_says_so():
    notebook = book(code(stream("line\n" * 20_000)))
    assert freeze(notebook, most=20_000)[0].what.startswith("text of 100 kB cut to 20 kB")
    assert "left out by kfx freeze" in "".join(outputs(notebook)[0]["text"])


# ------------------------------------------------------------------------------------------------ what stays


RICH = book(
    code(
        stream("a\n"),
        show(html="<b>x</b>", text="x"),
        show("execute_result", png="UE5H", text="<Figure>"),
        source="%matplotlib inline",
    ),
    {
        "cell_type": "markdown",
        "id": "words",
        "metadata": {},
        "source": "a\rb\x07 <script>",
        "attachments": {"a.png": {"image/png": "UE5H"}},
    },
    {"cell_type": "raw", "id": "raw", "metadata": {"format": "x"}, "source": ["\x1b[A"]},
    code({"output_type": "error", "ename": "E", "evalue": "", "traceback": ["\x1b[31mE\x1b[0m"]}, source="raise E  # \r"),
    colab={"provenance": []},
)


def test_a_notebook_with_nothing_to_do_is_not_changed():
    notebook = copy.deepcopy(RICH)
    assert freeze(notebook) == []
    assert notebook == RICH
    assert list(notebook["cells"][0]) == list(RICH["cells"][0])


def test_code_and_words_are_never_touched_and_a_second_time_changes_nothing():
    notebook = book(
        code(show(view=view(), text=""), stream("a\rb"), source="x\r\x07" * 1000),
        {"cell_type": "markdown", "id": "w", "metadata": {}, "source": "\x07" * 10_000},
        widgets={},
    )
    sources = [cell["source"] for cell in notebook["cells"]]
    assert freeze(notebook, most=1000)
    assert [cell["source"] for cell in notebook["cells"]] == sources
    once = copy.deepcopy(notebook)
    assert freeze(notebook, most=1000) == []
    assert notebook == once


# ------------------------------------------------------------------------------------------------ notebooks that are none


def test_what_is_merely_missing_is_put_in():
    bare = {
        "cells": [{"cell_type": "code", "source": "1", "outputs": [{"output_type": "execute_result", "data": {}}]}],
        "nbformat": 4,
    }
    what = [change.what for change in freeze(bare)]
    assert "the notebook had no metadata" in what
    assert "output 1 of cell 1 had no metadata" in what
    assert outputs(bare)
    assert freeze(bare) == []


def spoilt(change):
    notebook = copy.deepcopy(RICH)
    change(notebook)
    return notebook


SPOILT = {
    "cells": (lambda nb: nb.update(cells={}), "the cells: {} is not of type 'array'"),
    "no cells": (lambda nb: nb.pop("cells"), "the notebook: 'cells' is a required property"),
    "a cell": (lambda nb: nb["cells"].insert(1, "x"), "cell 2: 'x' is not "),
    "a type": (
        lambda nb: nb["cells"][0].update(cell_type="heading"),
        "cell 1: 'heading' is not a type of cells or outputs in format 4",
    ),
    "a type that is no text": (lambda nb: nb["cells"][0].update(cell_type=3), "the type of a cell is not a string"),
    "outputs": (lambda nb: nb["cells"][0].update(outputs="x"), "the outputs of cell 1: 'x' is not of type 'array'"),
    "an output": (lambda nb: nb["cells"][0]["outputs"].append(3), "output 4 of cell 1: 3 is not of type 'object'"),
    "an old output": (
        lambda nb: nb["cells"][0]["outputs"][0].update(output_type="pyout"),
        "output 1 of cell 1: 'pyout' is not a type of cells or outputs",
    ),
    "data": (
        lambda nb: nb["cells"][0]["outputs"][1].update(data=[]),
        "the data of output 2 of cell 1: \\[\\] is not of type 'object'",
    ),
    "metadata": (lambda nb: nb.update(metadata=[]), "the metadata: \\[\\] is not of type 'object'"),
    "text": (lambda nb: nb["cells"][0]["outputs"][0].update(text=[1]), "the text of output 1 of cell 1: \\[1\\] is not "),
}


@pytest.mark.parametrize("case", SPOILT)
def test_what_is_of_a_wrong_kind_is_refused_in_words(case):
    change, said = SPOILT[case]
    with pytest.raises(NotebookError, match=said):
        freeze(spoilt(change))


@pytest.mark.parametrize("held", [None, 3, [], {"model_id": ["x"]}, {"model_id": "__proto__"}])
def test_a_view_that_names_no_model_is_frozen_all_the_same(held):
    notebook = book(code(show(view=held, text="")), widgets=state_of(m=SLIDER))
    freeze(notebook)
    assert "stood here" in outputs(notebook)[0]["data"]["text/plain"]


# ------------------------------------------------------------------------------------------------ a notebook that was run

CELLS = (
    "from kfx.model.facts import LayerCall, LayerGraph, Tensor\n"
    "from kfx.views.summary.view import Summary\n"
    "outputs = (Tensor((None, 4), 'float32'),)\n"
    "first = LayerCall('first', ('first',), 'first', 'layer', 'Dense', 'dense', outputs=outputs)\n"
    "Summary(LayerGraph('tiny', 'Functional', 'exact', (first,), ()))",
    "import ipywidgets\nipywidgets.FloatSlider(value=0.5, max=1, description='rate')",
    "from tqdm.notebook import tqdm\nfor _ in tqdm(range(20), desc='epochs'):\n    pass",
    "for n in range(3):\n    print(f'\\r{n} of 2', end='')",
)


@pytest.fixture(scope="module")
def executed():
    """The notebook as ``jupyter nbconvert --execute`` leaves it, with the widgets' state."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    NotebookClient(notebook, timeout=120, store_widget_state=True, record_timing=False).execute()
    return json.loads(nbformat.writes(notebook))


@pytest.fixture(scope="module")
def frozen(executed):
    notebook = copy.deepcopy(executed)
    assert freeze(notebook)
    return notebook


def test_a_notebook_that_was_run_holds_nothing_live_afterwards(executed, frozen):
    assert json.dumps(executed).count(VIEW) == 3
    assert "widgets" in executed["metadata"]
    nbformat.validate(nbformat.from_dict(frozen))
    assert VIEW not in json.dumps(frozen)
    assert "widgets" not in frozen["metadata"]
    (static, nothing), (slider,), (bar,), (printed,) = (cell["outputs"] for cell in frozen["cells"])
    assert "kfx-static" in "".join(static["data"]["text/html"])
    assert nothing["data"] == {"text/plain": []}
    assert slider["data"] == {"text/plain": ["rate: 0.5 (from 0 to 1)"]}
    assert "".join(bar["data"]["text/plain"]).startswith("epochs: 100% |██████████| 20/20 [")
    assert "".join(printed["text"]) == "2 of 2"


def test_exported_it_shows_every_face_and_needs_no_script_of_widgets(frozen):
    page, _ = HTMLExporter().from_notebook_node(nbformat.reads(json.dumps(frozen), as_version=4))
    for words in ("kfx-static", "rate: 0.5 (from 0 to 1)", "epochs: 100% |██████████| 20/20", "2 of 2"):
        assert words in page
    assert "application/vnd.jupyter.widget-" not in page


def test_views_of_kfx_still_pass_strict_nbval(executed, tmp_path):
    kept = {**executed, "cells": [executed["cells"][0], executed["cells"][3]]}
    notebook = copy.deepcopy(kept)
    freeze(notebook)
    (tmp_path / "frozen.ipynb").write_text(json.dumps(notebook))
    notebook["cells"][0]["outputs"][0]["data"]["text/plain"][0] += "!"
    (tmp_path / "altered.ipynb").write_text(json.dumps(notebook))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env", str(tmp_path)]
    command += ["--nbval-sanitize-with", str(SANITIZER), "-c", os.devnull, "--rootdir", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "1 failed, 3 passed" in done.stdout, done.stdout[-3000:]
    assert "altered.ipynb::Cell 0" in done.stdout
