"""Twenty right and twenty wrong answers to the exercises on trained models, runs, files and large models."""

import functools
import tempfile
from pathlib import Path

import numpy as np

import kfx
from kfx.training.journal.facts import Plan
from kfx.training.journal.journal import Journal
from kfx.views.training.runs import Run

HIDDEN = ((), (16,), (64,), (64, 64), (32, 16))


def even(k, *, hidden=(16,), drop=False, apart=False, how="functional", units=1, last="sigmoid", inputs=784, act="relu"):
    layers = k.layers
    stack = [layer for n in hidden for layer in (layers.Dense(n, activation=act), *([layers.Dropout(0.1)] if drop else []))]
    stack += [layers.Dense(units), layers.Activation(last)] if apart else [layers.Dense(units, activation=last)]
    if how == "sequential":
        return k.Sequential([k.Input((inputs,)), *stack])
    x = rows = k.Input((inputs,))
    for layer in stack:
        x = layer(x)
    return k.Model(rows, x)


@functools.cache
def learned(hidden, target="even", act="relu"):
    import keras

    (images, labels), _ = kfx.datasets.digits()
    keras.utils.set_random_seed(0)
    model = even(keras, hidden=hidden, act=act)
    model.compile(keras.optimizers.Adam(0.01 if not hidden else 0.002), keras.losses.BinaryCrossentropy())
    asked = {"even": labels % 2 == 0, "odd": labels % 2 == 1, "zero": labels == 0, "small": labels < 5, "five": labels == 5}[
        target
    ]
    model.fit(images.reshape(-1, 784).astype("float32") / 255, asked, batch_size=64, epochs=4, verbose=0)
    return model.get_weights()


def trained(k, hidden=(16,), target="even", act="relu", **how):
    model = even(k, hidden=hidden, act=act, **how)
    model.set_weights(learned(hidden, target, act))
    return model


RIGHT = {
    "02.2": [
        lambda k, hidden=hidden, how=how: trained(k, hidden, **how)
        for hidden in HIDDEN[1:]
        for how in ({}, {"drop": True}, {"how": "sequential"}, {"apart": True}, {"act": "tanh"})
    ]
}
WRONG = {
    "02.2": [
        *(
            lambda k, hidden=hidden, how=how: even(k, hidden=hidden, how=how)
            for hidden in HIDDEN
            for how in ("functional", "sequential")
        ),
        *(lambda k, target=target: trained(k, (16,), target) for target in ("odd", "zero", "small", "five")),
        lambda k: trained(k, last="relu"),
        lambda k: trained(k, last=None),
        lambda k: even(k, units=10, last="softmax"),
        lambda k: even(k, inputs=28),
        lambda k: even(k, units=2, last="softmax"),
        lambda k: 0.95,
    ]
}


def run(state="stopped", epochs=100, first=0, steps=700):
    return Run(Journal(plan=Plan(epochs=epochs, first_epoch=first), state=state, steps=steps))


RIGHT["02.3"] = [
    lambda k, state=state, span=span: run(state, span[1], span[0])
    for state in ("stopped", "interrupted")
    for span in ((0, 20), (0, 21), (0, 25), (0, 30), (0, 50), (0, 100), (0, 1000), (5, 25), (5, 105), (80, 100))
]
WRONG["02.3"] = [
    *(
        lambda k, state=state, epochs=epochs: run(state, epochs)
        for state in ("stopped", "interrupted")
        for epochs in (1, 5, 10, 19)
    ),
    *(lambda k, state=state: run(state) for state in ("done", "failed", "running")),
    lambda k: run("done", 20),
    lambda k: run("stopped", 100, 81),
    lambda k: run("stopped", 24, 5),
    lambda k: run("failed", 20),
    lambda k: kfx.runs,
    lambda k: k.callbacks.History(),
    lambda k: "stopped",
    lambda k: 12,
    lambda k: [run()],
]

FOLDER = Path(tempfile.mkdtemp())


