"""Name the attention that was found, and choose some of it by address, pattern, class or predicate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kfx.errors import KfxError
from kfx.model.address import find
from kfx.model.facts import LayerCall, LayerGraph
from kfx.model.labels import free_label
from kfx.values.attention.finder import ScoreFinder
from kfx.values.tap.calls import fact_of

if TYPE_CHECKING:
    import keras

SOFTMAX = "softmax"


def attention_calls(finder: ScoreFinder) -> tuple[LayerCall, ...]:
    """Return the facts of the call behind each score, in order; the ``key`` is its address.

    The address is the layer's. A layer that attends several times in one call has ``layer/softmax``, ``layer/softmax_1`` and so
    on, as its operations are called in its graph, and what a model computes in its own ``call`` is ``softmax``.
    """
    scores = finder.scores
    named = {id(one.visit): one for one in finder.named()}
    totals = Counter(id(score.owner) for score in scores)
    used: dict[int, set[str]] = {id(score.owner): set() for score in scores}
    found = []
    for score in scores:
        total, one = totals[id(score.owner)], named.get(id(score.owner))
        label = free_label(SOFTMAX, used[id(score.owner)], mark="_", first=1)
        used[id(score.owner)].add(label)
        if one is None:
            found.append(LayerCall(key=label, path=(label,), name=label, kind="op", type="Softmax", family="seq"))
        elif total == 1:
            found.append(fact_of(one))
        else:
            found.append(replace(fact_of(one), key=f"{one.key}/{label}", path=(*one.path, label), name=SOFTMAX))
    return tuple(found)


def choose_attention(model: keras.Model, calls: Sequence[LayerCall], wanted: object) -> list[str]:
    """Return the addresses of chosen attention; ``"*"`` is all of it, and a layer or model around some means all inside.

    Raises:
        KfxError: There is none in the model.
        ValueError: An address, pattern, class or predicate names none of it.
    """
    if not calls:
        raise KfxError(
            f"No attention was found in model {str(model.name)!r}: no layer of it weights values by a softmax of its own. "
            "A softmax that is written as exp / sum, or inside a compiled function or loop of the model's own, cannot be seen."
        )
    every = wanted if isinstance(wanted, list | tuple | set | frozenset) else [wanted]
    if not every:
        raise ValueError("`layers` is empty; give '*' for all attention, an address, a pattern or a layer class.")
    chosen: set[str] = set()
    for one in every:
        chosen.update(_one(model, calls, one))
    return [call.key for call in calls if call.key in chosen]


def _one(model: keras.Model, calls: Sequence[LayerCall], wanted: object) -> list[str]:
    if wanted == "*":
        return [call.key for call in calls]
    if isinstance(wanted, str):
        inside = [call.key for call in calls if call.key.startswith(f"{wanted}/")]
        if inside:
            return inside
    graph = LayerGraph(name=str(model.name), type=type(model).__name__, kind="traced", calls=tuple(calls), edges=())
    try:
        return find(graph, wanted)
    except ValueError as error:
        first = str(error).split(" Its layer")[0]
        keys = [call.key for call in calls]
        listed = ", ".join(keys[:10]) + (f" and {len(keys) - 10} more" if len(keys) > 10 else "")
        raise ValueError(f"{first} Attention is at: {listed}.") from None
