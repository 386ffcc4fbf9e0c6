"""The names of the field for the parts of a block, against what the parts compute by hand."""

import keras
import numpy as np
import pytest
from keras import layers

import kfx
from kfx.values.tap.field_names import FIELD_NAMES, field_address


class Block(layers.Layer):
    def __init__(self, looks=1, **kwargs):
        super().__init__(**kwargs)
        self.looks = [layers.MultiHeadAttention(2, 8, name=f"look_{n}") for n in range(looks)]
        self.norm = layers.LayerNormalization(name="norm")
        self.up, self.down = layers.Dense(32, activation="gelu", name="up"), layers.Dense(16, name="down")

    def call(self, x):
        for look in self.looks:
            x = x + look(x, x)
        return x + self.down(self.up(self.norm(x)))


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(2, 7, 16)).astype("float32")


def stack(**given):
    i = keras.Input((7, 16))
    return keras.Model(i, Block(name="b1", **given)(Block(name="b0")(i)), name="stack")


def test_every_name_of_a_block_is_what_the_block_computes(x):
    model = stack()
    block, before = model.get_layer("b1"), np.asarray(model.get_layer("b0")(x))
    look, attended = block.looks[0], before + np.asarray(block.looks[0](before, before))
    by_name = {name: field_address(model, f"b1/{name}") for name in FIELD_NAMES}
    taken = kfx.extract(model, x, [f"b1/{name}" for name in FIELD_NAMES])
    found = {name: taken[address] for name, address in by_name.items()}
    np.testing.assert_allclose(found["residual_before"], before, atol=1e-5)
    np.testing.assert_allclose(found["residual_after"], block(before), atol=1e-5)
    np.testing.assert_allclose(found["mlp"], block.down(block.up(block.norm(attended))), atol=1e-5)
    np.testing.assert_allclose(found["pattern"], look(before, before, return_attention_scores=True)[1], atol=1e-5)
    kernels = [w for w in look.weights if "kernel" in w.path]
    for name, kernel in zip("qkv", sorted(kernels[:3], key=lambda w: "qkv".index(w.path.split("/")[-2][0])), strict=True):
        np.testing.assert_allclose(found[name], np.einsum("btd,dnh->btnh", before, kernel), atol=1e-5)


def test_a_patch_takes_these_names_too(x):
    model = stack()
    with kfx.patch(model, {"b1/pattern": kfx.silence(head=0)}):
        changed = model.predict(x, verbose=0)
    with kfx.patch(model, {"b1/look_0": kfx.silence(head=0)}):
        np.testing.assert_allclose(changed, model.predict(x, verbose=0), atol=1e-6)
    assert np.abs(changed - model.predict(x, verbose=0)).max() > 1e-4


def test_a_block_with_two_attention_layers_must_be_asked_for_one(x):
    model = stack(looks=2)
    with pytest.raises(ValueError, match="'b1/q' may mean several attention layers; say which: 'b1/look_0/q', 'b1/look_1/q'"):
        kfx.extract(model, x, "b1/q")
    assert list(kfx.extract(model, x, "b1/look_1/k")) == ["b1/look_1/key"]
    assert field_address(model, "b1/residual_after") == "b1"


def test_other_addresses_are_left_alone(x):
    i = keras.Input((7, 16))
    named = keras.Sequential([i, layers.Dense(4, name="q")], name="mlp")
    model = keras.Model(i, named(i))
    assert field_address(model, "mlp/q") is None
    assert field_address(model, "q") is None
    with pytest.raises(ValueError, match="No layer 'mlp/pattern'"):
        kfx.extract(model, x, "mlp/pattern")


@pytest.mark.parametrize(
    ("name", "heads"), [("Bert", {"num_heads": 4}), ("Llama", {"num_query_heads": 4, "num_key_value_heads": 2})]
)
def test_blocks_of_kerashub_have_all_names(name, heads):
    hub = pytest.importorskip("keras_hub", reason="KerasHub is not installed: pip install '.[hub]' to run this test")
    more = {"max_sequence_length": 8} if name == "Bert" else {}
    model = getattr(hub.models, f"{name}Backbone")(
        vocabulary_size=20, num_layers=1, hidden_dim=16, intermediate_dim=16, **heads, **more
    )
    found = {field: field_address(model, f"transformer_layer_0/{field}") for field in FIELD_NAMES}
    look = {"Bert": "self_attention_layer", "Llama": "self_attention"}[name]
    assert found["q"] == f"transformer_layer_0/{look}/query"
    assert found["pattern"] == f"transformer_layer_0/{look}/scores"
    assert found["residual_after"] == "transformer_layer_0"
    assert found["mlp"] in ("transformer_layer_0/feedforward_dropout", "transformer_layer_0/feedforward_output_dense")
