"""Build the pages of kfx, offline: python docs/build.py [FOLDER]

The pages are the Markdown of this folder, the tutorials as they are, the changelog, and a page for every public name from its
docstring. The gallery runs its code while the pages are built, so that its pictures are of this very version. Needs
``pip install ".[docs]"``; a warning, such as a link that leads nowhere, is an error. Written to docs/_build/html.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import nbformat

HERE = Path(__file__).parent
ROOT = HERE.parent
PAGES = ("conf.py", "[!g]*.md", "howto/*.md", "_static/*", "pictures/*.webp")
WIDGET = "application/vnd.jupyter.widget-view+json"
ROOMS = ("callbacks", "datasets", "exercises", "testing")
# group of the API pages -> the first rooms that its names come from
GROUPS = {
    "See a model": ("kfx.views.", "kfx.model.compare"),
    "Look inside": (
        "kfx.values",
        "kfx.views.extract",
        "kfx.views.inspector",
        "kfx.views.attention",
        "kfx.views.attribution",
        "kfx.views.evaluate",
        "kfx.views.sweep",
        "kfx.views.lens",
    ),
    "Train": ("kfx.views.training",),
    "Language": ("kfx.text.language",),
    "Add your own": ("kfx.model.layers.registry", "kfx.views.summary.columns"),
    "Facts": ("kfx.model.read", "kfx.model.facts"),
    "Errors": ("kfx.errors",),
}


def group_of(home: str) -> str:
    """Return the group of the API pages for a name by the module where it is defined; the most specific one."""
    found = max((room, group) for group, rooms in GROUPS.items() for room in rooms if home.startswith(room))
    return found[1]


def public_names() -> dict[str, list[str]]:
    """Return the public names of kfx by group, in the order of its table."""
    kfx = import_module("kfx")
    found: dict[str, list[str]] = {group: [] for group in GROUPS}
    for name, home in kfx._HOME.items():
        found[group_of(home)].append(name)
    return found


def directive(name: str) -> str:
    """Return the reStructuredText that shows a public name of kfx by its docstring."""
    value = getattr(import_module("kfx"), name)
    if not str(getattr(value, "__module__", "kfx")).startswith("kfx"):
        words = f"Keras's own ``{name}``; once it is used, a notebook explains calls that fail in Keras."
        return f".. py:data:: kfx.{name}\n\n   {words}\n"
    kind = "autoclass" if isinstance(value, type) else "autofunction" if callable(value) else "autodata"
    own = kind == "autoclass" and all(base.__module__.startswith(("kfx", "builtins")) for base in value.__mro__)
    return f".. {kind}:: kfx.{name}\n" + ("   :members:\n   :exclude-members: type\n" if own else "")


def api_pages() -> Iterator[tuple[str, str]]:
    """Yield the file and the text of each API page: one a name, one a room, one for all errors, and their index."""
    index = ["API\n===\n\nEvery public name. Complete after ``kfx.`` in an editor, or ask Python: ``help(kfx.summary)``.\n"]
    for group, names in public_names().items():
        if group == "Errors":
            text = "\n".join(directive(name) for name in names)
            yield "errors", f"Errors\n======\n\nEvery error is a child of :class:`kfx.KfxError`.\n\n{text}"
            names = ["errors"]
        for name in names if names != ["errors"] else ():
            yield name, f"{name}\n{'=' * len(name)}\n\n{directive(name)}"
        index.append(_contents(group, names))
    for room in ROOMS:
        yield room, _room(room)
    yield "index", "\n".join([*index, _contents("Around it", [*ROOMS, "command_line"])])
    yield "command_line", _command_line()


def _contents(caption: str, names: list[str]) -> str:
    entries = "\n".join(f"   {name}" for name in names)
    return f".. toctree::\n   :caption: {caption}\n   :maxdepth: 1\n\n{entries}\n"


def _room(room: str) -> str:
    module = import_module(f"kfx.{room}")
    names = getattr(module, "__all__", None) or [n for n, v in vars(module).items() if _is_own(n, v, module.__name__)]
    title = f"kfx.{room}"
    parts = [f"{title}\n{'=' * len(title)}\n\n.. currentmodule:: kfx.{room}\n\n{(module.__doc__ or '').splitlines()[0]}\n"]
    for name in names:
        value = getattr(module, name)
        kind = "autoclass" if isinstance(value, type) else "autofunction" if callable(value) else "autodata"
        parts.append(f".. {kind}:: kfx.{room}.{name}\n")
    return "\n".join(parts)


def _is_own(name: str, value: object, module: str) -> bool:
    return not name.startswith("_") and getattr(value, "__module__", None) == module and callable(value)


def _command_line() -> str:
    main = import_module("kfx.cli.main")
    os.environ["COLUMNS"] = "100"
    parts = ["The command kfx\n===============\n", _literal(main.parser().format_help())]
    for name in main.COMMANDS:
        words = main.parser()._subparsers._group_actions[0].choices[name].format_help()
        parts += [f"kfx {name}\n{'-' * (len(name) + 4)}\n", _literal(words)]
    return "\n".join(parts)


def _literal(text: str) -> str:
    return ".. code-block:: text\n\n" + "\n".join(f"   {line}".rstrip() for line in text.splitlines()) + "\n"


def gather(source: Path) -> None:
    """Copy and write everything that Sphinx reads into one folder."""
    for pattern in PAGES:
        for file in sorted(HERE.glob(pattern)):
            _copy(file, source / file.relative_to(HERE))
    for file in sorted((ROOT / "tutorials").glob("*/*.ipynb")):
        notebook = nbformat.read(file, as_version=4)
        _write_notebook(notebook, source / file.relative_to(ROOT))
    _write_notebook(run(HERE / "gallery.md"), source / "gallery.ipynb")
    for file in ("CHANGELOG.md",):
        _copy(ROOT / file, source / file.lower())
    for name in ("README.md", "README.ko.md"):
        text = (ROOT / "tutorials" / name).read_text(encoding="utf-8").replace("../docs/pictures/", "../pictures/")
        text = text.replace("README.ko.md", "index.ko.md").replace("README.md", "index.md")
        text = re.sub(r'<img src="([^"]+)" [^>]*alt="([^"]+)">', r"![\2](\1)", text)  # Sphinx copies pictures of Markdown only
        text += _notebooks("ko" if ".ko." in name else "en")
        (source / "tutorials" / name.replace("README", "index")).write_text(text, encoding="utf-8")
    for name, text in api_pages():
        (source / "api").mkdir(exist_ok=True)
        (source / "api" / f"{name}.rst").write_text(text, encoding="utf-8")


def run(page: Path) -> nbformat.NotebookNode:
    """Return a page in MyST's text form as a notebook that was run in a clean kernel."""
    import jupytext
    from nbclient import NotebookClient

    notebook = jupytext.read(page, fmt="md:myst")
    with tempfile.TemporaryDirectory() as place:
        NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": place}}).execute()
    return notebook


