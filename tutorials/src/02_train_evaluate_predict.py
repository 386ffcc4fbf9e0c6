# %% title [markdown]
# # 02 · Train, evaluate, predict
#
# A network that nobody has trained knows nothing. You will show it 4,000 handwritten digits, watch it while it learns,
# and take the controls yourself: slow it down, hurry it, stop it. Afterwards you can read a loss curve, say how good a
# model is on digits that it has never seen, and ask it for answers.
#
# *About 20 minutes, after [01](01_a_graph_of_layers.ipynb).* [한국어로 읽기](../ko/02_train_evaluate_predict.ipynb)

# %% setup-note [markdown]
# ## Get ready
#
# The first cell prepares the notebook and prints nothing; on Colab, upload the wheel of `kfx` first.

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

# %% digits-note [markdown]
# ## Digits, and what they are
#
# A part of the MNIST collection comes with `kfx`, so no network is needed: its first 5,000 digits to learn from and
# 1,000 others to be tested with. (With a network connection, `kfx.datasets.digits(whole=True)` downloads all 60,000 and
# 10,000; without one it raises an error, it never gives you other data than you asked for.) To each picture belongs a
# **label**, which says what digit it is.

# %% digits
import numpy as np
from PIL import Image

(train_images, train_labels), (test_images, test_labels) = kfx.datasets.digits()


def draw(images):
    row = Image.fromarray(255 - np.hstack(images))
    return row.resize((4 * row.width, 4 * row.height))


print("labels:", *train_labels[:8])
draw(train_images[:8])

# %% flatten-note [markdown]
# The model of tutorial 01 reads rows of 784 numbers, so lay each picture flat. And scale the ink, which goes from 0 to
# 255, to the range from 0 to 1: a network learns faster from small numbers, and weights that start small expect such
# numbers.

# %% flatten
x_train = train_images.reshape(-1, 784).astype("float32") / 255
x_test = test_images.reshape(-1, 784).astype("float32") / 255
print(x_train.shape, x_test.shape, x_train.min(), x_train.max())

# %% model-note [markdown]
# ## A model, and three decisions
#
# This is the model of tutorial 01, built by a function, because you will need a second one of its kind. The seed makes
# Keras draw the same random weights every time.

# %% model
import keras
from keras import layers


def new_model(name):
    keras.utils.set_random_seed(6)
    inputs = keras.Input(shape=(784,), name="digits")
    x = layers.Dense(64, activation="relu")(inputs)
    x = layers.Dense(64, activation="relu")(x)
    outputs = layers.Dense(10, activation="softmax")(x)
    return keras.Model(inputs, outputs, name=name)


mnist_model = new_model("mnist_model")
mnist_model.count_params()

# %% compile-note [markdown]
# Before it can learn, you must decide three things, and `compile` writes them down:
#
# - The **loss**, one number that says how bad an answer is. *Cross-entropy* looks at the probability that the model
#   gave to the right digit, and takes its negative logarithm: 0 if the model was certain and right, and the larger, the
#   less it thought of the truth. It is *sparse* because a label is a number such as 7, not a row of ten with a 1 in it.
# - The **optimizer**, the rule by which the weights are changed so that the loss falls. RMSprop gives each weight a
#   step of its own length, and without any tuning it rarely does badly, which makes it a good first choice.
# - The **metrics**, what people want to know. Accuracy is the share of digits that are read correctly.

# %% compile
mnist_model.compile(
    loss=keras.losses.SparseCategoricalCrossentropy(),
    optimizer=keras.optimizers.RMSprop(),
    metrics=["accuracy"],
)
mnist_model.compiled

# %% predict-first [markdown]
# ## Predict first: how good is a model that has learned nothing?
#
# The weights are random, and nothing has been trained. `evaluate` shows the model the 1,000 test digits and measures loss
# and accuracy. What accuracy do you expect? And the loss, if the model thinks each of the ten digits equally likely? Your
# calculator knows logarithms. Write both numbers down.

# %% untrained
loss, accuracy = mnist_model.evaluate(x_test, test_labels, verbose=0)
print(f"loss {loss:.1f}, accuracy {accuracy:.1f}")

# %% untrained-explained [markdown]
# About one digit in ten: that is guessing. And the probability of the right digit is about 1/10 each time, so the loss
# is near −ln(1/10) = 2.3. Remember this number. A model that shows it while it trains has learned nothing so far.
#
# ## Watch it learn
#
# Training goes in **steps**. For each step the model gets a batch of 64 digits and answers, in a **forward pass** from
# the input to the loss. Then the way is gone back, from the loss to the input, layer by layer: that is
# **backpropagation**, and it finds for every weight in which direction the loss would fall. Every weight is changed a
# little in this direction. Once through all the data is an **epoch**. You ask for five of them: enough to see the
# curves bend, few enough to wait for. 64 is a habit, too: a smaller batch gives more steps that tremble more, a larger
# one fewer and calmer steps. And `validation_split=0.2` sets the last 1,000 of the 5,000 digits aside: the model
# never learns from these, it is only examined on them after each epoch.
#
# `kfx.fit(model, ...)` takes the arguments of `model.fit(...)` and returns what that returns. Run the cell and watch
# what appears below it: the bar and the time that is left, a row of controls, the curves as they grow, and the layers.

