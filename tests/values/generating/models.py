"""Language models of KerasHub, small, with weights that make them say something."""

import numpy as np
import pytest

hub = pytest.importorskip("keras_hub", reason="KerasHub is not installed: pip install '.[hub]' to run the tests of generation")

WORDS, LENGTH, PROMPT = 60, 8, 3
STEPS = LENGTH - PROMPT
SIZES = {"vocabulary_size": WORDS, "num_layers": 2, "hidden_dim": 16, "intermediate_dim": 32}


def made(name, **compiled):
    """A model that generates, and the address of its second block."""
    models = hub.models
    if name == "GPT2":
        backbone = models.GPT2Backbone(**SIZES, num_heads=2, max_sequence_length=LENGTH)
        lm, block = models.GPT2CausalLM(backbone=backbone), "gpt2_backbone/transformer_layer_1"
    elif name == "Llama":
        backbone = models.LlamaBackbone(**SIZES, num_query_heads=2, num_key_value_heads=1)
        lm, block = models.LlamaCausalLM(backbone=backbone), "llama_backbone/transformer_layer_1"
    else:
        backbone = models.GemmaBackbone(**SIZES, num_query_heads=2, num_key_value_heads=1, head_dim=8)
        lm, block = models.GemmaCausalLM(backbone=backbone), "gemma_backbone/decoder_block_1"
    draw = np.random.default_rng(5)
    for weight in lm.trainable_variables:
        weight.assign(draw.normal(0, 0.4, weight.shape))
    lm.compile(**{"sampler": "greedy", **compiled})
    return lm, block


def prompt():
    """Two examples of three tokens, with room for five more."""
    tokens = np.random.default_rng(1).integers(1, WORDS, (2, LENGTH)).astype("int32")
    mask = np.zeros((2, LENGTH), "int32")
    mask[:, :PROMPT] = 1
    return {"token_ids": tokens * mask, "padding_mask": mask}


def generated(lm):
    """The tokens that the model's own ``generate`` gives."""
    return np.asarray(lm.generate(prompt(), stop_token_ids=None)["token_ids"])


def by_hand(lm):
    """The same tokens, one by one, each from a full pass of the model over the text so far."""
    text = prompt()["token_ids"].copy()
    for place in range(PROMPT, LENGTH):
        logits = np.asarray(lm({"token_ids": text, "padding_mask": np.ones_like(text)}))
        text[:, place] = logits[:, place - 1].argmax(-1)
    return text
