"""Mistakes of fit, evaluate, predict and compile as people make them: each is named, and its first repair, typed in, works."""

import linecache

import numpy as np
import pytest

from kfx.keras_access.importing import import_keras
from kfx.model.mistakes.fit.explain import explain_fit
from kfx.model.mistakes.fit.failed import find_failed_fit

keras = import_keras()

DIGITS = """digits = keras.Input((6, 6, 1), name="digits")
units = layers.Dense(10, activation="softmax", name="digit")(layers.Flatten()(digits))
model = keras.Model(digits, units, name="reader")
x_train, y_train = np.random.rand(20, 6, 6, 1).astype("float32"), np.arange(20) % 10
"""
SPARSE = DIGITS + 'model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])\n'
ONE_HOT = DIGITS + 'model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])\n'
TABLE = """model = keras.Sequential([keras.Input((4,), name="row"), layers.Dense(1, name="price")], name="prices")
x, y = np.random.rand(20, 4), np.random.rand(20)
model.compile("sgd", "mse")
"""
YES = """model = keras.Sequential([keras.Input((4,)), layers.Dense(1, activation="sigmoid", name="yes")], name="binary")
x, y = np.random.rand(20, 4), np.arange(20) % 2
model.compile("adam", "binary_crossentropy")
"""
PHOTOS = """model = keras.Sequential([keras.Input((8, 8, 3), name="photo"), layers.Conv2D(2, 3),
                          layers.Flatten(), layers.Dense(1)])
x, y = np.random.rand(20, 8, 8, 3).astype("float32"), np.random.rand(20)
model.compile("sgd", "mse")
"""
TWO_IN = """a, b = keras.Input((3,), name="text"), keras.Input((5,), name="numbers")
model = keras.Model([a, b], layers.Dense(1)(layers.Concatenate()([a, b])), name="joined")
words, sizes, y = np.random.rand(20, 3), np.random.rand(20, 5), np.random.rand(20)
model.compile("sgd", "mse")
"""
NAMED_IN = TWO_IN.replace("keras.Model([a, b],", 'keras.Model({"text": a, "numbers": b},')
TWO_OUT = """row = keras.Input((4,), name="row")
ends = [layers.Dense(1, name="price")(row), layers.Dense(3, activation="softmax", name="kind")(row)]
model = keras.Model(row, ends, name="both")
x, price, kind = np.random.rand(20, 4), np.random.rand(20, 1), np.arange(20) % 3
kinds = keras.utils.to_categorical(kind, 3)
"""
TWO_COMPILED = TWO_OUT + 'model.compile("adam", ["mse", "categorical_crossentropy"])\n'
AUTO = """row = keras.Input((4,), name="row")
model = keras.Model(row, layers.Dense(4, name="again")(row), name="auto")
x = np.random.rand(20, 4)
model.compile("sgd", "mse")
"""

