"""Read attributes of Keras's layers and tensors that have no public name and do not concern the graph."""

from __future__ import annotations

from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING

from kfx.keras_access.internals import cache_by_class, global_state, is_builtin

if TYPE_CHECKING:
    import keras
    import tensorflow as tf
    from keras.src.ops.node import Node as Node  # the type of a call in a graph, which has no public name


def takes_training(layer: keras.Layer) -> bool:
    """Return whether a layer's ``call`` takes ``training``."""
    return bool(getattr(layer, "_call_has_training_arg", True))


def training_in_call() -> object:
    """Return the ``training`` of the layer that is being called: given, else of the layer around, else the default; or None."""
    state = global_state()
    context = None if state is None else state.get_global_attribute("current_call_ctx")
    return getattr(context, "training", None)


def own_trainable_variables(layer: keras.Operation) -> list[keras.Variable]:
    """Return the trainable variables that a layer holds itself, without those of the layers inside it."""
    return list(getattr(layer, "_trainable_variables", ()))


def added_losses(layer: keras.Operation) -> list[tf.Tensor]:
    """Return what a layer itself added to the loss with ``add_loss`` since its model's call began."""
    return list(getattr(layer, "_losses", ()))


def attention_axes(layer: keras.Layer, rank: int) -> tuple[int, ...]:
    """Return the axes that an attention layer attends over, for a query of ``rank`` axes."""
    return tuple(getattr(layer, "_attention_axes", None) or range(1, rank - 1))


def attention_key_width(layer: keras.Layer) -> int | None:
    """Return the number of features of the keys that a built attention layer projects; None where it is not known."""
    kernel = getattr(getattr(layer, "_key_dense", None), "_kernel", None)
    return None if kernel is None else int(kernel.shape[0])


def attention_has_bias(layer: keras.Layer) -> bool:
    """Return whether the projections of an attention layer add a bias."""
    return bool(layer._use_bias)


def mask_of(tensor: object) -> object:
    """Return the mask that Keras keeps with a tensor, or None."""
    return getattr(tensor, "_keras_mask", None)


def copy_mask(source: tf.Tensor, target: tf.Tensor) -> None:
    """Give one tensor the mask that Keras keeps with another."""
    mask = getattr(source, "_keras_mask", None)
    if mask is not None:
        target._keras_mask = mask


# Attributes of a layer's place in a model, of its past calls, and of what only Keras's own machinery reads.
_KEPT_ASIDE = """
    _name name _path _parent_path _inbound_nodes _outbound_nodes _build_shapes_dict _losses _loss_ids _losses_override
    _metrics _called _tracker _tracked _auto_config _lock _call_signature call_signature_parameters _call_has_context_arg
    _call_context_args _layers _trainable_variables _non_trainable_variables _seed_generators _layer_lock
    _convert_input_args _allow_non_tensor_positional_args supports_jit build quantize _obj_reference_counts_dict
    _remat_mode _input_spec input_spec _saved_model_inputs_spec _saved_model_arg_spec _self_setattr_tracking
    _self_unconditional_checkpoint_dependencies _self_unconditional_dependency_names _self_update_uid
    _self_saveable_object_factories _self_tracked_trackables _self_name_based_restores _keras_api_names
    _distribute_strategy optimizer _compile_loss _compile_metrics _loss_tracker train_function test_function
    predict_function stop_training history _self_unconditional_deferred_dependencies _call_has_training_arg
    _call_has_mask_arg
"""
NOT_FOR_CALLS = frozenset(_KEPT_ASIDE.split())
_FOR_BUILDING = ("_initializer", "_regularizer", "_constraint")  # the ends of names of what `build` and the losses use
_NAMES = frozenset({"name", "path", "_name", "_path"})
_NOT_CALLS = frozenset({"__init__", "build", "get_config", "from_config", "add_weight", "__repr__", "__str__"})


def attributes_of_calls(layer: keras.Layer) -> tuple[tuple[str, ...], tuple[object, ...]]:
    """Return the names and values of the attributes on which a layer's ``call`` can depend."""
    held = vars(layer)
    names, values = _for_calls(tuple(held), is_builtin(type(layer)))
    if getattr(layer, "_functional", layer) is None:  # a Sequential without a graph
        return (*names, "_layers"), (*values(held), layer._layers)
    return names, values(held)


@lru_cache(maxsize=8192)
def _for_calls(names: tuple[str, ...], of_keras: bool) -> tuple[tuple[str, ...], itemgetter]:
    kept = [n for n in names if not (n in NOT_FOR_CALLS or n.endswith(_FOR_BUILDING))]
    kept = [n for n in kept if not (of_keras and n == "seed")]
    return tuple(kept), itemgetter(*kept)


@cache_by_class
def reads_its_name(cls: type) -> bool:
    """Return whether the code of a class, Keras's own aside, may depend on the name of the layer."""
    for base in cls.__mro__:
        if base.__module__.split(".")[0] in ("keras", "builtins"):
            continue
        for name, member in vars(base).items():
            code = getattr(member, "__code__", None) or getattr(getattr(member, "fget", None), "__code__", None)
            if name not in _NOT_CALLS and code is not None and not _NAMES.isdisjoint(code.co_names):
                return True
    return False
