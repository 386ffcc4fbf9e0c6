# %% title [markdown]
# # 01 · A graph of layers
#
# In a few lines you will build a neural network that could read handwritten digits, and you will *see* it: as a graph,
# as a summary and as a picture in a file. Afterwards you can name the parts of any such model, say what shape the
# numbers have on each arrow between them, and count its parameters by hand.
#
# *About 20 minutes. You need to know Python, but not Keras.* [한국어로 읽기](../ko/01_a_graph_of_layers.ipynb)

# %% setup-note [markdown]
# ## Get ready
#
# Run each cell as you come to it: click into it and press **Shift + Enter**. The first one prepares the notebook and
# prints nothing. On Colab, first upload the wheel of `kfx` with the file panel at the left (`pip wheel --no-deps .` in
# a copy of the repository makes one); the cell then installs it.

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

# %% input-note [markdown]
# ## An input says what will come
#
# A model begins with a description of its data. A digit in the MNIST collection is a picture of 28 × 28 pixels; lay its
# rows end to end and you have 784 numbers. That is all the model needs to know for now, so that is all you tell it.

# %% input
import keras
from keras import layers

inputs = keras.Input(shape=(784,), name="digits")
inputs.shape

# %% input-explained [markdown]
# You wrote 784, and the shape says `(None, 784)`. The axis in front counts the examples (the **samples**): a model
# never looks at one digit only, it works on a **batch** of them, and `None` means that the size of the batch is still
# open. Such a row of 784 numbers is called a **vector**, here one of 784 **dimensions**; numbers in any number of axes
# are a **tensor**.
#
# `inputs` holds no numbers at all. It is a placeholder that knows the shape of what will come, and the type of number:

# %% input-dtype
inputs.dtype

# %% image-note [markdown]
# Not all data are rows of numbers. A small colour photograph has a height, a width and three colour channels, and an
# input for it keeps these axes apart:

# %% image-input
image_inputs = keras.Input(shape=(32, 32, 3), name="image")
image_inputs.shape

# %% sketch-note [markdown]
# ## Watch the graph while you draw it
#
# There is no model yet, only an input. But you need not wait for a model to see something: a **sketch** shows whatever
# has been built on an input so far.

# %% sketch
sketch = kfx.sketch(inputs)
sketch

# %% layer-note [markdown]
# One box, and nothing leaves it. Keep an eye on it while you run the next cells: the sketch above grows with every
# layer you add, and marks what the last cell brought.
#
# ## A layer call draws an arrow
#
# Now make a layer. `Dense(64)` is 64 little calculators, called **units**. Each one reads everything that arrives,
# multiplies every number by a **weight** of its own, adds the products up and adds one more number, its **bias**.
# `relu`, the **activation function** of the layer, then replaces what is negative by zero.
#
# Making the layer does nothing yet. *Calling* it on `inputs` connects the two, as if you drew an arrow from one to the
# other:

# %% layer-call
dense = layers.Dense(64, activation="relu")
x = dense(inputs)
x.shape

# %% layer-explained [markdown]
# What comes back is a placeholder again, and its shape tells you what the layer did: the batch is still open, and from
# each example's 784 numbers the layer makes 64. And look at the sketch: there is your arrow, with the shape of what runs
# along it.
#
# The next two layers are made and called in one go, which is how you will mostly see it written. The last one has a
# unit for each digit from 0 to 9, and `softmax` turns their ten values into probabilities that add up to 1.

# %% two-more-layers
y = layers.Dense(64, activation="relu")(x)
outputs = layers.Dense(10, activation="softmax")(y)
outputs.shape

# %% grown-note [markdown]
# The drawing is complete. Here it is again:

# %% sketch-grown
sketch

# %% model-note [markdown]
# You can read your own variables in it: `outputs` stands at the open end. (The first sketch has grown as well, as long
# as this notebook runs; a saved notebook keeps it as it was in its cell.)
#
# ## A model is everything between two ends
#
# Every arrow is in place. To make them a model, name the two ends; Keras walks back from `outputs` to `inputs` and
# collects what lies on the way. What it collects is a **directed acyclic graph**, DAG for short: *directed*, because
# each arrow has a direction, and *acyclic*, because no way along the arrows comes back to where it began. When data
# come, they take the way of the arrows from the input to the output; that is the **forward pass**. Building a model in
# this way, by calling layers on placeholders, is the **functional API** of Keras.

