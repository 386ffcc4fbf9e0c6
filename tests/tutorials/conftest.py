"""Tiny tutorials that run no TensorFlow, and the real ones as they stand in the repository."""

from pathlib import Path

import nbformat
import pytest
from build import main
from cells import LANGUAGES, TUTORIALS, tutorial_stems

STEMS = tutorial_stems()


@pytest.fixture(params=[f"{language}/{stem}" for language in LANGUAGES for stem in STEMS])
def notebook(request):
    """Each notebook in the repository."""
    return nbformat.read(TUTORIALS / f"{request.param}.ipynb", as_version=4)


@pytest.fixture(params=STEMS)
def stem(request):
    """Each tutorial's file name without suffix."""
    return request.param


class Workshop:
    """A folder of tutorials to build: write the sources, run the command, read what came out."""

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "src").mkdir()

    def write(self, english: str, korean: str = "", stem: str = "01_tiny") -> None:
        (self.folder / "src" / f"{stem}.py").write_text(english, encoding="utf-8")
        (self.folder / "src" / f"{stem}.ko.md").write_text(korean, encoding="utf-8")

    def run(self, *options: str) -> int:
        return main(list(options), self.folder)

    def read(self, language: str = "en", stem: str = "01_tiny") -> nbformat.NotebookNode:
        return nbformat.read(self.folder / language / f"{stem}.ipynb", as_version=4)

    def bytes(self) -> dict[str, bytes]:
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in sorted(self.folder.glob("*/*.ipynb"))}


@pytest.fixture
def workshop(tmp_path):
    """An empty folder of tutorials."""
    return Workshop(tmp_path)
