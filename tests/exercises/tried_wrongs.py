"""Twenty right and twenty wrong answers to the exercises of tutorial 15, written from their text alone."""

from decimal import Decimal
from fractions import Fraction

import numpy as np

import kfx

GUESSED = [
    *(1.39, 1.386, 1.38629, 1.3863, 1.38, np.log(4), -np.log(0.25), -np.log(1 / 4), 2 * np.log(2), np.float32(1.386)),
    *(np.float64(1.39), np.array(1.386), Decimal("1.39"), Fraction(139, 100), round(-np.log(0.25), 2), round(np.log(4), 3)),
    *(np.float16(1.386), 1.3862943611198906, 1.387, 1.385),
]
NOT_GUESSED = [
    *(0.25, 2.3, 2.30, 2.303, 2.0, 0.6, 0.602, -1.39, -np.log(4), 4, 0, 1, 0.75, 1.4, 1.3, 1.61, 1.1, 0.69, 13.9, 139),
]


def largest(body, name="Largest"):
    return lambda k: type(name, (kfx.callbacks.Panel,), {"title": name, "on_epoch": body})


def flat(run):
    return np.concatenate([one.ravel() for one in run.model.get_weights()])


def by_loop(self, run, logs):
    found = 0
    for one in run.model.get_weights():
        for value in one.ravel():
            found = max(found, abs(value))
    return {"largest": found}


def by_layer(self, run, logs):
    return {"by layer": max(np.abs(one).max() for layer in run.model.layers for one in layer.get_weights())}


def by_variables(self, run, logs):
    return {"w": max(float(np.abs(v.numpy()).max()) for v in run.model.weights)}


def by_tensors(self, run, logs):
    import keras

    return {"largest": max(float(keras.ops.max(keras.ops.abs(v))) for v in run.model.trainable_variables)}


PANELS = [
    by_loop,
    by_layer,
    by_variables,
    by_tensors,
    lambda self, run, logs: {"largest": np.abs(flat(run)).max()},
    lambda self, run, logs: {"largest": float(np.abs(flat(run)).max())},
    lambda self, run, logs: {"|w|": max(abs(flat(run)))},
    lambda self, run, logs: {"largest": max(flat(run).max(), -flat(run).min())},
    lambda self, run, logs: {"largest": np.linalg.norm(flat(run), np.inf)},
    lambda self, run, logs: {"largest": sorted(abs(flat(run)))[-1]},
    lambda self, run, logs: {"largest": max(np.abs(w).max() for w in run.model.get_weights())},
    lambda self, run, logs: {"a": max(np.max(np.abs(w)) for w in run.model.get_weights())},
    lambda self, run, logs: {"a": max([np.abs(w).max() for w in run.model.get_weights()])},
    lambda self, run, logs: {"a": np.max([np.abs(w).max() for w in run.model.get_weights()])},
    lambda self, run, logs: {"a": np.max(np.abs(flat(run)), initial=0)},
    lambda self, run, logs: {"a": np.sqrt(max((w**2).max() for w in run.model.get_weights()))},
    lambda self, run, logs=None: {"a": np.abs(flat(run)).max()},
    lambda self, run, *rest: {"a": np.abs(flat(run)).max()},
    lambda self, run, logs: {"largest": abs(flat(run)).max()},
    lambda self, run, logs: {1: np.abs(flat(run)).max()},
]
NOT_PANELS = [
    lambda self, run, logs: None,
    lambda self, run, logs: {},
    lambda self, run, logs: np.abs(flat(run)).max(),
    lambda self, run, logs: [np.abs(flat(run)).max()],
    lambda self, run, logs: {"largest": flat(run).max()},
    lambda self, run, logs: {"largest": abs(flat(run).max())},
    lambda self, run, logs: {"largest": np.abs(flat(run)).mean()},
    lambda self, run, logs: {"largest": np.abs(flat(run)).sum()},
    lambda self, run, logs: {"largest": np.abs(flat(run)).min()},
    lambda self, run, logs: {"largest": np.linalg.norm(flat(run))},
    lambda self, run, logs: {"largest": np.abs(run.model.get_weights()[0]).max()},
    lambda self, run, logs: {"largest": np.abs(run.model.get_weights()[-1]).max()},
    lambda self, run, logs: {"largest": max(np.abs(w).max() for w in run.model.get_weights()[::2])},
    lambda self, run, logs: {"largest": np.abs(flat(run))},
    lambda self, run, logs: {"largest": str(np.abs(flat(run)).max())[:2]},
    lambda self, run, logs: {"a": np.abs(flat(run)).max(), "b": 1},
    lambda self, run, logs: {"largest": logs["loss"]},
    lambda self, run, logs: {"largest": run.get_weights()},
    lambda self, run: {"largest": np.abs(flat(run)).max()},
    lambda self, run, logs: print(end=""),
]


def deep(
    act="elu", hidden=12, start="glorot_uniform", units=64, skip=False, norm=False, how="model", last=10, size=28, apart=False
):
    def make(k):
        k.utils.set_random_seed(3)
        layers = k.layers
        x = image = k.Input((size, size, 1))
        x = layers.Flatten()(x)
        for n in range(hidden):
            y = layers.Dense(units, None if norm or apart else act, kernel_initializer=start)(x)
            y = layers.BatchNormalization()(y) if norm else y
            y = layers.Activation(act)(y) if norm or apart else y
            x = layers.add([x, y]) if skip and n else y
        x = layers.Dense(last, "softmax")(x)
        return k.Sequential(k.Model(image, x).layers) if how == "sequential" else k.Model(image, x)

    return make


MENDED = [
    *(deep(act) for act in ("elu", "relu", "tanh", "selu", "gelu", "swish", "leaky_relu", "softsign")),
    *(deep("relu", start=start) for start in ("he_normal", "he_uniform", "glorot_normal")),
    *(
        deep("relu", skip=True),
        deep("relu", norm=True),
        deep("relu", hidden=14),
        deep("tanh", hidden=20),
        deep("sigmoid", skip=True),
    ),
    *(deep("selu", start="lecun_normal"), deep("elu", units=32), deep("elu", how="sequential"), deep("tanh", apart=True)),
]
NOT_MENDED = [
    *(deep("sigmoid"), deep("sigmoid", hidden=14), deep("sigmoid", units=128), deep("sigmoid", start="he_normal")),
    *(deep("hard_sigmoid"), deep("softmax"), deep("sigmoid", how="sequential"), deep("sigmoid", apart=True), deep(None)),
    *(deep(None, hidden=15), deep("linear"), deep("elu", hidden=11), deep("relu", hidden=2), deep("elu", hidden=0)),
    *(deep("elu", last=9), deep("elu", size=27), deep("elu", last=1), deep("sigmoid", hidden=20)),
    *(lambda k: "elu", lambda k: k.layers.Dense(64, "elu")),
]

RIGHT = {
    "15.1": [lambda k, n=n: n for n in GUESSED],
    "15.2": [largest(body) for body in PANELS],
    "15.3": MENDED,
}
WRONG = {
    "15.1": [lambda k, n=n: n for n in NOT_GUESSED],
    "15.2": [largest(body) for body in NOT_PANELS],
    "15.3": NOT_MENDED,
}
