"""Backbones and tasks of KerasHub, built small from their configuration: each is read whole, or says what is not.

KerasHub is an optional dependency of the tests: ``pip install '.[hub]'``.
"""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

import kfx
from kfx.keras_access import internals
from kfx.model.read.model import read_graph

hub = pytest.importorskip("keras_hub", reason="KerasHub is not installed: pip install '.[hub]' to run the tests of its models")
models = hub.models

WORDS, LENGTH = 100, 12
TEXT = {"vocabulary_size": WORDS, "num_layers": 2, "hidden_dim": 32, "intermediate_dim": 64}
HEADS = {**TEXT, "num_heads": 4}
GROUPED = {**TEXT, "num_query_heads": 4, "num_key_value_heads": 2}
SHORT = {"max_sequence_length": LENGTH}
VISION = {"num_layers": 2, "num_heads": 4, "hidden_dim": 32}


def resnet(side=64, block="bottleneck_block"):
    return models.ResNetBackbone(
        input_conv_filters=[16], input_conv_kernel_sizes=[7], stackwise_num_filters=[64, 32, 32, 32],
        stackwise_num_blocks=[2, 2, 2, 2], stackwise_num_strides=[1, 2, 2, 2], block_type=block,
        use_pre_activation=True, image_shape=(side, side, 3),
    )  # fmt: skip


def vit():
    return models.ViTBackbone(image_shape=(32, 32, 3), patch_size=8, mlp_dim=64, **VISION)


def dinov2():
    return models.DINOV2Backbone(
        image_shape=(64, 64, 3), patch_size=8, intermediate_dim=64, position_embedding_shape=(64, 64),
        **{**VISION, "num_layers": 4},
    )  # fmt: skip


def t5gemma():
    sides = {
        "hidden_dim": 32, "intermediate_dim": 64, "num_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": 8, "layer_types": ["full_attention"] * 2,
    }  # fmt: skip
    both = {f"{side}_{name}": value for side in ("encoder", "decoder") for name, value in sides.items()}
    return models.T5GemmaBackbone(vocabulary_size=WORDS, **both)


def clip():
    vision = models.CLIPVisionEncoder(image_shape=(32, 32, 3), patch_size=8, intermediate_dim=64, **VISION)
    text = models.CLIPTextEncoder(embedding_dim=32, **HEADS, **SHORT)
    return models.CLIPBackbone(vision_encoder=vision, text_encoder=text, projection_dim=16)


def mit():
    return models.MiTBackbone(
        image_shape=(64, 64, 3), num_layers=4, hidden_dims=[8, 16, 20, 32], layerwise_depths=[1, 1, 1, 1],
        layerwise_num_heads=[1, 2, 5, 8], layerwise_sr_ratios=[8, 4, 2, 1], layerwise_patch_sizes=[7, 3, 3, 3],
        layerwise_strides=[4, 2, 2, 2], max_drop_path_rate=0.1,
    )  # fmt: skip


def efficientnet():
    return models.EfficientNetBackbone(
        stackwise_kernel_sizes=[3, 3], stackwise_num_repeats=[2, 2], stackwise_input_filters=[8, 8],
        stackwise_output_filters=[8, 8], stackwise_expansion_ratios=[1, 4], stackwise_squeeze_and_excite_ratios=[0.0, 0.25],
        stackwise_strides=[1, 2], stackwise_block_types=["fused", "unfused"], stackwise_width_coefficients=[1.0, 1.0],
        stackwise_depth_coefficients=[1.0, 1.0], stackwise_force_input_filters=[0, 0],
        stackwise_nores_option=[False, False], input_shape=(64, 64, 3),
    )  # fmt: skip


def qwen3_5():
    return models.Qwen3_5Backbone(
        head_dim=8, linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=8, linear_value_head_dim=8,
        **{**GROUPED, "num_layers": 4},
    )  # fmt: skip


def bert():
    return models.BertBackbone(**HEADS, **SHORT)


def gpt2():
    return models.GPT2Backbone(**HEADS, **SHORT)


def llama():
    return models.LlamaBackbone(**GROUPED)


def gemma():
    return models.GemmaBackbone(**{**GROUPED, "num_key_value_heads": 1}, head_dim=8)


