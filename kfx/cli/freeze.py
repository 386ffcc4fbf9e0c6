"""Make notebooks safe to publish: what lives only while a notebook runs gives way to what it showed.

Live views of kfx and of others (ipywidgets, tqdm, ipympl ...) become their static face, the picture or text next
to them, or the text that their stored state holds. That state, which code hosts may refuse, is removed. Progress bars leave
one line. What is too heavy is scaled down or cut, and says so. Code, Markdown and all other outputs stay as they are; a
notebook with nothing to do is not written at all. A frozen notebook of kfx views still passes strict nbval.

Exits 0 when done, 1 with --check when a notebook is not frozen yet, 2 after an error.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from kfx.cli.terminal import say
from kfx.cli.types import whole_number
from kfx.errors import KfxError, NotebookError
from kfx.notebook.write import write_whole
from kfx.publish.freeze import MOST, Change, freeze
from kfx.publish.in_place import replace_unchanged
from kfx.publish.notebook_file import MARK, read_notebook, written
from kfx.publish.size import size

DONE, NOT_FROZEN, FAILED = 0, 1, 2
_MOST_LINES, _MOST_CELLS = 40, 20  # of one notebook's report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``kfx freeze``."""
    parser.add_argument(
        "notebooks",
        metavar="NOTEBOOK",
        nargs="+",
        help="an .ipynb file, or a folder with all that are in it; changed in place unless -o says where to",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; list what would change and exit 1 if anything would"
    )
    parser.add_argument("-o", "--output", metavar="OUT", help="write here: a file for one notebook, a folder for several")
    parser.add_argument("--force", action="store_true", help="with -o, replace files that are there")
    parser.add_argument(
        "--max-output",
        metavar="KB",
        type=whole_number(10, 1_000_000, of="kilobytes"),
        default=MOST // 1000,
        help="how heavy one form of one output may be (default: %(default)s kB); a heavier picture is\n"
        "scaled down, a text cut in its middle, anything else left out",
    )
    parser.add_argument(
        "--keep-widgets",
        action="store_true",
        help="leave the live views whose state the notebook holds, and repair that state, for a host\nthat shows them",
    )


def run(arguments: argparse.Namespace) -> int:
    """Freeze each notebook; one that cannot be read does not stop the others."""
    if arguments.check and arguments.output:
        raise ValueError("--check writes nothing, so it takes no -o. Leave one of the two out.")
    jobs = _jobs(arguments.notebooks, arguments.output)
    _refuse_replacing(jobs, force=arguments.force)
    code = DONE
    for source, target in jobs:
        try:
            changed = _freeze_one(source, target, arguments)
        except Exception as error:  # one of a wrong form must not stop the others
            if len(jobs) == 1 or arguments.debug:
                raise
            say(f"kfx: {' '.join(str(error).split())}", sys.stderr)
            code = FAILED
            continue
        if changed and arguments.check and code == DONE:
            code = NOT_FROZEN
    return code


def _refuse_replacing(jobs: list[tuple[Path, Path]], *, force: bool) -> None:
    """Refuse, before anything is written, to replace files that are not the notebooks themselves."""
    there = [target for source, target in jobs if target.exists() and not (target == source or target.samefile(source))]
    if there and not force:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise ValueError(f"{str(there[0])!r}{more} exists already. Give another name after -o, or --force to replace it.")


def _freeze_one(source: Path, target: Path, arguments: argparse.Namespace) -> bool:
    """Freeze one notebook and print what changed; return True when anything did."""
    notebook, before = read_notebook(source)
    try:
        changes = freeze(notebook, most=arguments.max_output * 1000, keep_widgets=arguments.keep_widgets, name=source.name)
        if before.startswith(MARK):
            changes.append(Change(0, "a byte order mark, which Jupyter refuses, is removed"))
        after = written(notebook, before) if changes else before
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        if isinstance(error, KfxError):
            raise
        raise NotebookError(
            f"{source.name!r} has a form that no notebook has ({type(error).__name__}). Restore it from an earlier copy."
        ) from error
    if not arguments.check and (changes or target != source):
        if target == source:
            replace_unchanged(source, before.encode(), after.encode())
        else:
            write_whole(target, after.encode())
    _report(source, target, changes, (len(before.encode(errors="replace")), len(after.encode())), check=arguments.check)
    return bool(changes)


def _report(source: Path, target: Path, changes: list[Change], sizes: tuple[int, int], *, check: bool) -> None:
    if not changes:
        say(f"{source}: nothing to freeze" + ("" if target == source else f"; copied to {target}"))
        return
    done = "would be frozen" if check else "frozen" if target == source else f"frozen to {target}"
    say(f"{source}: {done}, {size(sizes[0])} → {size(sizes[1])}")
    places: dict[str, list[int]] = {}
    for change in changes:
        places.setdefault(change.what, []).append(change.cell)
    for what, cells in list(places.items())[:_MOST_LINES]:
        say(f"  {_named(cells)}{what}")
    if len(places) > _MOST_LINES:
        say(f"  … and {len(places) - _MOST_LINES:,} kinds of changes more")


def _named(cells: list[int]) -> str:
    """``"cells 3, 5 (2 times): "`` for 3, 5, 5; nothing for the notebook itself."""
    counted = [f"{cell}" if times == 1 else f"{cell} ({times} times)" for cell, times in Counter(cells).items() if cell]
    some = ", ".join(counted[:_MOST_CELLS]) + (", …" if len(counted) > _MOST_CELLS else "")
    return f"cell{'s' * (len(counted) > 1)} {some}: " if counted else ""


def _jobs(given: list[str], output: str | None) -> list[tuple[Path, Path]]:
    """Return ``(source, target)`` for each notebook, each once."""
    found: dict[Path, Path] = {}
    several = len(given) > 1 or Path(given[0]).expanduser().is_dir()
    for name in given:
        path = Path(name).expanduser()
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts and p.is_file())
            if not inside:
                raise ValueError(f"There is no notebook in the folder {name!r}.")
            found.update({p: p.relative_to(path) for p in inside})
        elif path.exists():
            found[path] = Path(path.name)
        else:
            raise ValueError(f"There is no file {name!r}.")
    if output is None:
        return [(path, path) for path in found]
    place = Path(output).expanduser()
    if not several and not place.is_dir():
        return [(path, place) for path in found]
    if several and place.exists() and not place.is_dir():
        raise ValueError(f"{output!r} is a file. Name a folder for several notebooks.")
    targets = [place / name for name in found.values()]
    if twice := [str(target.name) for target, times in Counter(targets).items() if times > 1]:
        raise ValueError(f"Two notebooks are called {twice[0]!r}: one would take the other's place. Freeze them one by one.")
    for target in targets:
        target.parent.mkdir(parents=True, exist_ok=True)
    return list(zip(found, targets, strict=True))
