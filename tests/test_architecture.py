"""The import directions of the house, held by a table: data in the middle, pictures at the edge."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "kfx"
FACTS = {  # plain values: every room may use them
    "graph.facts", "graph.walk", "graph.mistake", "graph.sketched", "graph.compare", "graph.union",
}  # fmt: skip
JOURNAL = {"training.journal", "training.buckets", "training.diagnose"}  # what is known of a run: plain arrays, no Keras
LIBRARIES = {"keras", "tensorflow", "anywidget", "ipywidgets", "traitlets", "IPython", "matplotlib", "pandas"}

# room -> (rooms of kfx it may import, libraries out of LIBRARIES it may import)
ALLOWED = {
    "errors": (set(), set()),
    "quiet": (set(), {"keras", "tensorflow"}),
    "graph": ({"errors", "quiet"}, {"keras", "tensorflow"}),
    "features": ({"errors", "quiet", "graph"}, {"keras", "tensorflow"}),
    "training": ({"errors", "quiet", "graph", "features"}, {"keras", "tensorflow", "pandas"}),
    "draw": ({"errors", *FACTS, *JOURNAL}, {"pandas"}),
    "widgets": ({"errors", "draw", *FACTS}, {"anywidget", "ipywidgets", "traitlets"}),
    "notebook": ({"errors", "quiet", "draw", "widgets", *FACTS}, {"IPython", "ipywidgets", "anywidget"}),
    "datasets": ({"errors", "quiet"}, {"keras", "tensorflow"}),
}
TOP = {"views", "cli", "__init__", "__main__", "exercises", "testing", "callbacks"}  # they join the rooms

MODULES = sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Every module a file imports anywhere in it, ``from kfx.graph import walk`` as ``kfx.graph.walk``."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports are not used here"
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py").removeprefix("cli_")


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_to_the_middle(path):
    room = room_of(path)
    if room in TOP or path.name.startswith("cli"):
        return
    rooms, libraries = ALLOWED[room]
    for name in imports(path):
        top, *rest = name.split(".")
        if top in LIBRARIES:
            assert top in libraries, f"{room} may not import {top}"
        if top == "kfx" and rest and rest[0] != room:
            allowed = any(".".join(rest[: len(ok.split("."))]) == ok for ok in rooms)
            assert allowed, f"{room} may not import {name}"


def test_the_check_sees_a_forbidden_import(tmp_path):
    file = tmp_path / "x.py"
    file.write_text("def f():\n    from keras import layers\n")
    assert imports(file) == {"keras.layers"}


def test_folders_stay_flat_and_no_room_is_called_utils():
    for path in MODULES:
        parts = path.relative_to(PACKAGE).parts
        assert len(parts) <= 2, f"{path} is a third level"
        assert not {"utils", "helpers", "common", "misc"} & {p.removesuffix(".py") for p in parts}


def test_a_widget_has_a_script_and_a_sheet_of_its_stem():
    folder = PACKAGE / "widgets"
    for path in folder.glob("*.py"):
        if "_esm" in path.read_text(encoding="utf-8") and path.stem != "base":
            assert (folder / f"{path.stem}.js").exists(), f"{path.stem}.js is missing"
            assert (folder / f"{path.stem}.css").exists(), f"{path.stem}.css is missing"


def test_no_script_writes_markup_from_data():
    for path in (PACKAGE / "widgets").glob("*.js"):
        source = path.read_text(encoding="utf-8")
        assert not [way for way in ("innerHTML", "insertAdjacentHTML", "document.write") if way in source], path


def test_no_module_works_at_import_or_uses_a_global():
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{path} does not say its one idea"
        for node in ast.walk(tree):
            assert not isinstance(node, ast.Global), f"{path}: global"
        for node in tree.body:
            call = node.value if isinstance(node, ast.Expr) else None
            if isinstance(call, ast.Call):
                assert path.name == "__main__.py", f"{path}:{node.lineno} calls something at import"