# %% train
history = kfx.fit(mnist_model, x_train, train_labels, batch_size=64, epochs=5, validation_split=0.2)

# %% curves-note [markdown]
# There is one picture for the loss and one for the accuracy. The faint line is the training, batch by batch; it
# trembles, because some batches are harder than others. The strong line is the same, smoothed. The line with a dot at
# each epoch, and a ring around the best, is the **validation**, the examination on the 1,000 digits set aside. While
# the notebook is running, point at a curve to read its values, and try *Log* and *Epochs*.
#
# Two things to look for, in this run and in any other:
#
# - Does the loss of the training fall? If not, the model does not learn at all.
# - Does the validation follow? When the training goes on improving and the validation does not, the model has begun to
#   learn its 4,000 digits by heart. That is called **overfitting**, and more epochs will not help. Whatever works
#   against it is called **regularization**: more data, a smaller model, or a layer like `Dropout`, which tutorial 07
#   uses.
#
# Below the curves is a row for each layer with weights: how strongly the loss pulls at it, and how far each step moves
# it. You will use that in a later tutorial.

# %% history-note [markdown]
# ## What stays when it is over
#
# What came back is Keras's own `History`, with a list of five values for each curve:

# %% history
print(*sorted(history.history))
losses = history.history["loss"]
print("the loss fell in every epoch:", losses == sorted(losses, reverse=True))

# %% stays-note [markdown]
# And the view has become a picture: when you save this notebook and open it without a kernel, or somebody reads it on a
# site that hosts code, the curves and one line of text are still there. The line is rounded and says nothing of times,
# so a run that is repeated gives the same line.
#
# `kfx.runs` holds every training of this session; `kfx.runs[-1]` is the newest. It can be printed, shown again, and saved
# to a file of its own, which another notebook can load:

# %% stays
print(kfx.runs[-1])
kfx.runs[-1].save("digits.npz")
kfx.load_run("digits.npz")

# %% evaluate-note [markdown]
# ## Digits it has never seen
#
# The 1,000 digits set aside have been looked at after each epoch, and you may have chosen by them when to stop. For an honest
# verdict keep data that had no say in anything. Here is `evaluate` on the test digits once more:

# %% evaluate
loss, accuracy = mnist_model.evaluate(x_test, test_labels, verbose=0)
print(f"loss {loss:.1f}, accuracy {accuracy:.1f}")

# %% predict-note [markdown]
# Nine in ten, where it was one in ten, and it took a few seconds. It learned from 4,000 digits; the whole of MNIST
# would leave it 48,000, and more data are the surest way to fewer mistakes.
#
# ## Ask it
#
# `predict` needs no labels. It gives what the model gives, ten probabilities for each digit:

# %% predict
probabilities = mnist_model.predict(x_test, verbose=0)
print(probabilities.shape)
print(probabilities[0].round(1))

# %% answers-note [markdown]
# The first test digit is a 7, says the model, and it is quite sure: the probability at place 7 is 1 when rounded. To get an
# answer from ten probabilities, take the place of the largest. That is what `argmax` does, for each row of axis 1:

# %% answers
answers = probabilities.argmax(axis=1)
print("answers:", *answers[:8])
print("labels: ", *test_labels[:8])

# %% wrong-note [markdown]
# All eight are right. More is to be learned from those that are not:

# %% wrong
wrong = np.flatnonzero(answers != test_labels)
first = wrong[0]
print(f"number {first}: the label says {test_labels[first]}, the model says {answers[first]}")
draw(test_images[wrong[:8]])

# %% compare-note [markdown]
# Would you have read them all? Look at the mistakes of a model before you try to improve it. Some will be hard digits,
# and now and then it is the label that is wrong.
#
# ## Two runs side by side
#
# Is RMSprop worth it? The plainest optimizer there is, SGD, has one measure for all weights: how strongly
# the loss pulls at a weight, times the same small number. Begin with the same random weights and change nothing else:

# %% compare
with_sgd = new_model("with_sgd")
with_sgd.compile(
    loss=keras.losses.SparseCategoricalCrossentropy(),
    optimizer=keras.optimizers.SGD(learning_rate=0.01),
    metrics=["accuracy"],
)
history = kfx.fit(with_sgd, x_train, train_labels, batch_size=64, epochs=5, validation_split=0.2)

# %% overlay-note [markdown]
# A part of the list of runs shows itself as one picture for each curve, with a line for each run. Here are the last two:

# %% overlay
kfx.runs[-2:]