def file(
    k, name, *, inputs=784, hidden=(), units=1, optimizer="SGD", steps=1, kind=".keras", as_path=False, weights=False, loss=True
):
    x = rows = k.Input((inputs,))
    for n in hidden:
        x = k.layers.Dense(n)(x)
    model = k.Model(rows, k.layers.Dense(units)(x))
    if optimizer:
        made = getattr(k.optimizers, optimizer)(0.01) if isinstance(optimizer, str) else optimizer(k)
        model.compile(made, k.losses.MeanSquaredError() if loss else None)
        for _ in range(steps):
            model.train_on_batch(np.ones((4, inputs)), np.ones((4, units)))
    path = FOLDER / f"{name}{kind}"
    if weights:
        model.save_weights(path)
    else:
        model.save(path)
    return path if as_path else str(path)


def momentum(k):
    return k.optimizers.SGD(0.1, momentum=0.9)


def steadier(k):
    return k.optimizers.SGD(0.001, nesterov=True, momentum=0.5)


RIGHT["03.2"] = [
    lambda k, at=at, how=how: file(k, f"right_{at}", **how)
    for at, how in enumerate(
        {"optimizer": optimizer, **how}
        for optimizer in ("SGD", momentum, steadier)
        for how in (
            {},
            {"hidden": (8,)},
            {"hidden": (8, 4)},
            {"steps": 3},
            {"as_path": True},
            {"kind": ".h5", "steps": 2},
            {"steps": 20},
        )
    )
][:20]
WRONG["03.2"] = [
    *(
        lambda k, at=at, how=how: file(k, f"wrong_{at}", **how)
        for at, how in enumerate(
            (
                {"optimizer": "Adam"},
                {"optimizer": "RMSprop"},
                {"optimizer": "Adagrad"},
                {"optimizer": None},
                {"steps": 0},
                {"units": 10},
                {"units": 2},
                {"inputs": 28},
                {"inputs": 785},
                {"kind": ".weights.h5", "weights": True},
                {"hidden": (8,), "steps": 0},
                {"kind": ".h5", "optimizer": "Adam"},
                {"kind": ".h5", "steps": 0},
            )
        )
    ),
    lambda k: "nowhere.keras",
    lambda k: str(FOLDER),
    lambda k: 7,
    lambda k: even(k),
    lambda k: "",
    lambda k: __file__,
    lambda k: Path(FOLDER / "other.weights.h5"),
]


@functools.cache
def net(size=227):
    return kfx.datasets.squeezenet(weights=None, input_shape=(size, size, 3))


def sorter(
    k,
    *,
    at="fire9_concat",
    size=227,
    how="extractor",
    pool="Average",
    units=3,
    last="softmax",
    frozen=True,
    name="sorter",
    drop=False,
    apart=False,
    hidden=0,
):
    layers = k.layers
    whole = k.models.clone_model(net(size))
    body = {
        "extractor": lambda: kfx.feature_extractor(whole, at),
        "keras": lambda: k.Model(whole.input, whole.get_layer(at).output),
        "top": lambda: kfx.datasets.squeezenet(weights=None, input_shape=(size, size, 3), include_top=False),
        "list": lambda: kfx.feature_extractor(whole, at),
    }[how]()
    body.trainable = not frozen
    photograph = k.Input((size, size, 3))
    x = body(photograph)
    x = getattr(layers, f"Global{pool}Pooling2D")()(x) if pool else layers.Flatten()(x)
    x = layers.Dropout(0.2)(x) if drop else x
    for _ in range(hidden):
        x = layers.Dense(16, "relu")(x)
    x = layers.Dense(units, activation=None if apart else last)(x)
    return k.Model(photograph, layers.Activation(last)(x) if apart else x, name=name)


