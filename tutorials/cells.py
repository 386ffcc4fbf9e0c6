"""Read a tutorial's text sources: English Markdown and code from one file, Korean Markdown from the other, by cell name."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import jupytext

TUTORIALS = Path(__file__).parent
LANGUAGES = ("en", "ko")
LANGUAGE_LINES = ('kfx.language("en")', 'kfx.language("ko")')  # of the set-up cell: the one line of code that differs
_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}[a-z0-9]")
_SOLUTION = re.compile(r"```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_KOREAN_CELL = re.compile(r"^<!-- cell: (.+?) -->[ \t]*$", re.MULTILINE)


class SourceError(ValueError):
    """A tutorial's text source breaks a rule; the message names the file, the cell and what to write instead."""


@dataclass(frozen=True)
class Cell:
    """One cell of a tutorial.

    Attributes:
        name: Lower-case words joined by hyphens, unique in the tutorial: the cell's id in both notebooks.
        kind: ``"markdown"`` or ``"code"``.
        text: Its source; Markdown is English.
        tags: E.g. ``("raises-exception",)``.
    """

    name: str
    kind: str
    text: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tutorial:
    """One tutorial as it is written: the cells in English, and the Markdown cells' Korean by cell name."""

    stem: str
    cells: tuple[Cell, ...]
    korean: dict[str, str]


def in_korean(tutorial: Tutorial) -> tuple[Cell, ...]:
    """The cells of the Korean notebook: other Markdown, the same code but for the line in which kfx is told to speak Korean."""
    return tuple(
        replace(cell, text=tutorial.korean[cell.name])
        if cell.kind == "markdown"
        else replace(cell, text=cell.text.replace(*LANGUAGE_LINES))
        for cell in tutorial.cells
    )


def solutions(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """The code behind each exercise's click, from the Markdown cells ``exercise-1-solution``, ..., as cells of code."""
    hidden = [cell for cell in cells if cell.name.endswith("-solution")]
    return tuple(Cell(f"{cell.name}-run", "code", "\n".join(_SOLUTION.findall(cell.text))) for cell in hidden)


def tutorial_stems(folder: Path = TUTORIALS) -> list[str]:
    """The file names without suffix of all tutorials, in their order: ``["01_a_graph_of_layers", ...]``."""
    return sorted(path.stem for path in (folder / "src").glob("[0-9][0-9]_*.py"))


def read_tutorial(stem: str, folder: Path = TUTORIALS) -> Tutorial:
    """Read ``src/<stem>.py`` and ``src/<stem>.ko.md``; each Markdown cell must stand in both, in the same order.

    Raises:
        SourceError: A cell has no name, two share one, or the Korean names other cells than the English.
    """
    english, korean = folder / "src" / f"{stem}.py", folder / "src" / f"{stem}.ko.md"
    cells = read_cells(english.read_text(encoding="utf-8"), english.name)
    translated = read_korean(korean.read_text(encoding="utf-8"), korean.name)
    wanted = [cell.name for cell in cells if cell.kind == "markdown"]
    if list(translated) != wanted:
        missing = [name for name in wanted if name not in translated]
        extra = [name for name in translated if name not in wanted]
        what = f"missing {missing}, unknown {extra}" if missing or extra else f"the order must be {wanted}"
        raise SourceError(f"{korean.name} does not translate the Markdown cells of {english.name}: {what}.")
    return Tutorial(stem, cells, translated)


def read_cells(text: str, where: str) -> tuple[Cell, ...]:
    """The cells of a percent-format file, each opened by ``# %% name`` or ``# %% name [markdown]``."""
    cells = []
    for found in jupytext.reads(text, fmt="py:percent").cells:
        name = found.metadata.get("title", "")
        if not _NAME.fullmatch(name):
            first = found.source.splitlines()[0] if found.source else ""
            raise SourceError(f"{where}: the cell that begins {first!r} is named {name!r}; write '# %% a-name' above it.")
        if name in {cell.name for cell in cells}:
            raise SourceError(f"{where}: two cells are named {name!r}; a name is the cell's id, so give each its own.")
        cells.append(Cell(name, found.cell_type, found.source, tuple(found.metadata.get("tags", ()))))
    return tuple(cells)


def read_korean(text: str, where: str) -> dict[str, str]:
    """Markdown by cell name; each cell is opened by a line ``<!-- cell: name -->``."""
    before, *parts = _KOREAN_CELL.split(text)
    if before.strip():
        raise SourceError(f"{where}: text stands before the first '<!-- cell: name -->' line.")
    names = parts[::2]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise SourceError(f"{where}: {twice} stand more than once.")
    return {name: part.strip() for name, part in zip(names, parts[1::2], strict=True)}
