"""Models of layers made of layers, for tests of values inside a layer's own code."""

import numpy as np

from kfx.keras_access.importing import import_keras


def block_class():
    """A block as on keras.io: attention, sums by ``+``, a product with a weight, slices, a join, TensorFlow's own functions."""
    import tensorflow as tf

    keras = import_keras()
    layers = keras.layers

    class Block(layers.Layer):
        def __init__(self, width=16, **kwargs):
            super().__init__(**kwargs)
            self.attention = layers.MultiHeadAttention(2, 8, name="attention")
            self.before, self.after = layers.LayerNormalization(name="before"), layers.LayerNormalization(name="after")
            self.up, self.down = layers.Dense(32, activation="gelu", name="up"), layers.Dense(width, name="down")

        def build(self, shape):
            self.attention.build(shape, shape)
            self.before.build(shape)
            self.up.build(shape)
            self.down.build((*shape[:-1], 32))
            self.after.build(shape)
            self.w = self.add_weight(shape=(shape[-1], shape[-1]), name="w")
            self.built = True

        def call(self, x):
            x = self.before(x + self.attention(x, x))
            y = keras.ops.matmul(x, self.w)
            y = keras.ops.concatenate([y[..., :8], tf.nn.relu(x[..., 8:])], axis=-1)
            return self.after(y + self.down(self.up(x)))

    return Block


def stacked(count=3):
    """So many equal blocks in a Functional model."""
    keras = import_keras()
    keras.utils.set_random_seed(3)
    block = block_class()
    x = i = keras.Input((6, 16), name="i")
    for k in range(count):
        x = block(name=f"block_{k}")(x)
    return keras.Model(i, x, name="stacked")


def by_hand(model, x, change=lambda k, s: s):
    """The same by hand, with the first sum of each block changed by ``change(number, sum)``."""
    import tensorflow as tf

    ops = import_keras().ops
    for k, b in enumerate(model.layers[1:]):
        s = change(k, x + b.attention(x, x))
        x = b.before(s)
        y = ops.matmul(x, b.w)
        y = ops.concatenate([y[..., :8], tf.nn.relu(x[..., 8:])], axis=-1)
        x = b.after(y + b.down(b.up(x)))
    return x


def data(count=4):
    return np.random.default_rng(0).normal(size=(count, 6, 16)).astype("float32")
