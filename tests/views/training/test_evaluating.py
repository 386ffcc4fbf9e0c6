"""The panel of what a model gets wrong: its counts are NumPy's, the training is what it is without, a saved run keeps it."""

import keras
import numpy as np
import pytest
from keras import layers

import kfx
from kfx.training.journal.panel import Confused

rng = np.random.default_rng(0)
X = rng.normal(size=(120, 6)).astype("float32")
Y = (X[:, 0] > 0).astype("int64") + (X[:, 1] > 0.5)


def net(seed=1):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [keras.Input((6,)), layers.BatchNormalization(), layers.Dropout(0.3), layers.Dense(3, "softmax")], name="net"
    )
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def fit(model, *callbacks, epochs=3, **how):
    return model.fit(X[:80], Y[:80], epochs=epochs, verbose=0, callbacks=list(callbacks), **how)


def panel_of_newest():
    return kfx.runs[-1].journal.panels[0]


def test_the_counts_are_those_of_predict_after_the_last_epoch():
    model = net()
    fit(model, kfx.callbacks.Evaluate(X[80:], Y[80:], class_names=["a", "나", "<b>"]))
    best = model.predict(X[80:], verbose=0).argmax(-1)
    expected = np.zeros((3, 3), "int64")
    np.add.at(expected, (Y[80:], best), 1)
    found = panel_of_newest().confusion
    assert np.array_equal(found.counts, expected)
    assert found.names == ("a", "나", "<b>")
    assert found.heading == "Confusion, epoch 3"
    assert f"{100 * (best == Y[80:]).mean():.1f} % right" in panel_of_newest().lines[0]
    assert "<b>" not in kfx.runs[-1]._html().replace("<b>What", "").replace("<b>fit", "")


def test_training_is_bit_for_bit_what_it_is_without():
    plain, watched = net(), net()
    history = fit(plain, validation_data=(X[80:], Y[80:]))
    other = fit(watched, kfx.callbacks.Evaluate(X[80:], Y[80:]), validation_data=(X[80:], Y[80:]))
    assert history.history == other.history
    assert all(np.array_equal(a, b) for a, b in zip(plain.get_weights(), watched.get_weights(), strict=True))


def test_a_saved_run_keeps_it(tmp_path):
    images = rng.uniform(size=(30, 8, 8, 1)).astype("float32")
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(2, "softmax")], name="small")
    model.compile("sgd", "sparse_categorical_crossentropy")
    labels = np.arange(30) % 2
    model.fit(images, labels, verbose=0, callbacks=[kfx.callbacks.Evaluate(images, labels, examples=5)])
    run = kfx.runs[-1]
    run.save(tmp_path / "run.npz")
    again = kfx.load_run(tmp_path / "run.npz")
    assert len(panel_of_newest().pictures) == 5
    assert again._html() == run._html()
    assert str(again) == str(run)
    before, after = run.journal.panels[0], again.journal.panels[0]
    assert np.array_equal(before.confusion.counts, after.confusion.counts)
    assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(before.pictures, after.pictures, strict=True))


def test_it_evaluates_after_every_so_many_epochs_and_the_last(monkeypatch):
    seen = []
    panel = kfx.callbacks.Evaluate(X[80:], Y[80:], epochs=3)
    monkeypatch.setattr(panel, "_content", lambda output, epoch: seen.append(epoch))
    fit(net(), panel, epochs=7)
    assert seen == [3, 6, 7]


def test_padding_is_not_counted():
    words = rng.integers(1, 9, (20, 6))
    words[:, 4:] = 0
    i = keras.Input((6,), dtype="int32")
    model = keras.Model(i, layers.Dense(2, "softmax")(layers.Embedding(9, 4, mask_zero=True)(i)), name="tagger")
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(words, words % 2, verbose=0, callbacks=[kfx.callbacks.Evaluate(words, words % 2)])
    assert panel_of_newest().confusion.counts.sum() == 80
    assert "40 steps of 120 left out: masked or of weight 0." in panel_of_newest().lines


def test_an_output_that_is_not_there_is_said_and_training_goes_on():
    model = net()
    history = fit(model, kfx.callbacks.Evaluate(X[80:], Y[80:], output="size"))
    assert len(history.history["loss"]) == 3
    assert panel_of_newest().lines == ("on_epoch raised ValueError: `output` is 'size'; the outputs are ''.",)


@pytest.mark.parametrize(
    ("x", "how", "sentence"),
    [
        (iter([(X, Y)]), {}, "`x` is a generator, which ends after the first epoch"),
        (X, {"epochs": 0}, "`epochs` is 0; expected a whole number from 1"),
        (X, {"examples": 25}, "`examples` is 25; expected a whole number from 0 to 24"),
    ],
)
def test_what_cannot_be_is_refused_before_training(x, how, sentence):
    with pytest.raises(ValueError, match=sentence):
        kfx.callbacks.Evaluate(x, Y, **how)


def test_counts_of_another_shape_than_names_are_refused():
    with pytest.raises(ValueError, match=r"The counts have shape \(2, 2\) for 1 classes"):
        Confused(np.zeros((2, 2), "int64"), np.zeros(2, "int64"), ("a",))


class Samples(kfx.callbacks.Panel):
    """What ten lines of a user's make."""

    title = "Samples"

    def on_epoch(self, run, logs):
        return {"noise": np.full((300, 200), run.journal.epoch), "<i>": np.zeros((4, 4, 3), "uint8"), "loss": logs["loss"]}


def test_a_users_own_panel_shows_pictures_and_numbers(tmp_path):
    fit(net(), Samples())
    panel = panel_of_newest()
    assert [(name, values.shape) for name, values in panel.pictures] == [("noise", (100, 66)), ("<i>", (4, 4, 3))]
    assert (panel.pictures[0][1] == 3).all()
    assert panel.series.columns == ("loss",) or list(panel.series.columns) == ["loss"]
    html = kfx.runs[-1]._html()
    assert "<i>" not in html
    assert "2 pictures: noise, <i>" in str(kfx.runs[-1])


def test_what_is_no_picture_ends_the_panel_with_a_sentence():
    class Wrong(kfx.callbacks.Panel):
        on_epoch = lambda self, run, logs: {"x": np.zeros((2, 3, 7))}  # noqa: E731

    fit(net(), Wrong())
    assert "expected a picture, (height, width) or (height, width, 3)" in panel_of_newest().lines[0]


def test_a_damaged_picture_in_a_file_is_refused(tmp_path):
    fit(net(), Samples())
    kfx.runs[-1].save(tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz") as archive:
        arrays = dict(archive)
    for bad in (np.zeros((500, 500)), np.zeros(3), np.zeros((0, 5)), np.zeros((3, 3, 9))):
        np.savez(tmp_path / "bad.npz", **{**arrays, "picture 0 0": bad})
        with pytest.raises(kfx.KfxError, match=r"bad\.npz"):
            kfx.load_run(tmp_path / "bad.npz")
