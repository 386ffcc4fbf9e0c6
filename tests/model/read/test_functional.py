"""The ``training`` that Keras stores in a graph: what it does is found out by runs of Keras, and said where it is shown."""

import keras
import numpy as np
import pytest
from keras import layers

from kfx.model.files.load import read_file
from kfx.model.read.model import read_graph
from kfx.model.walk import by_key

X = np.ones((2, 4), "float32")


class Probe(layers.Layer):
    """Writes down the ``training`` of every run."""

    def __init__(self, **more):
        super().__init__(**more)
        self.told = []

    def call(self, x, training=None):
        self.told.append(training)
        return x * 1.0


def stored(value, *, inside=False):
    """Return a functional model that calls a probe, or a model around it, with ``training=value``."""
    x, probe = keras.Input((4,), name="x"), Probe(name="probe")
    if inside:
        y = keras.Input((4,), name="y")
        made = keras.Model(y, probe(y), name="base")(x, training=value)
    else:
        made = probe(x, training=value)
    return keras.Model(x, layers.Dense(4, name="d")(made)), probe


def told_in(run, model, probe):
    probe.told.clear()
    run(model)
    return set(probe.told)


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("value", [False, True])
def test_the_note_says_what_keras_does(value, inside):
    model, probe = stored(value, inside=inside)
    model.compile("sgd", "mse", run_eagerly=True)
    assert told_in(lambda m: m(X), model, probe) == {value}, "called without training"
    assert told_in(lambda m: m.fit(X, X, verbose=0), model, probe) == {True}
    assert told_in(lambda m: m.evaluate(X, X, verbose=0), model, probe) == {False}
    assert told_in(lambda m: m.predict(X, verbose=0), model, probe) == {False}
    assert told_in(lambda m: m(X, training=not value), model, probe) == {not value}
    graph = read_graph(model)
    key = "base" if inside else "probe"
    other = "evaluate and predict replace it by False." if value else "fit replaces it by True."
    where = "only where the model is called without training, as in model(x), or with the same"
    assert by_key(graph)[key].note == f"training={value} holds {where}: {other}"
    assert by_key(graph)[key].settings == (f"training {value}",)
    assert graph.notes == (f"The graph calls {key} with training={value}, which holds {where}: {other}",)


def test_a_composite_layer_is_named_in_the_notes_too():
    class Block(layers.Layer):
        def __init__(self, **more):
            super().__init__(**more)
            self.drop = layers.Dropout(0.5, name="drop")

        def call(self, x, training=None):
            return self.drop(x, training=training)

    x = keras.Input((4,), name="x")
    graph = read_graph(keras.Model(x, Block(name="block")(x, training=True)))
    assert by_key(graph)["block"].settings == ("training True",)
    assert [note.partition(",")[0] for note in graph.notes] == ["The graph calls block with training=True"]


def test_one_note_names_all_calls_of_a_kind():
    x = y = keras.Input((4,), name="x")
    for n in range(5):
        y = layers.Dropout(0.5, name=f"d{n}")(y, training=True)
    notes = read_graph(keras.Model(x, y)).notes
    assert [note.partition(",")[0] for note in notes] == ["The graph calls d0"]
    assert notes[0].startswith("The graph calls d0, d1, d2 and 2 more with training=True")


def test_the_default_of_a_call_is_not_told():
    x = keras.Input((3, 4), name="x")
    graph = read_graph(keras.Model(x, layers.LSTM(2, name="lstm")(x, training=False)))
    assert by_key(graph)["lstm"].settings == ("2 units",), "LSTM.call has training=False"
    assert graph.notes == ()


def test_what_a_layers_code_tells_holds_always_and_has_no_note():
    class Net(keras.Model):
        def __init__(self):
            super().__init__(name="net")
            self.probe = Probe(name="probe")
            self.inner = keras.Sequential([keras.Input((4,)), layers.BatchNormalization(name="bn")], name="inner")

        def call(self, x, training=None):
            return self.inner(self.probe(x, training=True), training=False)

    model = Net()
    model(X)
    assert told_in(lambda m: m.predict(X, verbose=0), model, model.probe) == {True}
    graph = read_graph(model)
    calls = by_key(graph)
    assert (calls["probe"].settings, calls["inner"].settings) == (("training True",), ("training False",))
    assert (calls["probe"].note, graph.notes) == ("", ())


def test_what_a_block_hands_on_is_not_told():
    class Block(layers.Layer):
        def __init__(self, **more):
            super().__init__(**more)
            self.first, self.second = layers.Dropout(0.1, name="first"), layers.Dropout(0.2, name="second")

        def call(self, x, training=False):
            return self.second(self.first(x, training=training), training=training)

    x = keras.Input((4,), name="x")
    calls = by_key(read_graph(keras.Model(x, Block(name="block")(x))))
    assert (calls["block/first"].settings, calls["block/second"].settings) == (("rate 0.1",), ("rate 0.2",))


def test_other_arguments_of_calls_are_told_by_name(tmp_path):
    x = keras.Input((4, 4), name="x")
    mask = np.ones((1, 4), bool)
    y, scores = layers.MultiHeadAttention(2, 4, name="mha")(x, x, return_attention_scores=True, use_causal_mask=True)
    y = layers.GRU(3, name="gru", return_sequences=True)(y, mask=mask)
    model = keras.Model(x, [layers.Softmax(name="soft")(y, mask=np.ones((4, 3), bool)), scores])
    settings = {
        "mha": ("2 heads", "size 4", "return_attention_scores True", "use_causal_mask True"),
        "gru": ("3 units", "every step", "mask 1×4 bool"),
        "soft": ("mask 4×3 bool",),
    }
    calls = by_key(read_graph(model))
    assert {key: calls[key].settings for key in settings} == settings
    assert dict(calls["soft"].config)["mask"] == "4×3 bool"


def test_a_file_tells_the_same_of_training(tmp_path):
    x = keras.Input((4,), name="x")
    y = keras.Input((4,), name="y")
    base = keras.Model(y, layers.BatchNormalization(name="bn")(y), name="base")
    model = keras.Model(x, layers.Dropout(0.5, name="drop")(base(x, training=False), training=True))
    model.save(tmp_path / "m.keras")
    from_file, live = read_file(tmp_path / "m.keras"), read_graph(model)
    assert {c.key: c.settings for c in from_file.calls} == {c.key: c.settings for c in live.calls}
    assert {c.key: c.note for c in from_file.calls} == {c.key: c.note for c in live.calls}
    assert from_file.notes == live.notes
    assert len(live.notes) == 2
