"""Twenty right and twenty wrong answers to each exercise that asks for a class, written from its text alone.

An answer is source text of a class, run with ``keras``, ``layers`` and ``ops``; a dozen lines that differ in one place each.
"""


def classes(template, *ways):
    """Classes from a template with a part exchanged, each a pair of what to find and what to put there."""
    texts = []
    for way in ways:
        text = template
        for find, put in way:
            assert find in text, find
            text = text.replace(find, put)
        texts.append(text)
    return [lambda k, text=text: _made(k, text) for text in texts]


def _made(k, text):
    names = {"keras": k, "layers": k.layers, "ops": k.ops, "np": __import__("numpy")}
    exec(text, names)
    return names["answer"]


SCALE = """
class Scale(layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="w")

    def call(self, inputs):
        return inputs * self.w

answer = Scale
"""
NAMED = ("layers.Layer", "keras.layers.Layer")
WITH_INIT = ("    def build", "    def __init__(self, **kwargs):\n        super().__init__(**kwargs)\n\n    def build")
RIGHT = {
    "10.2": classes(
        SCALE,
        [],
        [NAMED],
        [WITH_INIT],
        [("inputs * self.w", "self.w * inputs")],
        [("inputs * self.w", "ops.multiply(inputs, self.w)")],
        [("(input_shape[-1],)", "input_shape[-1:]")],
        [("(input_shape[-1],)", "input_shape[1:]")],
        [('initializer="ones"', "initializer=keras.initializers.Ones()")],
        [('initializer="ones"', "initializer=keras.initializers.Constant(1.0)")],
        [("(input_shape[-1],)", "(1, input_shape[-1])")],
        [(', name="w"', "")],
        [('"ones", name="w"', '"ones", trainable=True, name="scale"')],
        [("class Scale", "class Mine"), ("= Scale", "= Mine")],
        [("        return", "        inputs = ops.convert_to_tensor(inputs)\n        return")],
        [("def call(self, inputs)", "def call(self, x)"), ("inputs *", "x *")],
        [("(input_shape[-1],)", "[input_shape[-1]]")],
        [WITH_INIT, NAMED],
        [("inputs * self.w", "ops.einsum('bi,i->bi', inputs, self.w)")],
        [("inputs * self.w", "ops.matmul(inputs, ops.diag(self.w))")],
        [("    def call", "    def get_config(self):\n        return super().get_config()\n\n    def call")],
    ),
}
WRONG = {
    "10.2": [
        *classes(
            SCALE,
            [('"ones"', '"zeros"')],
            [('"ones"', '"random_normal"')],
            [("(input_shape[-1],)", "()")],
            [("(input_shape[-1],)", "(1,)")],
            [("inputs * self.w", "inputs + self.w")],
            [("inputs * self.w", "inputs")],
            [("inputs * self.w", "inputs / self.w")],
            [("inputs * self.w", "inputs - self.w + 1")],
            [("        return inputs * self.w", "        inputs * self.w")],
            [("= Scale", "= Scale()")],
            [("self.w =", "self.v =")],
            [("(input_shape[-1],)", "(input_shape[-1], input_shape[-1])"), ("inputs * self.w", "ops.matmul(inputs, self.w)")],
            [("(input_shape[-1],)", "(3, 3)"), ("inputs * self.w", "inputs * self.w[0]")],
            [("inputs * self.w", "inputs * self.w ** 2")],
            [('"ones", name', '"ones", trainable=False, name')],
            [("inputs * self.w", "ops.sum(inputs * self.w, axis=-1)")],
            [("(input_shape[-1],)", "(input_shape[0],)")],
            [("    def build", "    def __init__(self):\n        self.n = 1\n\n    def build")],
            [("answer = Scale", "answer = layers.Rescaling(2.0)")],
            [("answer = Scale", "answer = layers.Dense")],
        ),
    ],
}

