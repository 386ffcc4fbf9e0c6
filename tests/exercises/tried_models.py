"""Twenty right and twenty wrong answers to each exercise that asks for a model, written from its text alone."""

import functools


def model(inputs, outputs, name=None):
    import keras

    return keras.Model(inputs, outputs, name=name)


def image_model(
    k,
    *,
    before=(),
    flat="Flatten",
    hidden=(),
    last=10,
    activation="softmax",
    apart=False,
    name="image_model",
    shape=(32, 32, 3),
):
    """01.2: an image through Flatten to ten probabilities."""
    layers = k.layers
    x = inputs = k.Input(shape)
    for layer in before:
        x = layer(x)
    if flat:
        x = layers.Flatten()(x) if flat == "Flatten" else layers.Reshape((-1,))(x)
    for units in hidden:
        x = layers.Dense(units, activation="relu")(x)
    x = layers.Dense(last, activation=None if apart else activation)(x)
    if apart:
        x = layers.Softmax()(x) if apart == "Softmax" else layers.Activation(activation)(x)
    return model(inputs, x, name)


def sequential(k, *layers, name="image_model", shape=(32, 32, 3)):
    return k.Sequential([k.Input(shape), *layers], name=name)


def image_right(k):
    layers = k.layers
    yield from (
        functools.partial(image_model, k, **how)
        for how in (
            {},
            {"flat": "Reshape"},
            {"hidden": (64,)},
            {"hidden": (64, 64)},
            {"apart": "Softmax"},
            {"apart": "Activation"},
            {"hidden": (16,), "apart": "Softmax"},
            {"before": [layers.Rescaling(1 / 255)]},
            {"before": [layers.Conv2D(4, 3)]},
            {"before": [layers.Conv2D(4, 3), layers.MaxPooling2D()]},
            {"before": [layers.MaxPooling2D(4)]},
            {"hidden": (128, 32, 16)},
            {"before": [layers.Dropout(0.1)]},
            {"before": [layers.BatchNormalization()]},
            {"flat": "Reshape", "hidden": (8,)},
        )
    )
    yield lambda: sequential(k, layers.Flatten(), layers.Dense(10, activation="softmax"))
    yield lambda: sequential(k, layers.Flatten(), layers.Dense(10), layers.Softmax())
    yield lambda: sequential(k, layers.Flatten(), layers.Dense(32), layers.ReLU(), layers.Dense(10, "softmax"))
    yield lambda: sequential(k, layers.Rescaling(2.0), layers.Flatten(), layers.Dense(10, "softmax"))
    yield lambda: k.models.clone_model(image_model(k))


def image_wrong(k):
    layers = k.layers
    yield from (
        functools.partial(image_model, k, **how)
        for how in (
            {"flat": None},
            {"last": 9},
            {"last": 1},
            {"last": 3},
            {"activation": None},
            {"activation": "sigmoid"},
            {"activation": "relu"},
            {"name": "model"},
            {"name": "image"},
            {"name": "ImageModel"},
            {"shape": (28, 28, 1)},
            {"shape": (32, 32, 1)},
            {"shape": (784,), "flat": "Reshape"},
            {"shape": (3, 32, 32)},
            {"shape": (64, 64, 3)},
            {"hidden": (10,), "last": 100},
        )
    )
    yield lambda: layers.Dense(10, activation="softmax")
    yield lambda: image_model(k).output
    yield lambda: sequential(k, layers.Flatten(), layers.Softmax(), layers.Dense(10))
    yield lambda: sequential(k, layers.Flatten(), layers.Dense(10, "softmax"), name="mnist_model")


def branches(
    k,
    *,
    shape=(784,),
    hidden=(64,),
    act="relu",
    between=(),
    ends=((10, "softmax"), (1, "sigmoid")),
    turned=False,
    apart=False,
    lists=list,
    kind="Dense",
):
    """01.3: one hidden Dense layer of 64 units, two layers that read it."""
    layers = k.layers
    x = inputs = k.Input(shape)
    for units in hidden:
        x = getattr(layers, kind)(units, activation=act)(x) if kind == "Dense" else layers.Dropout(0.5)(x)
    for layer in between:
        x = layer(x)
    outputs = []
    for units, activation in ends:
        y = layers.Dense(units, activation=None if apart else activation)(x)
        outputs.append(layers.Activation(activation)(y) if apart else y)
    return model(inputs, lists(outputs[::-1] if turned else outputs))


