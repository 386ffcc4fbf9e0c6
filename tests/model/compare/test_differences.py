"""What differs between two graphs, against hand-made pairs of models."""

import pytest

from kfx.keras_access.importing import import_keras
from kfx.model.compare.differences import compare
from kfx.model.files.load import load_graph
from kfx.model.read.model import read_graph

keras = import_keras()
L = keras.layers


def chain(*layers, shape=(8,), name="m"):
    x = inputs = keras.Input(shape, name="img")
    for layer in layers:
        x = layer(x)
    return keras.Model(inputs, x, name=name)


def changes(a, b):
    return [(c.kind, c.before, c.after, c.what, c.a, c.b) for c in compare(read_graph(a), read_graph(b)).changes]


def test_a_clone_is_equal():
    model = chain(L.Dense(4, name="a"), L.Dropout(0.5, name="d"), L.Dense(2, name="b"))
    diff = compare(read_graph(model), read_graph(keras.models.clone_model(model)))
    assert diff.equal
    assert repr(diff) == "<GraphDiff 'm' → 'm': equal>"


def test_a_changed_argument_says_from_what_to_what():
    a = chain(L.Dense(4, name="a"), L.Dense(2, name="b"))
    b = chain(L.Dense(4, activation="relu", name="a"), L.Dense(2, name="b"))
    assert changes(a, b) == [("changed", "a", "a", "activation", "linear", "relu")]


def test_an_added_layer_rewires_the_one_behind_it():
    a = chain(L.Dense(4, name="a"), L.Dense(2, name="b"))
    b = chain(L.Dense(4, name="a"), L.BatchNormalization(name="bn"), L.Dense(2, name="b"))
    assert changes(a, b) == [
        ("added", None, "bn", "", "", "16 params"),
        ("rewired", "b", "b", "input", "a", "bn"),
    ]


def test_a_removed_layer_is_the_mirror_image():
    a = chain(L.Dense(4, name="a"), L.Dropout(0.5, name="d"), L.Dense(2, name="b"))
    b = chain(L.Dense(4, name="a"), L.Dense(2, name="b"))
    assert [c[:3] for c in changes(a, b)] == [("removed", "d", None), ("rewired", "b", "b")]


def test_another_name_is_a_rename_and_nothing_else():
    a = chain(L.Dense(4, name="a"), L.Dense(2, name="dense_1"))
    b = chain(L.Dense(4, name="a"), L.Dense(2, name="head"))
    assert changes(a, b) == [("renamed", "dense_1", "head", "name", "dense_1", "head")]


def test_automatic_names_that_moved_on_are_no_difference():
    """Two models built in one session: the second's ``dense_1`` is the first's ``dense``."""
    a = chain(L.Dense(4, name="dense"), L.Dense(5, name="dense_1"), L.Dense(6, name="dense_2"))
    b = chain(L.Dense(4, name="dense_1"), L.Dense(5, name="dense_2"), L.Dense(6, name="dense_3"))
    diff = compare(read_graph(a), read_graph(b))
    assert diff.equal
    assert diff.pairs[1:] == (("dense", "dense_1"), ("dense_1", "dense_2"), ("dense_2", "dense_3"))


def test_frozen_and_thawed_are_told():
    a = chain(L.Dense(4, name="a"), L.Dense(2, name="b"))
    b = keras.models.clone_model(a)
    b.get_layer("a").trainable = False
    assert changes(a, b) == [("frozen", "a", "a", "trainable", "True", "False")]
    assert changes(b, a) == [("thawed", "a", "a", "trainable", "False", "True")]


def test_a_difference_inside_a_nested_model_is_found_by_its_address():
    def nested(units):
        inner = chain(L.Dense(units, name="d"), name="enc")
        outer = keras.Input((8,), name="x")
        return keras.Model(outer, L.Dense(1, name="out")(inner(outer)), name="m")

    kinds = {(c[0], c[1], c[3]) for c in changes(nested(3), nested(5))}
    assert ("changed", "enc/d", "units") in kinds
    assert ("changed", "enc", "output") not in kinds, "it follows from the layer inside"


