# %% title [markdown]
# # 14 · Why did the model say that?
#
# A network that is right for a wrong reason will be wrong tomorrow. You will ask a network for photographs, one that reads
# texts, and one with two inputs, which parts of an input speak for an answer. You will work out both of the famous formulas by
# hand, find out when such a map must not be believed, and look at what a network holds for alike.
#
# *About 30 minutes, after [06](06_several_inputs_and_outputs.ipynb) and [09](09_take_nodes_out_and_use_them_again.ipynb).*
# [한국어로 읽기](../ko/14_why_did_the_model_say_that.ipynb)

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

# %% photos-note [markdown]
# ## Two photographs, two answers
#
# You know SqueezeNet from tutorial 09. It sees a cat and an astronaut; its three best answers for each:

# %% photos
import keras
import numpy as np

net = kfx.datasets.squeezenet(input_shape=(176, 176, 3))
names = kfx.datasets.imagenet_names()
photos = np.stack([kfx.datasets.photo(name, size=176) for name in ("cat", "astronaut")])
x = kfx.datasets.preprocess(photos)
for best in kfx.datasets.decode_predictions(net.predict(x, verbose=0), top=3):
    print(", ".join(f"{name} {share:.2f}" for _, name, share in best))

# %% logit-note [markdown]
# A barbell? To find out why, we give each part of the photograph a share in the answer. That is called **attribution**.
#
# First, a share in which number? The last layer, a softmax, makes probabilities out of 1,000 scores. Such a score is called a
# **logit**. Where a probability is near 1, it hardly moves any more, whatever you change, and its gradient is almost 0. The
# network is quite sure of the espresso in the photograph `coffee`. How large is the largest gradient there, of the probability
# and of the logit?

# %% logit
coffee = kfx.datasets.preprocess(kfx.datasets.photo("coffee", size=176)[None])
largest = []
for logits in (False, True):
    slopes = kfx.gradients(net, coffee, "fire9_concat", logits=logits)["fire9_concat"]
    largest.append(np.abs(slopes).max())
print("more than 100 times smaller:", largest[0] < largest[1] / 100)

# %% gradcam-note [markdown]
# So we ask for the logit, as `kfx.attribute` does where there is one.
#
# ## Grad-CAM by hand
#
# The layer `fire9_concat` holds 512 feature maps of 10 × 10 places. **Grad-CAM** takes the mean of each map's gradient as the
# map's weight: how much would the logit grow if this feature were a little stronger? Then it adds up the maps by their
# weights, and keeps what is positive. That is four lines:

# %% gradcam
values = kfx.extract(net, x[:1], "fire9_concat")["fire9_concat"][0]
slopes = kfx.gradients(net, x[:1], "fire9_concat", logits=True)["fire9_concat"][0]
weights = slopes.mean(axis=(0, 1))
by_hand = np.maximum((weights * values).sum(axis=-1), 0)
found = kfx.attribute(net, x[:1], method="gradcam", layer="fire9_concat")
print(values.shape, weights.shape, by_hand.shape)
print("the map of kfx.attribute:", np.allclose(by_hand, found.coarse["gradcam"][0], atol=1e-3))

# %% integrated-note [markdown]
# ## Integrated gradients by hand
#
# Grad-CAM is as coarse as its layer. **Integrated gradients** give each pixel a share. They walk in a straight line from an
# input that stands for nothing, the **baseline**, to the photograph. Here the baseline is 0, after the preprocessing the mean
# colour of the network's training data. At 20 points on the way they take the gradient; its mean times the way is the map:

# %% integrated
cat = names.index("Egyptian cat")
shares = (np.arange(20) + 0.5) / 20
points = shares[:, None, None, None] * x[0]
slopes = kfx.gradients(net, points, "image", target=cat, logits=True)["image"]
by_hand = x[0] * slopes.mean(axis=0)
by_hand.shape

# %% complete-note [markdown]
# Why along a line? Because then the shares add up to the difference of the two logits, but for the error of only 20 points.
# This is called **completeness**. The layer `global_average` gives the logits:

# %% complete
nothing, all_of_it = kfx.extract(net, np.stack([0 * x[0], x[0]]), "global_average")["global_average"][:, cat]
explained = by_hand.sum() / (all_of_it - nothing)
print(f"logits: baseline {nothing:.0f}, photograph {all_of_it:.0f}")
print("the map explains 95 to 105 %:", 0.95 < explained < 1.05)

