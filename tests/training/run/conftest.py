"""Interrupts."""

import signal

import pytest


@pytest.fixture
def interrupt():
    """``interrupt()`` sends this process the signal that a keyboard interrupt sends."""
    return lambda _=None: signal.raise_signal(signal.SIGINT)
