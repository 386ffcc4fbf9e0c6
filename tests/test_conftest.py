"""The tests' own promises: a missing browser is said aloud, and CI compares instead of rewriting."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent


def run_pytest(*arguments, **environment):
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "KFX_CHROMIUM", "PYTEST_ADDOPTS")}
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-rs", "-p", "no:cacheprovider", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env={**kept, **environment}, cwd=TESTS.parent, check=False)


NOWHERE = {"PATH": "/nonexistent", "PLAYWRIGHT_BROWSERS_PATH": "/nonexistent"}
A_BROWSER_TEST = TESTS / "browser" / "test_contract.py::test_a_live_view_hides_its_static_face"


def test_without_chromium_a_browser_test_skips_and_says_what_to_install():
    done = run_pytest(A_BROWSER_TEST, **NOWHERE)
    assert "1 skipped" in done.stdout
    assert "No Chromium to drive: install it (Debian: apt-get install chromium;" in done.stdout


def test_without_chromium_a_browser_test_fails_in_ci():
    done = run_pytest(A_BROWSER_TEST, **NOWHERE, CI="true")
    assert done.returncode == 1
    assert "No Chromium to drive" in done.stdout


def test_golden_files_are_not_rewritten_in_ci():
    done = run_pytest("--regold", TESTS / "test_conftest.py", CI="true")
    assert done.returncode == 4
    assert "--regold writes what tests compare with, so never in CI" in done.stderr


A_GOLDEN_TEST = """
def test_it(golden):
    golden("words.txt", "these words")
"""


def test_a_golden_file_is_written_on_request_and_compared_afterwards(tmp_path):
    (tmp_path / "conftest.py").write_text((TESTS / "conftest.py").read_text(encoding="utf-8"), encoding="utf-8")
    test = tmp_path / "test_it.py"
    test.write_text(A_GOLDEN_TEST)
    here = (f"--rootdir={tmp_path}", "-c", os.devnull, test)
    assert "There is no golden file 'words.txt' yet" in run_pytest(*here).stdout
    assert run_pytest(*here, "--regold").returncode == 0
    assert (tmp_path / "golden" / "words.txt").read_text() == "these words"
    assert run_pytest(*here).returncode == 0
    test.write_text(A_GOLDEN_TEST.replace("these", "other"))
    assert "1 failed" in run_pytest(*here).stdout


def test_the_quick_tests_come_before_the_browsers():
    listed = run_pytest(
        "--collect-only", TESTS / "browser", TESTS / "keras_access" / "test_importing.py", TESTS / "notebook"
    ).stdout
    rooms = [line.split("/")[1].split("::")[0] for line in listed.splitlines() if line.startswith("tests/")]
    assert rooms[0] != "browser"
    first = rooms.index("browser")
    assert set(rooms[first:]) == {"browser"}
