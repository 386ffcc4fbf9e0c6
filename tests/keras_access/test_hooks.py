"""Hooks around Keras's calls: who meets them, in what order, and that nothing stays replaced."""

import contextlib
import contextvars
import sys
import threading

import keras
import numpy as np
import pytest
from keras import layers

from kfx.keras_access.hooks import active_hooks, listening
from kfx.keras_access.tensorflow.inlined import functions_inlined
from kfx.keras_access.tensorflow.origins import told_of_operations
from kfx.keras_access.tensorflow.recurrent import states_kept

INPUT = np.ones((1, 2), "float32")


class Noting:
    """A hook that notes when it meets a call of a layer."""

    def __init__(self, name="hook", heard=None):
        self.name, self.heard = name, [] if heard is None else heard

    def on_call(self, op, args, kwargs, proceed):
        self.heard.append(f"{self.name}:{op.name}")
        return proceed()


def built(name):
    layer = layers.Dense(2, name=name)
    layer.build((None, 2))
    return layer


@pytest.fixture
def layer():
    return built("d")


def test_all_calls_pass_the_function_that_is_replaced():
    assert keras.Operation.__call__ is not layers.Layer.__call__
    assert issubclass(layers.Layer, keras.Operation)


def test_a_hook_of_one_thread_does_not_meet_the_calls_of_another():
    ready, go = threading.Event(), threading.Event()
    other_layer, mine, hook = built("other"), built("mine"), Noting()

    def other():
        ready.wait(10)
        other_layer(INPUT)
        go.set()

    original = keras.Operation.__call__
    thread = threading.Thread(target=other)
    thread.start()
    with listening(hook):
        ready.set()
        assert go.wait(10)
        mine(INPUT)
    thread.join()
    assert hook.heard == ["hook:mine"]
    assert keras.Operation.__call__ is original


def test_a_thread_with_a_copied_context_does_not_meet_the_hook(layer):
    hook = Noting()
    with listening(hook):
        thread = threading.Thread(target=contextvars.copy_context().run, args=(layer, INPUT))
        thread.start()
        thread.join()
    assert hook.heard == []


def test_the_call_is_put_back_after_an_exception_and_between_two_hooks():
    original = keras.Operation.__call__

    def listen_and_stop():
        with listening(Noting()):
            with listening(Noting()):
                pass
            assert keras.Operation.__call__ is not original
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        listen_and_stop()
    assert keras.Operation.__call__ is original
    assert active_hooks() == ()


@pytest.mark.parametrize(
    ("place", "order"),
    [("outermost", ["new:d", "old:d"]), ("innermost", ["old:d", "new:d"]), ("alone", ["new:d"])],
)
def test_the_place_of_a_hook_says_which_others_it_runs_around(layer, place, order):
    heard = []
    with listening(Noting("old", heard)):
        with listening(Noting("new", heard), place=place):
            layer(INPUT)
        assert [hook.name for hook in active_hooks()] == ["old"]
    assert heard == order


def test_a_hook_may_return_something_else(layer):
    class Doubling:
        def on_call(self, op, args, kwargs, proceed):
            return proceed() * 2

    plain = keras.ops.convert_to_numpy(layer(INPUT))
    with listening(Doubling()):
        doubled = keras.ops.convert_to_numpy(layer(INPUT))
    np.testing.assert_array_equal(doubled, plain * 2)


@pytest.mark.parametrize("what", ["hook", "operations", "functions", "states"])
def test_nothing_stays_hooked_wherever_an_interrupt_falls(what):
    """An interrupt is raised at each line in turn that runs between the beginning of a block and its end."""
    import tensorflow as tf
    from tensorflow.python.eager import context, execute

    layer = layers.LSTM(2)
    layer(np.zeros((1, 3, 2)))
    blocks = {
        "hook": lambda: listening(Noting()),
        "operations": lambda: told_of_operations(lambda *_: None),
        "functions": functions_inlined,
        "states": lambda: states_kept(layer),
    }
    traced = tf.function(lambda x: x)
    before = keras.Operation.__call__, type(traced).__call__, execute.execute, active_hooks()
    at, ran = 0, 0
    while ran >= at:  # as long as there is a line to be interrupted at
        at += 1
        ran = interrupted(blocks[what], at)
        now = keras.Operation.__call__, type(traced).__call__, execute.execute, active_hooks()
        assert now == before, f"after an interrupt at line {at}"
        assert context.context().op_callbacks == []
        assert "inner_loop" not in vars(layer)
    assert at > 5


def interrupted(make, at):
    """Run a block with an interrupt at the ``at``-th line that runs of it; return how many lines ran."""
    count = 0

    def trace(frame, event, _):
        nonlocal count
        if "/kfx/" not in frame.f_code.co_filename.replace("\\", "/"):
            return None
        if event == "line":
            count += 1
            if count == at:
                raise KeyboardInterrupt
        return trace

    with contextlib.suppress(KeyboardInterrupt):
        try:
            sys.settrace(trace)
            with make():
                pass
        finally:
            sys.settrace(None)
    return count
