# %% title [markdown]
# # 07 · A small residual network
#
# Pile up many layers, and those next to the input stop learning: what training has to tell them does not get through. A
# **skip connection** lets it pass. You will build a small network with two of them, see them in its graph, measure what they
# do to the gradients, and watch every layer while the network learns from photographs.
#
# *About 20 minutes, after [01](01_a_graph_of_layers.ipynb) and [06](06_several_inputs_and_outputs.ipynb).*
# [한국어로 읽기](../ko/07_a_small_residual_network.ipynb)

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
# %load_ext kfx

# %% images-note [markdown]
# ## Small colour images
#
# Networks like this one are often tried on CIFAR-10, 60,000 images of 32 × 32 pixels in ten classes. To work without a
# network connection, you take images of the same size that come with `kfx`: pieces cut from six photographs. The task is to
# say which photograph a piece was cut from. (`kfx.datasets.cifar10()` would download the real thing, in the same form.)

# %% images
import keras
import numpy as np
from keras import layers
from PIL import Image

(x_train, y_train), (x_test, y_test) = kfx.datasets.patches(960, 240)
print(x_train.shape, x_train.dtype, y_train.shape)
Image.fromarray(np.hstack(x_train[:8])).resize((8 * 96, 96))

# %% scale-note [markdown]
# Bytes from 0 to 255 become numbers from 0 to 1, and each label a row of ten numbers with a 1 in its place. There are six
# photographs; the last four of the ten places, which CIFAR-10 would need, stay empty.

# %% scale
x_train, x_test = x_train.astype("float32") / 255, x_test.astype("float32") / 255
y_train, y_test = keras.utils.to_categorical(y_train, 10), keras.utils.to_categorical(y_test, 10)
y_train[0]

# %% block-note [markdown]
# ## A block, and a way around it
#
# Two convolutions make a block. With a skip, what went into the block is added to what comes out of it. So the two
# convolutions need not make a better image out of the old one; it is enough if they find what should be *added* to it, the
# **residual**. Only things of the same shape can be added: that is why `padding="same"` keeps height and width, and why both
# convolutions have as many channels as arrive, 64.


# %% block
def block(x, name, skip=True):
    y = layers.Conv2D(64, 3, padding="same", activation="relu", name=f"{name}_conv_1")(x)
    y = layers.Conv2D(64, 3, padding="same", activation="relu", name=f"{name}_conv_2")(y)
    return layers.add([x, y], name=f"{name}_add") if skip else y


block(keras.Input((9, 9, 64)), "try").shape

# %% front-note [markdown]
# ## The network
#
# In front of the blocks, two convolutions and a pooling make 9 × 9 places with 64 channels out of an image:


# %% front
def front(image):
    x = layers.Conv2D(32, 3, activation="relu", name="conv_1")(image)
    x = layers.Conv2D(64, 3, activation="relu", name="conv_2")(x)
    return layers.MaxPooling2D(3, name="pool")(x)


front(keras.Input((32, 32, 3))).shape

# %% network-note [markdown]
# Behind them come one more convolution, the mean over all places and two dense layers. `Dropout` switches off half of the
# numbers at random, in training only, so that none of them becomes indispensable. You will need this network in several
# variants, so a function makes it. In the drawing, look for the two orange arrows that lead around a block:


# %% network
def network(blocks=2, skip=True, name="toy_resnet"):
    keras.utils.set_random_seed(7)  # the same weights on every run
    image = keras.Input((32, 32, 3), name="image")
    x = front(image)
    for n in range(1, blocks + 1):
        x = block(x, f"block_{n}", skip)
    x = layers.GlobalAveragePooling2D(name="mean")(layers.Conv2D(64, 3, activation="relu", name="conv_3")(x))
    x = layers.Dropout(0.5, name="dropout")(layers.Dense(256, activation="relu", name="dense")(x))
    return keras.Model(image, layers.Dense(10, activation="softmax", name="which")(x), name=name)


toy_resnet = network()
kfx.plot_model(toy_resnet)

# %% plot-explained [markdown]
# Into `block_1_add` and `block_2_add` lead two arrows each: one from the second convolution of the block, one straight from
# what went into the block. From `pool` to `conv_3` there is a way that meets no convolution at all.
#
# What does that cost? Compare the parameters with those of the same network without skips:

# %% parameters
plain = network(skip=False, name="plain")
toy_resnet.count_params(), plain.count_params()

# %% gradient-note [markdown]
# Nothing. An addition has nothing to learn. And because both networks were made from the same seed, they begin with the same
# weights: whatever is different between them, the skips have done it.
#
# ## What a layer is told
#
# Training asks at every layer: how would the loss change if these values were a little larger? The answer is the **gradient**,
# as many numbers as there are values. A layer that hears large numbers changes its weights, one that hears almost nothing
# stays as it is. `kfx.gradients` tells you what is heard at any address; here at both ends of an addition:

# %% gradient
at = ["block_2_conv_2", "block_2_add"]
heard = kfx.gradients(toy_resnet, x_train[:64], at, loss="categorical_crossentropy", labels=y_train[:64])
np.allclose(heard["block_2_conv_2"], heard["block_2_add"])

# %% gradient-explained [markdown]
# `True`: if a sum should be larger, so should each of its parts, by just as much. An addition hands on what it hears,
# undiminished, to both sides: to the convolution and past it. So the layers in front of a block hear the end of the network
# directly, and the convolutions of the block besides.
#
# Without a skip, everything has to go through the convolutions. How loud is it in front of the two blocks? The **norm** of a
# gradient, the root of the sum of the squares, is one number for all:


# %% loudness
def loudness(model, addresses):
    found = kfx.gradients(model, x_train[:64], addresses, loss="categorical_crossentropy", labels=y_train[:64])
    return {address: float(f"{np.linalg.norm(found[address]):.2g}") for address in addresses}