def branches_right(k):
    layers = k.layers
    yield from (
        functools.partial(branches, k, **how)
        for how in (
            {},
            {"turned": True},
            {"act": None},
            {"act": "tanh"},
            {"act": "sigmoid"},
            {"apart": True},
            {"apart": True, "turned": True},
            {"lists": tuple},
            {"between": [layers.Dropout(0.2)]},
            {"act": None, "between": [layers.ReLU()]},
            {"act": None, "between": [layers.Activation("relu")]},
            {"between": [layers.Dropout(0.5)], "turned": True},
            {"act": "gelu"},
            {"act": "elu"},
            {"act": "leaky_relu"},
            {"act": None, "between": [layers.LeakyReLU()]},
            {"act": "swish", "turned": True},
            {"act": "selu", "lists": tuple},
        )
    )
    yield lambda: k.models.clone_model(branches(k))

    def by_names():
        x = k.Input((784,), name="digits")
        hidden = layers.Dense(64, activation="relu", name="hidden")(x)
        return model(
            x,
            {
                "digit": layers.Dense(10, "softmax", name="digit")(hidden),
                "even": layers.Dense(1, "sigmoid", name="even")(hidden),
            },
        )

    yield by_names


def branches_wrong(k):
    layers = k.layers
    soft, sig = (10, "softmax"), (1, "sigmoid")
    yield from (
        functools.partial(branches, k, **how)
        for how in (
            {"hidden": (3,)},
            {"hidden": (64, 64)},
            {"hidden": (128,)},
            {"hidden": (32,)},
            {"hidden": ()},
            {"hidden": (1,), "kind": "Dropout"},
            {"hidden": (64, 64, 64)},
            {"hidden": (63,)},
            {"ends": (soft,)},
            {"ends": (sig,)},
            {"ends": (soft, sig, sig)},
            {"ends": ((10, None), sig)},
            {"ends": (soft, (1, None))},
            {"ends": (soft, (2, "sigmoid"))},
            {"ends": ((9, "softmax"), sig)},
            {"ends": ((10, "sigmoid"), (1, "softmax"))},
            {"shape": (28,)},
            {"shape": (28, 28)},
            {"between": [layers.Dense(64)]},
        )
    )

    def in_a_row():
        x = k.Input((784,))
        digit = layers.Dense(10, "softmax")(layers.Dense(64, "relu")(x))
        return model(x, [digit, layers.Dense(1, "sigmoid")(digit)])

    yield in_a_row


def hopeful(
    k, *, shape=(128,), members=3, join="maximum", activation="sigmoid", apart=False, name="most_hopeful", units=1, shared=False
):
    """05.3: the largest answer of three models."""
    layers, ops = k.layers, k.ops

    def member():
        x = k.Input(shape)
        y = layers.Dense(units, activation=None if apart else activation)(x)
        return model(x, layers.Activation(activation)(y) if apart else y)

    x = k.Input(shape)
    one = member()
    said = [(one if shared else member())(x) for _ in range(members)]
    joined = {
        "maximum": lambda: layers.maximum(said),
        "Maximum": lambda: layers.Maximum()(said),
        "pairs": lambda: functools.reduce(lambda a, b: layers.maximum([a, b]), said),
        "ops": lambda: functools.reduce(ops.maximum, said),
        "turned": lambda: functools.reduce(ops.maximum, said[::-1]),
        "reduced": lambda: ops.max(ops.concatenate(said, axis=-1), axis=-1, keepdims=True),
        "flat": lambda: ops.max(ops.concatenate(said, axis=1), axis=1),
        "layer": lambda: ops.max(layers.Concatenate()(said), axis=-1, keepdims=True),
        "stacked": lambda: ops.max(ops.stack(said, axis=1), axis=1),
        "amax": lambda: ops.amax(ops.concatenate(said, axis=-1), axis=-1, keepdims=True),
        "sorted": lambda: ops.sort(ops.concatenate(said, axis=-1), axis=-1)[:, -1:],
        "top": lambda: ops.top_k(ops.concatenate(said, axis=-1), 1)[0],
        "where": lambda: functools.reduce(lambda a, b: ops.where(ops.greater(a, b), a, b), said),
        "negated": lambda: -layers.minimum([-one for one in said]),
        "average": lambda: layers.average(said),
        "minimum": lambda: layers.minimum(said),
        "add": lambda: layers.add(said),
        "concatenate": lambda: layers.concatenate(said),
        "multiply": lambda: layers.multiply(said),
        "last": lambda: layers.concatenate(said)[:, -1:],
        "two": lambda: layers.maximum(said[:2]),
        "list": lambda: said,
    }[join]()
    return model(x, joined, name)


