# ruff: noqa: E501  the tables of attacks are read by the line
"""Crafted inputs: each is a name and a function that writes the file, folder or text that it is about."""

from __future__ import annotations

import copy
import json
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np

from tests.hostile import seeds

Attack = tuple[str, Callable[[Path], Path]]

ODD = [None, True, 0, -1, 3e8, 10**30, 1e400, float("nan"), "", "x" * 5000, "\ud83d\x00\u202e", [], {}, [[]], [None] * 50, {"a": {"b": 3}},
       {"class_name": "Dense"}, {"class_name": "__lambda__", "config": {"code": "4w=="}}, {"class_name": "function", "config": "os.system"}]  # fmt: skip


def places(value: object, path: tuple = ()) -> Iterator[tuple]:
    """Yield the path of every value inside JSON, itself left out."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def changed(value: object, path: tuple, new: object) -> object:
    """Return a copy of JSON with one value replaced, or left out where the new one is ``...``."""
    value = copy.deepcopy(value)
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    if new is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = new
    return value


def json_attacks(value: object, *, step: int = 1) -> Iterator[tuple[str, str]]:
    """Yield JSON with each value in turn left out or replaced by something odd."""
    for number, path in enumerate(places(value)):
        new = ODD[number % len(ODD)]
        if number % step == 0:
            yield f"{path} is {str(new)[:30]!r}", json.dumps(changed(value, path, new))
            yield f"{path} is missing", json.dumps(changed(value, path, ...))
    yield from (
        ("deep lists", "[" * 20_000),
        ("deep dicts", '{"a":' * 20_000),
        ("not JSON", "{"),
        ("empty", ""),
        ("a list", "[]"),
    )
    yield from (("a number", "3"), ("closed and deep", "[" * 5000 + "]" * 5000), ("digits", '{"nbformat": ' + "9" * 6000 + "}"))


def model_attacks(folder: str) -> Iterator[Attack]:
    """Yield .keras and .h5 files."""
    config, weights = seeds.configuration(folder), seeds.stored_weights(folder)
    for name, text in json_attacks(config):
        yield f"configuration: {name}", lambda path, text=text: seeds.archive(path / "m.keras", text, weights)
    dense = next(at for at, entry in enumerate(config["config"]["layers"]) if entry["class_name"] == "Dense")
    for name, new in (
        ("units", {"units": 3 * 10**8}),
        ("activation", {"activation": "os.system"}),
        ("rank", {"lora_rank": 10**9}),
    ):
        grown = copy.deepcopy(config)
        grown["config"]["layers"][dense]["config"].update(new)
        yield f"huge {name}", lambda path, grown=grown: seeds.archive(path / "m.keras", grown, weights)
    grown = copy.deepcopy(config)
    grown["config"]["layers"][dense]["build_config"] = {"input_shape": [None, 10**9]}
    yield "a huge build shape", lambda path: seeds.archive(path / "m.keras", grown, weights)
    for kind in ("StringLookup", "IntegerLookup", "TextVectorization"):
        entry = {
            "module": "keras.layers",
            "class_name": kind,
            "registered_name": None,
            "config": {"name": "v", "vocabulary": "/etc/passwd"},
        }
        chain = {"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": [entry]}}
        yield f"a vocabulary file of {kind}", lambda path, chain=chain: seeds.archive(path / "m.keras", chain, weights)
    yield from (
        (name, lambda path, fill=fill: seeds.archive(path / "m.keras", config, seeds.hdf5(fill)))
        for name, fill in hdf5_attacks()
    )
    yield from ((f".h5: {name}", lambda path, fill=fill: legacy(path, config, fill)) for name, fill in hdf5_attacks())
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        yield f"bomb by {method}", lambda path, m=method: seeds.archive(path / "m.keras", config, bytes(300 * 2**20), method=m)
        yield (
            f"bomb beside, by {method}",
            lambda path, m=method: seeds.archive(path / "m.keras", config, weights, method=m, x=bytes(2**28)),
        )
        yield (
            f"configuration by {method}",
            lambda path, m=method: seeds.archive(path / "m.keras", " " * 2**25, weights, method=m),
        )
    yield "many members", lambda path: many_members(path / "m.keras", 30_000)
    yield (
        "members outside",
        lambda path: seeds.archive(path / "m.keras", config, weights, **{"../../../x": b"x", "/tmp/x": b"x"}),
    )
    yield "links in .h5", lambda path: linked(path, config)
    yield "an attribute of many texts", lambda path: attribute(path, ["x" * 100] * 1000)
    yield "an attribute of numbers", lambda path: attribute(path, np.zeros(1000))
    yield "a heap entry without a size", lambda path: endless_heap(path / "m.h5", folder)
    yield "deep calls", lambda path: seeds.archive(path / "m.keras", doubling(40), weights)
    yield "many layers", lambda path: seeds.archive(path / "m.keras", long_chain(3_000), weights)
    for cut in range(0, 100, 7):
        yield f"cut at {cut} %", lambda path, cut=cut: cut_off(path / "m.keras", folder, cut)
        yield f"zeros at {cut} %", lambda path, cut=cut: zeroed(path / "m.keras", folder, cut)


def hdf5_attacks() -> Iterator[tuple[str, Callable[[h5py.File], None]]]:
    """Yield functions that fill a file of weights."""

    def loops(file):
        group = file
        for n in range(40):
            group = group.create_group(f"g{n}")
            for k in range(40):
                group[f"up{k}"] = file["/"]

    def declared(file):
        for n in range(50):
            file.create_dataset(f"layers/dense{n}/vars/0", (10**6, 10**6), "float64", chunks=(1000, 1000))

    def names(file):
        for n in range(300):
            file.create_group("x" * 60_000 + str(n))

    def deep(file):
        group = file
        for _ in range(2000):
            group = group.create_group("g")

    def links(file):
        file["layers"] = h5py.ExternalLink("/etc/hostname", "/x")
        file["vars"] = h5py.SoftLink("/layers")

    def external(file):
        file.create_dataset("layers/dense/vars/0", (64,), "uint8", external=[("/etc/passwd", 0, 64)])

    def virtual(file):
        layout = h5py.VirtualLayout((64,), "uint8")
        layout[:] = h5py.VirtualSource("/etc/passwd", "x", (64,))
        file.create_virtual_dataset("layers/dense/vars/0", layout)

    def packed(file):
        for n in range(8):
            file.create_dataset(
                f"layers/dense_{n}/vars/0", data=np.zeros((2**13, 2**11)), compression="gzip", chunks=(2**10, 2**11)
            )

    def kinds(file):
        file["layers/dense/vars/0"] = np.array([b"text"], "S4")
        file["layers/dense/vars/1"] = np.zeros(3, [("a", "f4"), ("b", "i8")])
        file["layers/dense_1/vars/0"] = h5py.Empty("f4")
        file["layers/dense_1/vars/1"] = np.array(["á"], h5py.string_dtype())
        file["type"] = np.dtype("f4")

    def many(file):
        for n in range(39_000):
            file.create_group(f"g{n}")

    found = [loops, declared, names, deep, links, external, virtual, packed, kinds, many]
    yield from ((f"weights: {fill.__name__}", fill) for fill in found)


def legacy(path: Path, config: object, fill: Callable[[h5py.File], None]) -> Path:
    """Write an .h5 file whose weights a function fills."""
    with h5py.File(path / "m.h5", "w") as file:
        fill(file.create_group("model_weights"))
        file.attrs["model_config"] = json.dumps(config)[:60_000]
    return path / "m.h5"


def linked(path: Path, config: object) -> Path:
    with h5py.File(path / "other.h5", "w") as file:
        file["secret"] = np.arange(9)
    with h5py.File(path / "m.h5", "w") as file:
        file["model_weights"] = h5py.ExternalLink(str(path / "other.h5"), "/")
        file.attrs["model_config"] = json.dumps(config)
    return path / "m.h5"


def attribute(path: Path, value: object) -> Path:
    with h5py.File(path / "m.h5", "w") as file:
        file.attrs.create("model_config", value)
    return path / "m.h5"


def endless_heap(path: Path, folder: str) -> Path:
    """An .h5 file with an entry of no size in its heap of texts, which HDF5's library reads for ever."""
    content = bytearray(seeds.model_bytes(".h5", folder))
    at = content.index(b"GCOL") + 16
    content[at : at + 16] = bytes(16)
    path.write_bytes(content)
    return path


