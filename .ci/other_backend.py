"""Train with everything of kfx on another backend of Keras: ``KERAS_BACKEND=jax python .ci/other_backend.py``.

Runs without pytest and without TensorFlow, in an environment that holds Keras and the backend alone.
"""

import contextlib
import io
import sys

import keras
import numpy as np

import kfx

DATA = np.random.default_rng(7).normal(size=(160, 6)).astype("float32"), np.random.default_rng(8).integers(0, 3, 160)
FIT = {"batch_size": 16, "shuffle": False, "validation_split": 0.25}


def new_model(rate=0.01):
    keras.utils.set_random_seed(3)
    body = [keras.layers.Dense(8, activation="relu"), keras.layers.Dropout(0.2, seed=1), keras.layers.BatchNormalization()]
    model = keras.Sequential([keras.Input((6,)), *body, keras.layers.Dense(3)], name="small")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    return model


def same(a, b):
    pairs = zip([*a.weights, *a.optimizer.variables], [*b.weights, *b.optimizer.variables], strict=True)
    return all(np.array_equal(keras.ops.convert_to_numpy(p), keras.ops.convert_to_numpy(q)) for p, q in pairs)


def kfx_fit(model, **more):
    """Train, and return the History, the run and what was printed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        history = kfx.fit(model, *DATA, **{**FIT, **more})
    return history, kfx.runs[-1], out.getvalue()


def at(epoch, batch, do):
    """Return a callback that calls ``do(model)`` at the end of that batch."""

    class At(keras.callbacks.Callback):
        def on_epoch_begin(self, number, logs=None):
            self.epoch = number

        def on_train_batch_end(self, number, logs=None):
            if (self.epoch, number) == (epoch, batch):
                do(self.model)

    return At()


def test_training_is_bit_for_bit_what_it_is_without():
    ours, plain = new_model(), new_model()
    history, run, said = kfx_fit(ours, epochs=3)
    expected = plain.fit(*DATA, epochs=3, verbose=0, **FIT)
    assert same(ours, plain)
    assert history.history == expected.history
    assert run.journal.state == "done", run.journal.events
    assert run.journal.steps == 24
    assert run.journal.frame("batches")["loss"].notna().all() if _pandas() else run.journal.batches.rows == 24
    assert said.startswith("fit 'small': done, 3 epochs, loss ")
    (note,) = [event.text for event in run.journal.events]
    assert note == f"Layers are not monitored on the {keras.backend.backend()} backend of Keras; training goes on."


def test_a_live_graph_says_one_sentence_and_training_goes_on():
    history, run, _ = kfx_fit(new_model(), callbacks=[kfx.callbacks.LiveGraph()])
    assert history.epoch == [0]
    assert run.journal.state == "done"


def test_a_rewind_goes_on_as_if_it_had_never_gone_there():
    model, straight, controls = new_model(), new_model(), kfx.callbacks.Controls()
    history, run, _ = kfx_fit(model, epochs=3, callbacks=[controls, at(1, 3, lambda _: controls.ask("rewind"))])
    straight.fit(*DATA, epochs=2, verbose=0, **FIT)
    assert history.epoch == [0, 1, 2]
    assert run.journal.steps == 8 + 4 + 8
    assert same(model, straight)


def test_a_rate_set_by_hand_is_taken_up_at_the_next_step():
    model, twin, controls = new_model(), new_model(), kfx.callbacks.Controls()
    kfx_fit(model, epochs=2, callbacks=[controls, at(0, 2, lambda _: controls.ask("rate", 1e-4))])

    def set_rate(one):
        if keras.backend.backend() == "jax":
            one.jax_state_sync()
        one.optimizer.learning_rate = 1e-4

    twin.fit(*DATA, epochs=2, verbose=0, callbacks=[at(0, 2, set_rate)], **FIT)
    assert same(model, twin)


def test_a_schedule_is_overridden_until_the_fit_ends():
    model, controls = new_model(keras.optimizers.schedules.CosineDecay(0.01, 50)), kfx.callbacks.Controls()
    _, run, _ = kfx_fit(model, epochs=2, callbacks=[controls, at(0, 2, lambda _: controls.ask("rate", 1e-4))])
    assert any(event.kind == "rate" for event in run.journal.events), run.journal.events
    assert run.journal.state == "done"
    assert isinstance(model.optimizer._learning_rate, keras.optimizers.schedules.CosineDecay)


def test_a_checkpoint_in_the_middle_of_an_epoch_and_a_stop():
    kept, controls = kfx.callbacks.Checkpoints(), kfx.callbacks.Controls()
    acts = [at(0, 2, lambda _: controls.ask("checkpoint")), at(1, 4, lambda _: controls.ask("stop"))]
    history, run, _ = kfx_fit(new_model(), epochs=4, callbacks=[kept, controls, *acts])
    assert history.epoch == [0, 1]
    assert run.journal.state == "stopped"
    assert run.journal.steps == 13
    assert any(c.step == 3 for c in kept.all)


def test_a_nan_is_noticed_at_its_step():
    x = DATA[0].copy()
    x[40:45] = np.nan
    with contextlib.redirect_stdout(io.StringIO()):
        kfx.fit(new_model(), x, DATA[1], batch_size=16, shuffle=False)
    assert kfx.runs[-1].journal.broke.step == 3


def _pandas():
    with contextlib.suppress(ImportError):
        import pandas  # noqa: F401

        return True
    return False


if __name__ == "__main__":
    assert keras.backend.backend() != "tensorflow", "set KERAS_BACKEND=jax or torch"
    for name, test in [(name, test) for name, test in globals().items() if name.startswith("test_")]:
        test()
        print(f"{keras.backend.backend()}: {name} ok", file=sys.stderr)
