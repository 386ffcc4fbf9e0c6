# %% title [markdown]
# # 09 · Take nodes out and use them again
#
# A trained network is more than its answer. Each layer in it has learned to see something, and you can take that out and
# use it elsewhere. You will read every layer of a network in one call, watch it look at photographs, paint one picture
# in the manner of another, and store what a network sees of thousands of pictures. Afterwards you can build on networks
# that others have trained.
#
# *About 25 minutes, after [05](05_models_are_layers.ipynb) and [07](07_a_small_residual_network.ipynb).*
# [한국어로 읽기](../ko/09_take_nodes_out_and_use_them_again.ipynb)

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

# %% vgg-note [markdown]
# ## A graph you can reach into
#
# VGG19 is a well-known network for photographs: five blocks of convolutions, then three `Dense` layers. Keras can build
# it for you. Its trained weights are a large download that you do not need yet: the graph is the same without them.
# (With a network connection, `keras.applications.VGG19(weights="imagenet")` takes them; it then wants photographs of
# 224 × 224 pixels.) The input is small here, 64 × 64 pixels instead of the usual 224 × 224, to save memory.

# %% vgg
import keras

keras.utils.set_random_seed(9)  # the same numbers on every run
vgg = keras.applications.VGG19(weights=None, input_shape=(64, 64, 3))
kfx.plot_model(vgg)

# %% vgg-explained [markdown]
# A functional model keeps its graph, and each placeholder on the way is still there: a graph is data, and you can ask
# it for any node. So any placeholder can be the output of another model. By hand, ask every layer for its output:

# %% by-hand
outputs = [layer.output for layer in vgg.layers]
by_hand = keras.Model(vgg.input, outputs)
len(by_hand.output)

# %% extractor-note [markdown]
# That works as long as no layer is shared and no model is nested in another; otherwise it misses some values or stops
# with an error. `kfx.feature_extractor` makes such a model of any model, by addresses. A star means all of them:

# %% extractor
everything = kfx.feature_extractor(vgg, "*")
len(vgg.layers), len(everything.output)

# %% shared-note [markdown]
# 26 layers, 26 outputs, both times. What you have is an ordinary Keras model, and nothing has been copied: the layers
# in it *are* the layers of `vgg`.

# %% shared
print(everything.get_layer("block1_conv1") is vgg.get_layer("block1_conv1"))

# %% extract-note [markdown]
# ## What an image becomes on its way
#
# When you want the values and not a model, one call is enough. Here is all that becomes of one photograph:

# %% extract
cat = kfx.datasets.photo("cat", size=64)
pixels = keras.applications.vgg19.preprocess_input(cat[None].astype("float32"))
kfx.extract(vgg, pixels)

# %% extract-explained [markdown]
# Read the column of shapes from top to bottom. Each pooling halves the height and the width, while the number of
# channels grows from 3 to 512: the network trades *where* for *what*. From `flatten` on there is no *where* left.
#
# ## A network that has learned to see
#
# With random weights these values mean nothing. `kfx` brings a smaller network with it that is really trained,
# SqueezeNet, and six photographs, so that you need no download. It has seen more than a million pictures of 1,000 kinds
# of things. What does it see here?

# %% trained
import numpy as np

names = kfx.datasets.PHOTO_NAMES
pictures = np.stack([kfx.datasets.photo(name, size=227) for name in names])
images = kfx.datasets.preprocess(pictures)
net = kfx.datasets.squeezenet()
answers = kfx.datasets.decode_predictions(net.predict(images, verbose=0), top=1)
for name, [(_, seen, probability)] in zip(names, answers, strict=True):
    print(f"{name:10} {seen:15} {probability:4.0%}")

# %% trained-explained [markdown]
# The cat and the coffee are found. Of galaxies, of the inside of an eye and of rockets it knows nothing; it can only
# answer with one of its 1,000 names, so it guesses, mostly with low percentages. The astronaut shows that it can also
# be sure and wrong.
#
# ## Look inside while it looks
#
# `kfx.inspect` shows the feature maps of any layer for a photograph. Tell it the pictures as they were, because the
# network gets them with the mean colour taken away, and the names of the 1,000 classes:

# %% inspect
classes = kfx.datasets.imagenet_names()
kfx.inspect(net, images, layer="conv1", example=1, images=pictures, class_names=classes)