def mistral():
    return models.MistralBackbone(**GROUPED)


MADE = {
    # encoders of text
    "Bert": bert,
    "BertTextClassifier": lambda: models.BertTextClassifier(backbone=bert(), num_classes=3),
    "BertMaskedLM": lambda: models.BertMaskedLM(backbone=bert()),
    "DistilBert": lambda: models.DistilBertBackbone(**HEADS, **SHORT),
    "DebertaV3": lambda: models.DebertaV3Backbone(**HEADS, max_sequence_length=32, bucket_size=16),
    "Albert": lambda: models.AlbertBackbone(embedding_dim=16, **HEADS, **SHORT),
    "FNet": lambda: models.FNetBackbone(**TEXT),
    "XLNet": lambda: models.XLNetBackbone(**HEADS),
    "ESM2": lambda: models.ESM2Backbone(**HEADS),
    # decoders
    "GPT2": gpt2,
    "GPT2CausalLM": lambda: models.GPT2CausalLM(backbone=gpt2()),
    "Llama": llama,
    "LlamaCausalLM": lambda: models.LlamaCausalLM(backbone=llama()),
    "MistralCausalLM": lambda: models.MistralCausalLM(backbone=mistral()),
    "GemmaCausalLM": lambda: models.GemmaCausalLM(backbone=gemma()),
    "Phi3": lambda: models.Phi3Backbone(**GROUPED),
    "Qwen3": lambda: models.Qwen3Backbone(head_dim=8, **GROUPED),
    "Qwen3_5": qwen3_5,
    # mixtures of experts
    "Mixtral": lambda: models.MixtralBackbone(num_experts=4, **GROUPED),
    "Qwen3Moe": lambda: models.Qwen3MoeBackbone(head_dim=8, moe_intermediate_dim=16, num_experts=4, top_k=2, **GROUPED),
    "GptOss": lambda: models.GptOssBackbone(num_experts=4, sliding_window=8, **GROUPED),
    # encoders and decoders, speech
    "Bart": lambda: models.BartBackbone(**HEADS, **SHORT),
    "T5": lambda: models.T5Backbone(**HEADS),
    "T5Gemma": t5gemma,
    "Whisper": lambda: models.WhisperBackbone(**HEADS, max_encoder_sequence_length=64, max_decoder_sequence_length=LENGTH),
    # images
    "ViT": vit,
    "ViTImageClassifier": lambda: models.ViTImageClassifier(backbone=vit(), num_classes=5),
    "DINOV2": dinov2,
    "ResNetImageClassifier": lambda: models.ResNetImageClassifier(backbone=resnet(), num_classes=5),
    "EfficientNet": efficientnet,
    "DenseNet": lambda: models.DenseNetBackbone(stackwise_num_repeats=[2, 3], growth_rate=8, image_shape=(64, 64, 3)),
    "SegFormer": lambda: models.SegFormerImageSegmenter(
        backbone=models.SegFormerBackbone(image_encoder=mit(), projection_filters=16), num_classes=4
    ),
    # images and text
    "CLIP": clip,
}


def state_of(model):
    """Everything on the layers of a model, and in the containers there, by identity."""
    every = internals.all_layers(model)
    held = [{name: (value, _content(value)) for name, value in vars(layer).items()} for layer in every]
    tracked = [{name: set(ids) for name, ids in layer._tracker.stored_ids.items()} for layer in every]
    return every, held, tracked, [(len(layer._inbound_nodes), len(layer._outbound_nodes)) for layer in every]


def _content(value):
    return list(value) if isinstance(value, list | dict | set) else None


def same(before, after):
    def equal(a, b):
        return a[0] is b[0] and (
            a[1] is None or (len(a[1]) == len(b[1]) and all(x is y for x, y in zip(a[1], b[1], strict=True)))
        )

    assert [id(layer) for layer in before[0]] == [id(layer) for layer in after[0]]
    for layer, old, new in zip(before[0], before[1], after[1], strict=True):
        assert old.keys() == new.keys(), layer.name
        assert all(equal(old[name], new[name]) for name in old), layer.name
    return before[2:] == after[2:]


@pytest.fixture(scope="module", params=MADE)
def built(request):
    keras.utils.clear_session()
    return request.param, MADE[request.param]()


