"""Right and wrong answers to the exercises of tutorial 12."""


def dim(keras, *, factor=0.5, asks=True, otherwise=1.0):
    class Asking(keras.layers.Layer):
        def call(self, inputs, training=None):
            return inputs * (factor if training else otherwise)

    class Deaf(keras.layers.Layer):
        def call(self, inputs):
            return inputs * factor

    return Asking if asks else Deaf


def forgetful(keras):
    class Forgetful(keras.layers.Layer):
        def call(self, inputs, training=None):
            if training:
                return inputs / 2
            return None

    return Forgetful


def summed(keras):
    class Summed(keras.layers.Layer):
        def call(self, inputs, training=None):
            return keras.ops.sum(inputs, axis=0) if training else inputs

    return Summed


def own_weights(keras):
    class Own(keras.layers.Layer):
        def build(self, shape):
            self.w = self.add_weight(shape=(shape[-1], 1))

        def call(self, inputs):
            return keras.ops.matmul(inputs, self.w)

    steps = keras.Input(batch_shape=(16, 10, 5))
    return keras.Model(steps, keras.layers.average([Own()(steps), Own()(steps)]), name="twice")


def subclassed(keras):
    class Twice(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.dense = keras.layers.Dense(1)

        def call(self, inputs):
            return self.dense(inputs)

    model = Twice(name="twice")
    model(keras.ops.zeros((16, 10, 5)))
    return model


def recurrent(keras, classifier=True):
    features = keras.Input((None, 32))
    x = keras.layers.GlobalAveragePooling1D()(features)
    judge = keras.Model(features, keras.layers.Dense(1, activation="sigmoid")(x))

    class CustomRNN(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.projection_1 = keras.layers.Dense(32, activation="tanh")
            self.projection_2 = keras.layers.Dense(32, activation="tanh")
            self.classifier = judge if classifier else keras.layers.Dense(1)

        def call(self, inputs):
            states = [keras.ops.zeros((inputs.shape[0], 32))]
            for step in range(inputs.shape[1]):
                states.append(self.projection_1(inputs[:, step]) + self.projection_2(states[-1]))
            return self.classifier(keras.ops.stack(states[1:], axis=1) if classifier else states[-1])

    return CustomRNN


def twice(keras, *, shape=(16, 10, 5), join="average", same=False, first=False, name="twice", classifier=True, plain=False):
    layers = keras.layers
    x = steps = keras.Input(batch_shape=shape)
    made = recurrent(keras, classifier)
    if first:
        x = layers.Conv1D(32, 3)(steps)
    one = made()
    both = [one(x), (one if same else layers.GRU(1) if plain else made())(x)]
    return keras.Model(steps, getattr(layers, join)(both), name=name)


RIGHT = {
    "12.1": [lambda k: 20],
    "12.2": [dim],
    "12.3": [twice],
}

WRONG = {
    "12.1": [
        (lambda k: "20", "of type str"),
        (lambda k: 24, "How many come out of it"),
        (lambda k: 19, "Off by one"),
        (lambda k: 8, "the model of the tutorial"),
        (lambda k: 5, "how often does the loop turn"),
    ],
    "12.2": [
        (lambda k: 3, "asks for a class"),
        (lambda k: dim(k)(), "an object made from a class"),
        (forgetful, "call returned NoneType, not a tensor.* end in return"),
        (summed, "half of what arrives"),
        (lambda k: dim(k, asks=False), "Does its call ask for training"),
        (lambda k: dim(k, factor=1.0), "does the same"),
        (lambda k: dim(k, factor=0.1), "half of what arrives"),
        (lambda k: dim(k, otherwise=3.0), "handed on unchanged"),
    ],
    "12.3": [
        (lambda k: "mixed", "asks for a Keras model"),
        (subclassed, "This is a class"),
        (own_weights, "yours averages: Own, Own"),
        (lambda k: twice(k).output, "asks for a Keras model"),
        (lambda k: twice(k, shape=(8, 10, 5)), r"begins at \(8, 10, 5\)"),
        (lambda k: twice(k, join="add"), "comes from Add"),
        (lambda k: twice(k, plain=True), "yours averages: CustomRNN, GRU"),
        (lambda k: twice(k, same=True), "called twice, so both answers are the same"),
        (lambda k: twice(k, first=True), "both layers should read the input"),
        (lambda k: twice(k, classifier=False), "call the functional classifier"),
        (lambda k: twice(k, name="two"), "the model is called 'two'"),
    ],
}

SECRETS = {"12.1": r"\b20\b"}
