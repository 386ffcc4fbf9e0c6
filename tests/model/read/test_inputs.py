"""Every calling convention that Keras takes is read, with what Keras remembers of a call and with what a user gives."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

from kfx.model.read.inputs import Spec, given_specs, remembered_specs
from kfx.model.read.model import read_graph

A, B, C = (np.zeros((2, size), "float32") for size in (7, 3, 4))


def joined(*tensors):
    return ops.concatenate(tensors, axis=-1)


def of_pair(self, pair):
    return joined(self.a(pair[0]), self.b(pair[1]))


def of_dict(self, features):
    return joined(self.a(features["p"]), self.b(features["q"]))


def of_dict_with_a_list(self, features):
    return joined(self.a(features["pages"][0]), self.b(features["pages"][1]), self.c(features["title"]))


def of_nested(self, given):
    return joined(self.a(given[0]["p"]), self.b(given[0]["q"][1]), self.c(given[1]))


def of_any(self, *xs):
    return joined(self.a(xs[0]), self.b(xs[1]))


def of_two(self, x, y):
    return joined(self.a(x), self.b(y))


def of_keyword_only(self, x, *, y):
    return joined(self.a(x), self.b(y))


def of_optional(self, x, y=None):
    return self.a(x) if y is None else joined(self.a(x), self.b(y))


def of_keywords(self, x, **others):
    return joined(self.a(x), self.b(others["y"]))


def of_number(self, x, scale):
    return self.a(x) * scale


NUMBER = tf.constant(2.0)
REMEMBERED = {  # what Keras remembers is all that the call was given
    "list": (of_pair, ([A, B],), ["pair.0", "pair.1", "a", "b", "concatenate"]),
    "tuple": (of_pair, ((A, B),), ["pair.0", "pair.1", "a", "b", "concatenate"]),
    "dict": (of_dict, ({"q": B, "p": A},), ["p", "q", "a", "b", "concatenate"]),
    "dict with a list": (
        of_dict_with_a_list,
        ({"title": C, "pages": [A, B]},),
        ["pages.0", "pages.1", "title", "a", "b", "c", "concatenate"],
    ),
    "nested": (
        of_nested,
        ([{"p": A, "q": (C, B)}, C],),
        ["given.0.p", "given.0.q.0", "given.0.q.1", "given.1", "a", "b", "c", "concatenate"],
    ),
    "any number": (of_any, (A, B), ["xs.0", "xs.1", "a", "b", "concatenate"]),
}
FORGOTTEN = {  # Keras remembers the first argument alone
    "two": (of_two, (A, B), {}, ["x", "y", "a", "b", "concatenate"]),
    "by keyword": (of_two, (), {"x": A, "y": B}, ["x", "y", "a", "b", "concatenate"]),
    "keyword only": (of_keyword_only, (A,), {"y": B}, ["x", "y", "a", "b", "concatenate"]),
    "a single number": (of_number, (A, NUMBER), {}, ["x", "scale", "a", "multiply"]),
    "any keyword": (of_keywords, (A,), {"y": B}, ["x", "y", "a", "b", "concatenate"]),
    "optional": (of_optional, (A, B), {}, ["x", "y", "a", "b", "concatenate"]),
}


@pytest.fixture
def made(subclassed):
    """A built model with three Dense layers and this ``call``."""

    def make(call, *args, **kwargs):
        model = subclassed(call, **{name: layers.Dense(5, name=name) for name in "abc"})
        if args or kwargs:
            model(*args, **kwargs)
        return model

    return make


@pytest.fixture
def subclassed():
    def make(call, **held):
        class Subclassed(keras.Model):
            def __init__(self):
                super().__init__(name="m")
                for name, layer in held.items():
                    setattr(self, name, layer)

        Subclassed.call = call
        return Subclassed()

    return make


def called(graph):
    return [c.key for c in graph.calls if c.note != "not called in the traced run"]


@pytest.mark.parametrize("case", REMEMBERED)
def test_what_keras_remembers_is_called_in_its_own_structure(made, case):
    call, args, keys = REMEMBERED[case]
    model = made(call, *args)
    held = {id(layer): dict(vars(layer)) for layer in (model, *model.layers)}
    graph = read_graph(model)
    assert (graph.kind, called(graph)) == ("traced", keys)
    assert held == {id(layer): dict(vars(layer)) for layer in (model, *model.layers)}
    given = args if len(args) > 1 else args[0]
    assert called(read_graph(model, inputs=given)) == keys
    assert called(read_graph(made(call), inputs=given)) == keys  # never built
    assert called(read_graph(made(call), inputs=keras.tree.map_structure(lambda x: keras.KerasTensor(x.shape), given))) == keys


@pytest.mark.filterwarnings("ignore:Layer 'm' looks like it has unbuilt state", "ignore:`build")
@pytest.mark.parametrize("case", FORGOTTEN)
def test_what_keras_forgets_can_be_given(made, case):
    call, args, kwargs, keys = FORGOTTEN[case]
    model = made(call, *args, **kwargs)
    given = {**dict(zip(("x", "scale" if call is of_number else "y"), args, strict=False)), **kwargs}
    assert called(read_graph(model, inputs=given)) == keys
    if not kwargs:
        assert called(read_graph(model, inputs=args)) == keys
    graph = read_graph(model)
    if case != "optional":
        assert graph.kind == "opaque"
        assert "Give inputs=" in graph.notes[0]


@pytest.mark.parametrize("case", ["two", "keyword only", "a single number"])
def test_the_advice_names_the_arguments(made, case):
    call, args, kwargs, keys = FORGOTTEN[case]
    (note,) = read_graph(made(call, *args, **kwargs)).notes
    assert "Keras remembers of its call only the shape of 'x', missing a required argument: " in note
    assert f"Give inputs={{'x': ..., {keys[1]!r}: ...}}" in note


def test_inputs_that_lack_an_argument_are_told_so(made):
    (note,) = read_graph(made(of_two), inputs=(None, 7)).notes
    assert "`inputs` lacks 'y'. Give inputs={'x': ..., 'y': ...}" in note


def test_an_optional_argument_of_the_last_call_is_not_passed_over_in_silence(made):
    graph = read_graph(made(of_optional, A, B))
    assert called(graph) == ["x", "a"]
    assert graph.notes == ("Keras does not remember whether 'y' came with the last call: read without. "
                           "Give inputs= to read the call with.",)  # fmt: skip


def test_a_symbolic_call_is_remembered_with_all_its_arguments(made):
    model = made(of_two)
    model(keras.Input((7,)), y=keras.Input((3,), dtype="int32"))
    graph = read_graph(model)
    assert called(graph) == ["x", "y", "a", "b", "concatenate"]
    assert graph.calls[1].outputs[0].dtype == "int32"


def test_an_input_left_out_is_none(made):
    def call(self, pair):
        return self.a(pair[0]) if pair[1] is None else of_pair(self, pair)

    model = made(call, [A, None])
    assert called(read_graph(model)) == called(read_graph(model, inputs=[(None, 7), None])) == ["pair.0", "a"]


def test_code_that_takes_whole_numbers_is_read_though_keras_forgets_the_dtype(subclassed):
    def call(self, ids):
        return self.d(tf.gather(self.d.kernel, ids))

    model = subclassed(call, d=layers.Dense(4, name="d"))
    model.d.build((None, 4))
    model(np.zeros((2, 3), "int32"))
    graph = read_graph(model)
    assert (graph.kind, graph.calls[0].outputs[0].dtype) == ("traced", "int32")
    assert graph.notes[0].startswith("Keras does not remember the inputs' dtype")


SPECS = {
    "shape": ((None, 7), (None, 7), "float32", None),
    "list": ([5, 7], (None, 7), "float32", 5),
    "of NumPy": ((np.int64(5), np.int64(7)), (None, 7), "float32", 5),
    "unknown sizes": ((None, None, 3), (None, None, 3), "float32", None),
    "KerasTensor": (keras.KerasTensor((None, 7), "int32"), (None, 7), "int32", None),
    "TensorSpec": (tf.TensorSpec((None, 7), tf.int32), (None, 7), "int32", None),
    "TensorShape": (tf.TensorShape([None, 7]), (None, 7), "float32", None),
    "InputSpec": (keras.layers.InputSpec(dtype="float16", shape=(None, 7)), (None, 7), "float16", None),
    "InputSpec without dtype": (keras.layers.InputSpec(shape=(None, 7)), (None, 7), "float32", None),
    "InputSpec of a rank": (keras.layers.InputSpec(ndim=3), (None, None, None), "float32", None),
    "a single number's shape": ((), (), "float32", None),
    "array": (np.zeros((5, 7), "int64"), (None, 7), "int64", 5),
    "text": (np.array(["a", "b"]), (None,), "string", 2),
    "many rows": (np.zeros((100, 7), "float32"), (None, 7), "float32", 32),
    "data set": (tf.data.Dataset.from_tensor_slices(np.zeros((9, 7))).batch(4), (None, 7), "float64", None),
}  # fmt: skip


@pytest.mark.parametrize("case", SPECS)
def test_every_kind_of_spec(made, case):
    given, shape, dtype, batch = SPECS[case]
    assert given_specs(made(of_pair), given).args == (Spec(shape, dtype, batch),)


def test_constants_are_passed_by_the_names_of_their_arguments(made):
    def call(self, x, times, flag=False):
        return self.a(x) * times if flag else self.b(x)

    specs = given_specs(made(call), {"x": (None, 7), "times": 3, "flag": True})
    assert specs.kwargs == {"x": Spec((None, 7), "float32"), "times": 3, "flag": True}
    assert called(read_graph(made(call), inputs={"x": (None, 7), "times": 3, "flag": True})) == ["x", "a", "multiply"]


def test_a_data_set_of_keras_own_is_read_by_its_first_batch(made):
    class Pages(keras.utils.PyDataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            return [A, B], np.zeros(2)

    assert called(read_graph(made(of_pair), inputs=Pages())) == ["pair.0", "pair.1", "a", "b", "concatenate"]


def test_nothing_else_is_an_input(made):
    with pytest.raises(TypeError, match="`inputs` holds 'str'; give shapes with the batch axis first"):
        given_specs(made(of_pair), ["a"])


def test_a_model_never_called_has_nothing_to_remember(made):
    assert remembered_specs(made(of_pair)) is None
