"""Wrong constructions as people write them: each gives the right layer and a repair that, typed in, works.

From questions in Keras's own issue tracker and from the models of the functional-API guide with one thing broken.
"""

import linecache

import numpy as np
import pytest

from kfx.keras_access.importing import import_keras
from kfx.model.growing.follow import sketch_failed_call, variable_names
from kfx.model.mistakes.explain import explain_mistake
from kfx.model.mistakes.traceback import find_failed_call

keras = import_keras()
layers = keras.layers

IMAGE = "image = keras.Input((28, 28, 1), name='image')"
VECTOR = "vector = keras.Input((16,), name='vector')"
STEPS = "steps = keras.Input((10, 8), name='steps')"
TWO = f"{VECTOR}\nother = keras.Input((12,), name='other')"
ENCODER = f"""{IMAGE}
x = layers.Conv2D(16, 3, activation="relu", name="conv_1")(image)
x = layers.Conv2D(32, 3, activation="relu", name="conv_2")(x)
x = layers.MaxPooling2D(3, name="pool")(x)
x = layers.Conv2D(32, 3, activation="relu", name="conv_3")(x)
x = layers.Conv2D(16, 3, activation="relu", name="conv_4")(x)
code = layers.GlobalMaxPooling2D(name="code")(x)"""
TICKETS = """title = keras.Input((None,), name="title")
tags = keras.Input((12,), name="tags")
title_words = layers.Embedding(1000, 64, name="words")(title)
title_features = layers.LSTM(128, name="read")(title_words)"""
RESNET = """img = keras.Input((32, 32, 3), name="img")
x = layers.Conv2D(32, 3, activation="relu", name="c1")(img)
x = layers.Conv2D(64, 3, activation="relu", name="c2")(x)
block = layers.MaxPooling2D(3, name="mp")(x)
x = layers.Conv2D(64, 3, activation="relu")(block)
x = layers.Conv2D(64, 3, activation="relu")(x)"""

