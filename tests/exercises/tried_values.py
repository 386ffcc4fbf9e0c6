"""Twenty right and twenty wrong answers to each exercise that asks for values, pairs of models or what a layer reads."""

import functools

import numpy as np


@functools.cache
def autoencoder(name="autoencoder"):
    import keras
    from keras import layers

    keras.utils.clear_session(free_memory=False)
    image = keras.Input((28, 28, 1), name="image")
    x = layers.Conv2D(16, 3, activation="relu", name="conv2d")(image)
    x = layers.Conv2D(32, 3, activation="relu", name="conv2d_1")(x)
    x = layers.MaxPooling2D(3, name="max_pooling2d")(x)
    x = layers.Conv2D(32, 3, activation="relu", name="conv2d_2")(x)
    x = layers.Conv2D(16, 3, activation="relu", name="conv2d_3")(x)
    code = layers.GlobalMaxPooling2D(name="code")(x)
    encoder = keras.Model(image, code, name="encoder")
    x = layers.Reshape((4, 4, 1))(code)
    x = layers.Conv2DTranspose(1, 3, name="drawn")(x)
    return encoder, keras.Model(image, x, name=name)


def pictures(n, seed=0):
    return np.random.default_rng(seed).random((n, 28, 28, 1)).astype("float32")


def two(addresses=("conv2d_3", "code"), n=5, seed=0, which=1, **options):
    import kfx

    return kfx.extract(
        autoencoder()[which], pictures(n, seed), list(addresses) if not isinstance(addresses, str) else addresses, **options
    )


# 04.2: five digits, two values, one call: whichever way the two places are named.
NAMES = (("conv2d_3", "code"), ("code", "conv2d_3"), ("cod*", "conv2d_3"), ("conv2d_3", "cod?"))
RIGHT = {
    "04.2": [
        *(lambda k, names=names, seed=seed: two(names, seed=seed) for names in NAMES for seed in (0, 1)),
        *(lambda k, names=names: two(names, which=0) for names in NAMES),
        *(lambda k, names=names, size=size: two(names, batch_size=size) for names in NAMES for size in (2, 5)),
    ]
}
WRONG = {
    "04.2": [
        *(
            lambda k, names=names: two(names)
            for names in (
                "code",
                "conv2d_3",
                ("conv2d_2", "code"),
                ("conv2d_1", "code"),
                ("conv2d_3", "drawn"),
                "*",
                "c*",
                "conv2d*",
                ("conv2d_3", "code", "image"),
                ("image", "code"),
                ("max_pooling2d", "code"),
                ("conv2d", "code"),
            )
        ),
        *(lambda k, n=n: two(n=n) for n in (1, 4, 6, 8, 0 + 10)),
        lambda k: dict(two()),
        lambda k: two()["code"],
        lambda k: autoencoder()[0](pictures(5)),
    ]
}


@functools.cache
def resnet():
    import keras
    from keras import layers

    x = image = keras.Input((32, 32, 3), name="image")
    x = layers.Conv2D(32, 3, activation="relu", name="conv_1")(x)
    x = layers.Conv2D(64, 3, activation="relu", name="conv_2")(x)
    x = layers.MaxPooling2D(3, name="pool")(x)
    for n in (1, 2):
        y = layers.Conv2D(64, 3, padding="same", activation="relu", name=f"block_{n}_conv_1")(x)
        y = layers.Conv2D(64, 3, padding="same", activation="relu", name=f"block_{n}_conv_2")(y)
        x = layers.add([x, y], name=f"block_{n}_add")
    return keras.Model(image, layers.Conv2D(64, 3, name="conv_3")(x), name="toy_resnet")


def added(names=("block_1_add", "block_2_conv_2"), n=8, seed=0, **options):
    import kfx

    images = np.random.default_rng(seed).random((n, 32, 32, 3)).astype("float32")
    return kfx.extract(resnet(), images, names if isinstance(names, str) else list(names), **options)


PARTS = (
    ("block_1_add", "block_2_conv_2"),
    ("block_2_conv_2", "block_1_add"),
    ("*_1_add", "*_2_conv_2"),
    ("block_1_a*", "block_2_conv_2"),
)
RIGHT["07.2"] = [
    *(lambda k, names=names, seed=seed: added(names, seed=seed) for names in PARTS for seed in (0, 1, 2)),
    *(lambda k, names=names, size=size: added(names, batch_size=size) for names in PARTS for size in (3, 8)),
]
WRONG["07.2"] = [
    *(
        lambda k, names=names: added(names)
        for names in (
            "block_2_add",
            "block_1_add",
            "block_2_conv_2",
            ("block_1_add", "block_2_conv_1"),
            ("block_1_conv_2", "block_2_conv_2"),
            ("block_1_add", "block_2_add"),
            ("pool", "block_2_conv_2"),
            "block_*",
            "*add",
            ("pool", "block_1_conv_2"),
            "*",
            ("block_1_add", "block_2_conv_2", "block_2_add"),
            ("block_2_conv_1", "block_2_conv_2"),
        )
    ),
    *(lambda k, n=n: added(n=n) for n in (1, 4, 7, 9)),
    lambda k: dict(added()),
    lambda k: list(added().values()),
    lambda k: added()["block_1_add"] + added()["block_2_conv_2"],
]

