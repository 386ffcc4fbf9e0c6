"""A Graphviz server: a child process that lays out one graph after another (its program is child.py).

Starting Python and loading Graphviz takes ten times as long as laying out a graph; a sketch that grows and a model that
unfolds ask again and again. The child ends with its parent, and by itself after a minute without work.

Not a `concurrent.futures.ProcessPoolExecutor`: it starts as fast (50 ms, this 40 ms), but it runs a user's script without a
``__main__`` guard a second time, and it cannot end a layout that takes too long.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path

CHILD = str(Path(__file__).with_name("child.py"))


def start(command: list[str], *, errors: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    """Start a program with pipes to it, out of reach of the interrupts that are meant for this process."""
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0) if os.name == "nt" else 0
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        creationflags=hidden,
        start_new_session=os.name != "nt",
    )


class GraphvizServer:
    """One child process, started when it is first needed and again when it has ended."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def ask(self, dot: str, form: str, timeout_s: float) -> bytes | None:
        """Return what ``dot -T<form>`` would write; None where the server cannot do it, for whatever reason."""
        request = json.dumps([form, dot]).encode() + b"\n"
        with self._lock:
            for _ in range(2):  # a child that has just ended by itself is started once more
                try:
                    child = self._running()
                    assert child.stdin is not None
                    child.stdin.write(request)
                    child.stdin.flush()
                    return self._answer(child, timeout_s)
                except OSError:
                    self.stop()
                except BaseException:  # an interrupt: what is left of this question would disturb the next one
                    self.stop()
                    raise
        return None

    def stop(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.stop()
            self._child = start([sys.executable, CHILD], errors=subprocess.DEVNULL)
        return self._child

    def _answer(self, child: subprocess.Popen[bytes], timeout_s: float) -> bytes | None:
        """Read the answer in another thread, for a pipe cannot be waited for with a time-out everywhere."""
        found: list[bytes] = []

        def read() -> None:
            assert child.stdout is not None
            with contextlib.suppress(OSError, ValueError):
                found.append(json.loads(child.stdout.readline()).encode("latin-1"))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        reader.join(timeout_s)
        if reader.is_alive() or not found:
            self.stop()
            return None
        return found[0] or None


def graphviz_server() -> GraphvizServer:
    """Return the server of this process; a forked process has its own."""
    return _of_process(os.getpid())


@cache
def _of_process(pid: int) -> GraphvizServer:
    return GraphvizServer()
