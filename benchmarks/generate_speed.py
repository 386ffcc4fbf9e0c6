"""What taking and patching values costs a language model that generates, against its own ``generate``.

    python benchmarks/generate_speed.py [--rounds 15] [--tokens 48]

Models of KerasHub from small configurations, random weights, greedy. Each round runs every way once, in a rotating order; what
is printed is the median of the ratios to the plain way of the same round: by the clock, and by the processor time used, which
other programs disturb less. All ways are compiled before. "one block" takes the values of one block at every step, "all blocks"
of all, "patch" doubles the output of one block.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras_hub
import numpy as np

import kfx

WORDS, LAYERS, WIDTH = 1000, 6, 128
SIZES = {"vocabulary_size": WORDS, "num_layers": LAYERS, "hidden_dim": WIDTH, "intermediate_dim": 4 * WIDTH}


def made(name: str, length: int):
    models = keras_hub.models
    if name == "GPT2":
        backbone = models.GPT2Backbone(**SIZES, num_heads=4, max_sequence_length=length)
        return models.GPT2CausalLM(backbone=backbone), "gpt2_backbone/transformer_layer_"
    if name == "Llama":
        backbone = models.LlamaBackbone(**SIZES, num_query_heads=4, num_key_value_heads=2)
        return models.LlamaCausalLM(backbone=backbone), "llama_backbone/transformer_layer_"
    backbone = models.GemmaBackbone(**SIZES, num_query_heads=4, num_key_value_heads=1, head_dim=32)
    return models.GemmaCausalLM(backbone=backbone), "gemma_backbone/decoder_block_"


def ratios(ways: dict, rounds: int) -> dict[str, tuple[float, float]]:
    """The median ratios to "plain" over rounds, by the clock and by the processor."""
    names, found = list(ways), {name: [] for name in ways}
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            clock, processor = time.perf_counter(), time.process_time()
            ways[name]()
            found[name].append((time.perf_counter() - clock, time.process_time() - processor))
    plain = found["plain"]
    return {
        name: tuple(statistics.median(a[n] / b[n] for a, b in zip(took, plain, strict=True)) for n in (0, 1))
        for name, took in found.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--tokens", type=int, default=48)
    arguments = parser.parse_args()
    length, start = arguments.tokens + 8, 8
    for name in ("GPT2", "Llama", "Gemma"):
        lm, block = made(name, length)
        lm.compile(sampler="greedy")
        tokens = np.random.default_rng(0).integers(1, WORDS, (2, length)).astype("int32")
        mask = (np.arange(length) < start).astype("int32") * np.ones_like(tokens)
        prompt = {"token_ids": tokens * mask, "padding_mask": mask}
        ways = {
            "plain": lambda lm=lm, prompt=prompt: lm.generate(prompt, stop_token_ids=None),
            "one block": lambda lm=lm, prompt=prompt, key=f"{block}2": kfx.extract_generate(
                lm, prompt, key, stop_token_ids=None
            ),
            "all blocks": lambda lm=lm, prompt=prompt, key=f"{block}?": kfx.extract_generate(
                lm, prompt, key, stop_token_ids=None
            ),
        }
        for way in ways.values():
            way()
        for way, (clock, processor) in ratios(ways, arguments.rounds).items():
            print(f"{name:6} {way:11} {clock:5.2f} x by the clock, {processor:5.2f} x by the processor", flush=True)
        with kfx.patch(lm, {f"{block}2": lambda x: 2 * x}):
            patched = lm.generate_function
            patched(prompt, stop_token_ids=None)
            original = patched.original
            ways = {
                "plain": lambda prompt=prompt, run=original: run(prompt, stop_token_ids=None),
                "patch": lambda prompt=prompt, run=patched: run(prompt, stop_token_ids=None),
            }
            clock, processor = ratios(ways, arguments.rounds)["patch"]
        print(f"{name:6} {'patch':11} {clock:5.2f} x by the clock, {processor:5.2f} x by the processor", flush=True)


if __name__ == "__main__":
    main()
