# %% title [markdown]
# # 08 · Shared layers
#
# One layer may be called as often as you like, and it does not get larger by it: each call is another place in the
# graph, with the same weights. You will let two texts of any length share one table of words. Afterwards you can tell a
# layer from its calls, count parameters without counting twice, and look at what each call did.
#
# *About 15 minutes, after [01](01_a_graph_of_layers.ipynb).* [한국어로 읽기](../ko/08_shared_layers.ipynb)

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

# %% embedding-note [markdown]
# ## A table of words
#
# A network computes with numbers, so each word gets one, its place in a vocabulary. `Embedding(1000, 128)` is a table
# of 1,000 rows, one for each word, and 128 columns: it looks up the row of each number that arrives, a vector of 128
# dimensions. What stands in the rows is learned.

# %% embedding
import keras
from keras import layers

keras.utils.set_random_seed(8)  # the same numbers on every run
shared_embedding = layers.Embedding(1000, 128, name="shared_embedding")
shared_embedding.built

# %% inputs-note [markdown]
# `False`: the table is not there yet; it is made at the first call.
#
# ## Two texts, one table
#
# A question and its answer are written in one language, so one table should serve both. `shape=(None,)` says that the
# number of words is open, as the size of the batch always is.

# %% inputs
question = keras.Input(shape=(None,), dtype="int32", name="question")
answer = keras.Input(shape=(None,), dtype="int32", name="answer")
seen_question = shared_embedding(question)
seen_answer = shared_embedding(answer)
seen_question.shape, seen_answer.shape

# %% sketch-note [markdown]
# From each text of unknown length comes a row of 128 numbers for each of its words. A sketch shows it before there is any
# model: two inputs, and one layer in two places, told apart by the number of the call.

# %% sketch
kfx.sketch(question, answer)

# %% predict [markdown]
# Point at one of the two boxes while the notebook is running: a dotted line ties it to the other, because they are one
# layer. (A running sketch goes on growing with every cell, so at the end it holds more than these four boxes.)
#
# ## Predict first: how many parameters?
#
# The model below has two inputs and calls the embedding on each of them. One table has 1,000 × 128 = 128,000 numbers.
# How many parameters does the model have? And how many rows will its summary have? Write both down.

# %% model
pair = keras.Model([question, answer], [seen_question, seen_answer], name="pair")
kfx.summary(pair)

# %% model-explained [markdown]
# 128,000 parameters in four rows: two inputs and *two calls of one layer*. `kfx` numbers the calls, so that you can
# name each: `shared_embedding@1` reads the question and `shared_embedding@2` the answer. The weights are counted where
# they are met first, so the column adds up to the total.
#
# A question mark is a size that is open. What a text costs depends on its length, so `kfx` does not pretend to know.
#
# Keras's own summary has one row for the layer, whatever the number of its calls:

# %% keras-summary
pair.summary()

# %% plot-note [markdown]
# ## What the graph looks like
#
# One box for each call, with the layer's name and the number of the call; so it is plain what reads what. The parameters
# stand in the first one only.

# %% plot
kfx.plot_model(pair)

# %% words-note [markdown]
# ## What each call did
#
# Now real words. A vocabulary is a list; a word's number is its place in it.

# %% words
import numpy as np

vocabulary = ["<nothing>", "who", "sees", "the", "cat", "dog", "sleeping", "near", "door", "?"]


def numbers(text):
    return np.array([[vocabulary.index(word) for word in text.split()]])


numbers("who sees the cat ?"), numbers("the dog sleeping near the door sees the cat")

# %% extract-note [markdown]
# Five words and nine words. `kfx.extract` takes the values of both calls in one forward pass; `*` stands for either
# number:

# %% extract
texts = [numbers("who sees the cat ?"), numbers("the dog sleeping near the door sees the cat")]
values = kfx.extract(pair, texts, "shared_embedding@*")
values

# %% inspect-note [markdown]
# `kfx.inspect` draws such values: here those of the second call, a column for each word and a row for each of the 16
# units of 128 that are strongest. Tell it the vocabulary, and it writes the words below. Which columns are alike?

# %% inspect
kfx.inspect(pair, texts, layer="shared_embedding@2", tokens=vocabulary)

# %% same-row-note [markdown]
# The three columns of *the* are equal, as they must be: one word, one row of the table. It is the same across the two
# calls. The word *cat* is the fourth word of the question and the last one of the answer. As both calls look it up in the same
# table, they must find the same 128 numbers:

# %% same-row
cat_in_question = values["shared_embedding@1"][0, 3]
cat_in_answer = values["shared_embedding@2"][0, 8]
dog_in_answer = values["shared_embedding@2"][0, 1]
print("cat and cat:", np.array_equal(cat_in_question, cat_in_answer))
print("cat and dog:", np.array_equal(cat_in_question, dog_in_answer))

