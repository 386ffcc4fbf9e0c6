"""Strict nbval as the test command runs it: it passes the notebook, and it sees a change in a checked output."""

import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from build import notebook_of, run
from cells import TUTORIALS, Cell

PICTURE = '<div class="kfx-s-0123456789ab"><img alt="two layers" src="data:image/svg+xml;base64,QUJD"></div>'
CELLS = (
    Cell("setup", "code", "from IPython.display import display"),
    Cell("printed", "code", "print('loss', 0.25)"),
    Cell("result", "code", "[6 * 7]"),
    Cell("view", "code", f"display({{'text/plain': '2 layers', 'text/html': {PICTURE!r}}}, raw=True)"),
    Cell("command", "code", "!echo one&& echo two"),
)


def change_output(cell, find, put):
    """Alter the stored output of one cell, never its code."""

    def change(notebook):
        output = next(c for c in notebook.cells if c.id == cell).outputs[0]
        before = nbformat.writes(notebook)
        for holder, key in [(output, "text"), *((output.get("data", {}), mime) for mime in output.get("data", {}))]:
            if key in holder:
                holder[key] = holder[key].replace(find, put)
        assert nbformat.writes(notebook) != before

    return change


def forget(cell):
    def change(notebook):
        next(c for c in notebook.cells if c.id == cell).outputs = []

    return change


# name -> (what is altered, the cells that must fail for it)
VARIANTS = {
    "unchanged": (lambda notebook: None, set()),
    "other_bytes_of_a_drawing": (change_output("view", "QUJD", "REVG"), set()),
    "other_tie_to_the_widget": (change_output("view", "0123456789ab", "ba9876543210"), set()),
    "printed_number": (change_output("printed", "0.25", "0.26"), {"Cell 1"}),
    "result": (change_output("result", "42", "43"), {"Cell 2"}),
    "text_of_a_view": (change_output("view", "2 layers", "3 layers"), {"Cell 3"}),
    "html_of_a_view": (change_output("view", "two layers", "ten layers"), {"Cell 3"}),
    "word_of_a_command": (change_output("command", "two", "six"), {"Cell 4"}),
    "output_missing": (forget("result"), {"Cell 2"}),
}


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    """Run pytest once over all variants, configured as the repository is: variant -> the cells that failed."""
    root = tmp_path_factory.mktemp("clone")
    shutil.copy(TUTORIALS.parent / "pyproject.toml", root)
    folder = root / "tutorials"
    folder.mkdir()
    for module in ("conftest", "build", "cells", "rules"):
        shutil.copy(TUTORIALS / f"{module}.py", folder)
    stored = notebook_of(CELLS)
    run(stored)
    for name, (change, _) in VARIANTS.items():
        notebook = nbformat.from_dict(stored)
        change(notebook)
        nbformat.write(notebook, folder / f"{name}.ipynb")
    command = [sys.executable, "-m", "pytest", "-n0", "-v", "--color=no", "-p", "no:cacheprovider", "tutorials"]
    said = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False).stdout
    outcomes = re.findall(r"^tutorials/(\w+)\W+ipynb::(Cell \d+) (PASSED|FAILED)", said, re.MULTILINE)
    assert len(outcomes) == len(VARIANTS) * len(CELLS), said
    report = said.partition("short test summary")[0]  # in CI that summary repeats the messages
    assert report.count("Cell outputs differ") == sum(outcome == "FAILED" for *_, outcome in outcomes)
    return {name: {cell for one, cell, outcome in outcomes if one == name and outcome == "FAILED"} for name in VARIANTS}


@pytest.mark.parametrize("variant", VARIANTS)
def test_exactly_the_altered_cell_fails(failed, variant):
    assert failed[variant] == VARIANTS[variant][1]
