"""Strict nbval runs each notebook in the environment that it was built in, masks drawings' bytes, and leaves nothing behind."""

import os

import pytest
from build import FIXED
from cells import TUTORIALS

from kfx.testing import SANITIZER

_THERE = pytest.StashKey[set]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    """A notebook's kernel starts with its first cell and takes over the environment of that moment."""
    before = dict(os.environ)
    os.environ.update(FIXED)
    item.config.option.nbval_sanitize_with = item.config.option.nbval_sanitize_with or str(SANITIZER)
    try:
        return (yield)
    finally:
        os.environ.clear()
        os.environ.update(before)


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
