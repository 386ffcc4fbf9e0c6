"""Each exercise is content with a right answer, and helps with a wrong and with an empty one without telling the answer.

The answers stand in ``exercises/answers_NN.py``, one file a tutorial. RIGHT and WRONG map an exercise to functions of ``keras``
that make an answer, the wrong ones with what must be said; SECRETS maps it to what no hint may say.
"""

import ast
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

import kfx
from kfx import exercises
from kfx.exercises import Verdict, check
from kfx.exercises.sentences import read_words

ANSWERS = [runpy.run_path(str(path)) for path in sorted((Path(__file__).parent / "exercises").glob("answers_*.py"))]
RIGHT, WRONG, SECRETS = ({k: v for found in ANSWERS for k, v in found[name].items()} for name in ("RIGHT", "WRONG", "SECRETS"))
image_model = ANSWERS[0]["image_model"]
EXERCISES = Path(exercises.__file__).parent
KEY = re.compile(r"[a-z]\w*\.[a-z]\w*")


def keys_in(module):
    """Keys of sentences in a module: the texts that are one, and the two that ``require_kind`` makes of a check."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and KEY.fullmatch(node.value):
            yield node.value
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "require_kind":
            yield from (f"{node.args[-1].value}.{sentence}" for sentence in ("nothing_yet", "expected"))


def words_of(module):
    return module.stem.removeprefix("tutorial_") if module.stem.startswith("tutorial_") else "shared"


@pytest.mark.parametrize("words", sorted((EXERCISES / "words").glob("*.toml")), ids=lambda path: path.stem)
def test_every_sentence_is_used_and_every_key_has_one(words):
    modules = [path for path in EXERCISES.rglob("*.py") if words_of(path) == words.stem]
    used = {key for path in modules for key in keys_in(path)}
    kept = {f"{check}.{sentence}" for check, sentences in read_words(words.stem).items() for sentence in sentences}
    assert used == kept


@pytest.mark.parametrize("words", sorted((EXERCISES / "words").glob("*.toml")), ids=lambda path: path.stem)
def test_every_sentence_is_in_both_languages(words):
    for sentences in read_words(words.stem).values():
        for texts in sentences.values():
            assert texts.keys() == {"en", "ko"}
            assert re.search("[가-힣]", texts["ko"]) or texts["ko"] == texts["en"]  # code is the same in both
            assert not re.search("[가-힣]", texts["en"])


def cases(table):
    return [(name, *(case if isinstance(case, tuple) else (case,))) for name, found in table.items() for case in found]


def test_every_exercise_has_right_and_wrong_answers_here():
    assert sorted(RIGHT) == sorted(WRONG) == sorted(exercises.names())


@pytest.mark.parametrize(("name", "answer"), cases(RIGHT))
def test_a_right_answer_passes(keras, name, answer):
    verdict = check(name, answer(keras))
    assert verdict.passed, verdict
    assert repr(verdict).startswith("✓ Right")


@pytest.mark.parametrize(("name", "answer", "said"), cases(WRONG))
def test_a_wrong_answer_gets_a_hint(keras, name, answer, said):
    verdict = check(name, answer(keras))
    assert not verdict.passed
    assert re.search(said, verdict.english)
    assert repr(verdict) == f"✗ {verdict.english}"
    assert re.search("[가-힣]", verdict.korean)


@pytest.mark.parametrize("name", exercises.names())
def test_an_empty_answer_is_told_what_to_do(name):
    verdict = check(name, None)
    assert not verdict.passed
    assert repr(verdict).startswith("○ Nothing to check yet. ")
    assert not verdict.tried
    assert "None" in verdict.english


@pytest.mark.parametrize(
    "made",
    [
        lambda k: float("nan"),
        lambda k: 10**400,
        lambda k: "\ud800\0" + "x" * 5000,
        lambda k: b"",
        lambda k: [],
        lambda k: [None, None],
        lambda k: {"priority": None, "department": []},
        lambda k: np.full((2, 3), np.nan),
        lambda k: k.Input((4,)),
        lambda k: [k.Input((4,)), k.Input((4,))],
        lambda k: k.layers.Dense(2),
        lambda k: k.layers.Layer,
        lambda k: k.Model,
        lambda k: k.Sequential(),
        lambda k: image_model(k, size=4),
        lambda k: [image_model(k, size=4), image_model(k, size=4)],
        lambda k: kfx.extract(image_model(k, size=4), np.zeros((1, 4, 4, 3), "float32")),
        lambda k: check,
    ],
)
def test_a_strange_answer_to_any_exercise_is_told_so_and_raises_nothing(keras, made):
    answer = made(keras)
    verdicts = {name: check(name, answer) for name in exercises.names()}
    assert [name for name, verdict in verdicts.items() if verdict.passed] == []
    assert [name for name, verdict in verdicts.items() if len(verdict.english) > 500 or verdict.english.count("\n")] == []


@pytest.mark.parametrize("name", SECRETS)
def test_no_hint_holds_the_answer(keras, name):
    said = [check(name, case[0](keras)) for case in WRONG[name]] + [check(name, None)]
    for verdict in said:
        assert not re.search(SECRETS[name], verdict.english + verdict.korean)


def test_a_model_is_left_as_it_was(keras):
    model = image_model(keras)
    before = (model.get_config(), [len(layer._inbound_nodes) for layer in model.layers], model.compiled, model.built)
    check("01.2", model)
    assert before == (model.get_config(), [len(layer._inbound_nodes) for layer in model.layers], model.compiled, model.built)


def test_what_a_reader_named_is_shown_as_text():
    html = Verdict(False, "called '<script>x</script>'", "<b>이름</b>")._repr_html_()
    assert "<script>" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;" in html


def test_a_verdict_speaks_the_language_in_use(korean):
    verdict = Verdict(True, "Right.", "맞습니다.")
    assert repr(verdict) == "✓ 맞습니다."
    assert "맞습니다." in verdict._repr_html_()
    assert "Right." not in verdict._repr_html_()


def test_a_verdict_speaks_english_unless_told_otherwise():
    html = Verdict(True, "Right.", "맞습니다.")._repr_html_()
    assert "Right." in html
    assert "맞습니다." not in html


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("01.4", r"The exercises of tutorial 01: 01\.1, 01\.2, 01\.3\.$"),
        ("1.1", r"Did you mean '01\.1'\? The exercises of tutorial 01"),
        (1.1, r"Did you mean '01\.1'\?"),
        ("12.4", r"The exercises of tutorial 12: 12\.1, 12\.2, 12\.3\.$"),
        ("99.1", r"The exercises: 01\.1 to \d\d\.3"),
        ("", r"The exercises: 01\.1 to \d\d\.3"),
        ("01", r"The exercises of tutorial 01"),
        ("01.l", r"The exercises of tutorial 01"),
    ],
)
def test_an_unknown_exercise_is_refused_with_the_one_that_was_meant(name, said):
    with pytest.raises(ValueError, match=rf"There is no exercise {name!r}\. ?{said}|There is no exercise {name!r}\..*{said}"):
        check(name, None)


def test_a_particle_fits_the_name_in_it():
    assert [check("11.1", name).korean.partition(" ")[0] for name in ("first", "smaller", "second")] == [
        "first는",
        "smaller는",
        "second는",
    ]


def test_exercises_are_reached_from_the_package():
    assert kfx.exercises is exercises
