"""The exercises of tutorial 10, your own layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from kfx.exercises import Verdict
from kfx.exercises.answers import attempt, computed, layer_class, right, same, whole_number, wrong
from kfx.keras_access.importing import import_keras

_RIGHT = 100 * 8 + 8


def after_a_call(answer: Any) -> Verdict:
    """How many parameters has CustomDense(8) after a batch of 16 examples of 100 numbers?"""
    number = whole_number(answer)
    if isinstance(number, Verdict):
        return number
    if number == _RIGHT:
        return right(
            "Right: 100 × 8 weights and 8 biases. How many examples arrive at once makes no difference.",
            "맞습니다. 가중치 100 × 8개와 편향 8개입니다. 예제가 한 번에 몇 개 들어오는지는 상관없습니다.",
        )
    if number == 100 * 8:
        return wrong(
            "All weights are there. What else does build make?",
            "가중치는 모두 있습니다. build가 만드는 것이 또 무엇입니까?",
        )
    if number == 0:
        return wrong(
            "That was before the call. What does build do when the first batch arrives?",
            "그것은 호출하기 전입니다. 첫 배치가 들어오면 build는 무엇을 합니까?",
        )
    if number % 16 == 0:
        return wrong(
            "You let the size of the batch into the count. Which entry of input_shape does build read?",
            "배치의 크기까지 넣어 세었습니다. build는 input_shape의 어느 항목을 읽습니까?",
        )
    return wrong(
        "Not yet. Read build line by line, with 100 in place of input_shape[-1] and 8 in place of self.units.",
        "아직 아닙니다. input_shape[-1] 자리에 100을, self.units 자리에 8을 넣고 build를 한 줄씩 읽어 보십시오.",
    )


def scale(answer: Any) -> Verdict:
    """A layer class whose one weight has an entry for each number of an example, begins at 1 and multiplies."""
    made = layer_class(answer, import_keras().layers.Layer)
    if isinstance(made, Verdict):
        return made
    data = np.array([[1, 2, 3], [-4, 0, 5]], "float32")
    with attempt() as tried:
        layer = made()
        first = computed(layer, data)
    if tried.failed:
        return tried.failed
    if not layer.trainable_weights:
        return wrong(
            "The layer has no weights that training could change. Make one in build with self.add_weight.",
            "이 층에는 학습으로 바뀔 가중치가 없습니다. build에서 self.add_weight로 만드십시오.",
        )
    sizes = [int(np.prod(weight.shape)) for weight in layer.trainable_weights]
    if sizes != [3]:
        return wrong(
            f"Called on examples of three numbers, the layer should hold three weights; yours holds {sum(sizes)}. "
            "Which axis of input_shape counts the numbers of an example?",
            f"수가 세 개인 예제에 호출하면 가중치도 세 개여야 합니다. 지금은 {sum(sizes)}개입니다. input_shape의 어느 축이 "
            "예제에 든 수를 셉니까?",
        )
    if not same(first, data):
        return wrong(
            "Before any training the layer should hand on what it receives. At which number do its weights begin?",
            "학습하기 전에는 받은 것을 그대로 내보내야 합니다. 가중치가 어떤 수에서 시작합니까?",
        )
    with attempt() as tried:
        layer.set_weights([np.reshape([2, 3, 10], weight.shape) for weight in layer.get_weights()])
        second = computed(layer, data)
    if tried.failed:
        return tried.failed
    if not same(second, data * [2, 3, 10]):
        return wrong(
            "With other weights the layer does not multiply each number by its own. Look at call once more.",
            "가중치를 바꾸어 보니 수마다 자기 가중치를 곱하지 않습니다. call을 다시 보십시오.",
        )
    return right(
        "Right: one weight for each number, made when the layer learns how many there are.",
        "맞습니다. 수마다 가중치가 하나씩 있고, 수가 몇 개인지 알게 될 때 만들어집니다.",
    )


def power(answer: Any) -> Verdict:
    """A layer class with ``exponent=2`` that raises its input and comes back from its config with exponent and name."""
    made = layer_class(answer, import_keras().layers.Layer)
    if isinstance(made, Verdict):
        return made
    data = np.array([[1, 2, 3], [4, 5, 6]], "float32")
    with attempt() as tried:
        squares, cubes = computed(made(), data), computed(made(exponent=3), data)
    if tried.failed:
        return tried.failed
    if not same(squares, data**2):
        return wrong(
            "Power() should square: 3 becomes 9. Look at call, and at what exponent is when nobody says it.",
            "Power()는 제곱해야 합니다. 3은 9가 됩니다. call과, 아무것도 지정하지 않았을 때의 exponent를 보십시오.",
        )
    if not same(cubes, data**3):
        return wrong(
            "Power() squares, but Power(exponent=3) does not make 8 of 2. Does call use what __init__ was told?",
            "Power()는 제곱하지만 Power(exponent=3)은 2를 8로 만들지 않습니다. call이 __init__에서 받은 것을 씁니까?",
        )
    with attempt() as tried:
        named = made(exponent=3, name="mine")
        config = named.get_config()
        again = made.from_config(config)
        back = computed(again, data)
    if tried.failed:
        return tried.failed
    if "get_config" not in vars(made):
        return wrong(
            "It works, because Keras guesses the config of so simple a layer. Write get_config all the same: that is the "
            "exercise.",
            "동작합니다. 이렇게 단순한 층의 구성은 Keras가 짐작하기 때문입니다. 그래도 get_config를 직접 쓰십시오. 그것이 "
            "연습 문제입니다.",
        )
    if not same(back, data**3):
        return wrong(
            "Made again from its config, the layer has forgotten its exponent. What must get_config return?",
            "구성에서 다시 만든 층이 지수를 잊었습니다. get_config는 무엇을 돌려주어야 합니까?",
        )
    if again.name != "mine":
        return wrong(
            "The exponent comes back and the name does not. Where does a config get what all layers know?",
            "지수는 돌아오지만 이름은 돌아오지 않습니다. 모든 층이 아는 것을 구성은 어디에서 얻습니까?",
        )
    return right(
        "Right: whatever the layer was told, its config tells again.",
        "맞습니다. 층이 받은 것은 무엇이든 구성이 다시 알려 줍니다.",
    )


CHECKS = {"10.1": after_a_call, "10.2": scale, "10.3": power}
