"""``kfx.fit`` itself: arguments, return value, epochs added by hand, what stays when it ends in any way."""

import inspect

import numpy as np
import pytest

import kfx


def test_fit_takes_the_arguments_of_model_fit_in_the_same_order(keras):
    theirs = list(inspect.signature(keras.Model.fit).parameters)[1:]
    ours = list(inspect.signature(kfx.fit).parameters)
    assert ours[0] == "model"
    assert ours[1:-1] == theirs[: len(ours) - 2]


def test_positional_arguments_arrive(make, data):
    history = kfx.fit(make(), data[0], data[1], 40, 2)
    assert history.params["epochs"] == 2
    assert history.params["steps"] == 4


def test_fit_returns_the_models_own_history(make, data):
    model = make()
    assert kfx.fit(model, *data) is model.history


def test_epochs_added_by_hand_are_in_one_history_and_one_journal(make, data, at, same):
    model, twin, controls = make(), make(), kfx.callbacks.Controls()
    fit = {"x": data[0], "y": data[1], "batch_size": 16, "shuffle": False, "validation_split": 0.2}
    history = kfx.fit(model, epochs=2, callbacks=[controls, at(0, 3, lambda _: controls.ask("extra", 2))], **fit)
    expected = twin.fit(epochs=4, verbose=0, **fit)
    assert history.history == expected.history
    assert history.epoch == [0, 1, 2, 3]
    assert model.history is history
    journal = kfx.runs[-1].journal
    assert journal.epochs_done == 4
    assert journal.frame()["loss"].tolist() == expected.history["loss"]
    assert same(model, twin)
    assert [e.text for e in journal.events] == ["2 more epochs"]


def test_an_added_epoch_can_be_stopped(make, data, at):
    controls = kfx.callbacks.Controls()
    history = kfx.fit(
        make(),
        *data,
        batch_size=16,
        epochs=1,
        callbacks=[controls, at(0, 3, lambda _: controls.ask("extra", 5)), at(1, 3, lambda _: controls.ask("stop"))],
    )
    assert history.epoch == [0, 1]
    assert kfx.runs[-1].journal.state == "stopped"


def test_a_generator_that_ends_cannot_be_given_more_epochs(make, data, at):
    controls = kfx.callbacks.Controls()
    batches = ((data[0][i : i + 16], data[1][i : i + 16]) for i in range(0, 160, 16))
    history = kfx.fit(make(), batches, callbacks=[controls, at(0, 3, lambda _: controls.ask("extra"))])
    assert history.epoch == [0]


def test_a_callback_of_ours_that_is_given_takes_the_place_of_the_default(make, data):
    monitor = kfx.callbacks.LayerMonitor(every=3)
    kfx.fit(make(), *data, batch_size=16, callbacks=[monitor])
    assert monitor.journal is kfx.runs[-1].journal
    assert monitor.journal.every == 3


def test_an_exception_passes_and_the_run_is_kept(make, data, at):
    def fail(_):
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        kfx.fit(make(), *data, batch_size=16, callbacks=[at(0, 4, fail)])
    journal = kfx.runs[-1].journal
    assert journal.state == "failed"
    assert journal.steps == 5
    assert journal.events[-1].text == "RuntimeError: no more"


def test_a_wrong_argument_says_what_keras_says_and_leaves_nothing_open(make, data):
    from kfx.training.run.session import OPEN

    model = make()
    with pytest.raises(TypeError, match="no_such_argument"):
        kfx.fit(model, *data, no_such_argument=1)
    assert model not in OPEN
    assert kfx.fit(model, *data).epoch == [0]


def test_a_model_that_is_not_compiled_is_keras_s_own_error(keras):
    x = keras.Input((2,))
    with pytest.raises(ValueError, match="compile"):
        kfx.fit(keras.Model(x, keras.layers.Dense(1)(x)), np.zeros((4, 2)), np.zeros((4, 1)))


@pytest.mark.parametrize(
    ("thing", "advice"),
    [
        (None, "`model` is None.*forget to return"),
        ("model", "`model` is the text 'model'; a Keras model was expected"),
        (3, r"`model` is 'int'; expected a keras\.Model to train: kfx\.fit\(model, x, y, epochs=3\)"),
    ],
)
def test_something_that_is_not_a_model_is_refused_with_advice(thing, advice):
    with pytest.raises(TypeError, match=advice):
        kfx.fit(thing)


def test_a_layer_alone_is_not_trained(keras):
    with pytest.raises(TypeError, match=r"`model` is a Dense; kfx\.fit trains a keras\.Model"):
        kfx.fit(keras.layers.Dense(1))


def test_outside_a_notebook_one_line_is_printed_at_the_end(make, data, capsys):
    kfx.fit(make(), *data, epochs=2)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("fit 'small': done, 2 epochs, loss ")


def test_callbacks_alone_print_one_line_as_well(make, data, capsys):
    make().fit(*data, verbose=0, callbacks=[kfx.callbacks.Curves(), kfx.callbacks.Progress(), kfx.callbacks.Controls()])
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize("name", ["Curves", "Progress", "LayerMonitor", "Checkpoints", "Controls"])
def test_each_callback_works_alone(make, data, name):
    callback = getattr(kfx.callbacks, name)()
    make().fit(*data, batch_size=16, epochs=2, verbose=0, callbacks=[callback])
    assert callback.journal.state == "done"
    assert callback.journal.steps == 20


def test_one_callback_object_serves_several_models(make, data):
    curves = kfx.callbacks.Curves()
    first, second = make(), make()
    first.fit(*data, verbose=0, callbacks=[curves])
    journal = curves.journal
    second.fit(*data, epochs=2, verbose=0, callbacks=[curves])
    assert curves.journal is not journal
    assert curves.journal.epochs_done == 2
    assert journal.epochs_done == 1
