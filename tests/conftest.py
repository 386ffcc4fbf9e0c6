"""What all tests share: their order, golden files, a quiet Keras, a small model and names that try to do harm."""

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from kfx.model.facts import Cost, Edge, LayerCall, LayerGraph, Tensor

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
    from kfx.keras_access.importing import import_keras

    return import_keras()


@pytest.fixture
def korean():
    """Have kfx speak Korean in one test."""
    from kfx.text.language import language

    before = language()
    language("ko")
    yield
    language(before)


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
def subclassed(keras):
    """``subclassed(call, **parts)``: a model of a class of its own, with ``call(self, inputs)`` and these attributes."""

    def make(call, **parts):
        model = type("Subclassed", (keras.Model,), {"call": call})()
        for name, part in parts.items():
            setattr(model, name, part)
        return model

    return make


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


# Graphs made by hand: what a picture shows can be worked out on paper, and no Keras is needed.


def _call(key, type="Dense", *, shape=(None, 4), params=0, flops=0, parent=None, kind="layer", family="dense", calls=1, **more):
    """A call with one float32 output; its bytes follow from the shape."""
    path = tuple(key.split("/"))
    name, _, nth = path[-1].partition("@")
    known = None if None in shape[1:] else 4
    for axis in shape[1:]:
        known = known and known * axis
    defaults = {
        "own_params": params,
        "trainable": params,
        "weight_bytes": 4 * params,
        "outputs": (Tensor(shape, "float32"),),
        "cost": Cost(flops=flops, macs=None, activation_bytes=known, source="by hand"),
    }
    return LayerCall(
        key=key, path=path, name=name, kind=kind, type=type, family=family, call=int(nth or 1), calls=calls,
        params=params, parent=parent, **{**defaults, **more},
    )  # fmt: skip


def _source(key, shape=(None, 4), **more):
    return _call(key, "InputLayer", shape=shape, kind="input", family="io", **more)


@pytest.fixture
def make_call():
    return _call


@pytest.fixture
def make_input():
    return _source


@pytest.fixture
def nested_graph():
    """``image -> encoder(code_in -> squeeze, widen -> join) -> scores``: 20 + 40 + 90 = 150 parameters.

    Hand-worked: FLOPs 40 + 80 + 8 inside, 180 outside; bytes 16 (image) + 16 + 32 + 32 inside, 40 (scores).
    """
    calls = (
        _source("image"),
        _call("encoder", "Functional", shape=(None, 8), params=60, kind="model", family="model",
             inner_inputs=("encoder/code_in",), inner_outputs=(("encoder/join", 0),)),
        _source("encoder/code_in", parent="encoder"),
        _call("encoder/squeeze", params=20, flops=40, parent="encoder", settings=("4 units", "relu")),
        _call("encoder/widen", shape=(None, 8), params=40, flops=80, parent="encoder"),
        _call("encoder/join", "Concatenate", shape=(None, 8), flops=8, parent="encoder", family="merge"),
        _call("scores", shape=(None, 10), params=90, flops=180, settings=("10 units", "softmax"), config=(("units", "10"),)),
    )  # fmt: skip
    edges = (
        Edge("image", 0, "encoder"),
        Edge("encoder/code_in", 0, "encoder/squeeze"),
        Edge("encoder/squeeze", 0, "encoder/widen"),
        Edge("encoder/squeeze", 0, "encoder/join", "0.0"),
        Edge("encoder/widen", 0, "encoder/join", "0.1"),
        Edge("encoder", 0, "scores"),
    )
    return LayerGraph(
        name="pocket", type="Functional", kind="exact", calls=calls, edges=edges, inputs=("image",),
        outputs=(("scores", 0, ""),), params=150, trainable=150, weight_bytes=600,
    )  # fmt: skip