def doubling(levels: int) -> dict:
    """Models in models, each called twice: 2 ** levels calls."""
    entry = {
        "module": "keras.layers",
        "class_name": "Dense",
        "config": {"name": "d", "units": 1},
        "name": "d",
        "inbound_nodes": [],
    }
    inner: dict = {"module": "keras", "class_name": "Functional", "config": {"name": "m0", "layers": [entry]}, "name": "m0"}
    for n in range(levels):
        twice = {**inner, "inbound_nodes": [{"args": [], "kwargs": {}}] * 2}
        inner = {
            "module": "keras",
            "class_name": "Functional",
            "name": f"m{n + 1}",
            "config": {"name": f"m{n + 1}", "layers": [twice]},
        }
    return inner


def long_chain(many: int) -> dict:
    """A Sequential of many layers."""
    made = [
        {"module": "keras.layers", "class_name": "ReLU", "config": {"name": f"r{n}"}, "registered_name": None}
        for n in range(many)
    ]
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "s", "layers": made, "build_input_shape": [None, 4]},
    }


def many_members(path: Path, many: int) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for n in range(many):
            made.writestr(f"{n}", b"")
    return path


def cut_off(path: Path, folder: str, share: int) -> Path:
    content = seeds.model_bytes(".keras", folder)
    path.write_bytes(content[: len(content) * share // 100])
    return path


def zeroed(path: Path, folder: str, share: int) -> Path:
    content = bytearray(seeds.model_bytes(".keras", folder))
    at = len(content) * share // 100
    content[at : at + 200] = bytes(len(content[at : at + 200]))
    path.write_bytes(content)
    return path


def npz(path: Path, arrays: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write an .npz file of raw members."""
    with zipfile.ZipFile(path / "run.npz", "w", method) as made:
        for name, content in arrays.items():
            made.writestr(name, content)
    return path / "run.npz"


def npy(header: str, body: bytes = b"") -> bytes:
    """Return an .npy file with any header."""
    text = header.encode("latin-1", "replace")
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text) % 65536) + text[:65535] + body


def journal_attacks(folder: str) -> Iterator[Attack]:
    """Yield runs' files."""
    import io

    with zipfile.ZipFile(io.BytesIO(seeds.journal())) as made:
        members = {name: made.read(name) for name in made.namelist()}
    about = json.loads(np.load(io.BytesIO(members["about.npy"])).tobytes())

    def with_about(text: str) -> dict[str, bytes]:
        buffer = io.BytesIO()
        np.save(buffer, np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8))
        return {**members, "about.npy": buffer.getvalue()}

    for name, text in json_attacks(about):
        yield f"about: {name}", lambda path, text=text: npz(path, with_about(text))
    headers = ["{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000,), }", "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
               "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }", "[" * 3000, "{" + "'a':" * 900, "", "x" * 60_000,
               "{'descr': [('a', 'O')], 'fortran_order': False, 'shape': (1,), }", "{'descr': '<f8', 'fortran_order': 3, 'shape': 'x'}"]  # fmt: skip
    for name in members:
        for header in headers:
            yield f"{name}: {header[:30]}", lambda path, name=name, header=header: npz(path, {**members, name: npy(header)})
        yield f"without {name}", lambda path, name=name: npz(path, {k: v for k, v in members.items() if k != name})
    bomb = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (33554432,), }", bytes(2**28))
    yield "a bomb", lambda path: npz(path, {**members, "batches.mean.npy": bomb})
    yield "a bomb of about", lambda path: npz(path, {**members, "about.npy": bomb})
    yield "a bomb beside", lambda path: npz(path, {**members, "more.npy": bomb})


def folder_attacks(folder: str) -> Iterator[Attack]:
    """Yield folders of values."""

    def rewritten(path: Path, file: str, content: str | bytes) -> Path:
        made = seeds.features(path / "values")
        (made / file).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        return made

    sample = {
        "manifest.json": {"format": 2, "columns": [{"address": "d", "file": "0000-d.npy", "shape": [None, 3], "dtype": "float32"}],
                          "structure": [["d", 0]], "finished": True, "examples": 20},
        "part-000000000000/part.json": {"start": 0, "stop": 12, "inputs": "a", "checksums": {"0000-d.npy": 1}},
    }  # fmt: skip
    for file, value in sample.items():
        for name, text in json_attacks(value):
            yield f"{file}: {name}", lambda path, file=file, text=text: rewritten(path, file, text)
    for name in ("../../x.npy", "/etc/passwd", "..\\x.npy", "0000-d.npy/../../x", "0000-d.npy\x00", "con", "0000-é.npy"):
        new = changed(sample["manifest.json"], ("columns", 0, "file"), name)
        yield f"the file {name!r}", lambda path, new=new: rewritten(path, "manifest.json", json.dumps(new))
    for header in ("(13, 3)", "(11, 3)", "(12, 10000000000)", "(12,)", "()", "(12, 3, 0)", "(-12, 3)"):
        content = npy(f"{{'descr': '<f4', 'fortran_order': False, 'shape': {header}, }}", bytes(144))
        yield f"values of {header}", lambda path, content=content: rewritten(path, "part-000000000000/0000-d.npy", content)


def notebook_attacks(folder: str) -> Iterator[Attack]:
    """Yield notebooks."""

    def written(path: Path, text: str) -> Path:
        (path / "n.ipynb").write_bytes(text.encode("utf-8", "surrogatepass"))
        return path / "n.ipynb"

    base = seeds.notebook()
    for name, text in json_attacks(base):
        yield name, lambda path, text=text: written(path, text)
    texts = {
        "angles": "<" * 300_000, "addresses": "< at 0x1" * 60_000, "open tags": "<a" * 200_000, "escapes": "\x1b[" * 200_000,
        "moves": "\x1b[200C" * 100_000 + "x", "erased lines": "x" * 100_000 + "\x1b[1K" * 100_000, "cleared": "\n\x1b[2J" * 60_000,
        "returns": "x" * 1000 + "\rx" * 300_000, "backspaces": "x\b" * 300_000, "titles": "\x1b]" * 200_000, "colours": "\x1b[31mx" * 100_000,
        "bars": "1%|" * 100_000, "frames": "<iframe src='http://localhost" * 20_000, "digits": "\x1b[" + "9" * 500_000,
    }  # fmt: skip
    for name, text in texts.items():
        for place in (("cells", 0, "outputs", 0, "text"), ("cells", 0, "outputs", 2, "data", "text/plain"),
                      ("cells", 0, "outputs", 5, "data", "text/html"), ("metadata", "widgets", "application/vnd.jupyter.widget-state+json",
                       "state", "t", "state", "value")):  # fmt: skip
            yield f"{name} at {place[-1]}", lambda path, p=place, t=text: written(path, json.dumps(changed(base, p, t)))
    view = "application/vnd.jupyter.widget-view+json"
    state = ("metadata", "widgets", "application/vnd.jupyter.widget-state+json", "state")
    nested = {
        f"v{n}": {"model_name": "VBoxModel", "model_module": "x", "state": {"children": [f"IPY_MODEL_v{n + 1}"] * 2}}
        for n in range(20_000)
    }
    outputs = [{"output_type": "display_data", "data": {view: {"model_id": "o"}}, "metadata": {}}] * 300
    looped = {"o": {"model_name": "OutputModel", "model_module": "x", "state": {"outputs": outputs}}}
    shown = changed(base, ("cells", 0, "outputs", 1, "data", view), {"model_id": "v0"})
    yield "20,000 nested views", lambda path: written(path, json.dumps(changed(shown, state, nested)))
    shown_looped = changed(base, ("cells", 0, "outputs", 1, "data", view), {"model_id": "o"})
    yield "views in views in views", lambda path: written(path, json.dumps(changed(shown_looped, state, looped)))


ADDRESSES = ["", "/", "//", "*", "**", "**/" * 2000, "**/" * 2000 + "x", "**/*/" * 1000, "*" * 5000, "?" * 5000, "[" * 3000, "[!" * 2000, "a/" * 5000,
             "@" * 3000, "d@" + "9" * 5000, "\x00", "\ud83d", "\u202egnp", "../" * 500, "d\n", "~" * 999, "inner/" * 800 + "d", "*a" * 900, "{0}", "%s" * 99,
             "d@-1", "d@0", "d@1.5", "inner/**/**/**/d", "[a-", "a" * 100_000]  # fmt: skip
