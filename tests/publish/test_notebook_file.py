"""A notebook's file is read with words for what is wrong, and written in the style that it had."""

import json
import os
import stat

import pytest

from kfx.errors import NotebookError
from kfx.notebook.write import write_whole
from kfx.publish.notebook_file import parsed, read_notebook, written

NOTEBOOK = {
    "cells": [
        {"cell_type": "code", "source": ["print('한글')\n", "1 / 2"], "outputs": [], "metadata": {}, "execution_count": 1.5}
    ],
    "metadata": {"b": {}, "a": []},
    "nbformat": 4,
    "nbformat_minor": 5,
}

STYLES = {
    "jupyter": json.dumps(NOTEBOOK, indent=1, ensure_ascii=False) + "\n",
    "no last line end": json.dumps(NOTEBOOK, indent=1, ensure_ascii=False),
    "two spaces": json.dumps(NOTEBOOK, indent=2, ensure_ascii=False) + "\n",
    "tabs": json.dumps(NOTEBOOK, indent="\t") + "\n\n",
    "escaped": json.dumps(NOTEBOOK, indent=1) + "\n",
    "one line": json.dumps(NOTEBOOK),
    "tight": json.dumps(NOTEBOOK, separators=(",", ":"), ensure_ascii=False),
    "windows": json.dumps(NOTEBOOK, indent=1).replace("\n", "\r\n") + "\r\n",
    "half a character": json.dumps({**NOTEBOOK, "metadata": {"x": "\ud83d"}}, indent=1).replace("\\ud55c\\uae00", "한글"),
}


@pytest.mark.parametrize("style", STYLES)
def test_what_is_written_has_the_style_of_what_was_read(style, tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_bytes(STYLES[style].encode())
    notebook, text = read_notebook(path)
    assert text == STYLES[style]
    assert written(notebook, text) == text
    write_whole(path, text.encode())
    assert path.read_bytes() == STYLES[style].encode()


def test_a_change_leaves_all_other_lines_as_they_were():
    notebook = parsed(STYLES["two spaces"], "a.ipynb")
    notebook["metadata"]["b"] = {"c": 1}
    before, after = STYLES["two spaces"].splitlines(), written(notebook, STYLES["two spaces"]).splitlines()
    assert [line for line in before if line not in after] == ['    "b": {},']


def test_a_byte_order_mark_is_read_over_and_not_written(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_bytes(b"\xef\xbb\xbf" + STYLES["jupyter"].encode())
    notebook, text = read_notebook(path)
    assert notebook == NOTEBOOK
    assert written(notebook, text) == STYLES["jupyter"]


BAD = {
    "empty": ("", "'a.ipynb' is empty. Restore it"),
    "blank": ("\ufeff \n", "is empty"),
    "not json": ("cells = []", "is not JSON: Expecting value in line 1"),
    "cut off": (STYLES["jupyter"][:100], r"is not JSON: .* in line \d"),
    "deep": ("[" * 200_000, "is not a notebook: JSON that Python cannot read"),
    "a list": ("[]", "is JSON, but not a notebook: it has no 'cells'"),
    "other json": ('{"name": "kfx"}', "is JSON, but not a notebook"),
    "format 3": (
        '{"nbformat": 3, "worksheets": []}',
        "notebook format 3; kfx works on format 4. Convert it first: jupyter nbconvert",
    ),
    "format 5": ('{"nbformat": 5, "cells": []}', "notebook format 5; kfx works on format 4"),
    "format text": ('{"nbformat": "4", "cells": []}', "notebook format '4'"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_notebook_is_refused_in_words(case):
    text, said = BAD[case]
    with pytest.raises(NotebookError, match=said):
        parsed(text, "a.ipynb")


def test_bytes_that_are_no_text_are_refused_in_words(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_bytes(b'{"cells": "\xff"}')
    with pytest.raises(NotebookError, match=r"'a.ipynb' is not a notebook: byte 11 is not UTF-8"):
        read_notebook(path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_file_keeps_its_permissions_and_a_link_its_target(tmp_path):
    path, link = tmp_path / "a.ipynb", tmp_path / "link.ipynb"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.ipynb", "link.ipynb"]