def hopeful_right(k):
    joins = (
        "maximum",
        "Maximum",
        "pairs",
        "ops",
        "turned",
        "reduced",
        "flat",
        "layer",
        "stacked",
        "amax",
        "sorted",
        "top",
        "where",
        "negated",
    )
    yield from (functools.partial(hopeful, k, join=join) for join in joins)
    yield from (
        functools.partial(hopeful, k, join=join, apart=True)
        for join in ("maximum", "ops", "reduced", "pairs", "flat", "Maximum")
    )


def hopeful_wrong(k):
    yield from (
        functools.partial(hopeful, k, join=join)
        for join in ("average", "minimum", "add", "concatenate", "multiply", "last", "two", "list")
    )
    yield from (
        functools.partial(hopeful, k, **how)
        for how in (
            {"members": 2},
            {"members": 4},
            {"members": 1, "join": "pairs"},
            {"shape": (64,)},
            {"shape": (16, 128)},
            {"activation": None},
            {"activation": "relu"},
            {"units": 2},
            {"shared": True},
            {"name": "bold"},
            {"name": "ensemble"},
        )
    )

    def no_models():
        x = k.Input((128,))
        return model(x, k.layers.maximum([k.layers.Dense(1, "sigmoid")(x) for _ in range(3)]), "most_hopeful")

    yield no_models


def review(
    k,
    *,
    words=(None,),
    stars=(5,),
    names=("words", "stars"),
    ends=("helpful", "topic"),
    units=(1, 3),
    acts=("sigmoid", "softmax"),
    read="LSTM",
    only=None,
    turned=False,
    hidden=0,
):
    """06.3: two inputs, two outputs that each read both."""
    layers = k.layers
    w, s = k.Input(words, dtype="int32", name=names[0]), k.Input(stars, name=names[1])
    table = layers.Embedding(1000, 8)(w) if read != "mask" else layers.Embedding(1000, 8, mask_zero=True)(w)
    seen = {
        "LSTM": lambda: layers.LSTM(8)(table),
        "mask": lambda: layers.LSTM(8)(table),
        "GRU": lambda: layers.GRU(8)(table),
        "mean": lambda: layers.GlobalAveragePooling1D()(table),
        "max": lambda: layers.GlobalMaxPooling1D()(table),
        "conv": lambda: layers.GlobalMaxPooling1D()(layers.Conv1D(8, 3, padding="same")(table)),
        "both": lambda: layers.Bidirectional(layers.LSTM(4))(table),
        "rnn": lambda: layers.SimpleRNN(8)(table),
        "two": lambda: layers.LSTM(8)(layers.LSTM(8, return_sequences=True)(table)),
    }[read]()
    together = layers.concatenate([seen, layers.Dense(4)(s)] if hidden < 0 else [seen, s])
    for _ in range(hidden):
        together = layers.Dense(16, "relu")(together)
    sources = [seen if only == "words" else s if only == "stars" else together, together]
    outputs = [layers.Dense(n, a, name=e)(x) for n, a, e, x in zip(units, acts, ends, sources, strict=True)]
    return model([s, w] if turned else [w, s], outputs[::-1] if turned else outputs, "review_model")


def review_right(k):
    reads = ("LSTM", "mask", "GRU", "mean", "max", "conv", "both", "rnn", "two")
    yield from (functools.partial(review, k, read=read) for read in reads)
    yield from (functools.partial(review, k, read=read, turned=True) for read in reads[:4])
    yield from (functools.partial(review, k, hidden=n) for n in (1, 2, -1))
    yield from (functools.partial(review, k, read=read, hidden=1) for read in ("GRU", "conv", "both", "max"))