print("with skips:   ", loudness(toy_resnet, ["pool", "conv_3"]))
print("without skips:", loudness(plain, ["pool", "conv_3"]))

# %% predict [markdown]
# At `conv_3`, behind the blocks, both hear about the same. At `pool`, in front of them, the network without skips hears about a
# fifth of what the other hears.
#
# ## Predict first: what is left after ten blocks?
#
# Two blocks are a small network. Take ten. Each block without a skip lets through somewhat less than half of the gradient.
# How much of it arrives in front of the first of ten: a tenth, a hundredth, or less than a thousandth? And with skips?
# Write both down.

# %% ten
places = ["pool", *(f"block_{n}_conv_2" for n in (2, 4, 6, 8, 10))]
with_skips = loudness(network(10, name="deep_resnet"), places)
without = loudness(network(10, skip=False, name="deep_plain"), places)
print("place            with skips  without")
for place in places:
    print(f"{place:15}  {with_skips[place]:<10}  {without[place]}")

# %% ten-explained [markdown]
# Less than a thousandth. Read the last column upwards, from the end of the network to its front: with each pair of blocks the
# number is divided by four to six, and five such steps make a factor of more than 2,000. With skips it does not shrink at all.
# It even grows towards the front, because each block adds what it hears to what passes by.
#
# The values on the way forward tell the same story. Here is how far they spread (their standard deviation) behind the first
# and the last block:

# %% forward
for skip in (True, False):
    model, end = network(10, skip), "add" if skip else "conv_2"
    found = kfx.statistics(model, x_train[:64], [f"block_1_{end}", f"block_10_{end}"])
    print(f"skip={skip}:", *(f"{one.std:.1g}" for one in found.values()))

# %% forward-explained [markdown]
# Without skips, the last block gives numbers that are nearly 0 everywhere, for every image alike: nothing is left to tell one
# photograph from another.
#
# ## Watch it learn
#
# Now train the network of two blocks. Two things are new here. `kfx.callbacks.LayerMonitor(every=5)` looks into every layer
# at each fifth step, and `kfx.callbacks.LiveGraph()` colours the graph by what it finds: choose *Gradient norm*,
# *Update ÷ weight*, *Zeros* or *Dead units* above the drawing and watch. (In the saved notebook, the drawing is plain.)

# %% train tags=["nbval-ignore-output"]
# Not compared: such a training multiplies differences in the last digit, which each processor makes in its own way.
toy_resnet.compile(optimizer=keras.optimizers.RMSprop(1e-3), loss="categorical_crossentropy", metrics=["accuracy"])
watchers = [kfx.callbacks.LiveGraph(), kfx.callbacks.LayerMonitor(every=5)]
test = (x_test, y_test)
history = kfx.fit(toy_resnet, x_train, y_train, batch_size=32, epochs=4, validation_data=test, callbacks=watchers)

# %% train-explained [markdown]
# Below the graph stands the view of the run: besides the curves a row for each layer that has weights. Its strip shows how the
# gradient's norm changed from the first look to the last; *Update ÷ weight* says how far one step moves a layer compared with
# how large it is. As a rule of thumb, a thousandth is healthy; a layer far below it hardly learns, one far above it jumps
# about.
# In the graph, *Zeros* is the share of values that are 0: `relu` makes many, and that is no harm. *Dead units* are 0 for
# every image and place of a batch.
#
# Of six photographs, a guess finds the right one in a sixth of all cases. How does the network do on pieces from parts of the
# photographs that it was not trained on?

# %% better
print("more than twice as often right as a guess:", max(history.history["val_accuracy"]) > 2 / 6)

# %% heard-note [markdown]
# And is it still heard in front of the blocks, after everything has moved?

# %% heard
heard = loudness(toy_resnet, ["pool", "conv_3"])
print("at pool more is heard than at conv_3:", heard["pool"] > heard["conv_3"])

# %% recap [markdown]
# ## What you have now
#
# - `layers.add([x, y])` makes a skip connection. It needs equal shapes and costs no parameters.
# - An addition hands its gradient on to both sides undiminished; without skips, each block takes more than half away.
# - `kfx.gradients(model, data, addresses, loss=..., labels=...)` says what each layer hears, `kfx.statistics` what flows
#   forward.
# - `kfx.callbacks.LiveGraph()` and `kfx.callbacks.LayerMonitor()` show the same while a network is trained.
#
# After the exercises, go on with [08 · Shared layers](08_shared_layers.ipynb).

# %% exercise-note [markdown]
# ## Your turn
#
# Three short exercises. Put your answer in place of `None` and run the cell. Try as often as you like.

# %% exercise-1-note [markdown]
# **Exercise 1.** How many parameters does one block of `toy_resnet` have, with its skip? Work it out on paper: a convolution
# has a pattern of 3 × 3 for each pair of a channel that comes in and one that goes out, and a bias for each that goes out.

# %% exercise-1
from kfx import exercises

answer_1 = None
exercises.check("07.1", answer_1)

# %% exercise-2-note [markdown]
# **Exercise 2.** Take out of `toy_resnet`, with *one* call of `kfx.extract`, the two values that `block_2_add` adds, for the
# first eight test images. Your answer is what the call returns.

# %% exercise-2
answer_2 = None
exercises.check("07.2", answer_2)

# %% exercise-3-note [markdown]
# **Exercise 3.** Sometimes a block should make more channels: two convolutions with 128 channels read 64. What came in
# cannot be added to that. The way out is a convolution of 1 × 1 with 128 channels in the skip. Build this block as a model from
# `keras.Input((9, 9, 64))` to its addition, and name it `wider`.

# %% exercise-3
answer_3 = None
exercises.check("07.3", answer_3)
