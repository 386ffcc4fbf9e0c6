"""Every public name has an example in its docstring, and every example in a docstring runs and prints what it says."""

import doctest
import importlib
import inspect
from pathlib import Path

import pytest

import kfx
import kfx.testing

PACKAGE = Path(kfx.__file__).parent
WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)
ROOMS = {
    "callbacks": kfx.callbacks.__all__,
    "datasets": kfx.datasets.__all__,
    "exercises": ["check"],
    "testing": ["deterministic"],
}


def public_things():
    """``name -> thing`` of all functions and classes that users call by name.

    Errors and `kfx.runs` explain themselves; `kfx.datasets.cifar10` would download 171 MB.
    """
    for room, names in {"": kfx._HOME, **ROOMS}.items():
        for name in names:
            thing = getattr(getattr(kfx, room) if room else kfx, name)
            is_ours = (getattr(thing, "__module__", None) or "").startswith("kfx")  # kfx.Model is keras.Model itself
            if (inspect.isfunction(thing) or inspect.isclass(thing)) and is_ours and not _is_error(thing) and name != "cifar10":
                yield f"{room}.{name}".strip("."), thing


def _is_error(thing):
    return inspect.isclass(thing) and issubclass(thing, Exception)


@pytest.fixture
def determinism():
    """Put TensorFlow's determinism back: an example of `kfx.testing` turns it on, and Keras then compiles nothing by XLA."""
    from tensorflow.python.framework import config

    before = config.is_op_determinism_enabled()
    yield
    if not before:
        config.disable_op_determinism()


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_module_run_as_they_are_written(keras, determinism, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keras.utils.clear_session(free_memory=False)
    module = importlib.import_module(name)
    ran = doctest.testmod(module)
    assert ran.attempted > 0
    assert ran.failed == 0


@pytest.mark.parametrize(("name", "thing"), list(public_things()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_public_name_has_an_example_of_a_few_lines(name, thing):
    examples = doctest.DocTestParser().get_examples(inspect.getdoc(thing) or "")
    assert 1 <= len(examples) <= 8, f"kfx.{name} has {len(examples)} lines of example"


def test_no_example_is_skipped():
    assert [str(path) for path in PACKAGE.rglob("*.py") if "doctest: +SKIP" in path.read_text(encoding="utf-8")] == []