# name: (what was there, the call that is refused, the refusing layer, the kind, what the repair's code stands for)
# "call": the refused call; "x": the line that made x; "setup": each place of the setup that it replaces
CASES = {
    "image without channels": ("image = keras.Input((28, 28))", "layers.Conv2D(8, 3, name='c')(image)", "c", "rank", "call"),
    "volume layer on an image": (IMAGE, "layers.Conv3D(8, 3, name='c')(image)", "c", "rank", "call"),
    "sequence layer on an image": (IMAGE, "layers.Conv1D(8, 3, name='c')(image)", "c", "rank", "call"),
    "pooling on a vector": (VECTOR, "layers.MaxPooling2D(name='p')(vector)", "p", "rank", "call"),
    "upsampling right after dense": (VECTOR, "layers.UpSampling2D(2, name='u')(vector)", "u", "rank", "call"),
    "lstm on a vector": (VECTOR, "layers.LSTM(4, name='l')(vector)", "l", "rank", "call"),
    "lstm on an image": (IMAGE, "layers.LSTM(4, name='l')(image)", "l", "rank", "call"),
    "gru on an lstm's last step": (
        f"{STEPS}\nx = layers.LSTM(4, name='first')(steps)", "layers.GRU(4, name='l')(x)", "l", "rank", "x",
    ),
    "bidirectional on a vector": (VECTOR, "layers.Bidirectional(layers.LSTM(3), name='b')(vector)", "b", "rank", "call"),
    "a layer for each step of a vector": (
        VECTOR, "layers.TimeDistributed(layers.Dense(3), name='t')(vector)", "t", "rank", "call",
    ),
    "convolution after flatten": (
        f"{IMAGE}\nx = layers.Flatten(name='flat')(image)", "layers.Conv2D(4, 3, name='c')(x)", "c", "rank", "call",
    ),
    "repeat a sequence": (STEPS, "layers.RepeatVector(3, name='r')(steps)", "r", "rank", "call"),
    "the guide's encoder, one pooling too many": (
        f"{ENCODER.rsplit(chr(10), 1)[0]}",
        "layers.MaxPooling2D(4, name='deep')(layers.MaxPooling2D(2)(x))", "deep", "size", "call",
    ),
    "a kernel larger than the map": (
        "tiny = keras.Input((3, 4, 1))", "layers.Conv2D(3, 5, name='c')(tiny)", "c", "size", "call",
    ),
    "a dilated kernel larger than the map": (
        "tiny = keras.Input((5, 5, 1))", "layers.Conv2D(3, 3, dilation_rate=4, name='c')(tiny)", "c", "size", "call",
    ),
    "cropping all away": ("tiny = keras.Input((6, 6, 1))", "layers.Cropping2D(4, name='c')(tiny)", "c", "size", "call"),
    "the guide's decoder, another number of features": (
        ENCODER, "layers.Reshape((4, 5, 1), name='r')(code)", "r", "reshape", "call",
    ),
    "a rest that does not divide": (VECTOR, "layers.Reshape((-1, 5), name='r')(vector)", "r", "reshape", "call"),
    "the guide's residual block without padding": (RESNET, "layers.add([x, block], name='add')", "add", "merge", "setup"),
    "the same with an operator": (RESNET, "x + block", "add", "merge", "setup"),
    "a skip past a convolution of other width": (
        f"{IMAGE}\na = layers.Conv2D(8, 1)(image)\nb = layers.Conv2D(4, 1)(image)",
        "layers.Add(name='add')([a, b])", "add", "merge", "call",
    ),
    "vectors of other sizes": (TWO, "layers.Multiply(name='m')([vector, other])", "m", "merge", "call"),
    "two maps, one of which no variable holds": (
        f"{IMAGE}\nx = layers.Conv2D(8, 3, padding='same', name='a')(image)",
        "layers.Concatenate(name='c')([x, layers.MaxPooling2D()(x)])", "c", "merge", "call",
    ),
    "a vector that no variable holds": (
        f"{IMAGE}\nflat = layers.Flatten()",
        "layers.Conv2D(4, 3, name='c')(flat(layers.MaxPooling2D(2)(image)))", "c", "rank", "call",
    ),
    "a map and a vector": (f"{IMAGE}\n{VECTOR}", "layers.Concatenate(name='c')([image, vector])", "c", "merge", "call"),
    "the guide's tickets, words not yet read": (
        TICKETS.replace("(None,)", "(20,)"), "layers.Concatenate(name='c')([title_words, tags])", "c", "merge", "call",
    ),
    "sequences of other widths joined in time": (
        "a = keras.Input((3, 4))\nb = keras.Input((5, 6))",
        "layers.Concatenate(axis=1, name='c')([a, b])", "c", "merge", "call",
    ),
    "three inputs to subtract": (VECTOR, "layers.Subtract(name='s')([vector, vector, vector])", "s", "inputs", "call"),
    "a merge without its list": (TWO, "layers.Concatenate(name='c')(vector, other)", "c", "inputs", "call"),
    "two inputs for a dense layer": (TWO, "layers.Dense(3, name='d')([vector, other])", "d", "inputs", "call"),
    "attention without a value": (STEPS, "layers.MultiHeadAttention(2, 4, name='a')(steps)", "a", "inputs", "call"),
    "attention without a list": (STEPS, "layers.Attention(name='a')(steps)", "a", "inputs", "call"),
    "a shared layer on other features": (
        f"{TWO}\nshared = layers.Dense(3, name='s')\nx = shared(vector)", "shared(other)", "s", "axis", "call",
    ),
    "channels first for a channels-last layer": (
        f"{IMAGE}\nconv = layers.Conv2D(4, 3, name='c')\nx = conv(image)\nturned = keras.Input((1, 28, 28))",
        "conv(turned)", "c", "axis", "call",
    ),
    "an encoder on other pictures": (
        f"{ENCODER}\nencoder = keras.Model(image, code, name='encoder')\nlarge = keras.Input((32, 32, 1))",
        "encoder(large)", "encoder", "axis", "call",
    ),
    "dense after flattening words of any number": (
        f"{TICKETS}\nflat = layers.Flatten(name='flat')(title_words)", "layers.Dense(4, name='d')(flat)", "d", "axis", "call",
    ),
    "a class in place of a layer": (IMAGE, "layers.Flatten(image)", "Flatten", "class", "call"),
    "a shape in place of a tensor": ("", "layers.Dense(3, name='d')((None, 16))", "d", "array", "call"),
    "an input left out": (
        f"{TICKETS}\nout = layers.Dense(4)(layers.Concatenate()([title_features, tags]))",
        "keras.Model(title, out)", "Model", "disconnected", "call",
    ),
    "outputs before inputs": (
        f"{VECTOR}\nout = layers.Dense(4)(vector)", "keras.Model(out, vector)", "Model", "disconnected", "call",
    ),
    "tensors of two sketches in one model": (
        f"{TWO}\na = layers.Dense(4)(vector)\nb = layers.Dense(4)(other)",
        "keras.Model(vector, [a, b])", "Model", "disconnected", "call",
    ),
    "numpy on a symbolic tensor": (VECTOR, "np.mean(vector, axis=1)", "mean", "foreign", "call"),
    "tensorflow on symbolic tensors": (TWO, "tf.concat([vector, other], axis=1)", "concat", "foreign", "call"),
}  # fmt: skip