POWER = """
class Power(layers.Layer):
    def __init__(self, exponent=2, **kwargs):
        super().__init__(**kwargs)
        self.exponent = exponent

    def call(self, inputs):
        return inputs ** self.exponent

    def get_config(self):
        config = super().get_config()
        config["exponent"] = self.exponent
        return config

answer = Power
"""
MERGED = (
    'config = super().get_config()\n        config["exponent"] = self.exponent\n        return config',
    'return {**super().get_config(), "exponent": self.exponent}',
)
FROM = ("answer =", "    @classmethod\n    def from_config(cls, config):\n        return cls(**config)\n\nanswer =")
RIGHT["10.3"] = classes(
    POWER,
    [],
    [MERGED],
    [NAMED],
    [("inputs **", "ops.convert_to_tensor(inputs) **")],
    [("inputs ** self.exponent", "ops.power(inputs, self.exponent)")],
    [('config["exponent"] = self.exponent', 'config.update({"exponent": self.exponent})')],
    [('config["exponent"] = self.exponent', "config.update(exponent=self.exponent)")],
    [("self.exponent", "self.n")],
    [("self.exponent", "self._exponent")],
    [("exponent=2,", "exponent=2.0,")],
    [FROM],
    [("super()", "super(Power, self)")],
    [
        ("(self, exponent=2, **kwargs)", "(self, exponent=2, name=None, **kwargs)"),
        ("__init__(**kwargs)", "__init__(name=name, **kwargs)"),
    ],
    [MERGED, NAMED],
    [MERGED, FROM],
    [("class Power", "class P"), ("= Power", "= P")],
    [("self.exponent = exponent", "self.exponent = float(exponent)")],
    [("def call(self, inputs)", "def call(self, x)"), ("inputs **", "x **")],
    [
        ("exponent=2, **kwargs", "exponent=2, *, trainable=True, dtype=None, **kwargs"),
        ("__init__(**kwargs)", "__init__(trainable=trainable, dtype=dtype, **kwargs)"),
    ],
    [MERGED, ("inputs ** self.exponent", "ops.power(inputs, self.exponent)")],
)
WRONG["10.3"] = classes(
    POWER,
    [("exponent=2", "exponent=3")],
    [("inputs ** self.exponent", "inputs ** 2")],
    [("inputs ** self.exponent", "inputs * self.exponent")],
    [('config["exponent"] = self.exponent', "pass")],
    [("super().get_config()", "{}")],
    [("= Power", "= Power()")],
    [("= Power", "= Power(3)")],
    [("exponent=2, **kwargs", "exponent=2"), ("__init__(**kwargs)", "__init__()")],
    [("exponent=2", "exponent")],
    [("        return config\n", "")],
    [("return inputs", "inputs")],
    [('config["exponent"]', 'config["power"]')],
    [("self.exponent = exponent", "self.exponent = 2")],
    [('config["exponent"] = self.exponent', 'config["exponent"] = 2')],
    [("    def get_config", "    def config")],
    [("inputs ** self.exponent", "self.exponent ** inputs")],
    [("def call", "def forward")],
    [("exponent=2", "n=2"), ("= exponent", "= n")],
    [("inputs ** self.exponent", "inputs ** -self.exponent")],
    [("answer = Power", "answer = layers.Layer")],
)

