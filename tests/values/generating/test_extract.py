"""Values of a generation by step are those of a full pass over the finished text, and the tokens stay the same."""

import pickle

import numpy as np
import pytest

import kfx
from tests.values.generating.models import LENGTH, PROMPT, STEPS, WORDS, by_hand, generated, hub, made, prompt


def extracted(lm, layers, **settings):
    return kfx.extract_generate(lm, prompt(), layers, **{"stop_token_ids": None, **settings})


@pytest.mark.parametrize("name", ["GPT2", "Llama", "Gemma"])
def test_values_by_step_equal_those_of_a_full_pass_over_the_text(name):
    lm, block = made(name)
    plain, function, attributes = generated(lm), lm.generate_function, set(vars(lm))
    found = extracted(lm, block)
    np.testing.assert_array_equal(found.output["token_ids"], plain)
    full = kfx.extract(lm, {"token_ids": plain, "padding_mask": np.ones_like(plain)}, block)[block]
    assert found[block].shape == (2, STEPS, 16)
    np.testing.assert_allclose(found[block], full[:, PROMPT - 1 : -1], rtol=1e-4, atol=2e-4)
    np.testing.assert_allclose(found.prompt[block][:, :PROMPT], full[:, :PROMPT], rtol=1e-4, atol=2e-4)
    assert found.axes(block)[:2] == ("batch", "step")
    assert lm.generate_function is function
    assert set(vars(lm)) == attributes
    again = pickle.loads(pickle.dumps(found))
    np.testing.assert_array_equal(again.prompt[block], found.prompt[block])


def test_a_patched_generation_gives_the_tokens_of_a_loop_by_hand_and_its_values():
    lm, block = made("GPT2")
    plain = generated(lm)
    with kfx.patch(lm, {block: lambda x: -x}):
        want = by_hand(lm)
        found = extracted(lm, block)
        full = kfx.extract(lm, {"token_ids": want, "padding_mask": np.ones_like(want)}, block)[block]
    np.testing.assert_array_equal(found.output["token_ids"], want)
    assert (want != plain).any()
    np.testing.assert_allclose(found[block], full[:, PROMPT - 1 : -1], rtol=1e-4, atol=2e-4)
    np.testing.assert_array_equal(generated(lm), plain)


def test_a_pattern_means_what_generation_calls_and_shared_layers_are_told_apart():
    lm, _ = made("GPT2")
    found = extracted(lm, ["gpt2_backbone/*", "token_embedding"])
    assert "gpt2_backbone/padding_mask" not in found
    assert found["gpt2_backbone/token_embedding"].shape == (2, STEPS, 16)
    assert found["token_embedding"].shape == (2, STEPS, WORDS)
    table = lm.backbone.token_embedding.get_weights()[0]
    tokens = found.output["token_ids"]
    np.testing.assert_array_equal(found["gpt2_backbone/token_embedding"], table[tokens[:, PROMPT - 1 : -1]])
    np.testing.assert_array_equal(found["token_embedding"].argmax(-1), tokens[:, PROMPT:])


def test_what_is_compiled_serves_again():
    lm, block = made("GPT2")
    first = extracted(lm, block)
    step, calls = type(lm).generate_step, []
    try:
        type(lm).generate_step = lambda *args, **settings: calls.append(1) or step(*args, **settings)
        second = extracted(lm, block)
    finally:
        type(lm).generate_step = step
    assert not calls
    np.testing.assert_array_equal(first[block], second[block])


@pytest.mark.parametrize("sampler", ["TopKSampler", "RandomSampler"])
def test_a_sampler_with_a_seed_draws_the_same_tokens(sampler):
    lm, block = made("GPT2", sampler=getattr(hub.samplers, sampler)(seed=3))
    seeds = [np.asarray(seed) for seed in lm.sampler.variables]
    plain = generated(lm)
    for seed, value in zip(lm.sampler.variables, seeds, strict=True):
        seed.assign(value)
    found = extracted(lm, block)
    np.testing.assert_array_equal(found.output["token_ids"], plain)
    assert found[block].shape == (2, STEPS, 16)


def test_beams_are_rows_and_several_candidates_are_refused():
    lm, block = made("GPT2", sampler=hub.samplers.BeamSampler(num_beams=3))
    found = extracted(lm, block)
    np.testing.assert_array_equal(found.output["token_ids"], generated(lm))
    assert (found[block].shape, found.prompt[block].shape) == ((6, STEPS, 16), (2, LENGTH, 16))
    lm.compile(sampler=hub.samplers.ContrastiveSampler(k=3, alpha=0.4))
    with pytest.raises(ValueError, match="in different passes: not one array"):
        extracted(lm, block)


def test_generation_may_stop_early_run_eagerly_and_take_a_data_set():
    import tensorflow as tf

    lm, block = made("GPT2")
    assert extracted(lm, block, stop_token_ids=list(range(1, WORDS)))[block].shape == (2, 1, 16)
    assert extracted(lm, block, stop_token_ids=[0])[block].shape == (2, 0, 16)  # the room for new tokens holds zeros
    compiled = extracted(lm, block)
    eager = extracted(lm, block, run_eagerly=True)
    np.testing.assert_allclose(eager[block], compiled[block], rtol=1e-4, atol=1e-5)
    data = tf.data.Dataset.from_tensor_slices(prompt()).batch(1)
    each = kfx.extract_generate(lm, data, block, stop_token_ids=None)
    np.testing.assert_allclose(each[block], compiled[block], rtol=1e-4, atol=1e-5)


def test_what_generation_does_not_call_is_refused(keras):
    lm, block = made("GPT2")
    for address in ("gpt2_backbone", "padding_mask"):
        with pytest.raises(ValueError, match=f"'{address}' is not called while 'gpt2_causal_lm' generates"):
            extracted(lm, address)
    with pytest.raises(ValueError, match="Did you mean"):
        extracted(lm, block + "x")
    with pytest.raises(TypeError, match="`model` is 'Sequential'; expected a language model"):
        kfx.extract_generate(keras.Sequential([keras.Input((3,))]), prompt(), "*")
