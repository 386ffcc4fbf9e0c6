"""Right and wrong answers to the exercises of tutorial 01."""

import numpy as np


def image_model(keras, *, size=32, flat=True, units=10, activation="softmax", name="image_model"):
    inputs = keras.Input((size, size, 3))
    x = keras.layers.Flatten()(inputs) if flat else inputs
    return keras.Model(inputs, keras.layers.Dense(units, activation=activation)(x), name=name)


def two_answers(keras, *, inputs=784, hidden=True, apart=False, ends=((10, "softmax"), (1, "sigmoid"))):
    x = keras.Input((inputs,))
    layers = keras.layers
    hiddens = [layers.Dense(64, activation="relu")(x) if hidden else x for _ in ends]
    if not apart:
        hiddens = [hiddens[0]] * len(ends)
    return keras.Model(x, [layers.Dense(n, activation=a)(h) for h, (n, a) in zip(hiddens, ends, strict=True)])


RIGHT = {
    "01.1": [lambda k: 109_386, lambda k: 109_386.0, lambda k: np.int64(109_386), lambda k: wider_model(k).count_params()],
    "01.2": [
        image_model,
        lambda k: k.Sequential(
            [k.Input((32, 32, 3)), k.layers.Flatten(), k.layers.Dense(10), k.layers.Softmax()], name="image_model"
        ),
    ],
    "01.3": [two_answers, lambda k: two_answers(k, ends=((1, "sigmoid"), (10, "softmax")))],
}

WRONG = {
    "01.1": [
        (lambda k: "109386", "asks for a whole number, and the answer is of type str"),
        (lambda k: True, "of type bool"),
        (lambda k: 0.5, "of type float"),
        (lambda k: np.arange(3), "of type ndarray"),
        (lambda k: float("nan"), "of type float"),
        (lambda k: 55_050, "the model as it stands now"),
        (lambda k: 105_290, "The first layer is right"),
        (lambda k: 109_184, "its bias"),
        (lambda k: 7, "one weight for each pair of input and unit"),
    ],
    "01.2": [
        (lambda k: "a model", "asks for a Keras model.* of type str"),
        (lambda k: image_model(k).output, "asks for a Keras model, as keras.Model.* of type KerasTensor"),
        (lambda k: k.layers.Dense, "the answer is the class Dense"),
        (lambda k: k.layers.Dense(10), "the answer is of type Dense"),
        (lambda k: k.Sequential([k.layers.Dense(10)]), "model"),
        (lambda k: image_model(k, size=28), r"yours begins at \(28, 28, 3\)"),
        (lambda k: image_model(k, flat=False), "lays the box out flat"),
        (lambda k: image_model(k, units=3), "end in ten numbers"),
        (lambda k: image_model(k, activation=None), "nothing makes them probabilities"),
        (lambda k: image_model(k, name="mine"), "the model is called 'mine'"),
    ],
    "01.3": [
        (lambda k: 3, "asks for a Keras model"),
        (lambda k: two_answers(k, inputs=28), r"begins at \(28,\)"),
        (lambda k: two_answers(k, ends=((10, "softmax"),)), "yours has 1"),
        (lambda k: two_answers(k, ends=((10, "softmax"), (2, "sigmoid"))), r"yours hold \(10,\), \(2,\)"),
        (lambda k: two_answers(k, ends=((10, "softmax"), (1, None))), "Look at the activations"),
        (lambda k: two_answers(k, apart=True), "do not start from the same arrow"),
        (lambda k: two_answers(k, hidden=False), "read the input itself"),
    ],
}


def wider_model(keras):
    x = inputs = keras.Input((784,))
    for units in (128, 64, 10):
        x = keras.layers.Dense(units)(x)
    return keras.Model(inputs, x)


SECRETS = {"01.1": r"109[,.]?386"}
