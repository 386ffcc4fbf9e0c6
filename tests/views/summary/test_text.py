"""The text face: whole, within its width, adding up."""

import dataclasses
import re

import pytest

from kfx.text import table as columns
from kfx.views.summary.rows import shown_rows, summary_rows
from kfx.views.summary.text import summary_text


def text_of(graph, *, expand_nested=False, between=None, **how):
    rows = summary_rows(graph)
    return summary_text(graph, rows, shown_rows(rows, expand_nested=expand_nested, between=between), **how)


def parameters_column(text):
    """The numbers under "Parameters", of rows at the top level only."""
    lines = text.splitlines()
    head = next(i for i, line in enumerate(lines) if line.startswith("Layer"))
    end = lines[head].index("Parameters") + len("Parameters")
    foot = next(i for i in range(head + 2, len(lines)) if lines[i].startswith("─"))
    top = [line for line in lines[head + 2 : foot] if not line.startswith(("  ├", "  └"))]
    cells = [re.search(r" [\d,]+$", line[:end]) for line in top]
    return [int(cell[0].replace(",", "")) for cell in cells if cell]


@pytest.mark.parametrize("expand_nested", [False, True])
def test_a_nested_model_as_text(nested_graph, golden, expand_nested):
    text = text_of(nested_graph, expand_nested=expand_nested, most=100, show_trainable=expand_nested)
    if not expand_nested:
        assert sum(parameters_column(text)) == 150
    golden(f"nested_{'open' if expand_nested else 'folded'}.txt", text + "\n")


def test_a_shared_layer_as_text(shared_graph, golden):
    text = text_of(shared_graph)
    assert sum(parameters_column(text)) == 80
    golden("shared.txt", text + "\n")


def layer_column(text):
    """What stands under "Layer", all its lines joined, without spaces."""
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("Layer"))
    following = next(word for word in ("Type", "Output") if word in lines[at])
    most = lines[at].index(following)  # right-aligned heads stand over narrower cells, so this is never too little
    most = min([most, *(columns.width(line[: line.index("Dense")]) for line in lines[at:] if "Dense" in line)])
    rules = [i for i, line in enumerate(lines) if line.startswith("─")]
    found = ""
    for line in lines[rules[1] + 1 : rules[2]]:
        cells = 0
        for char in line:
            cells += columns.width(char)
            if cells > most:
                break
            found += char
    return found.replace(" ", "")


@pytest.mark.parametrize("most", [52, 64, 80, 100, 160])
def test_every_line_fits_the_width_and_no_name_is_cut(named_graph, most):
    names = ["a_rather_long_layer_name_indeed_" * 3, "합성곱_계층_" * 8, "🦊" * 30, "n" * 10_000]
    text = text_of(named_graph(*names), most=most)
    assert max(map(columns.width, text.splitlines())) <= most
    assert layer_column(text) == "start" + "".join(names)


@pytest.mark.parametrize("most", [32, 36, 41, 50])
def test_the_narrowest_text_fits_too(named_graph, nested_graph, most):
    for graph in (named_graph("n" * 500, "합성곱" * 50), nested_graph):
        text = text_of(graph, most=most, expand_nested=True, show_trainable=True)
        assert max(map(columns.width, text.splitlines())) <= most


def test_numbers_and_shapes_are_never_given_up(nested_graph):
    text = text_of(nested_graph, most=32, expand_nested=True)
    assert sum(parameters_column(text)) == 150
    assert "Output" in text


def test_columns_that_find_no_room_are_named(nested_graph):
    text = text_of(nested_graph, most=40)
    assert "Too narrow for FLOPs" in text
    assert "larger line_length" in re.sub(r"\s", " ", text)
    assert "Too narrow" not in text_of(nested_graph, most=100)


def test_a_hostile_name_stands_on_one_line(named_graph, hostile_name):
    text = text_of(named_graph(hostile_name, "after"))
    assert all(char == "\n" or char.isprintable() or char in "\u200d\u200c" for char in text)
    assert "\u202e" not in text
    text.encode()


def test_a_part_of_the_rows_says_so(nested_graph):
    assert "2 of 3 rows; the totals are the whole model's." in text_of(nested_graph, between=("encoder", "scores"))


def test_folded_models_say_how_to_open_them(nested_graph):
    assert "1 nested model is folded; expand_nested=True" in text_of(nested_graph)
    assert "folded" not in text_of(nested_graph, expand_nested=True)


def test_a_model_without_rows_has_a_text(nested_graph):
    empty = dataclasses.replace(
        nested_graph, calls=(), edges=(), params=0, trainable=0, weight_bytes=0, notes=("Nothing is known.",)
    )
    assert "Nothing is known." in text_of(empty)
