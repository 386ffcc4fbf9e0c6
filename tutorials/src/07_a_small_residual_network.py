# %% title [markdown]
# # 07 · A small residual network
#
# Pile up many layers, and a network learns less and less, until it learns nothing at all. A **skip connection**, a way
# around some of the layers, mends that. You will build a small network with two of them, see them in its graph, measure
# what goes forward and what comes back through networks with and without skips, and watch every layer while one of them
# learns from photographs. Afterwards you know what skips do, and what is known about why.
#
# *About 25 minutes, after [01](01_a_graph_of_layers.ipynb) and [06](06_several_inputs_and_outputs.ipynb).*
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
kfx.language("en")
# %load_ext kfx

# %% images-note [markdown]
# ## Small colour images
#
# Networks like this one are often tried on CIFAR-10, 60,000 images of 32 × 32 pixels in ten classes. To work without a
# network connection, you take images of the same size that come with `kfx`: pieces cut from six photographs. The task
# is to say which photograph a piece was cut from. (With a network connection, `kfx.datasets.cifar10()` downloads the
# real thing, in the same form.)

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
# convolutions need not make a better image out of the old one; it is enough if they find what should be *added* to it,
# the **residual**. Only things of the same shape can be added: that is why `padding="same"` keeps height and width, and
# why both convolutions have as many channels, as many filters, as arrive.


# %% block
def look(channels, name, start, **options):
    return layers.Conv2D(channels, 3, activation="relu", kernel_initializer=start, name=name, **options)


def block(x, name, skip=True, start="glorot_uniform"):
    channels = x.shape[-1]
    y = look(channels, f"{name}_conv_1", start, padding="same")(x)
    y = look(channels, f"{name}_conv_2", start, padding="same")(y)
    return layers.add([x, y], name=f"{name}_add") if skip else y


block(keras.Input((9, 9, 64)), "try").shape

# %% front-note [markdown]
# ## The network
#
# Before the blocks, two convolutions and a pooling make 9 × 9 places with 64 channels, 64 feature maps, out of an
# image:


# %% front
def front(image, width=64, start="glorot_uniform"):
    x = look(32, "conv_1", start)(image)
    return layers.MaxPooling2D(3, name="pool")(look(width, "conv_2", start)(x))


front(keras.Input((32, 32, 3))).shape

# %% network-note [markdown]
# After them come one more convolution, the mean over all places and two dense layers. `Dropout` switches off half of
# the numbers at random, in training only, so that none of them becomes indispensable: that is regularization, against
# overfitting. You will need this network in several variants, so a function makes it. In the drawing, look for the two
# orange arrows that lead around a block:


# %% network
def network(blocks=2, skip=True, start="glorot_uniform", width=64, name="toy_resnet"):
    keras.utils.set_random_seed(7)  # the same weights on every run
    image = keras.Input((32, 32, 3), name="image")
    x = front(image, width, start)
    for n in range(1, blocks + 1):
        x = block(x, f"block_{n}", skip, start)
    x = layers.GlobalAveragePooling2D(name="mean")(look(width, "conv_3", start)(x))
    x = layers.Dropout(0.5, name="dropout")(layers.Dense(256, activation="relu", name="dense")(x))
    return keras.Model(image, layers.Dense(10, activation="softmax", name="which")(x), name=name)


toy_resnet = network()
kfx.plot_model(toy_resnet)

# %% plot-explained [markdown]
# Into `block_1_add` and `block_2_add` lead two arrows each: one from the second convolution of the block, one straight
# from what went into the block. From `pool` to `conv_3` there is a path through no convolution.
#
# What does that cost? Compare the parameters with those of the same network without skips:

# %% parameters
plain = network(skip=False, name="plain")
toy_resnet.count_params(), plain.count_params()

# %% predict [markdown]
# Nothing. An addition has nothing to learn. And because both networks were made from the same seed, they begin with the
# same weights: whatever is different between them, the skips have done it.
#
# ## Predict first: what comes out of ten blocks?
#
# Two blocks are a small network. Take ten, with 32 channels instead of 64 so that you need not wait, and look first at
# the **forward pass**, at the values that come out of a block. How far they spread is their standard deviation.
#
# Keras draws the first weights at random, from `glorot_uniform` unless you say otherwise. These are made so that a
# layer hands on as much spread as it gets. But then comes `relu` and cuts off all that is negative, so of each
# convolution's spread about 0.7 is left, and of a block's, which has two, about half. What is left behind ten blocks,
# compared with the first: a tenth, a hundredth, or less than a five-hundredth? And with skips? Write both down.

# %% ten
deep = {
    "with skips": network(10, width=32),
    "plain": network(10, skip=False, width=32),
    "he_normal": network(10, skip=False, start="he_normal", width=32),
}
print("spread after block   1      4      7      10")
for name, model in deep.items():
    end = "add" if name == "with skips" else "conv_2"
    found = kfx.statistics(model, x_train[:64], [f"block_{n}_{end}" for n in (1, 4, 7, 10)])
    print(f"{name:18}", *(f"{one.std:<6.1g}" for one in found.values()))

