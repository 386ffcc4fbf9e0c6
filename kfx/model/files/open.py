"""Open a saved model as data: its configuration and the shapes of its weights. Nothing is unpickled, imported or run."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from kfx.errors import ModelFileError
from kfx.model.files.foreign import about_file, about_folder, about_zip

if TYPE_CHECKING:
    import h5py

_MOST_CONFIG = 64 * 2**20  # bytes of a configuration; that of a model with 10,000 layers takes some 10 MB
_MOST_PACKED = 2**30  # bytes of compressed weights once unpacked; Keras stores weights without compression
_MOST_ITEMS = 200_000  # groups and data sets looked at in a weights file
_DEEPEST = 64  # groups within groups

Stored = tuple[tuple[int, ...], str]  # shape and dtype of one array


@dataclass(frozen=True)
class ModelFile:
    """The contents of a saved model's file.

    Attributes:
        config: The configuration as Keras wrote it: ``class_name``, ``config`` and more.
        weights: Shape and dtype of every stored array by its path, in the file's order.
        legacy: True for HDF5, where paths start with the layer's name; otherwise they start with its position in the model.
        notes: Sentences on parts that could not be read.
    """

    config: dict[str, Any]
    weights: dict[str, Stored] = field(default_factory=dict)
    legacy: bool = False
    notes: tuple[str, ...] = ()


def read_model_file(path: str | Path) -> ModelFile:
    """Read the configuration and the shapes of the weights of a ``.keras`` or ``.h5`` file, or of a folder, saved unzipped.

    Raises:
        ModelFileError: When the file is missing, damaged, too big, or not a Keras model.
    """
    path = Path(path)
    if path.is_dir():
        return _read_folder(path)
    if path.exists() and not path.is_file():
        raise ModelFileError(f"{str(path)!r} is not a regular file. Give the path of a .keras or .h5 file.")
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except OSError as error:
        raise ModelFileError(
            f"{str(path)!r} cannot be opened: {error.strerror}. Give the path of a .keras or .h5 file."
        ) from error
    if start[:4] == b"PK\x03\x04":
        return _read_zip(path)
    if start[:8] == b"\x89HDF\r\n\x1a\n":
        return _read_hdf5(path)
    raise ModelFileError(about_file(path, start))


def _read_folder(path: Path) -> ModelFile:
    """Read what ``model.save(path, zipped=False)`` wrote: the contents of a ``.keras`` file."""
    files = {name: path / name for name in ("config.json", "metadata.json", "model.weights.h5")}
    try:
        if not all(file.is_file() for file in files.values()) or (path / "task.json").exists():
            raise ModelFileError(about_folder(path))
        with files["config.json"].open("rb") as file:
            config = _parse(_limited(file, path), path)
        with files["model.weights.h5"].open("rb") as weights:
            return _with_weights(config, weights)
    except OSError as error:
        raise ModelFileError(f"{str(path)!r} cannot be opened: {error.strerror}.") from error


def _read_zip(path: Path) -> ModelFile:
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename: info for info in archive.infolist()}
            if "config.json" not in members:
                raise ModelFileError(about_zip(path, archive))
            config = _parse(_read_member(archive, members["config.json"], path), path)
            found = members.get("model.weights.h5")
            if found is None:
                return ModelFile(config, notes=("The file holds no weights, so parameters are unknown.",))
            if found.compress_type != zipfile.ZIP_STORED and found.file_size > _MOST_PACKED:
                return ModelFile(config, notes=("The weights are packed to more than 1 GB, so they were left alone.",))
            with archive.open(found) as weights:
                return _with_weights(config, weights)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise ModelFileError(f"{path.name!r} is a damaged .keras file: {str(error)[:120]}. Save the model again.") from error


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> bytes:
    """Return a member's bytes up to a limit, regardless of the size in its header."""
    with archive.open(info) as member:
        return _limited(member, path)


def _limited(file: IO[bytes], path: Path) -> bytes:
    content = file.read(_MOST_CONFIG + 1)
    if len(content) > _MOST_CONFIG:
        raise ModelFileError(f"{path.name!r} unpacks to a configuration of more than 64 MB, which no model of Keras's has.")
    return content


def _parse(content: bytes | str, path: Path) -> dict[str, Any]:
    try:
        config = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path.name!r} holds a configuration that is not JSON. Save the model again.") from error
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise ModelFileError(f"{path.name!r} holds a configuration that names no class, so it is not that of a Keras model.")
    return config


def _with_weights(config: dict[str, Any], file: IO[bytes]) -> ModelFile:
    import h5py

    try:
        seekable = file if file.seekable() else io.BytesIO(file.read())
        with h5py.File(seekable, "r") as weights:
            return ModelFile(config, dict(_arrays(weights)))
    except Exception as error:  # HDF5 reports damage in many ways
        return ModelFile(config, notes=(f"The weights could not be read ({type(error).__name__}), so parameters are unknown.",))


def _read_hdf5(path: Path) -> ModelFile:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            text = file.attrs.get("model_config")
            if text is None:
                raise ModelFileError(
                    f"{path.name!r} holds weights without a model. "
                    f"Build the model in Python, call model.load_weights({path.name!r}), and give the model."
                )
            if len(text) > _MOST_CONFIG:
                raise ModelFileError(f"{path.name!r} holds a configuration of more than 64 MB, which no model of Keras's has.")
            config = _parse(text, path)
            group = file.get("model_weights", getlink=False) if "model_weights" in file else None
            return ModelFile(config, dict(_arrays(group)) if group is not None else {}, legacy=True)
    except ModelFileError:
        raise
    except Exception as error:
        raise ModelFileError(f"{path.name!r} is a damaged .h5 file: {str(error)[:120]}. Save the model again.") from error


def _arrays(root: h5py.Group) -> Iterator[tuple[str, Stored]]:
    """Yield the shapes of all arrays below a group, without following links."""
    import h5py

    todo, looked = [("", root, 0)], 0
    while todo:
        prefix, group, depth = todo.pop()
        inner = []
        for name in group:
            looked += 1
            if looked > _MOST_ITEMS or not isinstance(group.get(name, getlink=True), h5py.HardLink):
                continue
            item = group[name]
            if isinstance(item, h5py.Dataset):
                is_bfloat16 = item.dtype.kind == "V" and item.dtype.itemsize == 2  # HDF5 has no such dtype
                yield f"{prefix}{name}", (tuple(item.shape), "bfloat16" if is_bfloat16 else str(item.dtype))
            elif depth < _DEEPEST:
                inner.append((f"{prefix}{name}/", item, depth + 1))
        todo.extend(reversed(inner))
