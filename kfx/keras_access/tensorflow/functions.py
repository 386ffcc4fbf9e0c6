"""Find the function of Keras or TensorFlow that the running code called, such as `keras.ops.silu` or `tf.tensordot`.

One such call may make many operations of TensorFlow. It is found on the stack: the outermost function of a library, below the
code of a user, of a layer or of a model.
"""

from __future__ import annotations

import inspect
import sys
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType
from typing import NamedTuple

from kfx.keras_access.importing import import_keras

_ROOMS = ("ops", "activations", "random")  # folders of Keras whose functions a user calls
_OWN_CODE = ("layers", "models", "applications")  # folders of Keras whose code calls functions as a user's code does
_UNNAMED = frozenset(["convert_to_tensor", "convert_to_numpy", "shape", "is_tensor", "dtype", "identity", "get"])
_WORDS = {"BatchNormalization": "BatchNorm", "LayerNormalization": "LayerNorm", "RmsNormalization": "RMSNorm"}
_TENSORFLOW = {  # names of TensorFlow's functions by their name in Keras
    "Silu": "silu swish",
    "Gelu": "gelu",
    "Softmax": "softmax softmax_v2",
    "LogSoftmax": "log_softmax log_softmax_v2",
    "Relu6": "relu6",
    "LeakyRelu": "leaky_relu",
    "Matmul": "matmul",
    "Einsum": "einsum einsum_v2",
    "Tensordot": "tensordot",
    "Moments": "moments moments_v2",
    "BatchNorm": "batch_normalization",
    "Normalize": "l2_normalize l2_normalize_v2",
    "Norm": "norm norm_v2",
    "Std": "reduce_std",
    "Var": "reduce_variance",
    "Logsumexp": "reduce_logsumexp reduce_logsumexp_v1",
    "Mean": "reduce_mean reduce_mean_v1",
    "Clip": "clip_by_value",
    "OneHot": "one_hot",
    "Repeat": "repeat repeat_with_axis",
    "Split": "split",
    "Unstack": "unstack",
    "Stack": "stack",
    "Roll": "roll",
    "Flip": "reverse",
    "Pad": "pad pad_v2",
    "Take": "gather gather_v2 embedding_lookup embedding_lookup_v2",
    "GetItem": "_slice_helper",
    "Where": "where where_v2",
    "Conv": "conv1d conv1d_v2 conv2d conv2d_v2 conv3d conv3d_v2 convolution convolution_v2",
    "DepthwiseConv": "depthwise_conv2d depthwise_conv2d_v2",
    "SeparableConv": "separable_conv2d separable_conv2d_v2",
    "MaxPool": "max_pool max_pool_v2 max_pool2d",
    "AveragePool": "avg_pool avg_pool_v2 avg_pool2d",
    "Resize": "resize_images resize_images_v2",
    "Cast": "cast",
    "Map": "map_fn map_fn_v2",
    "Scan": "scan scan_v2",
    "Normal": "random_normal stateless_random_normal",
    "TruncatedNormal": "truncated_normal stateless_truncated_normal",
    "Uniform": "random_uniform stateless_random_uniform",
    "Dropout": "dropout dropout_v2",
    "WhileLoop": "while_loop while_loop_v2",
    "Cond": "cond cond_for_tf_v2",
}
_BY_NAME = {name: word for word, names in _TENSORFLOW.items() for name in names.split()}


class _Code(NamedTuple):
    """What a function on the stack is: a library's or not, and its name in Keras's words if it is a public one."""

    is_library: bool
    word: str


class Callers:
    """Finds the library function around the running code; remembers what it has seen, so keep one for a run."""

    def __init__(self) -> None:
        self._known: dict[CodeType, _Code] = {}

    def find(self, frame: FrameType | None) -> tuple[FrameType, str] | None:
        """Return the stack frame of the outermost public function of a library, and its name; None if there is none."""
        found, known = None, self._known
        while frame is not None:
            code = frame.f_code
            said = known.get(code)
            if said is None:
                said = known[code] = _Code(*_describe(code.co_filename, code.co_name))
            if not said.is_library:
                break
            if said.word:
                found = frame, said.word
            frame = frame.f_back
        return found


@lru_cache(maxsize=4096)
def _describe(file: str, name: str) -> tuple[bool, str]:
    keras, tensorflow, others = _folders()
    file = file.replace("\\", "/")
    if file.startswith(tensorflow):
        return True, _BY_NAME.get(name, "")
    if file.startswith(keras):
        part = file[len(keras) :].partition("/")[0]
        return part not in _OWN_CODE, _keras_words().get(name, "") if part in _ROOMS else ""
    return file.startswith(others) and "-packages/" not in file, ""


@lru_cache(maxsize=1)
def _folders() -> tuple[str, str, tuple[str, ...]]:
    """Return the folders of Keras's source, of TensorFlow, and of other libraries that they call."""
    import tensorflow

    found = [
        Path(str(import_keras().__file__)).parent / "src",
        Path(str(tensorflow.__file__)).parent,
        Path(str(inspect.__file__)).parent,
    ]
    keras, tensor, standard = (f"{path.as_posix()}/" for path in found)
    return keras, tensor, (standard,)


@lru_cache(maxsize=1)
def _keras_words() -> dict[str, str]:
    """Return the name of the operation of each function of `keras.ops` and `keras.activations`: ``"Silu"`` for ``silu``."""
    keras, found = import_keras(), {}
    for room in (keras.random, keras.activations, keras.ops):
        for function in vars(room).values():
            if inspect.isfunction(function) and function.__name__ not in _UNNAMED:
                classes = {name.lower(): name for name in vars(sys.modules[function.__module__])}
                plain = function.__name__.replace("_", "")
                camel = "".join(part.capitalize() for part in function.__name__.split("_"))
                found[function.__name__] = _WORDS.get(camel) or _class_name(classes.get(plain), camel)
    return found


def _class_name(name: str | None, otherwise: str) -> str:
    return name if name is not None and name[:1].isupper() else otherwise
