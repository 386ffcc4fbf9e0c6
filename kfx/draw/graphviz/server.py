"""A Graphviz that stays: the one inside the ``pygraphviz`` wheel in a child process that lays out one graph after another.

Starting Python and loading Graphviz takes ten times as long as laying out a graph; a sketch that grows and a model that
unfolds ask again and again. The child ends with its parent, and by itself after a minute without work.
"""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import sys
import threading
from functools import cache
from typing import Any

# Its answers are lengths and bytes on standard output; a length of 0 means that the graph could not be laid out.
_CHILD = """
import os, struct, sys, threading
sys.path[:] = [p for p in sys.path if p]
import pygraphviz
asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)
idle = None
while True:
    idle = threading.Timer(60, os._exit, [0])
    idle.daemon = True
    idle.start()
    head = asked.read(5)
    idle.cancel()
    if len(head) < 5:
        break
    kind, size = struct.unpack("<BI", head)
    form, dot = asked.read(kind).decode(), asked.read(size).decode()
    try:
        drawn = pygraphviz.AGraph(string=dot).draw(format=form, prog="dot") or b""
    except Exception:
        drawn = b""
    answers.write(struct.pack("<I", len(drawn)) + drawn)
    answers.flush()
"""


class StandingGraphviz:
    """One child process, started when it is first needed and again when it has ended."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def ask(self, dot: str, form: str, timeout_s: float) -> bytes | None:
        """What ``dot -T<form>`` would write; None where it cannot be had this way, for whatever reason."""
        with self._lock:
            for _ in range(2):  # a child that has just ended by itself is started once more
                try:
                    child = self._running()
                    text = dot.encode()
                    child.stdin.write(struct.pack("<BI", len(form), len(text)) + form.encode() + text)  # type: ignore[union-attr]
                    child.stdin.flush()  # type: ignore[union-attr]
                except OSError:
                    self.stop()
                    continue
                return self._answer(child, timeout_s)
        return None

    def stop(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.stop()
            more: dict[str, Any] = (
                {"creationflags": getattr(subprocess, "CREATE_NO_WINDOW", 0)}
                if os.name == "nt"
                else {"start_new_session": True}
            )
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            self._child = subprocess.Popen([sys.executable, "-c", _CHILD], **pipes, **more)
        return self._child

    def _answer(self, child: subprocess.Popen[bytes], timeout_s: float) -> bytes | None:
        """Read the answer in another thread, for a pipe cannot be waited for with a time-out everywhere."""
        found: list[bytes] = []

        def read() -> None:
            with contextlib.suppress(OSError, ValueError):
                head = child.stdout.read(4)  # type: ignore[union-attr]
                if len(head) == 4:
                    found.append(child.stdout.read(struct.unpack("<I", head)[0]))  # type: ignore[union-attr]

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            reader.join(timeout_s)
        except BaseException:  # an interrupt: the answer would be taken for that of the next question
            self.stop()
            raise
        if reader.is_alive() or not found:
            self.stop()
            return None
        return found[0] or None


def standing() -> StandingGraphviz:
    """The one of this process; a forked process has its own."""
    return _of_process(os.getpid())


@cache
def _of_process(pid: int) -> StandingGraphviz:
    return StandingGraphviz()
