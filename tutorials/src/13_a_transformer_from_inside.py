# %% title [markdown]
# # 13 · A transformer from inside
#
# Language models are made of blocks of **attention**. You will build a small one, train it on a task that only attention can
# solve, and then find out *how* it solves it: what each head looks at, what becomes of the answer when a block is silenced,
# what the model would say after each block, and where in the network the answer is at each moment.
#
# *About 25 minutes, after [07](07_a_small_residual_network.ipynb) and [10](10_your_own_layers.ipynb).*
# [한국어로 읽기](../ko/13_a_transformer_from_inside.ipynb)

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

# %% data-note [markdown]
# ## A task: what comes next?
#
# Each text is 24 characters long. It begins with characters chosen at random out of 32, and then it repeats itself. How soon
# is different for each text: its **period** is between 6 and 12. In the language of the field, each character is a **token**.
# The task is that of every language model: at each place, predict the next token. It can only be solved where the text
# repeats itself, so only these places count: from the second token of the repetition on, because nobody can foresee the first.

# %% data
import keras
import numpy as np
from keras import layers

LETTERS = list("abcdefghijklmnopqrstuvwxyz123456")


def repeating(count, seed, shortest=6, longest=12):
    random = np.random.default_rng(seed)
    period = random.integers(shortest, longest + 1, (count, 1))
    texts = np.take_along_axis(random.integers(0, 32, (count, 24)), np.arange(24)[None] % period, axis=1)
    return texts[:, :-1], texts[:, 1:], (np.arange(1, 24) > period).astype("float32"), period[:, 0]


texts, following, counts, period = repeating(1000, seed=2)
for text, length in zip(texts[:3], period[:3], strict=True):
    print("".join(LETTERS[token] for token in text), "period", length)

# %% fixed-note [markdown]
# Why not the same period for all? Because then the answer would be found by counting: with period 8 it always stands seven
# places back, whatever the text says. A model that has learnt to count looks perfect and has understood nothing. How often is
# the rule "seven places back" right on texts with one period, and how often on ours?

# %% fixed
same_period = repeating(1000, seed=3, shortest=8, longest=8)
for x, y, counted, _ in (same_period, (texts, following, counts, period)):
    right = x[:, :-7] == y[:, 7:]
    print(f"{100 * right[counted[:, 7:] > 0].mean():.0f} %")

# %% model-note [markdown]
# ## The model
#
# Attention alone does not know where a token stands. So a small layer of your own, as in tutorial 10, adds to the embedding of
# each token a vector for its place, which is learnt too.


# %% positions
class Positions(layers.Layer):
    def build(self, input_shape):
        self.table = self.add_weight(shape=input_shape[1:], name="table")

    def call(self, inputs):
        return inputs + self.table


Positions()

# %% stream-note [markdown]
# Then come two blocks. In each, attention with four **heads** reads from the places before (`use_causal_mask=True` forbids to
# look ahead), and what it has read is added to what was there. You know these additions from tutorial 07: what runs through
# them from the embedding to the end is called the **residual stream**. Each block reads from it and writes to it.

# %% model
keras.utils.set_random_seed(13)  # the same numbers on every run
tokens = keras.Input((23,), dtype="int32", name="tokens")
x = Positions(name="positions")(layers.Embedding(32, 64, name="embedding")(tokens))
for n in (1, 2):
    y = layers.LayerNormalization(name=f"norm_{n}")(x)
    y = layers.MultiHeadAttention(4, 16, name=f"attention_{n}")(y, y, use_causal_mask=True)
    x = layers.Add(name=f"block_{n}")([x, y])
scores = layers.Dense(32, name="next")(layers.LayerNormalization(name="norm")(x))
copier = keras.Model(tokens, scores, name="copier")
kfx.plot_model(copier)

# %% model-explained [markdown]
# The layer `next` gives a score to each of the 32 tokens at each of the 23 places. How many numbers are there to learn?

# %% parameters
copier.count_params()

# %% train-note [markdown]
# ## Watch it learn
#
# `sample_weight` says which places count. Watch the accuracy: it begins at chance, climbs steadily for about two epochs, and
# then only slowly.

