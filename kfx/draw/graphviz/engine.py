"""Run Graphviz, whichever is there, always in a child process and never longer than a time-out.

They are tried in turn: the system's ``dot`` (or the program that the environment variable ``KFX_DOT`` names; empty means none),
then the Graphviz inside the ``pygraphviz`` wheel. Each has to draw two boxes before it is trusted, once a process; one whose
answer cannot be read is passed over for that graph.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import TypeVar

from kfx.draw.graphviz.server import CHILD, graphviz_server, start
from kfx.errors import GraphvizError, NoEngineError

TIMEOUT_S = 15.0
Read = TypeVar("Read")
_INSTALL = "Install Graphviz with 'pip install pygraphviz' or 'conda install graphviz' to see it drawn."
_REPAIR = (
    "Install it anew with 'pip install --force-reinstall pygraphviz', or name a program that works in the environment variable "
    "KFX_DOT."
)
_BEGINS = {"pdf": (b"%PDF",), "svg": (b"<?xml", b"<svg"), "png": (b"\x89PNG",), "json0": (b"{",), "json": (b"{",)}


def run_engine(dot: str, form: str = "json0", timeout_s: float = TIMEOUT_S) -> bytes:
    """Return a drawing of a graph as a file of the form ``"pdf"``, ``"svg"``, ``"json0"`` (positions), ...

    Raises:
        NoEngineError: As `ask_engines`.
    """

    def begins_as_it_should(answer: bytes) -> bytes:
        if not answer.lstrip().startswith(_BEGINS.get(form, b"")):
            raise ValueError(f"no {form}")
        return answer

    return ask_engines(dot, begins_as_it_should, form, timeout_s)


def ask_engines(
    dot: str, read: Callable[[bytes], Read], form: str = "json0", timeout_s: float = TIMEOUT_S, *, quick: bool = False
) -> Read:
    """Lay out a graph with the first engine whose answer can be read.

    Args:
        dot: The graph in DOT.
        read: Converts an answer to the result; raises ValueError if it cannot.
        form: What to ask for: ``"json0"`` (positions), ``"pdf"``, ``"svg"``, ...
        timeout_s: Seconds that each engine may take.
        quick: Ask the server first, which need not be started, for a picture that changes often.

    Raises:
        NoEngineError: No engine is installed, or each one failed; the message says what to do.
    """
    failures = []
    for name in sorted(_candidates(), key=lambda name: quick and name != "pygraphviz"):
        broken = _broken(*_identity(name))
        if broken:
            failures.append(broken)
            continue
        if name == "pygraphviz":
            found = graphviz_server().ask(dot, form, timeout_s)
            if found is not None:
                with contextlib.suppress(ValueError):
                    return read(found)
        try:
            return read(_ask(name, dot, form, timeout_s))
        except GraphvizError as error:
            failures.append(str(error))
        except ValueError as error:
            failures.append(f"{name} answered {error}")
    raise NoEngineError(_what_to_do(failures))


def _what_to_do(failures: list[str]) -> str:
    if not failures:
        return f"No Graphviz engine was found to lay out the graph. {_INSTALL}"
    advice = _REPAIR if "pygraphviz" in _candidates() else _INSTALL
    if not engines():
        return f"No Graphviz engine works here to lay out the graph: {'; '.join(failures)}. {advice}"
    other = "" if "pygraphviz" in _candidates() else " 'pip install pygraphviz' brings another engine, which may be able to."
    return f"The graph could not be laid out: {'; '.join(failures)}. Fold more of it, or see it as text with print().{other}"


def engines() -> list[str]:
    """Return the names of the engines that work here, in the order in which they are tried."""
    return [name for name in _candidates() if not _broken(*_identity(name))]


def _candidates() -> Iterator[str]:
    if _system_dot():
        yield "dot"
    if importlib.util.find_spec("pygraphviz"):
        yield "pygraphviz"


def _system_dot() -> str | None:
    chosen = os.environ.get("KFX_DOT")
    return shutil.which("dot") if chosen is None else shutil.which(chosen) if chosen else None


def _identity(name: str) -> tuple[str, str | None]:
    return name, _system_dot() if name == "dot" else sys.executable


@cache
def _broken(name: str, program: str | None) -> str:
    """Return why an engine cannot be trusted; empty where it can."""
    try:
        answer = _ask(name, "digraph { a -> b }", "json0", TIMEOUT_S)
    except GraphvizError as error:
        return str(error)
    return "" if b'"pos"' in answer else f"{name} answered something that is not a layout"


def _ask(name: str, dot: str, form: str, timeout_s: float) -> bytes:
    command = [_system_dot() or "dot", "-Kdot", f"-T{form}"] if name == "dot" else [sys.executable, CHILD, "once", form]
    try:
        child = start(command)
    except OSError as error:
        raise GraphvizError(f"{name} could not be started ({error})") from error
    try:
        out, errors = child.communicate(dot.encode(), timeout=timeout_s)
    except subprocess.TimeoutExpired:
        _stop(child)
        raise GraphvizError(f"{name} took longer than {timeout_s:g} s") from None
    except BaseException:
        _stop(child)
        raise
    if child.returncode or not out.strip():
        reason = errors.decode(errors="replace").strip().splitlines()[-1:] or [f"code {child.returncode}"]
        raise GraphvizError(f"{name} failed ({reason[0][:200]})")
    return out


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End the child and all that it started: ``dot`` is often a script that starts another program."""
    if os.name == "nt":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(child.pid)], capture_output=True, check=False)
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.communicate(timeout=2)
