"""The public face as an editor and a type checker see it, and the type checker's verdict on kfx itself."""

import ast
import subprocess
import sys
from pathlib import Path

import jedi
import pytest

import kfx

ROOT = Path(__file__).parent.parent

SCRIPT = """\
import keras
import numpy as np

import kfx

inputs = keras.Input((4,), name="pixels")
hidden = keras.layers.Dense(3, name="hidden")(inputs)
model = keras.Model(inputs, keras.layers.Dense(2, name="scores")(hidden))
data = np.ones((5, 4), "float32")

summary = kfx.summary(model, line_length=80)
text: str = str(summary)
table = summary.to_csv()
graph = kfx.plot_model(model)
graph.save("model.svg")
features = kfx.extract(model, data, "hidden")
names: list[str] = list(features)
difference = kfx.diff(model, kfx.snapshot(model))
controls = kfx.callbacks.Controls()
kfx.fit(model, data, np.ones((5, 2)), epochs=1, callbacks=[controls])
"""


def check(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run the type checker on a user's script, with the settings of a user: none but that Keras has no types."""
    (folder / "script.py").write_text(script)
    command = [sys.executable, "-m", "mypy", "--config-file=", "--ignore-missing-imports", "script.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_type_checker_finds_no_error_in_kfx():
    done = subprocess.run([sys.executable, "-m", "mypy"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_users_script_passes_a_type_checker(tmp_path):
    done = check(tmp_path, SCRIPT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("kfx.sumary(model)", 'Module has no attribute "sumary"'),
        ("kfx.summary(model, line_lenght=80)", 'Unexpected keyword argument "line_lenght" for "summary"'),
        ("summary.to_cvs()", '"Summary" has no attribute "to_cvs"'),
        ("kfx.callbacks.Control()", 'Module has no attribute "Control"'),
    ],
)
def test_a_mistake_in_a_users_script_is_found(tmp_path, line, expected):
    done = check(tmp_path, SCRIPT + line + "\n")
    assert done.returncode == 1
    assert expected in done.stdout


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("kfx.", {"summary", "plot_model", "extract", "fit", "callbacks", "KfxError"}),
        ("summary.", {"to_csv", "to_markdown", "to_pandas", "save"}),
        ("kfx.callbacks.", {"Curves", "Progress", "LayerMonitor"}),
    ],
)
def test_an_editor_completes_names(line, names):
    script = SCRIPT + line
    found = jedi.Script(script).complete(len(script.splitlines()), len(line))
    assert names <= {completion.name for completion in found}


def test_the_typed_face_and_the_table_name_the_same():
    tree = ast.parse(Path(kfx.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    typed = {
        alias.asname: "kfx" if node.module == "kfx" else node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module.startswith("kfx")
        for alias in node.names
    }
    assert typed == {**kfx._HOME, **dict.fromkeys(kfx._ROOMS, "kfx")}