# %% model
mnist_model = keras.Model(inputs, outputs, name="mnist_model")
len(mnist_model.layers)

# %% predict [markdown]
# Four layers: the input counts as one.
#
# ## Predict first: how many numbers can a layer learn?
#
# Weights and biases are the model's **parameters**, the numbers that training will change. Take pencil and paper before
# you go on. The first `Dense` layer has 64 units. How many parameters does it hold? Remember that each unit has a
# weight for every number that arrives, and one bias.
#
# Write your number down. Then look at the model, simply by making it the last line of a cell:

# %% model-shown
mnist_model

# %% model-explained [markdown]
# The row of `dense` says 50,240: 784 × 64 weights and 64 biases. Did you get 50,176? Then you forgot the biases, as
# almost everybody does once.
#
# The model shows itself because the first cell of this notebook said `%load_ext kfx`. You see the same layers twice: as
# a **graph**, where the data flow along the arrows, and as a **summary**, with one row for each layer. While the
# notebook is running, click on a layer in either of them: it is selected in both. Drag the graph to move it; hold
# **Ctrl** and turn the mouse wheel to come closer. A click on *Parameters* above the graph colours the layers by them.
#
# You gave only the model and its input a name, so Keras named the layers itself: `dense`, `dense_1`, `dense_2`. If you
# run a cell twice, its layers are made anew and the numbers go on counting. That does no harm.

# %% sequential-note [markdown]
# ## Beside it: Sequential
#
# You may know `keras.Sequential`. It takes layers in a list, one after the other, and for a stack like this one it says
# the same with fewer words. The layers, the shapes and the parameters are those of `mnist_model`:

# %% sequential
stack = keras.Sequential([keras.Input(shape=(784,), name="digits")], name="stack")
stack.add(layers.Dense(64, activation="relu"))
stack.add(layers.Dense(64, activation="relu"))
stack.add(layers.Dense(10, activation="softmax"))
print(stack.count_params() == mnist_model.count_params(), stack.output_shape == mnist_model.output_shape)

# %% sequential-explained [markdown]
# Everything these tutorials do with a functional model, training, saving, looking inside, works for a Sequential model
# as well. But a list has one beginning and one end. Where a model has several inputs or outputs, where a layer is
# shared, or where the arrows branch and meet again, a list cannot say it, and the functional API can. That is why this
# series is about it.

# %% summary-note [markdown]
# ## One row for each layer
#
# For the summary alone there is `kfx.summary`:

# %% summary
kfx.summary(mnist_model)

# %% summary-explained [markdown]
# The short bars compare the layers: about nine tenths of this model's parameters sit in its first layer, because that
# is where 784 numbers arrive. Beside the parameters you find what one example costs in calculations and in memory.
# Click on the head of a column to sort by it, and type part of a name to search; in a model of four rows that is a toy;
# with eight hundred you will need it.

# %% keras-summary-note [markdown]
# ### What Keras itself prints
#
# Keras has a summary of its own, and you will meet it in books and on the web:

# %% keras-summary
mnist_model.summary()

# %% text-note [markdown]
# The layers, shapes and counts are the same; for Keras 1 KB has 1,024 bytes, for `kfx` 1 kB has 1,000. `kfx.summary`
# takes the same arguments as Keras's method, so you can change one for the other in code that you have. What it returns
# is an object you can keep. Print it, and you get plain text for a terminal, a log or an e-mail:

# %% summary-text
view = kfx.summary(mnist_model)
print(view)

# %% plot-note [markdown]
# ## Draw the graph
#
# For the drawing alone there is `kfx.plot_model`, which takes the arguments of `keras.utils.plot_model`, though it
# starts from other values: it shows shapes, names and activations unless you say otherwise, and writes no file. First
# only the layers and the arrows between them:

# %% plot
kfx.plot_model(mnist_model, show_shapes=False)

