"""Right and wrong answers to the exercises of tutorial 14."""

import functools
import operator
from fractions import Fraction

import numpy as np

import kfx


@functools.cache
def reading():
    """The model of the tutorial, untrained."""
    import keras

    keras.utils.set_random_seed(14)
    layers = keras.layers
    image = keras.Input((28, 28, 1), name="image")
    h = layers.Conv2D(4, 5, strides=4, activation="relu", name="conv_1")(image)
    reader = keras.Model(image, layers.Dense(8, activation="relu", name="code")(layers.Flatten()(h)), name="reader")
    sides = [keras.Input((28, 28, 1), name=name) for name in ("left", "right")]
    h = layers.concatenate([reader(side) for side in sides])
    return keras.Model(sides, layers.Dense(1, activation="sigmoid", name="larger")(h), name="larger")


def other_model(names=("left", "right"), size=28):
    import keras

    keras.utils.set_random_seed(1)
    sides = [keras.Input((size, size, 1), name=name) for name in names]
    flat = [keras.layers.Flatten()(side) for side in sides]
    whole = keras.layers.concatenate(flat) if len(flat) > 1 else flat[0]
    return keras.Model(sides, keras.layers.Dense(1, activation="sigmoid")(whole))


def pairs(count=1, names=("left", "right"), size=28):
    random = np.random.default_rng(0)
    return {name: random.random((count, size, size, 1)).astype("float32") for name in names}


def covered(count=1, **settings):
    return kfx.attribute(reading(), pairs(count), **{"method": "occlusion", "patch": 7, "stride": 7, **settings})


def dataset(batch):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(pairs()).batch(batch)


def middle(slope, baseline, value):
    way = value - baseline
    return way * sum(slope(baseline + (n + 0.5) / 100 * way) for n in range(100)) / 100


def from_the_left(slope, baseline, value):
    return (value - baseline) * sum(slope(baseline + n / 100 * (value - baseline)) for n in range(100)) / 100


def from_the_right(slope, baseline, value):
    return (value - baseline) * sum(slope(baseline + n / 100 * (value - baseline)) for n in range(1, 101)) / 100


def with_linspace(slope, baseline, value):
    return (value - baseline) * np.mean([slope(x) for x in np.linspace(baseline, value, 100)])


def trapezoids(slope, baseline, value):
    xs = np.linspace(baseline, value, 100)
    ys = np.array([slope(x) for x in xs])
    return float(((ys[1:] + ys[:-1]) / 2 * np.diff(xs)).sum())


def by_loop(slope, baseline, value):
    total, step, x = 0.0, (value - baseline) / 100, baseline
    for _ in range(100):
        total += slope(x + step / 2) * step
        x += step
    return total


def by_shares(slope, baseline, value):
    shares = (np.arange(100) + 0.5) / 100
    return (value - baseline) * np.mean([slope((1 - one) * baseline + one * value) for one in shares])


def in_array(slope, baseline, value):
    return np.array([middle(slope, baseline, value)])


def in_tensor(slope, baseline, value):
    import tensorflow as tf

    return tf.constant(middle(slope, baseline, value))


def simpson(slope, baseline, value):
    h = (value - baseline) / 100
    weights = [1] + [4 if n % 2 else 2 for n in range(1, 100)] + [1]
    return h / 3 * sum(w * slope(baseline + n * h) for n, w in enumerate(weights))


def by_reduce(slope, baseline, value):
    step = (value - baseline) / 100
    return functools.reduce(operator.add, (slope(baseline + (n + 0.5) * step) * step for n in range(100)))


def by_random(slope, baseline, value):
    shares = (np.arange(100) + np.random.default_rng(0).random(100)) / 100
    return (value - baseline) * np.mean([slope(baseline + one * (value - baseline)) for one in shares])


def by_while(slope, baseline, value):
    n, found = 0, []
    while n < 100:
        found.append(slope(baseline + (value - baseline) * (n + 0.5) / 100))
        n += 1
    return (value - baseline) * sum(found) / len(found)


def by_fractions(slope, baseline, value):
    shares = [Fraction(2 * n + 1, 200) for n in range(100)]
    return (value - baseline) * sum(slope(baseline + float(one) * (value - baseline)) for one in shares) / 100


def backwards(slope, baseline, value):
    return -middle(slope, value, baseline)


