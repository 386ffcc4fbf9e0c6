"""What a user's target means."""

import numpy as np
import pytest

from kfx.values.attribution.goal import OutputFact, choose_goal

ONE = [OutputFact("", (3,), True)]
TWO = [OutputFact("priority", (1,), True), OutputFact("department", (4,), True)]
NAMES = ["cat", "dog", "bird"]


@pytest.mark.parametrize(
    ("target", "kind", "units"),
    [
        (None, "largest", (None,)),
        (2, "unit", (2,)),
        (-1, "unit", (2,)),
        (np.int64(0), "unit", (0,)),
        ("dog", "unit", (1,)),
        (("bird", 0), "contrast", (2, 0)),
        ((1, None), "contrast", (1, None)),
    ],
)
def test_units_names_and_pairs(target, kind, units):
    goal = choose_goal(target, ONE, NAMES)
    assert (goal.kind, goal.units, goal.output, goal.logits) == (kind, units, 0, True)


def test_a_dict_names_an_output():
    goal = choose_goal({"department": None}, TWO)
    assert (goal.kind, goal.output) == ("largest", 1)
    assert choose_goal({"department": "b"}, TWO, {"department": ["a", "b", "c", "d"]}).units == (1,)


def test_a_text_that_is_no_class_is_an_address_and_a_function_is_itself():
    assert choose_goal("conv/relu", ONE, NAMES).address == "conv/relu"
    assert choose_goal(len, ONE).function is len


@pytest.mark.parametrize(
    ("target", "outputs", "names", "error", "match"),
    [
        (3, ONE, None, ValueError, r"`target` is 3; the output has 3 units, 0 to 2\."),
        (-4, ONE, None, ValueError, "has 3 units"),
        (True, ONE, None, TypeError, "'bool'; expected a unit's number"),
        (1.5, ONE, None, TypeError, "'float'; expected a unit's number"),
        ((1, 1), ONE, None, ValueError, "contrast of a unit with itself is 0"),
        ((1, 2, 0), ONE, None, ValueError, "holds 3 units; expected two"),
        (None, TWO, None, ValueError, r"2 outputs: 'priority', 'department'.*\{'priority': None\}"),
        ({"x": 1}, TWO, None, ValueError, "names an output 'x'; the outputs are 'priority', 'department'"),
        ({"priority": 0, "department": 1}, TWO, None, ValueError, "names 2 outputs; expected one"),
        ({"department": "cat"}, TWO, None, ValueError, "'cat' that the output 'department' does not have. Give class_names"),
        (0, ONE, ["a"], ValueError, "holds 1 names; the model's output has 3 units"),
        (0, ONE, "abc", TypeError, "is 'abc'; give one name for each class"),
        (0, ONE, 5, TypeError, "is 5; give one name for each class"),
        (0, ONE, {"y": NAMES}, ValueError, "names an output 'y'"),
        ("a", ONE, ["a", "a", "b"], ValueError, "Several classes are called 'a'"),
    ],
)
def test_a_target_that_does_not_exist_is_refused_in_one_sentence(target, outputs, names, error, match):
    with pytest.raises(error, match=match):
        choose_goal(target, outputs, names)


def test_the_largest_is_chosen_for_each_example_and_over_all_places():
    values = np.array([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]])
    assert choose_goal(None, ONE).chosen(values).tolist() == [[1], [0]]
    assert choose_goal((2, None), ONE).chosen(values).tolist() == [[2, 1], [2, 0]]
    steps = np.zeros((1, 2, 3))
    steps[0, 1, 2] = 1
    assert choose_goal(None, [OutputFact("", (2, 3), True)]).chosen(steps).tolist() == [[5]]
