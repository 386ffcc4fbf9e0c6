# ruff: noqa: E501  the tables of models are read by the line
"""Pairs of models that are equal by construction, or differ by one thing, with the verdict that a comparison must give."""

from __future__ import annotations

import itertools

import keras
import numpy as np
from keras import layers

from kfx.model.compare.verdict import Verdict

SAME, OTHER, PARTLY = Verdict.EQUAL, Verdict.DIFFERENT, Verdict.NOT_ALL_COMPARED


class Unknown(layers.Layer):
    """A class that Keras cannot load from a file: it is not registered."""

    def __init__(self, units=3, **options):
        super().__init__(**options)
        self.units = units
        self.first, self.last = layers.Dense(units), layers.Dense(units)

    def call(self, x):
        return self.last(keras.ops.relu(self.first(x)))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable("hostile")
class Known(Unknown):
    """The same, registered, with layers under automatic names that differ after loading."""

    def __init__(self, units=3, **options):
        super().__init__(units, **options)
        self.soft, self.drop = layers.Softmax(), layers.Dropout(0.1)

    def call(self, x):
        return self.drop(self.soft(super().call(x)))


class OwnModel(keras.Model):
    """A subclassed model, whose file holds no graph."""

    def __init__(self, units=3, **options):
        super().__init__(**options)
        self.units, self.head = units, layers.Dense(units)

    def call(self, x):
        return self.head(x)

    def get_config(self):
        return {"units": self.units}


def twice(t):
    return t * 2


def chain(*inner, size=(6,), dtype=None, name=None):
    return keras.Sequential([keras.Input(size, dtype=dtype), *inner], name=name)


def branched(units=4, rate=0.1, activation="relu", name=None):
    i = keras.Input((6,), name=name)
    a, b = layers.Dense(units, activation=activation)(i), layers.Dense(units)(i)
    return keras.Model(i, layers.Dense(2)(layers.Dropout(rate)(layers.Add()([a, b]))))


def nested(units=4, trainable=True):
    base = chain(layers.Dense(units), layers.LayerNormalization())
    base.trainable = trainable
    i = keras.Input((6,))
    return keras.Model(i, layers.Dense(2)(base(i)))


def shared(often=2):
    i = x = keras.Input((6,))
    layer = layers.Dense(6)
    for _ in range(often):
        x = layer(x)
    return keras.Model(i, x)


def convolutional(size=3, filters=4, strides=1):
    return chain(layers.Conv2D(filters, size, strides=strides, padding="same"), layers.BatchNormalization(), layers.ReLU(),
                 layers.GlobalAveragePooling2D(), layers.Dense(3), size=(8, 8, 3))  # fmt: skip


def recurrent(units=3, merge="concat"):
    return chain(layers.Embedding(20, 4), layers.Bidirectional(layers.LSTM(units), merge_mode=merge), layers.Dense(2),
                 size=(5,), dtype="int32")  # fmt: skip


def attention(heads=2, causal=False):
    i = keras.Input((5, 8))
    return keras.Model(i, layers.MultiHeadAttention(heads, 4)(i, i, use_causal_mask=causal))


def operations(number=2.0):
    i = keras.Input((6,))
    return keras.Model(i, keras.ops.tanh(layers.Dense(3)(i) * number + 1))


def normalised(mean=0.0):
    return chain(layers.Normalization(mean=[mean] * 6, variance=[1.0] * 6), layers.Dense(2))


def words(last="c"):
    return chain(layers.StringLookup(vocabulary=["a", "b", last]), layers.Embedding(4, 2), size=(3,), dtype="string")


# name -> the model, and models that differ from it by one thing. All can be loaded from a file.
LOADED = {
    "dense": (lambda: chain(layers.Dense(4), layers.Dense(2)), [
        lambda: chain(layers.Dense(5), layers.Dense(2)), lambda: chain(layers.Dense(4), layers.Dense(2, use_bias=False)),
        lambda: chain(layers.Dense(4, activation="relu"), layers.Dense(2)), lambda: chain(layers.Dense(4), layers.Dense(2, name="head")),
        lambda: chain(layers.Dense(4)), lambda: chain(layers.Dense(4), layers.Dense(2), layers.ReLU()),
        lambda: chain(layers.Dense(4, dtype="float16"), layers.Dense(2)),
        lambda: chain(layers.Dense(4, kernel_regularizer=keras.regularizers.L2(0.1)), layers.Dense(2)),
    ]),
    "branched": (branched, [lambda: branched(5), lambda: branched(rate=0.2), lambda: branched(activation="gelu"), lambda: branched(name="x")]),
    "nested": (nested, [lambda: nested(5), lambda: nested(trainable=False)]),
    "shared": (shared, [lambda: shared(3)]),
    "convolutional": (convolutional, [lambda: convolutional(5), lambda: convolutional(filters=5), lambda: convolutional(strides=2)]),
    "recurrent": (recurrent, [lambda: recurrent(4), lambda: recurrent(merge="sum")]),
    "attention": (attention, [lambda: attention(4), lambda: attention(causal=True)]),
    "operations": (operations, [lambda: operations(3.0)]),
    "known": (lambda: chain(Known()), [lambda: chain(Known(4))]),
    "normalised": (normalised, [lambda: normalised(1.0)]),
    "words": (words, [lambda: words("d")]),
}  # fmt: skip

