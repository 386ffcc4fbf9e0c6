"""Korean sentences with values filled in: the particle after a value fits how the value is read."""

from __future__ import annotations

import re
from string import Formatter
from typing import Any

# Each particle in its form after a consonant and after a vowel; either one may be written in a sentence.
_PAIRS = (("은", "는"), ("이", "가"), ("을", "를"), ("과", "와"), ("으로", "로"), ("이나", "나"), ("이라", "라"))
_BY_FORM = {form: pair for pair in _PAIRS for form in pair}
_PART = re.compile(r"[A-Z][a-z]+|[a-z]+|[A-Z]+|\d|[가-힣]")
_LIQUID = re.compile("[a-z]*le?")  # read with ㄹ at the end: model, scale
_CLOSED = re.compile(  # read with another consonant at the end; all other Latin words are read with a vowel
    "[a-z]*[nm]e?|[a-z]*ing|[a-z]*(?:oo|o|a|i|u)[ck]k?|[a-z]*(?:op|ap|ip|et|ot|ut|at|it)|book|stack|zip"
)


class _Filled(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        spec, _, form = format_spec.rpartition("|")
        if form not in _BY_FORM:
            return super().format_field(value, format_spec)
        text = super().format_field(value, spec)
        return text + particle(text, form)


def fill(sentence: str, **values: object) -> str:
    """Return a sentence with its values, as `str.format`; a particle after a value is written into its braces.

    Example:
        >>> fill("{name:|은} {share:.0%|을}", name="Dense", share=0.3), fill("{name:|은}", name="block")
        ('Dense는 30%를', 'block은')
    """
    return _Filled().vformat(sentence, (), values)


def particle(word: str, form: str) -> str:
    """Return a particle in the form that fits a word: Hangul, a Latin name as it is read, a number, with quotes or brackets.

    Args:
        word: E.g. ``"층"``, ``"'conv_1'"``, ``"LSTM"``, ``"(26, 26, 16)"``.
        form: One form of the particle, e.g. ``"은"`` or ``"는"``.

    Example:
        >>> particle("층", "은"), particle("Dense", "은"), particle("모델", "으로"), particle("LSTM", "으로")
        ('은', '는', '로', '으로')
    """
    closed, opened = _BY_FORM[form]
    end = _ending(word)
    if end == "ㄹ" and closed == "으로":
        return opened
    return closed if end else opened


def _ending(word: str) -> str:
    """Return how a word ends when it is read: "" with a vowel, "ㄹ" with that, "." with another consonant."""
    last = _PART.findall(word)[-1:]
    if word.rstrip("'\"`)]}. ").endswith("%") or not last:
        return ""  # 퍼센트
    part = last[0]
    if "가" <= part <= "힣":
        final = (ord(part) - ord("가")) % 28
        return "ㄹ" if final == 8 else "." if final else ""
    if part.isdigit():  # 영 일 이 삼 사 오 육 칠 팔 구
        return "ㄹ" if part in "178" else "." if part in "036" else ""
    if part.isupper():  # read letter by letter: 엘 엠 엔 알
        return "ㄹ" if part[-1] in "LR" else "." if part[-1] in "MN" else ""
    if _LIQUID.fullmatch(part.lower()):
        return "ㄹ"
    return "." if _CLOSED.fullmatch(part.lower()) else ""
