"""The Korean keeps to the glossary and to one style of speech, as far as a machine can tell."""

import re
from pathlib import Path

import pytest
from cells import TUTORIALS, read_tutorial, tutorial_stems
from markdown_it import MarkdownIt

from kfx import exercises
from kfx.exercises.sentences import read_words

ROW = re.compile(r"^\| (?!English|-)([^|]+) \| ([^|]+) \|([^|]*)\|$", re.MULTILINE)
CODE = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)", re.DOTALL)
SENTENCE_END = re.compile(r"([가-힣A-Za-z0-9`*)]+)[.?!](?=[\s)*]|$)")
FORMAL = re.compile(r"(?:니다|니까|[가-힣]까요|십시오|시다)[`*)]*$")
APART = re.compile(r"\d (?:에포크|스텝|픽셀|바이트|개|장|번|행|열|분|초|가지|배)(?![가-힣]{2})")
TAUGHT = re.compile(r"[을를] (?:(?:더|다시|한 에포크|새로) )*학습(?:하|합|한(?!지)|할|해)")
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
PARTICLE = re.compile(
    r"(`[^`]+`|[A-Za-z0-9_.,%]*[A-Za-z0-9]|[가-힣](?=[*)]))[*)]*(을|를|은|는|이|가|과|와|으로|로)(?=(?:는|도|만|의|써)?(?![가-힣]))"
)
# Last words that are read in Korean with ㄹ, or with another consonant, at their end; all others end in a vowel.
LIQUID = re.compile("[a-z]*le?")
CLOSED = re.compile(
    "[a-z]*[nm]e?|[a-z]*ing|block|cat|colab|concat|dataset|dot|dropout|dtype|fit|init|input|lab|look|map|net|output|plot|prop|set"
    "|snapshot|stack|step|stop|zip"
)


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


def endings(word):
    """How a word may be read: True for each reading with a last consonant, "ㄹ" where that is it, False with a vowel."""
    word = word.strip("`")
    called = re.fullmatch(r"(.+?)\((.*)\)", word)
    return {_ending(part) for part in (called.groups() if called else [word]) if re.search("[A-Za-z0-9가-힣]", part)}


def _ending(word):
    last = re.findall(r"[A-Z][a-z]+|[a-z]+|[A-Z]+|\d|[가-힣]", word)[-1]
    if "가" <= last <= "힣":
        final = (ord(last) - ord("가")) % 28
        return "ㄹ" if final == 8 else final > 0
    if last.isdigit():
        return "ㄹ" if last in "178" else last in "036"
    if last.isupper():
        return "ㄹ" if last[-1] in "LR" else last[-1] in "MN"
    return "ㄹ" if LIQUID.fullmatch(last.lower()) else bool(CLOSED.fullmatch(last.lower()))


def misread(text):
    """The particles that do not fit how the word before them is read: 를 after a consonant, 으로 after ㄹ."""
    prose = LINK.sub(r"\1*", re.sub("```.*?```", " ", text, flags=re.DOTALL))
    prose = re.sub(r"(?<=[가-힣*])\([A-Za-z][A-Za-z ,-]*\)", "*", prose)  # the English beside a term
    return [
        word + particle for word, particle in PARTICLE.findall(prose) if (ends := endings(word)) and not _fits(particle, ends)
    ]


def _fits(particle, ends):
    if particle == "로":
        return bool(ends - {True})
    return True in ends if particle == "으로" else bool(ends - {False}) if particle in "을은이과" else False in ends


def slanted(text):
    """Hangul in italics, which its readers take for a mistake: bold or quotation marks serve for stress."""
    found, depth = [], 0
    for part in (part for token in MarkdownIt("commonmark").parse(text) for part in token.children or ()):
        depth += {"em_open": 1, "em_close": -1}.get(part.type, 0)
        found += [part.content] if depth and part.type == "text" and re.search("[가-힣]", part.content) else []
    return found


def guessed(text):
    """Questions in the tone of an examination where a reader is to guess: headings and what follows "먼저 예측하기"."""
    return re.findall(r"^#+ .*니까\?$", text, re.MULTILINE)


def chained(text):
    """Three things and more joined by 와/과, where a comma is usual: 구조와 가중치와 설정을."""
    return re.findall(r"[가-힣A-Za-z`]+[와과] [가-힣A-Za-z` ]{1,12}[와과] [가-힣]+[을를이가은는의에]", text)


def left_open(text):
    """Stars and backquotes that a reader would see: ``**층(layer)**을`` is not bold, because a letter follows its end."""
    inline = [part for token in MarkdownIt("commonmark").parse(text) for part in token.children or ()]
    return [part.content for part in inline if part.type == "text" and re.search(r"[*`]", part.content)]


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
    prose = re.sub(r"<[^>]*>", "", CODE.sub("", text))
    assert len(re.findall("[가-힣]", prose)) > len(re.findall("[A-Za-z]", prose))


