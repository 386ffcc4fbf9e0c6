"""TensorFlow's start-up lines stay out of the error stream, real errors do not."""

import os
import subprocess
import sys

import pytest

from kfx.keras_access.importing import QuietFirstImport, silenced_stderr


def run(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )
    return done.stdout, done.stderr


@pytest.fixture
def noisy(tmp_path, monkeypatch):
    """A stand-in for TensorFlow that writes to file descriptor 2 while it loads, before everything else on the path."""
    folder = tmp_path / "tensorflow"
    folder.mkdir()
    (folder / "__init__.py").write_text("import os\nos.write(2, b'I0000 cpu_feature_guard\\n')\nx = 1\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return folder / "__init__.py"


def test_what_is_written_inside_does_not_come_out(capfd):
    os.write(2, b"before\n")
    with silenced_stderr():
        os.write(2, b"noise\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "before\nafter\n"


def test_what_was_written_before_an_error_comes_out(capfd):
    @silenced_stderr()
    def load():
        os.write(2, b"libcudart is missing\n")
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        load()
    assert capfd.readouterr().err == "libcudart is missing\n"


def test_no_file_descriptor_is_lost():
    count = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else pytest.skip("needs /proc")
    for _ in range(3):
        with silenced_stderr():
            pass
    assert len(os.listdir("/proc/self/fd")) == count


def test_the_stand_in_is_noisy_by_itself(noisy):
    assert run("import tensorflow") == ("", "I0000 cpu_feature_guard\n")


WAIT = "import sys, kfx.keras_access.importing as q; before = list(sys.meta_path); q.QuietFirstImport().install(); "


def test_the_users_first_import_is_quiet_and_the_hook_is_gone_afterwards(noisy):
    out, err = run(WAIT + "import tensorflow as tf; print(tf.x, sys.meta_path == before, vars(tf.__loader__).keys())")
    assert err == ""
    assert out == "1 True dict_keys(['name', 'path'])\n"


def test_an_error_of_the_first_import_surfaces_with_what_was_written(noisy):
    noisy.write_text(noisy.read_text() + "raise ImportError('libcudart.so.12 is not there')")
    _, err = run(WAIT + "import tensorflow")
    assert "I0000 cpu_feature_guard" in err
    assert "ImportError: libcudart.so.12 is not there" in err


def test_other_imports_are_not_touched(noisy):
    (noisy.parent.parent / "loud.py").write_text("import os; os.write(2, b'hello\\n')")
    _, err = run(WAIT + "import loud")
    assert err == "hello\n"


def test_a_missing_tensorflow_is_reported_by_python_itself():
    code = WAIT + "sys.path[:] = [p for p in sys.path if 'site-packages' not in p]; import tensorflow"
    _, err = run(code)
    assert "ModuleNotFoundError: No module named 'tensorflow'" in err


def test_waiting_twice_is_waiting_once_and_can_be_given_up():
    before = list(sys.meta_path)
    kept = {name: sys.modules.pop(name, None) for name in ("tensorflow", "keras")}
    try:
        QuietFirstImport().install()
        QuietFirstImport().install()
        assert len(sys.meta_path) == len(before) + 1
        QuietFirstImport.remove()
        assert sys.meta_path == before
    finally:
        sys.modules.update({name: module for name, module in kept.items() if module})


def test_nothing_is_waited_for_once_tensorflow_is_there(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", object())
    before = list(sys.meta_path)
    QuietFirstImport().install()
    assert sys.meta_path == before


def test_importing_keras_writes_nothing():
    out, err = run("from kfx.keras_access.importing import import_keras; print(import_keras().__name__)")
    assert (out, err) == ("keras\n", "")


def test_an_unknown_backend_is_named_with_those_that_there_are():
    code = """
from kfx.errors import KfxError
from kfx.keras_access.importing import import_keras
try:
    import_keras()
except KfxError as error:
    print(error)
"""
    out, _ = run(code, KERAS_BACKEND="foo")
    wanted = "set KERAS_BACKEND to 'tensorflow', 'jax' or 'torch', or unset it"
    assert out == f"Keras cannot be imported: Unable to import backend foo; {wanted}.\n"
