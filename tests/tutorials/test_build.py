"""What `tutorials/build.py` writes, keeps, refuses and says."""

import json

import pytest
from build import calm, main
from nbformat import from_dict
from rules import WIDGET

KOREAN = "<!-- cell: title -->\n# 제목\n"
HEAD = "# %% title [markdown]\n# # A title\n\n# %% setup\nimport os, sys\n\n"
SOURCE = HEAD + '# %% look\nprint("first"); print("second")\n6 * 7\n'


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_code_is_run_once_and_shared_by_both_languages(workshop):
    workshop.write(SOURCE, KOREAN)
    assert workshop.run() == 0
    english, korean = workshop.read("en"), workshop.read("ko")
    assert english.cells[0].source == "# A title"
    assert korean.cells[0].source == "# 제목"
    assert [cell.id for cell in english.cells] == [cell.id for cell in korean.cells] == ["title", "setup", "look"]
    assert code(english) == code(korean)
    stream, result = code(english)[1].outputs
    assert stream.text == "first\nsecond\n"
    assert result.data == {"text/plain": "42"}
    assert [cell.execution_count for cell in code(english)] == [1, 2]


def test_building_twice_gives_the_same_bytes(workshop):
    drawing = 'import ipywidgets\nfrom IPython.display import HTML, display\ndisplay(HTML("<p>static</p>"))\n'
    live = "class Live(ipywidgets.HTML):\n    def _repr_mimebundle_(self, **kw):\n"
    empty = '        return {**super()._repr_mimebundle_(**kw), "text/plain": ""}\ndisplay(Live(), Live().layout.keys[:1])\n'
    workshop.write(HEAD + "# %% widget\n" + drawing + live + empty, KOREAN)
    assert workshop.run() == 0
    first = workshop.bytes()
    assert b"model_id" in first["en/01_tiny.ipynb"]
    assert workshop.run() == 0
    assert workshop.bytes() == first
    assert "widgets" not in workshop.read().metadata


def test_widget_ids_come_from_the_cell_and_the_place_of_the_output():
    def cell(name):
        views = [{"output_type": "display_data", "metadata": {}, "data": {WIDGET: {"model_id": "random"}}} for _ in "ab"]
        return from_dict({"id": name, "cell_type": "code", "metadata": {}, "outputs": views})

    ids = []
    for name in ("one", "two", "one"):
        made = cell(name)
        calm(made)
        ids.append([output.data[WIDGET].model_id for output in made.outputs])
    assert ids[0] == ids[2]
    assert len({*ids[0], *ids[1]}) == 4


def test_a_terminal_s_line_ends_become_a_notebook_s():
    stream = {"output_type": "stream", "name": "stdout", "text": "one\r\ntwo\r\n"}
    cell = from_dict({"id": "command", "cell_type": "code", "metadata": {}, "outputs": [stream]})
    calm(cell)
    assert cell.outputs[0].text == "one\ntwo\n"


def test_the_kernel_sees_a_fixed_environment_and_an_empty_folder(workshop, monkeypatch):
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    monkeypatch.setenv("IPYTHONDIR", "elsewhere")
    look = (
        'print({k: v for k, v in os.environ.items() if k.startswith(("TF_", "KERAS", "PYTEST", "PYTHONHASH"))}, os.listdir())\n'
    )
    workshop.write(HEAD + "# %% look\n" + look, KOREAN)
    assert workshop.run() == 0
    said = code(workshop.read())[1].outputs[0].text
    assert "'TF_NUM_INTRAOP_THREADS': '2'" in said
    assert "'PYTHONHASHSEED': '0'" in said
    assert "ONEDNN" not in said
    assert "PYTEST" not in said
    assert said.endswith("} []\n")


