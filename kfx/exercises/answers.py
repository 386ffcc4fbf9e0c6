"""What the checks of the exercises share: verdicts, and an answer as a number, a text, values, a class or what code makes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from kfx.exercises import Verdict
from kfx.values.features import Features

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # Keras prints a part of its messages bold


def right(english: str, korean: str) -> Verdict:
    """The answer passes."""
    return Verdict(True, english, korean)


def wrong(english: str, korean: str) -> Verdict:
    """The answer does not pass; the words say what to look at, never the answer."""
    return Verdict(False, english, korean)


def nothing_yet(english: str, korean: str) -> Verdict:
    """The answer is still None: what to put there, as the words before "in place of None"."""
    return wrong(
        f"Nothing to check yet. {english} in place of None and run the cell again.",
        f"아직 확인할 답이 없습니다. {korean} 셀을 다시 실행하십시오.",
    )


def something_else(answer: Any, english: str, korean: str) -> Verdict:
    """The answer is of another kind than the exercise asks for."""
    name = (answer if isinstance(answer, type) else type(answer)).__name__[:60]
    is_class = isinstance(answer, type)
    return wrong(
        f"This exercise asks for {english}, and the answer is {'the class' if is_class else 'of type'} {name}.",
        f"이 연습 문제의 답은 {korean}입니다. 지금 답{'은 클래스' if is_class else '의 자료형은'} {name}입니다.",
    )


def whole_number(answer: Any) -> int | Verdict:
    """The answer as an int, or what to tell a reader who gave something else."""
    if answer is None:
        return nothing_yet("Put a whole number", "None 자리에 정수를 쓰고")
    if isinstance(answer, bool | str | bytes) or not _is_whole(answer):
        return something_else(answer, "a whole number", "정수")
    return int(answer)


def text(answer: Any) -> str | Verdict:
    """The answer as text without spaces around it, or what to tell a reader who gave something else."""
    if answer is None:
        return nothing_yet("Put your text, in quotation marks,", "None 자리에 따옴표로 감싼 텍스트를 쓰고")
    if not isinstance(answer, str):
        return something_else(answer, "text in quotation marks", "따옴표로 감싼 텍스트")
    return answer.strip()


def values_at(answer: Any, addresses: list[str]) -> Mapping[str, Any] | Verdict:
    """The answer as values at exactly these addresses, or what to tell a reader who gave something else."""
    if answer is None:
        return nothing_yet("Put a call of kfx.extract", "None 자리에 kfx.extract 호출을 쓰고")
    if not isinstance(answer, Features):
        return something_else(answer, "what kfx.extract returns", "kfx.extract가 돌려주는 것")
    missing = [address for address in addresses if address not in answer]
    if missing:
        return wrong(
            f"There are no values at {', '.join(missing)}. Name the places in the third argument, several as a list.",
            f"{', '.join(missing)}의 값이 없습니다. 세 번째 인수에 그 자리를 쓰십시오. 여럿이면 리스트로 씁니다.",
        )
    if len(answer) > len(addresses):
        return wrong(
            f"The values are there, and {len(answer) - len(addresses)} more that nobody asked for. Name only what you need.",
            f"값은 있지만 묻지 않은 값도 {len(answer) - len(addresses)}개 있습니다. 필요한 자리만 쓰십시오.",
        )
    return answer


def layer_class(answer: Any, base: type) -> type | Verdict:
    """The answer as a class below ``base``, or what to tell a reader who gave something else."""
    name = f"keras.{'Model' if base.__name__ == 'Model' else 'layers.Layer'}"
    if answer is None:
        return nothing_yet("Write the class, put its name", "클래스를 쓰고 그 이름을 None 자리에 넣은 다음")
    if isinstance(answer, base):
        return wrong(
            "That is an object made from a class. Give the class itself: its name, without brackets behind it.",
            "그것은 클래스로 만든 객체입니다. 클래스 자체를 주십시오. 이름만 쓰고 뒤에 괄호를 붙이지 않습니다.",
        )
    if not isinstance(answer, type) or not issubclass(answer, base):
        return wrong(
            f"This exercise asks for a class that begins with class Name({name}).",
            f"이 연습 문제의 답은 class 이름({name})으로 시작하는 클래스입니다.",
        )
    return answer


class attempt:
    """Run a reader's own code: ``with attempt() as tried:``; `failed` is then None or says what it raised.

    Attributes:
        failed: The verdict on code that raised, else None.
    """

    failed: Verdict | None = None

    def __enter__(self) -> attempt:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if error is None or not isinstance(error, Exception):
            return False
        lines = [line.strip() for line in _COLOUR.sub("", str(error)).splitlines()]
        said = next((line for line in lines if line and not line.startswith("Exception encountered when calling")), "")[:200]
        self.failed = wrong(
            f"Your code stopped with {type(error).__name__}: {said}",
            f"답의 코드가 {type(error).__name__} 오류로 멈추었습니다: {said}",
        )
        return True


def computed(layer: Any, data: np.ndarray, **settings: Any) -> np.ndarray:
    """What a reader's own layer makes of data; it must be one tensor, and not the None of a forgotten ``return``."""
    made = layer(data, **settings)
    if not hasattr(made, "shape"):
        raise TypeError(f"call returned {type(made).__name__}, not a tensor. Does each way through it end in return?")
    return np.asarray(made)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two arrays have one shape and, but for rounding, equal numbers."""
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-4, atol=1e-5)


def _is_whole(answer: Any) -> bool:
    try:
        return int(answer) == answer
    except (TypeError, ValueError, OverflowError):
        return False
