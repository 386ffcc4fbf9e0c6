"""The set-up cell of every tutorial, as on Colab: it installs kfx where it is missing, and nothing else anywhere."""

import builtins
import importlib
import re
from pathlib import Path

import pytest
from cells import read_tutorial
from IPython.core.inputtransformer2 import TransformerManager
from IPython.utils.text import DollarFormatter
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

    def __init__(self, installed, names):
        self.installed, self.names, self.magics = installed, names, []

    def run_line_magic(self, name, words):
        words = DollarFormatter().vformat(words, [], self.names)  # as InteractiveShell.var_expand does
        self.magics.append(f"%{name} {words}")
        self.installed = self.installed or name == "pip"


def run_setup(stem, installed, kfx, monkeypatch):
    """Run a tutorial's set-up cell; returns the shell and the names that the cell imported in turn."""
    setup = next(cell for cell in read_tutorial(stem).cells if cell.name == "setup")
    code = TransformerManager().transform_cell("\n".join(line.replace("# %", "%") for line in setup.text.splitlines()))
    names: dict[str, object] = {}
    shell, imported, real = Shell(installed, names), [], builtins.__import__
    names["get_ipython"] = lambda: shell

    def fake(name, *rest):
        imported.append(name)
        if name == "kfx" and not shell.installed:
            raise ModuleNotFoundError("No module named 'kfx'")
        return kfx if name == "kfx" else real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", fake)
    exec(compile(code, "<setup>", "exec"), names)
    return shell, imported


@pytest.mark.parametrize(
    ("installed", "wheel", "asked"),
    [(True, True, []), (False, True, ["./keras_kfx-0.1.0-py3-none-any.whl"]), (False, False, ["keras-kfx"])],
)
def test_the_setup_cell_installs_kfx_where_it_is_missing_and_nothing_else(stem, installed, wheel, asked, monkeypatch, tmp_path):
    """From the wheel beside the notebook if there is one, else from the package index."""
    if wheel:
        (tmp_path / "keras_kfx-0.1.0-py3-none-any.whl").touch()
    monkeypatch.chdir(tmp_path)
    shell, imported = run_setup(stem, installed, importlib.import_module("kfx"), monkeypatch)
    assert shell.magics == [*(f"%pip install --quiet {what}" for what in asked), "%load_ext kfx"]
    assert imported[0] == "kfx"


def test_the_setup_cell_tells_another_package_that_is_called_kfx(stem, monkeypatch):
    with pytest.raises(AssertionError, match="is another package called kfx: pip uninstall kfx, then pip install keras-kfx"):
        run_setup(stem, True, importlib.import_module("math"), monkeypatch)


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
