"""A Graphviz that stays: it answers again and again, comes back after it ended, and does not outlast its time."""

import importlib.util
import os
import signal
import sys
import threading
import time

import pytest

from kfx.draw.graphviz.server import GraphvizServer, graphviz_server

pytestmark = pytest.mark.skipif(importlib.util.find_spec("pygraphviz") is None, reason="no pygraphviz for this platform")
DOT = "digraph { n0 -> n1 }"


@pytest.fixture
def server():
    server = GraphvizServer()
    yield server
    server.stop()


def test_one_child_answers_every_question(server):
    assert b'"pos"' in server.ask(DOT, "json0", 15)
    child = server._child.pid
    assert server.ask(DOT, "pdf", 15).startswith(b"%PDF"), "bytes that are no text arrive whole"
    assert server._child.pid == child


def test_what_cannot_be_laid_out_is_none_and_ends_nothing(server):
    assert server.ask("this is not dot {{{", "json0", 15) is None
    child = server._child.pid
    assert b'"pos"' in server.ask(DOT, "json0", 15)
    assert server._child.pid == child


def test_a_child_that_was_killed_is_started_again(server):
    server.ask(DOT, "json0", 15)
    server._child.kill()
    server._child.wait()
    assert b'"pos"' in server.ask(DOT, "json0", 15)


def test_a_layout_that_takes_too_long_is_given_up(server):
    many = "digraph { " + " ".join(f"n{i} -> n{(i * 7919 + j) % 3000}" for i in range(3000) for j in range(3)) + " }"
    begin = time.monotonic()
    assert server.ask(many, "json0", 0.3) is None
    assert time.monotonic() - begin < 5
    assert server._child is None, "the child was ended"


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_an_interrupt_ends_the_child(server, handler):
    server.ask(DOT, "json0", 15)
    child = server._child
    many = "digraph { " + " ".join(f"n{i} -> n{(i * 7919 + j) % 3000}" for i in range(3000) for j in range(3)) + " }"
    threading.Timer(0.3, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        server.ask(many, "json0", 30)
    assert child.poll() is not None


def test_an_interrupt_of_a_question_that_is_being_sent_ends_the_child(server, monkeypatch):
    class Interrupted:
        def write(self, request):
            raise KeyboardInterrupt

        def close(self):
            pass

    answer = server.ask(DOT, "json0", 15)
    child = server._child
    monkeypatch.setattr(child, "stdin", Interrupted())
    with pytest.raises(KeyboardInterrupt):
        server.ask(DOT, "json0", 15)
    assert child.poll() is not None
    assert server.ask(DOT, "json0", 15) == answer


def test_a_process_has_one_server_and_no_pygraphviz_of_its_own():
    assert graphviz_server() is graphviz_server()
    assert "pygraphviz" not in sys.modules
