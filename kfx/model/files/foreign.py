"""Say what a file or folder is that holds no model of Keras's, and what to do to see it: by its content, then by its suffix.

Only the first bytes are read, of a SavedModel at most 64 MB, and names inside a folder or archive. Nothing is unpickled or run.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

_MOST_GRAPH = 64 * 2**20  # bytes of a SavedModel's file in which the names of its endpoints are looked for
_MOST_NAMES = 1000  # names in a folder that are looked at
_KERAS = (".keras", ".h5", ".hdf5")

_ORIGINAL = "It holds operations, no layers; give the Keras model that it was made from, or its .keras file."
_TORCH = "Give a model made with Keras; keras.layers.TorchModuleWrapper holds a PyTorch module in one."
_WEIGHTS = "It holds weights without a model: build the model in Python and load them into it."
_TFLITE = ("a LiteRT (TensorFlow Lite) model", _ORIGINAL)
_ONNX = ("an ONNX model", _ORIGINAL)
_FROZEN = ("a TensorFlow graph", _ORIGINAL)
_PICKLE = ("a Python pickle", "Unpickling runs code, so kfx does not; load it yourself if you trust it, and give the model.")
_CHECKPOINT = ("a TensorFlow checkpoint", _WEIGHTS)
_SAFE = ("a safetensors file", _WEIGHTS)
_GGUF = ("a GGUF file", _WEIGHTS)
_ARRAY = ("an array of NumPy's", "Give a model; arrays are the data of kfx.extract(model, data).")
_JSON = ("a JSON file", "A model's configuration becomes a model by keras.models.model_from_json(text); give that.")
_PT = ("a PyTorch file", _TORCH)
_BY_SUFFIX = {
    ".tflite": _TFLITE, ".onnx": _ONNX, ".pb": _FROZEN, ".pbtxt": _FROZEN, ".pt": _PT, ".pth": _PT, ".ckpt": _CHECKPOINT,
    ".index": _CHECKPOINT, ".safetensors": _SAFE, ".gguf": _GGUF, ".npy": _ARRAY, ".json": _JSON, ".pkl": _PICKLE,
    ".pickle": _PICKLE, ".joblib": _PICKLE,
}  # fmt: skip
SUFFIXES = (*_KERAS, *_BY_SUFFIX, ".npz")  # of files that someone may take for a model


def about_folder(folder: Path) -> str:
    """Return what a folder is that holds no model of Keras's, with advice."""
    names = {entry.name for entry in islice(folder.iterdir(), _MOST_NAMES)}
    start = f"{folder.name!r} is a folder"
    for name in ("saved_model.pb", "saved_model.pbtxt"):
        if name in names:
            return f"{start}, {_saved_model(folder, folder / name)}"
    if "config.json" in names and names & {"task.json", "tokenizer.json", "preprocessor.json"}:
        load = f"keras_hub.models.Backbone.from_preset({str(folder)!r})"
        return f"{start}, a preset of KerasHub. Load it first with {load}, or with the class of its task."
    if "config.json" in names and any(name.endswith((".safetensors", ".bin")) for name in names):
        return f"{start}, a model of Hugging Face Transformers. {_TORCH}"
    if "checkpoint" in names or any(name.endswith(".index") for name in names):
        return f"{start}, {_CHECKPOINT[0]}. {_WEIGHTS}"
    if "manifest.json" in names and any(name.startswith("part-") for name in names):
        return f"{start} of values that kfx.extract wrote. Open it with kfx.load_features({str(folder)!r})."
    models = sorted(name for name in names if name.lower().endswith(_KERAS) and not name.endswith(".weights.h5"))
    if models:
        return f"{start}; give one of the files in it: {', '.join(map(repr, models[:3]))}{' …' if len(models) > 3 else ''}."
    return f"{start} without a model. Give a .keras or .h5 file, made with model.save('name.keras')."


def _saved_model(folder: Path, file: Path) -> str:
    """Return the rest of the sentence on a SavedModel; its file is searched for names of endpoints, not parsed."""
    with file.open("rb") as opened:
        graph = opened.read(_MOST_GRAPH)
    exported = b"\x05serve\x10" in graph or b"\x12\x05serve" in graph  # as `model.export` names its function
    endpoint = "serve" if exported else "serving_default" if b"serving_default" in graph else None
    what = "made by model.export()" if exported else "of TensorFlow's"
    if endpoint is None:
        advice = "tf.saved_model.load shows which functions it has"
    else:
        advice = (
            f"keras.layers.TFSMLayer({str(folder)!r}, call_endpoint={endpoint!r}) makes one layer of it, which you can give"
        )
    return f"a SavedModel {what}: operations, no layers. Give the model's .keras file to see its layers; {advice}."


def about_zip(path: Path, names: list[str]) -> str:
    """Return what a zip archive is that holds no configuration of Keras's, with advice."""
    start = f"{path.name!r} is a zip archive without config.json, so it is not a Keras model"
    if any(name.endswith("data.pkl") for name in names):
        return f"{start} but a PyTorch file. {_TORCH}"
    if "about.npy" in names and any(name.startswith("batches.") for name in names):
        return f"{start} but a run that kfx saved. Open it with kfx.load_run({str(path)!r})."
    if names and all(name.endswith(".npy") for name in names):
        return f"{start} but arrays of NumPy's. {_ARRAY[1]}"
    return f"{start}. Give a file made with model.save('name.keras')."


def about_file(path: Path, start: bytes) -> str:
    """Return what a file is that is neither a zip archive nor HDF5, with advice; ``start`` holds its first bytes."""
    if not start:
        return f"{path.name!r} is empty, so it is not a Keras model. Give a file made with model.save('name.keras')."
    if path.name in ("saved_model.pb", "saved_model.pbtxt"):
        return f"{path.name!r} is the graph of {_saved_model(path.parent, path)}"
    found = _by_content(start) or _BY_SUFFIX.get(path.suffix.lower())
    if path.suffix == "" and path.with_name(f"{path.name}.index").exists():
        found = found or _CHECKPOINT
    what, advice = found or ("", "Give a file made with model.save('name.keras').")
    if what and found is not _PICKLE:
        return f"{path.name!r} is {what}, not a Keras model. {advice}"
    return f"{path.name!r} is {what}{', ' if what else ''}neither a zip archive nor HDF5, so it is not a Keras model. {advice}"


def _by_content(start: bytes) -> tuple[str, str] | None:
    if start[4:8] == b"TFL3":
        return _TFLITE
    if start[:1] == b"\x80" and len(start) > 1 and start[1] <= 5:
        return _PT if b"\x8a\x0al\xfc\x9c" in start[:16] else _PICKLE  # the number with which an old PyTorch file begins
    if start[:6] == b"\x93NUMPY":
        return _ARRAY
    if start[:4] == b"GGUF":
        return _GGUF
    if start[8:9] == b"{" and start[7:8] == b"\0":  # the length of a header in JSON
        return _SAFE
    if start[:1] == b"\x08" and 3 <= start[1] <= 20 and start[2:3] in (b"\x12", b"\x1a", b":"):  # its version, then its maker
        return _ONNX
    return _JSON if start.lstrip()[:1] == b"{" else None
