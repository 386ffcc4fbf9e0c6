# %% title [markdown]
# # 12 · Mix the styles
#
# Graphs of layers, classes of your own, models within layers within models: you never have to choose one style for good.
# You will put a functional model into a recurrent layer that you write yourself, put that layer into a functional model,
# and look through all of it in one view. Afterwards you can build each part in the style that suits it.
#
# *About 20 minutes, after [05](05_models_are_layers.ipynb) and [10](10_your_own_layers.ipynb).*
# [한국어로 읽기](../ko/12_mix_the_styles.ipynb)

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

# %% classifier-note [markdown]
# ## A functional model
#
# The first part judges a series: some number of steps with 32 numbers each go in, one probability comes out. Two
# layers in a row; nothing could be simpler in the functional style.

# %% classifier
import keras
from keras import layers

keras.utils.set_random_seed(12)  # the same numbers on every run
units, timesteps, input_dim = 32, 10, 5
features = keras.Input(shape=(None, units), name="features")
x = layers.GlobalAveragePooling1D(name="mean")(features)
classifier = keras.Model(features, layers.Dense(1, activation="sigmoid", name="verdict")(x), name="classifier")
kfx.plot_model(classifier)

# %% recurrent-note [markdown]
# ## Inside a layer of your own
#
# The second part reads a series step by step and keeps a **state**, 32 numbers that carry what it has read so far. Each
# step adds two things: a projection of what arrives and a projection of the state before. That needs a loop, and a loop
# is easiest written as one. So this part is a class. At its end it calls the functional model, like any other layer:


# %% recurrent
class CustomRNN(layers.Layer):
    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.projection_1 = layers.Dense(units, activation="tanh", name="projection_1")
        self.projection_2 = layers.Dense(units, activation="tanh", name="projection_2")
        self.classifier = classifier

    def call(self, inputs):
        states = [keras.ops.zeros((inputs.shape[0], self.projection_2.units))]
        for step in range(inputs.shape[1]):
            states.append(self.projection_1(inputs[:, step]) + self.projection_2(states[-1]))
        return self.classifier(keras.ops.stack(states[1:], axis=1))


CustomRNN()

# %% recurrent-called-note [markdown]
# Try it on zeros, one series of ten steps with five numbers each. For an all-zero series the answer is 0.5, undecided,
# as all biases begin at zero:

# %% recurrent-called
recurrent = CustomRNN(name="recurrent")
recurrent(keras.ops.zeros((1, timesteps, input_dim))).numpy()

# %% traced-note [markdown]
# No graph was ever written down for this layer; its wiring is what its code does. Put it into a model whose input has
# all its sizes, and `kfx` follows one call through your code and finds the layers that it calls:

# %% traced
series = keras.Input(batch_shape=(1, timesteps, input_dim), name="series")
alone = keras.Model(series, recurrent(series), name="alone")
rows = kfx.summary(alone, expand_nested=True).rows
for row in rows:
    if "projection_1" in row.layer:
        print(row.layer, row.output, row.parameters)

# %% predict [markdown]
# Ten steps, so `projection_1` is called ten times, and its 5 × 32 + 32 = 192 parameters are counted once.
#
# ## Predict first: how many calls?
#
# Now the third part: a functional model that first lets `Conv1D(32, 3)` look at three neighbouring steps at a time, and
# gives the result to a new `CustomRNN`. The series has ten steps again. How many times will `projection_1` be called in
# one forward pass? And how many parameters will it have: 192, as above, or another number?

# %% mixed
steps = keras.Input(batch_shape=(16, timesteps, input_dim), name="steps")
seen = layers.Conv1D(32, 3, name="conv1d")(steps)
mixed = keras.Model(steps, CustomRNN(name="recurrent")(seen), name="mixed")
mixed

# %% mixed-explained [markdown]
# Unfold `recurrent`, or count below: eight calls. A window of three steps fits into ten steps at eight positions, so
# eight steps come out of `conv1d`. And they have 32 numbers each, so `projection_1` has 32 × 32 + 32 = 1,056 parameters
# here.
#
# Why `batch_shape` and not `shape`? The loop begins with a state of zeros for each series, `inputs.shape[0]` of them.
# With `shape` that number would be open, and `zeros` could not be made. So this model takes 16 series at a time.
#
# ## One view over everything
#
# A functional model that holds a layer of your own that holds a functional model. In the graph they are boxes within
# boxes, and the loop is unrolled: every step of the code has its place.