# Models whose files cannot be loaded, so that they are compared as data.
UNLOADED = {
    "lambda": (lambda: chain(layers.Dense(3), layers.Lambda(lambda t: t * 2), layers.Dense(2)), [
        lambda: chain(layers.Dense(3), layers.Lambda(lambda t: t * 3), layers.Dense(2)),
        lambda: chain(layers.Dense(3), layers.Lambda(lambda t: t + 2), layers.Dense(2)),
        lambda: chain(layers.Dense(4), layers.Lambda(lambda t: t * 2), layers.Dense(2)),
        lambda: chain(layers.Dense(3), layers.Lambda(twice), layers.Dense(2)),
    ]),
    "activation": (lambda: chain(layers.Dense(3, activation=lambda t: t * 2)), [lambda: chain(layers.Dense(3, activation=lambda t: t * 4))]),
    "unknown": (lambda: chain(Unknown(), layers.Dense(2)), [lambda: chain(Unknown(4), layers.Dense(2)), lambda: chain(Unknown(), layers.Dense(3))]),
    "own": (OwnModel, [lambda: OwnModel(4)]),
}  # fmt: skip


def fresh(make):
    """Return a model with weights that do not depend on when it is made."""
    keras.utils.set_random_seed(7)
    model = make()
    if isinstance(model, OwnModel):
        model(np.zeros((1, 6), "float32"))
    rng = np.random.default_rng(3)
    for weight in model.weights:
        if "float" in str(weight.dtype) and "seed" not in weight.path:
            weight.assign(rng.normal(size=weight.shape))
    return model


def nudged(model, place):
    """Change one number of one weight."""
    weights = [w for w in model.weights if "float" in str(w.dtype) and w.shape and np.prod(w.shape)]
    if not weights:
        return False
    values = np.array(weights[place % len(weights)])
    values.flat[place % values.size] += 0.25
    weights[place % len(weights)].assign(values)
    return True


def pairs(folder, *, most=None):
    """Yield ``(what, a, b, verdict)``: models, and paths of files in ``folder``."""
    yield from itertools.islice(_pairs(folder), most)


def _pairs(folder):
    number = itertools.count()

    def saved(model, suffix=".keras"):
        path = folder / f"{next(number)}{suffix}"
        model.save(path) if not suffix.startswith(".weights") else model.save_weights(path)
        return path

    for name, (make, others) in LOADED.items():
        a, again = fresh(make), fresh(make)
        has_weights = bool(a.weights)
        yield f"{name}: made twice", a, again, SAME
        yield f"{name}: itself", a, a, SAME
        yield f"{name}: saved", a, saved(again), SAME
        yield f"{name}: saved twice", saved(a), saved(again), SAME
        yield f"{name}: as .h5", a, saved(again, ".h5"), SAME
        yield f"{name}: .keras and .h5", saved(a), saved(again, ".h5"), SAME
        clone = keras.models.clone_model(a)
        clone.set_weights(a.get_weights())
        yield f"{name}: cloned", a, clone, SAME
        if has_weights:
            yield f"{name}: weights alone", a, saved(again, ".weights.h5"), SAME
            yield f"{name}: weights twice", saved(a, ".weights.h5"), saved(again, ".weights.h5"), SAME
        for place in (0, 3, 8):
            moved = fresh(make)
            if nudged(moved, place):
                yield f"{name}: one number, live", a, moved, OTHER
                yield f"{name}: one number, saved", saved(a), saved(moved), OTHER
                yield f"{name}: one number, weights alone", saved(moved, ".weights.h5"), a, OTHER
        for place, other in enumerate(others):
            b = fresh(other)
            yield f"{name}: other {place}, live", a, b, OTHER
            yield f"{name}: other {place}, saved", saved(a), saved(b), OTHER
            yield f"{name}: other {place}, live and saved", saved(b), a, OTHER
    for name, (make, others) in UNLOADED.items():
        for suffix in (".keras", ".h5"):
            if name == "own" and suffix == ".h5":
                continue  # Keras writes no subclassed model so
            a = saved(fresh(make), suffix)
            yield f"{name}{suffix}: itself", a, a, SAME
            yield f"{name}{suffix}: made twice", a, saved(fresh(make), suffix), SAME
            for place in (0, 1, 2, 5):
                moved = fresh(make)
                nudged(moved, place)
                yield f"{name}{suffix}: one number {place}", a, saved(moved, suffix), OTHER
            for place, other in enumerate(others):
                yield f"{name}{suffix}: other {place}", a, saved(fresh(other), suffix), OTHER
        live = fresh(make)
        if name not in ("own",):
            yield f"{name}: live and its weights", live, saved(fresh(make), ".weights.h5"), SAME
            moved = fresh(make)
            nudged(moved, 1)
            yield f"{name}: live and moved weights", live, saved(moved, ".weights.h5"), OTHER
        if name in ("lambda", "activation"):
            yield f"{name}: live and saved", live, saved(fresh(make)), SAME
        if name == "unknown":
            yield f"{name}: live and saved", live, saved(fresh(make)), PARTLY
