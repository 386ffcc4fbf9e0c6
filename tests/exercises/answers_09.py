"""Right and wrong answers to the exercises of tutorial 09."""

import kfx


def sorter(
    keras, size=227, at="fire9_concat", units=3, activation="softmax", frozen=True, name="sorter", inside=False, mean="Average"
):
    layers = keras.layers
    body = kfx.feature_extractor(kfx.datasets.squeezenet(weights=None, input_shape=(size, size, 3)), at)
    body.trainable = not frozen
    photograph = body.input if inside else keras.Input((size, size, 3))
    seen = body.output if inside else body(photograph)
    row = getattr(layers, f"Global{mean}Pooling2D")()(seen)
    return keras.Model(photograph, layers.Dense(units, activation=activation)(row), name=name)


RIGHT = {
    "09.1": [lambda k: 16],
    "09.2": [lambda k: "coffee", lambda k: " Coffee"],
    "09.3": [sorter, lambda k: sorter(k, inside=True)],
}

WRONG = {
    "09.1": [
        (lambda k: "16", "of type str"),
        (lambda k: 21, "pooling layers too"),
        (lambda k: 5, "five blocks one by one"),
    ],
    "09.2": [
        (lambda k: 3, "of type int"),
        (lambda k: "teapot", "no photograph 'teapot'"),
        (lambda k: "retina", "nearest to itself"),
        (lambda k: "astronaut", "smallest number above 0"),
    ],
    "09.3": [
        (lambda k: 0, "asks for a Keras model"),
        (lambda k: sorter(k, size=96), r"yours begins at \(96, 96, 3\)"),
        (lambda k: sorter(k, units=4), r"it makes \(4,\)"),
        (lambda k: sorter(k, activation="relu"), r"it makes \(3,\)"),
        (lambda k: sorter(k, at="fire8_concat"), "is the address right"),
        (lambda k: sorter(k, frozen=False), "724,035 parameters would learn"),
        (lambda k: sorter(k, mean="Max"), "nothing takes the mean over the places"),
        (lambda k: sorter(k, name="model"), "is called 'model'"),
    ],
}

SECRETS = {"09.1": r"\b16\b"}
