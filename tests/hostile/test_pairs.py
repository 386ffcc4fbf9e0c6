"""Three hundred pairs of models: the verdict of the comparison is right in every one, and the exit code says the same."""

import warnings

import pytest

import kfx

warnings.filterwarnings("ignore", category=UserWarning)


def wrong_verdicts(folder, *, most=None):
    from tests.hostile.pairs import pairs

    seen, wrong = 0, []
    for what, a, b, expected in pairs(folder, most=most):
        seen += 1
        view = kfx.diff(a, b)
        if view.verdict is not expected or (str(view).lower().find("no difference found") >= 0) != view.equal:
            wrong.append((what, expected, str(view)))
    return seen, wrong


@pytest.mark.thorough
def test_the_verdict_on_three_hundred_pairs_is_right(tmp_path):
    seen, wrong = wrong_verdicts(tmp_path)
    print(f"\n{seen} pairs compared, {len(wrong)} verdicts wrong")
    assert seen >= 300
    assert not wrong, "\n\n".join(f"{what}: expected {expected}\n{text}" for what, expected, text in wrong)