# %% change-note [markdown]
# And a change of the table is seen by every call. The next cell writes zeros into the row of *cat*:

# %% change
table = shared_embedding.get_weights()[0]
table[vocabulary.index("cat")] = 0
shared_embedding.set_weights([table])
values = kfx.extract(pair, texts, "shared_embedding@*")
print(np.abs(values["shared_embedding@1"][0, 3]).max(), np.abs(values["shared_embedding@2"][0, 8]).max())

# %% why-note [markdown]
# So it is in training: what one call learns about *cat*, the other knows. A shared layer learns from all the data that
# pass through any of its calls, and it takes up memory once. So it needs less data. Count it here: how many rows of a
# table are trained by these two texts?

# %% rows
asked, said = (set(text.ravel().tolist()) for text in texts)
print("a table for each text:", len(asked), "rows and", len(said), "rows")
print("one table for both:", len(asked | said), "rows, and", len(asked & said), "of them learn from both texts")

# %% compare-note [markdown]
# With one table, each text profits from the words of the other.
#
# ## A model that compares
#
# Sharing is what makes comparisons fair: both texts are measured by the same yardstick. The mean over the words makes
# 128 numbers of a text of any length, and `Dot` with `normalize=True` measures whether two such rows point in the same
# direction: 1 says the same, 0 nothing in common.

# %% compare
mean = layers.GlobalAveragePooling1D(name="mean")
alike = layers.Dot(axes=1, normalize=True, name="alike")([mean(seen_question), mean(seen_answer)])
likeness = keras.Model([question, answer], alike, name="likeness")
kfx.plot_model(likeness)

# %% compare-explained [markdown]
# Two layers are shared now, and the two branches run side by side until `alike` joins them. Whatever is learned, a text
# must always be like itself:

# %% itself
text = numbers("the dog sleeping near the door")
print(f"{likeness.predict([text, text], verbose=0)[0, 0]:.2f}")

# %% separate-note [markdown]
# With an embedding for each of the two texts, this would not hold. Build it and see; the parameters double, too:

# %% separate
other = layers.Embedding(1000, 128, name="other_embedding")
unlike = layers.Dot(axes=1, normalize=True)([mean(seen_question), mean(other(answer))])
separate = keras.Model([question, answer], unlike, name="separate")
same = separate.predict([text, text], verbose=0)[0, 0]
print(f"{separate.count_params():,} parameters; like itself: {same > 0.9}")

# %% recap [markdown]
# ## What you have now
#
# - A layer is one thing with one set of weights; a call is one place in the graph where it works.
# - `shared_embedding@1` and `shared_embedding@2` are the addresses of its calls, for `kfx.extract` as for the eye.
# - Parameters count once, however many calls there are.
# - A shared layer learns from the data of all its calls, so it needs less data.
# - Share a layer where the same kind of thing arrives twice.
#
# Keras's own words on this: [The Functional API](https://keras.io/guides/functional_api/), the part on shared layers.
# After the exercises, go on with [09 · Take nodes out and use them again](09_take_nodes_out_and_use_them_again.ipynb).

# %% exercise-note [markdown]
# ## Your turn
#
# Three short exercises. Put your answer in place of `None` and run the cell. Try as often as you like; a solution waits
# behind a click below each.

# %% exercise-1-note [markdown]
# **Exercise 1.** A model has four text inputs. Three of them share one `Embedding(1000, 128)`; the fourth, in another
# language, has an `Embedding(1000, 64)` of its own. How many parameters is that?

# %% exercise-1
from kfx import exercises

answer_1 = None
exercises.check("08.1", answer_1)

# %% exercise-1-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("08.1", 1000 * 128 + 1000 * 64)
# ```
#
# </details>

# %% exercise-2-note [markdown]
# **Exercise 2.** Take out of `pair`, for the two arrays in `texts`, the values of the *second* call only. Your answer
# is what `kfx.extract` returns.

# %% exercise-2
answer_2 = None
exercises.check("08.2", answer_2)

# %% exercise-2-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("08.2", kfx.extract(pair, texts, "shared_embedding@2"))
# ```
#
# </details>

# %% exercise-3-note [markdown]
# **Exercise 3.** Two colour photographs of 32 × 32 pixels, one `Conv2D(8, 3)` that looks at both, the difference of
# what it sees by `layers.Subtract()`: build this model with two inputs and give it the name `change`. Two equal
# photographs must give nothing but zeros.

# %% exercise-3
answer_3 = None
exercises.check("08.3", answer_3)

# %% exercise-3-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# before, after = keras.Input((32, 32, 3)), keras.Input((32, 32, 3))
# look = layers.Conv2D(8, 3)
# exercises.check("08.3", keras.Model([before, after], layers.Subtract()([look(before), look(after)]), name="change"))
# ```
#
# </details>
