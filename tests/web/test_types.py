"""The TypeScript compiler finds no error in the scripts, whose JSDoc comments give the types."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent.parent / "kfx"
OPTIONS = "--noEmit --allowJs --checkJs --strict --target es2022 --module es2022 --moduleResolution bundler"
LIBRARIES = "--lib es2022,dom,dom.iterable"
MISSING = (
    "The TypeScript compiler is not installed, so the scripts' types are not checked: run `npm install --global typescript`."
)


@pytest.fixture(scope="module")
def check():
    """``check(*scripts)`` returns the compiler's lines about them; without a compiler the tests skip, and in CI they fail."""
    found = shutil.which("tsc")
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)

    def run(*scripts):
        command = [found, *OPTIONS.split(), *LIBRARIES.split(), *map(str, scripts)]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120)
        assert done.returncode == 0 or done.stdout, done.stderr
        return done.stdout.splitlines()

    return run


def test_the_compiler_finds_no_error_in_any_script(check):
    assert check(*sorted(PACKAGE.rglob("*.js"))) == []


def test_every_script_asks_for_the_check():
    lacking = [path.name for path in PACKAGE.rglob("*.js") if not path.read_text(encoding="utf-8").startswith("// @ts-check\n")]
    assert lacking == []


def test_a_planted_error_is_found(check, tmp_path):
    script = tmp_path / "planted.js"
    script.write_text("// @ts-check\n/** @param {number} px */\nexport function half(px) {\n  return px.length / 2;\n}\n")
    (line,) = check(script)
    assert "planted.js(4,13): error TS2339: Property 'length' does not exist on type 'number'" in line
