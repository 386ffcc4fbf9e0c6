# %% title [markdown]
# # 04 · One graph, several models
#
# You will squeeze pictures of handwritten digits into 16 numbers each and draw them again from these numbers. The part
# that squeezes and the whole that redraws are two models, and they are made of the *same* layers. Afterwards you can
# cut any number of models out of one graph, you know what they share, and you can look at the numbers between them.
#
# *About 20 minutes, after [01](01_a_graph_of_layers.ipynb).* [한국어로 읽기](../ko/04_one_graph_several_models.ipynb)

# %% setup-note [markdown]
# ## Get ready
#
# The first cell prepares the notebook and prints nothing; on Colab, upload the wheel of `kfx` first. The digits of the
# second cell come with `kfx`: 5,000 to learn from and 1,000 to be tested with. Ink is 1 and paper is 0.

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

# %% digits
import keras
from keras import layers

(train_images, _), (test_images, _) = kfx.datasets.digits()
train_images = train_images[..., None].astype("float32") / 255
test_images = test_images[..., None].astype("float32") / 255
train_images.shape, test_images.shape

# %% digits-shown-note [markdown]
# Each one has 28 rows of 28 pixels and one channel, which holds the grey. A small function draws them, one row of
# pictures under the other; you will need it again:

# %% digits-shown
import numpy as np
from PIL import Image


def draw(*rows):
    ink = np.vstack([np.hstack(row[..., 0]) for row in rows])
    picture = Image.fromarray((255 * (1 - np.clip(ink, 0, 1))).astype("uint8"))
    return picture.resize((4 * picture.width, 4 * picture.height))


draw(test_images[:8])

# %% encoder-note [markdown]
# ## The way down: 784 numbers become 16
#
# A convolution looks at a picture through a window of 3 × 3 pixels and writes down, for each place of the window, how
# well a small pattern fits there. Such a pattern of weights is a **filter**, and `Conv2D(16, 3)` has 16 of them; what
# one filter has written down, a number for each place, is a **feature map**. `MaxPooling2D(3)` keeps the best fit of
# each 3 × 3 block. `GlobalMaxPooling2D` keeps the best fit of the whole picture: one number for each of the last 16
# filters, a vector of 16 dimensions.

# %% encoder
keras.utils.set_random_seed(1)  # the same numbers on every run
image = keras.Input(shape=(28, 28, 1), name="image")
x = layers.Conv2D(16, 3, activation="relu")(image)
x = layers.Conv2D(32, 3, activation="relu")(x)
x = layers.MaxPooling2D(3)(x)
x = layers.Conv2D(32, 3, activation="relu")(x)
x = layers.Conv2D(16, 3, activation="relu")(x)
code = layers.GlobalMaxPooling2D(name="code")(x)
encoder = keras.Model(image, code, name="encoder")
encoder.output_shape

# %% encoder-shown-note [markdown]
# These 16 numbers are the **code** of a picture, and a model that makes codes is called an **encoder**. A code is also
# called a **latent** vector: nobody wrote down what its numbers should mean, training will decide that. `kfx.sketch`
# shows the graph that starts at `image`, and `mark` puts a frame around the model:

# %% encoder-shown
kfx.sketch(image).mark(encoder)

# %% decoder-note [markdown]
# ## The way back: 16 numbers become a picture
#
# You are not done with the graph. `code` is a placeholder like any other, so go on calling layers from there: each step
# mirrors one of the steps above. `Reshape` lays the 16 numbers out as a picture of 4 × 4, `Conv2DTranspose` is a
# convolution backwards, whose picture grows by two pixels in height and in width, and `UpSampling2D(3)` makes each pixel
# a block of 3 × 3.

# %% autoencoder
x = layers.Reshape((4, 4, 1))(code)
x = layers.Conv2DTranspose(16, 3, activation="relu")(x)
x = layers.Conv2DTranspose(32, 3, activation="relu")(x)
x = layers.UpSampling2D(3)(x)
x = layers.Conv2DTranspose(16, 3, activation="relu")(x)
redrawn = layers.Conv2DTranspose(1, 3, activation="relu")(x)
autoencoder = keras.Model(image, redrawn, name="autoencoder")
redrawn.shape

# %% marked-note [markdown]
# The second model goes from `image` all the way to `redrawn`. A model that has a picture as its input and the same
# picture as its goal is an **autoencoder**. Now mark both:

# %% marked
kfx.sketch(image).mark(encoder, autoencoder)

# %% marked-explained [markdown]
# There is one graph, and each model is a frame around a part of it. The first seven boxes stand in both frames. If the
# notebook is running, look at the first sketch again, too: it is the same view, and it has grown.
#
# The summary of `autoencoder` therefore begins with the very rows of `encoder`. Its 28,241 parameters are not added to
# those of the encoder: 18,672 of them *are* the encoder's.

# %% summary
kfx.summary(autoencoder)

# %% same-note [markdown]
# In Python, `is` asks whether two names mean the same object:

# %% same
print(autoencoder.get_layer("conv2d_1") is encoder.get_layer("conv2d_1"))

# %% between-note [markdown]
# ## Look at what flows between
#
# `kfx.extract` gives a model some data and hands you what its layers compute. Say nothing else, and you get them all:

# %% between
kfx.extract(encoder, test_images[:8])

# %% predict [markdown]
# Eight pictures went in, so each array begins with 8. The last one holds the codes.
#
# ## Predict first: what does training one model do to the other?
#
# Nobody has trained these models yet. In a moment you will train `autoencoder` with `compile` and `fit`; `encoder` will
# not be mentioned. The next cell remembers the encoder's codes for eight digits. Will the encoder give the same codes
# for them afterwards, or others? Decide before you go on.

