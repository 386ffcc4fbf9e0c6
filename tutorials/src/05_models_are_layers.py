# %% title [markdown]
# # 05 · Models are layers
#
# A model can be called like a layer, and then it *is* one: a single box in a larger model, with a graph of its own
# inside. You will build an encoder and a decoder apart from each other, join them in one line, and open and close the
# boxes to look inside. Afterwards you can build large models out of small ones and reach any layer in them by its path.
#
# *About 15 minutes, after [04](04_one_graph_several_models.ipynb).* [한국어로 읽기](../ko/05_models_are_layers.ipynb)

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

# %% encoder-note [markdown]
# ## Two small models
#
# The encoder is the one of the last notebook: a picture of 28 × 28 pixels goes in, 16 numbers come out.

# %% image
import keras
from keras import layers

keras.utils.set_random_seed(5)  # the same numbers on every run
image = keras.Input(shape=(28, 28, 1), name="image")
image.shape

# %% encoder
x = layers.Conv2D(16, 3, activation="relu")(image)
x = layers.Conv2D(32, 3, activation="relu")(x)
x = layers.MaxPooling2D(3)(x)
x = layers.Conv2D(32, 3, activation="relu")(x)
x = layers.Conv2D(16, 3, activation="relu")(x)
code = layers.GlobalMaxPooling2D()(x)
encoder = keras.Model(image, code, name="encoder")
encoder.output_shape

# %% decoder-note [markdown]
# The decoder goes the other way. Last time it began at the encoder's own placeholder; this time it gets an input of its
# own, 16 numbers, and knows nothing of any encoder:

# %% decoder
numbers = keras.Input(shape=(16,), name="numbers")
x = layers.Reshape((4, 4, 1))(numbers)
x = layers.Conv2DTranspose(16, 3, activation="relu")(x)
x = layers.Conv2DTranspose(32, 3, activation="relu")(x)
x = layers.UpSampling2D(3)(x)
x = layers.Conv2DTranspose(16, 3, activation="relu")(x)
redrawn = layers.Conv2DTranspose(1, 3, activation="relu")(x)
decoder = keras.Model(numbers, redrawn, name="decoder")
decoder.output_shape

# %% join-note [markdown]
# ## A third model calls them
#
# You call a model just as you call a layer: on a placeholder, and a placeholder comes back.

# %% join
picture = keras.Input(shape=(28, 28, 1), name="picture")
autoencoder = keras.Model(picture, decoder(encoder(picture)), name="autoencoder")
kfx.plot_model(autoencoder)

# %% predict [markdown]
# Three boxes, and two of them are models. A model inside another one is called **nested**; here it is drawn **folded**.
#
# ## Predict first: how many layers, how many parameters?
#
# Keras says `len(encoder.layers)` is 7 and `len(decoder.layers)` is 7, inputs included. What is
# `len(autoencoder.layers)`? And how many parameters does `autoencoder` have, if the encoder has 18,672 and the decoder
# 9,569? Write both numbers down.

# %% counted
print(len(autoencoder.layers), "layers")
kfx.summary(autoencoder)

# %% counted-explained [markdown]
# Three: the input and two layers, each of which happens to be a model. The parameters add up, 18,672 + 9,569 = 28,241,
# as in the autoencoder of the last notebook. `kfx` counts the layers inside as well and says 13, the inner inputs left
# out.
#
# ## Fold and unfold
#
# While the notebook is running, click on the small triangle before `encoder`, in the plot or in the summary: the box
# opens in its place. To unfold from the start, in the saved file, too, say `expand_nested=True`, as in Keras:

# %% unfolded
kfx.summary(autoencoder, expand_nested=True)

# %% unfolded-explained [markdown]
# Each row still says what it is connected to, also across the frame: `image`, the input inside `encoder`, receives
# `picture`. In the plot you may name the models that are to be open:

# %% one-unfolded
kfx.plot_model(autoencoder, expand_nested=["encoder"])

# %% path-note [markdown]
# ## Reach inside by a path
#
# A layer within a model has an address that works like the path of a file: `encoder/conv2d_1` is the layer `conv2d_1`
# in the model `encoder`. Wherever `kfx` takes the name of a layer, it takes a path:

# %% path
(_, _), (digits, _) = kfx.datasets.digits()
digits = digits[:4, ..., None].astype("float32") / 255
kfx.extract(autoencoder, digits, "encoder/conv2d_1")

# %% pattern-note [markdown]
# A star stands for anything, and a list takes several. If you misspell a path, the error suggests similar names.