ACCEPTED_BEFORE = {  # versions of Keras that do not refuse these yet
    "the guide's encoder, one pooling too many": "3.13",
    "an input left out": "3.13",
    "tensors of two sketches in one model": "3.13",
}
EACH_CASE = [
    pytest.param(case, marks=pytest.mark.since_keras(ACCEPTED_BEFORE[case]) if case in ACCEPTED_BEFORE else (), id=case)
    for case in CASES
]


def run(text, scope, name="<cell>", mode="exec"):
    """As a notebook does: the source can be looked up."""
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    return eval(compile(text, name, mode), scope)


def scope_of(setup):
    import tensorflow as tf

    scope = {"__name__": "__main__", "keras": keras, "layers": layers, "np": np, "tf": tf}
    run(setup, scope, "<setup>")
    return scope


def refused(setup, call):
    scope = scope_of(setup)
    with pytest.raises((ValueError, TypeError), match=r".") as caught:
        run(call, scope, "<call>", "eval")
    failed = find_failed_call(caught.value)
    assert failed is not None
    return scope, failed


@pytest.mark.parametrize("case", EACH_CASE)
def test_the_layer_is_named_and_the_first_repair_works(case):
    setup, call, layer, kind, stands_for = CASES[case]
    scope, failed = refused(setup, call)
    names = variable_names(scope)
    mistake = explain_mistake(failed, names)
    assert (mistake.name, mistake.kind) == (layer, kind) or case == "the same with an operator"
    assert mistake.kind == kind
    assert mistake.sentence.endswith((".", "…"))
    assert mistake.repairs, "there is a repair"
    code = mistake.repairs[0].code
    if stands_for == "call":
        unnamed = "x" not in scope and "(x" in code
        if unnamed:  # the tensor had no name: give it the one that the repair gives it
            scope["x"] = failed.args[0]
        run(code, scope, "<repair>", "eval")
    elif stands_for == "x":
        run(f"x = {code}", scope, "<repair>")
        run(call, scope, "<call>", "eval")
    else:
        old = code.replace(', padding="same"', "")
        assert old in setup
        run(call, scope_of(setup.replace(f"x = {old}", f"x = {code}")), "<call>", "eval")


@pytest.mark.parametrize("case", EACH_CASE)
def test_every_repair_that_is_offered_works(case):
    setup, call, _, _, stands_for = CASES[case]
    scope, failed = refused(setup, call)
    mistake = explain_mistake(failed, variable_names(scope))
    scope.setdefault("x", failed.args[0] if failed.args else None)
    for repair in mistake.repairs[int(stands_for != "call") :]:
        run(repair.code, scope, "<repair>", "eval")


@pytest.mark.parametrize("case", EACH_CASE)
def test_the_refused_call_stands_in_the_graph_with_what_it_was_given(case):
    setup, call, layer, _, _ = CASES[case]
    scope, failed = refused(setup, call)
    seen = sketch_failed_call(failed, scope)
    red = next(c for c in seen.graph.calls if c.key == seen.refused.key)
    assert red.family == "error"
    assert red.name in (layer, "add") or layer == "add"
    fed = {edge.source for edge in seen.graph.edges if edge.target == red.key}
    assert fed or not failed.args or case in ("a shape in place of a tensor", "outputs before inputs")
    assert {source for source, _, _ in seen.refused.lines} <= {c.key for c in seen.graph.calls}
    assert {target for _, _, target in seen.refused.lines} <= {c.key for c in seen.graph.calls}


def test_there_are_at_least_thirty():
    assert len(CASES) >= 30
