"""How a tutorial's two sources are read, and what is refused."""

import pytest
from cells import Cell, SourceError, read_cells, read_korean, read_tutorial

SOURCE = """\
# %% title [markdown]
# # A title
#
# Some *text*.

# %% setup
import math  # a comment stays
# %load_ext autoreload

# %% look tags=["raises-exception"]
1 / 0
"""


def test_cells_are_named_typed_and_tagged():
    assert read_cells(SOURCE, "x.py") == (
        Cell("title", "markdown", "# A title\n\nSome *text*."),
        Cell("setup", "code", "import math  # a comment stays\n%load_ext autoreload"),
        Cell("look", "code", "1 / 0", ("raises-exception",)),
    )


@pytest.mark.parametrize("head", ["# %%", "# %% A Name", "# %% a_name", "# %% -x", "# %% x" + "y" * 64])
def test_a_cell_without_a_usable_name_is_refused(head):
    with pytest.raises(SourceError, match=r"x\.py: the cell that begins 'answer' is named .*write '# %% a-name'"):
        read_cells(f"{head}\nanswer\n", "x.py")


def test_two_cells_of_one_name_are_refused():
    with pytest.raises(SourceError, match="two cells are named 'same'"):
        read_cells("# %% same\n1\n\n# %% same\n2\n", "x.py")


def test_korean_is_keyed_by_cell_name():
    text = "<!-- cell: title -->\n# 제목\n\n글입니다.\n\n<!-- cell: end -->\n끝입니다.\n"
    assert read_korean(text, "x.ko.md") == {"title": "# 제목\n\n글입니다.", "end": "끝입니다."}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("글\n<!-- cell: a -->\n", "text stands before"),
        ("<!-- cell: a -->\n<!-- cell: a -->\n", r"\['a'\] stand more than once"),
    ],
)
def test_korean_that_cannot_be_keyed_is_refused(text, said):
    with pytest.raises(SourceError, match=said):
        read_korean(text, "x.ko.md")


@pytest.mark.parametrize(
    ("korean", "said"),
    [
        ("", r"missing \['title', 'end'\]"),
        ("<!-- cell: title -->\n가\n<!-- cell: end -->\n나\n<!-- cell: more -->\n다\n", r"unknown \['more'\]"),
        ("<!-- cell: end -->\n나\n<!-- cell: title -->\n가\n", r"the order must be \['title', 'end'\]"),
    ],
)
def test_a_translation_of_other_cells_is_refused(workshop, korean, said):
    workshop.write("# %% title [markdown]\n# A\n\n# %% end [markdown]\n# B\n", korean)
    with pytest.raises(SourceError, match=said):
        read_tutorial("01_tiny", workshop.folder)
