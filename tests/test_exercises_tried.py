"""Each check is tried with twenty right and twenty wrong answers, as readers might give them: none is judged wrongly.

``exercises/tried_*.py`` hold them by exercise: RIGHT and WRONG, each a list of functions of ``keras`` that make an answer.
"""

import runpy
from pathlib import Path

import pytest

from kfx import exercises
from kfx.exercises import check

FOLDER = Path(__file__).parent / "exercises"
TRIED = [runpy.run_path(str(path)) for path in sorted(FOLDER.glob("tried_*.py"))]
RIGHT, WRONG = ({name: made for found in TRIED for name, made in found[kind].items()} for kind in ("RIGHT", "WRONG"))


def test_every_exercise_is_tried_with_twenty_of_each():
    """Those of some tutorials are in ``answers_*.py``, where the words of the verdicts are compared too."""
    answers = [runpy.run_path(str(path)) for path in sorted(FOLDER.glob("answers_*.py"))]
    for kind in ("RIGHT", "WRONG"):
        counts = {name: max(len(found[kind].get(name, ())) for found in (*TRIED, *answers)) for name in exercises.names()}
        assert {name: count for name, count in counts.items() if count < 20} == {}


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_right_answers_pass(keras, name):
    refused = {place: verdict for place, make in enumerate(RIGHT[name]) if not (verdict := check(name, make(keras))).passed}
    assert refused == {}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_wrong_answers_are_refused(keras, name):
    verdicts = {place: check(name, make(keras)) for place, make in enumerate(WRONG[name])}
    assert {place: verdict for place, verdict in verdicts.items() if verdict.passed or not verdict.tried} == {}
