"""Build the tutorials: text sources in, executed notebooks in English and Korean out.

    python tutorials/build.py             every tutorial
    python tutorials/build.py 01 02       only these
    python tutorials/build.py --no-run    new Markdown only; stored outputs stay (refused where code has changed)
    python tutorials/build.py --check     write nothing, fail where a notebook differs from what would be written

Code runs in a clean kernel, once for each language: the two notebooks have the same code but for the line in which kfx is told
which language to speak, and a test compares their outputs.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import logging
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from cells import LANGUAGES, TUTORIALS, Cell, SourceError, Tutorial, in_korean, read_tutorial, solutions, tutorial_stems
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from rules import WIDGET, exempted, problems

from kfx.testing import KERNEL_ENVIRONMENT

_OURS_ONLY = ("IPYTHON", "JUPYTER", "JPY_", "KERAS_", "KFX_", "PYTEST", "TF_", "COLUMNS", "LINES")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}


class BuildError(Exception):
    """A tutorial cannot be built; the message says which cell and what to do."""


def build(tutorial: Tutorial, *, stored: dict[str, str] | None = None) -> dict[str, str]:
    """The two notebooks as text, ``{"en": ..., "ko": ...}``.

    Args:
        tutorial: The sources.
        stored: The notebooks as they were built before, to take their outputs from; None runs the code.

    Raises:
        BuildError: A cell failed, a solution does not pass its check, the stored code differs, or a notebook breaks a rule of
            `rules.problems`.
    """
    built = {"en": notebook_of(tutorial.cells), "ko": notebook_of(in_korean(tutorial))}
    for language, notebook in built.items():
        if stored is None:
            run_with_solutions(notebook, solutions(tutorial.cells))
            notebook.metadata = nbformat.from_dict(_METADATA)
        else:
            take_outputs(notebook, nbformat.reads(stored[language], as_version=4))
        if bad := problems(notebook):
            raise BuildError("\n".join(f"{language}/{tutorial.stem}: {problem}" for problem in bad))
    return {language: nbformat.writes(notebook) + "\n" for language, notebook in built.items()}


def notebook_of(cells: tuple[Cell, ...]) -> NotebookNode:
    """An unexecuted notebook whose cell ids are the cells' names."""
    made = []
    for cell in cells:
        new = nbformat.v4.new_code_cell if cell.kind == "code" else nbformat.v4.new_markdown_cell
        made.append(new(cell.text, id=cell.name, metadata={"tags": list(cell.tags)} if cell.tags else {}))
    notebook = nbformat.v4.new_notebook(cells=made, metadata=_METADATA)
    notebook.nbformat_minor = 5
    return notebook


def run_with_solutions(notebook: NotebookNode, hidden: tuple[Cell, ...]) -> None:
    """Execute every cell, and after the last one the solutions of the exercises, which leave nothing in the notebook.

    Raises:
        BuildError: A cell raised, or the check of an exercise does not pass its solution.
    """
    shown = len(notebook.cells)
    notebook.cells += notebook_of(hidden).cells
    run(notebook)
    for cell in notebook.cells[shown:]:
        said = next(
            (output.data["text/plain"] for output in reversed(cell.outputs) if output.output_type == "execute_result"), ""
        )
        if not said.startswith("✓"):
            raise BuildError(f"The check does not pass {cell.id.removesuffix('-run')!r}: {said or 'it shows nothing'}")
    del notebook.cells[shown:]


def run(notebook: NotebookNode) -> None:
    """Execute every cell in a clean kernel, in an empty folder, and keep only what is the same on every run.

    Raises:
        BuildError: A cell raised without the tag ``raises-exception``.
    """
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as home:
        # No folder to find kernels in: "python3" is then this very Python, whatever is registered on the machine.
        manager = AsyncKernelManager(kernel_name="python3", log=_quiet())
        manager.kernel_spec_manager = KernelSpecManager(kernel_dirs=[])
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=300,
            coalesce_streams=True,
            record_timing=False,
            store_widget_state=False,
            extra_arguments=["--log-level=40"],
            resources={"metadata": {"path": place}},
        )
        clean = {name: value for name, value in os.environ.items() if not name.startswith(_OURS_ONLY)}
        private = {"IPYTHONDIR": f"{home}/ipython", "JUPYTER_CONFIG_DIR": f"{home}/jupyter"}
        try:
            client.execute(env={**clean, **private, **KERNEL_ENVIRONMENT})
        except CellExecutionError as error:
            cell = next(c for c in notebook.cells if any(o.output_type == "error" for o in c.get("outputs", ())))
            raise BuildError(
                f"Cell {cell.id!r} failed; fix it, or tag it raises-exception if it is meant to.\n{error}"
            ) from None
    for cell in notebook.cells:
        if cell.cell_type == "code":
            calm(cell)


