"""Right and wrong answers to the exercises of tutorial 04."""

import numpy as np

import kfx


def models(keras):
    layers = keras.layers
    image = x = keras.Input((28, 28, 1), name="image")
    made = [
        layers.Conv2D(16, 3, activation="relu", name="conv2d"),
        layers.Conv2D(32, 3, activation="relu", name="conv2d_1"),
        layers.MaxPooling2D(3, name="max_pooling2d"),
        layers.Conv2D(32, 3, activation="relu", name="conv2d_2"),
        layers.Conv2D(16, 3, activation="relu", name="conv2d_3"),
        layers.GlobalMaxPooling2D(name="code"),
    ]
    for layer in made:
        x = layer(x)
    encoder = keras.Model(image, x, name="encoder")
    back = layers.Dense(784)(x)
    return encoder, keras.Model(image, layers.Reshape((28, 28, 1))(back), name="autoencoder")


def values(keras, layers=("conv2d_3", "code"), digits=5):
    _, autoencoder = models(keras)
    return kfx.extract(autoencoder, np.random.default_rng(0).random((digits, 28, 28, 1), "float32"), list(layers))


def halves(keras, at="max_pooling2d", name="first_half", turned=False, anew=False):
    encoder, _ = models(keras)
    source = models(keras)[0] if anew else encoder
    half = keras.Model(source.input, source.get_layer(at).output, name=name)
    return [half, encoder] if turned else [encoder, half]


def from_the_middle(keras):
    encoder, _ = models(keras)
    ends = (encoder.get_layer(name).output for name in ("conv2d_1", "max_pooling2d"))
    return [encoder, keras.Model(*ends, name="first_half")]


def nothing_between(keras):
    encoder, _ = models(keras)
    return [encoder, keras.Model(encoder.input, encoder.input, name="first_half")]


def other_values(keras):
    image = keras.Input((28, 28, 1))
    maps = keras.layers.Conv2D(16, 25, name="conv2d_3")(image)
    code = keras.layers.GlobalAveragePooling2D(name="code")(maps)
    return kfx.extract(
        keras.Model(image, code), np.random.default_rng(0).random((5, 28, 28, 1), "float32"), ["conv2d_3", "code"]
    )


RIGHT = {
    "04.1": [lambda k: 18_672, lambda k: models(k)[0].count_params()],
    "04.2": [values, lambda k: values(k, ("code", "conv2d_3"))],
    "04.3": [halves, lambda k: tuple(halves(k))],
}

WRONG = {
    "04.1": [
        (lambda k: "18672", "of type str"),
        (lambda k: 16, "how many numbers the code has"),
        (lambda k: 28_241, "the whole autoencoder"),
        (lambda k: 18_576, "also has a bias"),
        (lambda k: 4 * 18_672, "let the parameters grow with the picture"),
        (lambda k: 0, "depend on how large the picture is"),
        (lambda k: 7, "depend on how large the picture is"),
    ],
    "04.2": [
        (lambda k: {"code": 1}, "asks for what kfx.extract returns, and the answer is of type dict"),
        (lambda k: values(k, ["code"]), "no values at conv2d_3"),
        (lambda k: values(k, ["*"]), "7 more that nobody asked for"),
        (lambda k: values(k, digits=8), "belong to 8 digits"),
        (other_values, "not those of the tutorial's autoencoder"),
    ],
    "04.3": [
        (lambda k: models(k)[0], "two models, written as a list"),
        (lambda k: [models(k)[0], "half"], "asks for a Keras model"),
        (lambda k: halves(k, turned=True), "Give the encoder first"),
        (lambda k: halves(k)[1:] * 2, "Give the encoder first"),
        (lambda k: [models(k)[1], halves(k)[1]], "not the encoder"),
        (from_the_middle, "should begin at the placeholder image"),
        (nothing_between, "ends at a layer of type InputLayer"),
        (lambda k: halves(k, at="conv2d_2"), "ends at a layer of type Conv2D"),
        (lambda k: halves(k, anew=True), "made anew"),
        (lambda k: halves(k, name="half"), "the model is called 'half'"),
    ],
}

SECRETS = {"04.1": r"18[,.]?672"}
