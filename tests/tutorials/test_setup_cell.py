"""The set-up cell of every tutorial, as on Colab: it installs kfx where it is missing, and nothing else anywhere."""

import builtins
import re
from pathlib import Path

import pytest
from cells import read_tutorial
from IPython.core.inputtransformer2 import TransformerManager
from packaging.requirements import Requirement

# What Colab's own kernel runs on, as its public sources and announcements named it up to 2026 (googlecolab/colabtools).
ON_COLAB = {
    "ipython": "7.34.0",
    "ipykernel": "6.17.1",
    "ipywidgets": "7.7.1",
    "tornado": "6.4.2",
    "traitlets": "5.7.1",
    "numpy": "2.0.2",
    "tensorflow": "2.19.0",
}


class Shell:
    """Stands for IPython: it writes down the magics that a cell runs; ``%pip`` makes kfx importable, as on Colab."""

    def __init__(self, installed):
        self.installed, self.magics = installed, []

    def run_line_magic(self, name, words):
        self.magics.append(f"%{name} {words}")
        self.installed = self.installed or name == "pip"


@pytest.mark.parametrize(("installed", "magics"), [(True, []), (False, ["%pip install --quiet ./kfx-*.whl"])])
def test_the_setup_cell_installs_kfx_where_it_is_missing_and_nothing_else(stem, installed, magics, monkeypatch):
    setup = next(cell for cell in read_tutorial(stem).cells if cell.name == "setup")
    code = TransformerManager().transform_cell("\n".join(line.replace("# %", "%") for line in setup.text.splitlines()))
    shell, real, imported = Shell(installed), builtins.__import__, []

    def fake(name, *rest):
        imported.append(name)
        if name == "kfx" and not shell.installed:
            raise ModuleNotFoundError("No module named 'kfx'")
        return real("math") if name == "kfx" else real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", fake)
    exec(compile(code, "<setup>", "exec"), {"get_ipython": lambda: shell})
    assert shell.magics == [*magics, "%load_ext kfx"]
    assert imported[0] == "kfx"


def test_what_colab_itself_runs_on_is_not_replaced_under_its_kernel():
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.M | re.S)[1]
    needed = {need.name: need for need in map(Requirement, re.findall(r'^  "([^"]+)"', listed, re.M))}
    assert {"ipython", "ipywidgets", "tensorflow", "traitlets", "numpy"} <= set(needed)
    replaced = {
        name: str(needed[name].specifier)
        for name, version in ON_COLAB.items()
        if name in needed and not needed[name].specifier.contains(version)
    }
    assert replaced == {}
