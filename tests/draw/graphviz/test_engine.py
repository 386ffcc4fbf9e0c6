"""Engines that are missing, fail or hang: the next one answers, within the time-out, and nothing is left behind."""

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
import time

import pytest

from kfx.draw.graph.boxes import Box, Line, Picture
from kfx.draw.graphviz import engine
from kfx.draw.graphviz.engine import engines, run_engine
from kfx.draw.graphviz.layout import lay_out
from kfx.errors import NoEngineError

DOT = "digraph { n0 -> n1 [id=e0] }"
HAS_PYGRAPHVIZ = importlib.util.find_spec("pygraphviz") is not None
posix = pytest.mark.skipif(os.name == "nt", reason="the fake engine is a shell script")
with_pygraphviz = pytest.mark.skipif(not HAS_PYGRAPHVIZ, reason="pygraphviz has no wheel for this platform")


@pytest.fixture
def fake_dot(tmp_path, monkeypatch):
    """``fake_dot("exit 1")`` puts a shell script in the place of ``dot``."""

    def make(script):
        program = tmp_path / "dot"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("KFX_DOT", str(program))
        return program

    return make


@pytest.fixture
def no_pygraphviz(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda name: None if name == "pygraphviz" else found(name))


@pytest.fixture
def no_dot(monkeypatch):
    monkeypatch.setenv("KFX_DOT", "")


@with_pygraphviz
def test_without_a_system_dot_the_wheel_answers(no_dot):
    assert engines() == ["pygraphviz"]
    assert b'"pos"' in run_engine(DOT)


@pytest.mark.skipif(shutil.which("dot") is None, reason="no system dot here")
def test_a_system_dot_comes_first(monkeypatch):
    monkeypatch.delenv("KFX_DOT", raising=False)
    assert engines()[0] == "dot"
    assert b'"pos"' in run_engine(DOT)


@posix
@with_pygraphviz
@pytest.mark.parametrize(
    "script", ["exit 1", "echo nonsense", "true", "kill -9 $$"], ids=["fails", "babbles", "silent", "dies"]
)
def test_a_broken_dot_is_passed_over(fake_dot, script):
    fake_dot(script)
    assert engines() == ["pygraphviz"]
    assert b'"pos"' in run_engine(DOT)


@posix
@with_pygraphviz
def test_a_dot_that_fails_on_one_graph_only_is_passed_over_for_it(fake_dot):
    fake_dot("""read first; case "$first" in *a*b*) echo '{"pos": 1}';; *) echo 'Assertion failed' >&2; exit 134;; esac""")
    assert engines()[0] == "dot"
    assert b'"objects"' in run_engine(DOT)


BOXES = tuple(Box(n, "io", n, "", "", "", n, None, False, False, 60, 40) for n in "ab")
PICTURE = Picture("m", BOXES, (), (Line(0, 1, "", "edge"),))
LATER = """read first; case "$first" in *a*b*) echo '{"pos": 1}';; *) echo '%s';; esac"""  # passes the probe


@posix
@with_pygraphviz
@pytest.mark.parametrize("nonsense", ["nonsense", "{", '{"bb": "0,0,9,9"}', "[]"])
def test_a_dot_that_babbles_on_one_graph_only_is_passed_over_for_it(fake_dot, nonsense):
    fake_dot(LATER % nonsense)
    assert engines()[0] == "dot"
    layout = lay_out(PICTURE)
    assert layout.boxes[1][1] > layout.boxes[0][1]
    assert run_engine(DOT, "pdf").startswith(b"%PDF")


@posix
def test_nonsense_from_the_only_engine_is_told_with_what_helps(fake_dot, no_pygraphviz):
    fake_dot(LATER % "nonsense")
    told = r"could not be laid out: dot answered something that is not a layout of the graph.*print\(\).*pip install pygraphviz"
    with pytest.raises(NoEngineError, match=told):
        lay_out(PICTURE)


