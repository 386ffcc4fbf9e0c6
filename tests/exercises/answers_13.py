"""Right and wrong answers to the exercises of tutorial 13."""

import itertools

import numpy as np

import kfx

STREAM = ["block_1", "attention_2", "block_2"]


def copier(keras, length=23, blocks=2):
    """The model of the tutorial; a sum in place of its layer for places, which the answers do not touch."""
    keras.utils.set_random_seed(13)
    layers = keras.layers
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    x = layers.Embedding(32, 64, name="embedding")(tokens)
    for n in range(1, blocks + 1):
        y = layers.LayerNormalization(name=f"norm_{n}")(x)
        y = layers.MultiHeadAttention(4, 16, name=f"attention_{n}")(y, y, use_causal_mask=True)
        x = layers.Add(name=f"block_{n}")([x, y])
    return keras.Model(tokens, layers.Dense(32, name="next")(layers.LayerNormalization(name="norm")(x)), name="copier")


def texts(count=5, length=23):
    return np.random.default_rng(2).integers(0, 32, (count, length))


def values(keras, layers=STREAM, count=5, length=23, **settings):
    return kfx.extract(copier(keras, length), texts(count, length), layers, **settings)


def renamed(keras):
    """All three addresses, of a model whose second block does not add."""
    layers = keras.layers
    tokens = keras.Input((23,), dtype="int32")
    x = layers.Embedding(32, 64, name="block_1")(tokens)
    y = layers.MultiHeadAttention(4, 16, name="attention_2")(x, x)
    return kfx.extract(keras.Model(tokens, layers.Multiply(name="block_2")([x, y])), texts(), STREAM)


def attention(keras, heads=4, width=16, bias=True, features=64):
    layer = keras.layers.MultiHeadAttention(heads, width, use_bias=bias)
    layer.build((None, 23, features), (None, 23, features))
    return layer


def backwards(tokens):
    for place in range(len(tokens) - 2, -1, -1):
        if tokens[place] == tokens[-1]:
            return tokens[place + 1]
    return None


def by_reversed_list(tokens):
    *before, last = tokens
    if last not in before:
        return None
    return tokens[len(before) - before[::-1].index(last)]


def by_pairs(tokens):
    found = None
    for one, following in itertools.pairwise(tokens):
        if one == tokens[-1]:
            found = following
    return found


def by_dict(tokens):
    followed = {}
    for one, following in itertools.pairwise(tokens):
        followed[one] = following
    return followed.get(tokens[-1])


def by_numpy(tokens):
    tokens = np.array(tokens)
    places = np.flatnonzero(tokens[:-1] == tokens[-1])
    return tokens[places[-1] + 1] if places.size else None


def by_maximum(tokens):
    places = [place for place, token in enumerate(tokens[:-1]) if token == tokens[-1]]
    return tokens[max(places) + 1] if places else None


def by_while(tokens):
    place = len(tokens) - 2
    while place >= 0 and tokens[place] != tokens[-1]:
        place -= 1
    return tokens[place + 1] if place >= 0 else None


def by_next(tokens):
    return next((tokens[n + 1] for n in reversed(range(len(tokens) - 1)) if tokens[n] == tokens[-1]), None)


def recursive(tokens, end=None):
    end = len(tokens) - 2 if end is None else end
    if end < 0:
        return None
    return tokens[end + 1] if tokens[end] == tokens[-1] else recursive(tokens, end - 1)


def by_popping(tokens):
    last = tokens.pop()
    following = last
    while tokens:
        token = tokens.pop()
        if token == last:
            return following
        following = token
    return None


def by_try(tokens):
    try:
        back = tokens[-2::-1].index(tokens[-1])
    except (ValueError, IndexError):
        return None
    return tokens[len(tokens) - 1 - back]


class Head:
    """A function that is an object."""

    def __call__(self, tokens):
        return by_pairs(tokens)

    def look(self, tokens):
        return by_dict(tokens)


def by_filter(tokens):
    found = list(filter(lambda pair: pair[0] == tokens[-1], itertools.pairwise(tokens)))
    return found[-1][1] if found else None


def by_generator(tokens, nothing=None):
    found = nothing
    for found in (b for a, b in itertools.pairwise(tokens) if a == tokens[-1]):  # noqa: B007
        pass
    return found


def by_slices(tokens):
    for length in range(2, len(tokens) + 1):
        if tokens[-length] == tokens[-1]:
            return tokens[-length + 1]
    return None


def by_sorting(tokens):
    places = sorted((n for n in range(len(tokens) - 1) if tokens[n] == tokens[-1]), reverse=True)
    return tokens[places[0] + 1] if places else None


