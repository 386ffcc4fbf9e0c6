"""Serving a busy kernel: what is hooked, by whom, and that nothing stays. The browser tests click for real."""

import threading
from types import SimpleNamespace

import pytest

from kfx.notebook import serve
from kfx.notebook.serve import served_while_busy
from kfx.web.widget import KfxWidget


class Comm:
    """As ipykernel 7.4's: a class-level hook that an instance may cover."""

    def _reply_subshell_for(self, data, default):
        return "where it last sent from"


class Manager:
    def __init__(self):
        self.made = []

    def list_subshell(self):
        return self.made

    def _create_subshell(self):
        self.made.append(f"subshell-{len(self.made)}")
        return self.made[-1]


@pytest.fixture
def kernel(monkeypatch):
    """A kernel of ipykernel 7.4's shape that runs this code."""
    made = SimpleNamespace(shell_channel_thread=SimpleNamespace(manager=Manager()))
    monkeypatch.setattr(serve, "_kernel", lambda: made)
    monkeypatch.setattr(serve, "_all_widgets", list)
    return made


@pytest.fixture
def widget():
    return SimpleNamespace(comm=Comm())


def test_messages_go_to_a_subshell_of_the_kernel_s_own_while_it_is_busy(kernel, widget):
    with served_while_busy(widget) as poll:
        assert widget.comm._reply_subshell_for({}, None) == "subshell-0"
        assert widget.comm._reply_subshell_for({}, None) == "subshell-0", "one is enough"
        assert poll() is None
    assert widget.comm._reply_subshell_for({}, None) == "where it last sent from"
    assert vars(widget.comm) == {}


def test_the_front_end_s_own_subshell_comes_first(kernel, widget):
    with served_while_busy(widget):
        assert widget.comm._reply_subshell_for({}, "its own") == "its own"
    assert kernel.shell_channel_thread.manager.made == []


def test_a_subshell_that_is_gone_is_made_again(kernel, widget):
    with served_while_busy(widget):
        widget.comm._reply_subshell_for({}, None)
        kernel.shell_channel_thread.manager.made.clear()
        assert widget.comm._reply_subshell_for({}, None) == "subshell-0"


def test_nothing_stays_after_an_exception(kernel, widget):
    with pytest.raises(RuntimeError, match="in the middle"), served_while_busy(widget):
        raise RuntimeError("in the middle")
    assert vars(widget.comm) == {}


def test_two_at_once_leave_nothing(kernel, widget):
    with served_while_busy(widget), served_while_busy(widget):
        pass
    assert vars(widget.comm) == {}


def test_an_ipykernel_without_the_hook_is_left_alone(kernel):
    comm = SimpleNamespace()
    with served_while_busy(SimpleNamespace(comm=comm)):
        assert vars(comm) == {}


def test_outside_a_kernel_nothing_happens(monkeypatch):
    monkeypatch.setattr(serve, "_kernel", lambda: None)
    with served_while_busy() as poll:
        assert poll() is None


def test_outside_the_main_thread_nothing_is_hooked(kernel, widget):
    seen = []

    def run():
        with served_while_busy(widget):
            seen.append(dict(vars(widget.comm)))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [{}]


def test_a_kernel_of_an_unknown_shape_only_means_that_nothing_is_served(monkeypatch, widget):
    monkeypatch.setattr(serve, "_kernel", lambda: SimpleNamespace(msg_queue=object()))
    monkeypatch.setattr(serve, "_reentrant", lambda *_: (_ for _ in ()).throw(AttributeError("changed")))
    with served_while_busy(widget) as poll:
        assert poll() is None


def test_every_kfx_widget_is_served_and_no_other():
    import ipywidgets

    ours, other = KfxWidget(), ipywidgets.IntSlider()
    found = serve._all_widgets()
    assert ours in found
    assert other not in found
