# %% title [markdown]
# # 03 · Save and restore
#
# A trained model is worth something only if it outlives the notebook. You will put one into a single file, throw it away,
# bring it back, and *prove* that nothing is missing: not its answers, and not its training, which goes on where it
# stopped. Afterwards you know what is in such a file, how to look into one whose code is lost, and which traps to avoid.
#
# *About 20 minutes, after [02](02_train_evaluate_predict.ipynb).* [한국어로 읽기](../ko/03_save_and_restore.ipynb)

# %% setup-note [markdown]
# ## Get ready
#
# The first cell prepares the notebook and prints nothing; on Colab, upload the wheel of `kfx` first. Then come the digits
# of tutorial 02, 5,000 to learn from and 1,000 to be tested with, and its model. The layers have names of their own here,
# and the optimizer is Adam; you will see why both are good for this tutorial.

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
import numpy as np
from keras import layers

(train_images, train_labels), (test_images, test_labels) = kfx.datasets.digits()
x_train = train_images.reshape(-1, 784).astype("float32") / 255
x_test = test_images.reshape(-1, 784).astype("float32") / 255
x_train.shape, x_test.shape


# %% model
def new_model():
    inputs = keras.Input(shape=(784,), name="digits")
    x = layers.Dense(64, activation="relu", name="hidden_1")(inputs)
    x = layers.Dense(64, activation="relu", name="hidden_2")(x)
    outputs = layers.Dense(10, activation="softmax", name="digit")(x)
    return keras.Model(inputs, outputs, name="mnist_model")


keras.utils.set_random_seed(3)
mnist_model = new_model()
mnist_model.count_params()

# %% compile-note [markdown]
# Compile it and train it for one epoch. Two small functions do this, because you will need them again; the seed in
# `train_more` shuffles the digits in the same way each time, so that two trainings can be compared.


# %% compile
def prepare(model):
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(),
        optimizer=keras.optimizers.Adam(learning_rate=0.002),
        metrics=["accuracy"],
    )


def train_more(model):
    keras.utils.set_random_seed(4)
    model.fit(x_train, train_labels, batch_size=64, epochs=1, verbose=0)


prepare(mnist_model)
train_more(mnist_model)
print("more than 8 in 10 right:", mnist_model.evaluate(x_test, test_labels, verbose=0)[1] > 0.8)

# %% predict-first [markdown]
# ## Predict first: how large will the file be?
#
# One call writes all of the model into one file. Turning a thing in memory into bytes that can be kept is called
# **serialization**. It has 55,050 parameters, and a number of the type `float32` takes 4 bytes: that makes 220 kB. How
# large will the file be? As large as that, a little larger, twice as large? Write your guess down.

# %% save
from pathlib import Path

mnist_model.save("digits.keras")
size = Path("digits.keras").stat().st_size
print(f"{size / (4 * mnist_model.count_params()):.0f} times the parameters")

# %% size-explained [markdown]
# Three times! So there must be more in it than the weights. For each weight the optimizer remembers things of its own. Which
# way and how strongly the loss pulls at a weight is called its **gradient**; Adam keeps two running means, of the gradient
# and of its square, to decide how long the next step should be. That is the **state of the optimizer**, and a model that is
# to go on learning needs it.
#
# ## What is in the file
#
# A `.keras` file is a zip archive, so Python can look into it:

# %% look-inside
import json
import zipfile

with zipfile.ZipFile("digits.keras") as file:
    print(*sorted(file.namelist()))
    config = json.loads(file.read("config.json"))
print([layer["config"]["name"] for layer in config["config"]["layers"]])
print(config["compile_config"]["optimizer"]["class_name"], config["compile_config"]["metrics"])

# %% inside-explained [markdown]
# - `config.json` holds the **architecture**, every layer with its settings and what it is connected to, and the
#   **compile settings**: loss, optimizer with its learning rate, metrics.
# - `model.weights.h5` holds the **weights** and the **state of the optimizer**.
# - `metadata.json` says which Keras wrote the file, and when.
#
# ## Throw it away, bring it back
#
# Keep a record of how things stand: the answers to the 1,000 test digits, and a **snapshot**, which remembers structure and
# weights of a model at one moment. Then train the model for one more epoch and take a second snapshot. That is where it
# gets without any interruption; you will need it in a moment. And then delete the model.

# %% delete
answers = keras.models.load_model("digits.keras").predict(x_test, verbose=0)
at_save = kfx.snapshot(mnist_model)
print("the file answers as the model:", np.array_equal(answers, mnist_model.predict(x_test, verbose=0)))

