"""``kfx freeze`` in the shell: in place or elsewhere, one or many, checked only; what it says and with which code it ends."""

import json
import os
import sys

import pytest

from kfx.cli import main as cli
from kfx.cli.main import main

VIEW = "application/vnd.jupyter.widget-view+json"


def notebook(*outputs, source="slider", **metadata):
    cell = {"cell_type": "code", "execution_count": 1, "id": "a", "metadata": {}, "outputs": list(outputs), "source": source}
    return {"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


LIVE = {
    "output_type": "display_data",
    "data": {VIEW: {"model_id": "m"}, "text/plain": "FloatSlider(value=0.5)"},
    "metadata": {},
}
DEAD = {"output_type": "display_data", "data": {"text/plain": "FloatSlider(value=0.5)"}, "metadata": {}}


@pytest.fixture
def write(tmp_path):
    def put(name, content):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1) + "\n", encoding="utf-8")
        return path

    return put


def run(capsys, *words):
    code = cli.main(["freeze", *map(str, words)])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_notebook_is_frozen_in_place_and_a_second_time_left_alone(write, capsys):
    path = write("a.ipynb", notebook(LIVE, widgets={}))
    code, out, err = run(capsys, path)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{path}: frozen, 446 bytes → 344 bytes",
        "  cell 1: a live view gives way to its text",
        "  the stored widget state (metadata.widgets) is removed: nothing shows it",
    ]
    assert path.read_text() == json.dumps(notebook(DEAD), indent=1) + "\n"
    before = path.stat()
    assert run(capsys, path) == (0, f"{path}: nothing to freeze\n", "")
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino), "it was not even written"


def test_check_writes_nothing_and_fails_until_it_is_frozen(write, capsys):
    path = write("a.ipynb", notebook(LIVE))
    before = path.read_bytes()
    code, out, _ = run(capsys, "--check", path)
    assert code == 1
    assert out.startswith(f"{path}: would be frozen")
    assert "cell 1: a live view gives way to its text" in out
    assert path.read_bytes() == before
    run(capsys, path)
    assert run(capsys, "--check", path)[0] == 0


def test_elsewhere_the_original_stays(write, capsys, tmp_path):
    path = write("a.ipynb", notebook(LIVE))
    before = path.read_bytes()
    code, out, _ = run(capsys, path, "-o", tmp_path / "b.ipynb")
    assert code == 0
    assert f"frozen to {tmp_path / 'b.ipynb'}" in out
    assert path.read_bytes() == before
    assert json.loads((tmp_path / "b.ipynb").read_text()) == notebook(DEAD)
    assert run(capsys, path, "-o", tmp_path)[0] == 0, "a folder that is there takes the notebook under its name"
    assert json.loads(path.read_text()) == notebook(DEAD)


def test_a_notebook_with_nothing_to_do_is_copied_byte_for_byte(write, capsys, tmp_path):
    odd = json.dumps(notebook(DEAD), indent=3).replace("\n", "\r\n")
    path = write("a.ipynb", "")
    path.write_bytes(odd.encode())
    code, out, _ = run(capsys, path, "-o", tmp_path / "b.ipynb")
    assert code == 0
    assert "nothing to freeze; copied to" in out
    assert (tmp_path / "b.ipynb").read_bytes() == odd.encode()


def test_a_folder_is_frozen_with_all_that_is_in_it(write, capsys, tmp_path):
    write("in/a.ipynb", notebook(LIVE))
    write("in/b.ipynb", notebook(DEAD))
    write("in/.ipynb_checkpoints/a.ipynb", notebook(LIVE))
    write("in/notes.txt", "x")
    code, out, _ = run(capsys, tmp_path / "in", "-o", tmp_path / "out")
    assert code == 0
    assert len(out.splitlines()) == 3
    assert sorted(p.name for p in (tmp_path / "out").rglob("*")) == ["a.ipynb", "b.ipynb"]
    assert json.loads((tmp_path / "out" / "a.ipynb").read_text()) == notebook(DEAD)


def test_a_bad_notebook_does_not_stop_the_others(write, capsys):
    good, bad = write("good.ipynb", notebook(LIVE)), write("bad.ipynb", "{")
    code, out, err = run(capsys, bad, good)
    assert code == 2
    assert err.startswith("kfx: 'bad.ipynb' is not JSON: ")
    assert err.count("\n") == 1
    assert f"{good}: frozen" in out
    assert bad.read_text() == "{"


BAD = {
    "{": "'a.ipynb' is not JSON",
    "": "'a.ipynb' is empty",
    '{"nbformat": 3, "worksheets": []}': "Convert it first: jupyter nbconvert --to notebook --inplace a.ipynb",
    '{"nbformat": 4, "cells": "x"}': "'a.ipynb' is not a valid notebook: the cells: 'x' is not of type 'array'",
}


@pytest.mark.parametrize("text", BAD)
def test_a_file_that_is_no_notebook_is_one_clear_line_and_stays(text, write, capsys):
    path = write("a.ipynb", text)
    code, out, err = run(capsys, path)
    assert (code, out) == (2, "")
    assert BAD[text] in err
    assert err.count("\n") == 1
    assert path.read_text() == text


def test_what_is_not_there_is_one_clear_line(capsys, tmp_path):
    assert run(capsys, tmp_path / "no.ipynb")[2].startswith("kfx: There is no file ")
    assert "There is no notebook in the folder" in run(capsys, tmp_path)[2]


