"""Active parameters of mixtures of experts, counted by hand."""

import keras
import pytest
from keras import layers

from kfx.model.read.model import read_graph
from kfx.model.read.sizes.experts import active_params


class Stacked(layers.Layer):
    """Experts as weights with a leading axis, and a router beside them, which every token needs."""

    def __init__(self, num_experts, top_k=None, **kwargs):
        super().__init__(**kwargs)
        self.num_experts = num_experts
        if top_k is not None:
            self.top_k = top_k
        self.router = layers.Dense(num_experts, use_bias=False)

    def build(self, shape):
        self.router.build(shape)
        self.w = self.add_weight(shape=(self.num_experts, shape[-1], 5))
        self.b = self.add_weight(shape=(self.num_experts, 5))

    def call(self, x):
        return x


class Square(Stacked):
    """Holds a weight that may be the router's or the experts'."""

    def build(self, shape):
        super().build(shape)
        self.add_weight(shape=(self.num_experts, self.num_experts))


class Listed(layers.Layer):
    """Experts as layers in a list."""

    def __init__(self, num_experts, num_experts_per_tok, **kwargs):
        super().__init__(**kwargs)
        self.num_experts, self.num_experts_per_tok = num_experts, num_experts_per_tok
        self.experts = [keras.Sequential([layers.Dense(5), layers.Dense(6)]) for _ in range(num_experts)]
        self.router = layers.Dense(num_experts)

    def call(self, x):
        return sum(expert(x) for expert in self.experts) + 0 * keras.ops.sum(self.router(x))


class Around(layers.Layer):
    """Says how many experts are chosen; the experts are in a layer inside it."""

    def __init__(self, num_experts, top_k, **kwargs):
        super().__init__(**kwargs)
        self.num_experts, self.top_k = num_experts, top_k
        self.bank = Stacked(num_experts)

    def call(self, x):
        return self.bank(x)


def with_head(*mixtures):
    x = y = keras.Input((6,))
    for mixture in mixtures:
        y = mixture(y)
    return keras.Model(x, layers.Dense(2)(y))


HEAD = 6 * 2 + 2
EXPERT, LISTED = 6 * 5 + 5, 6 * 5 + 5 + 5 * 6 + 6
CASES = {
    "stacked": (lambda: [Stacked(8, 2)], HEAD + 6 * 8 + 2 * EXPERT),
    "listed": (lambda: [Listed(3, 1)], HEAD + 6 * 3 + 3 + LISTED),
    "said around": (lambda: [Around(8, 3)], HEAD + 6 * 8 + 3 * EXPERT),
    "two": (lambda: [Stacked(8, 2), Stacked(4, 1)], HEAD + 6 * 8 + 2 * EXPERT + 6 * 4 + EXPERT),
    "all chosen": (lambda: [Stacked(8, 8)], HEAD + 6 * 8 + 8 * EXPERT),
}


@pytest.mark.parametrize("case", CASES)
def test_only_the_chosen_experts_are_active(case):
    make, active = CASES[case]
    graph = read_graph(with_head(*make()))
    assert graph.active_params == active
    assert graph.params >= active


@pytest.mark.parametrize(
    "mixture",
    [lambda: Stacked(8), lambda: Square(6, 2), lambda: Stacked(8, 9), lambda: layers.Dense(6)],
    ids=["nobody says how many", "a square weight", "more than there are", "no experts"],
)
def test_where_it_is_not_known_nothing_is_said(mixture):
    assert active_params(with_head(mixture())) is None
