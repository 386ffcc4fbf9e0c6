"""The numbers behind the codes of quantized layers, against the numbers before quantization."""

import numpy as np
import pytest
from keras import layers

from kfx.keras_access.saving.codes import numbers_behind

LAYERS = {
    "dense": (lambda: layers.Dense(12), (None, 16), "kernel"),
    "einsum": (lambda: layers.EinsumDense("abc,cde->abde", (None, 2, 6)), (None, 5, 16), "kernel"),
    "embedding": (lambda: layers.Embedding(20, 16), (None, 5), "embeddings"),
}


@pytest.mark.parametrize(("mode", "steps"), [("int8", 127), ("int4", 7)])
@pytest.mark.parametrize("kind", LAYERS)
def test_they_are_within_half_a_step_of_the_kernel(kind, mode, steps):
    make, shape, name = LAYERS[kind]
    layer = make()
    layer.build(shape)
    before = np.array(getattr(layer, name))
    layer.quantize(mode)
    (found,) = [numbers for numbers in numbers_behind(layer).values() if numbers is not None]
    assert found.shape == before.shape
    assert np.abs(found - before).max() <= np.abs(before).max() / steps * 1.01


def test_a_layer_of_numbers_has_none():
    layer = layers.Dense(3)
    layer.build((None, 4))
    assert numbers_behind(layer) == {}
