"""``kfx.sketch`` and ``kfx.explain_error`` in plain Python: text, files, a block, and what cannot be explained."""

import re

import pytest

import kfx
from kfx.errors import NoEngineError
from kfx.model.growing.follow import Follower
from kfx.views.sketch.text import sketch_facts


@pytest.fixture
def layers(keras):
    keras.utils.clear_session(free_memory=False)
    return keras.layers


def test_a_block_shows_what_was_built_in_it(layers, golden):
    image = kfx.Input((28, 28, 1), name="image")
    with kfx.sketch(image) as s:
        x = layers.Conv2D(16, 3, activation="relu", name="conv")(image)
        code = layers.GlobalMaxPooling2D(name="code")(x)
        spare = layers.Dense(3, name="spare")
    assert spare.built is False
    assert code.shape == (None, 16)
    text = str(s)
    assert [line.split()[0] for line in text.splitlines()[1:4]] == ["image", "new", "new"]
    golden("sketch_block.txt", text)


def test_a_block_that_fails_shows_the_mistake_and_lets_the_error_through(layers, golden):
    image = kfx.Input((11, 11, 3), name="image")
    start = layers.Conv2D(64, 3, name="start")(image)
    view = kfx.sketch(image)

    def build():
        with view:
            x = layers.Conv2D(64, 3, name="first")(start)
            x = layers.Conv2D(64, 3, name="second")(x)
            layers.Add(name="sum")([x, start])

    with pytest.raises(ValueError, match="incompatible shapes"):
        build()
    text = str(view)
    assert "refused  sum" in text
    assert "7 − 3 + 1 = 5" in text
    golden("sketch_mistake.txt", text)


def test_operations_and_further_calls_are_not_counted_as_layers(layers):
    x = kfx.Input((8,), name="x")
    shared = layers.Dense(8, name="shared")
    with kfx.sketch(x) as s:
        y = shared(shared(x)) + x
        assert y.shape == (None, 8)
    assert str(s).splitlines()[0] == "sketch: 2 layers, 3 calls, 1 operation, 3 new", "x and shared; x, shared twice; +"


def test_a_model_can_be_marked_when_the_block_is_over(keras, layers):
    x = kfx.Input((8,), name="x")
    with kfx.sketch(x) as s:
        code = layers.Dense(4, name="code")(x)
        other = layers.Dense(2, name="other")(code)
    assert other.shape == (None, 2)
    encoder = keras.Model(x, code, name="encoder")
    assert "model encoder: x, code" in str(s.mark(encoder))
    assert "new  other" in str(s), "what the block built is still what is new"


def test_calls_of_a_shared_layer_are_numbered_as_they_were_made(layers):
    x = kfx.Input((8,), name="x")
    shared = layers.Dense(8, name="shared")
    first = shared(x)
    last = shared(layers.Dense(8, name="middle")(first))
    side = shared(x)
    assert first.shape == last.shape == side.shape
    feeds = {edge.target: edge.source for edge in kfx.sketch(x).graph.edges}
    assert feeds == {"shared@1": "x", "middle": "shared@1", "shared@2": "middle", "shared@3": "x"}


def test_outside_a_block_it_is_looked_at_when_it_is_printed(layers):
    x = kfx.Input((4,), name="x")
    s = kfx.sketch(x)
    assert "no layer called yet" in str(s)
    y = layers.Dense(3, name="dense")(x)
    assert y.shape == (None, 3)
    assert "new  dense" in str(s)
    assert [call.key for call in s.graph.calls] == ["x", "dense"]


def test_plain_keras_inputs_and_lists_of_them_will_do(keras, layers):
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    both = layers.Add(name="both")([a, b])
    assert both.shape == (None, 4)
    assert {c.key for c in kfx.sketch([a, b]).graph.calls} == {"a", "b", "both"}
    assert {c.key for c in kfx.sketch(a).graph.calls} == {"a", "b", "both"}, "an input that meets it is found"


def test_nothing_to_sketch_says_how_to_begin():
    with pytest.raises(ValueError, match=r"nothing to sketch yet.*kfx\.Input"):
        kfx.sketch()


