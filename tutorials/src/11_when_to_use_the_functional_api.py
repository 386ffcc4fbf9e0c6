# %% title [markdown]
# # 11 · When to use the functional API
#
# Keras lets you write a model in two ways: as a graph of layers, as in these notebooks, or as a class of your own. You
# will write one small model both ways, make the same mistake in both, and look at what can be seen of each. Afterwards
# you know what the functional style gives you, what it costs, and when a class is the better choice.
#
# *About 20 minutes, after [10](10_your_own_layers.ipynb).* [한국어로 읽기](../ko/11_when_to_use_the_functional_api.ipynb)

# %% setup-note [markdown]
# ## Get ready
#
# As always, the first cell prepares the notebook and prints nothing; on Colab, upload the wheel of `kfx` first.

# %% setup
try:
    import kfx
except ModuleNotFoundError:  # on Colab, for example: install the wheel beside this notebook, else from the package index
    from glob import glob

    # %pip install --quiet {(glob("./keras_kfx-*.whl") or ["keras-kfx"])[-1]}
    import kfx

assert hasattr(kfx, "plot_model"), f"{kfx} is another package called kfx: pip uninstall kfx, then pip install keras-kfx"
kfx.language("en")
# %load_ext kfx

# %% functional-note [markdown]
# ## One model, two ways
#
# The model takes 32 numbers, has a hidden layer of 64 units and gives ten numbers. As a graph of layers:

# %% functional
import keras
from keras import layers

keras.utils.set_random_seed(11)  # the same numbers on every run
inputs = keras.Input(shape=(32,), name="inputs")
x = layers.Dense(64, activation="relu", name="hidden")(inputs)
outputs = layers.Dense(10, name="scores")(x)
mlp = keras.Model(inputs, outputs, name="mlp")
mlp.count_params()

# %% subclassed-note [markdown]
# As a class: `__init__` makes the layers, and `call` says how the data pass through them. This style is called
# **subclassing**, because the class is made from `keras.Model`.


