"""The scripts of the live views: each parses as one module once pasted together, and their pure functions do as they say."""

import re
import subprocess
from pathlib import Path

import pytest

from kfx.web.bundle import script, style

PACKAGE = Path(__file__).parent.parent.parent / "kfx"
TESTS = Path(__file__).parent / "js"
LIVE = {
    path.with_suffix(".js").relative_to(PACKAGE).as_posix(): str(path) for path in sorted(PACKAGE.glob("views/*/*widget.py"))
}
SUMMARY = LIVE["views/summary/widget.js"]


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120)


@pytest.mark.parametrize("test", sorted(path.name for path in TESTS.glob("*.test.mjs")))
def test_the_scripts_pass_their_own_tests(node, scripts, test):
    done = run(node, "--test", str(scripts / "tests" / "web" / "js" / test))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("widget", LIVE.values(), ids=LIVE)
def test_a_pasted_script_is_one_module(node, tmp_path, widget):
    file = tmp_path / "widget.mjs"
    file.write_text(script(widget), encoding="utf-8")
    done = run(node, "--check", str(file))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("widget", LIVE.values(), ids=LIVE)
def test_a_pasted_script_needs_nothing_else(widget):
    text = script(widget)
    assert not re.search(r"^\s*import\b", text, re.MULTILINE)
    assert text.count("export default") == 1
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", ""), "nothing is fetched"
    assert "https://" not in text


def test_a_module_is_pasted_once_before_those_that_need_it():
    text = script(SUMMARY)
    assert text.count("function make(") == 1
    assert text.index("function make(") < text.index("function layerDetails(") < text.index("class SummaryTable ")


@pytest.mark.parametrize("sheet", sorted(PACKAGE.rglob("*.css")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_sheet_styles_nothing_but_kfx(sheet):
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert text.count("{") == text.count("}")
    for selectors in re.findall(r"([^{}]+)\{", text):
        if selectors.strip().startswith("@"):
            continue
        for selector in re.sub(r"\([^)]*\)", "", selectors).split(","):
            assert ".kfx" in selector, f"{sheet.name}: {selector.strip()!r} would style the notebook itself"


def test_a_sheet_comes_after_the_shared_one():
    text = style(SUMMARY)
    assert text.index("--kfx-accent:") < text.index(".kfx-table")