def test_models_are_outlined_nested_and_overlapping(keras, layers):
    x = keras.Input((8,), name="x")
    a = layers.Dense(6, name="a")(x)
    b = layers.Dense(4, name="b")(a)
    c = layers.Dense(2, name="c")(b)
    encoder, whole = keras.Model(x, b, name="encoder"), keras.Model(x, c, name="whole")
    tail = keras.Model(a, c, name="tail")  # Keras gives it calls of its own: they count as those of the same layers
    s = kfx.sketch(x).mark(encoder, whole, tail)
    assert {o.name: set(o.keys) for o in s.seen.outlines} == {
        "encoder": {"x", "a", "b"},
        "whole": {"x", "a", "b", "c"},
        "tail": {"b", "c"},
    }
    assert "model encoder: x, a, b" in str(s)
    svg = s.svg()
    assert svg.count("<mask ") == 3
    assert re.findall(r'class="ko kr\d"[^>]*>([^<]*)<', svg) == ["whole", "encoder", "tail"], "the outermost first"


def test_a_model_without_a_graph_cannot_be_marked(keras, layers):
    class Own(keras.Model):
        pass

    with pytest.raises(TypeError, match="graph of its own"):
        kfx.sketch(kfx.Input((3,))).mark(Own())


@pytest.mark.parametrize("suffix", [".svg", ".png", ".html", ".txt"])
def test_a_sketch_and_a_mistake_are_saved(layers, tmp_path, suffix):
    x = kfx.Input((4,), name="pixels")
    with pytest.raises(ValueError, match=r"of layer .read.") as caught:
        layers.LSTM(3, name="read")(x)
    for view in (kfx.sketch(x), kfx.explain_error(caught.value)):
        content = view.save(tmp_path / f"face{suffix}").read_bytes()
        assert content.startswith(b"\x89PNG") if suffix == ".png" else b"pixels" in content


def test_without_an_engine_the_text_stands_in(layers, monkeypatch):
    def none(*_, **__):
        raise NoEngineError("No Graphviz engine was found.")

    monkeypatch.setattr("kfx.draw.graphviz.layout.ask_engines", none)
    x = kfx.Input((4,), name="pixels")
    html = kfx.sketch(x)._repr_mimebundle_()["text/html"]
    assert "No Graphviz engine was found." in html
    assert "pixels" in html


def test_the_error_being_handled_is_explained(layers):
    x = kfx.Input((28, 28), name="image")
    try:
        layers.Conv2D(8, 3, name="conv")(x)
    except ValueError:
        view = kfx.explain_error()
    assert view.mistake.kind == "rank"
    assert view.mistake.given[0].variable == "x"
    assert view.mistake.repairs[0].code == "layers.Conv2D(8, 3)(layers.Reshape((28, 28, 1))(x))"


def test_no_error_and_an_error_of_others_are_told_apart(layers):
    with pytest.raises(ValueError, match="no error to explain"):
        kfx.explain_error()
    with pytest.raises(ZeroDivisionError, match="division") as caught:
        1 / 0  # noqa: B018
    with pytest.raises(ValueError, match=r"is a ZeroDivisionError that no layer call, Model\(\.\.\.\) or fit raised"):
        kfx.explain_error(caught.value)


def test_addresses_in_keras_message_do_not_get_out(layers):
    x = kfx.Input((4,))

    class Broken(layers.Layer):
        def call(self, x):
            raise ValueError(f"no such thing: {object()!r}")

    with pytest.raises(ValueError, match="no such thing") as caught:
        Broken(name="broken")(x)
    text = str(kfx.explain_error(caught.value))
    assert "broken refused its input" in text
    assert not re.search(r"0x[0-9a-f]{6}", text)


def test_nothing_is_left_behind_on_the_users_layers(keras, layers):
    x = keras.Input((4,), name="x")
    dense = layers.Dense(3, name="dense")
    y = dense(x)
    before = set(vars(dense)), len(dense._inbound_nodes), len(dense._outbound_nodes)
    with kfx.sketch(x) as s:
        pass
    str(s), s.svg()
    with pytest.raises(ValueError, match="Input") as caught:
        layers.LSTM(3)(y)
    kfx.explain_error(caught.value)
    assert (set(vars(dense)), len(dense._inbound_nodes), len(dense._outbound_nodes)) == before


def test_what_is_no_exception_cannot_be_explained():
    with pytest.raises(TypeError, match="`error` is 5; expected an exception"):
        kfx.explain_error(5)


def test_the_head_says_how_many_were_replaced(layers):
    x = kfx.Input((8,), name="x")
    space = {"x": x}
    follower = Follower([x])
    for n in range(6):
        space["y"] = layers.Dense(4, name=f"a{n}")(x)
        seen = follower.look(space)
    assert sketch_facts(seen) == ["5 layers", "1 new", "5 replaced, the last 3 shown"]