def _write_notebook(notebook: nbformat.NotebookNode, target: Path) -> None:
    """Write a notebook without the live faces of its views: pages have no kernel, and the static faces stand before them."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if "outputs" in cell:
            cell.outputs = [output for output in cell.outputs if WIDGET not in output.get("data", {})]
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)


def _notebooks(language: str) -> str:
    """Return the Markdown of a hidden table of contents with the tutorials of a language."""
    names = [file.stem for file in sorted((ROOT / "tutorials" / language).glob("*.ipynb"))]
    more = ["index.ko"] if language == "en" else []
    return "\n".join(["", "```{toctree}", ":hidden:", "", *(f"{language}/{name}" for name in names), *more, "```", ""])


def _copy(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)


def build(folder: Path) -> int:
    """Build the pages into a folder; returns Sphinx's exit code, which is not 0 after any warning."""
    from sphinx.cmd.build import main as sphinx

    with tempfile.TemporaryDirectory() as place:
        gather(Path(place))
        return sphinx(["-q", "-W", "--keep-going", "-b", "html", place, str(folder)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=HERE / "_build" / "html", help="where to write the pages")
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    sys.path.insert(0, str(ROOT))
    failed = build(arguments.folder)
    if not failed:
        print(f"Open {arguments.folder / 'index.html'}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