def halves(slope, baseline, value, points=100):
    half = (baseline + value) / 2
    if points == 1:
        return slope(half) * (value - baseline)
    return halves(slope, baseline, half, points // 2) + halves(slope, half, value, points - points // 2)


def more_points(slope, baseline, value):
    return (value - baseline) * np.mean([slope(x) for x in np.linspace(baseline, value, 1000)])


class Way:
    def __init__(self, points):
        self.points = points

    def __call__(self, slope, baseline, value):
        way = value - baseline
        return way * sum(slope(baseline + (n + 0.5) / self.points * way) for n in range(self.points)) / self.points

    def along(self, slope, baseline, value):
        return self(slope, baseline, value)


def at_the_end(slope, baseline, value):
    return (value - baseline) * slope(value)


def times_value(slope, baseline, value):
    return middle(slope, baseline, value) / (value - baseline) * value


def the_mean(slope, baseline, value):
    return middle(slope, baseline, value) / (value - baseline)


def turned_round(slope, baseline, value):
    return -middle(slope, baseline, value)


def always_forward(slope, baseline, value):
    return abs(middle(slope, baseline, value))


def at_the_middle(slope, baseline, value):
    return (value - baseline) * slope((baseline + value) / 2)


def two_points(slope, baseline, value):
    return (value - baseline) * (slope(baseline) + slope(value)) / 2


def at_the_start(slope, baseline, value):
    return (value - baseline) * slope(baseline)


def the_sum(slope, baseline, value):
    return 100 * middle(slope, baseline, value)


def only_eight(slope, baseline, value):
    return 8.0


def prints(slope, baseline, value):
    print(middle(slope, baseline, value), end="")


def in_text(slope, baseline, value):
    return str(middle(slope, baseline, value))


def all_points(slope, baseline, value):
    return np.array([slope(x) for x in np.linspace(baseline, value, 100)])


def not_a_number(slope, baseline, value):
    return float("nan")


def two_arguments(slope, value):
    return middle(slope, 0, value)


def divides(slope, baseline, value):
    return slope(value) / 0


def from_zero(slope, baseline, value):
    return value * sum(slope((n + 0.5) / 100 * value) for n in range(100)) / 100


RIGHT = {
    "14.1": [
        lambda k: 10,
        lambda k: 10.0,
        lambda k: (36 - 4) - (10 + 15 - 3),
        lambda k: 36 - 4 - 10 - 15 + 3,
        lambda k: 32 - 22,
        lambda k: np.int8(10),
        lambda k: np.int64(10),
        lambda k: np.uint8(10),
        lambda k: np.float32(10),
        lambda k: np.float64(10),
        lambda k: np.array(10),
        lambda k: np.array(10.0),
        lambda k: Fraction(10),
        lambda k: int("10"),
        lambda k: 36 - 4 - sum([10, 15, -3]),
        lambda k: np.subtract(32, 22),
        lambda k: np.sum([36, -4, -10, -15, 3]),
        lambda k: round(9.9999),
        lambda k: k.ops.convert_to_tensor(10),
        lambda k: 1e1,
    ],
    "14.2": [
        lambda k: middle,
        lambda k: from_the_left,
        lambda k: from_the_right,
        lambda k: with_linspace,
        lambda k: trapezoids,
        lambda k: by_loop,
        lambda k: by_shares,
        lambda k: in_array,
        lambda k: in_tensor,
        lambda k: simpson,
        lambda k: by_reduce,
        lambda k: by_random,
        lambda k: by_while,
        lambda k: by_fractions,
        lambda k: backwards,
        lambda k: halves,
        lambda k: more_points,
        lambda k: Way(100),
        lambda k: Way(100).along,
        lambda k: functools.partial(halves, points=100),
    ],
    "14.3": [
        lambda k: covered(),
        lambda k: covered(method=["occlusion"]),
        lambda k: covered(method=("occlusion",)),
        lambda k: covered(patch=(7, 7)),
        lambda k: covered(stride=(7, 7)),
        lambda k: covered(patch=(7, 7), stride=(7, 7)),
        lambda k: covered(target=0),
        lambda k: covered(target=None),
        lambda k: covered(logits=False),
        lambda k: covered(baseline=0),
        lambda k: covered(baseline="grey"),
        lambda k: covered(baseline="zero"),
        lambda k: covered(baseline=0.5),
        lambda k: covered(example=0),
        lambda k: covered(batch_size=4),
        lambda k: covered(seed=3),
        lambda k: covered(images=None),
        lambda k: covered(progress=False),
        lambda k: kfx.attribute(reading(), dataset(1), method="occlusion", patch=7, stride=7),
        lambda k: kfx.attribute(reading(), [pairs()["left"], pairs()["right"]], method="occlusion", patch=7, stride=7),
    ],
}

WRONG = {
    "14.1": [
        (lambda k: "10", "of type str"),
        (lambda k: [10], "of type list"),
        (lambda k: True, "of type bool"),
        (lambda k: 10.5, "of type float"),
        (lambda k: float("inf"), "of type float"),
        (lambda k: {"d": 10}, "of type dict"),
        (lambda k: np.array([10, 10]), "whole number"),
        (lambda k: 14, "baseline has a logit too"),
        (lambda k: 36 - (10 + 15 - 3), "baseline has a logit too"),
        (lambda k: 36 - 4 - (10 + 15 + 3), "with its sign"),
        (lambda k: 4, "with its sign"),
        (lambda k: 36 - (10 + 15 + 3), "Look at both"),
        (lambda k: 22, "three have together"),
        (lambda k: 10 + 15 - 3, "three have together"),
        (lambda k: 36 - 4, "all four have together"),
        (lambda k: 18, "Not yet"),
        (lambda k: 40 - 22, "Not yet"),
        (lambda k: -10, "Not yet"),
        (lambda k: 0, "Not yet"),
        (lambda k: 10**20, "Not yet"),
    ],
    "14.2": [
        (lambda k: 8.0, "of type float"),
        (lambda k: "def integrated(slope): ...", "of type str"),
        (lambda k: middle(lambda x: 2 * x, 1, 3), "of type float"),
        (lambda k: Way, "is the class Way"),
        (lambda k: at_the_end, "at the end only"),
        (lambda k: the_mean, "mean of the slopes"),
        (lambda k: turned_round, "sign is turned round"),
        (lambda k: prints, "returns None"),
        (lambda k: in_text, "of type str"),
        (lambda k: all_points, "of type ndarray"),
        (lambda k: not_a_number, "not finite"),
        (lambda k: two_arguments, "stopped with TypeError"),
        (lambda k: divides, "stopped with ZeroDivisionError"),
        (lambda k: times_value, "returns 12"),
        (lambda k: at_the_start, "returns 4"),
        (lambda k: the_sum, "returns 800"),
        (lambda k: from_zero, "returns 9"),
        (lambda k: only_eight, "another slope"),
        (lambda k: at_the_middle, "another slope"),
        (lambda k: two_points, "another slope"),
        (lambda k: always_forward, "another way"),
    ],
    "14.3": [
        (lambda k: covered()["occlusion"], "of type dict"),
        (lambda k: covered()["occlusion"]["left"], "of type ndarray"),
        (lambda k: covered().coarse, "of type dict"),
        (lambda k: reading(), "what kfx.attribute returns"),
        (lambda k: kfx.attribute, "what kfx.attribute returns"),
        (lambda k: dict(covered()), "of type dict"),
        (lambda k: kfx.extract(reading(), pairs(), "larger"), "what kfx.attribute returns"),
        (lambda k: covered(method="integrated", steps=4), "by integrated"),
        (lambda k: covered(method="gradient_x_input"), "by gradient_x_input"),
        (lambda k: covered(method="gradcam"), "by gradcam"),
        (lambda k: covered(method=["occlusion", "gradcam"]), "and more"),
        (lambda k: covered(method=["gradient_x_input", "occlusion"]), "and more"),
        (lambda k: covered(count=2), "maps of 2 pairs"),
        (lambda k: covered(count=3, example=1), "maps of 3 pairs"),
        (lambda k: covered(stride=None), "You covered"),
        (lambda k: covered(patch=14, stride=14), "You covered 2 × 2"),
        (lambda k: covered(patch=(7, 14), stride=(7, 14)), "You covered 4 × 2"),
        (lambda k: covered(patch=4, stride=4), "You covered 7 × 7"),
        (
            lambda k: kfx.attribute(other_model(("a", "b")), pairs(1, ("a", "b")), method="occlusion", patch=7, stride=7),
            "left and right",
        ),
        (
            lambda k: kfx.attribute(other_model(("left",)), pairs(1, ("left",)), method="occlusion", patch=7, stride=7),
            "left and right",
        ),
        (
            lambda k: kfx.attribute(other_model(size=32), pairs(1, size=32), method="occlusion", patch=8, stride=8),
            "left and right",
        ),
    ],
}

SECRETS = {}
