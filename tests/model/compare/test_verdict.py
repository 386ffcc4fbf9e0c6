"""The verdict of a comparison and its exit code."""

import pytest

from kfx.model.compare.verdict import Verdict, verdict


@pytest.mark.parametrize(
    ("different", "left_out", "expected", "code"),
    [
        (False, False, Verdict.EQUAL, 0),
        (True, False, Verdict.DIFFERENT, 1),
        (True, True, Verdict.DIFFERENT, 1),
        (False, True, Verdict.NOT_ALL_COMPARED, 3),
    ],
)
def test_one_difference_is_enough_and_a_gap_is_never_equal(different, left_out, expected, code):
    found = verdict(different=different, left_out=left_out)
    assert (found, found.exit_code) == (expected, code)
