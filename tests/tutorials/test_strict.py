"""Strict nbval as the test command runs it: it passes the notebook, and it sees a change in a checked output."""

import shutil
import subprocess
import sys

import nbformat
import pytest
from build import notebook_of, run
from cells import TUTORIALS, Cell

DRAWING = "data:image/svg+xml;base64,{}"
CELLS = (
    Cell("setup", "code", "from IPython.display import display"),
    Cell("number", "code", "print('loss', 0.25)\n[6 * 7]"),
    Cell(
        "picture",
        "code",
        f"display({{'text/plain': 'two layers', 'text/html': '<img alt=\"\" src=\"{DRAWING.format('QUJD')}\">'}}, raw=True)",
    ),
)


@pytest.fixture(scope="module")
def stored():
    """A small executed notebook."""
    notebook = notebook_of(CELLS)
    run(notebook)
    return nbformat.writes(notebook)


@pytest.fixture
def compare(tmp_path):
    """``compare(text)`` puts a notebook where tutorials lie and runs pytest on it, as strictly as the repository does."""
    (tmp_path / "pyproject.toml").write_bytes((TUTORIALS.parent / "pyproject.toml").read_bytes())
    folder = tmp_path / "tutorials"
    folder.mkdir()
    for module in ("conftest", "build", "cells", "rules"):
        shutil.copy(TUTORIALS / f"{module}.py", folder)

    def run_pytest(text):
        (folder / "x.ipynb").write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "--color=no", "-p", "no:cacheprovider", "tutorials"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    return run_pytest


def test_an_unchanged_notebook_passes(stored, compare):
    code, said = compare(stored)
    assert code == 0, said
    assert "3 passed" in said


@pytest.mark.parametrize(
    ("before", "after"),
    [("loss 0.25", "loss 0.26"), ("[42]", "[43]"), ("two layers", "three layers"), ("<img alt", "<img class=x alt")],
    ids=["printed", "result", "text of a view", "html of a view"],
)
def test_one_altered_output_fails(stored, compare, before, after):
    assert stored.count(before) == 1 + (before not in ("[42]", "loss 0.25"))
    cut = stored.rindex(before) if before != "loss 0.25" else stored.index(before)
    code, said = compare(stored[:cut] + after + stored[cut + len(before) :])
    assert code == 1, said
    assert "Cell outputs differ" in said


def test_only_the_bytes_of_a_drawing_may_differ(stored, compare):
    code, said = compare(stored.replace('base64,QUJD\\">"', 'base64,REVG\\">"'))
    assert code == 0, said


def test_a_missing_output_fails(stored, compare):
    notebook = nbformat.reads(stored, as_version=4)
    notebook.cells[1].outputs = []
    code, said = compare(nbformat.writes(notebook))
    assert code == 1
    assert "Unexpected output fields" in said
