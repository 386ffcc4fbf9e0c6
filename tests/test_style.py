"""The linter and the formatter have nothing to say."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("command", [("check",), ("format", "--check")], ids=" ".join)
def test_ruff_is_content(command):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "--no-cache", "kfx", "tests", "benchmarks", "tutorials"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_of_a_machine_is_committed():
    """No home directory, temporary folder or registry host in any text file of the repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: there is no list of committed files to read")
    bad = [bytes(reversed(word)).decode() for word in (b"/toor/", b"/krow/", b"ipyp/tpo/")]
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in {".npz", ".jpg", ".png", ".keras", ".h5"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for word in bad:
            assert word not in text, f"{name} names {word!r}"