# %% inspect-explained [markdown]
# Each small map is what one of 64 filters finds in the cat: edges that go up, edges that go across, patches of one
# colour. Bright means that the filter fits there. While the notebook is running, click on a map to enlarge it and point
# at it to read its values; go on to `fire4_concat` and `fire9_concat` and see how the maps become coarser and choosier.
#
# ## Graph, table and maps together
#
# `kfx.explore` puts the graph, the summary and the inspector side by side; a click in any of them selects in all. The
# last convolution, `conv10`, has a map for each of the 1,000 classes. Look at the strongest ones for the cup of coffee:

# %% explore
kfx.explore(net, images, layer="conv10", example=2, images=pictures, class_names=classes)

# %% explore-explained [markdown]
# The strongest map has the number 967. That is a class as well, and its map shows *where* in the photograph the network
# sees it:

# %% class-967
classes[967]

# %% style-note [markdown]
# ## Style is what goes together
#
# What makes two pictures look alike in their manner, whatever they show? One answer, found in 2015, became famous:
# **style** is which features occur *together*, no matter where. Take the maps of a layer, and for each pair of channels
# multiply the two maps place by place and take the mean. The table of all these means is the **Gram matrix**. The maps
# themselves stand for the **content**: what is where.
#
# Two functions are enough. `gram` makes the table, `apart` says how different two things are: 0 means equal, and near 1
# the difference is as large as the thing itself.


# %% gram
def gram(maps):
    values = keras.ops.reshape(maps, (-1, maps.shape[-1]))  # a row for each place, a column for each channel
    return keras.ops.matmul(keras.ops.transpose(values), values) / values.shape[0]


def apart(one, other):
    return keras.ops.sum((one - other) ** 2) / keras.ops.sum(other**2)


maps = kfx.extract(net, images, "fire3_concat")["fire3_concat"]
gram(maps[1]).shape

# %% predict [markdown]
# ## Predict first: a cat in the mirror
#
# 128 channels, so a table of 128 × 128. Below is the cat and the cat in a mirror. Which will change more: the content or
# the style? And roughly how much, on the scale from 0 to 1? Write your guess down.

# %% mirrored
from io import BytesIO

from IPython import display
from PIL import Image


def show(*pictures):
    stored = BytesIO()
    Image.fromarray(np.hstack(pictures)).save(stored, "JPEG", quality=90)
    return display.Image(stored.getvalue(), format="jpeg")


show(pictures[1], pictures[1][:, ::-1])

# %% mirrored-apart
mirrored = kfx.datasets.preprocess(pictures[1][:, ::-1])
maps_mirrored = kfx.extract(net, mirrored, "fire3_concat")["fire3_concat"]
print(f"content: {float(apart(maps_mirrored[0], maps[1])):.2f}")
print(f"style:   {float(apart(gram(maps_mirrored[0]), gram(maps[1]))):.2f}")

# %% mirrored-explained [markdown]
# For the content it is as if it were quite another picture, because every whisker has moved. The style hardly notices:
# fur is fur on either side.
#
# And between different photographs? Compare the coffee with the others:

# %% photographs-apart
coffee = maps[names.index("coffee")]
for name, other in zip(names, maps, strict=True):
    print(f"{name:10} {float(apart(gram(other), gram(coffee))):.1f}")

# %% transfer-note [markdown]
# ## Paint the cat like the coffee
#
# Now turn the question round. Do not ask how far apart two styles are; change a picture until they are close! That is
# **style transfer**. It needs a model that hands out the maps of several layers and lets gradients through. You know one:

# %% seer
small = kfx.datasets.squeezenet(input_shape=(160, 240, 3), include_top=False)
places = ["conv1", "fire2_concat", "fire3_concat", "fire5_concat"]
seer = kfx.feature_extractor(small, places)
content, style = (kfx.datasets.photo(name, size=(160, 240)) for name in ("cat", "coffee"))
content_maps = seer(kfx.datasets.preprocess(content))
style_maps = seer(kfx.datasets.preprocess(style))
{place: tuple(value.shape) for place, value in style_maps.items()}

# %% step-note [markdown]
# `include_top=False` leaves the classifier out; only the maps are needed. A step looks at the picture, measures how far
# its style is from the coffee and its content from the cat, and moves each *pixel* a little in the direction that makes
# both smaller. Two tools of TensorFlow do this. `GradientTape` keeps a record of the calculation, from which the
# gradients are worked out (the backpropagation that `fit` does for you), and `tf.function` turns the Python code of the
# step into a graph of TensorFlow's own, which makes it fast. The weights of the network stay as they are.

