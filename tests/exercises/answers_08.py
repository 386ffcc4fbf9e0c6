"""Right and wrong answers to the exercises of tutorial 08."""

import numpy as np

import kfx

QUESTION_AND_ANSWER = [1, 2, 3, 4, 9], [3, 5, 6, 7, 3, 8, 2, 3, 4]


def pair_values(keras, layers="shared_embedding@2", texts=QUESTION_AND_ANSWER):
    embedding = keras.layers.Embedding(1000, 128, name="shared_embedding")
    inputs = [keras.Input((None,), dtype="int32", name=name) for name in ("question", "answer")]
    pair = keras.Model(inputs, [embedding(text) for text in inputs], name="pair")
    return kfx.extract(pair, [np.array([text], "int32") for text in texts], layers)


def change(keras, size=32, inputs=2, convolutions=1, filters=8, join="Subtract", name="change", once=False):
    layers = keras.layers
    photographs = [keras.Input((size, size, 3)) for _ in range(inputs)]
    made = [layers.Conv2D(filters, 3) for _ in range(convolutions)]
    seen = [made[k % convolutions](photograph) for k, photograph in enumerate(photographs)]
    if once:
        seen[1] = layers.Conv2DTranspose(8, 3)(layers.MaxPooling2D(5, strides=1)(photographs[1]))
        seen[1] = layers.Conv2DTranspose(8, 1)(seen[1])
    if inputs == 1:
        return keras.Model(photographs, seen[0], name=name)
    return keras.Model(photographs, getattr(layers, join)()(seen), name=name)


RIGHT = {
    "08.1": [lambda k: 192_000],
    "08.2": [pair_values, lambda k: pair_values(k, ["shared_embedding@2"])],
    "08.3": [change],
}

WRONG = {
    "08.1": [
        (lambda k: "192000", "of type str"),
        (lambda k: 448_000, "once for each of its three inputs"),
        (lambda k: 128_000, "has a table of its own"),
        (lambda k: 12, "Count the tables first"),
    ],
    "08.2": [
        (lambda k: np.ones(3), "of type ndarray"),
        (lambda k: pair_values(k, "shared_embedding@1"), "no values at shared_embedding@2"),
        (lambda k: pair_values(k, "shared*"), "1 more that nobody asked for"),
        (lambda k: pair_values(k, texts=QUESTION_AND_ANSWER[::-1]), r"have the shape \(1, 5, 128\)"),
        (lambda k: pair_values(k, texts=([1], [1, 2, 3, 4, 5, 6, 7, 8, 9])), "Nine words, but not those of texts"),
        (lambda k: pair_values(k, texts=([1], [1] * 9)), "Nine words, but not those of texts"),
    ],
    "08.3": [
        (lambda k: 0, "asks for a Keras model"),
        (lambda k: change(k, inputs=1), r"yours begins at \(32, 32, 3\)\."),
        (lambda k: change(k, size=16), r"yours begins at \(16, 16, 3\)"),
        (lambda k: change(k, convolutions=2), "There are 2 convolutions"),
        (lambda k: change(k, once=True), "its calls now: 1"),
        (lambda k: change(k, filters=4), r"It makes \(30, 30, 4\)"),
        (lambda k: change(k, join="Add"), "the difference of its two calls"),
        (lambda k: change(k, name="diff"), "the model is called 'diff'"),
    ],
}

SECRETS = {"08.1": r"192[,.]?000"}