def test_a_skip_that_now_starts_elsewhere_is_rewired():
    def skip(early):
        x = keras.Input((8,), name="x")
        a = L.Dense(8, name="a")(x)
        b = L.Dense(8, name="b")(a)
        return keras.Model(x, L.Add(name="sum")([b, x if early else a]), name="m")

    assert changes(skip(True), skip(False)) == [("rewired", "sum", "sum", "input", "b, x", "b, a")]


def test_swapped_model_outputs_are_told():
    def two(swap):
        x = keras.Input((8,), name="x")
        p, q = L.Dense(1, name="p")(x), L.Dense(1, name="q")(x)
        return keras.Model(x, [q, p] if swap else [p, q], name="m")

    assert changes(two(False), two(True)) == [("rewired", None, None, "model outputs", "p, q", "q, p")]


@pytest.mark.parametrize("name", ["<b>&", 'q"uote', "새 층", "a\nb"])
def test_hostile_names_are_only_text(name):
    a, b = chain(L.Dense(4, name=name)), chain(L.Dense(5, name=name))
    assert ("changed", name, name, "units", "4", "5") in changes(a, b)


# ---------------------------------------------------------------------------------------------------- hard pairs


def resnet(blocks, *, insert=None, kernel=None, padding="same", fresh=True):
    """Blocks of two convolutions with a skip, in stages of 16, 32, ... channels, under Keras's own automatic names."""
    if fresh:
        keras.backend.clear_session()
    x = start = keras.Input((32, 32, 16))
    for block in range(blocks):
        for _ in range(1 + (insert == block)):
            channels = 16 * (1 + block // 4)
            skip = x if x.shape[-1] == channels else L.Conv2D(channels, 1)(x)
            y = L.Conv2D(channels, kernel if kernel and block == blocks // 2 else 3, padding=padding)(x)
            y = L.ReLU()(L.BatchNormalization()(y))
            x = L.ReLU()(L.Add()([skip, y]) if padding == "same" else y)
    return keras.Model(start, L.Dense(10)(L.GlobalAveragePooling2D()(x)))


def kinds(a, b):
    diff = compare(read_graph(a), read_graph(b))
    return {kind: diff.count(kind) for kind in ("added", "removed", "renamed", "changed", "rewired") if diff.count(kind)}


def test_a_block_inserted_in_the_middle_is_that_block_though_all_names_behind_it_count_on():
    a, b = resnet(8), resnet(8, insert=2)
    diff = compare(read_graph(a), read_graph(b))
    added = [diff.b.calls[[c.key for c in diff.b.calls].index(c.after)].type for c in diff.changes if c.kind == "added"]
    assert added == ["Conv2D", "BatchNormalization", "ReLU", "Add", "ReLU"]
    assert diff.count("changed") == diff.count("removed") == 0
    assert diff.count("renamed") == 0
    assert diff.count("rewired") == 2, "the two that the block before fed: a convolution and the skip"


def test_a_model_built_twice_in_one_session_does_not_differ():
    first, second = read_graph(resnet(4)), read_graph(resnet(4, fresh=False))
    assert not {call.name for call in first.calls} & {call.name for call in second.calls}
    assert compare(first, second).equal


def test_one_changed_kernel_is_exactly_that():
    assert changes(resnet(8), resnet(8, kernel=5)) == [("changed", "conv2d_5", "conv2d_5", "kernel_size", "(3, 3)", "(5, 5)")]


def test_smaller_outputs_behind_a_larger_kernel_are_told_where_they_begin_only():
    found = changes(resnet(4, padding="valid"), resnet(4, padding="valid", kernel=5))
    assert [(c[1], c[3]) for c in found] == [("conv2d_2", "kernel_size"), ("conv2d_2", "output")]


def test_a_shift_of_names_hides_no_change():
    found = changes(resnet(4, padding="valid"), resnet(4, padding="valid", kernel=5, fresh=False))
    assert [(c[3], c[4], c[5]) for c in found if c[0] != "renamed"] == [
        ("kernel_size", "(3, 3)", "(5, 5)"),
        ("output", "26×26×16", "24×24×16"),
    ]


@pytest.mark.parametrize("name", ["act", None])
def test_a_type_changed_in_place_is_a_change(name):
    named = {"name": name} if name else {}
    found = changes(
        chain(L.Dense(4, name="a"), L.ReLU(**named), L.Dense(2, name="b")),
        chain(L.Dense(4, name="a"), L.ELU(**named), L.Dense(2, name="b")),
    )
    assert [(c[0], c[3], c[4], c[5]) for c in found if c[0] != "renamed"] == [("changed", "type", "ReLU", "ELU")]


def twins(shared):
    left, right = keras.Input((8,), name="left"), keras.Input((8,), name="right")
    one = L.Dense(4, name="one")
    other = one if shared else L.Dense(4, name="other")
    return keras.Model([left, right], L.Add(name="sum")([one(left), other(right)]))


def test_a_layer_that_is_no_longer_shared_is_told():
    assert changes(twins(True), twins(False)) == [
        ("renamed", "one@2", "other", "name", "one", "other"),
        ("changed", "one@2", "other", "weights", "shared with one@1", "its own"),
    ]
    assert ("changed", "other", "one@2", "weights", "its own", "shared with one@1") in changes(twins(False), twins(True))


def test_inputs_in_another_order_are_told():
    def joined(swap):
        p, q = keras.Input((8,), name="p"), keras.Input((8,), name="q")
        return keras.Model([q, p] if swap else [p, q], L.Concatenate(name="both")([p, q]))

    assert changes(joined(False), joined(True)) == [("rewired", None, None, "model inputs", "p, q", "q, p")]


def test_another_dtype_policy_is_told_of_each_layer():
    def model(policy):
        return chain(L.Dense(4, name="a", dtype=policy), L.Dense(2, name="b", dtype=policy))

    assert changes(model("float32"), model("mixed_float16")) == [
        ("changed", "a", "a", "dtype", "float32", "float16"),
        ("changed", "b", "b", "dtype", "float32", "float16"),
    ]


def nested(name, *, frozen=False, units=3):
    inner = chain(L.Dense(4, name="d"), L.Dense(units, name="e"), name=name)
    inner.trainable = not frozen
    x = keras.Input((8,), name="x")
    return keras.Model(x, L.Dense(1, name="out")(inner(x)))


def test_a_renamed_nested_model_is_one_rename():
    assert changes(nested("enc"), nested("body")) == [("renamed", "enc", "body", "name", "enc", "body")]


def test_a_nested_model_renamed_and_changed_inside_is_still_the_same_model():
    found = changes(nested("enc"), nested("body", units=5))
    assert [(c[0], c[1], c[2], c[3]) for c in found] == [
        ("renamed", "enc", "body", "name"),
        ("changed", "enc/e", "body/e", "units"),
        ("changed", "enc/e", "body/e", "output"),
    ]


def test_a_nested_model_frozen_as_a_whole_is_told_once():
    assert changes(nested("enc"), nested("enc", frozen=True)) == [("frozen", "enc", "enc", "trainable", "True", "False")]


def test_of_a_model_frozen_in_part_the_layers_inside_are_told():
    thawed = nested("enc", frozen=True)
    thawed.get_layer("enc").get_layer("e").trainable = True
    assert changes(nested("enc"), thawed) == [("frozen", "enc/d", "enc/d", "trainable", "True", "False")]
    assert changes(nested("enc", frozen=True), thawed) == [("thawed", "enc/e", "enc/e", "trainable", "False", "True")]


def test_a_frozen_kernel_is_told_at_its_layer():
    tuned = nested("enc")
    tuned.get_layer("enc").get_layer("d").kernel.trainable = False
    assert changes(nested("enc"), tuned) == [("frozen", "enc/d", "enc/d", "trainable", "True", "partly")]
    assert changes(tuned, nested("enc")) == [("thawed", "enc/d", "enc/d", "trainable", "partly", "True")]


def test_two_layers_in_the_other_order_are_rewired():
    def model(first, second):
        return chain(first, second, L.Dense(2, name="z"))

    def dense():
        return L.Dense(8, name="a"), L.ReLU(name="b")

    a, b = model(*dense()), model(*reversed(dense()))
    assert {c[0] for c in changes(a, b)} == {"rewired"}
    assert kinds(a, b) == {"rewired": 3}


def test_models_with_nothing_in_common_share_no_layer():
    x = keras.Input((5, 7), name="tokens")
    other = keras.Model(x, L.LSTM(3, name="lstm")(x))
    found = kinds(resnet(2), other)
    assert found["removed"] == len(resnet(2).layers) - 1
    assert found["added"] == 1


def test_unbuilt_models_are_compared_by_their_arguments():
    a = keras.Sequential([L.Dense(3, name="a"), L.Dense(2, name="b")])
    b = keras.Sequential([L.Dense(3, name="a"), L.Dense(4, name="b")])
    assert changes(a, b) == [("changed", "b", "b", "units", "2", "4")]


def test_a_graph_without_wiring_is_compared_by_its_layers(subclassed):
    a, b = (subclassed(lambda self, x: self.first(x), first=L.Dense(units, name="first")) for units in (3, 4))
    assert ("changed", "first", "first", "units", "3", "4") in changes(a, b)


@pytest.mark.parametrize("kind", ["functional", "sequential", "nested", "shared"])
def test_a_model_saved_and_loaded_is_equal(tmp_path, kind):
    model = {
        "functional": lambda: resnet(2),
        "sequential": lambda: keras.Sequential([keras.Input((4,)), L.Dense(3), L.Dropout(0.1)]),
        "nested": lambda: nested("enc"),
        "shared": lambda: twins(True),
    }[kind]()
    model.save(tmp_path / "model.keras")
    assert changes(model, keras.saving.load_model(tmp_path / "model.keras")) == []


def test_equal_layers_are_counted():
    diff = compare(read_graph(nested("enc")), read_graph(nested("enc", units=5)))
    assert diff.same == 3, "x, d and out; e differs, the nested model counts by its layers, its input is the tensor outside"


def test_seven_hundred_layers_are_aligned_within_a_second():
    import time

    a, b = read_graph(resnet(130)), read_graph(resnet(130, kernel=5, insert=50, fresh=False))
    assert len(a.calls) > 650
    began = time.process_time()
    diff = compare(a, b)
    assert time.process_time() - began < 1
    assert (diff.count("changed"), diff.count("added")) == (1, 5)


def test_another_kind_of_layer_in_the_same_place_is_no_change_of_type():
    a = chain(L.Dense(4, name="a"), L.Dropout(0.5, name="drop"), L.Dense(2, name="b"))
    b = chain(L.Dense(4, name="a"), L.BatchNormalization(name="norm"), L.Dense(2, name="b"))
    assert kinds(a, b) == {"added": 1, "removed": 1, "rewired": 1}


@pytest.mark.parametrize(
    ("what", "a", "b", "said"),
    [
        ("kernel_regularizer", "l2", keras.regularizers.L2(0.02), ("L2", "L2(l2=0.02)")),
        (
            "kernel_initializer",
            keras.initializers.RandomNormal(stddev=0.1),
            "random_normal",
            ("RandomNormal(stddev=0.1)", "RandomNormal"),
        ),
        ("kernel_constraint", keras.constraints.MaxNorm(3), keras.constraints.MaxNorm(2), ("MaxNorm(max_value=3)", "MaxNorm")),
    ],
)
def test_what_a_regulariser_is_made_with_is_an_argument_too(what, a, b, said):
    found = changes(
        chain(L.Dense(4, name="other", kernel_regularizer="l2"), L.Dense(4, name="d", **{what: a})),
        chain(L.Dense(4, name="other", kernel_regularizer="l2"), L.Dense(4, name="d", **{what: b})),
    )
    assert found == [("changed", "d", "d", what, *said)]


def test_what_only_a_graph_declares_is_no_difference_to_a_trace(subclassed):
    keras.utils.clear_session(free_memory=False)  # an operation is named by how many came before it

    def same():
        return subclassed(lambda self, img: keras.ops.relu(img + self.a(img)), a=L.Dense(8, name="a"))

    def build(shape):
        x = keras.Input(shape, name="img")
        return keras.Model(x, keras.ops.relu(x + L.Dense(8, name="a")(x)), name="m")

    exact, traced = read_graph(build((8,))), read_graph(same(), inputs=(None, 8))
    assert [(c.kind, c.what) for c in compare(exact, traced).changes] == []
    assert [(c.kind, c.what) for c in compare(traced, exact).changes] == []
    longer = compare(read_graph(same(), inputs=(None, 9, 8)), exact)
    assert ("changed", "img", "output", "9×8", "8") in [(c.kind, c.after, c.what, c.a, c.b) for c in longer.changes]


def test_operations_that_count_on_are_no_difference():
    """As in a model whose constructor makes them anew when it is loaded: nobody knows an operation by its number."""

    def net():
        x = keras.Input((4,), name="x")
        return keras.Model(x, L.Dense(2, name="d")(x[:, 1:] * 2.0 + 1.0))

    assert changes(net(), net()) == []


def test_a_file_whose_code_is_unknown_equals_its_model(tmp_path):
    class Mix(L.Layer):
        def __init__(self, share=0.5, **kwargs):
            super().__init__(**kwargs)
            self.share = share

        def call(self, a, b):
            return self.share * a + (1 - self.share) * b

        def get_config(self):
            return {**super().get_config(), "share": self.share}

    def net(share=0.5, rate=0.1, scale=2.0):
        x = keras.Input((5, 4), name="x")
        a = L.TimeDistributed(L.Dense(3, kernel_initializer=keras.initializers.Constant(2.0)), name="t")(x)
        b = L.MultiHeadAttention(2, 4, output_shape=3, name="m")(x, x, use_causal_mask=True)
        y = keras.ops.sum(Mix(share, name="mix")(a, b) * scale, axis=1)
        return keras.Model(x, L.Dropout(rate, name="drop")(y))

    net().save(tmp_path / "m.keras")
    stored = load_graph(tmp_path / "m.keras")
    assert stored.stored
    assert compare(read_graph(net()), stored).changes == ()
    for other, told in ((net(0.25), "share"), (net(rate=0.2), "rate"), (net(scale=3.0), "argument 1")):
        assert [c.what for c in compare(read_graph(other), stored).changes] == [told]


def test_what_a_file_does_not_tell_of_a_layer_s_inside_is_no_difference(tmp_path):
    class Block(L.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.first, self.second = L.Dense(4, name="first"), L.Dense(4, name="second")

        def call(self, x):
            return self.second(self.first(x))

    x = keras.Input((4,), name="x")
    model = keras.Model(x, L.Dense(2, name="d")(Block(name="block")(x)))
    model.save(tmp_path / "m.keras")
    stored = load_graph(tmp_path / "m.keras")
    assert compare(read_graph(model), stored).changes == compare(stored, read_graph(model)).changes == ()


def with_layers_as_arguments(units=3):
    x = keras.Input((5, 4), name="x")
    y = L.TimeDistributed(L.Dense(units), name="each")(x)
    y = L.Bidirectional(L.LSTM(3, return_sequences=True), name="both")(y)
    y = L.RNN(L.GRUCell(3), name="cell")(y)
    return keras.Model(x, L.Dense(2, activation=L.LeakyReLU(0.1), name="d")(y))


def test_layers_that_are_arguments_differ_by_what_they_were_made_with_not_by_a_counted_name():
    assert changes(with_layers_as_arguments(), with_layers_as_arguments()) == []
    told = changes(with_layers_as_arguments(), with_layers_as_arguments(4))
    assert ("changed", "each", "each", "layer", "Dense(units=3)", "Dense(units=4)") in told


def test_the_input_that_clone_model_names_is_no_rename_of_the_user_s():
    model = keras.Sequential([keras.Input((4,)), L.Dense(2, name="d")])
    functional = keras.Model(model.inputs, model.outputs)
    assert changes(functional, keras.models.clone_model(functional)) == []


def test_a_base_thawed_but_for_some_layers_lists_each_that_thawed():
    base = keras.Sequential([keras.Input((4,)), *[L.Dense(4, name=f"d{n}") for n in range(5)]], name="base")
    x = keras.Input((4,), name="x")
    model = keras.Model(x, L.Dense(1, name="head")(base(x)), name="m")
    base.trainable = False
    before = read_graph(model)
    base.trainable = True
    for name in ("d1", "d3"):
        base.get_layer(name).trainable = False
    diff = compare(before, read_graph(model))
    assert [(c.kind, c.after) for c in diff.changes] == [("thawed", f"base/d{n}") for n in (0, 2, 4)]
    assert diff.same == 4  # an input, two layers that stayed frozen, and the head
