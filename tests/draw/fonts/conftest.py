"""What this machine's fonts can draw."""

import shutil
import subprocess

import pytest


@pytest.fixture
def korean_font():
    """True if fontconfig knows a font with Korean letters."""
    if shutil.which("fc-list") is None:
        pytest.skip("fontconfig, which tells the truth here, is not installed")
    return bool(subprocess.run(["fc-list", ":lang=ko"], capture_output=True, text=True, check=False).stdout.strip())
