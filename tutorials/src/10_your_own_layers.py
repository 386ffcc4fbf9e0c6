# %% title [markdown]
# # 10 · Your own layers
#
# Keras has layers for almost everything, and one day you will need the one that is missing. It is a class with three
# short methods. You will write `CustomDense`, use it like any other layer, look inside it, and make it savable.
# Afterwards you know what Keras asks of a layer and when, and what each method is for.
#
# *About 20 minutes, after [01](01_a_graph_of_layers.ipynb). You should know what a Python class is.*
# [한국어로 읽기](../ko/10_your_own_layers.ipynb)

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

# %% families-note [markdown]
# ## What Keras has
#
# Look there first. Keras has more than a hundred layers, in a few families:
#
# - **Core**: `Dense`, `Embedding`, `Input`; activations as layers, such as `ReLU` and `Softmax`
# - **Convolution**: `Conv1D`, `Conv2D`, `Conv3D`, `Conv2DTranspose`, `SeparableConv2D`
# - **Pooling**: `MaxPooling2D`, `AveragePooling2D`, `GlobalAveragePooling2D`
# - **Recurrent** (RNN): `LSTM`, `GRU`, `SimpleRNN`, `Bidirectional`
# - **Attention**: `MultiHeadAttention`
# - **Normalization and regularization**: `BatchNormalization`, `LayerNormalization`, `Dropout`
# - **Reshaping and merging**: `Flatten`, `Reshape`, `Add`, `Concatenate`, `Average`
#
# You have used layers of most of these. Count all there are:

# %% families
import keras
from keras import layers

kinds = {kind for kind in vars(layers).values() if isinstance(kind, type) and issubclass(kind, layers.Layer)}
print("more than 100 layers:", len(kinds) > 100)

# %% class-note [markdown]
# ## Three methods
#
# A layer answers three questions, each in its own time:
#
# - `__init__`: what is it told when it is made? Here, how many units it has.
# - `build`: which weights does it need? It can say so only when it knows what will arrive, at the first call.
# - `call`: what does it compute?
#
# This one is a `Dense` layer without an activation: each unit multiplies, adds up and adds its bias.


# %% class
class CustomDense(layers.Layer):
    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), name="w")
        self.b = self.add_weight(shape=(self.units,), name="b")

    def call(self, inputs):
        return keras.ops.matmul(inputs, self.w) + self.b


CustomDense()

# %% predict [markdown]
# You wrote no line about names; `super().__init__(**kwargs)` takes care of `name` and of whatever else all layers know.
# `built=False` says that `build` has not run.
#
# ## Predict first: which weights, and when?
#
# The next cell makes a `CustomDense(10)`, counts its weights, calls it on two examples of four numbers, and counts
# again. What will the two lists be? Write them down: first the shapes before the call, then those after it.

# %% built
keras.utils.set_random_seed(10)  # the same numbers on every run
layer = CustomDense(10)
print([tuple(weight.shape) for weight in layer.weights])
layer(keras.ops.ones((2, 4)))
print([tuple(weight.shape) for weight in layer.weights])

# %% built-explained [markdown]
# Nothing at first: a layer that has not been called cannot know how many numbers arrive. The call brings examples of
# four numbers, so `build` runs once and makes 4 × 10 weights and 10 biases. (Where the size is known beforehand,
# weights may be made in `__init__` as well; `build` spares you from asking for it.)
#
# ## A layer like any other
#
# With a placeholder it works in the same way, so it can be part of a model:

# %% model
numbers = keras.Input(shape=(4,), name="numbers")
outputs = CustomDense(10, name="custom_dense")(numbers)
model = keras.Model(numbers, outputs, name="own_layer")
kfx.summary(model)

# %% model-explained [markdown]
# The row reads like the others: your class under *Type*, the argument `units` under *Settings*, 50 parameters, and 40
# bytes for the ten numbers that come out. Under *FLOPs* stands 90: `kfx` followed one call through your code and found a
# product, 2 × 4 × 10 operations, and ten additions of a bias.
#
# The plot marks it as a layer that is not from Keras:

# %% plot
kfx.plot_model(model)

# %% inspect-note [markdown]
# And `kfx.inspect` shows what it computes. Each of the four examples has a single 1, so each picks one row of the
# weights, and the biases are added:

# %% inspect
import numpy as np

examples = np.eye(4, dtype="float32")
kfx.inspect(model, examples, layer="custom_dense")

# %% checked-note [markdown]
# `kfx.extract` hands you the values themselves. Work them out with NumPy, and you get the same:

# %% checked
values = kfx.extract(model, examples, "custom_dense")["custom_dense"]
w, b = model.get_layer("custom_dense").get_weights()
np.allclose(values, examples @ w + b, atol=1e-5)

# %% block-note [markdown]
# ## A layer made of layers
#
# A layer may also hold other layers. Then you need no `build`: make the inner layers in `__init__`, call them in `call`,
# and their weights belong to yours.


# %% block
class TwoDense(layers.Layer):
    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.wide = layers.Dense(units, activation="relu", name="wide")
        self.narrow = layers.Dense(1, name="narrow")

    def call(self, inputs):
        return self.narrow(self.wide(inputs))


block = keras.Model(numbers, TwoDense(32, name="two_dense")(numbers), name="own_block")
kfx.summary(block, expand_nested=True)

# %% block-explained [markdown]
# Such a layer unfolds like a nested model: `kfx` followed one call through your code and lists the layers and operations
# in it. The path `two_dense/wide` leads inside, for `kfx.extract` and everything else.