# %% train tags=["nbval-ignore-output"]
# Not compared: such a training multiplies differences in the last digit, which each processor makes in its own way.
x_train, y_train, counts_train, _ = repeating(12_800, seed=1)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
copier.compile(keras.optimizers.Adam(3e-3), loss, weighted_metrics=["accuracy"])
history = kfx.fit(copier, x_train, y_train, sample_weight=counts_train, batch_size=64, epochs=5)

# %% tested-note [markdown]
# On texts that it has never seen: is it right at more than four of five places that count? `share_right` will be asked again
# and again.


# %% tested
def share_right():
    guesses = copier.predict(texts, verbose=0).argmax(axis=-1)
    return float((guesses == following)[counts > 0].mean())


print("more than four in five:", share_right() > 0.8)

# %% predict [markdown]
# ## Predict first: which block does the work?
#
# `kfx.silence` sets the scores of heads to 0, so that they add nothing; `kfx.patch` does it as long as the `with` block lasts.
# Silence all heads of the first block, then all of the second. One of 32 tokens is guessed by chance. What is left in each
# case: as good as nothing, or a part? Write down what you expect.

# %% silenced
for attention in ("attention_1", "attention_2"):
    with kfx.patch(copier, {attention: kfx.silence(head=[0, 1, 2, 3])}):
        left = share_right()
    print(f"without {attention}: below 1 in 20 {left < 1 / 20}, between 1 in 10 and 1 in 4 {1 / 10 < left < 1 / 4}")

# %% silenced-explained [markdown]
# Without the first block nothing is left but chance. Without the second one something remains, about one in seven. Seven: that
# is the number of periods between 6 and 12. Keep this suspicion in mind, and look.
#
# ## What the heads look at
#
# `kfx.attention` shows each head as a map: rows ask, columns answer. Look at the heads of `attention_1` for the first text, and
# then, with the menu, at those of `attention_2`.

# %% looks tags=["nbval-ignore-output"]
# Not compared: the figures come from trained weights, and their last digit depends on the machine.
looks = kfx.attention(copier, texts, "attention_*", tokens=LETTERS)
looks

# %% looks-explained [markdown]
# In the first block, the light cells of the strongest heads lie well beside the diagonal: they look back over a stretch of
# places. At a place, the next token is the one that stands 5 places back if the period is 6, and 11 places back if it is 12.
# Which share of its attention does a head give to these seven places?


# %% seven
def share_of_seven(head):
    rows = [head[:, place, place - 11 : place - 4].sum(axis=-1).mean() for place in range(12, 23)]
    return np.mean(rows)


for block in ("attention_1", "attention_2"):
    shares = [share_of_seven(looks[block][:, head]) for head in range(4)]
    print(block, "a head with more than 7 in 10:", max(shares) > 0.7)

# %% seven-explained [markdown]
# So the first block collects candidates from these seven places; it cannot know the period yet. The second one must choose
# among them. Books describe another way: an **induction head**, which looks at the token that followed the last time.
# This network found a way of its own, because only seven periods are possible. Never believe a description: look.
#
# ## What it would say after each block
#
# The layers `norm` and `next` read the residual stream at its end. They can also read it earlier, as if the model ended there:
# this is the **logit lens**, `kfx.lens`. Each column is a place, each row a moment, and each cell the first guess:

# %% lens tags=["nbval-ignore-output"]
# Not compared: the figures come from trained weights, and their last digit depends on the machine.
lens = kfx.lens(copier, texts, tokens=LETTERS, answers=following)
lens

# %% lens-explained [markdown]
# The last row is what the model answers. How often is the right token the first guess after each block, over all texts and all
# places that count?

# %% guesses
first = (lens.answer_rank == 0)[:, counts > 0].mean(axis=1)
print("before block_1, below 1 in 20:", first[0] < 1 / 20)
print("after block_1, between 1 in 10 and 1 in 4:", 1 / 10 < first[1] < 1 / 4)
print("after block_2, above 4 in 5:", first[2] > 4 / 5)

# %% guesses-explained [markdown]
# Chance, one of seven candidates, and almost always right: the same story as before, told without silencing anything.
#
# ## Where the answer is
#
# Take texts with period 12. The next token after the last place, 22, is that of place 11, and it stands there only once. Now
# change it there, and nothing else. `kfx.sweep` runs the model on the changed, **corrupted** texts and puts back the values of
# the clean ones, one layer and one place at a time. Where does that bring the right answer back?

