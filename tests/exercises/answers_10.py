"""Right and wrong answers to the exercises of tutorial 10."""


def scale(keras, *, shape=lambda given: (given[-1],), start="ones", use=True, weight=True, broken=False, silent=False):
    class Scale(keras.layers.Layer):
        def build(self, input_shape):
            if weight:
                self.factor = self.add_weight(shape=shape(input_shape), initializer=start)

        def call(self, inputs):
            if broken:
                raise RuntimeError("no such thing")
            if not silent:
                return inputs * self.factor if weight and use else inputs
            return None

    return Scale


def folded(keras):
    """A layer that takes what the exercise gives it and makes numbers of another shape."""

    class Folded(keras.layers.Layer):
        def __init__(self, exponent=2, **kwargs):
            super().__init__(**kwargs)

        def build(self, input_shape):
            self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones")

        def call(self, inputs):
            return keras.ops.sum(inputs * self.factor, axis=-1)

    return Folded


def power(keras, *, default=2, exact=False, config="whole", broken=False):
    class Power(keras.layers.Layer):
        def __init__(self, exponent=default, **kwargs):
            super().__init__(**kwargs)
            self.exponent = exponent

        def call(self, inputs):
            if broken:
                raise RuntimeError("no such thing")
            return inputs ** (2 if exact else self.exponent)

    def whole(self):
        return {**super(Power, self).get_config(), "exponent": self.exponent}

    found = {
        "whole": whole,
        "no exponent": lambda self: {"name": self.name},
        "no name": lambda self: {"exponent": self.exponent},
        "unreadable": lambda self: {"strength": 3},
    }
    if config:
        Power.get_config = found[config]
    return Power


RIGHT = {
    "10.1": [lambda k: 808],
    "10.2": [scale, lambda k: scale(k, shape=lambda given: (1, given[-1]))],
    "10.3": [power],
}

WRONG = {
    "10.1": [
        (lambda k: 8.5, "of type float"),
        (lambda k: 800, "What else does build make"),
        (lambda k: 0, "before the call"),
        (lambda k: 16 * 808, "size of the batch"),
        (lambda k: 7, "line by line"),
    ],
    "10.2": [
        (lambda k: scale, r"class that begins with class Name\(keras.layers.Layer\)"),
        (lambda k: scale(k)(), "an object made from a class"),
        (lambda k: scale(k, broken=True), "stopped with RuntimeError: .*no such thing"),
        (lambda k: scale(k, silent=True), "call returned NoneType, not a tensor.* end in return"),
        (folded, "At which number do its weights begin"),
        (lambda k: scale(k, weight=False), "no weights that training could change"),
        (lambda k: scale(k, shape=lambda given: ()), "yours holds 1"),
        (lambda k: scale(k, start="zeros"), "At which number do its weights begin"),
        (lambda k: scale(k, use=False), "does not multiply each number by its own"),
    ],
    "10.3": [
        (lambda k: int, "asks for a class"),
        (lambda k: power(k, broken=True), "stopped with RuntimeError"),
        (folded, "should square"),
        (lambda k: power(k, default=1), "should square: 3 becomes 9"),
        (lambda k: power(k, exact=True), "does not make 8 of 2"),
        (lambda k: power(k, config=None), "Keras guesses"),
        (lambda k: power(k, config="unreadable"), "stopped with TypeError"),
        (lambda k: power(k, config="no exponent"), "forgotten its exponent"),
        (lambda k: power(k, config="no name"), "the name does not"),
    ],
}

SECRETS = {"10.1": "808", "10.3": r"super\("}
