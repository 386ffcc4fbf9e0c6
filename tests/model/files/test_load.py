"""Saved models read without loading them, and files that are damaged or mean harm."""

import io
import json
import pickle
import resource
import struct
import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from kfx.errors import ModelFileError
from kfx.model.files.load import load_graph, read_file
from kfx.model.read.model import read_graph
from kfx.model.walk import by_key

SAME = [
    *("key", "path", "name", "kind", "type", "family", "call", "calls", "inputs", "outputs", "params", "trainable"),
    *("own_params", "weight_bytes", "dtype", "frozen", "parent", "inner_inputs", "inner_outputs", "settings"),
]


def convolutional():
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="x"),
            layers.Conv2D(8, 3, activation="relu", name="c"),
            layers.BatchNormalization(name="bn"),
            layers.MaxPooling2D(name="p"),
            layers.Flatten(name="f"),
            layers.Dropout(0.2, name="drop"),
            layers.Dense(10, activation="softmax", name="y", trainable=False),
        ],
        name="conv",
    )


def nested():
    i = keras.Input((4,), name="i")
    inner = keras.Model(i, layers.Dense(4, name="d")(i), name="inner")
    x = keras.Input((4,), name="x")
    both = layers.Concatenate(name="cat")([inner(inner(x)), x])
    return keras.Model({"x": x}, {"a": layers.Dense(2, name="a")(both), "b": both}, name="m")


def recurrent():
    x = keras.Input((6,), name="x", dtype="int32")
    h = layers.Embedding(50, 8, name="e")(x)
    h = layers.Bidirectional(layers.LSTM(5, return_sequences=True), name="b")(h)
    return keras.Model(x, layers.Dense(2, name="y")(layers.GlobalMaxPooling1D(name="g")(h)), name="r")


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("make", [convolutional, nested], ids=["sequential", "nested"])
def test_a_file_tells_the_same_as_the_model(tmp_path, make, suffix):
    model = make()
    model.save(tmp_path / f"m{suffix}")
    stored, live = read_file(tmp_path / f"m{suffix}"), read_graph(model)
    assert [tuple(getattr(c, n) for n in SAME) for c in stored.calls] == [
        tuple(getattr(c, n) for n in SAME) for c in live.calls
    ]
    assert stored.edges == live.edges
    assert (stored.params, stored.trainable, stored.weight_bytes) == (live.params, live.trainable, live.weight_bytes)
    assert (stored.inputs, stored.outputs, stored.name) == (live.inputs, live.outputs, live.name)
    assert [c.cost.flops for c in stored.calls] == [c.cost.flops for c in live.calls]


def test_recurrent_layers_keep_their_parameters(tmp_path):
    model = recurrent()
    model.save(tmp_path / "r.keras")
    stored = read_file(tmp_path / "r.keras")
    assert stored.params == model.count_params()
    assert [c.params for c in stored.calls if c.kind == "layer"] == [
        c.params for c in read_graph(model).calls if c.kind == "layer"
    ]


def test_operations_are_read(tmp_path):
    x = keras.Input((4,), name="x")
    model = keras.Model(x, layers.Dense(2, name="d")(x * 2.0 + x), name="m")
    model.save(tmp_path / "m.keras")
    calls = by_key(read_file(tmp_path / "m.keras"))
    assert [c.kind for c in calls.values()] == ["input", "op", "op", "layer"]
    assert [c.family for c in calls.values()] == ["io", "custom", "merge", "dense"]
    assert [c.cost.flops for c in calls.values()] == [0, 4, 4, 2 * 8 + 2]


def test_a_known_model_is_loaded_exactly(tmp_path):
    model = nested()
    model.save(tmp_path / "m.keras")
    assert load_graph(tmp_path / "m.keras").calls == read_graph(model).calls


def test_a_file_with_a_custom_layer_shows_its_structure_with_a_note(tmp_path):
    class Unheard(layers.Layer):
        def __init__(self, size=3, **kwargs):
            super().__init__(**kwargs)
            self.size = size

        def build(self, shape):
            self.w = self.add_weight(shape=(shape[-1], self.size), name="w")

        def call(self, x):
            return keras.ops.matmul(x, self.w)

    x = keras.Input((4,), name="x")
    keras.Model(x, layers.Dense(2, name="d")(Unheard(name="u")(x)), name="m").save(tmp_path / "m.keras")
    graph = load_graph(tmp_path / "m.keras")
    call = by_key(graph)["u"]
    assert (call.type, call.params, call.outputs[0].shape) == ("Unheard", 12, (None, 3))
    assert call.note == "a class that is not known here"
    assert (
        graph.notes[0] == "The structure comes from the file's configuration: it needs custom objects that are not known here."
    )


