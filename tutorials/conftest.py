"""Strict nbval runs each notebook in the environment that it was built in, and masks the bytes of drawings."""

import os

import pytest
from build import FIXED

from kfx.testing import SANITIZER


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
