"""Open a saved model as data: its configuration and the shapes of its weights. Nothing is unpickled, imported or run."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from kfx.errors import KfxError, ModelFileError
from kfx.model.files.foreign import about_file, about_folder, about_zip
from kfx.model.files.hdf5 import (
    MOST_TEXT,
    Contents,
    Stored,
    contents_of,
    open_hdf5,
    refuse_damaged_texts,
    refuse_size,
    size_of,
    text_attribute,
    values_of,
)
from kfx.text.archives import open_archive

if TYPE_CHECKING:
    import h5py

_DAMAGED = ("a damaged .keras file", "Save the model again.")
_LINKED = "Some of the weights are links, such as to other files, which are not followed."
_WEIGHTS = "model.weights.h5"
_HDF5 = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True)
class ModelFile:
    """The contents of a saved model's file.

    Attributes:
        path: The file or folder.
        config: The configuration as Keras wrote it: ``class_name``, ``config`` and more.
        weights: Shape and dtype of every stored array by its path, in the file's order.
        legacy: True for HDF5, where paths start with the layer's name; otherwise they start with its position in the model.
        notes: Sentences on parts that could not be read.
        unsafe: Why the file must not be loaded, or ``""``.
        nbytes: Bytes of the stored arrays.
        group: The group of the weights in an HDF5 file; ``""`` in a .keras file, which holds a file for them.
    """

    path: Path
    config: dict[str, Any]
    weights: dict[str, Stored] = field(default_factory=dict)
    legacy: bool = False
    notes: tuple[str, ...] = ()
    unsafe: str = ""
    nbytes: int = 0
    group: str = ""

    def values(self, paths: Collection[str]) -> Mapping[str, np.ndarray]:
        """Return the numbers of some stored arrays by their paths.

        Raises:
            ModelFileError: They cannot be read.
        """
        if not self.weights.keys() & set(paths):
            return {}
        try:
            with _weights_file(self.path, self.group) as (root, size):
                return values_of(root, contents_of(root), paths, size)
        except KfxError:
            raise
        except Exception as error:  # HDF5 reports damage in many ways
            raise ModelFileError(f"The weights in {self.path.name!r} cannot be read ({type(error).__name__}).") from error


def is_weights_file(path: Path) -> bool:
    """Return whether a file is HDF5 with weights and no model, as ``model.save_weights`` writes."""
    try:
        with path.open("rb") as file:
            if file.read(8) != _HDF5:
                return False
        with open_hdf5(path) as opened:
            return "model_config" not in opened.attrs and ("layer_names" in opened.attrs or _is_named_so(path, opened))
    except Exception:  # missing, damaged: said by who reads it as a model
        return False


def _is_named_so(path: Path, opened: h5py.File) -> bool:
    return path.name.endswith(".weights.h5") or bool({"layers", "_layer_checkpoint_dependencies", "vars"} & set(opened))


def read_weights_file(path: Path) -> ModelFile:
    """Read the shapes of the weights in a file without a model.

    Raises:
        ModelFileError: It is damaged, or holds links to other files.
    """
    try:
        with open_hdf5(path) as file:
            found, legacy = contents_of(file), "layer_names" in file.attrs
            refuse_size(found, path.stat().st_size)
    except ModelFileError as error:
        raise ModelFileError(f"{path.name!r} is not a file of Keras's weights: {error}") from error
    except Exception as error:  # HDF5 reports damage in many ways
        raise ModelFileError(f"{path.name!r} is a damaged .h5 file: {str(error)[:120]}. Save the weights again.") from error
    if found.links:
        raise ModelFileError(f"{path.name!r} holds links, such as to other files, which are not followed.")
    config = {"class_name": "Weights", "config": {"name": path.name}}
    return ModelFile(path, config, found.arrays, legacy, nbytes=found.nbytes, group="/")


@contextmanager
def _weights_file(path: Path, group: str) -> Iterator[tuple[h5py.Group, int]]:
    """Yield the group of the weights, and the bytes of its file."""
    if group:
        with open_hdf5(path) as file:
            yield file[group], path.stat().st_size
    elif path.is_dir():
        with open_hdf5(path / _WEIGHTS) as file:
            yield file, (path / _WEIGHTS).stat().st_size
    else:
        with open_archive(path, ModelFileError, *_DAMAGED) as archive, archive.open(_WEIGHTS) as member:
            size = size_of(member)
            with open_hdf5(member) as file:
                yield file, size


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
    if start[:8] == _HDF5:
        return _read_hdf5(path)
    raise ModelFileError(about_file(path, start))


def _read_folder(path: Path) -> ModelFile:
    """Read what ``model.save(path, zipped=False)`` wrote: the contents of a ``.keras`` file."""
    files = {name: path / name for name in ("config.json", "metadata.json", _WEIGHTS)}
    try:
        if not all(file.is_file() for file in files.values()) or (path / "task.json").exists():
            raise ModelFileError(about_folder(path))
        with files["config.json"].open("rb") as file:
            config = _parse(_limited(file, path), path)
        return _with_weights(path, config, lambda: files[_WEIGHTS].open("rb"))
    except OSError as error:
        raise ModelFileError(f"{str(path)!r} cannot be opened: {error.strerror}.") from error


def _read_zip(path: Path) -> ModelFile:
    with open_archive(path, ModelFileError, *_DAMAGED) as archive:
        if "config.json" not in archive.members:
            raise ModelFileError(about_zip(path, list(archive.members)))
        config = _parse(archive.read("config.json", MOST_TEXT), path)
        if _WEIGHTS not in archive.members:
            return ModelFile(path, config, notes=("The file holds no weights, so parameters are unknown.",))
        return _with_weights(path, config, lambda: archive.open(_WEIGHTS))


def _limited(file: IO[bytes], path: Path) -> bytes:
    content = file.read(MOST_TEXT + 1)
    if len(content) > MOST_TEXT:
        raise ModelFileError(f"{path.name!r} holds a configuration of more than 16 MB, which no model of Keras's has.")
    return content


def _parse(content: bytes | str, path: Path) -> dict[str, Any]:
    try:
        config = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path.name!r} holds a configuration that is not JSON. Save the model again.") from error
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise ModelFileError(f"{path.name!r} holds a configuration that names no class, so it is not that of a Keras model.")
    return config


def _with_weights(path: Path, config: dict[str, Any], opened: Callable[[], IO[bytes]]) -> ModelFile:
    try:
        with opened() as file:
            size = size_of(file)
            with open_hdf5(file) as weights:
                return _model_file(path, config, contents_of(weights), size)
    except Exception as error:  # HDF5 reports damage in many ways
        why = str(error).rstrip(".") if isinstance(error, KfxError) else type(error).__name__
        note = f"The weights could not be read ({why}), so parameters are unknown."
        return ModelFile(path, config, notes=(note,), unsafe="its weights cannot be read")


def _model_file(path: Path, config: dict[str, Any], found: Contents, size: int, group: str = "") -> ModelFile:
    """Return a file's contents, without weights that must not be read."""
    try:
        refuse_size(found, size)
    except ModelFileError as error:
        why = str(error).rstrip(".")
        note = f"The weights were left alone, so parameters are unknown: {why}."
        return ModelFile(path, config, legacy=bool(group), notes=(note,), unsafe=why[0].lower() + why[1:])
    unsafe = "its weights hold links, such as to other files" if found.links else ""
    notes = (_LINKED,) if unsafe else ()
    return ModelFile(path, config, found.arrays, bool(group), notes, unsafe, found.nbytes, group)


def _read_hdf5(path: Path) -> ModelFile:
    try:
        refuse_damaged_texts(path, "model_config")
        with open_hdf5(path) as file:
            text = text_attribute(file, "model_config")
            if text is None:
                raise ModelFileError(
                    f"{path.name!r} holds weights without a model. "
                    f"Build the model in Python, call model.load_weights({path.name!r}), and give the model."
                )
            config, size = _parse(text, path), path.stat().st_size
            if "model_weights" not in file:
                return ModelFile(path, config, legacy=True)
            if not _is_own_group(file, "model_weights"):
                return _model_file(path, config, Contents(links=["model_weights"]), size, "model_weights")
            return _model_file(path, config, contents_of(file["model_weights"]), size, "model_weights")
    except ModelFileError as error:
        words = str(error)
        raise error if path.name in words else ModelFileError(f"{path.name!r} is not a Keras model: {words}") from error
    except Exception as error:  # HDF5 reports damage in many ways
        raise ModelFileError(f"{path.name!r} is a damaged .h5 file: {str(error)[:120]}. Save the model again.") from error


def _is_own_group(file: h5py.File, name: str) -> bool:
    import h5py

    return isinstance(file.get(name, getlink=True), h5py.HardLink) and isinstance(file[name], h5py.Group)