def test_a_lambda_is_shown_and_not_run(tmp_path):
    ran = []
    x = keras.Input((4,), name="x")
    keras.Model(x, layers.Lambda(lambda t: (ran.append(1), t)[1], output_shape=(4,), name="l")(x)).save(tmp_path / "m.keras")
    ran.clear()
    graph = load_graph(tmp_path / "m.keras")
    assert by_key(graph)["l"].type == "Lambda"
    assert "Lambda layer, whose code is not run" in graph.notes[0]
    assert ran == []


def test_a_subclassed_model_is_known_by_its_weights(tmp_path):
    class Net(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.first, self.second = layers.Dense(3), layers.Dense(2)

        def call(self, x):
            return self.second(self.first(x))

    model = Net()
    model(np.zeros((1, 4), "float32"))
    model.save(tmp_path / "m.keras")
    graph = load_graph(tmp_path / "m.keras")
    assert (graph.kind, graph.type, graph.params) == ("opaque", "Net", 15 + 8)
    assert [c.params for c in graph.calls] == [15, 8]
    assert "no graph: Net is a class of its own" in graph.notes[-1]


def test_a_file_of_keras_2_is_read(tmp_path):
    def entry(kind, name, *nodes, **config):
        return {
            "class_name": kind,
            "config": {"name": name, "dtype": "float32", **config},
            "name": name,
            "inbound_nodes": nodes,
        }

    entries = [
        entry("InputLayer", "x", batch_input_shape=[None, 4]),
        entry("Dense", "d", [["x", 0, 0, {}]], units=3, activation="relu"),
        entry("Add", "sum", [["d", 0, 0, {}], ["d", 0, 0, {}]]),
    ]
    config = functional(*entries, input_layers=[["x", 0, 0]], output_layers=[["sum", 0, 0]])
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        file["model_weights/d/d/kernel:0"] = np.zeros((4, 3), "float32")
    graph = read_file(tmp_path / "old.h5")
    told = [(c.key, c.outputs[0].shape, c.params) for c in graph.calls]
    assert told == [("x", (None, 4), 0), ("d", (None, 3), 12), ("sum", (None, 3), 0)]
    assert [(e.source, e.target, e.argument) for e in graph.edges] == [
        ("x", "d", "0"),
        ("d", "sum", "0.0"),
        ("d", "sum", "0.1"),
    ]


# ---- damaged and hostile files


def archive(path, config, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", config if isinstance(config, bytes | str) else json.dumps(config))
        for name, content in members.items():
            file.writestr(name.replace("__", "."), content)
    return path


def functional(*entries, **more):
    return {"class_name": "Functional", "config": {"name": "m", "layers": list(entries), **more}}


def dense(name, *sources):
    nodes = [
        {"args": [{"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "keras_history": [s, 0, 0]}}], "kwargs": {}}
        for s in sources
    ]
    return {"module": "keras.layers", "class_name": "Dense", "config": {"units": 4}, "name": name, "inbound_nodes": nodes}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "'f.keras' is empty"),
        (b"\x80\x04\x95 pickle", "neither a zip archive nor HDF5"),
        (pickle.dumps({"a": 1}), "neither a zip archive nor HDF5"),
        (b"PK\x03\x04 and then nothing", "a damaged .keras file"),
        (b"\x89HDF\r\n\x1a\n and then nothing", "a damaged .h5 file"),
    ],
    ids=["empty", "text", "pickle", "zip", "hdf5"],
)
def test_what_is_no_model_file_is_refused(tmp_path, content, says):
    (tmp_path / "f.keras").write_bytes(content)
    for read in (read_file, load_graph):
        with pytest.raises(ModelFileError, match=says):
            read(tmp_path / "f.keras")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(ModelFileError, match="cannot be opened: No such file"):
        read_file(tmp_path / "none.keras")
    with pytest.raises(ModelFileError, match="is a folder"):
        read_file(tmp_path)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("not json", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ([1, 2], "names no class"),
        ({"class_name": 3}, "names no class"),
        ({"class_name": "Functional", "config": {"layers": [{"inbound_nodes": [{"args": 3}]}], "output_layers": 7}}, None),
        (
            functional({"class_name": "Dense", "inbound_nodes": [{"args": [{"class_name": "__keras_tensor__"}]}]}),
            "not a Keras model's",
        ),
    ],
    ids=["text", "deep", "list", "number", "odd types", "half a tensor"],
)
def test_a_damaged_configuration_is_refused_or_read_as_far_as_it_goes(tmp_path, config, says):
    path = archive(tmp_path / "f.keras", config)
    if says is None:
        assert read_file(path).edges == ()
        return
    with pytest.raises(ModelFileError, match=says):
        read_file(path)


def test_a_zip_bomb_is_refused_without_unpacking_it(tmp_path):
    path = archive(tmp_path / "bomb.keras", b" " * (65 * 2**20))
    assert path.stat().st_size < 2**20
    with pytest.raises(ModelFileError, match="more than 64 MB"):
        read_file(path)


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path):
    path = archive(tmp_path / "lie.keras", b" " * (65 * 2**20))
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 100)  # the size unpacked, in the archive's directory
    path.write_bytes(bytes(data))
    with pytest.raises(ModelFileError, match=r"damaged|64 MB|not JSON"):
        read_file(path)


