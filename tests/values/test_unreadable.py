"""What the graph shows and no pass gives is told beforehand, with its reason."""

import numpy as np
import pytest

import kfx


def test_layers_that_are_never_called_and_what_is_in_them(keras):
    class Half(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.used, self.unused = keras.layers.Dense(4, name="used"), keras.layers.Dense(4, name="unused")
            self.unused.build((None, 4))

        def call(self, x):
            return x + self.used(x)

    i = keras.Input((4,))
    model = keras.Model(i, Half(name="half")(i))
    assert kfx.unreadable(model) == {"half/unused": "not called in the traced run"}
    with pytest.raises(ValueError, match=r"'half/unused' of model .* has no values: not called in the traced run"):
        kfx.extract(model, np.ones((2, 4)), "half/unused")