RIGHT["09.3"] = [
    lambda k, how=how, more=more: sorter(k, how=how, **more)
    for how in ("extractor", "keras", "top", "list")
    for more in ({}, {"drop": True}, {"apart": True}, {"drop": True, "apart": True}, {"name": "sorter"})
]
WRONG["09.3"] = [
    *(
        lambda k, how=how: sorter(k, **how)
        for how in (
            {"at": "fire8_concat"},
            {"at": "fire5_concat"},
            {"at": "pool3"},
            {"at": "conv10"},
            {"size": 96},
            {"size": 224},
            {"pool": "Max"},
            {"pool": None},
            {"units": 6},
            {"units": 1},
            {"units": 10},
            {"last": None},
            {"last": "sigmoid"},
            {"frozen": False},
            {"name": "model"},
            {"name": "Sorter"},
            {"hidden": 1},
            {"how": "keras", "frozen": False},
        )
    ),
    lambda k: net(),
    lambda k: kfx.feature_extractor(net(), "fire9_concat"),
]


@functools.cache
def classifier(units=32):
    import keras

    features = keras.Input((None, units), name="features")
    x = keras.layers.GlobalAveragePooling1D(name="mean")(features)
    return keras.Model(features, keras.layers.Dense(1, activation="sigmoid", name="verdict")(x), name="classifier")


def recurrent(k, *, own=False, last=False, units=32):
    class CustomRNN(k.layers.Layer):
        def __init__(self, units=units, **kwargs):
            super().__init__(**kwargs)
            self.projection_1 = k.layers.Dense(units, activation="tanh", name="projection_1")
            self.projection_2 = k.layers.Dense(units, activation="tanh", name="projection_2")
            self.classifier = k.layers.Dense(1, activation="sigmoid") if own else classifier(units)

        def call(self, inputs):
            states = [k.ops.zeros((inputs.shape[0], self.projection_2.units))]
            for step in range(inputs.shape[1]):
                states.append(self.projection_1(inputs[:, step]) + self.projection_2(states[-1]))
            return self.classifier(states[-1] if own else k.ops.stack(states[1:], axis=1))

    return CustomRNN


def twice(
    k, *, shape=(16, 10, 5), count=2, join="average", name="twice", shared=False, row=False, before=False, order=1, **how
):
    kind, steps = recurrent(k, **how), k.Input(batch_shape=shape, name="steps")
    first = kind()
    made = [first if shared else kind(name=f"reader_{n}") for n in range(count)]
    x = k.layers.Conv1D(32, 3)(steps) if before else steps
    said = [one(x) for one in made][::order] if not row else [made[0](x), made[1](k.layers.RepeatVector(3)(made[0](x)))]
    layers = k.layers
    joined = {
        "average": lambda: layers.average(said),
        "Average": lambda: layers.Average()(said),
        "add": lambda: layers.add(said),
        "maximum": lambda: layers.maximum(said),
        "concatenate": lambda: layers.concatenate(said),
        "first": lambda: said[0],
        "multiply": lambda: layers.multiply(said),
        "list": lambda: said,
    }[join]()
    return k.Model(steps, joined, name=name)


RIGHT["12.3"] = [
    lambda k, join=join, order=order, units=units: twice(k, join=join, order=order, units=units)
    for join in ("average", "Average")
    for order in (1, -1)
    for units in (32, 16, 8, 64, 4)
]
WRONG["12.3"] = [
    *(
        lambda k, how=how: twice(k, **how)
        for how in (
            {"join": "add"},
            {"join": "maximum"},
            {"join": "concatenate"},
            {"join": "first"},
            {"join": "multiply"},
            {"join": "list"},
            {"shared": True},
            {"count": 3},
            {"count": 4},
            {"shape": (16, 12, 5)},
            {"shape": (1, 10, 5)},
            {"shape": (16, 10, 4)},
            {"before": True},
            {"row": True},
            {"own": True},
            {"name": "two"},
            {"name": "mixed"},
            {"name": "Twice"},
        )
    ),
    lambda k: recurrent(k),
    lambda k: classifier(),
]