# name: (what was there, the call that fails, the kind of mistake, words of the title or sentence, whether a repair is offered)
CASES = {
    # compile
    "no compile": (DIGITS, "model.fit(x_train, y_train)", "compile", "compile was never called", True),
    "compile without a loss": (
        DIGITS + 'model.compile("adam")', "model.fit(x_train, y_train)", "compile", "without a loss", True,
    ),
    "no compile before evaluate": (DIGITS, "model.evaluate(x_train, y_train)", "compile", "never called", True),
    "a loss misspelt": (TABLE + 'model.compile("sgd", "mean_square_error")', "model.fit(x, y)", "compile", "no loss", True),
    "an optimizer misspelt": (TABLE, 'model.compile("admm", "mse")', "compile", "no optimizer 'admm'", True),
    "an optimizer's class": (TABLE, 'model.compile(keras.optimizers.SGD, "mse")', "compile", "is a class", True),
    "an optimizer that is none": (TABLE, 'model.compile(0.01, "mse")', "compile", "expected a name or an optimizer", False),
    "a metric misspelt": (
        SPARSE + 'model.compile("adam", "sparse_categorical_crossentropy", metrics=["acuracy"])',
        "model.fit(x_train, y_train)", "metrics", "no metric 'acuracy'", True,
    ),
    "a metric for another form of labels": (
        SPARSE + 'model.compile("adam", "sparse_categorical_crossentropy", metrics=["categorical_accuracy", "f1_score"])',
        "model.fit(x_train, y_train)", "metrics", "f1_score", True,
    ),
    "losses for fewer outputs": (
        TWO_OUT + 'model.compile("adam", ["mse", "mse", "mse"])', "model.fit(x, [price, kinds])",
        "compile", "3 losses", True,
    ),
    "losses keyed by other names": (
        TWO_OUT + 'model.compile("adam", {"prise": "mse", "kind": "categorical_crossentropy"})',
        "model.fit(x, [price, kinds])", "compile", "prise", True,
    ),
    # the call itself
    "an argument misspelt": (TABLE, "model.fit(x, y, epoch=2)", "arguments", "no argument 'epoch'", True),
    "an argument of Keras 2": (TABLE, "model.fit(x, y, workers=2)", "arguments", "since Keras 3", True),
    "labels for predict": (TABLE, "model.predict(x, y)", "arguments", "batch_size", True),
    "a name that TensorFlow refuses": (
        SPARSE.replace('name="digit")', 'name="숫자")'), "model.fit(x_train, y_train)", "arguments", "'숫자' has others", False,
    ),
    "epochs as text": (TABLE, 'model.fit(x, y, epochs="3")', "arguments", "epochs is '3'", True),
    "a split that leaves nothing": (
        TABLE, "model.fit(x[:2], y[:2], validation_split=0.6)", "arguments", "leaves no example", True,
    ),
    # data
    "a wrong number of features": (TABLE, "model.fit(np.zeros((20, 3)), y)", "inputs", "row wants 4 numbers", True),
    "nothing fits": (
        TABLE.replace("x, y =", "_x, y ="), "model.fit(np.zeros((20, 3)), y)", "inputs", "None of the usual", False,
    ),
    "images without channels": (
        PHOTOS.replace("8, 8, 3)", "8, 8, 1)"), "model.predict(x[:, 0, :, 0])", "inputs", "8×8×1", True,
    ),
    "vectors for images": (SPARSE, "model.fit(x_train.reshape(20, 36), y_train)", "inputs", "digits wants 6×6×1", True),
    "channels first": (PHOTOS, "model.fit(np.moveaxis(x, -1, 1), y)", "inputs", "3×8×8", True),
    "grey for colour": (PHOTOS, "model.fit(x[..., :1], y)", "inputs", "8×8×1", True),
    "images of another size": (PHOTOS, "model.fit(np.zeros((20, 4, 4, 3)), y)", "inputs", "4×4×3", True),
    "one example for predict": (SPARSE, "model.predict(x_train[0])", "inputs", "one example", True),
    "a table on its side": (TABLE, "model.fit(x.T, y)", "inputs", "row wants 4", True),
    "x and y exchanged": (TABLE, "model.fit(y, x)", "inputs", "row wants 4", True),
    "two inputs, one array": (TWO_IN, "model.fit(words, y)", "inputs", "2 inputs", False),
    "inputs in another order": (TWO_IN, "model.fit([sizes, words], y)", "inputs", "text wants 3", True),
    "inputs by other names": (
        NAMED_IN, 'model.fit({"text": words, "number": sizes}, y)', "inputs", "numbers", True,
    ),
    "a list of examples": (PHOTOS, "model.fit(list(x), y)", "inputs", "1 input", True),
    "a list of numbers": (
        TABLE, "model.fit([[1.0, 2.0, 3.0, 4.0], [2.0, 3.0, 4.0, 5.0]], y[:2])", "data", "list of plain floats", True,
    ),
    "a list of labels": (YES, "model.fit(x, [0, 1] * 10)", "data", "list of plain ints", True),
    "a function in place of its generator": (
        TABLE + "def batches():\n    while True:\n        yield x[:4], y[:4]\n", "model.fit(batches, steps_per_epoch=2)",
        "data", "is a function", True,
    ),
    "None in place of data": (TABLE, "model.fit(None, y)", "data", "nothing to take", False),
    "examples of different lengths": (
        TABLE + "rows = np.empty(20, object)\nrows[:] = [[1.0] * (2 + i % 3) for i in range(20)]", "model.fit(rows, y)",
        "data", "different shapes", True,
    ),
    "None among the numbers": (
        TABLE + "holes = x.astype(object)\nholes[3, 1] = None",
        "model.fit(holes, y)", "data", "1 of its 80 values is None", True,
    ),
    "numbers as text": (TABLE + "text = x.astype(str)", "model.fit(text, y)", "data", "holds text", True),
    "labels as text": (
        YES + 'said = np.array(["no", "yes"] * 10)', "model.fit(x, said)", "data", "holds text", True,
    ),
    "a table of pandas with text": (
        TABLE + "import pandas as pd\ntable = pd.DataFrame(x).assign(name='n')",
        "model.fit(table, y)", "data", "name hold text", True,
    ),
    "a dataset without batches": (
        SPARSE + "data = tf.data.Dataset.from_tensor_slices((x_train, y_train))",
        "model.fit(data)", "data", "not in batches", True,
    ),
    "labels beside a dataset": (
        SPARSE + "data = tf.data.Dataset.from_tensor_slices((x_train, y_train)).batch(4)", "model.fit(data, y_train)",
        "data", "brings its own labels", True,
    ),
    "a dataset of inputs alone": (
        AUTO + "data = tf.data.Dataset.from_tensor_slices(x).batch(4)", "model.fit(data)", "data", "no labels", True,
    ),
    "a dataset of dicts": (
        TABLE + 'data = tf.data.Dataset.from_tensor_slices({"x": x, "y": y}).batch(4)', "model.fit(data)",
        "data", "keys x and y", True,
    ),
    "a generator of lists": (
        TABLE + "def batches():\n    while True:\n        yield [x[:4], y[:4]]\nitems = batches()",
        "model.fit(items, steps_per_epoch=2)", "data", "lists, not tuples", True,
    ),
    "a generator of single examples": (
        TABLE + "def rows():\n    while True:\n        yield x[0], y[0]\nitems = rows()",
        "model.fit(items, steps_per_epoch=2)", "data", "one example", True,
    ),
    "a split of a dataset": (
        TABLE + "data = tf.data.Dataset.from_tensor_slices((x, y)).batch(4)", "model.fit(data, validation_split=0.2)",
        "arguments", "yields batches", True,
    ),
    # lengths and weights
    "labels of another length": (TABLE, "model.fit(x, y[:15])", "lengths", "x has 20 examples and y has 15", True),
    "weights of another length": (TABLE, "model.fit(x, y, sample_weight=np.ones(15))", "weights", "15 weights", True),
    "class weights as a list": (
        SPARSE, "model.fit(x_train, y_train, class_weight=[1.0] * 10)", "weights", "class_weight is a list", True,
    ),
    "class weights for two outputs": (
        TWO_COMPILED, "model.fit(x, [price, kinds], class_weight={0: 1.0, 1: 2.0, 2: 1.0})", "weights", "one output", True,
    ),
    # labels
    "whole numbers for a loss of rows": (ONE_HOT, "model.fit(x_train, y_train)", "labels", "one whole number for each", True),
    "rows for a loss of whole numbers": (
        SPARSE + "rows = keras.utils.to_categorical(y_train)", "model.fit(x_train, rows)", "labels", "rows of 10", True,
    ),
    "rows and logits": (
        DIGITS + 'model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))\n'
        "rows = keras.utils.to_categorical(y_train)", "model.fit(x_train, rows)", "labels", "rows of 10", True,
    ),
    "more classes than units": (SPARSE, "model.fit(x_train, y_train + 5)", "labels", "y goes from 5 to 14", False),
    "classes counted from one": (SPARSE, "model.fit(x_train, y_train + 1)", "labels", "y goes from 1 to 10", True),
    "rows of more classes": (
        ONE_HOT + "rows = keras.utils.to_categorical(y_train, 12)", "model.fit(x_train, rows)", "labels", "12 numbers", False,
    ),
    "rows of two for one unit": (
        YES + "rows = keras.utils.to_categorical(y)", "model.fit(x, rows)", "labels", "2 numbers", True,
    ),
    "no labels": (SPARSE, "model.fit(x_train)", "labels", "no labels", True),
    "no labels for an autoencoder": (AUTO, "model.fit(x)", "labels", "no labels", True),
    "one array for two outputs": (TWO_COMPILED, "model.fit(x, price)", "labels", "2 outputs", False),
    "labels in another order": (TWO_COMPILED, "model.fit(x, [kinds, price])", "labels", "in another", True),
    "labels by other names": (
        TWO_COMPILED, 'model.fit(x, {"prices": price, "kind": kinds})', "labels", "no labels for price", True,
    ),
    # validation
    "validation labels of another form": (
        ONE_HOT + "rows = keras.utils.to_categorical(y_train)", "model.fit(x_train, rows, validation_data=(x_train, y_train))",
        "validation", "in validation", False,
    ),
    "validation data of another shape": (
        SPARSE,
        "model.fit(x_train, y_train, validation_data=(x_train[:, :3], y_train))", "validation", "digits wants 6×6×1", False,
    ),
    "validation data without labels": (
        SPARSE, "model.fit(x_train, y_train, validation_data=x_train)", "validation", "expected a tuple", False,
    ),
}  # fmt: skip


