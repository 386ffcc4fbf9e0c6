"""Every data file is named with its licence, is small, and is inside the wheel."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from kfx.datasets import files
from kfx.errors import KfxError

REPOSITORY = Path(__file__).parents[2]
DATA = sorted(path.relative_to(files.FOLDER).as_posix() for path in files.FOLDER.rglob("*") if path.is_file())
LICENSES = (files.FOLDER / "LICENSES.md").read_text(encoding="utf-8")


def test_every_data_file_has_a_licence_line():
    table = dict(re.findall(r"^\| `([^`]+)` \| [^|]+ \| ([^|]+) \|", LICENSES, re.MULTILINE))
    assert sorted([*table, "LICENSES.md"]) == DATA
    assert table["mnist_6000.npz"].strip() == "CC BY-SA 3.0"
    assert {table[name].strip() for name in table if name.startswith("photos/")} == {"public domain", "CC0 1.0"}


@pytest.mark.parametrize(
    "notice",
    [
        "creativecommons.org/licenses/by-sa/3.0",
        "Copyright (c) Refik Can Malli",
        "Copyright (c) 2017, Jett Oristaglio",
        "WordNet 3.0 Copyright 2006 by Princeton University",
    ],
)
def test_notices_that_must_travel_are_there(notice):
    assert notice in LICENSES


def test_all_data_together_is_small():
    assert sum((files.FOLDER / name).stat().st_size for name in DATA) < 3_500_000


def test_missing_file_is_said_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    with pytest.raises(KfxError, match=r"'mnist_6000\.npz' is missing from this installation\. In a clone of kfx: pip install"):
        files.arrays("mnist_6000.npz")


def test_pickled_objects_in_a_data_file_are_refused(monkeypatch, tmp_path):
    import numpy as np

    monkeypatch.setattr(files, "FOLDER", tmp_path)
    np.savez(tmp_path / "evil.npz", x=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        files.arrays("evil.npz")


def test_names_are_those_of_the_documentation():
    import kfx
    import kfx.datasets as datasets

    assert kfx.datasets is datasets
    assert all(getattr(datasets, name).__doc__ or name.isupper() for name in datasets.__all__)


def test_wheel_holds_data_and_tutorials(tmp_path):
    clone = tmp_path / "clone"  # the repository without what a notebook that runs right now may have written
    shutil.copytree(REPOSITORY, clone, ignore=shutil.ignore_patterns(".*", "__pycache__", "*.keras", "build", "dist"))
    pip_wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip_wheel, "--wheel-dir", str(tmp_path), str(clone)], check=True)
    (wheel,) = tmp_path.glob("keras_kfx-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"kfx/datasets/data/{name}" for name in DATA} <= names
    notebooks = {path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / "tutorials").glob("*/*.ipynb")}
    assert notebooks
    assert {f"kfx/{name}" for name in notebooks} <= names
    assert not any(name.endswith(".pyc") for name in names)
    assert wheel.stat().st_size < 10_000_000