# %% block-values
kfx.extract(block, examples, "two_dense/*")

# %% config-note [markdown]
# ## A layer that can be saved
#
# To save a model, Keras has to **serialize** it, to write it down as plain data. It asks each layer for its **config**:
# the arguments to make such a layer again, as plain values. `get_config` returns them. For simple arguments Keras can
# guess it, but not for objects, and a guess is easily wrong; so write it, and begin with what `super()` knows, the name
# among others. Here is the whole class again with its fourth method:


# %% config
class CustomDense(layers.Layer):
    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), name="w")
        self.b = self.add_weight(shape=(self.units,), name="b")

    def call(self, inputs):
        return keras.ops.matmul(inputs, self.w) + self.b

    def get_config(self):
        return {**super().get_config(), "units": self.units}


CustomDense(10).get_config()["units"]

# %% config-shown
outputs = CustomDense(10, name="custom_dense")(numbers)
model = keras.Model(numbers, outputs, name="own_layer")
written = model.get_layer("custom_dense").get_config()
written["name"], written["units"]

# %% from-config-note [markdown]
# From a config, the class method `from_config` makes the layer again. Unless you write one of your own, it is
# `cls(**config)`, the class called with what the config says:

# %% from-config-layer
same = CustomDense.from_config(written)
same.name, same.units, same.built

# %% model-config-note [markdown]
# A new layer with the same name and units, not built yet. The config of a model holds those of its layers, and
# `from_config` makes the model again. But it has to find the class first: a config says only the *name* of your class,
# and Keras has no class of that name:

# %% from-config
try:
    keras.Model.from_config(model.get_config())
except TypeError as error:
    print(str(error).split(". ")[0])

# %% custom-objects-note [markdown]
# There are two remedies. The first: say which class is meant, here and now.

# %% custom-objects
again = keras.Model.from_config(model.get_config(), custom_objects={"CustomDense": CustomDense})
print(kfx.summary(again))

# %% registration-note [markdown]
# The second: register the class once. Most people write it as a decorator above the class,
# `@keras.saving.register_keras_serializable(package="tutorial")`; a call does the same. From then on, Keras finds the
# class by itself, as long as your code was run before the file is loaded.

# %% registration
CustomDense = keras.saving.register_keras_serializable(package="tutorial")(CustomDense)
keras.saving.get_registered_name(CustomDense)

# %% saved-note [markdown]
# A config is a plan: the model made from it has new weights. A file holds both, the plan and the weights, so the model
# that is loaded answers as the one that was saved:

# %% saved
outputs = CustomDense(10, name="custom_dense")(numbers)
model = keras.Model(numbers, outputs, name="own_layer")
model.save("own_layer.keras")
loaded = keras.models.load_model("own_layer.keras")
answers = model.predict(examples, verbose=0), loaded.predict(examples, verbose=0)
print(type(loaded.get_layer("custom_dense")).__name__, np.allclose(*answers))

# %% recap [markdown]
# ## What you have now
#
# - `__init__` takes arguments, `build` makes weights when the input is known, `call` computes; a layer of layers needs
#   no `build`.
# - Your layer stands in summary, plot and inspector like any other, with its parameters and FLOPs.
# - `get_config` writes the arguments down. `custom_objects` or registration tells Keras which class is meant.
#
# Keras's own words on this: [Making new layers and models via
# subclassing](https://keras.io/guides/making_new_layers_and_models_via_subclassing/). After the exercises, go on with
# [11 · When to use the functional API](11_when_to_use_the_functional_api.ipynb).

# %% exercise-note [markdown]
# ## Your turn
#
# Three short exercises. Put your answer in place of `None` and run the cell. Try as often as you like; a solution waits
# behind a click below each.

# %% exercise-1-note [markdown]
# **Exercise 1.** `CustomDense(8)` is called on a batch of 16 examples with 100 numbers each. How many parameters does
# it have then?

# %% exercise-1
from kfx import exercises

answer = None
exercises.check("10.1", answer)

# %% exercise-1-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("10.1", 100 * 8 + 8)
# ```
#
# </details>

# %% exercise-2-note [markdown]
# **Exercise 2.** Write a layer class `Scale` that multiplies each of the numbers that arrive by a weight of its own.
# All weights begin at 1: `add_weight` takes `initializer="ones"`. Your answer is the class, without parentheses after
# it.

# %% exercise-2
answer = None
exercises.check("10.2", answer)

# %% exercise-2-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# class Scale(layers.Layer):
#     def build(self, input_shape):
#         self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")
#
#     def call(self, inputs):
#         return inputs * self.scale
#
#
# exercises.check("10.2", Scale)
# ```
#
# </details>

# %% exercise-3-note [markdown]
# **Exercise 3.** Write a layer class `Power` that raises all numbers to a power: `Power(exponent=3)` turns 2 into 8,
# and `Power()` squares. It has no weights, and it must come back from its config with its exponent *and* its name.

# %% exercise-3
answer = None
exercises.check("10.3", answer)

# %% exercise-3-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# class Power(layers.Layer):
#     def __init__(self, exponent=2, **kwargs):
#         super().__init__(**kwargs)
#         self.exponent = exponent
#
#     def call(self, inputs):
#         return inputs**self.exponent
#
#     def get_config(self):
#         return {**super().get_config(), "exponent": self.exponent}
#
#
# exercises.check("10.3", Power)
# ```
#
# </details>