# %% pattern
kfx.extract(autoencoder, digits, ["encoder/conv2d*", "decoder/up*"])

# %% seen-note [markdown]
# `conv2d_1` turns a digit into 32 small pictures, one feature map for each of its filters. `kfx.inspect` shows them,
# for any layer inside, bright where a filter fits. While the notebook is running, choose another digit or another
# layer:

# %% seen
kfx.inspect(autoencoder, digits, layer="encoder/conv2d_1")

# %% weights-note [markdown]
# The network is untrained, and yet edges are visible: even random filters respond to them.
#
# ## A nested model is not a copy
#
# As with any layer, to call a model is to use it, weights and all. Reach a layer through `autoencoder` and directly,
# and you have the same object in your hands:

# %% weights
print(autoencoder.get_layer("encoder") is encoder)
print(autoencoder.get_layer("encoder").get_layer("conv2d_1") is encoder.get_layer("conv2d_1"))

# %% ensemble-note [markdown]
# ## Several models, one answer
#
# Ask three advisers and take the mean: that is an **ensemble**, and as a rule it errs less often than its average
# member, because the members do not all err in the same place. (Its best member may still be better.) Each one reads
# 128 numbers and says a probability. A function makes as many as you like, each with weights of its own:


# %% members
def make_member(name):
    features = keras.Input(shape=(128,))
    return keras.Model(features, layers.Dense(1, activation="sigmoid")(features), name=name)


members = [make_member(name) for name in ("first", "second", "third")]
[member.count_params() for member in members]

# %% ensemble
features = keras.Input(shape=(128,), name="features")
answers = [member(features) for member in members]
ensemble = keras.Model(features, layers.average(answers), name="ensemble")
kfx.plot_model(ensemble, expand_nested=True)

# %% ensemble-explained [markdown]
# One input feeds three models, and `average` joins their answers. Check it by numbers: the mean of what the three say
# must be what the ensemble says.

# %% ensemble-values
import numpy as np

examples = np.random.default_rng(0).normal(size=(5, 128)).astype("float32")
values = kfx.extract(ensemble, examples, ["first", "second", "third", "average"])
mean = (values["first"] + values["second"] + values["third"]) / 3
print(np.allclose(mean, values["average"], atol=1e-5))
values

# %% recap [markdown]
# ## What you have now
#
# - Called on a placeholder, a model is a layer of a larger model, with the same weights.
# - `expand_nested` unfolds nested models, all with `True` or some by a list of names; a click does it live.
# - `encoder/conv2d_1` is the path of a layer in a nested model; `encoder/*` means all of them.
# - Ensembles, encoders with decoders, networks with a new head: all are built by calling models.
#
# Keras's own words on this: [The Functional API](https://keras.io/guides/functional_api/). After the exercises, go on
# with [06 · Several inputs and outputs](06_several_inputs_and_outputs.ipynb).

# %% exercise-note [markdown]
# ## Your turn
#
# Three short exercises. Put your answer in place of `None` and run the cell. Try as often as you like; a solution waits
# behind a click below each.

# %% exercise-1-note [markdown]
# **Exercise 1.** A model takes *two* pictures, calls the same `encoder` on each, joins the two codes with
# `layers.Concatenate()` and ends in `layers.Dense(1)`. How many parameters does it have? Work it out before you build it.

# %% exercise-1
from kfx import exercises

answer = None
exercises.check("05.1", answer)

# %% exercise-1-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("05.1", 18_672 + (2 * 16 + 1))
# ```
#
# </details>

# %% exercise-2-note [markdown]
# **Exercise 2.** In `autoencoder`, on the way *back* from the code to the picture, which layer has the largest output,
# the one with the most numbers? Answer with its path, as text in quotation marks.

# %% exercise-2
answer = None
exercises.check("05.2", answer)

# %% exercise-2-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("05.2", "decoder/up_sampling2d")
# ```
#
# </details>

# %% exercise-3-note [markdown]
# **Exercise 3.** Build an ensemble named `most_hopeful` for an input of 128 numbers, out of three new models with a
# `Dense(1, activation="sigmoid")` each. It should not average, but answer what its most hopeful member answers: the
# largest of the three. `layers.maximum` works like `layers.average`.

# %% exercise-3
answer = None
exercises.check("05.3", answer)

# %% exercise-3-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# features = keras.Input(shape=(128,), name="features")
# answers = [make_member(name)(features) for name in ("one", "two", "three")]
# exercises.check("05.3", keras.Model(features, layers.maximum(answers), name="most_hopeful"))
# ```
#
# </details>
