"""One server and one browser for all browser tests; where there is no Chromium they say what to install."""

import os

import pytest
from lab import Lab, find_chromium, write_notebook

MISSING = (
    "No Chromium to drive: install it (Debian: apt-get install chromium; anywhere: playwright install chromium) "
    "or name one in KFX_CHROMIUM."
)

# Models that the views are tried on; `hostile` gets its names afterwards, since Keras itself refuses some of them.
MODELS = """
%load_ext kfx
import keras, kfx
from keras import layers

def encoder():
    x = keras.Input((16, 16, 3), name="pixels")
    y = layers.Conv2D(8, 3, padding="same", activation="relu", name="first")(x)
    z = layers.Conv2D(8, 3, padding="same", name="second")(y)
    return keras.Model(x, layers.Add(name="both")([y, z]), name="encoder")

image = keras.Input((16, 16, 3), name="image")
x = encoder()(image)
x = layers.GlobalAveragePooling2D(name="pool")(x)
nested = keras.Model(image, layers.Dense(10, activation="softmax", name="scores")(x), name="nested")

names = ["<script>window.kfxHarm=1</script>", "<img src=x onerror=alert(1)>", "a<b>&c", 'quoted" onload="alert(2)', "n" * 10000,
         "two\\nlines", "합성곱", "🦊", "טבלה", "half\\ud83d", "bell\\x07\\x1b[31m"]
x = harm = keras.Input((4,), name="start")
for _ in names:
    x = layers.Dense(4)(x)
hostile = keras.Model(harm, x, name="hostile")
for layer, name in zip(hostile.layers[1:], names):
    layer.name = name
hostile.name = names[0]
"""


@pytest.fixture(scope="session")
def chromium():
    """The browser's path; without one the test skips, and in CI it fails."""
    found = find_chromium()
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    return found


@pytest.fixture(scope="session")
def lab(chromium, tmp_path_factory):
    """A running JupyterLab (with Notebook 7 beside it) and a browser; notebooks go to ``lab.root``."""
    with Lab(tmp_path_factory.mktemp("notebooks"), chromium) as lab:
        yield lab


@pytest.fixture
def show(lab):
    """``show("kfx.summary(nested)")`` runs a line in a JupyterLab where `MODELS` are there; returns the live view."""
    if lab.name != "scratch.ipynb":
        write_notebook(lab.root / "scratch.ipynb", MODELS, "")
        lab.open("scratch.ipynb")
        lab.run_all()
    lab.said.clear()

    def run(source):
        live = lab.run_source(1, source).locator(".kfx-live")
        live.wait_for()
        return live

    yield run
    assert lab.said == [], "no error on the console"
    assert lab.dialogs == []