def test_a_small_file_of_endless_calls_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("kfx.model.files.graph._MOST_CALLS", 1000)
    model = {"module": "keras", "class_name": "Functional", "name": "m0", "config": functional(dense("d"))["config"]}
    for level in range(1, 8):
        inner = {**model, "inbound_nodes": [{"args": [], "kwargs": {}}] * 10}
        model = {"module": "keras", "class_name": "Functional", "name": f"m{level}", "config": functional(inner)["config"]}
    with pytest.raises(ModelFileError, match="more than 1,000 calls"):
        read_file(archive(tmp_path / "f.keras", model))


def test_circles_and_references_to_nothing_are_survived(tmp_path):
    config = functional(dense("a", "b"), dense("b", "a"), dense("c", "gone"), output_layers=[["c", 0, 0], ["gone", 0, 0]])
    graph = read_file(archive(tmp_path / "f.keras", config))
    assert {c.key for c in graph.calls} == {"a", "b", "c"}
    assert graph.outputs == (("c", 0, ""),)


def test_repeated_names_get_keys_of_their_own(tmp_path):
    graph = read_file(archive(tmp_path / "f.keras", functional(dense("a"), dense("a"))))
    assert [c.key for c in graph.calls] == ["a", "a~2"]


def test_nothing_named_in_a_file_is_imported_or_run(tmp_path, monkeypatch):
    marker = tmp_path / "ran"
    harm = tmp_path / "kfx_harm.py"
    harm.write_text(f"open({str(marker)!r}, 'w')\nclass Dense: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    evil = {"module": "kfx_harm", "class_name": "Dense", "config": {}, "registered_name": None}
    entry = dense("a") | {"config": {"units": 4, "activation": evil, "kernel_initializer": evil}}
    graph = read_file(archive(tmp_path / "f.keras", functional(entry, {**evil, "name": "b", "inbound_nodes": []})))
    assert [c.type for c in graph.calls] == ["Dense", "Dense"]
    assert graph.calls[1].module == "kfx_harm"
    assert not marker.exists()


def test_links_in_the_weights_are_not_followed(tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["data"] = np.zeros(1000)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        group = file.create_group("layers/dense/vars")
        group["0"] = np.zeros((4, 4), "float32")
        group["1"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/data")
        group["2"] = h5py.SoftLink("/layers")
        file["layers/dense/loop"] = file["layers"]
    path = archive(tmp_path / "f.keras", functional(dense("a")), model__weights__h5=buffer.getvalue())
    assert by_key(read_file(path))["a"].params >= 16
    assert all("secret" not in note for note in read_file(path).notes)


def test_damaged_weights_leave_the_structure(tmp_path):
    path = archive(tmp_path / "f.keras", functional(dense("a")), model__weights__h5=b"\x89HDF\r\n\x1a\n broken")
    graph = read_file(path)
    assert [c.key for c in graph.calls] == ["a"]
    assert "weights could not be read" in graph.notes[0]


def test_parameters_of_missing_weights_are_unknown_not_zero(tmp_path):
    model = convolutional()
    model.save(tmp_path / "whole.keras")
    with zipfile.ZipFile(tmp_path / "whole.keras") as whole, zipfile.ZipFile(tmp_path / "bare.keras", "w") as bare:
        for name in ("config.json", "metadata.json"):
            bare.writestr(name, whole.read(name))
    calls = by_key(read_file(tmp_path / "bare.keras"))
    assert not calls["c"].counted, "its convolution has parameters, and nobody knows how many"
    assert by_key(read_file(tmp_path / "whole.keras"))["c"].params == 8 * 9 + 8


def test_weights_without_a_model_say_what_to_do(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["a"] = np.zeros(3)
    with pytest.raises(ModelFileError, match=r"call model\.load_weights\('w\.h5'\)"):
        read_file(tmp_path / "w.h5")


def test_the_error_is_both_a_state_and_an_argument_error():
    assert issubclass(ModelFileError, ValueError)


def test_a_heap_of_texts_without_sizes_is_refused_and_not_read_for_ever(tmp_path):
    keras.Sequential([keras.Input((2,)), layers.Dense(1)]).save(tmp_path / "m.h5")
    content = bytearray((tmp_path / "m.h5").read_bytes())
    at = content.index(b"GCOL") + 16
    content[at : at + 16] = bytes(16)
    (tmp_path / "bad.h5").write_bytes(content)
    assert read_file(tmp_path / "m.h5").params == 3
    with pytest.raises(ModelFileError, match="heap of texts is damaged"):
        read_file(tmp_path / "bad.h5")


def test_a_sequential_that_keras_would_build_for_minutes_is_read_as_data(tmp_path):
    """Keras calls all layers of a Sequential again for each that is added."""
    keras.Sequential([keras.Input((2,)), layers.Dense(2, name="d0")]).save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as file:
        config, weights = json.loads(file.read("config.json")), file.read("model.weights.h5")
    stack = config["config"]["layers"]
    stack += [json.loads(json.dumps(stack[-1]).replace('"d0"', f'"d{n}"')) for n in range(1, 2000)]
    with zipfile.ZipFile(tmp_path / "long.keras", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", json.dumps(config))
        file.writestr("metadata.json", "{}")
        file.writestr("model.weights.h5", weights)
    graph = load_graph(tmp_path / "long.keras")
    assert len(graph.calls) == 2001
    assert "it describes a Sequential of many layers, which take Keras long to build" in graph.notes[0]


def test_a_text_that_declares_more_than_any_configuration_is_refused_before_it_takes_memory(tmp_path):
    keras.Sequential([keras.Input((2,)), layers.Dense(1)]).save(tmp_path / "m.h5")
    content = bytearray((tmp_path / "m.h5").read_bytes())
    with h5py.File(tmp_path / "m.h5") as file:
        length = len(file.attrs["model_config"])
    at = content.index(length.to_bytes(4, "little") + content.index(b"GCOL").to_bytes(8, "little"))  # a length and its heap
    content[at : at + 4] = (1_500_000_000).to_bytes(4, "little")
    (tmp_path / "bad.h5").write_bytes(content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ModelFileError, match="declares 1,500,000,000 bytes, more than any configuration has"):
        read_file(tmp_path / "bad.h5")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000, "kilobytes"


@pytest.mark.parametrize("new", [{"units": 3 * 10**8}, {}], ids=["units", "build"])
def test_sizes_beyond_the_stored_weights_are_not_built(tmp_path, new):
    keras.Sequential([keras.Input((4,)), layers.Dense(2, name="d")]).save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as file:
        config, weights = json.loads(file.read("config.json")), file.read("model.weights.h5")
    entry = config["config"]["layers"][-1]
    entry["config"].update(new)
    if not new:
        entry["build_config"] = {"input_shape": [None, 10**9]}
        config["config"]["layers"] = [entry]
        del config["config"]["build_input_shape"], config["build_config"]
    graph = load_graph(archive(tmp_path / "big.keras", config, model__weights__h5=weights))
    assert graph.stored
    assert "it declares far larger weights than it holds, such as one of shape (" in graph.notes[0]


def test_a_vocabulary_file_is_not_opened(tmp_path):
    entry = {"module": "keras.layers", "class_name": "StringLookup", "registered_name": None}
    entry["config"] = {"name": "v", "vocabulary": "/etc/passwd"}
    config = {"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": [entry]}}
    graph = load_graph(archive(tmp_path / "m.keras", config))
    assert "it names a vocabulary file, which is not opened" in graph.notes[0]