def review_wrong(k):
    yield from (
        functools.partial(review, k, **how)
        for how in (
            {"words": (20,)},
            {"stars": (4,)},
            {"stars": (6,)},
            {"names": ("text", "stars")},
            {"names": ("words", "star")},
            {"names": ("stars", "words")},
            {"ends": ("useful", "topic")},
            {"ends": ("helpful", "subject")},
            {"units": (2, 3)},
            {"units": (1, 4)},
            {"units": (3, 1)},
            {"acts": (None, "softmax")},
            {"acts": ("sigmoid", None)},
            {"acts": ("softmax", "sigmoid")},
            {"only": "words"},
            {"only": "stars"},
            {"ends": ("topic", "helpful")},
            {"acts": ("relu", "relu")},
        )
    )
    yield lambda: review(k).outputs
    yield lambda: k.Model(review(k).inputs, review(k).outputs[:1]) if False else k.layers.Dense(3, name="topic")


def wider(
    k,
    *,
    shape=(9, 9, 64),
    filters=(128, 128),
    sizes=(3, 3),
    padding="same",
    skip=(128, 1),
    join="add",
    acts=("relu", "relu"),
    name="wider",
    turned=False,
    skip_act=None,
):
    """07.3: a block that widens, with a 1 × 1 convolution in its skip."""
    layers = k.layers
    x = y = k.Input(shape)
    for n, size, act in zip(filters, sizes, acts, strict=True):
        y = layers.Conv2D(n, size, padding=padding, activation=act)(y)
    s = layers.Conv2D(skip[0], skip[1], padding="same", activation=skip_act)(x) if skip else x
    pair = [s, y] if turned else [y, s]
    joined = {
        "add": lambda: layers.add(pair),
        "Add": lambda: layers.Add()(pair),
        "plus": lambda: pair[0] + pair[1],
        "ops": lambda: k.ops.add(*pair),
        "concatenate": lambda: layers.concatenate(pair),
        "average": lambda: layers.average(pair),
        "multiply": lambda: layers.multiply(pair),
        "subtract": lambda: layers.subtract(pair),
        "none": lambda: y,
    }[join]()
    return model(x, joined, name)


def wider_right(k):
    for join in ("add", "Add", "plus", "ops"):
        for how in ({}, {"turned": True}, {"acts": (None, None)}, {"skip_act": "relu"}, {"acts": ("tanh", None)}):
            yield functools.partial(wider, k, join=join, **how)


def wider_wrong(k):
    yield from (
        functools.partial(wider, k, **how)
        for how in (
            {"filters": (64, 64), "skip": None},
            {"filters": (64, 64), "skip": (64, 1)},
            {"skip": (128, 3)},
            {"filters": (64, 128)},
            {"filters": (128,), "sizes": (3,), "acts": ("relu",)},
            {"filters": (128,) * 3, "sizes": (3,) * 3, "acts": (None,) * 3},
            {"join": "concatenate"},
            {"join": "average"},
            {"join": "multiply"},
            {"join": "subtract"},
            {"join": "none"},
            {"shape": (9, 9, 32)},
            {"shape": (32, 32, 64)},
            {"name": "block"},
            {"name": "Wider"},
            {"filters": (256, 256), "skip": (256, 1)},
            {"filters": (64, 64), "skip": (64, 1), "name": "wide"},
            {"shape": (9, 9, 128)},
        )
    )
    yield lambda: k.layers.Conv2D(128, 3)
    yield lambda: wider(k).output


def change(
    k,
    *,
    shapes=((32, 32, 3), (32, 32, 3)),
    filters=8,
    size=3,
    shared=True,
    join="Subtract",
    name="change",
    turned=False,
    more=None,
    act=None,
    padding="valid",
):
    """08.3: one convolution that looks at both photographs, the difference of what it sees."""
    layers = k.layers
    inputs = [k.Input(shape) for shape in shapes]
    one = layers.Conv2D(filters, size, activation=act, padding=padding)
    seen = [(one if shared else layers.Conv2D(filters, size))(x) for x in inputs]
    seen = seen[::-1] if turned else seen
    out = {
        "Subtract": lambda: layers.Subtract()(seen),
        "subtract": lambda: layers.subtract(seen),
        "minus": lambda: seen[0] - seen[1],
        "ops": lambda: k.ops.subtract(*seen),
        "Add": lambda: layers.Add()(seen),
        "list": lambda: seen,
        "concatenate": lambda: layers.concatenate(seen),
        "Dot": lambda: layers.Multiply()(seen),
        "max": lambda: layers.Maximum()(seen),
        "first": lambda: seen[0],
    }[join]()
    return model(inputs, more(out) if more else out, name)


