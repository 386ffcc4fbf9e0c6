"""Right and wrong answers to the exercises of tutorial 05."""


def two_pictures(keras):
    layers = keras.layers
    image = keras.Input((28, 28, 1))
    x = image
    for filters in (16, 32, None, 32, 16):
        x = layers.MaxPooling2D(3)(x) if filters is None else layers.Conv2D(filters, 3)(x)
    encoder = keras.Model(image, layers.GlobalMaxPooling2D()(x))
    pictures = [keras.Input((28, 28, 1)) for _ in range(2)]
    both = layers.Concatenate()([encoder(picture) for picture in pictures])
    return keras.Model(pictures, layers.Dense(1)(both)).count_params()


def most_hopeful(
    keras, inputs=128, members=3, join="Maximum", activation="sigmoid", name="most_hopeful", shared=False, models=True, units=1
):
    layers = keras.layers

    def member():
        x = keras.Input((inputs,))
        return keras.Model(x, layers.Dense(units, activation=activation)(x))

    x = keras.Input((inputs,))
    made = [member() for _ in range(1 if shared else members)] * (members if shared else 1)
    if not models:
        made = [layers.Dense(units, activation=activation) for _ in range(members)]
    return keras.Model(x, getattr(layers, join)()([one(x) for one in made]), name=name)


RIGHT = {
    "05.1": [lambda k: 18_705, two_pictures],
    "05.2": [lambda k: "decoder/up_sampling2d", lambda k: " decoder/up_sampling2d\n", lambda k: "decoder/up_sampling2d_1"],
    "05.3": [most_hopeful],
}

WRONG = {
    "05.1": [
        (lambda k: [18_705], "of type list"),
        (lambda k: 37_377, "counted the encoder twice"),
        (lambda k: 18_672, "how many numbers does it receive"),
        (lambda k: 18_689, "both codes arrive there"),
        (lambda k: 1, "hold weights, and how many"),
    ],
    "05.2": [
        (lambda k: 24, "asks for text in quotation marks"),
        (lambda k: "up_sampling2d", "A path also says in which model"),
        (lambda k: "encoder/conv2d_1", "about the way back"),
        (lambda k: "decoder/conv2d_transpose_2", "not to the largest output"),
        (lambda k: "decoder", "the whole way back"),
        (lambda k: "decoder.up", "no path 'decoder.up'"),
    ],
    "05.3": [
        (lambda k: [1, 2], "asks for a Keras model"),
        (lambda k: most_hopeful(k, inputs=64), r"begins at \(64,\)"),
        (
            lambda k: k.Model(*(lambda m: (m.input, [m.output, m.output]))(most_hopeful(k)), name="most_hopeful"),
            "yours has 2 outputs",
        ),
        (lambda k: most_hopeful(k, join="Average"), "out of Average, is not always the largest"),
        (lambda k: most_hopeful(k, models=False), "Make each a model of its own"),
        (lambda k: most_hopeful(k, members=2), "yours has 2"),
        (lambda k: most_hopeful(k, shared=True), "different models"),
        (lambda k: most_hopeful(k, units=2), "129 parameters each"),
        (lambda k: most_hopeful(k, activation=None), "say a probability"),
        (lambda k: most_hopeful(k, name="ensemble"), "the model is called 'ensemble'"),
    ],
}

SECRETS = {"05.1": r"18[,.]?705", "05.2": "decoder/up"}