@with_pygraphviz
def test_an_engine_that_is_installed_and_broken_is_not_to_be_installed(no_dot, monkeypatch, tmp_path):
    (tmp_path / "child.py").write_text("raise SystemExit('libcdt is missing')")
    monkeypatch.setattr(engine, "CHILD", str(tmp_path / "child.py"))
    engine._broken.cache_clear()
    try:
        with pytest.raises(NoEngineError, match=r"pygraphviz failed \(libcdt is missing\).*--force-reinstall") as told:
            lay_out(PICTURE)
        assert "conda install" not in str(told.value)
    finally:
        engine._broken.cache_clear()


@posix
def test_a_dot_that_hangs_is_stopped_with_all_it_started(fake_dot, no_pygraphviz, monkeypatch, tmp_path):
    mark = tmp_path / "alive"
    fake_dot(f"""read first; case "$first" in *a*b*) echo '{{"pos": 1}}'; exit;; esac; (sleep 3; touch {mark}) & sleep 60""")
    assert engines() == ["dot"]
    began = time.monotonic()
    with pytest.raises(NoEngineError, match=r"dot took longer than 0\.5 s"):
        run_engine(DOT, timeout_s=0.5)
    assert time.monotonic() - began < 3
    time.sleep(3.2)
    assert not mark.exists(), "what the script had started went on"


@posix
def test_a_dot_that_always_hangs_is_asked_once(fake_dot, no_pygraphviz, monkeypatch):
    monkeypatch.setattr(engine, "TIMEOUT_S", 0.5)
    fake_dot("sleep 60")
    with pytest.raises(NoEngineError, match="pip install pygraphviz"):
        run_engine(DOT)
    began = time.monotonic()
    with pytest.raises(NoEngineError, match="pip install pygraphviz"):
        run_engine(DOT)
    assert time.monotonic() - began < 0.3


@posix
@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'libgvc is missing' >&2; exit 1", r"dot failed \(libgvc is missing\)"),
        ("echo nonsense", "dot answered something that is not a layout"),
    ],
    ids=["fails", "babbles"],
)
def test_an_engine_that_is_there_but_broken_is_not_called_missing(fake_dot, no_pygraphviz, script, why):
    fake_dot(script)
    with pytest.raises(NoEngineError, match=rf"No Graphviz engine works here.*{why}.*pip install pygraphviz"):
        run_engine(DOT)


def test_no_engine_at_all_says_what_to_install(no_dot, no_pygraphviz):
    assert engines() == []
    with pytest.raises(NoEngineError, match=r"pip install pygraphviz.*conda install graphviz"):
        run_engine(DOT)


@with_pygraphviz
def test_what_every_engine_refuses_is_reported_with_its_reason(no_dot):
    with pytest.raises(NoEngineError, match="pygraphviz failed"):
        run_engine("this is not dot {{{")


@with_pygraphviz
def test_files_in_the_working_folder_are_not_imported(no_dot, tmp_path, monkeypatch):
    (tmp_path / "pygraphviz.py").write_text("raise SystemExit('imported from the working folder')")
    monkeypatch.chdir(tmp_path)
    assert b'"pos"' in run_engine(DOT)


@pytest.mark.parametrize("form", ["json0", "pdf", "svg"])
def test_a_file_form_can_be_asked_for(form):
    begin = {"json0": b"{", "pdf": b"%PDF", "svg": b"<?xml"}[form]
    assert run_engine(DOT, form).lstrip().startswith(begin)


def test_an_interrupt_stops_the_engine(monkeypatch, no_pygraphviz, fake_dot):
    fake_dot("""read first; case "$first" in *a*b*) echo '{"pos": 1}'; exit;; esac; sleep 60""")
    engines()
    started = []
    start = subprocess.Popen

    class Interrupted(start):
        def communicate(self, *args, **kwargs):
            started.append(self)
            if len(started) == 1:
                raise KeyboardInterrupt
            return super().communicate(*args, **kwargs)

    monkeypatch.setattr(engine.subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        run_engine(DOT)
    assert started[0].poll() is not None, "the child lives on"


def test_the_engine_runs_outside_this_process():
    assert "pygraphviz" not in sys.modules