# %% ten-explained [markdown]
# Less than a five-hundredth. Behind the last plain block all numbers are nearly 0, for every image alike: nothing is
# left to tell one photograph from another. With skips the values even grow, because each block adds to what passes by.
#
# The third line is a plain network, too, but its first weights were drawn from `he_normal`, which makes them larger by
# just what `relu` takes away. What comes out of its last block is as large as what comes out of its first, give or take
# a factor of three. So the collapse was not the depth alone: it was depth together with this way to begin.
#
# ## What comes back
#
# Training then asks, from the end of the network to its beginning: how would the loss change if these values were a
# little larger? The answer is the **gradient**, as many numbers as there are values, and finding it layer by layer is
# **backpropagation**. `kfx.gradients` returns it at any address; here at both ends of an addition:

# %% gradient
at = ["block_2_conv_2", "block_2_add"]
found = kfx.gradients(toy_resnet, x_train[:64], at, loss="categorical_crossentropy", labels=y_train[:64])
np.allclose(found["block_2_conv_2"], found["block_2_add"])

# %% gradient-explained [markdown]
# `True`: if a sum should be larger, so should each of its parts, by just as much. An addition hands the gradient on,
# undiminished, to both sides: to the convolution and past it.
#
# Without a skip, everything has to go through the convolutions. The **norm** of a gradient, the root of the sum of the
# squares, is one number for all:


# %% norms
def norms(model, addresses):
    found = kfx.gradients(model, x_train[:64], addresses, loss="categorical_crossentropy", labels=y_train[:64])
    return [float(np.linalg.norm(value)) for value in found.values()]


places = ["pool", *(f"block_{n}_conv_2" for n in (4, 7, 10))]
print("gradient at       ", *(f"{place:<16}" for place in places))
for name, model in deep.items():
    print(f"{name:18}", *(f"{norm:<16.1g}" for norm in norms(model, places)))

# %% norms-explained [markdown]
# Read each line from right to left, from the end of the network to its front. In the plain network the gradient becomes
# a thousand times smaller on the way: that is the **vanishing gradient**. With skips it grows, as each block adds its
# share. And with `he_normal` less than two thirds of it are lost over ten blocks.
#
# ## What changes a layer
#
# So far these were gradients of *values*. Training changes *weights*, and their gradients are something else: that of a
# kernel is made of what comes back to the layer **times** what came into it. Look at both kinds of weights, kernels and
# biases, at three depths:

# %% weights
import tensorflow as tf


def weight_norms(model, layer):
    weights = model.get_layer(layer).trainable_weights  # the kernel, then the bias
    with tf.GradientTape() as tape:
        answers = model(x_train[:64])
        loss = keras.ops.mean(keras.losses.categorical_crossentropy(y_train[:64], answers))
    return [float(np.linalg.norm(gradient)) for gradient in tape.gradient(loss, [w.value for w in weights])]


print("toy_resnet, block_1_conv_1:", *(f"{norm:.0e}" for norm in weight_norms(toy_resnet, "block_1_conv_1")))

# %% weights-shown
print("kernel, bias at    block_1           block_5           block_10")
for name, model in deep.items():
    pairs = [weight_norms(model, f"block_{n}_conv_1") for n in (1, 5, 10)]
    print(f"{name:18}", *(f"{kernel:<8.0e} {bias:<8.0e}" for kernel, bias in pairs))

# %% weights-explained [markdown]
# In the plain network the kernels' gradients are tiny *everywhere*, in the last block as in the first. In front the
# values are there and the gradient is missing; at the end the gradient is there and the values are missing; and the
# product of the two is nothing in both places. Only the biases, which are multiplied by no value, tell the end from the
# front. So it is not that training cannot reach the first layers: nothing comes forward either, and no kernel of the
# network is told anything.
#
# With `he_normal` the kernels' gradients are a thousand times larger than that, and about equal at all depths. If
# vanishing were the whole trouble, this network should learn.
#
# ## Does it?
#
# Three epochs for each of the three. (This takes a while; the pieces of six photographs are guessed right one time in
# six.)

# %% learned
for name, model in deep.items():
    keras.utils.set_random_seed(7)
    model.compile(keras.optimizers.RMSprop(1e-3), "categorical_crossentropy", metrics=["accuracy"])
    found = model.fit(x_train, y_train, batch_size=32, epochs=3, validation_data=(x_test, y_test), verbose=0)
    best = max(found.history["val_accuracy"])
    print(f"{name:10} right in more than a quarter of new pieces: {best > 0.25}")