# %% step
import tensorflow as tf

picture = tf.Variable(kfx.datasets.preprocess(content))
optimizer = keras.optimizers.Adam(4.0)


@tf.function
def step():
    with tf.GradientTape() as tape:
        now = seer(picture)
        distance = sum(apart(gram(now[place]), gram(style_maps[place])) for place in places)
        loss = distance + 0.05 * apart(now["fire5_concat"], content_maps["fire5_concat"])
    optimizer.apply_gradients([(tape.gradient(loss, picture), picture)])
    return distance


picture.shape

# %% transfer-run-note [markdown]
# 50 steps take a few seconds. To see the result, the mean colour has to be put back; a black picture, prepared for the
# network, shows what is missing.

# %% transfer
distances = [float(step()) for _ in range(50)]
print("the style came ten times closer:", distances[-1] < distances[0] / 10)
black = kfx.datasets.preprocess(np.zeros((1, 1, 3)))
painted = np.clip(picture.numpy() - black, 0, 255)[0, ..., ::-1].astype("uint8")
show(content, style, painted)

# %% transfer-explained [markdown]
# A cat in the browns of the coffee, and no line above says what brown is, or where the cat ends. From a photograph the
# network takes little more than colours and grain; from a painting it would take the brush as well. Try another style:
# put `galaxies` or `retina` in the place of `coffee` and run the cells again from there.
#
# ## See once, use often
#
# To look at pictures costs time; what was seen can be kept. With `to=`, `kfx.extract` writes the values of a whole data
# set to a folder, batch by batch, so that they need not fit into memory. While it writes, a bar shows how far it is.
# Here are 3,000 little pieces, 32 × 32 pixels each, cut from the six photographs:

# %% stream
import tempfile
from pathlib import Path

(pieces, photographs), (new_pieces, new_photographs) = kfx.datasets.patches(3000, 600)
body = kfx.datasets.squeezenet(input_shape=(32, 32, 3), include_top=False)
folder = Path(tempfile.mkdtemp()) / "pieces"
stored = kfx.extract(body, kfx.datasets.preprocess(pieces), ["pool3", "pool5"], to=folder)
stored

# %% resume-note [markdown]
# Interrupt it, or let the power fail: the same line goes on where it stopped, and never mixes in other data or another
# model. When all is there, it computes nothing:

# %% resume
stored = kfx.extract(body, kfx.datasets.preprocess(pieces), ["pool3", "pool5"], to=folder)
len(stored["pool3"])

# %% files-note [markdown]
# What lies in the folder are plain NumPy files. Any program that reads these can use them, with or without `kfx`:

# %% files
files = sorted(folder.rglob("*.npy"))
pool3 = np.load(files[0], mmap_mode="r")  # stays on disk; only what you use is read
print(*(file.name for file in files))
pool3.shape, pool3.dtype

# %% similar-note [markdown]
# In another notebook, `kfx.load_features(folder)` finds them all again, also when they are many files.
#
# What are they good for? Take 600 new pieces, from parts of the photographs that you have not used, and ask of each: which
# stored piece is *seen* most alike? If the two come from the same photograph, count it as right.


# %% similar
def direction(values):
    mean = np.asarray(values).mean(axis=(1, 2))  # over the places: what, not where
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


new = kfx.extract(body, kfx.datasets.preprocess(new_pieces), "pool3", batch_size=200)["pool3"]
nearest = (direction(new) @ direction(kfx.load_features(folder)["pool3"]).T).argmax(axis=1)
print(f"right: {np.mean(photographs[nearest] == new_photographs):.1f}, by chance: {1 / 6:.1f}")

# %% transfer-learning-note [markdown]
# ## Train on what is seen
#
# Nothing has been trained so far. To use what a network has learned on one task for another one is **transfer
# learning**: keep its layers as they are, **frozen**, and train a new end on their features. The features are stored
# already, so only the new end, 128 × 6 weights and 6 biases, has to learn, and that takes a moment:

# %% transfer-learning
from keras import layers