def test_missing_nbformat_is_one_clear_line(write, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbformat.validator", None)
    code, _, err = run(capsys, write("a.ipynb", notebook()))
    missing = "Freezing notebooks needs nbformat, which is not installed. Install it: pip install nbformat"
    assert (code, err) == (2, f"kfx: {missing}\n")


def test_words_that_do_not_go_together_are_refused(write, capsys, tmp_path):
    one, two = write("one/a.ipynb", notebook()), write("two/a.ipynb", notebook())
    assert "--check writes nothing, so it takes no -o" in run(capsys, one, "--check", "-o", tmp_path / "x")[2]
    assert "Two notebooks are called 'a.ipynb'" in run(capsys, one, two, "-o", tmp_path / "out")[2]
    assert "is a file. Name a folder for several notebooks" in run(capsys, tmp_path / "one", "-o", two)[2]


def test_a_size_is_given_in_kilobytes(write, capsys):
    heavy = {"output_type": "stream", "name": "stdout", "text": "x\n" * 50_000}
    path = write("a.ipynb", notebook(heavy))
    assert run(capsys, path, "--check")[0] == 0
    code, out, _ = run(capsys, path, "--max-output", "20")
    assert code == 0
    assert "cell 1: text of 100 kB cut to 20 kB" in out
    with pytest.raises(SystemExit, match="2"):
        cli.main(["freeze", str(path), "--max-output", "1.5"])
    assert "'1.5' is not a whole number of kilobytes from 10 to 1000000" in capsys.readouterr().err


def test_views_are_kept_where_their_host_shows_them(write, capsys):
    model = {"model_name": "LabelModel", "model_module": "m", "state": {"value": "x"}}
    path = write("a.ipynb", notebook(LIVE, widgets={"application/vnd.jupyter.widget-state+json": {"m": model}}))
    code, out, _ = run(capsys, path, "--keep-widgets")
    assert code == 0
    assert "the stored widget state (metadata.widgets) is repaired" in out
    assert VIEW in path.read_text()


def test_the_words_of_a_notebook_command_no_terminal(write, capsys):
    name = "\x1b[31mred\x1b]0;title\x07"
    model = {"model_name": f"{name}Model", "model_module": "m", "state": {}}
    path = write("a.ipynb", notebook(LIVE, widgets={"state": {"m": model}}))
    assert "\x1b" not in run(capsys, path)[1]


def test_a_save_while_it_runs_is_kept(tmp_path, monkeypatch, capsys):
    from kfx.cli import freeze as command

    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps(notebook_with_bar()))
    freeze = command.freeze

    def slow(*args, **options):
        path.write_text("saved meanwhile")
        return freeze(*args, **options)

    monkeypatch.setattr(command, "freeze", slow)
    assert main(["freeze", str(path)]) == 2
    assert path.read_text() == "saved meanwhile"
    assert "saved by somebody else" in capsys.readouterr().err


def notebook_with_bar():
    lines = [f"{n}%|██| {n}/99 [00:01]\n" for n in range(1, 100)]
    cell = {"cell_type": "code", "id": "a", "execution_count": 1, "metadata": {}, "source": "",
            "outputs": [{"output_type": "stream", "name": "stdout", "text": lines}]}  # fmt: skip
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def test_a_flood_of_bars_is_named_by_check_and_gone_after_freezing(tmp_path, capsys):
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps(notebook_with_bar()))
    assert main(["freeze", "--check", str(path)]) == 1
    assert "98 lines of progress bars left out" in capsys.readouterr().out
    assert main(["freeze", str(path)]) == 0
    assert main(["freeze", "--check", str(path)]) == 0


def test_output_does_not_replace_a_file_without_force(tmp_path, capsys):
    path, other = tmp_path / "n.ipynb", tmp_path / "thesis.txt"
    path.write_text(json.dumps(notebook_with_bar()))
    other.write_text("years of work")
    assert main(["freeze", str(path), "-o", str(other)]) == 2
    assert other.read_text() == "years of work"
    assert "--force" in capsys.readouterr().err
    assert main(["freeze", str(path), "-o", str(other), "--force"]) == 0
    assert json.loads(other.read_text())["nbformat"] == 4


def test_one_notebook_of_a_wrong_form_does_not_stop_a_folder(tmp_path, capsys):
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": {"a": 1}, "nbformat": 4, "metadata": 3}))
    (tmp_path / "b.ipynb").write_text('{"cells": [' + "[" * 50_000)
    (tmp_path / "c.ipynb").write_text(json.dumps(notebook_with_bar()))
    assert main(["freeze", str(tmp_path)]) == 2
    assert "c.ipynb: frozen" in capsys.readouterr().out


def test_a_pipe_is_refused_and_not_waited_for(tmp_path, capsys):
    os.mkfifo(tmp_path / "n.ipynb")
    assert main(["freeze", str(tmp_path / "n.ipynb")]) == 2
    assert "is not a file" in capsys.readouterr().err


@pytest.mark.parametrize("place", range(0, 700, 7))
def test_a_coloured_text_that_was_cut_is_frozen(tmp_path, place):
    """The cut may fall anywhere in a colour's code."""
    text = "x" * place + "\x1b[38;5;196mred\x1b[0m" * 60_000
    notebook = notebook_with_bar()
    notebook["cells"][0]["outputs"][0]["text"] = text
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps(notebook))
    assert main(["freeze", "--max-output", "10", str(path)]) == 0
    assert main(["freeze", "--max-output", "10", "--check", str(path)]) == 0
