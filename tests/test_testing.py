"""``kfx.testing``: the plug-in fixes the environment, sees what nbval lets pass, and tells what is not compared and why."""

import os
import re
import subprocess
import sys

import nbformat
import pytest

from kfx.testing import KERNEL_ENVIRONMENT, SANITIZER

DRAWING = '<div class="kfx-s-0123456789ab"><img src="data:image/svg+xml;base64,QUJD"></div>'
OTHER_BYTES = DRAWING.replace("QUJD", "REVG").replace("0123456789ab", "ba9876543210")
TIME = "# Not compared: the time is never the same\n# NBVAL_IGNORE_OUTPUT\nprint('now')"


def cell(source, said=None, *, run=True, tags=()):
    outputs = [nbformat.v4.new_output("stream", name="stdout", text=f"{said}\n")] if said else []
    new = nbformat.v4.new_code_cell(source, outputs=outputs, execution_count=1 if run else None)
    new.metadata["tags"] = list(tags)
    return new


BOOKS = {
    "good": [
        cell("import os; print(os.environ['PYTHONHASHSEED'], os.environ['OMP_NUM_THREADS'])", "0 2"),
        cell(f"print({DRAWING!r})", OTHER_BYTES),
        cell("", run=False),
    ],
    "exempted": [cell(TIME, "then"), cell("print(2)", "3", tags=["nbval-ignore-output"])],
    "unrun": [cell("x = 1", run=False), cell("print(x)", "1")],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("books")
    (place / "pytest.ini").write_text("[pytest]\n")
    for name, cells in BOOKS.items():
        nbformat.write(nbformat.v4.new_notebook(cells=cells), place / f"{name}.ipynb")
    return place


def run(folder, *words):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "kfx.testing.notebooks", "--color=no"]
    command += ["--nbval", "--nbval-current-env", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=_without("PYTEST_ADDOPTS"))


@pytest.fixture(scope="module", params=[(), ("-n", "2", "--dist", "loadfile")], ids=["one process", "side by side"])
def all_of_them(folder, request):
    if request.param:
        pytest.importorskip("xdist")
    return run(folder, *request.param)


def test_drawings_and_the_environment_are_the_same_and_only_the_cell_never_run_fails(all_of_them):
    assert "1 failed, 6 passed" in all_of_them.stdout, all_of_them.stdout
    assert "This cell was never run, so there is nothing to compare: run the notebook" in all_of_them.stdout
    assert "FAILED unrun.ipynb::Cell 0" in all_of_them.stdout
    assert all_of_them.returncode == 1


def test_the_share_that_is_not_compared_is_told_with_each_reason(all_of_them):
    told = all_of_them.stdout.partition("cells of notebooks")[2]
    assert "7 code cells, 3 of them (42.9 %) not compared" in told
    assert "exempted.ipynb::Cell 0: the time is never the same" in told
    assert "exempted.ipynb::Cell 1: no reason given; add a line '# Not compared: <reason>' to the cell" in told
    assert "unrun.ipynb::Cell 0: never run" in told


def test_a_larger_share_than_is_allowed_fails(folder):
    done = run(folder, "--exempt-most", "50", "exempted.ipynb")
    assert done.returncode == 1
    assert "2 passed" in done.stdout
    assert "At most 50 % may be exempted (--exempt-most)." in done.stdout
    assert run(folder, "--exempt-most", "100", "exempted.ipynb").returncode == 0


def test_the_plug_in_leaves_other_tests_alone(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_it.py").write_text("import os\ndef test_it():\n    assert os.environ.get('PYTHONHASHSEED') is None\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "kfx.testing.notebooks", "-p", "no:nbval"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=_without("PYTHONHASHSEED"))
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert "cells of notebooks" not in done.stdout


def _without(name):
    return {key: value for key, value in os.environ.items() if key != name}


def test_the_sanitizer_is_a_file_that_nbval_reads():
    from nbval.plugin import get_sanitize_patterns

    def masked(text):
        for pattern, replacement in get_sanitize_patterns(SANITIZER.read_text(encoding="utf-8")):
            text = re.sub(pattern, replacement, text)
        return text

    assert masked(DRAWING) == masked(OTHER_BYTES)
    assert masked("2 layers") != masked("3 layers")


def test_the_environment_is_plain_text():
    assert all(isinstance(value, str) for value in KERNEL_ENVIRONMENT.values())


def test_deterministic_mode_gives_the_same_numbers_again():
    code = (
        "import kfx.testing\n"
        "for seed in (3, 3, 4):\n"
        "    kfx.testing.deterministic(seed)\n"
        "    import keras, numpy, random\n"
        "    print(random.random(), numpy.random.rand(), keras.random.normal((3,)).numpy().tolist())\n"
        "import tensorflow.python.framework.config as config\n"
        "print(config.is_op_determinism_enabled())"
    )
    first, again, other, ordered = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert first == again != other
    assert ordered == "True"