VOCABULARY = ["<nothing>", "who", "sees", "the", "cat", "dog", "sleeping", "near", "door", "?"]
QUESTION, ANSWER = "who sees the cat ?", "the dog sleeping near the door sees the cat"


@functools.cache
def pair():
    import keras
    from keras import layers

    table = layers.Embedding(1000, 128, name="shared_embedding")
    question, answer = (keras.Input((None,), dtype="int32", name=name) for name in ("question", "answer"))
    return keras.Model([question, answer], [table(question), table(answer)], name="pair")


def numbers(text):
    return np.array([[VOCABULARY.index(word) for word in text.split()]])


def call(address="shared_embedding@2", texts=(QUESTION, ANSWER), made=list, **options):
    import kfx

    return kfx.extract(pair(), made([numbers(text) for text in texts]), address, **options)


def by_name(arrays):
    return dict(zip(("question", "answer"), arrays, strict=True))


WAYS = ("shared_embedding@2", ["shared_embedding@2"], "*@2", "shared*@2", "*embedding@2")
RIGHT["08.2"] = [lambda k, way=way, made=made: call(way, made=made) for way in WAYS for made in (list, tuple, by_name)]
RIGHT["08.2"] += [lambda k, way=way: call(way, batch_size=1) for way in WAYS]
WRONG["08.2"] = [
    *(
        lambda k, way=way: call(way)
        for way in (
            "shared_embedding@1",
            "shared_embedding@*",
            "*",
            "question",
            "answer",
            ["shared_embedding@1", "shared_embedding@2"],
            "*@1",
            "*@*",
            ["answer", "shared_embedding@2"],
        )
    ),
    *(
        lambda k, texts=texts: call(texts=texts)
        for texts in (
            (ANSWER, QUESTION),
            (QUESTION, QUESTION),
            (QUESTION, "the cat"),
            (ANSWER, "who sees the dog ?"),
            (QUESTION, "who sees the cat near the door ? ?"),
        )
    ),
    lambda k: call()["shared_embedding@2"],
    lambda k: dict(call()),
    lambda k: pair()([numbers(QUESTION), numbers(ANSWER)])[1],
    lambda k: "shared_embedding@2",
    lambda k: pair().layers[-1],
    lambda k: pair(),
]


def halves(k, name="first_half", at="max_pooling2d", start=None, how="model"):
    encoder, _ = autoencoder()
    image = encoder.input if start is None else encoder.get_layer(start).output
    return [encoder, k.Model(image, encoder.get_layer(at).output, name=name)]


def given(k, way):
    encoder, _ = autoencoder()
    first = halves(k)[1]
    placeholder = encoder.get_layer("max_pooling2d").output
    return {
        "tuple": lambda: (encoder, first),
        "inputs": lambda: [encoder, k.Model(encoder.inputs, placeholder, name="first_half")],
        "list": lambda: [encoder, k.Model([encoder.input], [placeholder], name="first_half")],
        "keywords": lambda: [encoder, k.Model(inputs=encoder.input, outputs=placeholder, name="first_half")],
        "index": lambda: [encoder, k.Model(encoder.input, encoder.layers[3].output, name="first_half")],
        "models": lambda: [encoder, k.models.Model(encoder.input, placeholder, name="first_half")],
        "whole": lambda: [
            encoder,
            k.Model(autoencoder()[1].input, autoencoder()[1].get_layer("max_pooling2d").output, name="first_half"),
        ],
        "layer": lambda: [encoder, k.Model(encoder.get_layer("image").output, placeholder, name="first_half")],
        "sequential": lambda: [encoder, k.Sequential(encoder.layers[:4], name="first_half")],
        "next": lambda: [encoder, k.Model(encoder.input, encoder.get_layer("conv2d_2").input, name="first_half")],
        "compiled": lambda: [encoder, _compiled(halves(k)[1])],
    }[way]()


def _compiled(model):
    model.compile("sgd", "mse")
    return model


