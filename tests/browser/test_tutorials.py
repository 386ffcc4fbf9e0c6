"""The tutorials as a reader meets them: static as they lie in the repository, live once they are run."""

import json
import shutil
from pathlib import Path

import pytest

TUTORIALS = Path(__file__).parents[2] / "tutorials"
WIDGET = "application/vnd.jupyter.widget-view+json"
NAMES = [f"{path.parent.name}/{path.name}" for path in sorted(TUTORIALS.glob("*/*.ipynb"))]
# The Korean ones have the code cells of the English ones, so that one of them will do.
ONCE = [n if n.startswith("en/") or "/01_" in n else pytest.param(n, marks=pytest.mark.thorough) for n in NAMES]


@pytest.fixture
def tutorial(request, lab):
    """A copy of a tutorial in the server's folder: its name there, and for the place of each cell with views, how many."""
    name = request.param.replace("/", "-")
    shutil.copy(TUTORIALS / request.param, lab.root / name)
    cells = json.loads((lab.root / name).read_text(encoding="utf-8"))["cells"]
    counts = {place: sum(WIDGET in o.get("data", {}) for o in cell.get("outputs", ())) for place, cell in enumerate(cells)}
    shown = {place: count for place, count in counts.items() if count}
    assert shown
    return name, shown


def views(lab, shown):
    """The faces of each cell's views; what the cell prints or raises beside them is left out."""
    return {place: [face for face in lab.faces(place) if face in ("live", "static")] for place in shown}


@pytest.mark.parametrize("tutorial", NAMES, indirect=True)
def test_without_a_kernel_every_view_is_static(lab, tutorial):
    name, shown = tutorial
    lab.open(name, kernel=None)
    assert views(lab, shown) == {place: ["static"] * count for place, count in shown.items()}
    assert lab.said == []


@pytest.mark.parametrize("tutorial", ONCE, indirect=True)
def test_before_it_is_run_every_view_is_static_and_afterwards_live(lab, tutorial):
    name, shown = tutorial
    page = lab.open(name)
    assert views(lab, shown) == {place: ["static"] * count for place, count in shown.items()}
    lab.run_all()
    page.wait_for_function("n => document.querySelectorAll('.kfx-live').length >= n", arg=sum(shown.values()))
    assert views(lab, shown) == {place: ["live"] * count for place, count in shown.items()}
    assert lab.said == []
    assert lab.dialogs == []
