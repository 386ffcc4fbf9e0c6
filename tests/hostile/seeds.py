"""Honest files of each kind, from which crafted and mutated ones are made."""

from __future__ import annotations

import io
import json
import zipfile
from functools import lru_cache
from pathlib import Path

import h5py
import keras
import numpy as np
from keras import layers

from kfx.training.journal.facts import STATISTICS, Layer
from kfx.training.journal.journal import Journal
from kfx.training.journal.panel import PanelRecord
from kfx.training.journal.saving import journal_bytes
from kfx.values.store.folder import Part, write_json, write_part


@lru_cache
def model():
    """A small model with a nested model, an operation and a Lambda-free mixture of layers."""
    i = keras.Input((6,), name="i")
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="d"), layers.BatchNormalization(name="n")], name="inner")
    x = inner(layers.Dense(4, name="a", activation="relu")(i))
    return keras.Model(i, layers.Dense(2, name="b")(layers.Add(name="add")([x, x]) * 2.0), name="m")


@lru_cache
def model_bytes(suffix: str, folder: str) -> bytes:
    """The bytes of the model's file."""
    path = Path(folder) / f"seed{suffix}"
    model().save_weights(path) if suffix == ".weights.h5" else model().save(path)
    return path.read_bytes()


def configuration(folder: str) -> dict:
    """The stored configuration."""
    with zipfile.ZipFile(io.BytesIO(model_bytes(".keras", folder))) as archive:
        return json.loads(archive.read("config.json"))


def stored_weights(folder: str) -> bytes:
    """The bytes of the weights inside the .keras file."""
    with zipfile.ZipFile(io.BytesIO(model_bytes(".keras", folder))) as archive:
        return archive.read("model.weights.h5")


def archive(path: Path, config: object, weights: bytes | None, *, method: int = zipfile.ZIP_STORED, **members: bytes) -> Path:
    """Write a .keras file of these parts."""
    text = config if isinstance(config, bytes | str) else json.dumps(config)
    with zipfile.ZipFile(path, "w", method) as made:
        made.writestr("metadata.json", "{}")
        made.writestr("config.json", text)
        if weights is not None:
            made.writestr("model.weights.h5", weights)
        for name, content in members.items():
            made.writestr(name, content)
    return path


def hdf5(fill) -> bytes:
    """Return the bytes of an HDF5 file that a function filled."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return buffer.getvalue()


@lru_cache
def journal() -> bytes:
    """The bytes of a run."""
    run = Journal(name="m", state="done", steps=40, epoch=2, seconds=3.0)
    run.batches.widen(["loss", "seconds"])
    for step in range(1, 41):
        run.batches.add(step, [1 / step, 0.1])
        run.rates.add(step, [0.1])
    run.epochs.widen(["loss", "val_loss", "seconds"])
    for epoch in (1, 2):
        run.epochs.add(20 * epoch, [epoch, 1 / epoch, 2 / epoch, 1.0])
    run.layers = (Layer("d", "Dense", True, "dense"),)
    run.statistics = run.watch(run.layers, 1)
    run.statistics.add(20, [0.5] * len(STATISTICS))
    run.panels.append(PanelRecord("own", ("a line",), ("head",), (("cell",),)))
    run.note("rate", "a new rate", 0.1)
    return journal_bytes(run)


def features(path: Path) -> Path:
    """Write a folder of values of 20 examples in two parts."""
    path.mkdir()
    columns = [{"address": "d", "file": "0000-d.npy", "shape": [None, 3], "dtype": "float32"}]
    values = np.arange(60, dtype="float32").reshape(20, 3)
    settings = {"format": 2, "model": {}, "columns": columns, "structure": [["d", 0]], "finished": True, "examples": 20}
    write_json(path / "manifest.json", settings)
    write_part(path, Part(0, 12, "a"), {"0000-d.npy": [values[:12]]})
    write_part(path, Part(12, 20, "b"), {"0000-d.npy": [values[12:]]})
    return path


def notebook() -> dict:
    """A notebook with streams, a live view and its state, a picture, an error and a frame."""
    view = "application/vnd.jupyter.widget-view+json"
    state = {
        "b": {"model_name": "HBoxModel", "model_module": "x", "state": {"children": ["IPY_MODEL_t", "IPY_MODEL_p"]}},
        "t": {"model_name": "HTMLModel", "model_module": "x", "state": {"value": "<b>bar</b>", "description": "d"}},
        "p": {"model_name": "FloatProgressModel", "model_module": "x", "state": {"value": 3.0, "min": 0, "max": 9}},
        "o": {"model_name": "OutputModel", "model_module": "x", "state": {"outputs": [
            {"output_type": "stream", "name": "stdout", "text": "inside"},
            {"output_type": "display_data", "data": {view: {"model_id": "b"}}, "metadata": {}}]}},
    }  # fmt: skip
    outputs = [
        {
            "output_type": "stream",
            "name": "stdout",
            "text": ["a\rb\n", "\x1b[31mred\x1b[0m\x1b[2K\n", "  3%|█ | 3/99 [00:01]\n"],
        },
        {"output_type": "display_data", "data": {view: {"model_id": "b"}, "text/plain": "HBox()"}, "metadata": {}},
        {"output_type": "display_data", "data": {view: {"model_id": "o"}, "text/plain": "<X at 0x12>"}, "metadata": {}},
        {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo="}, "metadata": {}},
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[31mx\x1b[0m"]},
        {"output_type": "display_data", "data": {"text/html": "<iframe src='http://localhost:6006'></iframe>"}, "metadata": {}},
    ]
    cell = {"cell_type": "code", "id": "a", "execution_count": 1, "metadata": {}, "source": "x", "outputs": outputs}
    text = {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "# head"}
    stored = {"application/vnd.jupyter.widget-state+json": {"state": state, "version_major": 2, "version_minor": 0}}
    return {"cells": [cell, text], "metadata": {"widgets": stored}, "nbformat": 4, "nbformat_minor": 5}
