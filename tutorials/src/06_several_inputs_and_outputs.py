# %% title [markdown]
# # 06 · Several inputs and outputs
#
# A model may read several things at once and answer several questions about them. You will build one for the people who
# answer support tickets: from a title, a text and some tags it says how urgent a ticket is and who should answer it.
# Afterwards you can give every output a loss of its own and weigh one against the other, hand over data by name or by
# order, and watch a curve for each output.
#
# *About 20 minutes, after [02](02_train_evaluate_predict.ipynb) and [05](05_models_are_layers.ipynb).*
# [한국어로 읽기](../ko/06_several_inputs_and_outputs.ipynb)

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

# %% tickets-note [markdown]
# ## The tickets
#
# Real support tickets are full of names and complaints of real people, so nobody may pass them on. The tickets here are
# **generated**: `kfx.datasets.tickets` puts them together from sentences that were written for `kfx`. No real person
# wrote to anybody, but there is something to find out. Who should answer follows from the words; how urgent it is follows
# partly from the words, partly from the tags, and partly from chance.

# %% tickets
data = kfx.datasets.tickets(1600)
print(data.text(2))

# %% numbers-note [markdown]
# A model computes with numbers, so each ticket comes as arrays too. A title and a body are rows of word numbers, places in
# a vocabulary. All rows are filled up with zeros to the length of the longest; the layers below will read word by word
# and remember best what they read last, so the zeros are moved to the front. The tags are 12 numbers, 1 for each tag that
# the ticket carries and else 0.

# %% numbers
import numpy as np


def words_last(rows):
    return np.array([np.roll(row, (row == 0).sum()) for row in rows])


x = {"title": words_last(data.title), "body": words_last(data.body), "tags": data.tags}
print("title:", x["title"][2])
print("tags: ", x["tags"][2].astype(int))
{name: array.shape for name, array in x.items()}

# %% answers-note [markdown]
# And the two answers that the model shall learn: the priority, one number from 0 (it can wait) to 1 (now), and the
# department, a 1 in one of four places.

# %% answers
{name: array[2] for name, array in data.y.items()}

# %% inputs-note [markdown]
# ## Three inputs
#
# Each kind of data gets an input of its own. A text may be of any length, so its shape is `(None,)`; there are always 12
# tags. The names matter: by them you will hand over the data.

# %% inputs
import keras
from keras import layers

keras.utils.set_random_seed(6)  # the same numbers on every run
title = keras.Input(shape=(None,), dtype="int32", name="title")
body = keras.Input(shape=(None,), dtype="int32", name="body")
tags = keras.Input(shape=(12,), name="tags")
title.shape, body.shape, tags.shape

# %% texts-note [markdown]
# An `Embedding` is a table with a row of 64 numbers, a vector, for each of 10,000 words. An `LSTM` then reads these
# rows one after the other and keeps a **state**, 128 numbers for the title and 32 for the body, that it changes at each
# word. What the state is after the last word is what it hands on.

# %% texts
title_words = layers.Embedding(10_000, 64, name="title_words")(title)
body_words = layers.Embedding(10_000, 64, name="body_words")(body)
title_read = layers.LSTM(128, name="title_lstm")(title_words)
body_read = layers.LSTM(32, name="body_lstm")(body_words)
title_words.shape, title_read.shape

# %% together-note [markdown]
# ## Two outputs
#
# Three rows of numbers are now known about a ticket. `concatenate` lays them end to end, and two layers read the result,
# each for its own question. A model takes its inputs and its outputs as lists:

# %% together
together = layers.concatenate([title_read, body_read, tags], name="together")
priority = layers.Dense(1, activation="sigmoid", name="priority")(together)
department = layers.Dense(4, activation="softmax", name="department")(together)
ticket_model = keras.Model([title, body, tags], [priority, department], name="ticket_model")
kfx.plot_model(ticket_model)

# %% plot-explained [markdown]
# Three inputs stand at the top under their names, two outputs at the bottom under theirs. Read the shapes where the three
# branches meet: 128, 32 and 12 make 172. The tags go there directly; in 12 zeros and ones there is nothing to be read first.

# %% summary
kfx.summary(ticket_model)

# %% summary-explained [markdown]
# Almost all parameters are tables of words. The vocabulary of these tickets has fewer than 300 words, so most rows of
# the tables will never be looked up and never change.

# %% predict [markdown]
# ## Predict first: how large is the loss of a model that knows nothing?
#
# Each output gets a **loss**, a number that says how wrong it is. For both it will be a cross-entropy: −log of the
# probability that was given to the right answer, with the natural logarithm. A model that knows nothing says 0.5 for
# the priority, which costs −log 0.5 ≈ 0.7 on every ticket, and 0.25 for each of the four departments.
#
# Training makes *one* number small, so the losses are added up, and **loss weights** say how much each counts: 1 for
# the priority and 0.2 for the department. How large is the sum for a model that knows nothing? Write it down, with one
# decimal place. (−log 0.25 is twice −log 0.5.)

