"""Inputs that come as one value are passed as the arguments that a model's ``call`` takes."""

import pytest

from kfx.keras_access.arguments import argument_leaves, as_arguments, as_one_value, taken_by


class OneInput:
    def call(self, inputs, training=None, mask=None): ...


class Two:
    def call(self, x, y): ...


class Optional:
    def call(self, x, y=None): ...


class KeywordOnly:
    def call(self, x, *, y): ...


class AnyPosition:
    def call(self, *xs): ...


class FirstAndAny:
    def call(self, x, *more, training=False): ...


class AnyKeyword:
    def call(self, x, **others): ...


class PositionalOnly:
    def call(self, x, /, y): ...


CASES = [
    (OneInput, ["a", "b"], ((["a", "b"],), {})),
    (OneInput, ("a", "b"), ((("a", "b"),), {})),
    (OneInput, {"p": "a"}, (({"p": "a"},), {})),
    (OneInput, {"inputs": "a"}, (({"inputs": "a"},), {})),
    (OneInput, {"inputs": "a", "training": True}, ((), {"inputs": "a", "training": True})),
    (Two, ("a", "b"), (("a", "b"), {})),
    (Two, ["a", "b"], (("a", "b"), {})),
    (Two, ("a", "b", "c"), ((("a", "b", "c"),), {})),
    (Two, {"y": "b", "x": "a"}, ((), {"x": "a", "y": "b"})),
    (Two, {"x": "a"}, (({"x": "a"},), {})),
    (Optional, "a", (("a",), {})),
    (Optional, ("a", "b"), (("a", "b"), {})),
    (Optional, ["a", "b"], ((["a", "b"],), {})),
    (Optional, ("a", None), (("a", None), {})),
    (Optional, {"x": "a", "y": "b"}, ((), {"x": "a", "y": "b"})),
    (KeywordOnly, {"x": "a", "y": "b"}, ((), {"x": "a", "y": "b"})),
    (AnyPosition, ("a", "b", "c"), (("a", "b", "c"), {})),
    (FirstAndAny, ("a", "b", "c"), (("a", "b", "c"), {})),
    (AnyKeyword, {"x": "a", "z": "b"}, ((), {"x": "a", "z": "b"})),
    (AnyKeyword, {"p": "a", "z": "b"}, (({"p": "a", "z": "b"},), {})),
    (PositionalOnly, {"x": "a", "y": "b"}, (("a",), {"y": "b"})),
]


@pytest.mark.parametrize(("layer", "given", "arguments"), CASES)
def test_inputs_become_the_arguments_that_a_call_takes(layer, given, arguments):
    assert as_arguments(layer(), given) == arguments


def test_a_pair_that_keras_remembers_as_one_argument_stays_one():
    layer = Optional()
    layer._build_shapes_dict = {"input_shape": ((2, 3), (2, 4))}
    assert as_arguments(layer, ("a", "b")) == ((("a", "b"),), {})


def test_a_dict_that_keras_remembers_as_one_argument_stays_one():
    layer = Optional()
    layer._build_shapes_dict = {"input_shape": {"x": (2, 3), "y": (2, 4)}}
    assert as_arguments(layer, {"x": "a", "y": "b"}) == (({"x": "a", "y": "b"},), {})


@pytest.mark.parametrize(
    ("layer", "args", "kwargs"),
    [
        (OneInput, ("a",), {}),
        (OneInput, (["a", "b"],), {}),
        (Two, ("a", "b"), {}),
        (Two, (["a", "c"], "b"), {}),
        (AnyPosition, ("a", "b"), {}),
    ],
)
def test_arguments_as_one_value_come_apart_again(layer, args, kwargs):
    assert as_arguments(layer(), as_one_value(layer(), args, kwargs)) == (args, kwargs)


def test_arguments_by_position_and_keyword_come_apart_by_name():
    assert as_arguments(KeywordOnly(), as_one_value(KeywordOnly(), ("a",), {"y": "b"})) == ((), {"x": "a", "y": "b"})


def test_what_a_call_takes():
    assert taken_by(Two()).required == ("x", "y")
    assert taken_by(OneInput()).by_position == ("inputs",)
    assert not taken_by(OneInput()).several
    assert taken_by(FirstAndAny()).any_position == "more"
    assert taken_by(AnyKeyword()).any_keyword


def test_leaves_are_named_after_their_arguments():
    found = argument_leaves(FirstAndAny(), ({"p": [1, 2]}, 3, 4), {"training": 5})
    assert found == [("x.p.0", 1), ("x.p.1", 2), ("more.0", 3), ("more.1", 4), ("training", 5)]