JUDGE = """
class Judge(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.hidden = layers.Dense(16, activation="relu")
        self.scores = layers.Dense(3, activation="softmax")

    def call(self, inputs):
        return self.scores(self.hidden(inputs))

answer = Judge
"""
PLAIN = [("__init__(self, **kwargs)", "__init__(self)"), ("__init__(**kwargs)", "__init__()")]
APART = [('16, activation="relu"', "16"), ("self.hidden(inputs)", "ops.relu(self.hidden(inputs))")]
SOFT = [('3, activation="softmax"', "3"), ("self.scores(self.hidden(inputs))", "ops.softmax(self.scores(self.hidden(inputs)))")]
INNER = [("(self.hidden(inputs))", "(x)"), ("return", "x = self.hidden(inputs)\n        return")]
RIGHT["11.3"] = classes(
    JUDGE,
    [],
    PLAIN,
    APART,
    SOFT,
    INNER,
    [*APART, *PLAIN],
    [*PLAIN, *SOFT],
    [*INNER, *PLAIN],
    [('activation="relu"', "activation=ops.relu")],
    [('activation="softmax"', "activation=ops.softmax")],
    [("keras.Model", "keras.models.Model")],
    [("self.hidden", "self.first"), ("self.scores", "self.second")],
    [("def call(self, inputs)", "def call(self, inputs, training=None)")],
    [('"relu")', '"relu", name="hidden")'), ('"softmax")', '"softmax", name="scores")')],
    [("class Judge", "class MyJudge"), ("= Judge", "= MyJudge")],
    [("super()", "super(Judge, self)")],
    [('16, activation="relu"', 'units=16, activation="relu"')],
    [
        ('"relu")', '"relu")\n        self.drop = layers.Dropout(0.5)'),
        ("self.scores(self.hidden(inputs))", "self.scores(self.drop(self.hidden(inputs)))"),
    ],
    [('"softmax")', '"softmax", kernel_initializer="he_normal")')],
    [
        ("self.hidden =", "self.softmax = layers.Softmax()\n        self.hidden ="),
        ('3, activation="softmax"', "3"),
        ("return self.scores(self.hidden(inputs))", "return self.softmax(self.scores(self.hidden(inputs)))"),
    ],
)
WRONG["11.3"] = classes(
    JUDGE,
    [("Dense(16", "Dense(32")],
    [("Dense(16", "Dense(8")],
    [("Dense(3", "Dense(2")],
    [("Dense(3", "Dense(10")],
    [(', activation="relu"', "")],
    [(', activation="softmax"', "")],
    [('"softmax"', '"sigmoid"')],
    [('"relu"', '"tanh"')],
    [("self.scores(self.hidden(inputs))", "self.scores(inputs)")],
    [("self.scores(self.hidden(inputs))", "self.hidden(inputs)")],
    [("self.scores(self.hidden(inputs))", "self.hidden(self.scores(inputs))")],
    [("return self.scores", "self.scores")],
    [("= Judge", "= Judge()")],
    [("keras.Model", "layers.Layer")],
    [("def call", "def forward")],
    [("        super().__init__(**kwargs)\n", "")],
    [('"relu"', '"sigmoid"')],
    [("self.scores(self.hidden(inputs))", "self.scores(self.hidden(self.hidden(inputs)))")],
    [("Dense(3", "Dense(1")],
    [("answer = Judge", "answer = keras.Sequential([layers.Dense(16, 'relu'), layers.Dense(3, 'softmax')])")],
)

DIM = """
class Dim(layers.Layer):
    def call(self, inputs, training=None):
        if training:
            return inputs / 2
        return inputs

answer = Dim
"""
BODY = "        if training:\n            return inputs / 2\n        return inputs"
RIGHT["12.2"] = classes(
    DIM,
    [],
    [NAMED],
    [("training=None", "training=False")],
    [("inputs / 2", "inputs * 0.5")],
    [("inputs / 2", "0.5 * inputs")],
    [(BODY, "        return inputs / 2 if training else inputs")],
    [(BODY, "        return inputs * (0.5 if training else 1.0)")],
    [(BODY, "        if not training:\n            return inputs\n        return inputs / 2")],
    [("inputs / 2", "ops.divide(inputs, 2)")],
    [("    def call", "    def __init__(self, **kwargs):\n        super().__init__(**kwargs)\n\n    def call")],
    [("class Dim", "class Half"), ("= Dim", "= Half")],
    [("training=None", "training=None, mask=None")],
    [("if training:", "if training is True:")],
    [("if training:", "if bool(training):")],
    [(BODY, "        factor = 0.5 if training else 1\n        return factor * inputs")],
    [("inputs / 2", "inputs - inputs / 2")],
    [(BODY, "        if training:\n            inputs = inputs / 2\n        return inputs")],
    [("inputs / 2", "ops.multiply(inputs, 0.5)")],
    [("training=None", "training=False"), ("inputs / 2", "ops.convert_to_tensor(inputs) / 2")],
    [("inputs / 2", "inputs * 2 ** -1")],
)
WRONG["12.2"] = classes(
    DIM,
    [("if training", "if not training")],
    [("inputs / 2", "inputs * 2")],
    [("inputs / 2", "inputs")],
    [("        return inputs\n", "        return inputs / 2\n")],
    [(", training=None", "")],
    [("training=None", "training=True")],
    [("inputs / 2", "inputs // 2 + 1")],
    [("inputs / 2", "inputs / 3")],
    [("= Dim", "= Dim()")],
    [("            return inputs / 2", "            inputs / 2")],
    [("inputs / 2", "inputs - 2")],
    [("        return inputs\n", "")],
    [("training", "train")],
    [("inputs / 2", "inputs ** 0.5")],
    [("inputs / 2", "layers.Dropout(0.5)(inputs, training=True)")],
    [("        return inputs\n", "        return 2 * inputs\n")],
    [("answer = Dim", "answer = layers.Dropout")],
    [("answer = Dim", "answer = layers.Dropout(0.5)")],
    [("def call", "def forward")],
    [("inputs / 2", "0 * inputs")],
)