# %% side-note [markdown]
# ## Three ways side by side
#
# And the barbell? `kfx.attribute` does all this at once, for all examples. The third way needs no gradient at all:
# **occlusion** covers one part of the photograph after another and looks at what the logit loses. Here Grad-CAM looks at
# `conv10`, the last layer that keeps space. In the live view, choose the cat, or another class:

# %% side
why = kfx.attribute(net, x, class_names=names, images=photos, example=1)
why

# %% side-explained [markdown]
# The three do not agree, and need not: they answer different questions. Grad-CAM says where the last feature maps raise the
# logit; integrated gradients, how the logit is shared out from the baseline on; occlusion, what it would lose. What speaks for
# the answer is blue, what speaks against it orange. The last line checks the sum; here are the errors of both photographs:

# %% errors
print("both sums are right but for 2 %:", (why.completeness.error < 0.02).all())
print("points on the way:", why.completeness.steps)

# %% barbell-explained [markdown]
# Grad-CAM and occlusion point to the collar of the space suit, a dark ring. An astronaut is not among the 1,000 answers, so
# the network takes what comes nearest. But a map is only a suspicion. Test it: cover the collar, and then a part of the suit
# of the same size.

# %% cover
barbell = names.index("barbell")
for name, (top, left) in {"nothing": (176, 0), "the collar": (52, 36), "the suit": (124, 36)}.items():
    covered = x[1:].copy()
    covered[:, top : top + 50, left : left + 72] = 0
    print(f"barbell with {name} covered: {net.predict(covered, verbose=0)[0, barbell]:.1f}")

# %% predict [markdown]
# ## Predict first: what does a network see that has learnt nothing?
#
# Now shuffle all the weights of a copy. It knows no barbells any more. We ask it for integrated gradients of the same
# photograph and the same class. Will the map show noise, or the astronaut? Write down what you expect.

# %% shuffled
random = np.random.default_rng(0)
shuffled = keras.models.clone_model(net)
shuffled.set_weights([random.permutation(w.ravel()).reshape(w.shape) for w in net.get_weights()])
blind = kfx.attribute(shuffled, x[1:], target=barbell, method="integrated", class_names=names, images=photos[1:])
blind

# %% shuffled-explained [markdown]
# You can make out the collar, the rocket and the helmet. The network has learnt nothing; but it reacts to edges, as any
# convolution does, and the formula multiplies by the pixels. **A map that looks sensible proves nothing.** Compare the two
# maps, ordered by size (this is a rank correlation: 1 for the same order, 0 for nothing in common), with their signs and
# without:


# %% ranks
def ranks(values):
    return values.ravel().argsort().argsort()


one, other = (found["integrated"][-1].sum(axis=-1) for found in (why, blind))
print(f"with signs:    {abs(np.corrcoef(ranks(one), ranks(other))[0, 1]):.1f}")
print(f"without signs: {np.corrcoef(ranks(np.abs(one)), ranks(np.abs(other)))[0, 1]:.1f}")

# %% sanity-note [markdown]
# What is for and what against has changed completely; *where* something happens has partly remained. So always check whether a
# map depends on what was learnt. `.sanity` shuffles the weights of ever more layers, from the last to the first:

# %% sanity
check = why.sanity("gradcam")
print("layers:", check.layers[0], "to", check.layers[-1])
print("the map changes with the weights:", check.changes)

# %% words-note [markdown]
# ## Coloured words
#
# Texts are numbers of words, and between two numbers there is no straight line. So `kfx.attribute` walks from 0 to the vectors
# of the embedding and adds up each word's numbers. Here are the tickets of tutorial 06 again:

# %% words-model
from keras import layers

keras.utils.set_random_seed(14)  # the same numbers on every run
data = kfx.datasets.tickets(1600)
tickets = {"title": data.title, "body": data.body, "tags": data.tags}
inputs = [keras.Input((None,), dtype="int32", name=name) for name in ("title", "body")] + [keras.Input((12,), name="tags")]
read = [layers.LSTM(n)(layers.Embedding(10_000, 64, mask_zero=True)(i)) for n, i in zip((128, 32), inputs, strict=False)]
together = layers.concatenate([*read, inputs[2]])
outputs = [layers.Dense(1, "sigmoid", name="priority")(together), layers.Dense(4, "softmax", name="department")(together)]
ticket_model = keras.Model(inputs, outputs, name="ticket_model")
ticket_model.count_params()

# %% words-note-2 [markdown]
# `mask_zero=True` tells the `LSTM` to skip the zeros that fill up a row. Why does a ticket without tags seem urgent to the
# model?

