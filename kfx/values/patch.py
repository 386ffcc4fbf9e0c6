"""`kfx.patch`: other values at some addresses, for calls inside a `with` block."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kfx.errors import PatchError
from kfx.keras_access.forward import checked
from kfx.keras_access.hooks import listening
from kfx.keras_access.no_call import has_no_call, only_part
from kfx.keras_access.not_a_model import model_in
from kfx.values.features import address_text
from kfx.values.parts import part_addresses, runner_of
from kfx.values.patching.compiled import compiled_apart
from kfx.values.patching.hook import PatchHook

if TYPE_CHECKING:
    import keras

_SHOWN = 5


@contextlib.contextmanager
def patch(model: keras.Model, changes: Mapping[Any, object], *, inputs: object = None) -> Iterator[None]:
    """Replace what layers of a model, and operations inside them, return, for calls that this thread makes inside the block.

    Holds for ``model(x)``, ``model.predict``, ``model.evaluate``, ``model.fit``, and every verb of kfx, compiled or not. Other
    threads see the unchanged model. After the block, also after an exception, nothing is left of it.

    Holds for ``model.generate`` of a language model of KerasHub too. Generation calls a layer once for the prompt, with values
    ``(batch, position, ...)``, and then once for each new token, with one position; what a layer caches stays as it is.

    Operations inside layers (``"block/add"``) and parts of Keras's layers (``"attention/scores"``) are replaced in a graph: a
    model that is called outside of one, or under a gradient tape, becomes a function of TensorFlow's for that call.

    Args:
        model: A built Keras model of any kind. Of one without ``call`` (a GAN, a VAE), the patch holds wherever the part
            that an address is in is called, also in ``train_step``.
        changes: By address (or anything that `kfx.extract` takes as ``layers``): a function from a call's outputs to their
            replacement, made of `keras.ops`, such as `kfx.silence` and `kfx.steer` return; or an array, e.g. the values of
            another run, or a number, which is broadcast to their shape.
        inputs: What the model is called with, where Keras does not remember it, as for `kfx.read_graph`: data, shapes or specs.

    Raises:
        TypeError: ``changes`` is not a dict.
        ValueError: An address names nothing, or two changes are for the same values; or a replacement has another shape.
        UnbuiltModelError: The model has no weights yet.
        PatchError: At the end of the block, an address was never reached. Or operations are to be replaced with
            ``run_eagerly=True``.

    Example:
        >>> import keras, kfx, numpy as np
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="hidden")])
        >>> with kfx.patch(model, {"hidden": kfx.silence(1)}):
        ...     float(model(np.ones((1, 4)))[0, 1])
        0.0
    """
    with patched(model, changes, inputs) as hooks:
        yield
    missed = [key for hook in hooks if not hook.ran_elsewhere for key in hook.addresses if key not in hook.reached]
    if missed:
        raise PatchError(_never_reached(model, missed))


@contextlib.contextmanager
def patched(model: keras.Model, changes: Mapping[Any, object], inputs: object = None) -> Iterator[list[PatchHook]]:
    """Replace values as `patch` does, without an error where nothing was replaced; yields the hooks."""
    if not isinstance(changes, Mapping):
        raise TypeError(f"`changes` is {changes!r:.60}; expected a dict of replacements by address: {{'hidden': 0}}.")
    model = model_in(model)
    hooks: list[PatchHook] = []
    with contextlib.ExitStack() as stack:
        for run, some in _by_part(model, changes):
            hook = PatchHook(run, some, inputs)
            hooks.append(hook)
            for one in {id(x): x for x in (model, only_part(run))}.values():
                stack.enter_context(compiled_apart(one, hook))
            stack.enter_context(listening(hook, place="innermost"))
        yield hooks


def _by_part(model: keras.Model, changes: Mapping[Any, object]) -> list[tuple[keras.Model, Mapping[Any, object]]]:
    """Return the model with all changes; for a model without ``call``, each part with the changes in it."""
    if not has_no_call(model):
        return [(checked(model), changes)]
    found: dict[str, dict[Any, object]] = {}
    for address, change in changes.items():
        for part in part_addresses(model, address):
            found.setdefault(part, {})[address] = change
    return [(runner_of(model, part), some) for part, some in found.items()]


def _never_reached(model: keras.Model, missed: list[str]) -> str:
    names = ", ".join(repr(address_text(key)) for key in missed[:_SHOWN])
    more = f" and {len(missed) - _SHOWN} more" if len(missed) > _SHOWN else ""
    return (
        f"The patch of {names}{more} was never reached: nothing called {'it' if len(missed) == 1 else 'them'} in the block. "
        f"Call {str(model.name)!r} in it, in the same thread; a tf.function made before does not see the patch."
    )
