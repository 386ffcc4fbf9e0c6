"""Files and folders that are no models of Keras's: each is named, by its content where it has one, with advice that works."""

import os
import pickle
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import kfx
from kfx.errors import ModelFileError

ONNX = b"\x08\x08\x12\x07pytorch\x1a\x052.0.0"
LITE = b"\x1c\x00\x00\x00TFL3\x14\x00\x20\x00"
OLD_TORCH = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M"


@pytest.fixture
def model():
    return keras.Sequential([keras.Input((4,)), layers.Dense(2, name="d")], name="net")


def refused(path):
    with pytest.raises(ModelFileError) as found:
        kfx.summary(path)
    return str(found.value)


def advised_layer(sentence):
    """Return the layer that the advice makes."""
    start = sentence.index("keras.layers.TFSMLayer(")
    return eval(sentence[start : sentence.index(")", start) + 1], {"keras": keras})


def test_an_exported_model_becomes_a_layer_as_advised(model, tmp_path):
    model.export(tmp_path / "out", verbose=False)
    sentence = refused(tmp_path / "out")
    assert sentence.startswith("'out' is a folder, a SavedModel made by model.export()")
    assert "'saved_model.pb' is the graph of a SavedModel" in refused(tmp_path / "out" / "saved_model.pb")
    layer = advised_layer(sentence)
    x = np.ones((1, 4), "float32")
    np.testing.assert_allclose(layer(x), model(x), rtol=1e-6)
    assert kfx.summary(layer).rows[0].parameters == 10


def test_a_saved_model_of_tensorflows_becomes_a_layer_as_advised(tmp_path):
    class Module(tf.Module):
        def __init__(self):
            super().__init__()
            self.w = tf.Variable(tf.ones((4, 2)))

        @tf.function(input_signature=[tf.TensorSpec((None, 4))])
        def __call__(self, x):
            return x @ self.w

    tf.saved_model.save(Module(), str(tmp_path / "module"))
    sentence = refused(tmp_path / "module")
    assert sentence.startswith("'module' is a folder, a SavedModel of TensorFlow's")
    inputs = keras.Input((4,), name="x")
    rows = kfx.summary(keras.Model(inputs, advised_layer(sentence)(inputs))).rows
    assert (rows[1].type, rows[1].parameters) == ("TFSMLayer", 8)


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("m.tflite", LITE, "a LiteRT"), ("no suffix", LITE, "a LiteRT"), ("m.keras", LITE, "a LiteRT"),
        ("m.onnx", ONNX, "an ONNX model"), ("renamed.h5", ONNX, "an ONNX model"), ("odd.onnx", b"\xff\xff", "an ONNX model"),
        ("g.pb", b"\n\x05\n\x01a", "a TensorFlow graph"), ("m.pth", OLD_TORCH, "a PyTorch file"),
        ("m.pt", b"anything", "a PyTorch file"), ("m.pkl", pickle.dumps({}), "a Python pickle, neither a zip archive nor HDF5"),
        ("m.safetensors", b"\x10\0\0\0\0\0\0\0{}", "a safetensors file"), ("m.gguf", b"GGUF\3", "a GGUF file"),
        ("x.npy", b"\x93NUMPY\1\0", "an array of NumPy's"), ("c.json", b' {"a": 1}', "a JSON file"),
        ("c.index", b"\0", "a TensorFlow checkpoint"), ("x.txt", b"text", "neither a zip archive nor HDF5"),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_named(tmp_path, name, content, what):
    (tmp_path / name).write_bytes(content)
    sentence = refused(tmp_path / name)
    assert sentence.startswith(f"{name!r} is {what}")
    assert "not a Keras model" in sentence


def test_a_real_litert_model_is_named(model, tmp_path):
    model.export(tmp_path / "out", verbose=False)
    (tmp_path / "m.bin").write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "out")).convert())
    assert refused(tmp_path / "m.bin").startswith("'m.bin' is a LiteRT (TensorFlow Lite) model")


def test_archives_of_another_kind_are_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.pt", "w") as archive:
        archive.writestr("archive/data.pkl", "never unpickled")
    assert "a PyTorch file" in refused(tmp_path / "m.pt")
    np.savez(tmp_path / "x.npz", a=np.ones(2))
    assert "arrays of NumPy's" in refused(tmp_path / "x.npz")
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("notes.txt", "nothing")
    assert refused(tmp_path / "m.keras").startswith(
        "'m.keras' is a zip archive without config.json, so it is not a Keras model."
    )


def test_a_run_is_opened_as_advised(model, tmp_path):
    model.compile("sgd", "mse")
    kfx.fit(model, np.ones((4, 4)), np.ones((4, 2)), verbose=0)
    kfx.runs[-1].save(tmp_path / "run.npz")
    assert f"kfx.load_run({str(tmp_path / 'run.npz')!r})" in refused(tmp_path / "run.npz")


def test_weights_alone_are_named(model, tmp_path):
    model.save_weights(tmp_path / "m.weights.h5")
    assert "holds weights without a model" in refused(tmp_path / "m.weights.h5")
    assert "give one of" not in refused(tmp_path)
    tf.train.Checkpoint(model=model).write(str(tmp_path / "c" / "step"))
    assert "is a folder, a TensorFlow checkpoint" in refused(tmp_path / "c")


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ([], "is a folder without a model"),
        (["notes.txt"], "is a folder without a model"),
        (["b.keras", "a.h5"], "give one of the files in it: 'a.h5', 'b.keras'."),
        (["config.json", "task.json", "metadata.json", "model.weights.h5"], "a preset of KerasHub"),
        (["config.json", "model.safetensors"], "a model of Hugging Face Transformers"),
        (["saved_model.pb"], "tf.saved_model.load shows which functions it has"),
        (["manifest.json", "part-000000000000"], "kfx.load_features"),
    ],
)
def test_a_folder_is_named_by_what_is_in_it(tmp_path, names, says):
    for name in names:
        (tmp_path / name).write_text("{}")
    assert says in refused(tmp_path)


def test_a_model_saved_without_zipping_is_read(model, tmp_path):
    keras.saving.save_model(model, tmp_path / "folder", zipped=False)
    assert [row.parameters for row in kfx.summary(tmp_path / "folder").rows] == [0, 10]
    assert kfx.diff(str(tmp_path / "folder"), model).equal


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such files here")
def test_nothing_waits_for_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "m.keras")
    assert "is not a regular file" in refused(tmp_path / "m.keras")
