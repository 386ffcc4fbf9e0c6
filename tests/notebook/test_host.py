"""The hosts by what they look like from inside: a kernel, marimo, Python's prompt, a script; and what each is shown."""

import subprocess
import sys
from types import ModuleType, SimpleNamespace

import pytest

from kfx.notebook import host as hosts
from kfx.notebook.host import host, in_kernel
from kfx.notebook.view import View


class Probe(View):
    def __init__(self, broken=False):
        self.broken = broken

    def _text(self):
        return "two\nlines"

    def _html(self):
        return "<p>static</p>"

    def _live(self):
        if self.broken:
            raise RuntimeError("no widget library")
        return SimpleNamespace(live=True)


@pytest.fixture
def marimo(monkeypatch):
    module = ModuleType("marimo")
    module.running_in_notebook, module.Html = lambda: True, lambda text: ("Html", text)
    monkeypatch.setitem(sys.modules, "marimo", module)
    monkeypatch.setattr(hosts, "shell", lambda: None)
    return module


def test_a_script_is_none_of_the_others(monkeypatch):
    monkeypatch.setattr(hosts, "shell", lambda: None)
    assert host() == "script"
    assert not in_kernel()


def test_a_kernel_is_known_by_its_shell(monkeypatch):
    monkeypatch.setattr(hosts, "shell", lambda: SimpleNamespace(kernel=object()))
    assert in_kernel()


def test_marimo_counts_only_while_it_runs_a_notebook(marimo):
    assert host() == "marimo"
    marimo.running_in_notebook = lambda: False
    assert host() == "script"


def test_marimo_gets_the_live_face_and_the_static_one_where_that_cannot_start(marimo):
    assert Probe()._display_().live
    kind, text = Probe(broken=True)._display_()
    assert kind == "Html"
    assert "<p>static</p>" in text


def test_a_host_that_asks_for_html_alone_gets_the_static_face():
    assert Probe()._repr_html_() == Probe()._repr_mimebundle_()["text/html"]


def test_pythons_own_prompt_shows_the_text_and_a_script_one_line():
    code = "from kfx.notebook.view import View\nclass V(View):\n _text = lambda self: 'two\\nlines'\n\nV()\n"
    run = {"input": code, "capture_output": True, "text": True, "timeout": 60, "check": False}
    assert "two\nlines" in subprocess.run([sys.executable, "-i", "-q", "-c", ""], **run).stdout
    assert (
        subprocess.run([sys.executable, "-"], **{**run, "input": code.replace("\nV()", "\nprint(repr(V()))")}).stdout == "<V>\n"
    )
