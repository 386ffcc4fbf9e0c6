"""The wheel as `pip install .` builds it: its name, its metadata and what it holds."""

import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.licenses import canonicalize_license_expression

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    from hatchling.builders.wheel import WheelBuilder

    (made,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"])
    with zipfile.ZipFile(made) as archive:
        yield archive


@pytest.fixture(scope="module")
def metadata(wheel):
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return Parser().parsestr(wheel.read(name).decode("utf-8"))


def test_the_distribution_has_a_name_that_no_other_project_has_and_the_import_keeps_its_own(wheel, metadata):
    assert metadata["Name"] == "keras-kfx"
    assert "kfx/__init__.py" in wheel.namelist()
    (entry,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert "kfx = keras_kfx:main" in wheel.read(entry).decode()
    assert "keras_kfx.py" in wheel.namelist()


def test_metadata_names_the_authors_and_no_address_that_does_not_exist(metadata):
    assert metadata["Author"] == "kfx developers"
    assert metadata.get_all("Project-URL") is None
    assert metadata["Home-page"] is None


@pytest.mark.parametrize(
    "classifier", ["Programming Language :: Python :: 3.10", "Programming Language :: Python :: 3.13", "Framework :: Jupyter"]
)
def test_metadata_says_where_it_runs(metadata, classifier):
    assert classifier in metadata.get_all("Classifier")


def test_licences_of_the_data_in_the_wheel_are_declared(wheel, metadata):
    expression = metadata["License-Expression"]
    assert canonicalize_license_expression(expression) == expression
    named = set(expression.split(" AND "))
    texts = [name for name in wheel.namelist() if ".dist-info/licenses/" in name]
    assert set(metadata.get_all("License-File")) == {name.partition("/licenses/")[2] for name in texts}
    told = "\n".join(wheel.read(name).decode("utf-8") for name in texts)
    words = {"CC BY-SA 3.0": "CC-BY-SA-3.0", "CC0 1.0": "CC0-1.0", "MIT": "MIT", "BSD-3-Clause": "BSD-3-Clause",
             "public domain": "LicenseRef-Public-Domain", "WordNet 3.0 licence": "LicenseRef-WordNet-3.0"}  # fmt: skip
    rows = [line.split("|")[3] for line in told.splitlines() if line.startswith("| `")]
    used = {word.strip() for row in rows for word in row.split(";")}
    assert {words[word] for word in used} | {"Apache-2.0"} == named


def test_every_file_of_the_sample_data_has_a_licence(wheel):
    data = {name.removeprefix("kfx/datasets/data/") for name in wheel.namelist() if name.startswith("kfx/datasets/data/")}
    told = wheel.read("kfx/datasets/data/LICENSES.md").decode("utf-8")
    assert {name for name in data if f"| `{name}` |" not in told} == {"LICENSES.md"}


def test_nothing_of_a_machine_is_in_the_wheel(wheel):
    assert [name for name in wheel.namelist() if "__pycache__" in name or name.endswith((".pyc", ".lock"))] == []
