"""One server and one browser for all browser tests; where there is no Chromium they say what to install."""

import os

import pytest
from lab import Lab, find_chromium, write_notebook
from tried_models import MODELS

MISSING = (
    "No Chromium to drive: install it (Debian: apt-get install chromium; anywhere: playwright install chromium) "
    "or name one in KFX_CHROMIUM."
)


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