def calm(cell: NotebookNode) -> None:
    """Take out of a cell's outputs what differs from run to run: a widget's id, a traceback's paths, times, line ends."""
    cell.metadata.pop("execution", None)
    for place, output in enumerate(cell.outputs):
        if output.output_type == "error":
            output.traceback = [f"{output.ename}: {output.evalue}"]
        if output.output_type == "stream":
            output.text = output.text.replace("\r\n", "\n")
        view = output.get("data", {}).get(WIDGET)
        if view is not None:
            view["model_id"] = hashlib.sha1(f"{cell.id}/{place}".encode()).hexdigest()[:32]


def take_outputs(notebook: NotebookNode, stored: NotebookNode) -> None:
    """Give each code cell the outputs of the stored cell of its id; their code must be the same, cell by cell."""
    fresh = [cell for cell in notebook.cells if cell.cell_type == "code"]
    kept = [cell for cell in stored.cells if cell.cell_type == "code"]
    if [(c.id, c.source, c.metadata) for c in fresh] != [(c.id, c.source, c.metadata) for c in kept]:
        raise BuildError("The code has changed since the notebook was run: build it without --no-run.")
    for cell, old in zip(fresh, kept, strict=True):
        cell.outputs, cell.execution_count = old.outputs, old.execution_count


def _quiet() -> logging.Logger:
    log = logging.getLogger("kfx.tutorials")
    log.setLevel(logging.ERROR)
    return log


def main(argv: list[str] | None = None, folder: Path = TUTORIALS) -> int:
    """Build what the command line names; 0 when all went well."""
    parser = argparse.ArgumentParser(prog="build.py", description="Build the tutorials from their text sources.")
    parser.add_argument("number", nargs="*", help="which tutorials, e.g. 01; all when none is named")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a notebook is not up to date")
    parser.add_argument("--no-run", action="store_true", help="keep the stored outputs; only Markdown may have changed")
    wanted = parser.parse_args(argv)
    stems = tutorial_stems(folder)
    if unknown := [n for n in wanted.number if not any(stem.startswith(f"{n}_") for stem in stems)]:
        parser.error(f"no tutorial {', '.join(unknown)}; there are {', '.join(stem[:2] for stem in stems)}")
    failed = 0
    for stem in stems:
        if wanted.number and stem[:2] not in wanted.number:
            continue
        started = time.perf_counter()
        try:
            said = _one(stem, folder, check=wanted.check, run_it=not wanted.no_run)
        except (BuildError, SourceError, FileNotFoundError) as error:
            failed += 1
            said = f"failed: {error}"
        print(f"{stem}: {said} ({time.perf_counter() - started:.1f} s)", flush=True)
    return int(failed > 0)


def _one(stem: str, folder: Path, *, check: bool, run_it: bool) -> str:
    files = {language: folder / language / f"{stem}.ipynb" for language in LANGUAGES}
    if not run_it and not all(file.exists() for file in files.values()):
        raise BuildError("there is no notebook to keep the outputs of: build it without --no-run.")
    stored = None if run_it else {language: file.read_text(encoding="utf-8") for language, file in files.items()}
    built = build(read_tutorial(stem, folder), stored=stored)
    notebook = nbformat.reads(built["en"], as_version=4)
    code = sum(cell.cell_type == "code" for cell in notebook.cells)
    counted = f"{len(exempted(notebook))} of {code} code cells exempted from comparison"
    if check:
        stale = [str(f.relative_to(folder)) for k, f in files.items() if not f.exists() or f.read_text("utf-8") != built[k]]
        if stale:
            raise BuildError(f"{', '.join(stale)} not up to date: run python tutorials/build.py {stem[:2]}")
        return f"up to date, {counted}"
    for language, file in files.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(built[language], encoding="utf-8", newline="\n")
    return f"built, {counted}"


if __name__ == "__main__":
    if sys.platform == "win32":
        asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())
    sys.exit(main())
