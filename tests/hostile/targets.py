"""Open each kind of input as a user would, to the last face; what may come out is a view or one sentence."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

import kfx
from kfx.errors import KfxError
from kfx.model.address import find
from kfx.model.files.load import read_stored
from kfx.publish.freeze import freeze
from kfx.publish.notebook_file import read_notebook, written
from kfx.views.graph.view import Plot
from kfx.views.summary.view import Summary
from tests.hostile import seeds

MOST_SECONDS = 10.0  # for an input of less than 10 MB
_LONGEST = 5_000  # characters of a sentence


class Failed(Exception):
    """An input did harm; the message says which."""


def shown_model(path: Path) -> None:
    """Show a model's file as data, without Keras."""
    graph = read_stored(path).graph
    assert Summary(graph)._html()
    assert str(Plot(graph))


def loaded_model(path: Path) -> None:
    """Show a model's file as ``kfx show`` does, and compare it with itself."""
    from kfx.model.files.load import load_graph

    graph = load_graph(path)
    assert Summary(graph)._html()
    assert str(Plot(graph))
    assert str(kfx.diff(path, path))


def shown_run(path: Path) -> None:
    """Show a run."""
    run = kfx.load_run(path)
    assert str(run)
    assert run._html()
    assert run._csv()


def read_features(path: Path) -> None:
    """Read all values of a folder."""
    before = sorted(path.parent.iterdir())
    found = kfx.load_features(path)
    for _, array in found.arrays():
        np.asarray(array)
    assert sorted(path.parent.iterdir()) == before


def frozen(path: Path) -> None:
    """Freeze a notebook twice: the second time nothing is left to do."""
    notebook, before = read_notebook(path)
    freeze(notebook, name=path.name)
    path.write_bytes(written(notebook, before).encode())
    again, _ = read_notebook(path)
    assert freeze(again, name=path.name) == []


def addressed(address: str) -> None:
    """Find the calls at an address."""
    assert find(kfx.read_graph(seeds.model()), address)


def held(target, given) -> str:
    """Try an input; return what came out.

    Raises:
        Failed: Something else than a result or one sentence, or too late.
    """
    began = time.process_time()
    try:
        target(given)
        outcome = "shown"
    except (KfxError, ValueError, OSError) as error:
        words = str(error)
        if not words or len(words) > _LONGEST or not (isinstance(error, KfxError) or target is addressed):
            raise Failed(f"{type(error).__name__}: {words[:200]!r}") from error
        outcome = "refused"
    except Exception as error:
        raise Failed(f"{type(error).__name__}: {str(error)[:200]}") from error
    seconds = time.process_time() - began
    if seconds > MOST_SECONDS:
        raise Failed(f"took {seconds:.1f} s")
    return outcome