keras.utils.set_random_seed(9)
seen, seen_new = direction(kfx.load_features(folder)["pool3"]), direction(new)
head = keras.Sequential([keras.Input(seen.shape[1:]), layers.Dense(6, activation="softmax")])
head.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
head.fit(seen, photographs, batch_size=64, epochs=20, verbose=0)
right = head.evaluate(seen_new, new_photographs, verbose=0)[1]
print(f"{head.count_params()} parameters; right: {right:.1f}, by chance: {1 / 6:.1f}")

# %% fine-tuning-note [markdown]
# When the new end has learned, one may go a step further: thaw some of the old layers and train on, with steps so short
# that what they know is bent and not broken. That is **fine-tuning**. It wants more data than there are here, and a
# tutorial of its own.
#
# One trap on the way. An extractor shares its layers with the network it was taken from, so to freeze the one is to
# freeze the other. And `net.trainable = True` does not undo it, because `net` believes that it has been so all along;
# thaw the layers one by one:


# %% frozen-with-it
def trainable(model):
    return f"{sum(weight.numpy().size for weight in model.trainable_weights):,}"


print("before:", trainable(net))
eye = kfx.feature_extractor(net, "fire9_concat")
eye.trainable = False
print("after freezing the extractor:", trainable(net))
net.trainable = True
print("after net.trainable = True:", trainable(net))
for layer in net.layers:
    layer.trainable = True
print("after thawing each layer:", trainable(net))

# %% recap [markdown]
# ## What you have now
#
# - `kfx.feature_extractor(model, layers)` is a Keras model that returns what is inside another one and shares its
#   layers.
# - `kfx.extract(model, data, layers)` gives the values themselves, all of them or those that you name.
# - `kfx.inspect` and `kfx.explore` let you look at them with the picture and the prediction beside.
# - Maps say what is where; a Gram matrix says what goes together. With gradients to the pixels, the one can be changed
#   and the other kept.
# - Transfer learning trains a new end on frozen features; fine-tuning then thaws some of the old layers and goes on
#   with small steps.
# - `kfx.extract(..., to=folder)` stores the values of a data set in plain files and goes on after an interruption.
#
# Keras's own words on this: [Transfer learning and fine-tuning](https://keras.io/guides/transfer_learning/). After the
# exercises, go on with [10 · Your own layers](10_your_own_layers.ipynb).

# %% exercise-note [markdown]
# ## Your turn
#
# Three short exercises. Put your answer in place of `None` and run the cell. Try as often as you like; a solution waits
# behind a click below each.

# %% exercise-1-note [markdown]
# **Exercise 1.** How many outputs does `kfx.feature_extractor(vgg, "block*_conv*")` have? Read it off the graph of `vgg`
# before you try it.

# %% exercise-1
from kfx import exercises

answer = None
exercises.check("09.1", answer)

# %% exercise-1-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("09.1", 2 + 2 + 4 + 4 + 4)
# ```
#
# </details>

# %% exercise-2-note [markdown]
# **Exercise 2.** Which of the other five photographs is nearest to `retina` in style, at `fire3_concat`? Your answer is
# its name, in quotation marks; change the cell that compares with the coffee.

# %% exercise-2
answer = None
exercises.check("09.2", answer)

# %% exercise-2-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# retina = gram(maps[names.index("retina")])
# others = [name for name in names if name != "retina"]
# nearest = min(others, key=lambda name: float(apart(gram(maps[names.index(name)]), retina)))
# exercises.check("09.2", nearest)
# ```
#
# </details>

# %% exercise-3-note [markdown]
# **Exercise 3.** Build on what others have trained: a model named `sorter` that takes photographs of 227 × 227 pixels,
# looks at them with `net` as far as `fire9_concat`, and ends in `layers.GlobalAveragePooling2D()` and a `Dense` layer
# with 3 units and `softmax`. Only the new layer is to learn: set `trainable = False` on the model that
# `kfx.feature_extractor` gives you. (Its layers *are* those of `net`, so they are frozen there as well; above you saw
# how to thaw them.)

# %% exercise-3
answer = None
exercises.check("09.3", answer)

# %% exercise-3-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# eye = kfx.feature_extractor(net, "fire9_concat")
# eye.trainable = False
# photograph = keras.Input((227, 227, 3))
# seen = layers.GlobalAveragePooling2D()(eye(photograph))
# exercises.check("09.3", keras.Model(photograph, layers.Dense(3, activation="softmax")(seen), name="sorter"))
# ```
#
# </details>