train_more(mnist_model)
never_stopped = kfx.snapshot(mnist_model)
del mnist_model
print("still there:", "mnist_model" in globals())

# %% load-note [markdown]
# Gone. Now load the file. You need not say what kind of model it holds, nor compile it:

# %% load
loaded = keras.models.load_model("digits.keras")
print("same answers:", np.array_equal(answers, loaded.predict(x_test, verbose=0)))
print("compiled:", loaded.compiled)
print("steps of the optimizer:", int(loaded.optimizer.iterations))

# %% diff-note [markdown]
# The same answers, to the last digit. But answers are a sample; do all the parts agree? `kfx.diff` compares two models,
# files or snapshots, layer by layer and weight by weight:

# %% diff
kfx.diff(at_save, loaded)

# %% resume-note [markdown]
# No difference found. The optimizer has counted 79 steps, one epoch of 5,000 digits in batches of 64, so it knows where
# it is.
#
# ## Training goes on where it stopped
#
# Now the real test. Train the loaded model for one more epoch and compare it with the snapshot of the model that was
# never interrupted:

# %% resume
train_more(loaded)
kfx.diff(never_stopped, loaded)

# %% weights-note [markdown]
# Not one weight differs. Saved, deleted and loaded in between, and it made no difference at all.
#
# Would the weights alone have done? `save_weights` writes only numbers, into a file that must end in `.weights.h5`. To read
# them you need the code that builds the model, and an optimizer compiled anew begins at nothing:

# %% weights
keras.models.load_model("digits.keras", compile=False).save_weights("digits.weights.h5")
again = new_model()
again.load_weights("digits.weights.h5")
print("same weights:", kfx.diff(at_save, again).equal)

prepare(again)
train_more(again)
print("same after one more epoch:", kfx.diff(never_stopped, again).equal)

# %% parts-note [markdown]
# The weights were the same, the digits and their order too, and still the training took another way: the running means
# of Adam were missing. It is no disaster, it only learns a little differently at first. But now you know the difference
# between a model that is saved and one that can *go on*.
#
# The architecture can be had without any weights as well, as text in the form JSON. What comes back has the same
# layers, is even compiled, and begins with new random weights:

# %% architecture
architecture = loaded.to_json()
bare = keras.models.model_from_json(architecture)
print("same structure:", kfx.diff(loaded, bare, weights=False).equal)
print("same weights:", kfx.diff(loaded, bare).equal)
print("compiled:", bare.compiled)

# %% table [markdown]
# | you write | architecture | weights | compile settings | state of the optimizer |
# |---|---|---|---|---|
# | `model.save("x.keras")` | yes | yes | yes | yes |
# | `model.save("x.h5")` | yes | yes | yes | yes |
# | `model.save_weights("x.weights.h5")` | no | yes | no | see below |
# | `model.to_json()` | yes | no | yes | no |
#
# A `.weights.h5` file written by a *compiled* model carries the state of its optimizer too; above, the model was loaded with
# `compile=False`.
#
# ## A file whose code is lost
#
# Somebody sends you a model. It has a layer of their own making, and you do not have the code:


# %% lost
class Stretch(layers.Layer):
    def call(self, inputs):
        return 2 * inputs


inputs = keras.Input(shape=(784,), name="digits")
outputs = layers.Dense(10, activation="softmax", name="digit")(Stretch(name="stretch")(inputs))
keras.Model(inputs, outputs, name="from_a_friend").save("friend.keras")
del Stretch

try:
    keras.models.load_model("friend.keras")
except Exception as error:
    print(type(error).__name__, "- the class is named:", "Stretch" in str(error))

# %% lost-note [markdown]
# Keras cannot load it, and it is right: without the code nobody knows what `Stretch` does. But what the model is *made of*
# stands in the file, and `kfx` can show that. Give it the path in place of a model:

# %% lost-summary
kfx.summary("friend.keras")

# %% shell-note [markdown]
# Every name, every setting and every count of parameters is there. Only what would have to be computed by the missing code
# is left open. `kfx.plot_model("friend.keras")` draws the graph in the same way, and nothing from the file is run, so
# you may look at a file before you trust it.
#
# You do not even need a notebook. In a terminal, write `kfx show friend.keras`. The next cell does that from here (the
# exclamation mark hands a line to the terminal, and `kfx_show` is the same command by the notebook's own Python):

# %% shell
import sys

kfx_show = f'"{sys.executable}" -m kfx show'
# !{kfx_show} --line-length 100 friend.keras

# %% h5-note [markdown]
# ## The older form
#
# Before `.keras` there was `.h5`, and you will meet many such files. It is called *legacy*: Keras still reads and
# writes it, and warns you each time. The second line turns this warning off:

