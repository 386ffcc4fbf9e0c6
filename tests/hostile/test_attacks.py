"""Crafted and mutated inputs of every kind: each is shown, or refused in one sentence, in bounded time and memory.

Quick: the cheap crafted inputs and some thousand mutated ones. ``--thorough``: all crafted ones and a hundred thousand, in a
process of its own whose memory is limited.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile import attacks, fuzz, targets

warnings.filterwarnings("ignore")
ROOT = Path(__file__).parents[2]
CRAFTED = {
    "model files": (attacks.model_attacks, targets.shown_model),
    "journals": (attacks.journal_attacks, targets.shown_run),
    "feature folders": (attacks.folder_attacks, targets.read_features),
    "notebooks": (attacks.notebook_attacks, targets.frozen),
}
QUICK = {"model files": 29, "journals": 11, "feature folders": 2, "notebooks": 9}  # every how many-th is tried


def try_all(kind, base, *, step, target=None):
    """Try crafted inputs; return how many were tried, and what failed."""
    make, usual = CRAFTED[kind]
    tried, failed = 0, []
    for number, (name, write) in enumerate(make(str(base))):
        if number % step:
            continue
        place = base / str(number)
        place.mkdir()
        tried += 1
        try:
            targets.held(target or usual, write(place))
        except targets.Failed as error:
            failed.append(f"{name}: {error}")
    return tried, failed


@pytest.mark.parametrize("kind", CRAFTED)
def test_crafted_inputs_are_shown_or_refused_in_one_sentence(kind, tmp_path, capsys):
    tried, failed = try_all(kind, tmp_path, step=QUICK[kind])
    with capsys.disabled():
        print(f"\n{kind}: {tried} crafted inputs tried, {tried - len(failed)} held, {len(failed)} failed")
    assert tried > 15
    assert not failed, "\n".join(failed)


def test_addresses_of_any_form_are_found_or_refused(capsys):
    failed = []
    for address in attacks.ADDRESSES:
        try:
            targets.held(targets.addressed, address)
        except targets.Failed as error:
            failed.append(f"{address[:40]!r}: {error}")
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize("kind", fuzz.KINDS)
@settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_mutated_inputs_are_shown_or_refused_in_one_sentence(kind, seed, tmp_path_factory):
    fuzz.try_one(kind, seed, fuzz.place(tmp_path_factory))


@given(st.text(alphabet="*?[]!/@ad\u0000\ud83d", max_size=200))
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_any_text_is_an_address_that_is_found_or_refused(address):
    targets.held(targets.addressed, address)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", CRAFTED)
def test_every_crafted_input_keeps_within_a_gigabyte_and_ten_seconds(kind, tmp_path):
    """In a process of its own, which the system ends if it takes more."""
    done = run("crafted", kind, str(tmp_path))
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.mark.thorough
def test_a_hundred_thousand_mutated_inputs_are_shown_or_refused(tmp_path):
    done = run("mutated", "100000", str(tmp_path))
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def run(*words):
    limited = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "tests.hostile.fuzz", *words]
    return subprocess.run(command, cwd=ROOT, env=limited, capture_output=True, text=True, timeout=7200, check=False)


def test_this_process_may_be_limited():
    """The thorough tests rely on it."""
    assert hasattr(resource, "RLIMIT_AS")
