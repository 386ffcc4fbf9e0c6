"""The program of a child process that draws graphs with the Graphviz inside the ``pygraphviz`` wheel.

In a child because that Graphviz holds the interpreter's lock and cannot be stopped. Each line of standard input is a request,
``[form, dot]`` in JSON; each line of standard output is the answer, a JSON string with one character a byte, empty where the
graph could not be laid out. With ``once FORM`` the whole input is one graph and the whole output its drawing.
"""

from __future__ import annotations

import json
import os
import sys
import threading

IDLE_S = 60  # a child that waits longer for a request ends by itself


def serve() -> None:
    """Answer requests until the input ends."""
    import pygraphviz

    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # what Graphviz itself prints is not an answer
    while True:
        idle = threading.Timer(IDLE_S, os._exit, [0])
        idle.daemon = True
        idle.start()
        line = sys.stdin.buffer.readline()
        idle.cancel()
        if not line:
            return
        form, dot = json.loads(line)
        try:
            drawn = pygraphviz.AGraph(string=dot).draw(format=form, prog="dot") or b""
        except Exception:
            drawn = b""
        print(json.dumps(drawn.decode("latin-1")), file=answers, flush=True)


def draw_once(form: str) -> None:
    """Draw the graph on standard input."""
    import pygraphviz

    dot = sys.stdin.buffer.read().decode()
    sys.stdout.buffer.write(pygraphviz.AGraph(string=dot).draw(format=form, prog="dot"))


if __name__ == "__main__":
    del sys.path[0]  # this folder; not -I, which would hide the packages of the user's own site
    sys.path[:] = filter(None, sys.path)  # nothing from the working folder
    draw_once(sys.argv[2]) if sys.argv[1:2] == ["once"] else serve()