# %% before
before = kfx.extract(encoder, test_images[:8], "code")["code"].copy()
before.shape

# %% train-note [markdown]
# Now train: the input is also the goal, and the loss is the mean of the squared differences between the two. Four
# rounds over 5,000 digits take some ten to twenty seconds.

# %% train
keras.utils.set_random_seed(1)
autoencoder.compile(optimizer=keras.optimizers.Adam(2e-3), loss="mse")
history = autoencoder.fit(train_images, train_images, batch_size=32, epochs=4, verbose=0)
loss = history.history["loss"]
print("the loss fell in every epoch:", loss == sorted(loss, reverse=True))

# %% after
after = kfx.extract(encoder, test_images[:8], "code")["code"]
np.allclose(before, after)

# %% after-explained [markdown]
# `False`: other codes. To train a model is to change the weights of its layers, and seven of these layers belong to the
# encoder as well. Nothing had to be copied; there is only one set of weights to change.
#
# ## Drawn again from 16 numbers
#
# The upper row shows digits that neither model has seen, the lower row what is left of them after they went through 16
# numbers:

# %% redrawn
draw(test_images[:8], autoencoder.predict(test_images[:8], verbose=0))

# %% redrawn-explained [markdown]
# Blurred, and now and then a 4 becomes a 9; but most are what they were. That is remarkable for a 49th part of the
# numbers and so short a training. For a fair comparison: how much worse would it be to answer always with the same
# picture, the mean of all digits?

# %% compared
redrawn_images = autoencoder.predict(test_images, verbose=0)
error = np.mean((test_images - redrawn_images) ** 2)
error_of_the_mean = np.mean((test_images - train_images.mean(axis=0)) ** 2)
print(f"the mean picture errs {error_of_the_mean / error:.0f} times as much")

# %% codes-note [markdown]
# ## What the 16 numbers say
#
# Ask `autoencoder` for the values at `code`, and you get what `encoder` answers. Where the frames overlap, it makes no
# difference which model you ask:

# %% codes
values = kfx.extract(autoencoder, test_images, "code")
codes = values["code"]
print(np.allclose(codes, encoder.predict(test_images, verbose=0), atol=1e-4))
values

# %% codes-shown-note [markdown]
# Here are the codes of the first eight digits: 16 squares under each digit, dark for a large number. Compare the two
# 1s, then the two 4s, then any two digits that differ:

# %% codes-shown
squares = (codes[:8] / codes[:8].max()).reshape(8, 4, 4)  # four rows of four
squares = squares.repeat(6, axis=1).repeat(6, axis=2)[..., None]  # 6 pixels wide
draw(test_images[:8], np.pad(squares, ((0, 0), (2, 2), (2, 2), (0, 0))))

# %% nearest-note [markdown]
# Digits that look alike have codes that are alike. So codes can search: the next cell takes the first test digit, a 7,
# and finds the seven training digits whose codes lie nearest to its own. No label was used for this, neither here nor
# in training.

# %% nearest
train_codes = encoder.predict(train_images, verbose=0)
distances = np.linalg.norm(train_codes - codes[0], axis=1)
nearest = np.argsort(distances)[:7]
draw(np.concatenate([test_images[:1], train_images[nearest]]))

# %% recap [markdown]
# ## What you have now
#
# - A graph belongs to no model. `keras.Model(inputs, outputs)` frames a part of it, and frames may overlap.
# - A convolution has filters, each filter makes a feature map, and an encoder makes a latent vector, the code.
# - Models that overlap share layers and weights: train one, and the other has learned too.
# - `kfx.sketch(image).mark(encoder, autoencoder)` shows the one graph and every frame on it.
# - `kfx.extract(model, data, "code")` hands you what flows at any place.
#
# Keras's own words on this: [The Functional API](https://keras.io/guides/functional_api/). After the exercises, go on
# with [05 · Models are layers](05_models_are_layers.ipynb).

# %% exercise-note [markdown]
# ## Your turn
#
# Three short exercises. Put your answer in place of `None` and run the cell. Try as often as you like; a solution waits
# behind a click below each.

# %% exercise-1-note [markdown]
# **Exercise 1.** Suppose the pictures had 56 × 56 pixels instead of 28 × 28, and every layer of `encoder` stayed as it
# is written above. How many parameters would the encoder have?

# %% exercise-1
from kfx import exercises

answer = None
exercises.check("04.1", answer)

# %% exercise-1-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("04.1", encoder.count_params())  # a filter of 3 × 3 stays one, however large the picture
# ```
#
# </details>

# %% exercise-2-note [markdown]
# **Exercise 2.** With *one* call of `kfx.extract`, take two values of `autoencoder` out for the first five test digits:
# those of `conv2d_3` and those of `code`. Your answer is what the call returns. Then look: how does one follow from
# the other?

# %% exercise-2
answer = None
exercises.check("04.2", answer)

# %% exercise-2-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("04.2", kfx.extract(autoencoder, test_images[:5], ["conv2d_3", "code"]))
# ```
#
# </details>

# %% exercise-3-note [markdown]
# **Exercise 3.** Cut a third model out of the graph: from `image` to what `max_pooling2d` makes, named `first_half`.
# Call no layer for it; `encoder.get_layer("max_pooling2d").output` is the placeholder that you need. Your answer is the
# list `[encoder, first_half]`. When the check passes, mark all three models on the sketch.

# %% exercise-3
answer = None
exercises.check("04.3", answer)

# %% exercise-3-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# first_half = keras.Model(image, encoder.get_layer("max_pooling2d").output, name="first_half")
# exercises.check("04.3", [encoder, first_half])
# ```
#
# </details>