# %% view
kfx.plot_model(mixed, expand_nested=True)

# %% view-explained [markdown]
# Follow the trunk down: each `add` is the state after a step, and from each a line leads to `stack`, which lays all
# eight states in a row for the classifier.
#
# ## Numbers from any depth
#
# The paths go through all styles alike. `recurrent/projection_1@8` is the eighth call in the loop;
# `recurrent/classifier/mean` is a layer of the functional model in the layer in the model.

# %% values
import numpy as np

series = np.random.default_rng(0).normal(size=(16, timesteps, input_dim)).astype("float32")
kfx.extract(mixed, series, ["conv1d", "recurrent/projection_1@8", "recurrent/classifier/*"])

# %% same-note [markdown]
# The classifier is still one object, whoever calls it: directly, within `recurrent`, or within `mixed`.

# %% same
inside = kfx.extract(mixed, series, "recurrent/classifier/*")
direct = classifier.predict(inside["recurrent/classifier/features"], verbose=0)
np.allclose(direct, inside["recurrent/classifier/verdict"], atol=1e-5)

# %% trap-note [markdown]
# ## Save the mixture
#
# `mixed` can be saved, and it loads if Keras is told the class. But look where its classifier comes from:

# %% trap
import warnings

warnings.filterwarnings("ignore", message=".build... was called on layer")  # this class has no build, and Keras says so
mixed.save("mixed.keras")
loaded = keras.models.load_model("mixed.keras", custom_objects={"CustomRNN": CustomRNN})
print("the loaded model holds the live classifier:", loaded.get_layer("recurrent").classifier is classifier)

# %% trap-explained [markdown]
# A trap: the class takes `classifier` from the notebook, so the loaded model holds the very object that you are working
# with. To load the file is to overwrite its weights, and to train one model is to change the other. (Nor is a class
# complete without `build`, where its layers know their sizes before the weights are loaded.)
#
# The cure is to take what comes from outside as an argument. Then the config can hold it, too:


# %% reading-rnn
class ReadingRNN(layers.Layer):
    def __init__(self, classifier, units=32, **kwargs):
        super().__init__(**kwargs)
        self.units, self.classifier = units, classifier
        self.projection_1, self.projection_2 = [layers.Dense(units, "tanh", name=f"projection_{n}") for n in (1, 2)]

    def build(self, shape):
        self.projection_1.build((shape[0], shape[-1]))
        self.projection_2.build((shape[0], self.units))
        if not self.classifier.built:
            self.classifier.build((*shape[:-1], self.units))

    call = CustomRNN.call


ReadingRNN(layers.Dense(1))

# %% savable-note [markdown]
# `get_config` writes the classifier down as a config of its own, and `from_config` makes it again before the layer is
# made. Register the class, as in [tutorial 10](10_your_own_layers.ipynb). The classifier is an ordinary `Dense` layer
# this time; it judges every step of the series:


# %% savable
@keras.saving.register_keras_serializable(package="tutorial")
class SavableRNN(ReadingRNN):
    def get_config(self):
        written = keras.saving.serialize_keras_object(self.classifier)
        return {**super().get_config(), "units": self.units, "classifier": written}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "classifier": keras.saving.deserialize_keras_object(config["classifier"])})


each_step = keras.Model(steps, SavableRNN(layers.Dense(1, name="verdict"), name="recurrent")(seen), name="each_step")
each_step.output_shape

# %% saved-note [markdown]
# Eight verdicts for each series instead of one. Now the file and a clone hold classifiers of their own:

# %% saved
each_step.save("each_step.keras")
loaded = keras.models.load_model("each_step.keras")
clone = keras.models.clone_model(each_step)
print("same answers:", np.allclose(each_step(series), loaded(series), atol=1e-6))
print("one classifier in both:", loaded.get_layer("recurrent").classifier is each_step.get_layer("recurrent").classifier)
print("parameters:", each_step.count_params(), clone.count_params())

# %% signature-note [markdown]
# ## What else a call is told
#
# Besides what arrives, a `call` may ask for two more things, which makes four ways to write it:
#
# - `call(self, inputs)`: all it needs is what arrives;
# - `call(self, inputs, training=None)`: it also asks whether this is training, as dropout does;
# - `call(self, inputs, mask=None)`: it also asks which steps are real and which only fill up a row;
# - `call(self, inputs, training=None, mask=None)`: both.
#
# You need not pass these on yourself; Keras fills them in, through all levels. This layer takes the mean over the real
# words of a text, and makes its task harder in training by some noise:


# %% signature
class MeanOfWords(layers.Layer):
    def call(self, inputs, training=None, mask=None):
        if training:
            inputs = inputs + keras.random.normal(keras.ops.shape(inputs), seed=1)
        real = keras.ops.ones(keras.ops.shape(inputs)[:2]) if mask is None else keras.ops.cast(mask, "float32")
        total = keras.ops.sum(real[..., None] * inputs, axis=1)
        return total / keras.ops.sum(real, axis=1, keepdims=True)

    def compute_mask(self, inputs, mask=None):
        return None  # there are no steps any more, so there is no mask either


MeanOfWords()

# %% masked-note [markdown]
# `Embedding` with `mask_zero=True` makes the mask: number 0 means that there is no word. Two rows with the same two
# words, the second one filled up with zeros, must then have the same mean:

# %% masked
words = keras.Input(shape=(None,), dtype="int32", name="words")
x = layers.Embedding(100, 4, mask_zero=True, name="table")(words)
reader = keras.Model(words, MeanOfWords(name="mean")(x), name="reader")
short, filled = np.array([[7, 42]]), np.array([[7, 42, 0, 0, 0]])
print("the mask is heeded:", np.allclose(reader(short), reader(filled), atol=1e-6))
print("training differs:", not np.allclose(reader(short), reader(short, training=True)))

# %% training-note [markdown]
# Nobody told `mean` about zeros: the mask travelled along the arrow. `kfx.extract` takes `training=True` as well, if you
# want to see what a layer does in training, and leaves the model as it was:

# %% training
calm = kfx.extract(reader, short, "mean")["mean"]
trained = kfx.extract(reader, short, "mean", training=True)["mean"]
print("calm and training agree:", np.allclose(calm, trained))

# %% recap [markdown]
# ## What you have now
#
# - Functional models, subclassed layers and models fit into one another in any order: all of them are layers.
# - `kfx` shows such a mixture as one graph with boxes in boxes and gives every part a path.
# - A loop in your code can be followed once its input is known, with all its sizes.
# - With `get_config` and `from_config` a mixed model can be saved and cloned; what a class takes from outside belongs
#   into its arguments.
# - `training` and `mask` reach every layer that asks for them in its `call`.
#
# Keras's own words on this: [Working with RNNs](https://keras.io/guides/working_with_rnns/), [Understanding masking and
# padding](https://keras.io/guides/understanding_masking_and_padding/) and [Save, serialize, and export
# models](https://keras.io/guides/serialization_and_saving/). After the exercises you have been through the guide to the
# functional API from end to end. Go on with what such models are used for:
# [13 · A transformer from inside](13_a_transformer_from_inside.ipynb).

# %% exercise-note [markdown]
# ## Your turn
#
# Three short exercises. Put your answer in place of `None` and run the cell. Try as often as you like; a solution waits
# behind a click below each.

# %% exercise-1-note [markdown]
# **Exercise 1.** Suppose the series had 24 steps, and the window of the convolution were 5 steps long, as in
# `Conv1D(32, 5)`. How many times would `projection_2` be called in one forward pass?

# %% exercise-1
from kfx import exercises

answer = None
exercises.check("12.1", answer)

# %% exercise-1-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("12.1", 24 - 5 + 1)
# ```
#
# </details>

# %% exercise-2-note [markdown]
# **Exercise 2.** Write a layer class `Dim` that halves all numbers in training and hands them on unchanged at all other
# times. Your answer is the class, without parentheses after it.

# %% exercise-2
answer = None
exercises.check("12.2", answer)

# %% exercise-2-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# class Dim(layers.Layer):
#     def call(self, inputs, training=None):
#         return inputs / 2 if training else inputs
#
#
# exercises.check("12.2", Dim)
# ```
#
# </details>

# %% exercise-3-note [markdown]
# **Exercise 3.** Build a functional model named `twice`: from the input `steps` above through *two* new `CustomRNN`
# layers, side by side, to the mean of their two answers, by `layers.average`. When the check passes, look at the
# summary: both layers call one classifier, so its parameters are counted once.

# %% exercise-3
answer = None
exercises.check("12.3", answer)

# %% exercise-3-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# answers = [CustomRNN(name=name)(steps) for name in ("one", "two")]
# exercises.check("12.3", keras.Model(steps, layers.average(answers), name="twice"))
# ```
#
# </details>
