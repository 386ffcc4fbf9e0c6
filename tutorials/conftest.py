"""Testing the tutorials leaves nothing behind; that they are tested strictly is the work of kfx.testing.notebooks."""

import pytest
from cells import TUTORIALS

_THERE = pytest.StashKey[set]()


def pytest_sessionstart(session):
    """Remember which pictures and models lie beside the notebooks; running them writes some."""
    session.stash[_THERE] = _written()


def pytest_sessionfinish(session):
    """Take away what the notebooks wrote, so that no package is built with it; side by side, once all are through."""
    if hasattr(session.config, "workerinput"):
        return
    for path in _written() - session.stash[_THERE]:
        path.unlink()


def _written():
    return {path for kind in ("svg", "keras", "h5", "npz") for path in TUTORIALS.glob(f"*/*.{kind}")}