def test_the_kernel_is_this_python_whatever_the_machine_calls_python3(workshop, monkeypatch, tmp_path):
    other = tmp_path / "jupyter" / "kernels" / "python3"
    other.mkdir(parents=True)
    (other / "kernel.json").write_text(json.dumps({"argv": ["false"], "display_name": "other", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    workshop.write(SOURCE, KOREAN)
    assert workshop.run() == 0


def test_nothing_of_the_machine_is_in_the_metadata(workshop):
    workshop.write(SOURCE, KOREAN)
    workshop.run()
    metadata = workshop.read().metadata
    assert metadata.kernelspec == {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    assert "version" not in metadata.language_info
    assert all(cell.metadata == {} for cell in workshop.read().cells)


def test_an_error_stops_the_build_and_writes_nothing(workshop, capsys):
    workshop.write(HEAD + "# %% look\n1 / 0\n", KOREAN)
    assert workshop.run() == 1
    said = capsys.readouterr().out
    assert "Cell 'look' failed" in said
    assert "ZeroDivisionError" in said
    assert workshop.bytes() == {}


def test_an_error_that_is_meant_is_kept_without_paths(workshop):
    workshop.write(HEAD + '# %% look tags=["raises-exception"]\n1 / 0\n', KOREAN)
    assert workshop.run() == 0
    (error,) = code(workshop.read())[1].outputs
    assert error.traceback == ["ZeroDivisionError: division by zero"]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (
            "import subprocess, time\nsubprocess.run([sys.executable, '-c', 'import os; os.write(2, b\"noise\")'])\n"
            "time.sleep(1)\n",  # the kernel hands on what a child writes a moment later
            "writes to stderr",
        ),
        ("import time\n", "shows nothing"),
        ("print(os.getcwd())\n", "is another on every machine"),
        ("object()\n", "is another on every machine"),
        ("import ipywidgets\nipywidgets.HTML()\n", "a widget whose text is not empty"),
        ("# NBVAL_IGNORE_OUTPUT\n1\n", "does not say why"),
        ("\n".join(f"x{k} = {k}" for k in range(12)) + "\nx1\n", "longer than 12 lines"),
    ],
)
def test_a_notebook_that_breaks_a_rule_is_not_written(workshop, capsys, cell, said):
    workshop.write(HEAD + "# %% look\n" + cell, KOREAN)
    assert workshop.run() == 1
    assert said in capsys.readouterr().out
    assert workshop.bytes() == {}


def test_new_markdown_needs_no_run(workshop):
    workshop.write(SOURCE, KOREAN)
    workshop.run()
    before = code(workshop.read())
    workshop.write(SOURCE.replace("A title", "A better title"), KOREAN.replace("제목", "새 제목"))
    assert workshop.run("--no-run") == 0
    assert workshop.read("en").cells[0].source == "# A better title"
    assert workshop.read("ko").cells[0].source == "# 새 제목"
    assert code(workshop.read("ko")) == before


def test_new_code_cannot_keep_old_outputs(workshop, capsys):
    workshop.write(SOURCE, KOREAN)
    workshop.run()
    before = workshop.bytes()
    workshop.write(SOURCE.replace("6 * 7", "6 * 8"), KOREAN)
    assert workshop.run("--no-run") == 1
    assert "The code has changed" in capsys.readouterr().out
    assert workshop.bytes() == before


def test_outputs_cannot_be_kept_where_there_are_none(workshop, capsys):
    workshop.write(SOURCE, KOREAN)
    assert workshop.run("--no-run") == 1
    assert "build it without --no-run" in capsys.readouterr().out


def test_check_tells_what_is_stale_and_writes_nothing(workshop, capsys):
    workshop.write(SOURCE, KOREAN)
    assert workshop.run("--check") == 1
    workshop.run()
    assert workshop.run("--check") == 0
    assert "up to date, 0 of 2 code cells exempted" in capsys.readouterr().out
    before = workshop.bytes()
    workshop.write(SOURCE, KOREAN.replace("제목", "새 제목"))
    assert workshop.run("--check", "--no-run") == 1
    assert "ko/01_tiny.ipynb not up to date" in capsys.readouterr().out
    assert workshop.bytes() == before


def test_check_counts_exempted_cells(workshop, capsys):
    exempt = (
        '# %% look tags=["nbval-ignore-output"]\n# Not compared: the time of day is never the same\nimport time\ntime.time()\n'
    )
    workshop.write(HEAD + exempt, KOREAN)
    workshop.run()
    assert "1 of 2 code cells exempted" in capsys.readouterr().out


def test_only_the_named_tutorials_are_built(workshop):
    for stem in ("01_tiny", "02_small"):
        workshop.write(SOURCE, KOREAN, stem)
    assert workshop.run("02") == 0
    assert set(workshop.bytes()) == {"en/02_small.ipynb", "ko/02_small.ipynb"}


def test_an_unknown_tutorial_is_refused_with_the_list(workshop, capsys):
    workshop.write(SOURCE, KOREAN)
    with pytest.raises(SystemExit, match="2"):
        main(["07"], workshop.folder)
    assert "no tutorial 07; there are 01" in capsys.readouterr().err
