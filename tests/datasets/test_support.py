"""Generated tickets: readable, the same everywhere, and worth learning from."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from kfx.datasets import DEPARTMENTS, TAGS, tickets
from kfx.datasets.ticket_words import CALM, URGENT, USUAL_TAGS


@pytest.fixture(scope="module")
def data():
    return tickets()


def test_form_is_what_the_tutorial_promises(data):
    assert len(data) == 1280
    assert [data.title.dtype, data.body.dtype] == [np.int32, np.int32]
    assert [data.tags.shape, data.priority.shape, data.department.shape] == [(1280, 12), (1280, 1), (1280, 4)]
    assert set(data.x) == {"title", "body", "tags"}
    assert set(data.y) == {"priority", "department"}
    assert max(data.title.max(), data.body.max()) < 10_000


def test_targets_are_in_range(data):
    assert set(np.unique(data.tags)) == {0.0, 1.0}
    assert data.priority.min() >= 0
    assert data.priority.max() <= 1
    assert (data.department.sum(1) == 1).all()
    assert (data.department.sum(0) > 250).all()


def test_numbers_spell_the_text(data):
    import re

    for k in range(50):
        for text, numbers in ((data.titles[k], data.title[k]), (data.bodies[k], data.body[k])):
            assert [data.vocabulary[n] for n in numbers if n] == re.findall(r"[a-z0-9]+", text.lower())


def test_padding_stands_only_at_the_end(data):
    for rows in (data.title, data.body):
        lengths = (rows > 0).sum(1)
        assert lengths.min() >= 3
        assert lengths.max() == rows.shape[1]
        assert all((row[:length] > 0).all() for row, length in zip(rows, lengths, strict=True))


def test_lengths_vary(data):
    assert len(set((data.body > 0).sum(1))) > 20


def test_commonest_words_have_the_lowest_numbers(data):
    counts = np.bincount(np.concatenate([data.title.ravel(), data.body.ravel()]), minlength=len(data.vocabulary))[2:]
    assert (np.diff(counts) <= 0).all()
    assert counts[-1] >= 1


def test_no_slot_is_left_open(data):
    assert not any("{" in text or "}" in text for text in (*data.titles, *data.bodies))


def test_urgent_sentences_raise_the_priority(data):
    urgent = np.array([any(s in body for s in URGENT) for body in data.bodies])
    calm = np.array([any(s in body for s in CALM) for body in data.bodies])
    assert not (urgent & calm).any()
    assert data.priority[urgent].min() > data.priority[~urgent & ~calm].mean() > data.priority[calm].mean()


def test_department_follows_from_the_words(data):
    """A bag-of-words rule, learned from 1,000 tickets by counting, knows the department of the other 280."""
    bags = np.zeros((1280, len(data.vocabulary)))
    for bag, title, body in zip(bags, data.title, data.body, strict=True):
        bag[title], bag[body] = 1, 1
    bags[:, 0] = 0
    counts = data.department[:1000].T @ bags[:1000] + 0.5
    score = bags[1000:] @ np.log(counts / counts.sum(1, keepdims=True)).T
    assert (score.argmax(1) == data.department[1000:].argmax(1)).mean() > 0.95


def test_every_usual_tag_exists():
    assert set(USUAL_TAGS) == set(DEPARTMENTS)
    assert {tag for usual in USUAL_TAGS.values() for tag in usual} <= set(TAGS)
    assert len(set(TAGS)) == 12


def test_new_text_is_encoded_with_the_same_numbers(data):
    numbers = data.encode("My invoice, xylophone!")
    assert numbers.shape == (1, 3)
    assert [data.vocabulary[n] for n in numbers[0]] == ["my", "invoice", "?"]


def test_empty_text_is_one_unknown_word(data):
    assert data.encode("").tolist() == [[1]]


def test_another_process_gets_the_same_tickets():
    code = "from kfx.datasets import tickets; import hashlib; d = tickets(300, seed=2); "
    code += "print(hashlib.sha256(repr(d.titles + d.bodies).encode() + d.body.tobytes() + d.priority.tobytes()).hexdigest())"
    d = tickets(300, seed=2)
    here = hashlib.sha256(repr(d.titles + d.bodies).encode() + d.body.tobytes() + d.priority.tobytes()).hexdigest()
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == here


def test_another_seed_gives_other_tickets(data):
    assert tickets(20, seed=1).bodies != data.bodies[:20]


def test_first_ticket_reads_like_one(data):
    assert data.text(1) == (
        "Update of the router failed\n"
        "Hello team! The router loses the wireless network every six minutes. Best wishes, Ana.\n"
        "Tags: bug, outage, login. Department: technical. Priority: 0.55"
    )


def test_repr_is_short_and_the_same_everywhere(data):
    assert repr(data) == "<Tickets: 1,280 tickets, titles of up to 8 words, bodies of up to 58, 270 word numbers>"


def test_str_shows_the_first_three(data):
    assert str(data) == "\n\n".join(data.text(k) for k in range(3))
    assert str(tickets(1)).count("Department:") == 1


@pytest.mark.parametrize("n", [0, -1, 2.5, "many"])
def test_impossible_number_is_refused(n):
    with pytest.raises(ValueError, match=r"`n` is .*; it must be a whole number, 1 or more"):
        tickets(n)