# %% words
ticket_model.compile("rmsprop", loss=["binary_crossentropy", "categorical_crossentropy"], loss_weights=[1, 0.2])
ticket_model.fit(tickets, data.y, batch_size=32, epochs=4, verbose=0)
said = "My card was charged two times. I need a solution immediately. Kind regards."
ticket = {"title": data.encode("Wrong amount"), "body": data.encode(said), "tags": np.zeros((1, 12), "float32")}
shown = {"tokens": {"title": data.vocabulary, "body": data.vocabulary}, "columns": {"tags": list(kfx.datasets.TAGS)}}
urgent = kfx.attribute(ticket_model, ticket, target={"priority": 0}, **shown)
urgent

# %% words-explained [markdown]
# "Need a solution immediately" makes it urgent. Read the numbers too: each input has its own scale of colours, so the title is
# as dark as the body, although its words hardly matter here. And why does the ticket go to its department? The same ticket, the
# other output:

# %% department
departments = {"department": kfx.datasets.DEPARTMENTS}
who = ticket_model.predict(ticket, verbose=0)[1].argmax()
sent = kfx.attribute(ticket_model, ticket, target={"department": int(who)}, class_names=departments, **shown)
sent

# %% department-explained [markdown]
# This time it is the title. For each of both, how large a share of all that the words contribute, with or without a minus
# sign, comes from the title?

# %% title-share
for name, found in (("priority", urgent), ("department", sent)):
    title, body = (np.abs(found["integrated"][part]).sum() for part in ("title", "body"))
    print(f"{name}: more than half from the title: {title > body}")

# %% pair-note [markdown]
# ## Two inputs and a nested model
#
# Which of two handwritten digits is larger, the left one? A nested model, `reader`, reads both, and the network around it
# compares. Nobody tells it which digits it sees: it only learns yes or no. How many parameters are there, and how many of them
# in `reader`, which both sides share?

# %% pair
image = keras.Input((28, 28, 1), name="image")
h = layers.Conv2D(16, 5, strides=2, activation="relu", name="conv_1")(image)
h = layers.MaxPooling2D(name="pool")(layers.Conv2D(32, 3, activation="relu", name="conv_2")(h))
reader = keras.Model(image, layers.Dense(32, activation="relu", name="code")(layers.Flatten()(h)), name="reader")
sides = [keras.Input((28, 28, 1), name=name) for name in ("left", "right")]
h = layers.Dense(32, activation="relu", name="compare")(layers.concatenate([reader(side) for side in sides]))
larger = keras.Model(sides, layers.Dense(1, activation="sigmoid", name="larger")(h), name="larger")
larger.compile("adam", "binary_crossentropy", metrics=["accuracy"])
larger.count_params(), reader.count_params()

# %% pairs-note [markdown]
# Eight thousand pairs of digits to learn from, without equal ones, and 600 new pairs to test it:


# %% pairs
def pairs(images, labels, seed, count):
    one, other = np.random.default_rng(seed).integers(0, len(images), (2, count))
    one, other = one[labels[one] != labels[other]], other[labels[one] != labels[other]]
    scaled = images[..., None].astype("float32") / 255
    return {"left": scaled[one], "right": scaled[other]}, (labels[one] > labels[other]).astype("float32")


train, (test_images, test_labels) = kfx.datasets.digits()
larger.fit(*pairs(*train, 1, 8000), batch_size=64, epochs=4, verbose=0)
test_pairs, answers = pairs(test_images, test_labels, 2, 600)
checked = kfx.evaluate(larger, test_pairs, answers)
checked

# %% worst-note [markdown]
# More than nine in ten are right. `kfx.evaluate` also lists the worst mistakes, so that you can ask for the reason of one.
# With two inputs there are two maps:

# %% worst
number = checked.worst[0].number
pair = {name: images[[number]] for name, images in test_pairs.items()}
mistake = kfx.attribute(larger, pair, method="integrated")
mistake

# %% worst-explained [markdown]
# Blue speaks for "the left one is larger", orange against it. The shares of both inputs together add up to the difference of
# the logits; one input alone would not do. (For pictures without negative values the baseline is grey. So the black around a
# digit has a share too.)

# %% worst-sum
parts = sum(found.sum() for found in mistake["integrated"].values())
difference = mistake.completeness.score[0] - mistake.completeness.baseline[0]
print("left and right together explain 95 to 105 %:", bool(0.95 < parts / difference < 1.05))