# %% steer-note [markdown]
# The same model, the same digits, the same number of steps, and SGD is far behind. It may only be too careful. The
# **learning rate** says how long the steps are, and 0.01 looks like too little. You could guess another number and
# begin anew. Or you take the controls.
#
# ## Take the controls
#
# While `kfx.fit` runs, this row stands above its curves:
#
# - **Stop** ends the training after the current batch. Model, history and curves keep what they have.
# - **Pause** lets it wait, **Resume** lets it go on.
# - **Learning rate** is a slider and a field; type a number and press Enter. The change is marked on the curves.
# - **Checkpoint** keeps a copy of all that training changes, **Rewind** goes back to it. After each epoch a copy is
#   kept by itself.
# - **+1 epoch** goes on a little longer than you planned.
#
# The button with which the notebook interrupts a cell stops just as cleanly. Whatever a hand can do, a callback can do
# as well, and so this notebook runs without anybody watching: the one below asks for the rate 0.1 after two epochs and
# for the end after five. (Keras counts them from 0.) The training itself is told to make 100 epochs, and goes on where
# `with_sgd` stands:

# %% steer
controls = kfx.callbacks.Controls()


class Hand(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            controls.ask("rate", 0.1)
        if epoch == 4:
            controls.ask("stop")


data = {"x": x_train, "y": train_labels, "validation_split": 0.2}
history = kfx.fit(with_sgd, **data, batch_size=64, epochs=100, callbacks=[controls, Hand()])

# %% steered-note [markdown]
# The curve bends where the rate was changed: within three epochs at 0.1 the validation loss falls to half. And the run says
# what was done to it:

# %% steered
for event in kfx.runs[-1].journal.events:
    print(event.text)
print("epochs in the history:", len(history.epoch))
print("steps of the optimizer in both runs:", int(with_sgd.optimizer.iterations))

# %% your-hand [markdown]
# Now take over. Take `Hand()` out of the list of callbacks, run the cell again, and press the buttons: you have 100
# epochs, and when you have seen enough, press **Stop**. What happens to the loss if you set the rate to 3? (The steps
# are then so long that they jump over every valley: the loss shoots up, and the model may end by giving the same answer
# to everything. **Rewind** brings it back.)
#
# In a `model.fit` of your own you can have each part alone: `callbacks=[kfx.callbacks.Curves()]` for the curves,
# `kfx.callbacks.Progress()` for the bar, `kfx.callbacks.Controls()` for the controls.

# %% recap [markdown]
# ## What you have now
#
# - `compile` decides on loss, optimizer and metrics; `fit` changes the weights; `evaluate` measures; `predict` answers.
# - An epoch is once through the data, a step is one batch. An untrained model of ten classes has a loss near 2.3.
# - Validation tells learning from learning by heart; test data have no say in anything before the end.
# - A step is a forward pass and backpropagation; overfitting is learning by heart, regularization works against it.
# - `kfx.fit` shows a training and lets you steer it. The picture and one line stay; `kfx.runs` has all runs.
#
# Keras's own words on this: [Training and evaluation with the built-in
# methods](https://keras.io/guides/training_with_built_in_methods/). After the exercises, go on with [03 · Save and
# restore](03_save_and_restore.ipynb).

# %% exercise-note [markdown]
# ## Your turn
#
# Three short exercises. Put your answer in place of `None` and run the cell. Try as often as you like; a solution waits
# behind a click below each.

# %% exercise-1-note [markdown]
# **Exercise 1.** Suppose you train on all 60,000 digits of MNIST with `batch_size=128` and `validation_split=0.1`. How many
# steps does one epoch have? The last batch may be smaller than the others.

# %% exercise-1
from kfx import exercises

answer_1 = None
exercises.check("02.1", answer_1)

# %% exercise-1-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# learned_from = 60_000 * 9 // 10
# steps = -(-learned_from // 128)  # rounded up: the last batch is smaller
# exercises.check("02.1", steps)
# ```
#
# </details>

# %% exercise-2-note [markdown]
# **Exercise 2.** Build and train a model that tells even digits from odd ones: a row of `x_train` goes in, and the
# probability that the digit is even comes out of a single unit with `sigmoid`. The labels are `train_labels % 2 == 0`, the
# loss for one probability is `keras.losses.BinaryCrossentropy()`. It should read at least nine in ten of the test digits.

# %% exercise-2
answer_2 = None
exercises.check("02.2", answer_2)

# %% exercise-2-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# rows = keras.Input(shape=(784,))
# even = keras.Model(rows, layers.Dense(1, activation="sigmoid")(layers.Dense(64, activation="relu")(rows)))
# even.compile(loss=keras.losses.BinaryCrossentropy(), optimizer="rmsprop", metrics=["accuracy"])
# even.fit(x_train, train_labels % 2 == 0, batch_size=64, epochs=5, verbose=0)
# exercises.check("02.2", even)
# ```
#
# </details>

# %% exercise-3-note [markdown]
# **Exercise 3.** Train any model with `kfx.fit` for at least 20 epochs, and stop it before they are over, with the button or
# by code. Your answer is `kfx.runs[-1]`.

# %% exercise-3
answer_3 = None
exercises.check("02.3", answer_3)

# %% exercise-3-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# controls = kfx.callbacks.Controls()
# stop = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: controls.ask("stop"))
# kfx.fit(even, x_train, train_labels % 2 == 0, epochs=20, callbacks=[controls, stop])
# exercises.check("02.3", kfx.runs[-1])
# ```
#
# </details>
