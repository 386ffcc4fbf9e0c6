"""Right and wrong answers to the exercises of tutorial 03."""

import tempfile
from pathlib import Path

import numpy as np

FOLDER = tempfile.TemporaryDirectory(prefix="kfx-answers-", ignore_cleanup_errors=True)  # gone when the tests are over


def saved(keras, name="one.keras", *, inputs=784, units=1, optimizer="SGD", steps=1):
    numbers = keras.Input((inputs,))
    model = keras.Model(numbers, keras.layers.Dense(units)(numbers))
    if optimizer:
        model.compile(loss=keras.losses.MeanSquaredError(), optimizer=getattr(keras.optimizers, optimizer)())
        model.optimizer.build(model.trainable_variables)
    for _ in range(steps):
        model.train_on_batch(np.ones((2, inputs), "float32"), np.ones((2, units), "float32"))
    path = Path(FOLDER.name, name)
    model.save_weights(path) if name.endswith(".weights.h5") else model.save(path)
    return path


def model(keras, name="mnist_model", units=64, kind="Dense", inputs=None, activation="relu"):
    layers = keras.layers
    digits = keras.Input((784,), name="digits") if inputs is None else inputs
    x = layers.Dense(units, activation=activation, name="hidden_1")(digits)
    x = layers.Activation("tanh")(x) if kind == "Activation" else x
    return keras.Model(digits, layers.Dense(10, activation="softmax", name="digit")(x), name=name)


def twins(keras, name="twin", copied=True, **other):
    first = model(keras)
    second = model(keras, name, **other)
    if copied:
        second.set_weights(first.get_weights())
    return [first, second]


def cloned(keras):
    first = model(keras, "twin")
    second = keras.models.clone_model(first)
    second.set_weights(first.get_weights())
    return first, second


def framed(keras):
    first = model(keras)
    return [first, keras.Model(first.inputs, first.outputs, name="twin")]


def damaged(keras):
    path = Path(FOLDER.name, "damaged.keras")
    path.write_text("no model")
    return path


RIGHT = {
    "03.1": [lambda k: 400],
    "03.2": [lambda k: str(saved(k)), lambda k: saved(k, "one.h5")],
    "03.3": [twins, cloned],
}

WRONG = {
    "03.1": [
        (lambda k: "400", "of type str"),
        (lambda k: 240, "what stands in the file"),
        (lambda k: 160, "if the count began anew"),
        (lambda k: 5, "Those are epochs"),
        (lambda k: 20_000, "how many batches make one epoch"),
    ],
    "03.2": [
        (lambda k: 3, "asks for the name of a file in quotation marks, and the answer is of type int"),
        (lambda k: "x" * 5000, "no file 'x+' beside this notebook"),
        (lambda k: "\0", "no file .* beside this notebook"),
        (lambda k: "nowhere.keras", "no file 'nowhere.keras' beside this notebook"),
        (lambda k: saved(k, "one.weights.h5"), "holds numbers and no model"),
        (damaged, "Your code stopped with "),
        (lambda k: saved(k, units=2), r"goes from \(None, 784\) to \(None, 2\)"),
        (lambda k: saved(k, inputs=28), r"goes from \(None, 28\)"),
        (lambda k: saved(k, optimizer=None, steps=0), "never compiled"),
        (lambda k: saved(k, optimizer="Adam"), "optimizer in the file is Adam"),
        (lambda k: saved(k, steps=0), "has not made a step"),
    ],
    "03.3": [
        (model, "two models, written as a list"),
        (lambda k: list(model(k).layers[-2:]), "asks for a Keras model"),
        (lambda k: [model(k)] * 2, "one model under two names"),
        (framed, "share their weights"),
        (lambda k: twins(k, units=32, copied=False), "do not have the same layers"),
        (lambda k: twins(k, kind="Activation"), "do not have the same layers"),
        (lambda k: twins(k, activation="tanh"), "do not have the same layers"),
        (lambda k: twins(k, copied=False), "the weights are not"),
        (lambda k: twins(k)[::-1], "turned round"),
        (lambda k: twins(k, "other"), "the model is called 'other'"),
    ],
}

SECRETS = {"03.1": r"\b400\b"}
