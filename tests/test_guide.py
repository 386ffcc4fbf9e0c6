"""The guide to testing notebooks is true: its file is written and its commands are run word for word, in an empty folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

GUIDE = Path(__file__).parent.parent / "docs" / "testing_notebooks.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(kind):
    return [text for name, text in BLOCK.findall(GUIDE.read_text(encoding="utf-8")) if name == kind]


def steps(text):
    """A console block as ``(command, the lines of its output that the guide shows)``."""
    command, *rest = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:], None
    assert rest == [None]
    return [(part.splitlines()[0], part.splitlines()[1:]) for part in command]


CONSOLE = [step for text in blocks("console") for step in steps(text)]


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """Each command of the guide with what it printed and how it ended, run one after the other."""
    folder = tmp_path_factory.mktemp("guide")
    (script,) = blocks("python")
    (folder / "digits.py").write_text(script, encoding="utf-8")
    here = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "120", "NO_COLOR": "1"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "CI", "KERAS_", "TF_"))}
    found = []
    for command, shown in CONSOLE:
        done = subprocess.run(
            command, shell=True, cwd=folder, env={**kept, **here}, capture_output=True, text=True, check=False, timeout=300
        )
        found.append((command, shown, done.stdout + done.stderr, done.returncode))
    return found


def test_the_guide_has_commands_to_run():
    assert len(CONSOLE) >= 8


@pytest.mark.parametrize("place", range(len(CONSOLE)), ids=[command[:40] for command, _ in CONSOLE])
def test_a_command_prints_what_the_guide_says(said, place):
    command, shown, printed, code = said[place]
    for line in shown:
        pattern = ".*".join(map(re.escape, line.split("…")))
        assert re.search(pattern, printed), f"{command}\nprinted\n{printed}\nwithout {line!r}"
    fails = any(line.startswith(("FAILED", "At most")) for line in shown)
    assert (code != 0) == fails, printed


def test_the_configuration_it_shows_is_what_pytest_reads(tmp_path):
    (toml,) = blocks("toml")
    (tmp_path / "pyproject.toml").write_text(toml)
    (tmp_path / "test_it.py").write_text("def test_it(request):\n    assert request.config.option.nbval\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
