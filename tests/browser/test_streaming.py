"""The bar of values on their way to disk in real JupyterLab: it moves while the cell runs, and a line stays in the file."""

from lab import write_notebook

SETUP = """
import tempfile, time
from kfx.keras_access.importing import import_keras
keras = import_keras()
import kfx, numpy as np
i = keras.Input((4,), name="i")
model = keras.Model(i, keras.layers.Dense(2, name="o")(i), name="little")
folder = tempfile.mkdtemp()
def batches():
    for n in range(40):
        time.sleep(0.05)
        yield np.full((50, 4), n, "float32")
"""
RUN = "stored = kfx.extract(model, batches(), to=folder + '/f')"


def test_the_bar_moves_and_a_line_stays(lab):
    write_notebook(lab.root / "streaming.ipynb", SETUP, RUN)
    page = lab.open("streaming.ipynb")
    lab.run_cell(0)
    page.evaluate("() => { kfxPanel.content.deselectAll(); kfxPanel.content.activeCellIndex = 1; }")
    page.evaluate("() => { (window.jupyterapp || window.jupyterlab).commands.execute('notebook:run-cell'); }")
    view = lab.output(1).locator(".kfx-live")
    words = view.locator(".kfx-stream-words")
    words.wait_for()
    first = words.inner_text()
    page.wait_for_function("([node, first]) => node.innerText !== first", arg=[words.element_handle(), first])
    assert "of" not in words.inner_text().split("examples")[0], "nobody knows how many there are"
    lab.wait_idle()
    assert words.inner_text() == "2,000 examples · 48.0 kB written"
    assert view.get_by_role("progressbar", name="Written").get_attribute("aria-valuenow") == "100"
    assert lab.said == []
    outputs = lab.save()["cells"][1]["outputs"]
    texts = ["".join(output["data"]["text/plain"]) for output in outputs]
    assert texts == ["", "little: 2,000 examples written (48.0 kB)"]
    for session in lab.api("GET", "/api/sessions"):
        lab.api("DELETE", f"/api/sessions/{session['id']}")
    lab.open("streaming.ipynb", kernel=None)
    lab.output(1).locator(".kfx-static").wait_for()
    assert lab.faces(1) == ["static"]
    assert lab.output(1).locator("progress").get_attribute("value") == "1.000"
