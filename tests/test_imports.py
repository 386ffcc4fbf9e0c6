"""``import kfx`` stays light, and the public table names what exists."""

import ast
import builtins
import re
import subprocess
import sys
from pathlib import Path

import pytest

import kfx
import kfx.errors

HEAVY = ("keras", "tensorflow", "matplotlib", "ipywidgets", "anywidget", "IPython", "pandas", "graphviz", "numpy")


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_importing_kfx_loads_neither_keras_nor_matplotlib_nor_a_widget_library():
    loaded = run(f"import sys, kfx; print([m for m in {HEAVY!r} if m in sys.modules])")
    assert loaded == "[]"


def test_importing_the_data_room_loads_no_keras():
    assert run("import sys, kfx.datasets; print([m for m in ('keras', 'tensorflow') if m in sys.modules])") == "[]"


def test_facts_and_pictures_can_be_used_without_keras():
    code = (
        "import sys, pkgutil, importlib, kfx.draw, kfx.model.facts, kfx.model.walk\n"
        "for m in pkgutil.iter_modules(kfx.draw.__path__): importlib.import_module('kfx.draw.' + m.name)\n"
        "print([m for m in ('keras', 'tensorflow', 'anywidget', 'IPython') if m in sys.modules])"
    )
    assert run(code) == "[]"


def error_classes():
    return {name for name, thing in vars(kfx.errors).items() if isinstance(thing, type) and issubclass(thing, Exception)}


def test_every_error_class_is_on_the_public_face_and_a_child_of_one():
    assert error_classes() <= set(kfx.__all__)
    assert all(issubclass(getattr(kfx.errors, name), kfx.errors.KfxError) for name in error_classes())


def test_no_error_class_lives_elsewhere():
    """Also those that docstrings name under *Raises*: each is one of Python's own or one of `kfx.errors`."""
    for path in Path(kfx.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and path.name != "errors.py":
                assert not node.name.endswith("Error"), f"{path}: {node.name} belongs into errors.py"
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                raises = re.search(r"Raises:\n((?:[ ]+.*\n?)*)", ast.get_docstring(node) or "")
                named = re.findall(r"^\s+(\w+Error):", raises[1], re.MULTILINE) if raises else []
                assert set(named) <= error_classes() | set(dir(builtins)), f"{path}: {node.name}"


def test_every_public_name_is_there_and_documented():
    for name in kfx.__all__:
        thing = getattr(kfx, name)
        assert (thing.__doc__ or "").strip(), f"kfx.{name} has no docstring"


def test_an_unknown_name_is_refused_with_the_list():
    with pytest.raises(AttributeError, match=r"'sumary'.*summary"):
        kfx.sumary  # noqa: B018
