"""Words by number from every kind of vocabulary."""

import numpy as np
import pytest
from keras import layers

from kfx.views.inspector.shown.words import is_vocabulary, known_words, word_by_number


class HuggingFace:
    vocab_size = 3

    def convert_ids_to_tokens(self, number):
        return ["Ġthe", "ìķĪ", "ing"][number]

    def decode(self, numbers):
        return [" the", "안", "ing"][numbers[0]]


class BytePairTokenizer:
    def id_to_token(self, number):
        return ["Ġthe", "ìķĪ", "ing"][number]

    def vocabulary_size(self):
        return 3


class WordPiece:
    def id_to_token(self, number):
        return ["[CLS]", "##ing", "안녕"][number]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["a", "b", "c"], ["a", "b", "c"]),
        (("a", "b", "c"), ["a", "b", "c"]),
        (np.array(["a", "b", "c"]), ["a", "b", "c"]),
        ([b"a", b"b", "끝".encode()], ["a", "b", "끝"]),
        ({0: "a", 1: "b", 2: "c"}, ["a", "b", "c"]),
        ({"a": 0, "b": 1, "c": 2}, ["a", "b", "c"]),
        (lambda number: "abc"[number], ["a", "b", "c"]),
        (HuggingFace(), ["␣the", "안", "ing"]),
        (BytePairTokenizer(), ["␣the", "안", "ing"]),
        (WordPiece(), ["[CLS]", "##ing", "안녕"]),
        (layers.StringLookup(vocabulary=["a", "b"]), ["[UNK]", "a", "b"]),
    ],
)
def test_every_kind_of_vocabulary(given, words):
    assert is_vocabulary(given)
    word = word_by_number(given)
    assert [word(number) for number in range(3)] == words


def test_a_number_without_a_word_is_its_own_exactly():
    assert word_by_number(["a"])(50256) == "50256"
    assert word_by_number({0: "a"})(50256) == "50256"


def test_the_number_of_words_is_counted_where_it_can_be():
    assert [known_words(given) for given in (["a", "b"], HuggingFace(), BytePairTokenizer(), str)] == [2, 3, 3, None]


def test_a_number_is_no_vocabulary():
    assert not is_vocabulary(5)


def test_an_index_of_words_counts_up_to_its_largest_number():
    assert known_words({"the": 7, "끝": 50256}) == 50257
    assert known_words({7: "the", 50256: "끝"}) == 50257
