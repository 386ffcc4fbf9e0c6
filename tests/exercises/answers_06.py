"""Right and wrong answers to the exercises of tutorial 06."""


def review(
    keras,
    inputs=("words", "stars"),
    length=None,
    stars=5,
    names=("helpful", "topic"),
    units=3,
    activation="softmax",
    apart=False,
    head=False,
):
    layers = keras.layers
    words = keras.Input((length,), dtype="int32", name=inputs[0])
    rated = keras.Input((stars,), name=inputs[1])
    read = layers.GlobalAveragePooling1D()(layers.Embedding(100, 8)(words))
    both = read if apart else layers.concatenate([read, rated])
    helpful = layers.Dense(1, activation="sigmoid", name=names[0])(layers.concatenate([read, rated]))
    topic = layers.Dense(units, activation=None if head else activation, name="scores" if head else names[1])(both)
    if head:
        topic = layers.Softmax(name=names[1])(topic)
    return keras.Model([words, rated], [helpful, topic], name="review_model")


def turned(keras):
    model = review(keras)
    return keras.Model(dict(zip(("b", "a"), model.inputs, strict=True)), dict(zip(("b", "a"), model.outputs, strict=True)))


RIGHT = {
    "06.1": [lambda k: 117, lambda k: 117.0],
    "06.2": [lambda k: {"priority": 1, "department": 5.0}, lambda k: {"department": 1.0, "priority": 0.2}],
    "06.3": [review, turned, lambda k: review(k, head=True)],
}

WRONG = {
    "06.1": [
        (lambda k: "117", "of type str"),
        (lambda k: 116, "What else does a unit have"),
        (lambda k: 173, "the layer as it is now"),
        (lambda k: 468, "which has four units"),
        (lambda k: 97, "What else goes into together"),
        (lambda k: 12, "how many numbers leave together"),
    ],
    "06.2": [
        (lambda k: [1.0, 5.0], "the answer is of type list"),
        (lambda k: {"priority": 1.0}, r"it names priority\."),
        (lambda k: {"title": 1, "body": 5}, "it names body, title"),
        (lambda k: {"priority": 0, "department": 5}, "a finite number above 0"),
        (lambda k: {"priority": "1", "department": "5"}, "a finite number above 0"),
        (lambda k: {"priority": float("nan"), "department": 5}, "a finite number above 0"),
        (lambda k: {"priority": float("inf"), "department": float("inf")}, "a finite number above 0"),
        (lambda k: {"priority": 1, "department": 10**400}, "a finite number above 0"),
        (lambda k: {"priority": 5.0, "department": 1.0}, "The other way round"),
        (lambda k: {"priority": 1.0, "department": 2.0}, "now 2 times that of the priority"),
    ],
    "06.3": [
        (lambda k: 3, "asks for a Keras model"),
        (lambda k: review(k, inputs=("text", "stars")), "its inputs are stars, text"),
        (lambda k: review(k, length=8), r"The input words should have shape=\(None,\)"),
        (lambda k: review(k, stars=4), r"The input stars should have shape=\(5,\).* is \(4,\)"),
        (lambda k: review(k, names=("helpful", "theme")), "they are named helpful, theme"),
        (lambda k: review(k, units=4), r"The output topic should have 3 units"),
        (lambda k: review(k, activation="sigmoid"), "end in softmax"),
        (lambda k: review(k, apart=True), "The output topic does not depend on the input stars"),
    ],
}

SECRETS = {"06.1": r"117", "06.2": r"\{'priority'"}
