"""Rewinding: whatever happened in between, training goes on as if it had not."""

import numpy as np
import pytest

from kfx.training.callbacks import Checkpointing, Commanding
from kfx.training.run.checkpoints import CheckpointStore, state_of

OPTIMIZERS = {
    "adam": lambda keras: keras.optimizers.Adam(0.01),
    "momentum": lambda keras: keras.optimizers.SGD(0.1, momentum=0.9),
    "ema": lambda keras: keras.optimizers.Adam(0.01, use_ema=True),
    "schedule": lambda keras: keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.01, 7, 0.5)),
    "accumulating": lambda keras: keras.optimizers.Adam(0.01, gradient_accumulation_steps=2),
}


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_after_a_rewind_it_is_as_if_it_had_never_gone_on(keras, make, data, at, same, kind):
    fit = {"x": data[0], "y": data[1], "batch_size": 16, "verbose": 0, "shuffle": False}
    straight = make(optimizer=OPTIMIZERS[kind](keras))
    straight.fit(epochs=3, **fit)

    steering, checkpoints = Commanding(), Checkpointing()
    model = make(optimizer=OPTIMIZERS[kind](keras))
    rewind = at(2, 6, lambda _: steering.ask("rewind"))  # in the third epoch, to the end of the second
    history = model.fit(epochs=4, callbacks=[steering, checkpoints, rewind], **fit)
    if kind == "ema":  # Keras overwrites the weights with their means when fit ends: compare what it made of the same state
        assert int(model.optimizer.iterations) == int(straight.optimizer.iterations) == 30
    assert same(model, straight)
    assert len(history.epoch) == 4, "the epoch that was left is in the History as well"
    kinds = [event.kind for event in steering.journal.events]
    assert kinds == ["rewind"]
    assert steering.journal.epochs_done == 4
    assert steering.journal.frame()["loss"].tolist() == history.history["loss"]


def test_a_checkpoint_taken_by_hand_holds_that_very_step(keras, make, data, at, same):
    fit = {"x": data[0], "y": data[1], "batch_size": 16, "verbose": 0, "shuffle": False}
    copy, model, steering, checkpoints = {}, make(), Commanding(), Checkpointing(when="asked")

    def keep(_):
        steering.ask("checkpoint")

    def remember(seen):
        copy.update({id(v): v.numpy() for v in state_of(seen)})

    model.fit(epochs=2, callbacks=[at(0, 3, remember), at(0, 2, keep), steering, checkpoints], **fit)
    (taken,) = checkpoints.all
    assert taken.label == "epoch 1, step 3"
    assert taken.steps == 3
    assert not any(np.array_equal(copy[id(v)], value) for v, value in taken.values if value.size > 20)
    checkpoints.rewind()
    assert int(model.optimizer.iterations) == 3


def test_rewinding_after_the_run_is_done_at_once(make, data, same):
    model, twin, checkpoints = make(), make(), Checkpointing(keep=5)
    model.fit(*data, epochs=3, verbose=0, shuffle=False, callbacks=[checkpoints])
    twin.fit(*data, epochs=2, verbose=0, shuffle=False)
    assert checkpoints.rewind(2) == "rewound to epoch 2"
    assert same(model, twin)
    model.fit(*data, epochs=1, verbose=0, shuffle=False)
    twin.fit(*data, epochs=1, verbose=0, shuffle=False)
    assert same(model, twin)


def test_seeds_and_moving_means_are_part_of_the_state_and_metrics_are_not(make, data):
    model = make()
    model.fit(*data, verbose=0)
    state = {v.path for v in state_of(model)}
    assert any("seed" in path for path in state)
    assert any("moving_mean" in path for path in state)
    assert any("learning_rate" in path for path in state)
    assert not {id(v) for v in state_of(model)} & {id(v) for v in model.metrics_variables}


def test_the_oldest_goes_first_and_the_best_last(make):
    model, store = make(), CheckpointStore(keep=2)
    for epoch, best in [(1, True), (2, False), (3, False), (4, False)]:
        store.take(model, epoch=epoch, step=0, steps=epoch, best=best)
    assert [c.epoch for c in store.all] == [1, 4]
    assert store.best.epoch == 1


def test_memory_is_bounded_but_one_checkpoint_always_stays(make):
    model, store = make(), CheckpointStore(keep=10, memory=1)
    for epoch in (1, 2, 3):
        store.take(model, epoch=epoch, step=0, steps=epoch, best=False)
    assert [c.epoch for c in store.all] == [3]


def test_only_better_epochs_are_kept_when_asked_for(make, data):
    checkpoints = Checkpointing(when="best", keep=50)
    model = make()
    history = model.fit(*data, epochs=8, verbose=0, validation_split=0.3, callbacks=[checkpoints])
    val = history.history["val_loss"]
    better = [i + 1 for i in range(8) if val[i] < min(val[:i], default=np.inf)]
    assert [c.epoch for c in checkpoints.all] == better


@pytest.mark.parametrize("keep", [1, 2])
def test_what_is_not_finite_is_marked_and_never_takes_the_place_of_what_is(make, keep):
    model, store = make(), CheckpointStore(keep=keep)
    weight = state_of(model)[0]
    good = np.array(weight.numpy())
    store.take(model, epoch=1, step=0, steps=5, best=False)
    for epoch in (2, 3):
        weight.assign(np.full_like(good, np.nan))
        broken = store.take(model, epoch=epoch, step=0, steps=5 * epoch, best=False)
        assert (broken.finite, broken.label) == (False, f"epoch {epoch}, not finite")
    assert [c.epoch for c in store.all] == [1, 3][:keep]
    assert store.restore().epoch == 1
    assert np.array_equal(weight.numpy(), good)
    weight.assign(good + 1)
    store.take(model, epoch=4, step=0, steps=20, best=False)
    assert [c.epoch for c in store.all] == [1, 4][2 - keep :]
    assert store.restore().epoch == 4


def test_a_run_of_nothing_finite_still_rewinds_to_the_newest(make):
    model, store = make(), CheckpointStore(keep=2)
    state_of(model)[0].assign(np.full(state_of(model)[0].shape, np.inf))
    for epoch in (1, 2, 3):
        store.take(model, epoch=epoch, step=0, steps=epoch, best=False)
    assert [c.epoch for c in store.all] == [2, 3]
    assert store.restore().epoch == 3


@pytest.mark.parametrize("memory", ["1 GB", 0, -1, None])
def test_a_senseless_limit_of_memory_is_refused(memory):
    with pytest.raises(ValueError, match=r"`memory` is .*; expected the bytes"):
        CheckpointStore(memory=memory)


def test_an_unknown_checkpoint_is_refused_with_those_that_are_there(make, data):
    checkpoints = Checkpointing()
    make().fit(*data, epochs=2, verbose=0, callbacks=[checkpoints])
    with pytest.raises(LookupError, match=r"No checkpoint 9. There are: 1 \(epoch 1\), 2 \(epoch 2\)"):
        checkpoints.rewind(9)
    with pytest.raises(LookupError, match="There are: none yet"):
        Checkpointing().rewind()


@pytest.mark.parametrize(("arguments", "words"), [({"when": "always"}, "`when` is 'always'"), ({"keep": 0}, "`keep` is 0")])
def test_senseless_settings_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        Checkpointing(**arguments)
