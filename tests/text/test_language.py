"""The language that a session speaks: chosen by a call, else by the environment, else English."""

import pytest

import kfx
from kfx.text import language as module


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch):
    monkeypatch.setattr(module, "_chosen", {})
    monkeypatch.delenv("KFX_LANGUAGE", raising=False)


def test_a_call_is_stronger_than_the_environment(monkeypatch):
    assert kfx.language() == "en"
    monkeypatch.setenv("KFX_LANGUAGE", "ko")
    assert kfx.language() == "ko"
    assert kfx.language("en") == "en"
    assert kfx.language() == "en"


def test_a_language_that_is_not_there_is_refused_or_left_out(monkeypatch):
    with pytest.raises(ValueError, match="`name` is 'fr'; the languages are 'en' and 'ko'"):
        kfx.language("fr")
    monkeypatch.setenv("KFX_LANGUAGE", "fr")
    assert kfx.language() == "en"