def by_tuple(tokens):
    return by_maximum(tuple(tokens))


def by_where(tokens):
    here = np.where(np.asarray(tokens[:-1]) == tokens[-1])[0]
    return None if len(here) == 0 else int(tokens[here.max() + 1])


def by_text(tokens):
    letters = "".join(chr(97 + token) for token in tokens)
    place = letters[:-1].rfind(letters[-1])
    return ord(letters[place + 1]) - 97 if place >= 0 else None


def from_the_front(tokens):
    return tokens[tokens.index(tokens[-1]) + 1] if tokens[-1] in tokens[:-1] else None


def no_none(tokens):
    found = backwards(tokens)
    return -1 if found is None else found


def forgets_return(tokens):
    backwards(tokens)


def the_token_before(tokens):
    places = [n for n in range(len(tokens) - 1) if tokens[n] == tokens[-1]]
    return tokens[places[-1] - 1] if places else None


def counts_the_end(tokens):
    places = [n for n in range(len(tokens)) if tokens[n] == tokens[-1]]
    return tokens[places[-1] + 1]


def in_text(tokens):
    found = backwards(tokens)
    return None if found is None else str(found)


def place_of_it(tokens):
    places = [n for n in range(len(tokens) - 1) if tokens[n] == tokens[-1]]
    return places[-1] + 1 if places else None


def last_of_all(tokens):
    return tokens[-1]


def as_list(tokens):
    found = backwards(tokens)
    return None if found is None else [found]


def prints(tokens):
    print(backwards(tokens), end="")


def period_of_three(tokens):
    return tokens[-3] if len(tokens) > 2 else None


def falsy(tokens):
    """0 is a token too."""
    return backwards(tokens) or None


def false_for_none(tokens):
    found = backwards(tokens)
    return False if found is None else found


def two_arguments(tokens, token):
    return backwards([*tokens, token])


def never_at_the_front(tokens):
    for place in range(len(tokens) - 2, 0, -1):
        if tokens[place] == tokens[-1]:
            return tokens[place + 1]
    return None


def always_something(tokens):
    return backwards(tokens) if backwards(tokens) is not None else tokens[0]


def raises(tokens):
    return tokens[-1].upper()


def most_common(tokens):
    following = [b for a, b in itertools.pairwise(tokens) if a == tokens[-1]]
    return min(following) if following else None


RIGHT = {
    "13.1": [
        lambda k: 16_640,
        lambda k: 4 * (64 * 64 + 64),
        lambda k: 3 * (64 * 4 * 16 + 4 * 16) + (4 * 16 * 64 + 64),
        lambda k: attention(k).count_params(),
        lambda k: sum(int(np.prod(w.shape)) for w in attention(k).weights),
        lambda k: np.sum([w.size for w in attention(k).get_weights()]),
        lambda k: copier(k).get_layer("attention_1").count_params(),
        lambda k: copier(k).get_layer("attention_2").count_params(),
        lambda k: np.int32(16640),
        lambda k: np.int64(16640),
        lambda k: np.uint16(16640),
        lambda k: np.float64(16640),
        lambda k: 16640.0,
        lambda k: 1.664e4,
        lambda k: np.array(16640),
        lambda k: 4160 * 4,
        lambda k: 2**14 + 2**8,
        lambda k: 4 * 4096 + 4 * 64,
        lambda k: 33_280 // 2,
        lambda k: int("16640"),
    ],
    "13.2": [
        values,
        lambda k: values(k, tuple(STREAM)),
        lambda k: values(k, set(STREAM)),
        lambda k: values(k, STREAM[::-1]),
        lambda k: values(k, ["block_*", "attention_2"]),
        lambda k: values(k, ["block_?", "attention_2"]),
        lambda k: values(k, ["*_2", "block_1"]) if False else values(k, ["block_1", "block_2", "attention_2"]),
        lambda k: values(k, ["block_[12]", "attention_2"]),
        lambda k: values(k, ["block_1", "*tion_2", "block_2"]),
        lambda k: values(k, lambda call: call.name in STREAM),
        lambda k: values(k, lambda call: call.key in {"block_1", "block_2", "attention_2"}),
        lambda k: values(k, [k.layers.Add, "attention_2"]),
        lambda k: values(k, batch_size=1),
        lambda k: values(k, batch_size=2),
        lambda k: values(k, batch_size=5),
        lambda k: values(k, run_eagerly=True),
        lambda k: values(k, training=False),
        lambda k: values(k, [*STREAM, "block_1"]),
        lambda k: values(k, frozenset(STREAM)),
        lambda k: kfx.extract(copier(k), texts(8)[:5].astype("int32"), STREAM),
    ],
    "13.3": [
        lambda k: backwards,
        lambda k: by_reversed_list,
        lambda k: by_pairs,
        lambda k: by_dict,
        lambda k: by_numpy,
        lambda k: by_maximum,
        lambda k: by_while,
        lambda k: by_next,
        lambda k: recursive,
        lambda k: by_popping,
        lambda k: by_try,
        lambda k: Head(),
        lambda k: Head().look,
        lambda k: by_filter,
        lambda k: by_generator,
        lambda k: by_slices,
        lambda k: by_sorting,
        lambda k: by_tuple,
        lambda k: by_where,
        lambda k: by_text,
    ],
}

