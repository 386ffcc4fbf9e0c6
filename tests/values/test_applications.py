"""Every network of keras.applications, at a small input size: values equal Keras's own, bit for bit."""

import gc

import numpy as np
import pytest

import kfx

SIZES = {"InceptionV3": 75, "InceptionResNetV2": 75, "Xception": 71, "NASNetLarge": 64, "NASNetMobile": 64}
NAMES = [
    *["VGG16", "VGG19", "Xception", "ResNet50", "ResNet101", "ResNet152", "ResNet50V2", "ResNet101V2", "ResNet152V2"],
    *["InceptionV3", "InceptionResNetV2", "MobileNet", "MobileNetV2", "MobileNetV3Small", "MobileNetV3Large"],
    *["DenseNet121", "DenseNet169", "DenseNet201", "NASNetMobile", "NASNetLarge"],
    *[f"EfficientNetB{n}" for n in range(8)],
    *[f"EfficientNetV2{n}" for n in ("B0", "B1", "B2", "B3", "S", "M", "L")],
    *[f"ConvNeXt{n}" for n in ("Tiny", "Small", "Base", "Large", "XLarge")],
]
ALWAYS = {"MobileNetV3Small", "ResNet50", "EfficientNetB0"}  # the rest takes ten minutes: pytest --thorough


@pytest.mark.slow
@pytest.mark.parametrize("name", [n if n in ALWAYS else pytest.param(n, marks=pytest.mark.thorough) for n in NAMES])
def test_values_equal_keras_bit_for_bit(keras, name):
    size = SIZES.get(name, 32)
    model = getattr(keras.applications, name)(weights=None, include_top=False, input_shape=(size, size, 3))
    x = np.random.default_rng(0).uniform(0, 255, (2, size, size, 3)).astype("float32")
    function = [layer for layer in model.layers if not hasattr(layer, "_nodes_by_depth")]
    recipe = keras.Model(model.inputs, {layer.name: layer._inbound_nodes[-1].outputs[0] for layer in model.layers})
    want = recipe.predict_on_batch(x)
    values = kfx.extract(model, x, check=True)
    assert len(function) > 10
    for key, array in want.items():
        assert values[key].tobytes() == array.tobytes(), key
    assert "bit for bit" in values.proof
    del model, recipe, want, values
    keras.utils.clear_session()
    gc.collect()


def test_the_list_is_complete(keras):
    made = {n for n in dir(keras.applications) if n[:1].isupper()}
    assert made == set(NAMES)
