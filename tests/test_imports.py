"""``import kfx`` stays light, and the public table names what exists."""

import subprocess
import sys

import pytest

import kfx

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


def test_every_public_name_is_there_and_documented():
    for name in kfx.__all__:
        thing = getattr(kfx, name)
        assert (thing.__doc__ or "").strip(), f"kfx.{name} has no docstring"


def test_an_unknown_name_is_refused_with_the_list():
    with pytest.raises(AttributeError, match=r"'sumary'.*summary"):
        kfx.sumary  # noqa: B018
