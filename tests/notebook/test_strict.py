"""A notebook with a sketch that grows and a mistake passes strict nbval, run after run."""

import subprocess
import sys
from importlib.resources import files

import nbformat
import pytest
from nbclient import NotebookClient

CELLS = {
    "setup": "%load_ext kfx\nimport keras, kfx\nfrom keras import layers",
    "sketch": "inputs = kfx.Input((28, 28, 1), name='inputs')\ns = kfx.sketch(inputs)\ns",
    "grow": "x = layers.Conv2D(8, 3, activation='relu')(inputs)\nx = layers.Conv2D(8, 3)(x)",
    "mistake": "y = layers.LSTM(4)(x)",
    "repair": "y = layers.LSTM(4)(layers.Reshape((576, 8))(x))\nmodel = keras.Model(inputs, y, name='reader')",
    "marked": "s.mark(model)",
    "text": "print(s)",
}


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    book = nbformat.v4.new_notebook()
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for name, source in CELLS.items():
        tags = {"tags": ["raises-exception"]} if name == "mistake" else {}
        book.cells.append(nbformat.v4.new_code_cell(source, id=name, metadata=tags))
    NotebookClient(book, timeout=300, store_widget_state=False).execute()  # as JupyterLab saves
    path = tmp_path_factory.mktemp("strict") / "sketch.ipynb"
    nbformat.write(book, path)
    return path


def test_a_notebook_with_a_sketch_passes_twice(notebook):
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env"]
    command += [str(notebook), "--nbval-sanitize-with", str(files("kfx.testing") / "nbval.cfg")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=notebook.parent)
    assert done.returncode == 0, done.stdout[-3000:]
    assert f"{len(CELLS)} passed" in done.stdout


def test_its_outputs_are_small_and_says_what_happened(notebook):
    cells = {cell.id: cell for cell in nbformat.read(notebook, 4).cells}
    error, static, live = cells["mistake"].outputs
    assert error.output_type == "error"
    assert "refused its input" in static.data["text/plain"]
    assert live.data["text/plain"] == ""
    assert cells["grow"].outputs == []
    assert "model reader: inputs" in cells["text"].outputs[0].text
    assert len(nbformat.writes(nbformat.read(notebook, 4))) < 120_000
