"""Support tickets with a title, a body and tags, generated: data for a model with several inputs and outputs."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from kfx.datasets import ticket_words as words

DEPARTMENTS = ("billing", "technical", "shipping", "account")
TAGS = ("vip", "trial", "invoice", "refund", "subscription", "bug", "outage", "mobile", "delivery", "return", "login",
        "security")  # fmt: skip
UNKNOWN = 1
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, eq=False)
class Tickets:
    """Support tickets as texts and as the arrays that a Keras model takes.

    Attributes:
        titles: One line each.
        bodies: A few sentences each.
        vocabulary: Word number -> word, the commonest first; 0 is padding, 1 an unknown word. Fewer than 10,000.
        title: ``(ticket, word)`` int32, numbers of the title's words, 0 after the last.
        body: ``(ticket, word)`` int32, the same for the body.
        tags: ``(ticket, 12)`` float32, 1 for each of `TAGS` that the ticket carries, else 0.
        priority: ``(ticket, 1)`` float32 from 0 (can wait) to 1 (now).
        department: ``(ticket, 4)`` float32, 1 for the one of `DEPARTMENTS` that should answer, else 0.

    Example:
        >>> from kfx.datasets import tickets
        >>> data = tickets(3)
        >>> type(data).__name__, list(data.x), data.tags.shape
        ('Tickets', ['title', 'body', 'tags'], (3, 12))
    """

    titles: tuple[str, ...]
    bodies: tuple[str, ...]
    vocabulary: tuple[str, ...]
    title: np.ndarray
    body: np.ndarray
    tags: np.ndarray
    priority: np.ndarray
    department: np.ndarray

    @property
    def x(self) -> dict[str, np.ndarray]:
        """The inputs by name: ``title``, ``body``, ``tags``."""
        return {"title": self.title, "body": self.body, "tags": self.tags}

    @property
    def y(self) -> dict[str, np.ndarray]:
        """The targets by name: ``priority``, ``department``."""
        return {"priority": self.priority, "department": self.department}

    def encode(self, text: str) -> np.ndarray:
        """Any text as word numbers ``(1, word)`` int32, ready for ``title`` or ``body``; at least one number long."""
        number = {word: k for k, word in enumerate(self.vocabulary)}
        return np.array([[number.get(word, UNKNOWN) for word in _split(text)] or [UNKNOWN]], "int32")

    def __len__(self) -> int:
        return len(self.titles)

    def __repr__(self) -> str:
        return (
            f"<Tickets: {len(self):,} tickets, titles of up to {self.title.shape[1]} words, bodies of up to "
            f"{self.body.shape[1]}, {len(self.vocabulary):,} word numbers>"
        )

    def __str__(self) -> str:
        return "\n\n".join(self.text(k) for k in range(min(3, len(self))))

    def text(self, k: int) -> str:
        """Ticket number ``k`` as a person reads it."""
        tags = ", ".join(tag for tag, on in zip(TAGS, self.tags[k], strict=True) if on) or "none"
        department = DEPARTMENTS[int(self.department[k].argmax())]
        return (
            f"{self.titles[k]}\n{self.bodies[k]}\nTags: {tags}. Department: {department}. Priority: {self.priority[k, 0]:.2f}"
        )


def tickets(n: int = 1280, *, seed: int = 0) -> Tickets:
    """Generated support tickets: from title, body and tags a model can learn the priority and the department.

    What can be learned: the department follows from the words (and, less surely, the tags); the priority rises with urgent
    sentences and the tags ``vip``, ``outage`` and ``security``, falls with calm ones, and has some noise.

    Args:
        n: Number of tickets, 1 or more.
        seed: The same seed gives the same tickets, on every machine.

    Example:
        >>> data = tickets()
        >>> data.title.shape[0], data.tags.shape, data.department.shape
        (1280, (1280, 12), (1280, 4))

    Written by kfx (Apache-2.0); no real person's words are in it.
    """
    if not isinstance(n, int | np.integer) or n < 1:
        raise ValueError(f"`n` is {n!r}; it must be a whole number, 1 or more.")
    # NumPy promises the stream of RandomState for ever, that of default_rng only within a version.
    random = np.random.RandomState(seed)
    titles, bodies, tags, priorities, departments = zip(*(_ticket(random) for _ in range(n)), strict=True)
    vocabulary = _vocabulary([*titles, *bodies])
    return Tickets(
        titles=titles,
        bodies=bodies,
        vocabulary=vocabulary,
        title=_padded(titles, vocabulary),
        body=_padded(bodies, vocabulary),
        tags=np.array(tags, "float32"),
        priority=np.array(priorities, "float32")[:, None],
        department=np.eye(len(DEPARTMENTS), dtype="float32")[list(departments)],
    )


def _ticket(random: np.random.RandomState) -> tuple[str, str, list[int], float, int]:
    def one_of(choices: tuple[str, ...]) -> str:
        return choices[random.randint(len(choices))]

    slots = {slot: one_of(choices) for slot, choices in words.SLOTS.items()}

    def filled(sentence: str) -> str:
        text = sentence.format(**slots)
        return text[:1].upper() + text[1:]

    number = random.randint(len(DEPARTMENTS))
    department = DEPARTMENTS[number]
    sentences = [words.BODIES[department][k] for k in random.permutation(len(words.BODIES[department]))[: random.randint(1, 4)]]
    mood = random.randint(3)  # 0 calm, 1 neither, 2 urgent
    if mood != 1:
        sentences.insert(random.randint(len(sentences) + 1), one_of(words.URGENT if mood == 2 else words.CALM))
    body = " ".join(filter(None, map(filled, [one_of(words.OPENINGS), *sentences, one_of(words.CLOSINGS)])))
    usual = words.USUAL_TAGS[department]
    tags = [int(random.random_sample() < (0.5 if tag in usual else 0.06 if tag != "vip" else 0.15)) for tag in TAGS]
    lift = 0.20 * tags[TAGS.index("vip")] + 0.15 * tags[TAGS.index("outage")] + 0.15 * tags[TAGS.index("security")]
    priority = min(1.0, max(0.0, (0.1, 0.35, 0.7)[mood] + lift + random.uniform(-0.05, 0.05)))
    return filled(one_of(words.TITLES[department])), body, tags, priority, number


def _split(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _vocabulary(texts: list[str]) -> tuple[str, ...]:
    count = Counter(word for text in texts for word in _split(text))
    return ("", "?", *sorted(count, key=lambda word: (-count[word], word)))


def _padded(texts: tuple[str, ...], vocabulary: tuple[str, ...]) -> np.ndarray:
    number = {word: k for k, word in enumerate(vocabulary)}
    rows = [[number[word] for word in _split(text)] for text in texts]
    padded = np.zeros((len(rows), max(map(len, rows))), "int32")
    for row, numbers in zip(padded, rows, strict=True):
        row[: len(numbers)] = numbers
    return padded