def failed_call(setup, call):
    space = {"keras": keras, "layers": keras.layers, "np": np, "tf": pytest.importorskip("tensorflow")}
    exec(setup, space)
    name = f"<case {abs(hash((setup, call)))}>"
    linecache.cache[name] = (len(call), None, [call], name)
    try:
        exec(compile(call, name, "exec"), space)
    except Exception as error:
        return space, error
    pytest.fail("Keras takes this call: it is no mistake")


@pytest.mark.parametrize("case", CASES)
def test_the_mistake_is_named_and_its_repair_works(case):
    setup, call, kind, words, repairable = CASES[case]
    keras.utils.set_random_seed(1)
    space, error = failed_call(setup, call)
    model = space["model"]
    before = [np.array(value) for value in model.get_weights()]
    failed = find_failed_fit(error)
    assert failed is not None
    found = explain_fit(failed)
    assert (found.kind, words in f"{found.title} {found.sentence}") == (kind, True), (found.kind, found.title, found.sentence)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)), "the model was trained"
    assert bool(found.repairs) == repairable, found.repairs
    assert str(error).strip()[:20] in found.error or not str(error)
    for repair in found.repairs:
        again, _ = failed_call(setup, call)  # the same anew
        exec(repair.code, again)
        if ".compile(" in repair.code and repair.code.count("\n") == 0 and ".compile(" not in call:
            exec(call, again)


