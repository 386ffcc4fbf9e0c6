"""LaTeX: every sign of its language is printed, none is obeyed."""

import re

import pytest

from kfx.text.latex import latex_table, latex_text

COMMANDS = re.compile(
    r"\\(textbackslash|textasciitilde|textasciicircum|textless|textgreater|textbar|textquotedbl|ldots)\{\}"
    r"|\$(\\times|\\cdot|\\geq|\\approx|\\rightarrow|-)\$|\\[{}$&#%_]"
)


@pytest.mark.parametrize(
    "text", ["a_b", "50 % & more", r"\input{/etc/passwd}", "$x^2$", "~#{}", "3×3 → 5×5", "합성곱_1", 'a"|<b>']
)
def test_nothing_but_known_commands_is_left(text):
    left = COMMANDS.sub("", latex_text(text))
    assert not set('\\{}$&#%_~^<>|"') & set(left)


def test_lines_and_controls_stay_in_their_cell():
    assert "\n" not in latex_text("a\nb\\\\c")


def test_a_table_has_as_many_cells_as_heads():
    table = latex_table(["Layer", "Parameters"], [["a\\_b", "10"], ["c", "2"]], [False, True])
    *rules, last = [r"\begin{tabular}{lr}", r"\toprule", r"\midrule", r"\bottomrule", r"\end{tabular}"]
    lines = table.splitlines()
    assert [line for line in lines if line in (*rules, last)] == [*rules, last]
    assert [line for line in lines if line not in (*rules, last)] == [r"Layer & Parameters \\", r"a\_b & 10 \\", r"c & 2 \\"]
