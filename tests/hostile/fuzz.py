"""Mutate honest inputs: flip, cut, repeat and splice bytes, and swap values inside JSON; every seed gives the same input.

Run as a program it tries many in this process, with bounded memory: ``python -m tests.hostile.fuzz mutated 100000 FOLDER``.
"""

from __future__ import annotations

import io
import json
import random
import resource
import shutil
import sys
import tempfile
import zipfile
from collections import Counter
from functools import lru_cache
from pathlib import Path

from tests.hostile import attacks, seeds, targets

_MOST_EXTRA = 2**30  # bytes that an input may take beside what Python, TensorFlow and kfx themselves do
_TOKENS = [
    b"\x00" * 8,
    b"\xff" * 8,
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"OHDR",
    b"TREE",
    b"../",
    b"\x1b[",
    b"NaN",
    b"1e999",
    b"\x93NUMPY",
    b"null",
]


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Return bytes with a few changes."""
    made = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at = rng.randrange(len(made) + 1)
        way = rng.randrange(6)
        if way == 0 and at < len(made):
            made[at] ^= 1 << rng.randrange(8)
        elif way == 1 and at < len(made):
            made[at] = rng.randrange(256)
        elif way == 2:
            del made[at : at + rng.choice((1, 4, 64))]
        elif way == 3:
            made[at : at + 8] = rng.choice(_TOKENS)
        elif way == 4:
            start = rng.randrange(len(made) + 1)
            made[at:at] = made[start : start + rng.choice((1, 8, 200))]
        else:
            made = made[: max(1, at)] if rng.random() < 0.2 else made
    return bytes(made)


def mutated_json(value: object, rng: random.Random) -> str:
    """Return JSON with a few values swapped, left out or replaced."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        all_places = list(attacks.places(value))
        if not all_places:
            break
        path = rng.choice(all_places)
        value = attacks.changed(value, path, rng.choice([*attacks.ODD, ..., rng.randrange(-5, 10**6), rng.random()]))
    return json.dumps(value)


@lru_cache
def _folder() -> str:
    return tempfile.mkdtemp(prefix="kfx-seeds-")


@lru_cache
def _members() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(seeds.journal())) as made:
        return {name: made.read(name) for name in made.namelist()}


def _keras(rng, place):
    config = seeds.configuration(_folder())
    if rng.random() < 0.5:
        return seeds.archive(place / "m.keras", mutated_json(config, rng), seeds.stored_weights(_folder()))
    if rng.random() < 0.5:
        return seeds.archive(place / "m.keras", config, mutated(seeds.stored_weights(_folder()), rng))
    (place / "m.keras").write_bytes(mutated(seeds.model_bytes(".keras", _folder()), rng))
    return place / "m.keras"


def _h5(rng, place):
    (place / "m.h5").write_bytes(mutated(seeds.model_bytes(".h5", _folder()), rng))
    return place / "m.h5"


def _run(rng, place):
    if rng.random() < 0.4:
        (place / "run.npz").write_bytes(mutated(seeds.journal(), rng))
        return place / "run.npz"
    members = dict(_members())
    name = rng.choice(list(members))
    if name == "about.npy" and rng.random() < 0.9:
        header = members[name][:128]
        about = json.loads(members[name][128:])
        text = mutated_json(about, rng).encode()
        members[name] = header.replace(str(len(members[name]) - 128).encode(), str(len(text)).encode())[:128].ljust(128) + text
    else:
        members[name] = mutated(members[name], rng)
    return attacks.npz(place, members, method=zipfile.ZIP_STORED)


def _features(rng, place):
    made = seeds.features(place / "values")
    file = rng.choice(["manifest.json", "manifest.json", "part-000000000000/part.json", "part-000000000012/0000-d.npy"])
    content = (made / file).read_bytes()
    use_json = file.endswith("json") and rng.random() < 0.7
    (made / file).write_bytes(mutated_json(json.loads(content), rng).encode() if use_json else mutated(content, rng))
    return made


def _notebook(rng, place):
    text = mutated_json(seeds.notebook(), rng).encode("utf-8", "surrogatepass")
    (place / "n.ipynb").write_bytes(mutated(text, rng) if rng.random() < 0.3 else text)
    return place / "n.ipynb"


KINDS = {
    ".keras files": (_keras, targets.shown_model),
    ".h5 files": (_h5, targets.shown_model),
    "journals": (_run, targets.shown_run),
    "feature folders": (_features, targets.read_features),
    "notebooks": (_notebook, targets.frozen),
}


def place(factory) -> Path:
    """Return a folder for one input."""
    return factory.mktemp("input")


def try_one(kind: str, seed: int, folder: Path) -> str:
    """Make the input of a seed and try it; return what came out.

    Raises:
        Failed: It was neither shown nor refused in one sentence.
    """
    make, target = KINDS[kind]
    rng = random.Random(f"{kind} {seed}")
    try:
        given = make(rng, folder)
    except (ValueError, KeyError, IndexError, RecursionError):  # a change that leaves nothing to write
        return "not made"
    return targets.held(target, given)


def main(words: list[str]) -> int:
    """Try all crafted inputs of a kind, or many mutated ones of all kinds; print the counts."""
    mode, what, folder = words[0], words[1], Path(words[2])
    seeds.model()
    targets.addressed("a")
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + _MOST_EXTRA, used + _MOST_EXTRA))
    if mode == "crafted":
        from tests.hostile.test_attacks import try_all

        tried, failed = try_all(what, folder, step=1, target=targets.loaded_model if what == "model files" else None)
        print(f"{what}: {tried} crafted inputs tried, {tried - len(failed)} held, {len(failed)} failed")
        print("\n".join(failed))
        return bool(failed)
    return _many(int(what), folder)


def _many(many: int, folder: Path) -> int:
    worst = 0
    for kind in KINDS:
        counted: Counter[str] = Counter()
        for seed in range(many // len(KINDS)):
            here = folder / "input"
            shutil.rmtree(here, ignore_errors=True)
            here.mkdir()
            try:
                counted[try_one(kind, seed, here)] += 1
            except targets.Failed as error:
                counted["failed"] += 1
                if counted["failed"] <= 10:
                    print(f"  {kind}, seed {seed}: {error}", flush=True)
        worst += counted["failed"]
        print(f"{kind}: {sum(counted.values()):,} mutated inputs tried, {dict(counted)}", flush=True)
    return bool(worst)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