# %% list-note [markdown]
# ## Losses and weights by list
#
# In lists, the order is that of the model's outputs: first the priority, then the department. `evaluate` measures the
# losses on the first 1,280 tickets and changes nothing.

# %% list
x_train = {name: array[:1280] for name, array in x.items()}
y_train = {name: array[:1280] for name, array in data.y.items()}
ticket_model.compile(
    optimizer=keras.optimizers.RMSprop(1e-3),
    loss=[keras.losses.BinaryCrossentropy(), keras.losses.CategoricalCrossentropy()],
    loss_weights=[1.0, 0.2],
)
by_list = ticket_model.evaluate(x_train, y_train, verbose=0, return_dict=True)
{name: round(value, 1) for name, value in by_list.items()}

# %% list-explained [markdown]
# 0.7 + 0.2 × 1.4 is 0.98, rounded 1.0. This model does know nothing yet, and its weights are random, so that is what
# you find. Did you add 0.7 and 1.4? Then you left the weights out.
#
# Why not 1 and 1? Then the department would make up two thirds of the loss, and the layers before would learn mostly
# about departments. That is the easier question here, as you will see; it can do with less.
#
# ## Losses and weights by name
#
# With a third output some day, lists would have to be put in order again. By name, nothing can be mixed up, and each
# output can have its own **metrics**, figures for your eye only:

# %% name
ticket_model.compile(
    optimizer=keras.optimizers.RMSprop(1e-3),
    loss={"priority": "binary_crossentropy", "department": "categorical_crossentropy"},
    loss_weights={"priority": 1.0, "department": 0.2},
    metrics={"department": "accuracy"},
)
by_name = ticket_model.evaluate(x_train, y_train, verbose=0, return_dict=True)
print("the same loss:", round(by_list["loss"], 4) == round(by_name["loss"], 4))

# %% both-note [markdown]
# The two need not be written in the same way. You will also meet the loss by name with the weights by list; Keras puts
# the list in the order of the outputs:

# %% both
ticket_model.compile(
    optimizer=keras.optimizers.RMSprop(1e-3),
    loss={"priority": "binary_crossentropy", "department": "categorical_crossentropy"},
    loss_weights=[1.0, 0.2],
    metrics={"department": "accuracy"},
)
mixed = ticket_model.evaluate(x_train, y_train, verbose=0, return_dict=True)
print("still the same loss:", round(by_list["loss"], 4) == round(mixed["loss"], 4))

# %% fit-note [markdown]
# ## Train, with a curve for each output
#
# `kfx.fit` takes what `model.fit` takes. Inputs and targets are dictionaries of arrays, by name again. 1,280 tickets in
# batches of 32 make 40 steps an epoch; the 320 tickets that are left over are for validation, the model never learns from
# them.

# %% fit
x_test = {name: array[1280:] for name, array in x.items()}
y_test = {name: array[1280:] for name, array in data.y.items()}
history = kfx.fit(ticket_model, x_train, y_train, batch_size=32, epochs=2, validation_data=(x_test, y_test))

# %% fit-explained [markdown]
# `loss` is the weighted sum that training makes small; beside it stand the loss of each output and the accuracy of the
# department. The sum alone would not tell you what the panels tell: the department has almost been learned, the priority
# has only begun. (An output's loss is shown before it is weighed.)
#
# The loss of the priority will not go to 0, however long you train. Where the truth is 0.35, the best answer is 0.35, and
# even that costs about 0.65.
#
# ## The same data from `tf.data`
#
# Data that do not fit into memory come as a `tf.data.Dataset`, batch by batch. It holds pairs of inputs and targets. They
# may be *dictionaries*, matched by name like the arrays above. (Shuffling is up to the data set itself; `fit` cannot do it and
# says so in a warning, unless it is told `shuffle=False`.)

# %% dict-dataset
import tensorflow as tf

by_names = tf.data.Dataset.from_tensor_slices((x_train, y_train)).batch(32)
history = kfx.fit(ticket_model, by_names, epochs=3, initial_epoch=2, shuffle=False, validation_data=(x_test, y_test))

# %% tuple-note [markdown]
# Or they are *tuples*, matched by their order, which is that of the lists in `keras.Model`:

# %% tuple-dataset
inputs = (x_train["title"], x_train["body"], x_train["tags"])
targets = (y_train["priority"], y_train["department"])
by_order = tf.data.Dataset.from_tensor_slices((inputs, targets)).batch(32)
history = kfx.fit(ticket_model, by_order, epochs=4, initial_epoch=3, shuffle=False, validation_data=(x_test, y_test))

# %% runs-note [markdown]
# With `initial_epoch` the epochs go on counting. `kfx` keeps every run, so you can lay them over each other: arrays, data
# set of dictionaries, data set of tuples. Each goes on where the one before it ended.

# %% runs
kfx.runs[-3:]

# %% swap-note [markdown]
# What if you take title and body in the wrong order? Both are rows of word numbers of any length, so nothing can notice,
# and no error is raised:

