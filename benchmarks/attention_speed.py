"""How long a pass with the scores of all attention takes against a plain pass of the same model.

    python benchmarks/attention_speed.py [MODEL ...] [--pairs N]

Both are compiled and run on one batch in one process, in turns, after a first run of each; the medians of the pairwise ratios
are printed, with the scores as NumPy arrays in every pass. ``keras`` is built of Keras's own layers; the others need
keras-hub and are built small, with random weights. Target: at most 1.2 times.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from kfx.values.attention.reading import AttentionSource
from kfx.values.data.batches import Batches

TARGET = 1.2
DEPTH, LENGTH, WIDTH = 6, 64, 128
SMALL = {"vocabulary_size": 100, "num_layers": DEPTH, "hidden_dim": WIDTH, "intermediate_dim": 4 * WIDTH}


def blocks() -> tuple[keras.Model, object]:
    x = inputs = keras.Input((LENGTH, WIDTH))
    for _ in range(DEPTH):
        x = layers.LayerNormalization()(x + layers.MultiHeadAttention(4, WIDTH // 4)(x, x))
        x = layers.LayerNormalization()(x + layers.Dense(WIDTH)(layers.Dense(4 * WIDTH, activation="gelu")(x)))
    return keras.Model(inputs, x), np.random.default_rng(0).normal(size=(8, LENGTH, WIDTH)).astype("float32")


def tokens() -> dict[str, np.ndarray]:
    ids = np.random.default_rng(0).integers(1, 100, (8, LENGTH)).astype("int32")
    return {"token_ids": ids, "padding_mask": np.ones_like(ids)}


def hub(name: str) -> tuple[keras.Model, object]:
    from keras_hub import models

    heads = {**SMALL, "num_heads": 4}
    if name == "gpt2":
        return models.GPT2Backbone(**heads, max_sequence_length=LENGTH), tokens()
    if name == "llama":
        return models.LlamaBackbone(**SMALL, num_query_heads=4, num_key_value_heads=2), tokens()
    backbone = models.BertBackbone(**heads, max_sequence_length=LENGTH)
    return backbone, {**tokens(), "segment_ids": np.zeros((8, LENGTH), "int32")}


MODELS = {"keras": blocks, "bert": lambda: hub("bert"), "gpt2": lambda: hub("gpt2"), "llama": lambda: hub("llama")}


def ratios(model: keras.Model, data: object, pairs: int) -> tuple[list[float], float]:
    """Return the pairwise ratios, and the milliseconds of a plain pass."""
    source = AttentionSource(model)
    batch = next(iter(Batches(source.model, data)))
    compiled = tf.function(lambda x: model(x, training=False), autograph=False, reduce_retracing=True)

    def plain() -> None:
        tf.nest.map_structure(np.asarray, compiled(batch.inputs))

    def tapped() -> None:
        assert len(source(batch)) == 2 * DEPTH  # scores and masks

    for run in (plain, tapped):
        run()
    found, sizes = [], []
    for n in range(pairs):
        seconds = {}
        for run in (plain, tapped) if n % 2 else (tapped, plain):
            begin = time.perf_counter()
            run()
            seconds[run] = time.perf_counter() - begin
        found.append(seconds[tapped] / seconds[plain])
        sizes.append(seconds[plain])
    return found, 1000 * statistics.median(sizes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", choices=[[], *MODELS], help="default: all")
    parser.add_argument("--pairs", type=int, default=60)
    options = parser.parse_args()
    for name in options.models or MODELS:
        if name != "keras" and importlib.util.find_spec("keras_hub") is None:
            print(f"{name:6}  needs keras-hub")
            continue
        found, plain_ms = ratios(*MODELS[name](), options.pairs)
        median = statistics.median(found)
        verdict = "" if median <= TARGET else f", over the target of {TARGET}"
        print(f"{name:6}  {median:.2f} × a plain pass of {plain_ms:.1f} ms{verdict}", flush=True)


if __name__ == "__main__":
    main()
