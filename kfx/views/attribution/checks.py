"""Check a map: does it change when the weights are randomised, and does the score fall when its strongest parts go?"""

from __future__ import annotations

import numpy as np

from kfx.values.attribution.deletion import Deletion, deletion
from kfx.values.attribution.sanity import Sanity, randomised
from kfx.views.attribution.examples import Examples


def check_sanity(examples: Examples, method: str, example: int, units: tuple[int, ...]) -> Sanity:
    """Return how the map of an example changes while the weights are randomised."""
    explainer, batch = examples.explainer.apart(methods=(method,)), examples.values.example(example)
    target = np.tile(np.array(units, "int32"), (batch.size, 1))
    work, _, _ = explainer.work(batch, target)

    def explain() -> dict[str, np.ndarray]:
        now, _, _ = explainer.work(batch, target)
        found = explainer.run(now, method)
        return {name: examples.shown_form(name, array[:1], method) for name, array in (found[1] or found[0]).items()}

    return randomised(explainer.model, work.passes, explain, method, seed=explainer.settings.seed)


def check_deletion(examples: Examples, method: str, example: int, units: tuple[int, ...]) -> Deletion:
    """Return how the score of an example falls when the strongest parts of its map are removed, beside random orders."""
    explainer, batch = examples.explainer.apart(methods=(method,)), examples.values.example(example)
    target = np.tile(np.array(units, "int32"), (batch.size, 1))
    work, _, _ = explainer.work(batch, target)
    maps = {name: examples.over_space(name, array, method) for name, array in explainer.run(work, method)[0].items()}
    found = deletion(work, maps, method)
    return Deletion(method, found.shares, found.score[:1], found.random[:1])


def sanity_words(found: Sanity) -> str:
    """Return what a check by random weights says, in one sentence."""
    last = f"rank correlation {found.correlation[-1]:.2f} with all weights random".replace("-", "−")
    if found.changes:
        return f"the map changes with the weights: {last}"
    return f"the map hardly changes with the weights, so that it says little of this model: {last}"


def deletion_words(found: Deletion) -> str:
    """Return what a deletion curve says, in one sentence."""
    own, random = (float(area[0]) for area in found.areas)
    if not np.isfinite(own) or not np.isfinite(random):
        return "removing everything changes nothing, so that there is no curve to compare"
    faster = "faster than" if own < random - 0.01 else "no faster than"
    return f"without the strongest parts the score falls {faster} in a random order: area {own:.2f}, by chance {random:.2f}"
