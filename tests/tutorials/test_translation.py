"""The Korean keeps to the glossary and to one style of speech, as far as a machine can tell."""

import re

import pytest
from cells import TUTORIALS, read_tutorial, tutorial_stems

from kfx import exercises

ROW = re.compile(r"^\| (?!English|-)([^|]+) \| ([^|]+) \|([^|]*)\|$", re.MULTILINE)
CODE = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)", re.DOTALL)
SENTENCE_END = re.compile(r"([가-힣A-Za-z0-9`*)]+)[.?!](?=[\s)*]|$)")
FORMAL = re.compile(r"(?:니다|니까|십시오|시다)[`*)]*$")


def glossary():
    text = (TUTORIALS / "glossary.md").read_text(encoding="utf-8")
    return [
        (english.strip(), korean.strip(), [w.strip() for w in bad.split(",") if w.strip()])
        for english, korean, bad in ROW.findall(text)
    ]


def wanted():
    """The words of the glossary's middle column."""
    return {word.strip() for _, korean, _ in glossary() for word in korean.split(",")}


def forbidden(text):
    """The words of the glossary's last column that stand in a Korean text, code left out; within a wanted word they may."""
    prose = CODE.sub(" ", text)
    return [word for _, _, words in glossary() for word in words if word in _without_longer(prose, word)]


def _without_longer(prose, word):
    """A text without the wanted words that hold a forbidden one: 콜백 is no 콜."""
    for longer in sorted((one for one in wanted() if word in one), key=len, reverse=True):
        prose = prose.replace(longer, " ")
    return prose


def informal(text):
    """The ends of sentences that are not in the formal polite style."""
    return [end for end in SENTENCE_END.findall(CODE.sub("코드", text)) if re.search("[가-힣]", end) and not FORMAL.search(end)]


KOREAN = {f"{stem[:2]}-{name}": text for stem in tutorial_stems() for name, text in read_tutorial(stem).korean.items()}


@pytest.fixture(params=KOREAN)
def text(request):
    """Each Korean Markdown cell."""
    return KOREAN[request.param]


def test_the_glossary_can_be_read():
    entries = {english: korean for english, korean, _ in glossary()}
    assert len(entries) > 40
    assert entries["layer"] == "층"
    assert len(entries) == len(glossary()), "a term stands twice"


def test_no_term_is_both_wanted_and_forbidden():
    assert not [word for _, _, words in glossary() for word in words if word in wanted()]


def test_terms_are_those_of_the_glossary(text):
    assert forbidden(text) == []


def test_sentences_are_in_the_formal_polite_style(text):
    assert informal(text) == []


def test_the_text_is_korean(text):
    prose = CODE.sub("", text)
    assert len(re.findall("[가-힣]", prose)) > len(re.findall("[A-Za-z]", prose))


@pytest.mark.parametrize("name", exercises.names())
def test_hints_keep_to_the_same_korean(name):
    verdict = exercises.check(name, None)
    assert forbidden(verdict.korean) == []
    assert informal(verdict.korean) == []


def test_the_checks_see_a_forbidden_word_and_an_informal_sentence():
    assert forbidden("이 레이어는 `레이어`와 다릅니다.") == ["레이어"]
    assert forbidden("층을 콜합니다. 콜백도 콜 하나입니다.") == ["콜"]
    assert forbidden("학습에 콜백을 씁니다.") == []
    assert informal("층을 만들어요. 층을 만든다. 층을 만듭니다.") == ["만들어요", "만든다"]
    assert informal("`Dense`를 호출하십시오. 맞습니까? 봅시다! (그렇습니다.)") == []
