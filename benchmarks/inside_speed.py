"""How long a summary of layers made of layers takes against Keras's own ``model.summary()``.

    python benchmarks/inside_speed.py [MODEL ...] [--pairs N] [--depth]

Each pair runs both in one process, one after the other; the medians of the pairwise ratios are printed: of a first summary,
with nothing known; of a first summary of a model whose blocks are equal to those of one that was read before, as when a
cell is run again; and of a second summary of the unchanged model. BERT and its like need keras-hub and are built small,
with random weights. ``--depth`` prints the time for each block of 10, 100 and 1,000 equal ones.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf
from keras import layers

import kfx
from kfx.model.read.inside.equals import forget

DEPTH = 12
SMALL = {"vocabulary_size": 100, "num_layers": DEPTH, "hidden_dim": 32, "intermediate_dim": 64}


class Block(layers.Layer):
    """A transformer's block as people write it, with a product with a weight, slices and a concatenation of its own."""

    def __init__(self, width: int = 32, **kwargs):
        super().__init__(**kwargs)
        self.attention = layers.MultiHeadAttention(4, 8)
        self.first, self.last = layers.LayerNormalization(), layers.LayerNormalization()
        self.wide, self.narrow = layers.Dense(64, activation="gelu"), layers.Dense(width)

    def build(self, shape):
        self.attention.build(shape, shape)
        self.first.build(shape)
        self.wide.build(shape)
        self.narrow.build((*shape[:-1], 64))
        self.last.build(shape)
        self.table = self.add_weight(shape=(shape[-1], shape[-1]), name="table")
        self.built = True

    def call(self, x):
        x = self.first(x + self.attention(x, x))
        y = keras.ops.matmul(x, self.table)
        y = keras.ops.concatenate([y[..., :16], tf.nn.relu(x[..., 16:])], axis=-1)
        return self.last(y + self.narrow(self.wide(x)))


def blocks(count: int) -> keras.Model:
    x = inputs = keras.Input((16, 32))
    for n in range(count):
        x = Block(name=f"block_{n}")(x)
    return keras.Model(inputs, x, name=f"blocks{count}")


def hub(name: str, **settings) -> keras.Model:
    from keras_hub import models

    return getattr(models, name)(**settings)


def detector() -> keras.Model:
    from keras_hub import models

    encoder = models.HGNetV2Backbone(
        depths=[1, 1, 2, 1],
        embedding_size=32,
        hidden_sizes=[16, 32, 64, 128],
        stem_channels=[3, 8, 16],
        hidden_act="relu",
        use_learnable_affine_block=True,
        stackwise_stage_filters=[(16, 8, 16, 1, 1, 3), (16, 8, 32, 1, 1, 3), (32, 16, 64, 2, 1, 3), (64, 16, 128, 1, 1, 3)],
        apply_downsample=[False, True, True, True],
        use_lightweight_conv_block=[False, False, True, True],
        image_shape=(128, 128, 3),
        out_features=["stage3", "stage4"],
    )
    return models.DFineBackbone(
        backbone=encoder,
        decoder_in_channels=[16, 16],
        encoder_hidden_dim=16,
        num_labels=4,
        num_denoising=0,
        learn_initial_query=False,
        num_queries=10,
        anchor_image_size=(128, 128),
        feat_strides=[16, 32],
        num_feature_levels=2,
        hidden_dim=16,
        encoder_in_channels=[64, 128],
        encode_proj_layers=[1],
        num_attention_heads=2,
        encoder_ffn_dim=32,
        num_encoder_layers=1,
        hidden_expansion=0.5,
        depth_multiplier=0.5,
        eval_idx=-1,
        num_decoder_layers=3,
        decoder_attention_heads=2,
        decoder_ffn_dim=32,
        decoder_n_points=[2, 2],
        lqe_hidden_dim=8,
        num_lqe_layers=2,
        out_features=["stage3", "stage4"],
        image_shape=(128, 128, 3),
        seed=0,
    )


MODELS = {
    "bert": lambda: hub("BertBackbone", **SMALL, num_heads=4, max_sequence_length=12),
    "blocks": lambda: blocks(50),
    "gpt2": lambda: hub("GPT2Backbone", **SMALL, num_heads=4, max_sequence_length=12),
    "vit": lambda: hub(
        "ViTBackbone", image_shape=(32, 32, 3), patch_size=8, num_layers=DEPTH, num_heads=4, hidden_dim=32, mlp_dim=64
    ),
    "llama": lambda: hub("LlamaBackbone", **SMALL, num_query_heads=4, num_key_value_heads=2),
    "detector": detector,
    "EfficientNetB7": lambda: keras.applications.EfficientNetB7(weights=None),
}
AIMS = {"bert": 1, "blocks": 1.5, "gpt2": 3, "vit": 3, "llama": 6, "detector": 30, "EfficientNetB7": 0.1}


def seconds(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def touch(model: keras.Model) -> None:
    """Change something of the model, so that no summary made before holds."""
    layer = model.layers[0]
    layer.changed_by_the_benchmark = getattr(layer, "changed_by_the_benchmark", 0) + 1


def measure(model: keras.Model, pairs: int) -> tuple[float, ...]:
    """Return Keras's seconds, and our times by them: with nothing known, with an equal model known, with nothing changed."""

    def theirs():
        model.summary(print_fn=lambda *args, **kwargs: None)

    def ours():
        return str(kfx.summary(model))

    theirs(), ours()
    found = []
    for _ in range(pairs):
        keras_s = seconds(theirs)
        forget()
        touch(model)
        first = seconds(ours)
        touch(model)
        found.append((keras_s, first / keras_s, seconds(ours) / keras_s, seconds(ours) / keras_s))
    return tuple(statistics.median(column) for column in zip(*found, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=list(MODELS))
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--depth", action="store_true", help="also the time for each layer, from 10 to 1,000 blocks")
    args = parser.parse_args()
    for name in args.models:
        if name not in ("blocks", "EfficientNetB7") and importlib.util.find_spec("keras_hub") is None:
            print(f"{name}: needs keras-hub")
            continue
        keras_s, first, equal, second = measure(MODELS[name](), args.pairs)
        ours = f"first summary {first:.2f} x (aim {AIMS[name]}), of an equal model {equal:.2f} x, again {second:.3f} x"
        print(f"{name}: Keras {keras_s * 1000:.0f} ms; {ours}", flush=True)
    for count in (10, 100, 1000) if args.depth else ():
        sys.setrecursionlimit(100_000)
        model = blocks(count)
        str(kfx.summary(model))
        found = []
        for _ in range(3):
            touch(model)
            found.append(seconds(lambda m=model: str(kfx.summary(m))))
        print(f"{count} blocks: {statistics.median(found) / count * 1000:.2f} ms a block", flush=True)


if __name__ == "__main__":
    main()