@pytest.fixture
def looped_graph():
    """``x -> cell(i -> step@1, + -> step@2, +) -> own(a, b) -> out``: an operation is no layer, ``own``'s wiring is unknown.

    Hand-counted: x, step, own, a, b, out are six layers; they are called seven times; two operations; one nested model.
    """
    calls = (
        _source("x"),
        _call("cell", "Functional", kind="model", family="model", inner_inputs=("cell/i",), inner_outputs=(("cell/add_1", 0),)),
        _source("cell/i", parent="cell"),
        _call("cell/step@1", params=20, calls=2, parent="cell"),
        _call("cell/add", "Add", kind="op", parent="cell", module="keras.ops"),
        _call("cell/step@2", own_params=20, calls=2, parent="cell"),
        _call("cell/add_1", "Add", kind="op", parent="cell", module="keras.ops"),
        _call("own", "Own", kind="opaque", family="custom"),
        _call("own/a", parent="own"),
        _call("own/b", parent="own"),
        _call("out"),
    )  # fmt: skip
    edges = (
        Edge("x", 0, "cell"),
        Edge("cell/i", 0, "cell/step@1"),
        Edge("cell/step@1", 0, "cell/add"),
        Edge("cell/i", 0, "cell/add"),
        Edge("cell/add", 0, "cell/step@2"),
        Edge("cell/step@2", 0, "cell/add_1"),
        Edge("cell/i", 0, "cell/add_1"),
        Edge("cell", 0, "own"),
        Edge("own", 0, "out"),
    )
    return LayerGraph("looped", "Functional", "exact", calls, edges, ("x",), (("out", 0, ""),), params=20)


@pytest.fixture
def shared_graph():
    """One embedding of 10 × 8 called on two inputs of any length: 80 parameters, counted once."""
    cost = {"flops": None}
    calls = (
        _source("title", (None, None)),
        _source("body", (None, None)),
        _call("words@1", "Embedding", shape=(None, None, 8), params=80, calls=2, family="seq", settings=("10 → 8",), **cost),
        _call(
            "words@2", "Embedding", shape=(None, None, 8), calls=2, own_params=80, family="seq", settings=("10 → 8",), **cost
        ),
    )
    edges = (Edge("title", 0, "words@1"), Edge("body", 0, "words@2"))
    return LayerGraph(
        name="tickets", type="Functional", kind="exact", calls=calls, edges=edges, inputs=("title", "body"),
        outputs=(("words@1", 0, "title"), ("words@2", 0, "body")), params=80, trainable=80, weight_bytes=320,
    )  # fmt: skip


@pytest.fixture
def named_graph():
    """``named_graph(*names)``: an input and one dense layer of each name after the other, 20 parameters each."""

    def make(*names):
        calls = [_source("start"), *map(_named, names)]
        edges = [Edge(a.key, 0, b.key) for a, b in itertools.pairwise(calls)]
        total = 20 * len(names)
        return LayerGraph(
            name=names[0], type="Functional", kind="exact", calls=tuple(calls), edges=tuple(edges), inputs=("start",),
            outputs=((calls[-1].key, 0, ""),), params=total, trainable=total, weight_bytes=4 * total,
        )  # fmt: skip

    return make


def _named(name):
    return LayerCall(
        key=name, path=(name,), name=name, kind="layer", type="Dense", family="dense", params=20, trainable=20, own_params=20,
        weight_bytes=80, outputs=(Tensor((None, 4), "float32"),), cost=Cost(36, 16, 16, "by hand"),
    )  # fmt: skip


@pytest.fixture
def handler():
    """The handler of interrupts is Python's own, before a test and after it, also in a process that was started without one."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def no_engine(monkeypatch):
    """Neither a system ``dot`` nor ``pygraphviz`` is found."""
    from kfx.draw.graphviz import engine

    monkeypatch.setenv("KFX_DOT", "")
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda name: None)


@pytest.fixture(scope="session")
def node():
    """The path of Node.js; without it the test skips, and in CI it fails."""
    found = shutil.which("node")
    if found is None:
        (pytest.fail if IN_CI else pytest.skip)("Node.js is not installed: install version 18 or newer to test the scripts.")
    return found


@pytest.fixture(scope="session")
def scripts(tmp_path_factory):
    """A copy of the scripts and of their tests beside a ``package.json`` that declares them as ES modules."""
    root, folder = Path(__file__).parent.parent, tmp_path_factory.mktemp("scripts")
    (folder / "package.json").write_text(json.dumps({"type": "module"}))
    for path in (*root.glob("kfx/**/*.js"), *root.glob("tests/web/js/*.mjs")):
        copy = folder / path.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    return folder


@pytest.fixture(scope="session")
def run_script(node, scripts):
    """``run_script(source, given)`` runs a module beside the scripts' tests in Node and returns the JSON that it prints."""

    def run(source, given=""):
        file = scripts / "tests/web/js/look.mjs"
        file.write_text(source)
        done = subprocess.run([node, file], input=given, capture_output=True, text=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
