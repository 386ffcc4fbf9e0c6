"""Words by number: from a list, a dict, a function, a tokenizer or a layer with a vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np

Word = Callable[[int], str]
_SPACES = str.maketrans({"Ġ": "␣", "▁": "␣", "Ċ": "⏎"})


def is_vocabulary(given: object) -> bool:
    """Return whether words can be looked up in it by number."""
    return callable(given) or isinstance(given, Sequence | Mapping | np.ndarray) or _by_method(given) is not None


def word_by_number(given: object) -> Word:
    """Return a function from a token's number to its word; a number without a word is its own, written exactly."""
    look_up = _by_method(given) or _by_container(given)

    def word(number: int) -> str:
        found = look_up(int(number))
        return str(int(number)) if found is None else found

    return word


def known_words(given: object) -> int | None:
    """Return how many words there are, the numbers without one among them counted; None where that is not known."""
    method = getattr(given, "get_vocabulary", None)
    if callable(method):
        return len(method())
    size = getattr(given, "vocabulary_size", None) or getattr(given, "vocab_size", None)
    if callable(size):
        size = size()
    if isinstance(size, int):
        return size
    if isinstance(given, Mapping):
        numbers = [x for pair in given.items() for x in pair if isinstance(x, int | np.integer)]
        return int(max(numbers)) + 1 if numbers else None
    return len(given) if isinstance(given, Sequence | np.ndarray) and not isinstance(given, str) else None


def _by_container(given: object) -> Callable[[int], str | None]:
    if isinstance(given, Mapping):
        if given and all(isinstance(key, str) and not isinstance(value, str) for key, value in given.items()):
            given = {int(number): word for word, number in given.items()}  # an index of words, turned around
        return lambda number: None if number not in given else _text(given[number])
    if callable(given):
        return lambda number: _text(given(number))
    words: Sequence[object] = given  # type: ignore[assignment]  # checked by `is_vocabulary`
    return lambda number: _text(words[number]) if 0 <= number < len(words) else None


def _by_method(given: object) -> Callable[[int], str | None] | None:
    """Return the look-up of a tokenizer (KerasHub's, Hugging Face's, tiktoken's) or of a layer with a vocabulary."""
    given = getattr(given, "tokenizer", given)
    if hasattr(given, "convert_ids_to_tokens") and hasattr(given, "decode"):
        return lambda number: _decoded(given.decode([number])) or _text(given.convert_ids_to_tokens(number))
    if hasattr(given, "id_to_token"):
        bytes_level = any("BytePair" in cls.__name__ for cls in type(given).__mro__)
        return lambda number: _of_bytes(_text(given.id_to_token(number))) if bytes_level else _text(given.id_to_token(number))
    if hasattr(given, "id_to_piece"):
        return lambda number: _text(given.id_to_piece(number))
    if hasattr(given, "get_vocabulary"):
        words = list(given.get_vocabulary())
        return lambda number: _text(words[number]) if 0 <= number < len(words) else None
    if hasattr(given, "decode") and not isinstance(given, str | bytes):
        return lambda number: _decoded(given.decode([number]))
    return None


def _text(word: object) -> str:
    text = word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word)
    return text.translate(_SPACES)


def _decoded(text: object) -> str:
    """Return a decoded piece of text with the space before a word as a sign."""
    text = str(text)
    return f"␣{text[1:]}" if text.startswith(" ") and len(text) > 1 else text


def _of_bytes(token: str) -> str:
    """Return the letters of a token of a byte-level vocabulary, which writes each byte as a sign of its own."""
    token = token.replace("␣", "Ġ").replace("⏎", "Ċ")
    table = _signs_of_bytes()
    if not all(sign in table for sign in token):
        return _text(token)
    text = bytes(table[sign] for sign in token).decode("utf-8", "replace")
    return _decoded(text).replace("\n", "⏎")


@cache
def _signs_of_bytes() -> dict[str, int]:
    """Return the byte of each sign, as GPT-2's vocabulary writes them: printable ones as they are, others from 256 on."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [b for b in range(256) if b not in plain]
    return {**{chr(b): b for b in plain}, **{chr(256 + i): b for i, b in enumerate(others)}}
