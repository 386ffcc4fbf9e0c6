"""`kfx.extract_generate`: the values at any layers at every step of a generation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.keras_access.forward import checked, eagerly
from kfx.keras_access.hooks import listening
from kfx.values.axes import AxisNames, axis_names
from kfx.values.features import Features, address_text
from kfx.values.generating.passes import STEP, calls_by_layer, can_generate
from kfx.values.generating.tap import GenerationTap, Taken
from kfx.values.patching.compiled import compiled_apart
from kfx.values.tap.calls import specs_of, traced_calls
from kfx.values.tap.choose import choose_addresses, wanted_list
from kfx.values.tap.program import cached

if TYPE_CHECKING:
    import keras


class Generation(Features):
    """Values by address at every step of a generation: arrays ``(batch, step, ...)``, one step for each new token.

    The value of a step is that of the last token before the new one. Where a step gives one value for each position, as the
    outputs of a block do, the step takes the place of the position: ``(batch, step, unit)``.

    Attributes:
        output: What ``model.generate`` returned: texts, or token ids.
        prompt: The values of the first pass, over the whole prompt: ``(batch, position, ...)``.
    """

    __slots__ = ("prompt",)
    prompt: Features

    def __init__(self, values: Mapping[str, object], *, prompt: Features, **settings: Any) -> None:
        super().__init__(values, **settings)
        object.__setattr__(self, "prompt", prompt)

    def _axes_of(self, label: str, array: Any) -> tuple[str, ...]:
        batch, _, *rest = super()._axes_of(label, array)
        return (batch, "step", *rest)

    def __reduce__(self) -> tuple[Callable[..., Features], tuple[dict[str, object]]]:
        made = partial(Generation, prompt=self.prompt, output=self.output, proof=self.proof, axes=self._axes)
        return made, (dict(self._values),)


def extract_generate(
    model: keras.Model, inputs: object, layers: object, *, run_eagerly: bool | None = None, **settings: Any
) -> Generation:
    """Generate with a language model of KerasHub, and return the values at some layers at every step.

    Runs ``model.generate(inputs, **settings)``, with its cache and its sampler, in one compiled loop; the same tokens come
    out. Inside `kfx.patch`, the values are those of the patched generation. The model is left as it was. What is compiled is
    kept for the next call with the same layers.

    Args:
        model: A ``keras_hub.models.CausalLM``, or a model with ``generate`` and ``generate_step`` like it.
        inputs: Prompts, as for ``model.generate``.
        layers: As for `kfx.extract`: addresses of layers in the model's own graph, e.g.
            ``"gpt2_backbone/transformer_layer_*"``. Generation calls the layers inside the backbone, never the backbone
            itself; of a pattern, what it does not call is left out. Operations inside layers have no values by step.
        run_eagerly: True does not compile; None does as the model says.
        **settings: As for ``model.generate``: ``max_length``, ``stop_token_ids``, ``strip_prompt``.

    Returns:
        A mapping from addresses to arrays ``(batch, step, ...)``; ``.prompt`` holds the pass over the prompt, ``.output`` the
        texts or tokens. With a beam sampler there are as many rows as beams, in the order that they have at each step.

    Raises:
        TypeError: The model does not generate.
        ValueError: An address names nothing, or nothing that generation calls; or the steps of several batches, or of a
            sampler that tries several tokens at once, do not make one array.
        UnbuiltModelError: The model has no weights yet.

    Example:
        With KerasHub: ``kfx.extract_generate(lm, "Keras is", "gpt2_backbone/transformer_layer_5", max_length=20)``. Without:

        >>> import keras, kfx
        >>> try:
        ...     kfx.extract_generate(keras.Sequential([keras.Input((4,))]), "Keras is", "*")
        ... except TypeError as error:
        ...     print(str(error)[:40])
        `model` is 'Sequential'; expected a lang
    """
    if not can_generate(model):
        raise TypeError(
            f"`model` is {type(model).__name__!r}; expected a language model with `generate` and `generate_step`, such as a "
            "CausalLM of KerasHub."
        )
    model = checked(model)
    specs = specs_of(model)
    keys = choose_addresses(model, layers, specs)
    eager = eagerly(model, run_eagerly)
    calls = calls_by_layer(traced_calls(model, specs))
    sampler = getattr(model, "sampler", None)
    tap = cached(model, (extract_generate, keys, sampler, eager), lambda: GenerationTap(model, keys, calls, run_eagerly=eager))
    with tap.lock, compiled_apart(model, tap, (STEP,)), listening(tap):
        tap.taken = []
        output = model.generate(inputs, **settings)
        taken, tap.taken = tap.taken, []
    found = [key for key in keys if key in tap.met]
    _require_all(model, keys, found, wanted_list(layers))
    axes = axis_names(model, keys, traced_calls(model, specs).calls)
    return _joined(taken, found, output, axes)


def _require_all(model: keras.Model, keys: Sequence[str], found: Sequence[str], wanted: Sequence[object]) -> None:
    """Refuse addresses that were asked for one by one, or alone, and that generation does not call."""
    missed = [key for key in keys if key not in found]
    if missed and (not found or any(key in wanted for key in missed)):
        asked = [key for key in missed if key in wanted] or missed
        raise ValueError(
            f"{address_text(asked[0])!r} is not called while {str(model.name)!r} generates: its layers are called one by one, "
            "with a cache. Give an address of a layer inside the backbone."
        )


def _joined(
    taken: Sequence[Mapping[str, Taken]], keys: Sequence[str], output: object, axes: Mapping[str, AxisNames]
) -> Generation:
    """Return the values of all batches."""
    prompt: dict[str, object] = {}
    steps: dict[str, object] = {}
    for key in keys:
        passes = [batch[key] for batch in taken]
        count = len(passes[0].before[0])
        first = [_one_array(key, [batch.before[0][n] for batch in passes], 0) for n in range(count)]
        prompt[key] = first[0] if count == 1 else tuple(first)
        later = [_one_array(key, [_by_step(key, batch, n) for batch in passes], 0) for n in range(count)]
        steps[key] = later[0] if count == 1 else tuple(later)
    return Generation(steps, prompt=Features(prompt, axes=axes), output=output, axes=axes)


def _by_step(key: str, taken: Taken, number: int) -> np.ndarray:
    """Return one tensor of the steps after the prompt as ``(batch, step, ...)``."""
    first, later = taken.before[0][number], [one[number] for one in (*taken.before[1:], *taken.steps)]
    if not later:  # nothing was generated, or the layer is called for the prompt alone, as those of an encoder
        return np.zeros((len(first), 0, *first.shape[2 if first.ndim > 2 else 1 :]), first.dtype)
    position = later[0].ndim > 1 and later[0].shape[1] == 1 and (later[0].ndim == 3 or first.shape[1] > 1)
    return _one_array(key, later if position else [x[:, None] for x in later], 1)


def _one_array(key: str, arrays: Sequence[np.ndarray], axis: int) -> np.ndarray:
    if len({x.shape[:axis] + x.shape[axis + 1 :] for x in arrays}) > 1:
        shapes = " and ".join(map(str, dict.fromkeys(x.shape for x in arrays)))
        raise ValueError(
            f"The values of {address_text(key)!r} have shapes {shapes} in different passes: not one array. Generate one batch "
            "at a time, with a sampler that tries one token at each step."
        )
    found = arrays[0] if len(arrays) == 1 else np.concatenate(arrays, axis)
    found.flags.writeable = False
    return found
