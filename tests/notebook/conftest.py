"""IPython without a browser: what a cell would send to the front end is caught."""

import builtins

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture
def shell(monkeypatch):
    """Plain IPython, as in a terminal; ``shell.sent()`` are the bundles that were displayed."""
    monkeypatch.delattr(builtins, "_", raising=False)  # doctest leaves it, and IPython then keeps its own underscores back
    shell = InteractiveShell.instance()
    kept, shell.display_pub = shell.display_pub, CapturingDisplayPublisher()
    shell.sent = lambda: [output["data"] for output in shell.display_pub.outputs]
    yield shell
    shell.display_pub = kept
    InteractiveShell.clear_instance()


@pytest.fixture
def kernel(shell):
    """IPython as it runs in a Jupyter kernel."""
    shell.kernel = object()
    return shell