# %% swap
swapped = (x_train["body"], x_train["title"], x_train["tags"])
wrong = ticket_model.evaluate(swapped, targets, verbose=0, return_dict=True)
right = ticket_model.evaluate(inputs, targets, verbose=0, return_dict=True)
print(f"the loss is {wrong['loss'] / right['loss']:.1f} times as large")

# %% swap-explained [markdown]
# That is the reason to use names where you can: a wrong name is refused, a wrong order is believed.
#
# ## Ask it
#
# Two tickets that no generator wrote, about the same thing and without any tags:

# %% ask
text = "My card was charged two times. {} Kind regards."
calm, urgent = text.format("There is no hurry."), text.format("I need a solution immediately.")
for said in (calm, urgent):
    ticket = {"title": data.encode("Wrong amount"), "body": data.encode(said), "tags": np.zeros((1, 12))}
    how_urgent, who = ticket_model.predict(ticket, verbose=0)
    print(f"{kfx.datasets.DEPARTMENTS[who.argmax()]}, priority {how_urgent.item():.1f}: {said}")

# %% reading-note [markdown]
# ## Watch it read
#
# How does it know? `body_lstm` hands on its state after the last word only. To see the state after *every* word, let a
# second LSTM with the same weights return them all:

# %% reading
reading = layers.LSTM(32, return_sequences=True, name="reading")
reader = keras.Model(body, reading(body_words), name="reader")
reading.set_weights(ticket_model.get_layer("body_lstm").get_weights())
reader.output.shape

# %% inspect-note [markdown]
# `kfx.inspect` draws a sequence as strips: a column for each word, a row for each of the 16 units that are strongest. Give
# it the vocabulary, and the words stand below.

# %% inspect tags=["nbval-ignore-output"]
# Not compared: figures of three digits from trained weights; the last one depends on the machine.
kfx.inspect(reader, data.encode(urgent), layer="reading", tokens=data.vocabulary)

# %% inspect-explained [markdown]
# Up to *two times* hardly anything stirs. From *need* to *immediately* all of these units leave zero, further with each word,
# and they stay away from it until the last word, where the priority is read off. (The views of a notebook that is running can
# be asked further: choose another layer, or point at a square.) Try `calm` in place of `urgent`, and sentences of your own.

# %% recap [markdown]
# ## What you have now
#
# - `keras.Model([title, body, tags], [priority, department])` has three inputs and two outputs; `kfx.plot_model` shows
#   them by name.
# - Each output has a loss, and loss weights say how much each counts; give each of the two by list, in order, or by
#   name.
# - Data come as arrays or as a `tf.data.Dataset`, in dictionaries or in tuples. A wrong name is refused, a wrong order
#   is not.
# - `kfx.fit` draws a panel for each output, `kfx.runs` keeps every run, and `kfx.inspect` shows a sequence word by
#   word.
#
# Keras's own words on this: [Training and evaluation with the built-in
# methods](https://keras.io/guides/training_with_built_in_methods/), the part on several inputs and outputs, and
# [Working with RNNs](https://keras.io/guides/working_with_rnns/). After the exercises, go on with [07 · A small
# residual network](07_a_small_residual_network.ipynb).

# %% exercise-note [markdown]
# ## Your turn
#
# Three short exercises. Put your answer in place of `None` and run the cell. Try as often as you like; a solution waits
# behind a click below each.

# %% exercise-1-note [markdown]
# **Exercise 1.** Suppose there were 20 tags instead of 12, and `title_lstm` had 64 units instead of 128. How many parameters
# would the layer `priority` have? Work it out on paper.

# %% exercise-1
from kfx import exercises

answer_1 = None
exercises.check("06.1", answer_1)

# %% exercise-1-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("06.1", (64 + 32 + 20) + 1)
# ```
#
# </details>

# %% exercise-2-note [markdown]
# **Exercise 2.** Write loss weights for `ticket_model`, by name, with which the department counts five times as much as the
# priority.

# %% exercise-2
answer_2 = None
exercises.check("06.2", answer_2)

# %% exercise-2-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("06.2", {"priority": 1.0, "department": 5.0})
# ```
#
# </details>

# %% exercise-3-note [markdown]
# **Exercise 3.** A shop wants to know two things about a review of one of its goods: whether it is helpful (one unit,
# `sigmoid`) and which of three topics it is about (`softmax`). Build `review_model` with the inputs `words`, word numbers of
# any length, and `stars`, five numbers, and the outputs `helpful` and `topic`. Both answers should depend on both inputs.
# How you read the words is up to you.

# %% exercise-3
answer_3 = None
exercises.check("06.3", answer_3)

# %% exercise-3-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# words = keras.Input(shape=(None,), dtype="int32", name="words")
# stars = keras.Input(shape=(5,), name="stars")
# read = layers.LSTM(32)(layers.Embedding(10_000, 64)(words))
# both = layers.concatenate([read, stars])
# helpful = layers.Dense(1, activation="sigmoid", name="helpful")(both)
# topic = layers.Dense(3, activation="softmax", name="topic")(both)
# exercises.check("06.3", keras.Model([words, stars], [helpful, topic], name="review_model"))
# ```
#
# </details>
