"""Right and wrong answers to the exercises of tutorial 15."""

import numpy as np

import kfx


def panel(on_epoch):
    return type("Largest", (kfx.callbacks.Panel,), {"on_epoch": on_epoch})


def weights(run):
    return run.model.get_weights()


def deep(k, hidden=12, act="elu", size=28, units=10, last="softmax", start="glorot_uniform", bias="zeros"):
    k.utils.set_random_seed(7)
    image = k.Input((size, size, 1))
    x = k.layers.Flatten()(image)
    for _ in range(hidden):
        x = k.layers.Dense(32, act, kernel_initializer=start, bias_initializer=bias)(x)
    return k.Model(image, k.layers.Dense(units, last)(x))


RIGHT = {
    "15.1": [lambda k: 1.39, lambda k: np.log(4)],
    "15.2": [lambda k: panel(lambda self, run, logs: {"largest": max(np.abs(one).max() for one in weights(run))})],
    "15.3": [deep, lambda k: deep(k, act="relu", start="he_normal")],
}

WRONG = {
    "15.1": [
        (lambda k: "1.39", "of type str"),
        (lambda k: 0.25, "the probability that each"),
        (lambda k: 2.3, "for ten classes"),
        (lambda k: 2.0, "base 2"),
        (lambda k: 0.6, "base 10"),
        (lambda k: -1.39, "turns its sign"),
        (lambda k: 5, "Which probability"),
    ],
    "15.2": [
        (lambda k: kfx.callbacks.Panel(), "made from a class"),
        (lambda k: k.layers.Dense, "begins with class Largest"),
        (lambda k: panel(lambda self, run, logs: None), "a dictionary with one number"),
        (lambda k: panel(lambda self, run, logs: {"largest": "much"}), "a dictionary with one number"),
        (lambda k: panel(lambda self, run, logs: {"largest": max(w.max() for w in weights(run))}), "large negative weight"),
        (lambda k: panel(lambda self, run, logs: {"largest": -min(w.min() for w in weights(run))}), "large positive weight"),
        (
            lambda k: panel(lambda self, run, logs: {"largest": max(np.abs(w).max() for w in weights(run)[::2])}),
            "large bias was not found",
        ),
        (lambda k: panel(lambda self, run, logs: {"largest": run.weights}), "stopped with AttributeError"),
    ],
    "15.3": [
        (lambda k: "deep", "asks for a Keras model"),
        (lambda k: deep(k, size=8), r"yours begins at \(8, 8, 1\)"),
        (lambda k: deep(k, units=4), "ten probabilities"),
        (lambda k: deep(k, last=None), "ten probabilities"),
        (lambda k: deep(k, hidden=11), "there are 11"),
        (lambda k: deep(k, act=None), "no more than one"),
        (lambda k: deep(k, act="sigmoid"), "of the last one's"),
        (lambda k: deep(k, act="relu", bias=k.initializers.Constant(-9.0)), "no gradient at all"),
    ],
}

SECRETS = {"15.1": r"1[.,]3[89]"}