# %% sweep tags=["nbval-ignore-output"]
# Not compared: the figures come from trained weights, and their last digit depends on the machine.
clean = texts[period == 12][:8]
answers = following[period == 12][:8, -1].tolist()
corrupted = clean.copy()
corrupted[:, 11] = (clean[:, 11] + 1) % 32
sweep = kfx.sweep(copier, clean, corrupted, ["embedding", "block_1", "block_2"], metric=answers)
sweep

# %% sweep-explained [markdown]
# In the embedding all depends on place 11, of course. Behind the second block all depends on place 22, where the answer is
# given. And between the two? Here is the share of the answer's score that is brought back there, by place:

# %% travels
restored = (sweep["block_1"] - sweep.corrupted[:, None]).mean(axis=0) / (sweep.clean - sweep.corrupted).mean()
print("place 11 still holds it:", restored[11] > 0.1)
print("the last three places hold most of it:", restored[20:].sum() > 0.8)

# %% steer-note [markdown]
# It has already travelled: the first block has carried the candidate to the last places, and place 11 no longer matters.
#
# The difference of two runs is a *direction* in the residual stream. `kfx.steer` adds it, as strongly as you say, here at the
# last place behind the second block. With the strength 1, the corrupted text should get the answer of the clean one:

# %% steer
ends = [kfx.extract(copier, data[:1], "block_2")["block_2"][0, -1] for data in (clean, corrupted)]
for strength in (0, 1):
    with kfx.patch(copier, {"block_2": kfx.steer(ends[0] - ends[1], strength, position=-1)}):
        said = copier.predict(corrupted[:1], verbose=0)[0, -1].argmax()
    print("strength", strength, "the answer of the clean text:", bool(said == answers[0]))

# %% recap [markdown]
# ## What you have now
#
# - A transformer is a residual stream that blocks of attention read and write. Addresses such as `block_1` lead to it.
# - `kfx.attention` shows what each head looks at; `kfx.silence` inside `kfx.patch` shows whether that matters.
# - `kfx.lens` shows what the model would say after each block, `kfx.sweep` where the answer is, `kfx.steer` turns it.
# - A model does not solve a task in the way that books describe, but in the way that the data allow.
#
# Keras has an example of a larger model of this kind:
# [Text generation with a miniature GPT](https://keras.io/examples/generative/text_generation_with_miniature_gpt/). Go on with
# [14 · Why did the model say that?](14_why_did_the_model_say_that.ipynb).

# %% exercise-note [markdown]
# ## Your turn
#
# Three short exercises. Put your answer in place of `None` and run the cell. Try as often as you like; a solution waits
# behind a click below each.

# %% exercise-1-note [markdown]
# **Exercise 1.** How many parameters does one `MultiHeadAttention(4, 16)` of this model have? Work it out on paper: from 64
# numbers it makes queries, keys and values for 4 heads, 16 numbers each, and from these 64 numbers again; each of the four
# times with a bias.

# %% exercise-1
from kfx import exercises

answer_1 = None
exercises.check("13.1", answer_1)

# %% exercise-1-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("13.1", 4 * (64 * 64 + 64))
# ```
#
# </details>

# %% exercise-2-note [markdown]
# **Exercise 2.** What does the second block write? Take its attention's output and the residual stream before and behind it,
# so the values at `block_1`, `attention_2` and `block_2`, out of `copier` with *one* call of `kfx.extract`, for the first five
# of `texts`. Your answer is what the call returns.

# %% exercise-2
answer_2 = None
exercises.check("13.2", answer_2)

# %% exercise-2-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("13.2", kfx.extract(copier, texts[:5], ["block_1", "attention_2", "block_2"]))
# ```
#
# </details>

# %% exercise-3-note [markdown]
# **Exercise 3.** Write in Python what an induction head does: a function that gets a list of tokens, looks for the last
# earlier place of the token at the end, and returns the token that followed there; `None` where there is no such place. For
# `[5, 3, 8, 5, 3]` it returns 8. Your answer is the function, without brackets behind it.

# %% exercise-3
answer_3 = None
exercises.check("13.3", answer_3)

# %% exercise-3-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# def followed(tokens):
#     for place in range(len(tokens) - 2, -1, -1):
#         if tokens[place] == tokens[-1]:
#             return tokens[place + 1]
#     return None
#
#
# exercises.check("13.3", followed)
# ```
#
# </details>
