"""Right and wrong answers to the exercises of tutorial 07."""

import numpy as np

import kfx


def values(keras, layers=("block_1_add", "block_2_conv_2"), images=8, channels=64):
    conv, add = keras.layers.Conv2D, keras.layers.add
    image = x = keras.Input((9, 9, 3))
    x = conv(channels, 1, name="pool")(x)
    for name in ("block_1", "block_2"):
        y = conv(channels, 3, padding="same", name=f"{name}_conv_1")(x)
        y = conv(channels, 3, padding="same", name=f"{name}_conv_2")(y)
        x = add([x, y], name=f"{name}_add")
    data = np.random.default_rng(0).random((images, 9, 9, 3), "float32")
    return kfx.extract(keras.Model(image, x), data, list(layers))


def wider(keras, size=9, channels=128, skip=1, depth=2, name="wider", join="Add", ways=2, turned=False, first=None):
    layers = keras.layers
    x = y = keras.Input((size, size, 64))
    for number in range(depth):
        y = layers.Conv2D(first if first and not number else channels, 3, padding="same", activation="relu")(y)
    around = layers.Conv2D(channels, skip, padding="same")(x)
    if ways == 3:
        around = layers.BatchNormalization()(around)
    return keras.Model(x, getattr(layers, join)()([around, y] if turned else [y, around]), name=name)


RIGHT = {
    "07.1": [lambda k: 73_856],
    "07.2": [values, lambda k: values(k, ("block_2_conv_2", "block_1_add"))],
    "07.3": [wider, lambda k: wider(k, turned=True)],
}

WRONG = {
    "07.1": [
        (lambda k: "73856", "of type str"),
        (lambda k: 73_728, "for each channel that goes out"),
        (lambda k: 36_864, "for each channel that goes out"),
        (lambda k: 36_928, "one convolution. What else"),
        (lambda k: 147_712, "both blocks"),
        (lambda k: 110_784, "What can an addition learn"),
        (lambda k: 5, "Begin with one convolution"),
    ],
    "07.2": [
        (lambda k: np.ones(3), "of type ndarray"),
        (lambda k: values(k, ["block_2_add"]), "is the sum"),
        (lambda k: values(k, ["block_2_conv_2"]), "1 is there. Which two boxes"),
        (lambda k: values(k, ["block_1_conv_1", "block_2_conv_1"]), "0 is there. Which two boxes"),
        (lambda k: values(k, ["block_1_add", "block_2_conv_2", "pool"]), "1 more that nobody asked for"),
        (lambda k: values(k, images=5), r"the shapes are \(5, 9, 9, 64\)"),
        (lambda k: values(k, channels=4), r"the shapes are \(8, 9, 9, 4\)"),
    ],
    "07.3": [
        (lambda k: "wider", "asks for a Keras model"),
        (lambda k: wider(k, size=8), r"yours begins at \(8, 8, 64\)"),
        (lambda k: wider(k, join="Concatenate"), "it ends in Concatenate"),
        (lambda k: wider(k, channels=64), r"The sum has the shape \(9, 9, 64\)"),
        (lambda k: wider(k, ways=3), "convolutions and nothing else"),
        (lambda k: wider(k, depth=3), "there are 1 and 3"),
        (lambda k: wider(k, first=64), "Each of the three convolutions should have 128 channels"),
        (lambda k: wider(k, skip=3), "one of 1 × 1"),
        (lambda k: wider(k, name="wide"), "the model is called 'wide'"),
    ],
}

SECRETS = {"07.1": r"73[,.]?856", "07.2": "block_1_add|block_2_conv_2"}
