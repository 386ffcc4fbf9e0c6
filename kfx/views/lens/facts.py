"""The facts of a lens as a map: the guess after each block at each position, and the probability of the model's answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from kfx.draw.values.scale import Limits
from kfx.text import numbers
from kfx.text.untrusted import visible
from kfx.values.sweep.lens import Read
from kfx.views.grid.facts import GridFacts, Measure, Sheet, row_labels, shown_words

_SHARE = Limits(0.0, 1.0, False, False)


def lens_facts(
    name: str,
    read: Read,
    columns: Callable[[int], Sequence[str]],
    word: Callable[[int], str],
    example: int,
    *,
    given: bool,
) -> GridFacts:
    """Return the facts of the maps of all examples.

    Args:
        name: The model's name.
        read: What the head reads.
        columns: Returns a word for each place of an example.
        word: Returns the word of a unit.
        example: The example to begin with.
        given: Whether the answers were given, so that they are not the model's own.
    """
    layers, count, places = read.tokens.shape[:3]
    labels = row_labels(read.addresses)
    whose = "given answer" if given else "model's answer"

    def page(number: int) -> Sheet:
        ids, names = _renumbered(read.tokens[:, number])
        shown = read.probabilities[:, number]
        measures = (
            Measure("guess", "probability of the first guess", "share", shown[..., 0], ends=_SHARE),
            Measure("answer", f"probability of the {whose}", "share", read.answer_probability[:, number], ends=_SHARE),
            Measure("rank", f"rank of the {whose}", "rank", read.answer_rank[:, number] + 1.0, drawn=False),
        )
        answer = read.answer[number]
        at = places - 1
        notes = [f"at {columns(number)[at] or at} ({at}), the {whose} is {shown_words([word(int(answer[at]))])[0]}"]
        notes += ["probabilities are the softmax of the model's output"] if read.scored else []
        words = shown_words([word(int(n)) for n in names])
        return Sheet(
            labels,
            tuple(map(visible, read.addresses)),
            tuple(columns(number)),
            measures,
            words,
            ids,
            shown,
            (layers - 1, at),
            tuple(notes),
        )

    line = f"{numbers.count(layers, 'layer')} × {numbers.count(places, 'position')} · {read.units:,} units"
    pages = tuple(f"example {n + 1} of {count:,}" for n in range(count))
    return GridFacts("lens", name, line, pages, page, start=example, before="after")


def _renumbered(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers in a list of the different ids, and the list."""
    names, at = np.unique(ids, return_inverse=True)
    return at.reshape(ids.shape).astype("int32"), names
