"""Costs of operations that take kernels or factors as arguments: against the equivalent layer, and worked out by hand."""

import keras
import numpy as np
import pytest
from keras import layers

from kfx.model.read.model import read_graph


def costs_of(make, *shapes):
    """The costs of the calls of operations and layers that ``make`` builds on inputs of these shapes."""
    inputs = [keras.Input(s) for s in shapes]
    return [c.cost for c in read_graph(keras.Model(inputs, make(*inputs))).calls if c.kind != "input"]


def numbers(*shape):
    return np.ones(shape, "float32")


IMAGE = (8, 8, 6)
PAIRS = {  # an operation, the layer that does the same, and their FLOPs by hand
    "conv": (
        lambda x: keras.ops.conv(x, numbers(3, 3, 6, 4), padding="same"),
        lambda: layers.Conv2D(4, 3, padding="same", use_bias=False),
        2 * (8 * 8 * 4) * (3 * 3 * 6),
    ),
    "strided": (
        lambda x: keras.ops.conv(x, numbers(3, 2, 6, 4), strides=2),
        lambda: layers.Conv2D(4, (3, 2), strides=2, use_bias=False),
        2 * (3 * 4 * 4) * (3 * 2 * 6),
    ),
    "dilated": (
        lambda x: keras.ops.conv(x, numbers(3, 3, 6, 4), dilation_rate=2),
        lambda: layers.Conv2D(4, 3, dilation_rate=2, use_bias=False),
        2 * (4 * 4 * 4) * (3 * 3 * 6),
    ),
    "depthwise": (
        lambda x: keras.ops.depthwise_conv(x, numbers(3, 3, 6, 2), padding="same"),
        lambda: layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same", use_bias=False),
        2 * (8 * 8 * 12) * 9,
    ),
    "separable": (
        lambda x: keras.ops.separable_conv(x, numbers(3, 3, 6, 2), numbers(1, 1, 12, 5), padding="same"),
        lambda: layers.SeparableConv2D(5, 3, depth_multiplier=2, padding="same", use_bias=False),
        2 * (8 * 8 * 12 * 9 + 8 * 8 * 12 * 5),
    ),
    "transposed": (
        lambda x: keras.ops.conv_transpose(x, numbers(3, 3, 4, 6), strides=2, padding="same"),
        lambda: layers.Conv2DTranspose(4, 3, strides=2, padding="same", use_bias=False),
        2 * (8 * 8 * 6) * (3 * 3 * 4),
    ),
    "max pool": (lambda x: keras.ops.max_pool(x, 2), lambda: layers.MaxPooling2D(2), (4 * 4 * 6) * 4),
    "oblong pool": (
        lambda x: keras.ops.max_pool(x, (3, 2), strides=1),
        lambda: layers.MaxPooling2D((3, 2), strides=1),
        (6 * 7 * 6) * 6,
    ),
    "average pool": (
        lambda x: keras.ops.average_pool(x, 3, strides=1, padding="same"),
        lambda: layers.AveragePooling2D(3, strides=1, padding="same"),
        (8 * 8 * 6) * 9,
    ),
}


@pytest.mark.parametrize("what", PAIRS)
def test_an_operation_costs_what_the_layer_costs_that_does_the_same(what):
    operation, layer, flops = PAIRS[what]
    (cost,), (same,) = costs_of(operation, IMAGE), costs_of(lambda x: layer()(x), IMAGE)
    assert (cost.flops, cost.macs, cost.source) == (same.flops, same.macs, same.source)
    assert cost.flops == flops


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_pools_size_counts_along_every_axis(rank):
    (cost,) = costs_of(lambda x: keras.ops.max_pool(x, 2), (*[4] * rank, 3))
    assert cost.flops == 3 * 2**rank * 2**rank


def test_a_convolution_with_channels_first_and_a_kernel_that_is_a_tensor_costs_the_same():
    (cost,) = costs_of(lambda x: keras.ops.conv(x, numbers(3, 3, 6, 4), data_format="channels_first"), (6, 8, 8))
    image, kernel = keras.Input((8, 8, 6)), keras.Input(batch_shape=(3, 3, 6, 4))
    graph = read_graph(keras.Model([image, kernel], keras.ops.conv(image, kernel)))
    assert cost.macs == graph.cost.macs == (6 * 6 * 4) * (3 * 3 * 6)


A, B = (5, 6), (6, 7)  # a batch of the first by the second is 5 × 6 × 7


@pytest.mark.parametrize(
    ("make", "shapes", "macs"),
    [
        (lambda x: keras.ops.matmul(x, numbers(6, 7)), [A], 5 * 6 * 7),
        (lambda x: keras.ops.matmul(numbers(3, 5), x), [A], 3 * 5 * 6),
        (lambda x, y: x @ y, [A, B], 5 * 6 * 7),
        (lambda x: keras.ops.matmul(x, numbers(6)), [A], 5 * 6),
        (lambda x: keras.ops.dot(x, numbers(6, 7)), [A], 5 * 6 * 7),
        (lambda x: keras.ops.dot(x, numbers(2, 6, 7)), [A], 5 * 6 * 2 * 7),
        (lambda x: keras.ops.dot(x, 3.0), [A], 0),
        (lambda x: keras.ops.tensordot(x, numbers(6, 7), axes=1), [A], 5 * 6 * 7),
        (lambda x: keras.ops.tensordot(x, numbers(5, 6, 7), axes=2), [A], 5 * 6 * 7),
        (lambda x: keras.ops.tensordot(x, numbers(7, 6), axes=[[2], [1]]), [A], 5 * 6 * 7),
        (lambda x: keras.ops.einsum("bij,jk->bik", x, numbers(6, 7)), [A], 5 * 6 * 7),
        (lambda x: keras.ops.einsum("ij,bjk->bik", numbers(3, 5), x), [A], 3 * 5 * 6),
        (lambda x, y: keras.ops.einsum("bij,bjk->bik", x, y), [A, B], 5 * 6 * 7),
    ],
)
def test_a_product_counts_arrays_as_well_as_tensors(make, shapes, macs):
    (cost,) = costs_of(make, *shapes)
    assert cost.macs == macs
    assert cost.flops == (2 * macs or 5 * 6), "by a single number it is a multiplication an element"


def test_a_product_with_a_variable_of_a_layer_counts():
    weight = keras.Variable(numbers(6, 7))
    (cost,) = costs_of(lambda x: keras.ops.matmul(x, weight), A)
    assert cost.macs == 5 * 6 * 7


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda x: keras.ops.einsum("bij,jk,kl->bil", x, numbers(6, 7), numbers(7, 2)), "depends on the order"),
        (lambda x: keras.ops.tensordot(x, numbers(4, 6), axes=[[0], [0]]), "the first axis"),
    ],
)
def test_a_product_that_cannot_be_known_says_why(make, why):
    x = keras.Input(batch_shape=(4, *A))
    cost = next(c for c in read_graph(keras.Model(x, make(x))).calls if c.kind == "op").cost
    assert cost.flops is None
    assert why in cost.source
