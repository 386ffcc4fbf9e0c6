"""Copy the tutorials into a user's folder without ever touching what the user changed there."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from kfx.errors import KfxError

LANGUAGES = ("en", "ko")
RECORD = ".kfx-tutorials.json"  # in the user's folder: the hash of each file as kfx wrote it


@dataclass(frozen=True)
class Copied:
    """What a copy did, file by file, as paths below the folder.

    Attributes:
        new: Were not there.
        updated: Were there as kfx had written them, and kfx now brings another version.
        same: Are there already as kfx brings them.
        kept: Differ from anything kfx wrote, so they are the user's and stay.
    """

    new: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def tutorials_folder() -> Path:
    """Where this installation holds the tutorials: inside the package, or beside it in a clone."""
    package = Path(__file__).parent.parent
    for folder in (package / "tutorials", package.parent / "tutorials"):
        if any(folder.glob("*/*.ipynb")):
            return folder
    raise KfxError("This installation of kfx holds no tutorials. In a clone of kfx: pip install --force-reinstall .")


def copy_tutorials(source: Path, folder: Path) -> Copied:
    """Bring every tutorial of every language to a folder, which is made if need be.

    Args:
        source: As `tutorials_folder` finds it.
        folder: The user's; each file is replaced in one step, never half-written.
    """
    if folder.exists() and not folder.is_dir():
        raise KfxError(f"{str(folder)!r} is a file. Name a folder: kfx lab FOLDER")
    record = _read(folder / RECORD)
    found: dict[str, list[str]] = {"new": [], "updated": [], "same": [], "kept": []}
    for path in sorted(path for language in LANGUAGES for path in (source / language).glob("*.ipynb")):
        name = path.relative_to(source).as_posix()
        content = path.read_bytes()
        fate = _fate(folder / name, content, record.get(name))
        found[fate].append(name)
        if fate in ("new", "updated"):
            _write(folder / name, content)
        if fate != "kept":
            record[name] = _hash(content)
    _write(folder / RECORD, json.dumps(record, indent=1, sort_keys=True).encode())
    return Copied(**{fate: tuple(names) for fate, names in found.items()})


def _fate(target: Path, content: bytes, written: str | None) -> str:
    if not target.exists():
        return "new"
    present = _hash(target.read_bytes()) if target.is_file() else None
    if present == _hash(content):
        return "same"
    return "updated" if present is not None and present == written else "kept"


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read(path: Path) -> dict[str, str]:
    """The record of an earlier copy; without a readable one every file that differs counts as the user's."""
    try:
        record = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