GIVEN = ("tuple", "inputs", "list", "keywords", "index", "models", "whole", "layer", "next", "compiled")
RIGHT["04.3"] = [lambda k, way=way, kind=kind: kind(given(k, way)) for way in GIVEN for kind in (list, tuple)]
WRONG["04.3"] = [
    *(lambda k, at=at: halves(k, at=at) for at in ("conv2d", "conv2d_1", "conv2d_2", "conv2d_3", "code")),
    *(lambda k, name=name: halves(k, name=name) for name in ("half", "First_half", "firsthalf", "encoder_half")),
    *(lambda k, start=start: halves(k, start=start) for start in ("conv2d", "conv2d_1")),
    lambda k: halves(k)[1],
    lambda k: halves(k)[::-1],
    lambda k: [halves(k)[1]],
    lambda k: [autoencoder()[1], halves(k)[1]],
    lambda k: [autoencoder()[0], k.models.clone_model(halves(k)[1])],
    lambda k: [autoencoder()[0], autoencoder()[0]],
    lambda k: [*halves(k), autoencoder()[1]],
    lambda k: [autoencoder()[0].name, "first_half"],
    lambda k: [autoencoder()[0], halves(k)[1].output],
]


def twins(k, way="clone", name="twin"):
    layers = k.layers

    def new(name, units=8):
        x = k.Input((12,))
        y = layers.Dense(units, activation="relu", name="hidden")(x)
        return k.Model(x, layers.Dense(3, activation="softmax", name="digit")(y), name=name)

    first = new("mnist_model")
    config = first.get_config() | {"name": name}

    def clone():
        return k.models.clone_model(first)

    def with_weights(model):
        model.set_weights(first.get_weights())
        return model

    def renamed(model):
        return k.Model.from_config(model.get_config() | {"name": name})

    ways = {
        "clone": lambda: [first, with_weights(renamed(clone()))],
        "config": lambda: [first, with_weights(k.Model.from_config(config))],
        "new": lambda: [first, with_weights(new(name))],
        "json": lambda: [first, with_weights(renamed(k.models.model_from_json(first.to_json())))],
        "tuple": lambda: (first, with_weights(new(name))),
        "layers": lambda: [first, _layer_by_layer(first, new(name))],
        "assigned": lambda: [first, _assigned(first, new(name))],
        "compiled": lambda: [_compiled(first), with_weights(_compiled(new(name)))],
        "one compiled": lambda: [_compiled(first), with_weights(new(name))],
        "called": lambda: [first, with_weights(_called(new(name)))],
        "same": lambda: [first, first],
        "no weights": lambda: [first, new(name)],
        "clone only": lambda: [first, renamed(clone())],
        "shared": lambda: [first, k.Model(first.input, first.output, name=name)],
        "nested": lambda: [first, k.Model(x := k.Input((12,)), first(x), name=name)],
        "turned": lambda: [with_weights(new(name)), first],
        "other": lambda: [first, new(name, units=9)],
        "one": lambda: first,
        "both": lambda: [new(name), new(name)],
        "first named": lambda: [new(name), new("mnist_model")],
        "a half": lambda: [first, k.Model(first.input, first.layers[1].output, name=name)],
        "shared layer": lambda: [first, k.Model(x := k.Input((12,)), first.layers[2](first.layers[1](x)), name=name)],
        "zeros": lambda: [first, _zeros(new(name))],
        "three": lambda: [first, with_weights(new(name)), with_weights(new(name))],
        "weights": lambda: [first, first.get_weights()],
        "doubled": lambda: [first, _doubled(with_weights(new(name)))],
    }
    return ways[way]()


def _layer_by_layer(first, second):
    for one, other in zip(first.layers, second.layers, strict=True):
        other.set_weights(one.get_weights())
    return second


def _assigned(first, second):
    for one, other in zip(first.weights, second.weights, strict=True):
        other.assign(one)
    return second


def _called(model):
    model(np.zeros((1, 12)))
    return model


def _zeros(model):
    model.set_weights([0 * weight for weight in model.get_weights()])
    return model


def _doubled(model):
    model.set_weights([2 * weight for weight in model.get_weights()])
    return model


RIGHT["03.3"] = [
    lambda k, way=way, kind=kind: kind(twins(k, way))
    for way in ("clone", "config", "new", "json", "tuple", "layers", "assigned", "compiled", "one compiled", "called")
    for kind in (list, tuple)
]
WRONG["03.3"] = [
    *(
        lambda k, way=way: twins(k, way)
        for way in (
            "same",
            "no weights",
            "clone only",
            "shared",
            "nested",
            "turned",
            "other",
            "one",
            "both",
            "first named",
            "a half",
            "shared layer",
            "zeros",
            "three",
            "weights",
            "doubled",
        )
    ),
    *(lambda k, name=name: twins(k, "new", name) for name in ("Twin", "model", "copy", "mnist_model")),
]
