"""What all tests share: their order, golden files, a quiet Keras, a small model and names that try to do harm."""

import os
import re
from importlib.metadata import version
from pathlib import Path

import pytest

IN_CI = bool(os.environ.get("CI"))

HOSTILE_NAMES = {
    "script": "<script>window.kfxHarm=1</script>",
    "image": "<img src=x onerror=window.kfxHarm=1>",
    "entity": "a<b>&c&amp;",
    "quote": "\"quoted' `\\",
    "newline": "two\nlines",
    "long": "n" * 10_000,
    "korean": "합성곱",
    "emoji": "🦊🧡",
    "rtl": "טבלה\u202egnorw",
    "surrogate": "half\ud83d",
    "control": "bell\x07\x1b[31mred\x00",
}


def pytest_addoption(parser):
    parser.addoption("--regold", action="store_true", help="write the golden files anew instead of comparing with them")
    parser.addoption("--thorough", action="store_true", help="also repeat a claim over many networks or notebooks")


def pytest_configure(config):
    if config.getoption("regold") and IN_CI:
        raise pytest.UsageError("--regold writes what tests compare with, so never in CI: run it by hand and read the diff.")


def pytest_collection_modifyitems(config, items):
    """The quick and telling tests first: pure ones, those with Keras, the slow, the browser's, the notebooks'."""
    if not config.getoption("thorough"):
        left_out = [item for item in items if item.get_closest_marker("thorough")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("thorough")]
    for item in items:
        if "browser" in item.path.parent.parts:
            item.add_marker(pytest.mark.browser)
    items.sort(key=_rank)


def pytest_runtest_setup(item):
    """What Keras does otherwise in older versions is not asked of them; `tests/oldest` runs with such a one."""
    for mark in item.iter_markers("since_keras"):
        if _numbers(version("keras")) < _numbers(mark.args[0]):
            pytest.skip(f"Keras {version('keras')} does otherwise here than {mark.args[0]} and later")


def _numbers(text):
    return [int(part) for part in re.findall(r"\d+", text)[:3]]


def _rank(item):
    if item.path.suffix == ".ipynb":
        return 4
    if item.get_closest_marker("browser"):
        return 3
    if item.get_closest_marker("slow"):
        return 2
    return int("keras" in item.fixturenames or hasattr(getattr(item, "module", None), "keras"))


@pytest.fixture(scope="session")
def keras():
    """The ``keras`` module, imported without TensorFlow's chatter."""
    from kfx.quiet import import_keras

    return import_keras()


@pytest.fixture
def golden(request):
    """``golden("name.txt", content)`` compares with ``golden/name.txt`` beside the test; ``--regold`` writes it anew."""
    folder = Path(request.path).parent / "golden"

    def check(name, content):
        file = folder / name
        content = content if isinstance(content, bytes) else content.encode()
        if request.config.getoption("regold"):
            folder.mkdir(exist_ok=True)
            file.write_bytes(content)
        assert file.exists(), f"There is no golden file {name!r} yet: run pytest --regold and read what it writes."
        expected = file.read_bytes()
        if b"\0" in expected:
            assert content == expected
        assert content.decode() == expected.decode()

    return check


@pytest.fixture(params=HOSTILE_NAMES.values(), ids=HOSTILE_NAMES.keys())
def hostile_name(request):
    """A layer name that somebody else chose."""
    return request.param


@pytest.fixture
def small_model(keras):
    """Three calls in a row with a skip: ``pixels -> first -> second -> add(first, second) -> scores``, 90 parameters."""
    pixels = keras.Input((4,), name="pixels")
    first = keras.layers.Dense(4, activation="relu", name="first")(pixels)  # 4 * 4 + 4 = 20
    second = keras.layers.Dense(4, name="second")(first)  # 20
    both = keras.layers.Add(name="add")([first, second])
    return keras.Model(pixels, keras.layers.Dense(10, name="scores")(both), name="small")  # 4 * 10 + 10 = 50


@pytest.fixture
def contrast():
    """How far apart two colours ``#rrggbb`` are in lightness, 1 to 21, as WCAG 2 has it; letters want 4.5."""

    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def ratio(one, other):
        lighter, darker = sorted((light(one), light(other)), reverse=True)
        return (lighter + 0.05) / (darker + 0.05)

    return ratio