# %% subclassed
class MLP(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.hidden = layers.Dense(64, activation="relu", name="hidden")
        self.scores = layers.Dense(10, name="scores")

    def call(self, inputs):
        return self.scores(self.hidden(inputs))


subclassed = MLP(name="subclassed")
subclassed.built

# %% predict [markdown]
# The first strength is plain to see: the functional style is **shorter**, without `super` and `self`, and each layer is
# named once instead of twice.
#
# ## Predict first: what does Keras know of each?
#
# Neither model has seen any data yet. `mlp.count_params()` said 2,762. What can anyone say of `subclassed` now: its
# layers? Their order? Their parameters? Decide for each of the three, then look:

# %% unbuilt
kfx.summary(subclassed)

# %% unbuilt-explained [markdown]
# The layers, yes: they were made in `__init__`. Their order, no: the lines of the table stand in the order in which the
# layers were made, and what reads what is known only to the code in `call`. The parameters, no: how many numbers
# arrive is written nowhere.
#
# ## What a trace can tell
#
# One call on real numbers, and the weights are there. From then on `kfx` can run the code once more with shapes only,
# without any data, and write down which layer it calls with what. That is a **trace**:

# %% traced
subclassed(keras.ops.zeros((1, 32)))
kfx.plot_model(subclassed)

# %% traced-explained [markdown]
# The same graph as that of `mlp`; above it stands *traced from one run*. It was found by running the code, so it shows
# what the code did in that run. `kfx.diff` compares two models layer by layer:

# %% compared
kfx.diff(mlp, subclassed)

# %% checked-note [markdown]
# The layers and their wiring are equal. What differs are the weights, which are random in each model.
#
# ## Checked while you write it
#
# The second strength of the functional style: each call is **checked** at once, because the shapes are known all along.
# So there is a promise in it: a functional model that can be built will run. It is like the type checker of a compiler,
# which finds a mistake before the program starts, while a class finds it out while running. Here is a mistake that
# everybody makes: the pictures have 28 × 28 pixels and no axis for the channel.

# %% mistake tags=["raises-exception"]
digit = keras.Input(shape=(28, 28), name="digit")
x = layers.Rescaling(1 / 255, name="scaled")(digit)
x = layers.Conv2D(16, 3, activation="relu", name="look")(x)
x = layers.GlobalMaxPooling2D(name="best")(x)

# %% mistake-explained [markdown]
# Keras refuses in the very line that is wrong. Below its error `kfx` shows the graph so far with the layer that refused
# in red, what it was given, what it expects, and what would repair it. The repairs were tried on shapes before they
# were offered, and your graph has not changed.
#
# Now the same mistake in a class:


# %% silent
class Looking(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.scaled = layers.Rescaling(1 / 255, name="scaled")
        self.look = layers.Conv2D(16, 3, activation="relu", name="look")

    def call(self, inputs):
        return self.look(self.scaled(inputs))


looking = Looking(name="looking")
looking.name

# %% silent-explained [markdown]
# No complaint. The class is written, the model is made, and nothing is wrong until the first data come, perhaps after a
# long time of preparing them:

# %% late
import numpy as np

try:
    looking(np.zeros((1, 28, 28)))
except ValueError as error:
    print(type(error).__name__, "in the first call with data")

# %% saved-note [markdown]
# ## Drawn, inspected, saved and cloned
#
# The third strength: a functional model *is* its graph. So it can be drawn before it has run, and each value inside it
# has a place. The fourth: the graph can be written down as data, it can be **serialized**. A saved functional model
# needs none of your code, and can be cloned with new weights. Of a subclassed model, the file holds the weights and the
# name of the class:

# %% saved
for model in (mlp, subclassed):
    model.save(f"{model.name}.keras")
    try:
        loaded = keras.models.load_model(f"{model.name}.keras")
        print(f"{model.name}: loaded, {loaded.count_params():,} parameters")
    except TypeError as error:
        print(f"{model.name}: {str(error).split('. ')[0]}")

# %% cloned
clone = keras.models.clone_model(mlp)
same = np.array_equal(clone.get_layer("hidden").get_weights()[0], mlp.get_layer("hidden").get_weights()[0])
print(f"{len(clone.layers)} layers, the same weights: {same}")

# %% tree-note [markdown]
# ## What a graph cannot say
#
# And the weakness: the graph is drawn once and is the same for all data. Some networks are not. A sentence can be read
# along its grammar, as a tree: join two words, join the pair with a third. Each sentence has a tree of its own, so the
# layers must be called in another order each time. This is a **Tree-RNN**, and as a class it is easy:


# %% tree
class TreeRNN(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.join = layers.Dense(8, activation="tanh", name="join")

    def call(self, tree):
        if not isinstance(tree, tuple):
            return tree
        return self.join(keras.ops.concatenate([self.call(part) for part in tree], axis=-1))


tree_rnn = TreeRNN(name="tree_rnn")
the, old, cat, sleeps = np.random.default_rng(0).normal(size=(4, 1, 8)).astype("float32")
tree_rnn(((the, (old, cat)), sleeps)).shape

# %% tree-one-note [markdown]
# It works for every tree. `kfx` can trace it, too, but only for one tree at a time. First join from the left:

# %% tree-one
kfx.plot_model(tree_rnn, inputs=(((the, old), cat), sleeps))

# %% tree-two-note [markdown]
# And now in pairs:

# %% tree-two
kfx.plot_model(tree_rnn, inputs=((the, old), (cat, sleeps)))

# %% choosy-note [markdown]
# Two trees, two graphs, one layer in all of them. No single drawing could show this model.
#
# ## What a trace cannot tell
#
# A trace follows shapes, and where the code asks for *values*, it cannot go on: here the code takes one of two layers,
# depending on how large the numbers are.


# %% choosy
class Choosy(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.small = layers.Dense(8, name="small")
        self.large = layers.Dense(8, name="large")

    def call(self, inputs):
        return self.large(inputs) if keras.ops.max(inputs) > 1 else self.small(inputs)


choosy = Choosy(name="choosy")
print(choosy(np.ones((1, 4))).shape, choosy(np.full((1, 4), 2.0)).shape)
kfx.summary(choosy, inputs=(None, 4))

# %% choosy-explained [markdown]
# `kfx` says so and shows what is certain, the layers and their parameters, and no wiring: the graph is **opaque**. Give it
# real numbers in place of a shape, and it follows the code through one call with them:

# %% choosy-one
kfx.plot_model(choosy, inputs=np.full((1, 4), 2.0))

# %% choosy-one-explained [markdown]
# These numbers went to `large`; other numbers may go elsewhere, and `small` stands there without a line. The three
# words are worth remembering. A graph is *exact* where Keras itself keeps it, *traced* where one run was followed, and
# *opaque* where there was nothing to follow.
#
# ## So, which one?
#
# | | functional | subclassed |
# |---|---|---|
# | length | shorter | longer |
# | mistakes in shapes | found while you write | found with the first data |
# | drawing and inspecting | exact, at any time | traced, once it has been called |
# | saving and cloning | complete | needs your class and its `get_config` |
# | another graph for each example | no | yes |
#
# Take the functional style for what is a graph, and that is almost everything. Take a class where the code must decide
# as it goes, or where every step is to be written by hand: a new way of training (a `train_step` of your own), or a
# model that is trained in one way and used in another, with several methods of its own. None of that is a matter of the
# graph, and no tutorial of this series does it; Keras's guides do. And as both are layers to each other, you can mix
# them.

# %% recap [markdown]
# ## What you have now
#
# - The functional style is shorter, checked while you write (what can be built will run), can be drawn and inspected,
#   saved and cloned.
# - Below a mistake, `kfx` shows the layer that refused, what it expects and what would help.
# - A subclassed model can be traced once its input is known; a choice by values needs real numbers, and shows one way.
# - Where the graph depends on the data, as in a Tree-RNN, write a class.
#
# Keras's own words on this: [Making new layers and models via
# subclassing](https://keras.io/guides/making_new_layers_and_models_via_subclassing/), [Customizing what happens in
# fit()](https://keras.io/guides/custom_train_step_in_tensorflow/); and on the two styles in general, [What are symbolic
# and imperative APIs?](https://blog.tensorflow.org/2019/01/what-are-symbolic-and-imperative-apis.html) After the
# exercises, go on with [12 · Mix the styles](12_mix_the_styles.ipynb).

# %% exercise-note [markdown]
# ## Your turn
#
# Three short exercises. Put your answer in place of `None` and run the cell. Try as often as you like; a solution waits
# behind a click below each.

# %% exercise-1-note [markdown]
# **Exercise 1.** These calls begin at `keras.Input(shape=(8, 8, 3))`, and one of them is refused. Which one? Follow the
# shapes on paper; your answer is the name of the layer, in quotation marks.
#
# ```python
# x = layers.Conv2D(4, 3, name="first")(picture)
# x = layers.MaxPooling2D(2, name="smaller")(x)
# x = layers.Conv2D(4, 3, name="second")(x)
# x = layers.MaxPooling2D(2, name="smallest")(x)
# x = layers.Dense(10, name="answer")(x)
# ```

# %% exercise-1
from kfx import exercises

answer = None
exercises.check("11.1", answer)

# %% exercise-1-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("11.1", "smallest")  # 8 → 6 → 3 → 1, and a window of 2 does not fit into 1
# ```
#
# </details>

# %% exercise-2-note [markdown]
# **Exercise 2.** Repair the functional model with the mistake: `digit` keeps its shape (28, 28), the layer `look` stays
# a `Conv2D(16, 3)`, and the model ends in ten numbers for each digit. Your answer is the model.

# %% exercise-2
answer = None
exercises.check("11.2", answer)

# %% exercise-2-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# digit = keras.Input(shape=(28, 28), name="digit")
# x = layers.Reshape((28, 28, 1))(layers.Rescaling(1 / 255)(digit))
# x = layers.Conv2D(16, 3, activation="relu", name="look")(x)
# exercises.check("11.2", keras.Model(digit, layers.Dense(10)(layers.GlobalMaxPooling2D()(x))))
# ```
#
# </details>

# %% exercise-3-note [markdown]
# **Exercise 3.** Write a class `Judge` by subclassing `keras.Model`: a hidden `Dense` layer of 16 units with `relu`,
# then a `Dense` layer of three units with `softmax`. Your answer is the class, without parentheses after it.

# %% exercise-3
answer = None
exercises.check("11.3", answer)

# %% exercise-3-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# class Judge(keras.Model):
#     def __init__(self, **kwargs):
#         super().__init__(**kwargs)
#         self.hidden = layers.Dense(16, activation="relu")
#         self.verdict = layers.Dense(3, activation="softmax")
#
#     def call(self, inputs):
#         return self.verdict(self.hidden(inputs))
#
#
# exercises.check("11.3", Judge)
# ```
#
# </details>