def test_a_model_is_read_whole_or_says_what_is_not(built):
    name, model = built
    before = state_of(model)
    graph = read_graph(model)
    text = str(kfx.summary(model))
    assert same(before, state_of(model))

    assert graph.params == model.count_params() == sum(c.params for c in graph.calls if c.parent is None)
    assert graph.trainable == sum(math.prod(w.shape) for w in model.trainable_weights)
    assert graph.weight_bytes == sum(math.prod(w.shape) * np.dtype(w.dtype).itemsize for w in model.weights)

    unread = [c for c in graph.calls if c.kind == "opaque"]
    inside = tuple(f"{c.key}/" for c in unread)
    assert all(c.note for c in unread if not c.key.startswith(inside)), "each says why"
    assert not graph.notes or unread
    assert {c.name for c in graph.calls if c.depth == 0 and c.kind != "op"} == {layer.name for layer in model.layers}

    assert text.startswith(f"{model.name} · {type(model).__name__}\n")
    assert f"{model.count_params():,} parameters" in text
    for layer in model.layers:
        assert str(layer.name)[:8] in text
    if name != "Qwen3_5":  # its code asks how long a text is
        assert not unread


EXPERT = 3 * 32 * 64  # three products
MIXTURES = {
    "Mixtral": 2 * 2 * EXPERT,  # of 4 experts, 2 are chosen in each of 2 blocks
    "Qwen3Moe": 2 * 2 * 3 * 32 * 16,
    "GptOss": 2 * 2 * (EXPERT + 64 * 2 + 32),  # these have biases
}


def test_code_that_asks_how_long_a_text_is_is_read_with_a_length():
    graph = read_graph(qwen3_5(), inputs=dict.fromkeys(("token_ids", "padding_mask"), (1, LENGTH)))
    assert not [c for c in graph.calls if c.kind == "opaque"]


@pytest.mark.parametrize("name", MIXTURES)
def test_the_experts_that_are_not_chosen_are_not_active(name):
    graph = read_graph(MADE[name]())
    assert graph.active_params == graph.params - MIXTURES[name]


def test_a_model_without_experts_has_no_active_share():
    assert read_graph(llama()).active_params is None


@pytest.mark.parametrize("name", ["LlamaCausalLM", "GPT2CausalLM", "GemmaCausalLM", "MistralCausalLM"])
@pytest.mark.parametrize("batch", [1, 3])
def test_the_kv_cache_is_as_large_as_the_models_own(name, batch):
    model = MADE[name]()
    with keras.StatelessScope(), keras.SymbolicScope(), tf.__internal__.FuncGraph("cache").as_default():
        cache = model._build_cache(tf.compat.v1.placeholder("int32", (batch, LENGTH)))[1]
    graph = read_graph(model, inputs=dict.fromkeys(("token_ids", "padding_mask"), (batch, LENGTH)))
    assert graph.kv_cache.nbytes == math.prod(cache.shape) * np.dtype(cache.dtype.name).itemsize
    assert (graph.kv_cache.batch, graph.kv_cache.lengths, len(graph.kv_cache.layers)) == (batch, (LENGTH,), 2)


def test_encoders_keep_no_keys_and_values():
    inputs = dict.fromkeys(("token_ids", "padding_mask", "segment_ids"), (1, LENGTH))
    assert read_graph(bert(), inputs=inputs).kv_cache is None


def test_bert_base_at_one_length_takes_the_products_of_the_formula():
    """n(8Td² + 4T²d + 4Tdf) + 2d², each multiplication with its addition two."""
    n, length, d, f = 12, 128, 768, 3072
    base = models.BertBackbone(
        vocabulary_size=WORDS, num_layers=n, num_heads=12, hidden_dim=d, intermediate_dim=f, max_sequence_length=512
    )
    graph = read_graph(base, inputs=dict.fromkeys(("token_ids", "padding_mask", "segment_ids"), (1, length)))
    products = n * (8 * length * d**2 + 4 * length**2 * d + 4 * length * d * f) + 2 * d**2
    assert 2 * graph.cost.macs == products == 22_348_431_360
    assert graph.cost.flops > products  # and what is computed for each element
