"""What kfx imports is what pyproject.toml asks for, no more and no less."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
INSTALLED_AS = {"PIL": "pillow", "resvg_py": "resvg-py", "IPython": "ipython"}
COMES_WITH = {"ml_dtypes": "tensorflow"}
STANDARD = sys.stdlib_module_names | {"tomllib"}  # which Python 3.10 does not have yet
OPTIONAL = {
    "pandas",  # says so when it is missing
    "xarray",  # likewise
    "networkx",  # likewise
    "sklearn",  # likewise, for method="tsne" of kfx.embed
    "umap",  # likewise, for method="umap"
    "nest_asyncio",  # comes with the ipykernel that needs it
    "pyarrow",  # `kfx extract` says so when a .parquet file needs it; comes with kfx[ray]
    "ray",  # the extra kfx[ray]
    "pytest",  # loads kfx.testing itself
    "nbformat",  # the extra kfx[publish]; `kfx freeze` says so when it is missing
    "nbval",  # asked for by whoever turns kfx.testing.notebooks on
}


def imported() -> set[str]:
    """Top-level names of everything outside kfx and the standard library that its modules import."""
    found: set[str] = set()
    for path in (ROOT / "kfx").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module.split(".")[0])
    return found - STANDARD - {"kfx"}


def declared() -> set[str]:
    """Names of the packages in pyproject.toml's ``dependencies``."""
    listed = re.search(r"^dependencies = \[\n(.*?)^\]", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M | re.S)
    assert listed
    return set(re.findall(r'^  "([\w-]+)', listed[1], re.M))


@pytest.fixture(scope="module")
def needed():
    return {INSTALLED_AS.get(name, COMES_WITH.get(name, name)) for name in imported() - OPTIONAL}


def test_everything_that_is_imported_is_declared(needed):
    assert needed - declared() == set()


def test_everything_that_is_declared_is_imported(needed):
    assert declared() - needed == set()


def test_optional_packages_of_the_tests_are_installed_by_continuous_integration():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    extras = set(
        re.findall(r"^(\w+) = \[", text.partition("[project.optional-dependencies]")[2].partition("[project.scripts]")[0], re.M)
    )
    installed = re.search(r'^pip install --quiet "\.\[([\w,]+)\]"$', (ROOT / ".ci/run").read_text(encoding="utf-8"), re.M)[1]
    asked_for = {"ray": "tests/values/ray/test_cluster.py", "hub": "tests/model/read/test_kerashub.py"}
    assert asked_for.keys() <= extras
    assert set(installed.split(",")) == asked_for.keys()
    for extra, file in asked_for.items():
        assert f"pip install '.[{extra}]'" in (ROOT / file).read_text(encoding="utf-8"), "it says how to install it"


def test_the_oldest_environment_pins_the_lowest_versions_that_are_allowed():
    """``tests/oldest/run`` would else prove nothing about what pyproject.toml promises."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.M | re.S)[1]
    lowest = dict(re.findall(r'^  "([\w-]+)>=([\d.]+)', listed, re.M))
    pinned = dict(
        re.findall(r"^([\w-]+)==([\d.]+)$", (ROOT / "tests/oldest/constraints.txt").read_text(encoding="utf-8"), re.M)
    )
    assert lowest
    for name, version in lowest.items():
        assert pinned[name] == version or pinned[name].startswith(f"{version}."), name
    assert re.search(r'^requires-python = ">=3\.10"$', text, re.M), "tests/oldest/run asks for Python 3.10"


def test_conda_gets_this_package_the_same_python_and_a_graphviz():
    lines = [line.partition("#")[0].strip() for line in (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines()]
    python = re.search(r'^requires-python = "(.*)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)[1]
    assert {"- conda-forge", f"- python{python},<3.14", "- graphviz", "- pip:", "- .[lab,test]"} <= set(lines)