# %% known [markdown]
# Only the network with skips has learned. The plain one with `he_normal` has values and gradients of a healthy size and
# still does no better than a guess.
#
# What is known, then?
#
# - A bad start can make values and gradients vanish, and a network in this state does not learn. Initialization made
#   for the activation, as `he_normal` for `relu`, prevents it, and so does normalization.
# - That is not all. The paper that made skips famous, *Deep Residual Learning for Image Recognition* by He and others
#   (2015), compared plain and residual networks whose signals did not vanish, and the deeper plain ones still had the
#   larger error, in *training*. Its authors wrote that vanishing gradients were unlikely to be the reason, and left the
#   reason open.
# - A block with a skip has an easy way out: with small weights it hands on its input, so a deeper network begins as
#   something near a shallow one. Others have found that skips make the loss a smoother function of the weights. Both
#   fit what you saw; neither is a proof.
#
# ## Watch it learn
#
# Now train the network of two blocks. Two things are new here. `kfx.callbacks.LayerMonitor(every=5)` looks into every
# layer at each fifth step, and `kfx.callbacks.LiveGraph()` colours the graph by what it finds: choose *Gradient norm*,
# *Update ÷ weight*, *Zeros* or *Dead units* above the drawing and watch.

# %% train tags=["nbval-ignore-output"]
# Not compared: training like this amplifies differences in the last digit, which each processor makes in its own way.
toy_resnet.compile(optimizer=keras.optimizers.RMSprop(1e-3), loss="categorical_crossentropy", metrics=["accuracy"])
watchers = [kfx.callbacks.LiveGraph(), kfx.callbacks.LayerMonitor(every=5)]
test = (x_test, y_test)
history = kfx.fit(toy_resnet, x_train, y_train, batch_size=32, epochs=4, validation_data=test, callbacks=watchers)

# %% train-explained [markdown]
# Below the graph stands the view of the run: besides the curves a row for each layer that has weights. Its strip shows
# how the gradient's norm changed from the first look to the last; *Update ÷ weight* says how far one step moves a layer
# compared with how large it is. As a rule of thumb, a thousandth is healthy; a layer far below it hardly learns, one
# far above it jumps about. In the graph, *Zeros* is the share of values that are 0: `relu` makes many, and that is no
# harm. *Dead units* are 0 for every image and place of a batch.
#
# A guess is right one time in six. How does the network do on pieces from parts of the photographs that it was not
# trained on?

# %% better
print("more than twice as often right as a guess:", max(history.history["val_accuracy"]) > 2 / 6)

# %% recap [markdown]
# ## What you have now
#
# - `layers.add([x, y])` makes a skip connection. It needs equal shapes and costs no parameters, and it hands its
#   gradient on to both sides undiminished.
# - Depth with a start that does not fit the activation makes values vanish forward and gradients vanish backward;
#   `he_normal` mends both, and yet the plain deep network did not learn.
# - What changes a layer is the gradient of its weights: what comes back times what came in. Look at both.
# - `kfx.gradients(model, data, addresses, loss=..., labels=...)` gives the gradient at any address, `kfx.statistics`
#   what flows forward.
# - `kfx.callbacks.LiveGraph()` and `kfx.callbacks.LayerMonitor()` show the same while a network is trained.
#
# Keras's own words on this: [The Functional API](https://keras.io/guides/functional_api/), the toy ResNet. After the
# exercises, go on with [08 · Shared layers](08_shared_layers.ipynb).

# %% exercise-note [markdown]
# ## Your turn
#
# Three short exercises. Put your answer in place of `None` and run the cell. Try as often as you like; a solution waits
# behind a click below each.

# %% exercise-1-note [markdown]
# **Exercise 1.** How many parameters does one block of `toy_resnet` have, with its skip? Work it out on paper: a
# convolution has 3 × 3 weights for each pair of a channel that comes in and one that goes out, and a bias for each that
# goes out.

# %% exercise-1
from kfx import exercises

answer_1 = None
exercises.check("07.1", answer_1)

# %% exercise-1-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("07.1", 2 * (3 * 3 * 64 * 64 + 64))
# ```
#
# </details>

# %% exercise-2-note [markdown]
# **Exercise 2.** Take out of `toy_resnet`, with *one* call of `kfx.extract`, the two values that `block_2_add` adds, for the
# first eight test images. Your answer is what the call returns.

# %% exercise-2
answer_2 = None
exercises.check("07.2", answer_2)

# %% exercise-2-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("07.2", kfx.extract(toy_resnet, x_test[:8], ["block_1_add", "block_2_conv_2"]))
# ```
#
# </details>

# %% exercise-3-note [markdown]
# **Exercise 3.** Sometimes a block should make more channels: two convolutions with 128 channels read 64. What came in
# cannot be added to that. The solution is a 1 × 1 convolution with 128 channels in the skip. Build this block as a
# model from `keras.Input((9, 9, 64))` to its addition, and name it `wider`.

# %% exercise-3
answer_3 = None
exercises.check("07.3", answer_3)

# %% exercise-3-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# x = keras.Input((9, 9, 64))
# y = layers.Conv2D(128, 3, padding="same", activation="relu")(x)
# y = layers.Conv2D(128, 3, padding="same", activation="relu")(y)
# exercises.check("07.3", keras.Model(x, layers.add([layers.Conv2D(128, 1)(x), y]), name="wider"))
# ```
#
# </details>
