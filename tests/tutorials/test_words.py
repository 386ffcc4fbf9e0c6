"""The field's words: each is introduced once, in both languages, where the series first uses it."""

import re

import pytest
from cells import read_tutorial, tutorial_stems

# English, Korean, and the tutorial that introduces the word.
WORDS = [
    ("vector", "벡터", "01"),
    ("dimension", "차원", "01"),
    ("tensor", "텐서", "01"),
    ("weight", "가중치", "01"),
    ("bias", "편향", "01"),
    ("activation function", "활성화 함수", "01"),
    ("parameter", "파라미터", "01"),
    ("batch", "배치", "01"),
    ("directed acyclic graph", "방향 비순환 그래프", "01"),
    ("functional API", "함수형 API", "01"),
    ("forward pass", "순전파", "01"),
    ("loss", "손실", "02"),
    ("backpropagation", "역전파", "02"),
    ("overfitting", "과적합", "02"),
    ("regularization", "정칙화", "02"),
    ("learning rate", "학습률", "02"),
    ("serialization", "직렬화", "03"),
    ("gradient", "그레이디언트", "03"),
    ("filter", "필터", "04"),
    ("feature map", "특징 맵", "04"),
    ("latent", "잠재", "04"),
    ("ensemble", "앙상블", "05"),
    ("residual", "잔차", "07"),
    ("skip connection", "스킵 연결", "07"),
    ("vanishing gradient", "그레이디언트 소실", "07"),
    ("transfer learning", "전이 학습", "09"),
    ("fine-tuning", "미세 조정", "09"),
    ("subclassing", "서브클래싱", "11"),
    ("attribution", "기여도", "14"),
    ("baseline", "기준 입력", "14"),
    ("completeness", "완전성", "14"),
]
ENGLISH = {
    stem[:2]: "\n".join(cell.text for cell in read_tutorial(stem).cells if cell.kind == "markdown") for stem in tutorial_stems()
}
KOREAN = {stem[:2]: "\n".join(read_tutorial(stem).korean.values()) for stem in tutorial_stems()}


def read_title(number):
    """The first cell of a Korean tutorial."""
    stem = next(stem for stem in tutorial_stems() if stem.startswith(number))
    return read_tutorial(stem).korean["title"]


def words_only(text):
    """A text with one blank between words, without code and links' addresses."""
    return re.sub(r"\s+", " ", re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", " ", text, flags=re.DOTALL))


@pytest.mark.parametrize(("english", "korean", "number"), WORDS, ids=[english for english, _, _ in WORDS])
def test_a_word_of_the_field_is_introduced_in_bold_where_it_is_first_used(english, korean, number):
    assert re.search(rf"\*\*{english}s?\*\*", words_only(ENGLISH[number])), f"{number}.py does not introduce **{english}**"
    for earlier in (other for other in KOREAN if other < number):
        assert f"**{english}" not in words_only(ENGLISH[earlier])


@pytest.mark.parametrize(("english", "korean", "number"), WORDS, ids=[english for english, _, _ in WORDS])
def test_the_english_stands_beside_the_korean_word_where_it_is_introduced(english, korean, number):
    text = words_only(KOREAN[number])
    introduced = re.search(rf"{korean}(?:\*\*)?\((?:[a-z ]+, )?{english}s?\b", text, re.IGNORECASE)
    assert introduced, f"{number}.ko.md does not write {korean}({english})"
    earlier = words_only(KOREAN[number].replace(read_title(number), ""))  # a title may name what is to come
    place = re.search(rf"{korean}(?:\*\*)?\(", earlier)
    assert place is None or earlier.find(korean) == place.start(), f"{korean} is used before it is introduced"


@pytest.mark.parametrize("stem", tutorial_stems()[:12])
def test_a_tutorial_leads_on_to_keras_own_guide(stem):
    number = stem[:2]
    for text in (ENGLISH[number], KOREAN[number]):
        assert "](https://keras.io/guides/" in text