# %% h5
from absl import logging

logging.set_verbosity(logging.ERROR)
keras.models.load_model("digits.keras").save("digits.h5")
from_h5 = keras.models.load_model("digits.h5")
print("same answers:", np.allclose(answers, from_h5.predict(x_test, verbose=0), atol=1e-5))
kfx.diff("digits.keras", "digits.h5")

# %% traps-note [markdown]
# Again nothing is missing. Yet there are traps in the old form, and one or two in the new. These were found in Keras
# 3.15:
#
# - **Saving to `.h5` changes the model that you save.** The optimizer is struck out of its compile settings, and if you
#   then save the same model to `.keras`, the file comes back with RMSprop, whatever you had chosen. That is why the
#   cell above saves a freshly loaded copy.
# - **Short names in `.h5`.** A model compiled with `loss="mse"` is saved to `.h5` without a warning and cannot be
#   loaded. Give the object, `keras.losses.MeanSquaredError()`, as this tutorial does.
# - **A model inside two others.** If a model is used at two depths of one larger model, the `.keras` file is written,
#   and does not load.
# - **A layer of your own** must say what it was told, or it comes back as another; that is a part of
#   [tutorial 10](10_your_own_layers.ipynb).
# - **No ending, no file.** The ending says which form you want, so there must be one:

# %% no-ending
try:
    loaded.save("digits")
except ValueError as error:
    print(str(error).partition(". ")[0])

# %% habit-note [markdown]
# Against most traps there is one habit: load the file at once, while the model is still there, and compare the two. Each of
# the first three would have been found at once:

# %% habit
loaded.save("digits.keras")
again = keras.models.load_model("digits.keras")
print("nothing lost:", kfx.diff(loaded, again).equal)
print("same optimizer:", type(again.optimizer) is type(loaded.optimizer))

# %% recap [markdown]
# ## What you have now
#
# - `model.save("name.keras")` puts architecture, weights, compile settings and state of the optimizer into one file;
#   `keras.models.load_model` brings all of it back.
# - To serialize is to write down as bytes; a functional or Sequential model can be serialized without your code.
# - Weights alone give the same answers; only with the state of the optimizer does training go on as if nothing had
#   been.
# - `kfx.snapshot` remembers, `kfx.diff` compares models, files and snapshots.
# - `kfx.summary("name.keras")` and `kfx show name.keras` show a file without its code, and run nothing of it.
#
# Keras's own words on this: [Save, serialize, and export models](https://keras.io/guides/serialization_and_saving/).
# After the exercises, go on with [04 · One graph, several models](04_one_graph_several_models.ipynb).

# %% exercise-note [markdown]
# ## Your turn
#
# Three short exercises. Put your answer in place of `None` and run the cell. Try as often as you like; a solution waits
# behind a click below each.

# %% exercise-1-note [markdown]
# **Exercise 1.** You train a model for 3 epochs on 4,000 digits with `batch_size=50`, save it, load it in another notebook and
# train it for 2 more epochs there. What does `int(model.optimizer.iterations)` say in the end?

# %% exercise-1
from kfx import exercises

answer_1 = None
exercises.check("03.1", answer_1)

# %% exercise-1-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("03.1", 4_000 // 50 * (3 + 2))
# ```
#
# </details>

# %% exercise-2-note [markdown]
# **Exercise 2.** Make a model that turns 784 numbers into one, compile it with the optimizer `SGD`, train it for at least one
# step on anything, and save it so that its training can go on. Your answer is the name of the file.

# %% exercise-2
answer_2 = None
exercises.check("03.2", answer_2)

# %% exercise-2-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# rows = keras.Input(shape=(784,))
# model = keras.Model(rows, layers.Dense(1)(rows))
# model.compile(optimizer="sgd", loss=keras.losses.MeanSquaredError())
# model.fit(x_train[:64], train_labels[:64], epochs=1, verbose=0)
# model.save("one_number.keras")
# exercises.check("03.2", "one_number.keras")
# ```
#
# </details>

# %% exercise-3-note [markdown]
# **Exercise 3.** Make a twin of `loaded`: a second model of its own, called `twin`, with the same layers and the same
# weights, that does not change when `loaded` is trained on. Your answer is the list `[loaded, twin]`. There are several
# ways; `keras.models.clone_model` begins one of them.

# %% exercise-3
answer_3 = None
exercises.check("03.3", answer_3)

# %% exercise-3-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# twin = keras.Model.from_config({**loaded.get_config(), "name": "twin"})
# twin.set_weights(loaded.get_weights())
# exercises.check("03.3", [loaded, twin])
# ```
#
# </details>
