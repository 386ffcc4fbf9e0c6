"""The set-up cell of every tutorial, as on Colab: it installs kfx where it is missing, and nothing else anywhere."""

import builtins

import pytest
from cells import read_tutorial
from IPython.core.inputtransformer2 import TransformerManager


class Shell:
    """Stands for IPython: it writes down the magics that a cell runs; ``%pip`` makes kfx importable, as on Colab."""

    def __init__(self, installed):
        self.installed, self.magics = installed, []

    def run_line_magic(self, name, words):
        self.magics.append(f"%{name} {words}")
        self.installed = self.installed or name == "pip"


@pytest.mark.parametrize(("installed", "magics"), [(True, []), (False, ["%pip install --quiet ./kfx-*.whl"])])
def test_it_installs_kfx_where_it_is_missing_and_nothing_else(stem, installed, magics, monkeypatch):
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
