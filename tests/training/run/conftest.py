"""Interrupts, and the handler that Python has for them."""

import signal

import pytest


@pytest.fixture
def interrupt():
    """``interrupt()`` sends this process the signal that a keyboard interrupt sends."""
    return lambda _=None: signal.raise_signal(signal.SIGINT)


@pytest.fixture
def handler():
    """The handler is Python's own, before a test and after it."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)
