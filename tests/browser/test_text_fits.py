"""No word of a drawing leaves its box or lies over another, whatever the font: live, in a saved SVG, in the page."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Callable, Iterator

import keras
import pytest
from keras import layers
from playwright.sync_api import Page
from text_boxes import ARIAL, show_file, show_live

import kfx

FONTS = [ARIAL, "DejaVu Sans", "DejaVu Sans Condensed"]
NETWORKS = sorted(n for n, made in vars(keras.applications).items() if callable(made) and n[0].isupper())
OFTEN = ["ConvNeXtTiny", "EfficientNetV2B0", "InceptionV3", "MobileNetV3Small", "VGG16"]  # all others with --thorough


def unet() -> keras.Model:
    x = image = keras.Input((64, 64, 3), name="image")
    skips = []
    for n, width in enumerate((16, 32, 64, 128)):
        x = layers.Conv2D(width, 3, padding="same", activation="relu", name=f"encoder_{n}_convolution")(x)
        skips.append(x)
        x = layers.MaxPooling2D(name=f"down_{n}")(x)
    x = layers.Conv2D(256, 3, padding="same", name="bottleneck")(x)
    for n, (width, skip) in enumerate(zip((128, 64, 32, 16), skips[::-1], strict=True)):
        x = layers.Conv2DTranspose(width, 2, strides=2, name=f"up_{n}")(x)
        x = layers.Conv2D(width, 3, padding="same", name=f"decoder_{n}")(layers.Concatenate(name=f"skip_{n}")([skip, x]))
    return keras.Model(image, layers.Conv2D(1, 1, activation="sigmoid", name="mask")(x), name="unet")


def siamese() -> keras.Model:
    left, right, x = (keras.Input((28, 28, 1), name=name) for name in ("left", "right", "one"))
    encoder = keras.Model(x, layers.Dense(16)(layers.Flatten()(layers.Conv2D(8, 3)(x))), name="shared_encoder")
    apart = layers.Subtract(name="difference")([encoder(left), encoder(right)])
    return keras.Model([left, right], layers.Dense(1, name="같은_사람인가")(apart), name="siamese")


def three_inputs() -> keras.Model:
    names = ("나이와_성별", "a_very_long_name_of_an_input_with_many_words", "region")
    inputs = [keras.Input((10 * n + 1,), name=name) for n, name in enumerate(names)]
    joined = layers.Concatenate()([layers.Dense(8, name=f"embed_{n}")(x) for n, x in enumerate(inputs)])
    return keras.Model(inputs, layers.Dense(3, name="점수")(joined), name="three")


def korean() -> keras.Model:
    x = image = keras.Input((32, 32, 64), name="입력_영상")
    for name in (
        "합성곱_층_하나",
        "한글_이름이_붙은_아주_긴_층_이름_하나_더_길게",
        "depthwise_convolution_of_block_three",
        "batch_normalization_4",
    ):
        kind = layers.BatchNormalization if "batch" in name else lambda name: layers.Conv2D(64, 3, padding="same", name=name)
        x = kind(name=name)(x)
    return keras.Model(image, x, name="한국어")


def hub(name: str) -> keras.Model:
    models = pytest.importorskip("keras_hub").models
    small = {"hidden_dim": 16, "intermediate_dim": 32, "vocabulary_size": 100, "num_layers": 3}
    heads = {**small, "num_heads": 2, "max_sequence_length": 16}
    made = {
        "bert": lambda: models.BertBackbone(**heads),
        "gpt2": lambda: models.GPT2Backbone(**heads),
        "llama": lambda: models.LlamaBackbone(**small, num_query_heads=4, num_key_value_heads=2),
        "vit": lambda: models.ViTBackbone(
            image_shape=(32, 32, 3), patch_size=8, num_layers=3, num_heads=2, hidden_dim=16, mlp_dim=32
        ),
        "resnet": lambda: models.ResNetBackbone(
            input_conv_filters=[64],
            input_conv_kernel_sizes=[7],
            stackwise_num_filters=[64, 128],
            stackwise_num_blocks=[2, 2],
            stackwise_num_strides=[1, 2],
            block_type="basic_block",
            image_shape=(32, 32, 3),
        ),
    }
    return made[name]()


MODELS: dict[str, Callable[[], keras.Model]] = {
    **{make.__name__: make for make in (unet, siamese, three_inputs, korean)},
    **{name: lambda name=name: hub(name) for name in ("bert", "gpt2", "llama", "vit", "resnet")},
    **{name: lambda name=name: getattr(keras.applications, name)(weights=None) for name in NETWORKS},
}


@pytest.fixture(scope="module")
def page(lab) -> Iterator[Page]:
    page = lab.browser.new_page(viewport={"width": 1000, "height": 1200})
    yield page
    page.close()


def thorough(names):
    kept = [*itertools.takewhile(lambda name: name not in NETWORKS, names), *OFTEN]
    return [pytest.param(name, marks=() if name in kept else pytest.mark.thorough) for name in names]


@pytest.mark.parametrize("name", thorough(list(MODELS)))
def test_words_stay_in_their_boxes_and_apart(page, name):
    view = kfx.plot_model(MODELS[name]())
    traits = {**view.live_traits(), "colour": "family", "selected": "", "slot": ""}
    traits["drawing"] = view.live_drawing(traits["unfolded"])
    saved = view.svg()
    found = {}
    for family in FONTS:
        found[f"live, {family}"] = show_live(page, traits, family)
        found[f"file without its font, {family}"] = show_file(page, saved, family)
    found["file"] = show_file(page, saved)
    boxes = len(traits["drawing"]["boxes"])  # a large picture has only names in its boxes while all of it is in sight
    assert all(each["texts"] >= (1 if how.startswith("live") else 2) * boxes for how, each in found.items())
    assert {how: each["said"] for how, each in found.items() if each["said"]} == {}
    keras.backend.clear_session()


def installed() -> str:
    return subprocess.run(["fc-list", ":", "family", "style"], capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("family", FONTS[1:])
def test_the_fonts_of_these_tests_are_there(family):
    """Otherwise the browser takes another one, and the tests above say less than they seem to."""
    assert family in installed(), "install fonts-dejavu-core and fonts-dejavu-extra"


def test_a_name_is_cut_before_its_number_and_is_whole_for_those_who_ask(page):
    x = keras.Input((8, 8, 64), name="x")
    view = kfx.plot_model(keras.Model(x, layers.BatchNormalization(name="batch_normalization_4")(x)))
    traits = {**view.live_traits(), "colour": "family", "selected": "", "slot": ""}
    traits["drawing"] = view.live_drawing(traits["unfolded"])
    assert show_live(page, traits, "DejaVu Sans Mono")["said"] == []
    box = page.locator(".kn").nth(1)
    name, number = box.locator(".nm").text_content(), box.locator(".rt").text_content()
    assert number == "256"
    head, cut, tail = name.partition("…")
    assert cut
    assert "batch_normalization_4".startswith(head)
    assert "batch_normalization_4".endswith(tail)
    assert len(head) < len(tail)
    assert "batch_normalization_4" in box.locator("title").text_content()
    assert "batch_normalization_4" in box.get_attribute("aria-label")
    assert box.locator(".nm").get_attribute("textLength") is None