# %% plot-shapes-note [markdown]
# Now with the shapes, as `kfx.plot_model` draws it if you say nothing else:

# %% plot-shapes
kfx.plot_model(mnist_model)

# %% plot-file-note [markdown]
# Picture and code are the same thing: each box is a layer you made, each arrow a call you wrote. Read it from the input
# onwards: 784 numbers go into `dense` and 64 come out. An arrow that carries the same shape as the one before it is
# left bare, and the batch axis, which is the same on every arrow, is left out. When something does not fit together in
# a model, this is the picture to look at first.
#
# To use the picture elsewhere, name a file. Its ending says what kind you get: `.svg` and `.pdf` stay sharp at any
# size, `.png` goes anywhere (Keras's own drawings are PNG files), `.dot` is a text from which Graphviz, a program for
# drawing graphs, can draw it anew. Nothing is written unless you ask for it.

# %% plot-file
from pathlib import Path

kfx.plot_model(mnist_model, to_file="mnist_model.svg")
Path("mnist_model.svg").exists()

# %% recap [markdown]
# ## What you have now
#
# - `keras.Input(shape=...)` describes one example; the batch axis `None` is added in front.
# - Calling a layer on a placeholder draws an arrow and gives you the next placeholder. `.shape` and `.dtype` tell what
#   it holds.
# - `keras.Model(inputs, outputs)` is the graph between two ends, a directed acyclic graph of layers.
#   With `%load_ext kfx` it shows itself.
# - `keras.Sequential` is enough for a stack of layers; the functional API also does several inputs and outputs, shared
#   layers and branches.
# - `kfx.summary` and `kfx.plot_model` show one side each, in the notebook, as text and as a file.
#
# Keras's own words on this: [The Functional API](https://keras.io/guides/functional_api/) and [The Sequential
# model](https://keras.io/guides/sequential_model/). After the exercises, go on with [02 · Train, evaluate,
# predict](02_train_evaluate_predict.ipynb).

# %% exercise-note [markdown]
# ## Your turn
#
# Three short exercises. Put your answer in place of `None` and run the cell: the check tells you whether it is right,
# and if not, what to look at. Try as often as you like; a solution waits behind a click below each.

# %% exercise-1-note [markdown]
# **Exercise 1.** Suppose the first `Dense` layer of `mnist_model` had 128 units instead of 64, and all else stayed the
# same. How many parameters would the whole model have? Work it out on paper, without building it.

# %% exercise-1
from kfx import exercises

answer = None
exercises.check("01.1", answer)

# %% exercise-1-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("01.1", (784 * 128 + 128) + (128 * 64 + 64) + (64 * 10 + 10))
# ```
#
# </details>

# %% exercise-2-note [markdown]
# **Exercise 2.** Build a model called `image_model` that takes a colour photograph, as `image_inputs` above describes
# it, and returns ten probabilities. A `Dense` layer needs its numbers in a row: `layers.Flatten()` lays them out.

# %% exercise-2
answer = None
exercises.check("01.2", answer)

# %% exercise-2-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# image = keras.Input(shape=(32, 32, 3))
# row = layers.Flatten()(image)
# image_model = keras.Model(image, layers.Dense(10, activation="softmax")(row), name="image_model")
# exercises.check("01.2", image_model)
# ```
#
# </details>

# %% exercise-3-note [markdown]
# **Exercise 3.** A graph can branch. Build a model with one input of 784 numbers and one hidden `Dense` layer of 64
# units, and let *two* layers read what it gives: one with ten units and `softmax`, which digit it is, and one with a
# single unit and `sigmoid`, whether it is even. When the check passes, draw your model with `kfx.plot_model`.

# %% exercise-3
answer = None
exercises.check("01.3", answer)

# %% exercise-3-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# picture = keras.Input(shape=(784,))
# hidden = layers.Dense(64, activation="relu")(picture)
# which = layers.Dense(10, activation="softmax")(hidden)
# is_even = layers.Dense(1, activation="sigmoid")(hidden)
# exercises.check("01.3", keras.Model(picture, [which, is_even]))
# ```
#
# </details>
