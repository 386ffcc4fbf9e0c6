"""Right and wrong answers to the exercises of tutorial 11."""


def repaired(keras, *, size=28, name="look", kind="Conv2D", filters=16, ends=10, outputs=1):
    layers = keras.layers
    digit = keras.Input((size, size))
    x = layers.Rescaling(1 / 255)(digit)
    if kind == "Conv2D":
        x = layers.Conv2D(filters, 3, name=name)(layers.Reshape((size, size, 1))(x))
        x = layers.GlobalMaxPooling2D()(x)
    else:
        x = layers.GlobalMaxPooling1D()(layers.Conv1D(filters, 3, name=name)(x))
    return keras.Model(digit, [layers.Dense(ends)(x) for _ in range(outputs)])


def judge(keras, *, units=16, classes=3, hidden="relu", last="softmax", broken=False):
    class Judge(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.hidden = keras.layers.Dense(units, activation=hidden)
            self.verdict = keras.layers.Dense(classes, activation=last)

        def call(self, inputs):
            return self.verdict(self.hidden(inputs[0, 0, 0] if broken else inputs))

    return Judge


def three_layers(keras):
    """As many parameters for five numbers as the right answer has, in other layers."""

    class Judge(keras.Model):
        def __init__(self):
            super().__init__()
            self.parts = [keras.layers.Dense(4), keras.layers.Dense(15), keras.layers.Dense(3, activation="softmax")]

        def call(self, inputs):
            for part in self.parts:
                inputs = part(inputs)
            return inputs

    return Judge


def subclassed(keras):
    model = judge(keras)()
    model(keras.ops.zeros((1, 28)))
    return model


RIGHT = {
    "11.1": [lambda k: "smallest"],
    "11.2": [repaired],
    "11.3": [judge],
}

WRONG = {
    "11.1": [
        (lambda k: 4, "asks for text in quotation marks"),
        (lambda k: "answer", "takes any number of axes"),
        (lambda k: "second", "second still fits"),
        (lambda k: "third", "None of the five layers is called 'third'"),
    ],
    "11.2": [
        (lambda k: "model", "asks for a Keras model"),
        (subclassed, "This is a class"),
        (lambda k: repaired(k, size=26), r"yours is \(26, 26\)"),
        (lambda k: repaired(k, name="see"), "there is: no such layer"),
        (lambda k: repaired(k, kind="Conv1D"), "there is: Conv1D"),
        (lambda k: repaired(k, filters=8), r"look makes \(26, 26, 8\)"),
        (lambda k: repaired(k, ends=3), r"yours ends in \(3,\)"),
        (lambda k: repaired(k, outputs=2), r"yours ends in \(10,\), \(10,\)"),
    ],
    "11.3": [
        (lambda k: k.layers.Dense, r"class that begins with class Name\(keras.Model\)"),
        (lambda k: judge(k)(), "an object made from a class"),
        (lambda k: judge(k, broken=True), "Your code stopped with "),
        (lambda k: judge(k, classes=2), r"makes \(40, 2\)"),
        (lambda k: judge(k, last=None), "no probabilities"),
        (lambda k: judge(k, units=8), "should have 147 parameters; it has 75"),
        (three_layers, "makes negatives zero"),
        (lambda k: judge(k, hidden="tanh"), "makes negatives zero"),
    ],
}

SECRETS = {"11.1": "smallest"}