def change_right(k):
    for join in ("Subtract", "subtract"):
        for how in (
            {},
            {"turned": True},
            {"act": "relu"},
            {"act": "tanh"},
            {"act": "relu", "turned": True},
            {"act": "sigmoid"},
            {"act": "elu"},
            {"act": "gelu"},
            {"act": "tanh", "turned": True},
        ):
            yield functools.partial(change, k, join=join, **how)
    yield lambda: k.models.clone_model(change(k))
    yield lambda: change(k, size=(3, 3))


def change_wrong(k):
    small = (28, 28, 1)
    yield from (
        functools.partial(change, k, **how)
        for how in (
            {"shared": False},
            {"filters": 3},
            {"filters": 16},
            {"size": 5},
            {"size": 1},
            {"join": "Add"},
            {"join": "concatenate"},
            {"join": "Dot"},
            {"join": "max"},
            {"join": "list"},
            {"join": "first"},
            {"name": "difference"},
            {"name": "Change"},
            {"shapes": (small, small)},
            {"shapes": ((32, 32, 3),) * 3, "join": "Add"},
            {"padding": "same"},
            {"more": k.layers.Flatten()},
            {"more": k.layers.GlobalAveragePooling2D()},
        )
    )

    def before():
        a, b = k.Input((32, 32, 3)), k.Input((32, 32, 3))
        return model([a, b], k.layers.Conv2D(8, 3)(k.layers.Subtract()([a, b])), "change")

    yield before
    yield lambda: k.layers.Subtract()


def repaired(
    k,
    *,
    shape=(28, 28),
    axis="Reshape",
    scale=True,
    look="Conv2D",
    filters=16,
    size=3,
    name="look",
    best="GlobalMaxPooling2D",
    last=10,
    act=None,
    padding="valid",
):
    """11.2: the model with the mistake, mended."""
    layers = k.layers
    x = digit = k.Input(shape, name="digit")
    x = layers.Rescaling(1 / 255)(x) if scale is True else x
    x = {
        "Reshape": lambda: layers.Reshape((*shape[:2], 1))(x),
        "ops": lambda: k.ops.expand_dims(x, -1),
        "index": lambda: x[..., None],
        "open": lambda: layers.Reshape((shape[0], shape[1], -1))(x),
        "none": lambda: x,
    }[axis]()
    x = layers.Rescaling(1 / 255)(x) if scale == "after" else x
    x = getattr(layers, look)(filters, size, activation="relu", padding=padding, name=name)(x)
    x = getattr(layers, best)()(x) if best else x
    return model(digit, layers.Dense(last, activation=act)(x) if last else x, "repaired")


def repaired_right(k):
    for axis in ("Reshape", "ops", "index", "open"):
        for how in (
            {},
            {"act": "softmax"},
            {"scale": False},
            {"best": "Flatten"},
            {"scale": "after", "best": "GlobalAveragePooling2D"},
        ):
            yield functools.partial(repaired, k, axis=axis, **how)


def repaired_wrong(k):
    yield from (
        functools.partial(repaired, k, **how)
        for how in (
            {"shape": (28, 28, 1), "axis": "none"},
            {"filters": 32},
            {"filters": 8},
            {"size": 5},
            {"size": 1},
            {"name": "see"},
            {"name": "conv2d"},
            {"best": None},
            {"last": 9},
            {"last": 1},
            {"last": None},
            {"look": "Conv1D", "axis": "none", "best": "GlobalMaxPooling1D"},
            {"look": "Conv1D", "axis": "none", "best": "Flatten"},
            {"shape": (32, 32)},
            {"look": "SeparableConv2D", "name": "other"},
            {"look": "Conv2DTranspose"},
            {"last": 100},
            {"shape": (56, 56)},
            {"look": "SeparableConv2D"},
        )
    )
    yield lambda: type("Looking", (k.Model,), {})()


MODELS = {
    "01.2": (image_right, image_wrong),
    "01.3": (branches_right, branches_wrong),
    "05.3": (hopeful_right, hopeful_wrong),
    "06.3": (review_right, review_wrong),
    "07.3": (wider_right, wider_wrong),
    "08.3": (change_right, change_wrong),
    "11.2": (repaired_right, repaired_wrong),
}


def _one(made, place):
    return lambda k: list(made(k))[place]()


RIGHT = {name: [_one(right, place) for place in range(20)] for name, (right, _) in MODELS.items()}
WRONG = {name: [_one(wrong, place) for place in range(20)] for name, (_, wrong) in MODELS.items()}