def test_there_are_at_least_forty():
    assert len(CASES) >= 40


def test_the_loss_of_a_repair_is_the_one_that_keras_computes():
    _, error = failed_call(ONE_HOT.replace('activation="softmax"', 'activation="softmax", kernel_initializer="zeros"'),
                           "model.fit(x_train, y_train)")  # fmt: skip
    found = explain_fit(find_failed_fit(error))
    assert [repair.gives.partition(";")[0] for repair in found.repairs] == ["loss 2.3", "loss 2.3"]  # ln 10, all classes alike
    assert found.repairs[0].code == 'model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])'
    assert found.repairs[1].code.splitlines() == [
        'model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])',  # Keras keeps the step that failed
        "model.fit(x_train, keras.utils.to_categorical(y_train, 10))",
    ]
    assert [(g.source, g.shape, g.clash) for g in found.given] == [
        ("y", (20, -1), (1,)),
        ("prediction of digit", (20, 10), (1,)),
    ]
    assert found.flow.loss.clash
    assert found.flow.y[0].wrong
    assert found.flow.outputs[0].wrong
    assert not found.flow.x[0].wrong
    assert found.flow.y[0].detail == "int, 0 to 9"


def test_an_error_in_the_users_own_code_is_not_explained_as_one_of_the_data():
    setup = SPARSE + ("class Broken(keras.callbacks.Callback):\n    def on_epoch_end(self, epoch, logs=None):\n"
                      "        raise ValueError('mine')\n")  # fmt: skip
    _, error = failed_call(setup, "model.fit(x_train, y_train, verbose=0, callbacks=[Broken()])")
    found = explain_fit(find_failed_fit(error))
    assert (found.kind, found.repairs) == ("other", ())
    assert "mine" in found.sentence


def test_no_seed_and_no_name_of_keras_is_moved():
    import random

    space, error = failed_call(ONE_HOT, "model.fit(x_train, y_train)")
    failed = find_failed_fit(error)
    random_before, numpy_before = random.getstate(), np.random.get_state()[1].copy()
    optimizer = space["model"].optimizer
    explain_fit(failed)
    assert random.getstate() == random_before
    assert np.array_equal(np.random.get_state()[1], numpy_before)
    assert space["model"].optimizer is optimizer
    assert space["model"].loss == "categorical_crossentropy"
    assert keras.layers.Dense(1).name == f"dense{_next(keras.layers.Dense(1).name)}"


def _next(name):
    number = int(name.rpartition("_")[2]) - 1 if "_" in name else 0
    return f"_{number}" if number else ""
