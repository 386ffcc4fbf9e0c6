"""Right and wrong answers to the exercises of tutorial 02."""

import functools

import kfx
from kfx.training.journal.facts import Plan
from kfx.training.journal.journal import Journal
from kfx.views.training.runs import Run


def even(keras, *, inputs=784, units=1, activation="sigmoid", weights=None, outputs=1, broken=False):
    layers = keras.layers
    rows = keras.Input((inputs,))
    x = layers.Dense(16, activation="relu")(rows)
    if broken:
        x = layers.Lambda(lambda values: values[:7])(x)
        x = layers.Lambda(lambda values: keras.ops.reshape(values, (-1, 16)) + keras.ops.ones((5, 16)))(x)
    model = keras.Model(rows, [layers.Dense(units, activation=activation)(x) for _ in range(outputs)])
    if weights:
        model.set_weights(weights)
    return model


@functools.cache
def learned(keras):
    (images, labels), _ = kfx.datasets.digits()
    keras.utils.set_random_seed(0)
    model = even(keras)
    model.compile("adam", keras.losses.BinaryCrossentropy())
    model.fit(images.reshape(-1, 784).astype("float32") / 255, labels % 2 == 0, batch_size=64, epochs=4, verbose=0)
    return model.get_weights()


def turned(keras):
    *first, kernel, bias = learned(keras)
    return [*first, -kernel, -bias]


def run(state="stopped", epochs=100, first_epoch=0):
    return Run(Journal(plan=Plan(epochs=epochs, first_epoch=first_epoch), state=state, steps=700))


RIGHT = {
    "02.1": [lambda k: 422],
    "02.2": [lambda k: even(k, weights=learned(k))],
    "02.3": [lambda k: run(), lambda k: run("interrupted", epochs=20)],
}

WRONG = {
    "02.1": [
        (lambda k: 421.875, "of type float"),
        (lambda k: 421, "digits that are left over"),
        (lambda k: 469, "learn from all 60,000"),
        (lambda k: 47, "steps of the validation"),
        (lambda k: 54_000, "Take off what is set aside"),
    ],
    "02.2": [
        (lambda k: 0.95, "asks for a Keras model"),
        (lambda k: even(k, inputs=28), "one row of 784 numbers"),
        (lambda k: even(k, outputs=2), "have one output"),
        (lambda k: even(k, units=2), r"the shape of the output is \(None, 2\)"),
        (lambda k: even(k, activation=None), "nothing makes it a probability"),
        (even, "guessing reads half"),
        (lambda k: even(k, weights=turned(k)), "nearly always wrong"),
        (lambda k: even(k, broken=True), "Your code stopped with "),
    ],
    "02.3": [
        (lambda k: [1], "asks for one run out of kfx.runs, and the answer is of type list"),
        (lambda k: kfx.runs, "the answer is of type Runs"),
        (lambda k: run("done"), "went all the way to its end"),
        (lambda k: run(epochs=5), "was to make 5 epochs"),
        (lambda k: run(epochs=30, first_epoch=20), "was to make 10 epochs"),
        (lambda k: run("failed"), "ended in an error"),
        (lambda k: run("running"), "still going on"),
    ],
}

SECRETS = {"02.1": r"\b422\b"}