# %% examples-note [markdown]
# ## Ask a channel instead
#
# So far: one example, and what matters in it. Now the other way round: one channel, and which examples drive it most. Of 600
# pieces of the photographs, `kfx.examples` finds the strongest ones:

# %% examples
body = kfx.datasets.squeezenet(input_shape=(32, 32, 3), include_top=False)
(pieces, places), _ = kfx.datasets.patches(600, 10)
seen = kfx.datasets.preprocess(pieces)
strong = kfx.examples(body, seen, "fire5_concat", 10, count=6, images=pieces, labels=places)
strong

# %% map-note [markdown]
# ## What the network holds for alike
#
# `kfx.embed` draws each example as a point. Near points have similar features. Here are the 600 pieces, coloured by the
# photograph that they come from; `body` was never told about these six:

# %% map
kfx.embed(body, seen, "fire5_concat", labels=places, class_names=kfx.datasets.PHOTO_NAMES, images=pieces)

# %% digits-note [markdown]
# And the digits in `reader`, which was only told which of two is larger? Look at the colours from one side of the map to the
# other:

# %% digits
scaled = test_images[:500, ..., None].astype("float32") / 255
codes = kfx.extract(reader, scaled, "code")
digits_map = kfx.embed(None, codes, "code", labels=test_labels[:500], images=test_images[:500])
digits_map

# %% digits-explained [markdown]
# The digits from 1 to 9 lie more or less in their order. Nobody has told the network that there is one; it was the best way to
# answer. How well does a point's place along the first axis go with its digit (1: perfectly, 0: not at all)?

# %% order
known = test_labels[:500] > 0
along = np.corrcoef(digits_map.points[known, 0], test_labels[:500][known])[0, 1]
print("above 0.7:", abs(along) > 0.7)

# %% recap [markdown]
# ## What you have now
#
# - `kfx.attribute` gives each part of an input a share in an answer: pixels, words, columns, of one or several inputs.
# - Grad-CAM weighs feature maps by their gradients; integrated gradients share out the difference from a baseline completely;
#   occlusion covers and looks.
# - A map is a suspicion. Cover what it shows; compare it with the map of a network that has learnt nothing (`.sanity`).
# - `kfx.examples` and `kfx.embed` go the other way: from the network's features to the data.
#
# Keras has an example of each formula: [Grad-CAM class activation visualization](https://keras.io/examples/vision/grad_cam/)
# and [Model interpretability with Integrated Gradients](https://keras.io/examples/vision/integrated_gradients/). On gradients
# in general: [Writing a training loop from scratch](https://keras.io/guides/writing_a_custom_training_loop_in_tensorflow/).
# Go on with [15 · When training goes wrong](15_when_training_goes_wrong.ipynb).

# %% exercise-note [markdown]
# ## Your turn
#
# Three short exercises. Put your answer in place of `None` and run the cell. Try as often as you like; a solution waits behind
# a click below each.

# %% exercise-1-note [markdown]
# **Exercise 1.** Integrated gradients of an input with four columns: the logit is 36, that of the baseline 4. Three columns
# have the shares 10, 15 and −3. Which share does the fourth have, if completeness holds?

# %% exercise-1
from kfx import exercises

answer = None
exercises.check("14.1", answer)

# %% exercise-1-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("14.1", (36 - 4) - (10 + 15 - 3))
# ```
#
# </details>

# %% exercise-2-note [markdown]
# **Exercise 2.** Write integrated gradients for a single number: a function of `slope`, `baseline` and `value`, in this order.
# `slope` is a function that returns the slope at one point. Take 100 points. For a slope of `2 * x`, from 1 to 3, the result
# must be near 8. Your answer is the function, without parentheses after it.

# %% exercise-2
answer = None
exercises.check("14.2", answer)

# %% exercise-2-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# def integrated(slope, baseline, value):
#     way = value - baseline
#     return way * sum(slope(baseline + (n + 0.5) / 100 * way) for n in range(100)) / 100
#
#
# exercises.check("14.2", integrated)
# ```
#
# </details>

# %% exercise-3-note [markdown]
# **Exercise 3.** Explain the model `larger` on the first pair of `test_pairs`, by occlusion only. Cover squares of 7 × 7
# pixels that do not overlap, so that there are 4 × 4 of them in each picture. Your answer is what `kfx.attribute` returns.

# %% exercise-3
answer = None
exercises.check("14.3", answer)

# %% exercise-3-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# first = {name: images[:1] for name, images in test_pairs.items()}
# exercises.check("14.3", kfx.attribute(larger, first, method="occlusion", patch=7, stride=7))
# ```
#
# </details>
