"""Load a widget's script and style sheet: the script's modules are joined into the one file that reaches the browser."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.{1,2}/[\w/.-]+\.js)";\n', re.MULTILINE)
_OTHER_IMPORT = re.compile(r"^(?:import\b|export (?:\*|\{|default\b(?! \{ render \}))).*", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=async function|function|const|class|let)", re.MULTILINE)
_TOP_LEVEL = re.compile(r"^(?:export )?(?:async function|function|const|class|let) (\w+)", re.MULTILINE)
_SHARED = Path(__file__).parent / "kfx.css"


@cache
def script(module: str) -> str:
    """Return the script of a widget with every module that it imports in front, each once.

    Args:
        module: ``__file__`` of the widget's Python module; its script has the same name and ends in ``.js``.

    Raises:
        FileNotFoundError: A module is imported that is not there.
        ValueError: Two of the modules define the same top-level name, import each other in a circle, or import in another
            form than ``import { a, b } from "./x.js";``, so that they cannot be joined into one file.
    """
    joined: dict[Path, str] = {}
    _join(Path(module).with_suffix(".js").resolve(), joined, ())
    defined: dict[str, Path] = {}
    for path, source in joined.items():
        for name in _TOP_LEVEL.findall(source):
            if name in defined:
                raise ValueError(f"{path.name} and {defined[name].name} both define {name!r}; rename one of them.")
            defined[name] = path
    *modules, own = joined.values()
    return "\n".join([*(_EXPORT.sub("", source) for source in modules), own])


def _join(path: Path, joined: dict[Path, str], importing: tuple[Path, ...]) -> None:
    """Add a module to ``joined`` after those that it imports; ``importing`` are the modules that led to it."""
    if path in importing:
        circle = " -> ".join(one.name for one in (*importing[importing.index(path) :], path))
        raise ValueError(f"Modules import each other in a circle: {circle}. Move what both need into a third one.")
    if not path.is_file():
        raise FileNotFoundError(f"{importing[-1].name if importing else 'A widget'} needs {path}, which does not exist.")
    source = path.read_text(encoding="utf-8")
    rest = _IMPORT.sub("", source)
    renamed = [f"import {{{names}}}" for names, _ in _IMPORT.findall(source) if re.search(r"\bas\b", names)]
    for line in [*renamed, *_OTHER_IMPORT.findall(rest)]:
        raise ValueError(f'{path.name} holds `{line}`; expected imports as in `import {{ a, b }} from "./x.js";`.')
    for _, needed in _IMPORT.findall(source):
        target = (path.parent / needed).resolve()
        if target not in joined:
            _join(target, joined, (*importing, path))
    joined[path] = rest


@cache
def style(module: str, *others: str) -> str:
    """Return the shared style sheet, then the ``others``, then the one of a widget.

    Args:
        module: ``__file__`` of the widget's Python module; its style sheet has the same name and ends in ``.css``.
        others: Style sheets of other views that the widget shows, relative to its folder.
    """
    own = Path(module).with_suffix(".css")
    return "\n".join(path.read_text(encoding="utf-8") for path in (_SHARED, *(own.parent / other for other in others), own))
