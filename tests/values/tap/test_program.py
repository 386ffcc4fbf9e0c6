"""Compiled once, kept for as long as the model lives, and no longer."""

import gc
import os
import weakref

import numpy as np
import pytest

import kfx
from kfx.values.tap.program import KEPT_PROGRAMS, program


def test_a_second_call_does_not_trace_again(flat, images):
    one = program(flat, ["conv"], training=False, output=False, run_eagerly=False)
    for n in (10, 7, 3, 9, 2):
        one(images[:n])
    assert one.traces <= 2
    assert program(flat, ["conv"], training=False, output=False, run_eagerly=False) is one


def test_freezing_a_layer_makes_a_new_program(flat):
    one = program(flat, ["conv"], training=True)
    flat.get_layer("norm").trainable = False
    assert program(flat, ["conv"], training=True) is not one


def test_a_frozen_batch_normalisation_is_seen(flat, images):
    free = kfx.extract(flat, images, "norm", training=True)["norm"]
    flat.get_layer("norm").trainable = False
    frozen = kfx.extract(flat, images, "norm", training=True)["norm"]
    assert not np.allclose(free, frozen)
    np.testing.assert_array_equal(frozen, kfx.extract(flat, images, "norm")["norm"])


def test_a_renamed_layer_is_found_by_its_new_name(flat, images):
    before = kfx.extract(flat, images, "conv")["conv"]
    flat.get_layer("conv").name = "seen"
    np.testing.assert_array_equal(kfx.extract(flat, images, "seen")["seen"], before)
    assert "seen" in kfx.extract(flat, images)
    with pytest.raises(ValueError, match="No layer 'conv'"):
        kfx.extract(flat, images, "conv")


def test_new_weights_are_used(flat, images):
    before = kfx.extract(flat, images, "conv")["conv"].copy()
    flat.get_layer("conv").set_weights([w + 1 for w in flat.get_layer("conv").get_weights()])
    assert not np.allclose(kfx.extract(flat, images, "conv")["conv"], before)


def test_a_model_is_let_go(keras, images):
    def use():
        i = keras.Input((12, 12, 1))
        model = keras.Model(i, keras.layers.Conv2D(2, 3, name="c")(i))
        kfx.extract(model, images, "**", check=True)
        kfx.extract(model, images, lambda call: model is not None and call.name == "c")
        kfx.statistics(model, images)
        kfx.gradients(model, images, "c", target=lambda y: y)
        with kfx.patch(model, {"c": 0.0}):
            kfx.extract(model, images)
            model.predict(images, verbose=0)
        return weakref.ref(model), weakref.ref(model.layers[-1])

    model, layer = use()
    keras.utils.clear_session()
    gc.collect()
    assert model() is None
    assert layer() is None


def resident():
    with open(f"/proc/{os.getpid()}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_thousand_calls_leak_nothing(flat, images):
    import tensorflow as tf

    def some(n):
        for _ in range(n):
            kfx.extract(flat, images)
        gc.collect()

    some(100)
    things, memory = len(gc.get_objects()), [resident()]
    for _ in range(2):  # a leak grows both times; the allocator, after tests before this one, at most once
        some(1000)
        memory.append(resident())
    assert len(gc.get_objects()) - things < 500
    assert min(memory[1] - memory[0], memory[2] - memory[1]) < 30 * 2**20
    assert tf.executing_eagerly()


def test_many_questions_do_not_pile_up(flat, images):
    from kfx.values.tap.program import _caches

    names = [layer.name for layer in flat.layers]
    for n in range(2**5):
        kfx.extract(flat, images, [name for k, name in enumerate(names) if (n >> k) & 1] or "*")
    assert len(_caches[flat]._made) <= KEPT_PROGRAMS