@pytest.mark.parametrize("stem", tutorial_stems())
@pytest.mark.parametrize(
    "found",
    [misread, APART.findall, TAUGHT.findall, left_open, slanted, guessed, chained],
    ids=["particles", "units", "taught", "open", "slanted", "guessed", "chained"],
)
def test_grammar_and_markup_are_in_order(stem, found):
    assert {name: bad for name, text in read_tutorial(stem).korean.items() if (bad := found(text))} == {}


WORDS = sorted((Path(exercises.__file__).parent / "words").glob("*.toml"))


def sentences_in(path):
    """Return the Korean sentences of a words file; an ellipsis stands for a value that is filled in."""
    sentences = [texts["ko"] for check in read_words(path.stem).values() for texts in check.values()]
    return [re.sub(r"(?<!{){[^{}]+}", "…", text).replace("{{", "{").replace("}}", "}") for text in sentences]


@pytest.mark.parametrize("path", WORDS, ids=lambda path: path.stem)
@pytest.mark.parametrize("found", [forbidden, informal, misread, APART.findall, TAUGHT.findall])
def test_every_hint_of_the_exercises_keeps_to_the_same_korean(path, found):
    assert {text: bad for text in sentences_in(path) if (bad := found(text))} == {}


def test_the_hints_are_found():
    everything = [text for path in WORDS for text in sentences_in(path)]
    assert len(everything) > 150
    assert any("…" in text for text in everything)


@pytest.mark.parametrize("name", exercises.names())
def test_hints_keep_to_the_same_korean(name):
    verdict = exercises.check(name, None)
    assert forbidden(verdict.korean) == []
    assert informal(verdict.korean) == []
    assert misread(verdict.korean) == []


def test_the_index_keeps_to_the_same_korean():
    index = re.sub("<[^>]*>", " ", (TUTORIALS / "README.ko.md").read_text(encoding="utf-8"))
    assert forbidden(index) == informal(index) == misread(index) == APART.findall(index) == []


def test_the_checks_see_a_forbidden_word_and_an_informal_sentence():
    assert forbidden("이 레이어는 `레이어`와 다릅니다.") == ["레이어"]
    assert forbidden("층을 콜합니다. 콜백도 콜 하나입니다.") == ["콜"]
    assert forbidden("학습에 콜백을 씁니다.") == []
    assert informal("층을 만들어요. 층을 만든다. 층을 만듭니다.") == ["만들어요", "만든다"]
    assert informal("`Dense`를 호출하십시오. 맞습니까? 봅시다! (그렇습니다.)") == []


def test_the_checks_see_a_wrong_particle():
    assert misread("`kfx.fit`는 `Dense`을 `model`으로, 3는 `x`과 **층**를 씁니다.") == [
        *("`kfx.fit`는", "`Dense`을", "`model`으로", "3는", "`x`과", "층를")
    ]
    assert misread("`kfx.fit`은 `Dense`를 `model`로, 3은 `x`와 **층**을 [05 · 모델](05.ipynb)로 씁니다.") == []
    assert misread("**벡터**(vector)라 하고, 형상(shape)은 층(layer)을") == []
    assert misread("**벡터**(vector)은, 형상(shape)는 층") == ["터은", "상는"]
    assert misread("`CustomDense(10)`을, `CustomDense(10)`를, LSTM이, `__init__`은, `.h5`가, `Conv1D`는") == []


@pytest.mark.parametrize(
    ("found", "wrong", "right"),
    [
        (APART.findall, "100 에포크, 28 픽셀", "100에포크, 28픽셀"),
        (TAUGHT.findall, "모델을 더 학습합니다.", "모델을 더 학습시킵니다. 모델이 학습합니다."),
        (left_open, "**층(layer)**을 봅니다.", "**층**(layer)을 *봅니다*. `a * b`"),
        (slanted, "그래프 *입니다*.", "**그래프**입니다. *Log*를 누르십시오. `a*가*b`"),
        (guessed, "## 먼저 예측하기: 몇 개입니까?", "## 먼저 예측하기: 몇 개일까요?"),
        (chained, "구조와 가중치와 설정을 담습니다.", "구조, 가중치, 설정을 담습니다. 구조와 가중치를 담습니다."),
    ],
    ids=["units", "taught", "open", "slanted", "guessed", "chained"],
)
def test_the_checks_see_bad_grammar_and_markup(found, wrong, right):
    assert found(wrong)
    assert not found(right)
