"""Fingerprints of functions: the same for live code and for the bytes in a file, which are parsed and never run."""

import base64
import json
import marshal
import struct

import keras
import numpy as np
import pytest
from keras import layers

from kfx.model.compare.functions import UNKNOWN, live_functions, long_values, stored_functions


def stored(function):
    text = json.dumps(keras.saving.serialize_keras_object(layers.Lambda(function)))
    return stored_functions(json.loads(text)["config"])


def bytes_of(content):
    return stored_functions({"function": {"class_name": "__lambda__", "config": {"code": base64.b64encode(content).decode()}}})


FUNCTIONS = [
    lambda t: t * 2,
    lambda t: t * 3,
    lambda t: t + 2,
    lambda t, scale=2: t * scale,
    lambda t, scale=3: t * scale,
    lambda t: [u + 12345678901234567890 for u in (t, "한글", None, 1.5, 2j, ...)],
    lambda t: t in {1, 2, "x"},
]


@pytest.mark.filterwarnings("ignore:The object being serialized")
@pytest.mark.parametrize("number", range(len(FUNCTIONS)))
def test_live_code_and_its_stored_bytes_have_one_fingerprint(number):
    function = FUNCTIONS[number]
    assert live_functions(layers.Lambda(function)) == stored(function)
    assert UNKNOWN not in stored(function).values()


def test_other_code_has_another_fingerprint():
    assert len({live_functions(layers.Lambda(function))["function"] for function in FUNCTIONS}) == len(FUNCTIONS)


def test_what_a_function_holds_is_part_of_it():
    def make(by):
        return lambda t: t * by

    two, three, again = (live_functions(layers.Lambda(make(by))) for by in (2, 3, 2))
    assert two == again != three
    arrays = [live_functions(layers.Lambda(make(np.full(3, by)))) for by in (1.0, 2.0, 1.0)]
    assert arrays[0] == arrays[2] != arrays[1]


def test_functions_of_libraries_are_known_by_name_and_have_none():
    assert live_functions(layers.Dense(2, activation="gelu")) == {}


def doubled(times):
    """Marshalled tuples in which each names the one before twice: a few bytes that print as 2 ** times objects."""
    content = b"\xa9\x00"
    for place in range(times):
        content = b"\xa9\x02" + content + b"r" + struct.pack("<i", times - place)
    return content


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"c", b"\xe3" * 50, b"(\xff\xff\xff\x7f", b"s\xff\xff\xff\xff", b"r\x05\x00\x00\x00", b"l\xff\xff\xff\x7f"),
        *(b"\xa9\x01" * 5000, doubled(38), marshal.dumps(3)[:-1]),
    ],
    ids=["empty", "short", "nested", "many", "negative", "reference", "number", "deep", "doubled", "cut"],
)
def test_bytes_that_are_no_code_are_unknown(content):
    assert bytes_of(content) == {"function": UNKNOWN}


def test_long_lists_are_told_apart_behind_their_beginning():
    words = [f"word {n}" for n in range(1000)]
    assert long_values({"vocabulary": words}) == long_values({"vocabulary": tuple(words)})
    assert long_values({"vocabulary": words}) != long_values({"vocabulary": [*words[:-1], "other"]})


def test_numbers_are_the_same_in_an_array_and_in_a_list():
    values = [0.1, 2.0, 3.0]
    assert long_values({"mean": np.array([values], "float32")}) == long_values({"mean": values})
    assert long_values({"mean": values}) != long_values({"mean": [0.1, 2.0, 3.5]})
