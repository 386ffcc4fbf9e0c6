"""Every address that a graph shows has values, or is listed beforehand with the reason why not."""

import numpy as np
import pytest

import kfx
from kfx.keras_access.importing import import_keras
from tests.values.tap.blocks import stacked

LENGTH = 8


def tokens(*names):
    draw = np.random.default_rng(0)
    masks = {"padding_mask": np.ones((3, LENGTH), "int32"), "segment_ids": np.zeros((3, LENGTH), "int32")}
    found = {name: draw.integers(1, 50, (3, LENGTH)).astype("int32") for name in names if name.endswith("token_ids")}
    return found | {name: masks[name.removeprefix("encoder_").removeprefix("decoder_")] for name in names if name not in found}


def hub(name, data, **settings):
    models = pytest.importorskip("keras_hub", reason="pip install '.[hub]' to run the tests of KerasHub's models").models
    return getattr(models, name)(**settings), data


TEXT = {"vocabulary_size": 50, "num_layers": 2, "hidden_dim": 16, "intermediate_dim": 32}
GROUPED = {**TEXT, "num_query_heads": 4, "num_key_value_heads": 2}
CODED = ("encoder_token_ids", "encoder_padding_mask", "decoder_token_ids", "decoder_padding_mask")
IMAGES = np.random.default_rng(1).uniform(size=(3, 16, 16, 3)).astype("float32")


def bert():
    data = tokens("token_ids", "padding_mask", "segment_ids")
    return hub("BertBackbone", data, **TEXT, num_heads=2, max_sequence_length=LENGTH)


def gpt2():
    return hub("GPT2Backbone", tokens("token_ids", "padding_mask"), **TEXT, num_heads=2, max_sequence_length=LENGTH)


def llama():
    return hub("LlamaBackbone", tokens("token_ids", "padding_mask"), **GROUPED)


def gemma():
    return hub("GemmaBackbone", tokens("token_ids", "padding_mask"), **{**GROUPED, "num_key_value_heads": 1}, head_dim=8)


def t5():
    return hub("T5Backbone", tokens(*CODED), **TEXT, num_heads=2)


def vit():
    sizes = {"num_layers": 2, "num_heads": 2, "hidden_dim": 16, "mlp_dim": 32}
    return hub("ViTBackbone", IMAGES, image_shape=(16, 16, 3), patch_size=8, **sizes)


def blocks():
    return stacked(), np.random.default_rng(2).normal(size=(3, 6, 16)).astype("float32")


def frames_and_steps():
    keras = import_keras()
    layers = keras.layers
    j = keras.Input((8, 8, 1), name="j")
    frame = keras.Model(j, layers.Flatten()(layers.Conv2D(2, 3, name="conv")(j)), name="frame")
    i = keras.Input((4, 8, 8, 1), name="i")
    x = layers.Bidirectional(layers.LSTM(3), name="both")(layers.TimeDistributed(frame, name="td")(i))
    return keras.Model(i, x), np.random.default_rng(3).normal(size=(3, 4, 8, 8, 1)).astype("float32")


def u_net():
    keras = import_keras()
    layers, ops = keras.layers, keras.ops

    class Double(layers.Layer):
        def __init__(self, width, **kwargs):
            super().__init__(**kwargs)
            self.a, self.b = (layers.Conv2D(width, 3, padding="same", name=name) for name in "ab")
            self.n, self.short = layers.BatchNormalization(name="n"), layers.Conv2D(width, 1, name="short")

        def call(self, x):
            return ops.relu(self.n(self.b(ops.relu(self.a(x))))) + self.short(x)

    i = keras.Input((16, 16, 3), name="i")
    top = Double(4, name="down")(i)
    deep = Double(8, name="deep")(layers.MaxPooling2D(name="pool")(top))
    up = layers.Concatenate(name="join")([layers.UpSampling2D(name="larger")(deep), top])
    return keras.Model(i, layers.Conv2D(1, 1, name="mask")(Double(4, name="up")(up))), IMAGES


def gan():
    keras = import_keras()
    layers, ops = keras.layers, keras.ops

    class Generator(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.d, self.e = layers.Dense(8, name="d"), layers.Dense(6, name="e")

        def call(self, x):
            return ops.tanh(self.e(ops.leaky_relu(self.d(x)))) * 2

    class Gan(keras.Model):
        def __init__(self):
            super().__init__(name="gan")
            self.generator = Generator(name="generator")
            self.discriminator = keras.Sequential([keras.Input((6,)), layers.Dense(1, name="o")], name="discriminator")

        def train_step(self, x):
            return {"loss": ops.mean(self.discriminator(self.generator(x)))}

    model = Gan()
    data = np.random.default_rng(4).normal(size=(3, 5)).astype("float32")
    model.generator(data)
    return model, {"generator": data, "discriminator": np.ones((3, 6), "float32")}


MODELS = (bert, gpt2, llama, gemma, t5, vit, blocks, frames_and_steps, u_net, gan)


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_no_address_of_a_graph_is_a_surprise(make):
    model, data = make()
    calls = kfx.read_graph(model).calls
    told = kfx.unreadable(model)
    assert set(told) <= {call.key for call in calls}
    assert all(reason.startswith("not called") for reason in told.values())
    if make is gan:  # each part takes data of its own
        found = {}
        for part, inputs in data.items():
            found |= kfx.extract(model, inputs, [c.key for c in calls if c.key.split("/")[0] == part], check=True)
    else:
        found = kfx.extract(model, data, [call.key for call in calls if call.key not in told], check=True)
    assert set(found) == {call.key for call in calls} - set(told)
    assert [call.key for call in calls if call.key in found and not agree(call, found[call.key])] == []


def agree(call, value):
    """Whether values have the shape that the graph shows, where what does not depend on the data has an axis of one example."""
    if not call.outputs:  # of a layer inside a wrapper, whose shape the graph does not know
        return True
    shapes = [x.shape for x in call.outputs]
    arrays = [value] if isinstance(value, np.ndarray) else [x for x in value if x is not None]
    for shape, array in zip(shapes, arrays, strict=True):
        own = shape if len(shape) == array.ndim else (None, *shape) if call.key.startswith("td/") else shape[1:]
        if len(own) != array.ndim or any(n not in (None, 1, size) for n, size in zip(own[1:], array.shape[1:], strict=True)):
            return False
    return True


def test_what_is_never_called_is_told_with_the_reason(keras):
    class Half(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.used, self.unused = keras.layers.Dense(4, name="used"), keras.layers.Dense(4, name="unused")
            self.unused.build((None, 4))

        def call(self, x):
            return x + self.used(x)

    i = keras.Input((4,))
    model = keras.Model(i, Half(name="half")(i))
    assert kfx.unreadable(model) == {"half/unused": "not called in the traced run"}
    with pytest.raises(ValueError, match=r"'half/unused' of model .* has no values: not called in the traced run"):
        kfx.extract(model, np.ones((2, 4)), "half/unused")


def test_values_without_an_axis_of_the_examples_come_once(keras):
    class Placed(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.d = keras.layers.Dense(4, name="d")

        def call(self, x):
            places = keras.ops.cast(keras.ops.arange(keras.ops.shape(x)[1]), "float32")
            return self.d(x) + keras.ops.sin(places)[:, None]

    i = keras.Input((5, 3))
    model = keras.Model(i, Placed(name="placed")(i))
    found = kfx.extract(model, np.ones((7, 5, 3)), ["placed/sin", "placed/add"], batch_size=2)
    np.testing.assert_allclose(found["placed/sin"], np.sin(np.arange(5)), atol=1e-6)
    assert found["placed/add"].shape == (7, 5, 4)
