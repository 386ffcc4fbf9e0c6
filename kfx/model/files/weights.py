"""Find the call of each array in a file of weights, by the start of its path."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def arrays_by_call(homes: Mapping[str, str], paths: Collection[str], *, legacy: bool) -> tuple[dict[str, list[str]], list[str]]:
    """Return the paths of each call's arrays, each at the innermost home that it is in, and the paths that are in none.

    Args:
        homes: By call, the start of its arrays' paths, e.g. ``"layers/dense/"``.
        paths: All paths.
        legacy: True where paths start with the name of the outermost layer, and repeat those inside it.
    """
    owner: dict[str, str] = {}
    for key, home in homes.items():
        owner.setdefault(home, key)
    found: dict[str, list[str]] = {}
    rest: list[str] = []
    for path in paths:
        if "seed_generator" in path or path.startswith(("optimizer/", "top_level_model_weights")):
            continue
        parts = path.split("/")
        starts = ["/".join(parts[:n]) + "/" for n in range(len(parts) - 1, 0, -1)] + [""]
        if legacy:
            starts = [f"{parts[0]}/{part}/" for part in reversed(parts[1:-1])] + starts
        start = next((start for start in starts if start in owner), None)
        if start is None:
            rest.append(path)
        else:
            found.setdefault(owner[start], []).append(path)
    return found, rest
