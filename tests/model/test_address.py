"""One grammar of addresses: what each form means, and what is said when it means nothing."""

import keras
import pytest
from keras import layers

from kfx.model.address import find, nearest
from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.read.model import read_graph


def label(value):
    """A parameter's name, the same in every process."""
    return "function" if callable(value) and not isinstance(value, type) else str(value)


@pytest.fixture(scope="module")
def graph():
    """x -> encoder@1 (c1 -> c2) -> encoder@2 -> shared@1 -> shared@2 -> scores."""
    i = keras.Input((8, 3), name="i")
    c = layers.Conv1D(3, 3, padding="same", name="c1")(i)
    encoder = keras.Model(i, layers.Conv1D(3, 3, padding="same", name="c2")(c), name="encoder")
    x = keras.Input((8, 3), name="x")
    shared = layers.Dense(3, name="shared")
    y = shared(shared(encoder(encoder(x))))
    return read_graph(keras.Model(x, layers.Dense(2, name="scores")(layers.Flatten(name="flat")(y)), name="digits"))


def named(*names):
    calls = tuple(LayerCall(key=n, path=(n,), name=n, kind="layer", type="Dense", family="dense") for n in names)
    return LayerGraph("m", "Functional", "exact", calls, ())


BOTH = [f"encoder@{n}/{c}" for n in (1, 2) for c in ("c1", "c2")]


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        ("scores", ["scores"]),
        ("shared", ["shared@1", "shared@2"]),
        ("shared@2", ["shared@2"]),
        ("encoder/c1", ["encoder@1/c1", "encoder@2/c1"]),
        ("encoder@2/c1", ["encoder@2/c1"]),
        ("c1", ["encoder@1/c1", "encoder@2/c1"]),
        ("s*", ["shared@1", "shared@2", "scores"]),
        ("encoder/c?", BOTH),
        ("encoder@1/*", ["encoder@1/i", "encoder@1/c1", "encoder@1/c2"]),
        ("encoder/[bc]2", ["encoder@1/c2", "encoder@2/c2"]),
        ("**/c2", ["encoder@1/c2", "encoder@2/c2"]),
        (layers.Conv1D, BOTH),
        (layers.Dense, ["shared@1", "shared@2", "scores"]),
        (lambda call: call.outputs[0].shape == (None, 2), ["scores"]),
        (["scores", "flat", layers.Flatten], ["flat", "scores"]),
    ],
    ids=label,
)
def test_an_address_means_these_calls(graph, wanted, keys):
    assert find(graph, wanted) == keys


def test_all_levels_and_one_level(graph):
    assert find(graph, "**") == [c.key for c in graph.calls]
    assert find(graph, "*") == [c.key for c in graph.calls if c.depth == 0]


def test_a_type_means_its_subclasses_too():
    class Mine(layers.Dense):
        pass

    x = keras.Input((2,))
    graph = read_graph(keras.Model(x, layers.Dense(2, name="theirs")(Mine(2, name="mine")(x))))
    assert find(graph, layers.Dense) == ["mine", "theirs"]
    assert find(graph, Mine) == ["mine"]


def test_a_layer_object_means_its_calls():
    x, layer = keras.Input((2,)), layers.Dense(2, name="d")
    assert find(read_graph(keras.Model(x, layer(layer(x)))), layer) == ["d@1", "d@2"]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (
            "score",
            r"No layer 'score' in model 'digits'\. Did you mean 'scores'\? Its layers: encoder, shared, flat, scores\.$",
        ),
        ("c11", r"Did you mean 'encoder/c1'\?"),
        ("zzzzzz", r"No layer 'zzzzzz' in model 'digits'\. Its layers: encoder"),
        ("shared@3", r"No layer 'shared@3'.*Did you mean 'shared"),
        ("", r"No layer ''"),
        (layers.LSTM, r"No LSTM in model 'digits'\. Its layer types: Functional, Conv1D, Dense, Flatten\."),
        (lambda call: False, r"No layer of model 'digits' fits the given function"),
    ],
    ids=label,
)
def test_what_means_nothing_is_refused_with_the_nearest_names(graph, wanted, says):
    with pytest.raises(ValueError, match=says):
        find(graph, wanted)


def test_what_is_no_address_is_refused(graph):
    with pytest.raises(TypeError, match=r"asked for by 'int'; expected a layer's name, a pattern, a layer class or a function"):
        find(graph, 3)


def test_a_name_in_two_places_must_be_told_apart():
    def inner(name):
        i = keras.Input((2,), name="i")
        return keras.Model(i, layers.Dense(2, name="d")(i), name=name)

    x = keras.Input((2,))
    graph = read_graph(keras.Model(x, inner("b")(inner("a")(x)), name="m"))
    with pytest.raises(ValueError, match=r"'d' is in 2 places of model 'm': a/d, b/d\. Say which\."):
        find(graph, "d")


def test_a_hostile_name_finds_itself(hostile_name):
    graph = named("before", hostile_name, "after")
    assert find(graph, hostile_name) == [hostile_name]
    assert find(graph, "*") == ["before", hostile_name, "after"]


def test_a_hostile_name_in_an_error_is_short_printable_and_quoted(hostile_name):
    with pytest.raises(ValueError, match="No layer 'nowhere' in model 'm'") as caught:
        find(named(hostile_name), "nowhere")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200
    str(caught.value).encode()


@pytest.mark.parametrize("name", ["a[b]", "what?", "a*b", "x@2", "with space"])
def test_a_name_with_signs_of_the_grammar_means_itself_first(name):
    assert find(named("ab", name, "x"), name) == [name]


def test_a_long_model_lists_only_some_names():
    with pytest.raises(ValueError, match=r"layer_9 and 990 more\."):
        find(named(*(f"layer_{n}" for n in range(1000))), "conv")


def test_nearest_gives_addresses(graph):
    assert nearest(graph, "flatt") == ["flat"]
    assert nearest(graph, "encoder/c11")[0] == "encoder/c1"