WRONG = {
    "13.1": [
        (lambda k: "16640", "of type str"),
        (lambda k: [16640], "of type list"),
        (lambda k: True, "of type bool"),
        (lambda k: 16640.5, "of type float"),
        (lambda k: float("nan"), "of type float"),
        (lambda k: attention(k), "asks for a whole number"),
        (lambda k: 12_480, "out of the heads has weights too"),
        (lambda k: 16_384, "there are biases too"),
        (lambda k: attention(k, bias=False).count_params(), "there are biases too"),
        (lambda k: 4_160, "one of the four"),
        (lambda k: 64 * 64 + 64, "one of the four"),
        (lambda k: 4_096, "one head of 16 numbers"),
        (lambda k: attention(k, heads=1).count_params(), "one head of 16 numbers"),
        (lambda k: 33_280, "of both blocks"),
        (lambda k: copier(k).count_params(), "Not yet"),
        (lambda k: attention(k, features=32).count_params(), "Not yet"),
        (lambda k: 0, "Not yet"),
        (lambda k: -16_640, "Not yet"),
        (lambda k: 39_264, "Not yet"),
        (lambda k: 10**30, "Not yet"),
    ],
    "13.2": [
        (lambda k: texts(), "of type ndarray"),
        (lambda k: dict(values(k)), "of type dict"),
        (lambda k: list(values(k)), "of type list"),
        (lambda k: values(k)["block_2"], "of type ndarray"),
        (lambda k: copier(k), "what kfx.extract returns"),
        (lambda k: kfx.extract, "what kfx.extract returns"),
        (lambda k: values(k, STREAM[:2]), "no values at block_2"),
        (lambda k: values(k, STREAM[1:]), "no values at block_1"),
        (lambda k: values(k, ["block_1", "block_2"]), "no values at attention_2"),
        (lambda k: values(k, "attention_2"), "no values at block_1, block_2"),
        (lambda k: values(k, ["block_1", "attention_1", "block_2"]), "no values at attention_2"),
        (lambda k: values(k, [*STREAM, "norm"]), "1 more that nobody asked for"),
        (lambda k: values(k, ["block_*", "attention_*"]), "1 more that nobody asked for"),
        (lambda k: values(k, "*"), "more that nobody asked for"),
        (lambda k: values(k, ["*_2", "block_1"]), "1 more that nobody asked for"),
        (lambda k: values(k, count=1), r"values of shape \(1, 23, 64\)"),
        (lambda k: values(k, count=6), r"values of shape \(6, 23, 64\)"),
        (lambda k: values(k, length=24), r"values of shape \(5, 24, 64\)"),
        (lambda k: values(k, length=12), r"values of shape \(5, 12, 64\)"),
        (renamed, "do not add up"),
    ],
    "13.3": [
        (lambda k: 8, "of type int"),
        (lambda k: "def f(tokens): return 8", "of type str"),
        (lambda k: Head, "is the class Head"),
        (lambda k: backwards([5, 3, 8, 5, 3]), "of type int"),
        (lambda k: from_the_front, "search from the end"),
        (lambda k: no_none, "has not stood there before"),
        (lambda k: forgets_return, "returns None for every list"),
        (lambda k: the_token_before, "Look for the last token"),
        (lambda k: counts_the_end, "stopped with IndexError"),
        (lambda k: in_text, "Look for the last token"),
        (lambda k: place_of_it, "Look for the last token"),
        (lambda k: last_of_all, "Look for the last token"),
        (lambda k: as_list, "Look for the last token"),
        (lambda k: prints, "returns None for every list"),
        (lambda k: period_of_three, "Look for the last token"),
        (lambda k: false_for_none, "has not stood there before"),
        (lambda k: two_arguments, "stopped with TypeError"),
        (lambda k: never_at_the_front, "Look for the last token"),
        (lambda k: always_something, "has not stood there before"),
        (lambda k: raises, "stopped with AttributeError"),
        (lambda k: most_common, "search from the end"),
        (lambda k: falsy, "Look for the last token"),
    ],
}

SECRETS = {"13.1": r"16[,.]?640"}
