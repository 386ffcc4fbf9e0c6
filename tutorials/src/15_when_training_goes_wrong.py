# %% title [markdown]
# # 15 · When training goes wrong
#
# A training that goes wrong seldom says why. The loss becomes NaN, or stands still, or everything looks splendid and the
# model fails in use. You will break a small network in many ways, one thing at a time, and learn for each what it looks
# like, where to look, and what helps: in the layers, in the confusion matrix, in the pixels, in the data themselves. At
# the end you write a panel of your own that watches for what matters to you.
#
# *About 25 minutes, after [02](02_train_evaluate_predict.ipynb) and [07](07_a_small_residual_network.ipynb).*
# [한국어로 읽기](../ko/15_when_training_goes_wrong.ipynb)

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
# ## A training that goes well
#
# You cannot see what is wrong before you know what right looks like. The data are the 5,000 digits that come with
# `kfx`, as images of 28 × 28 pixels with one channel.

# %% data
import keras
import numpy as np
from keras import layers

(x_train, y_train), (x_test, y_test) = kfx.datasets.digits()
x_train, x_test = x_train[..., None].astype("float32") / 255, x_test[..., None].astype("float32") / 255
x_train.shape, x_test.shape

# %% network-note [markdown]
# One function makes every network of this notebook: a number of dense layers between the image and the ten
# probabilities. It begins from the same seed each time, and it compiles, so whatever is different between two trainings
# is what you changed.


# %% network
def network(depth=2, activation="relu", rate=0.1):
    keras.utils.set_random_seed(7)
    image = keras.Input((28, 28, 1), name="image")
    x = layers.Flatten(name="flat")(image)
    for n in range(1, depth + 1):
        x = layers.Dense(64, activation, name=f"dense_{n}")(x)
    model = keras.Model(image, layers.Dense(10, "softmax", name="digit")(x), name="digits")
    model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


network().count_params()

# %% well
test = {"batch_size": 64, "validation_data": (x_test, y_test)}
well = network()
history = kfx.fit(well, x_train, y_train, epochs=3, **test)

# %% well-explained [markdown]
# Both losses fall, fast in the beginning, and the network is soon right far more often than one time in ten. In the
# table of layers every row has a gradient, and an update that is small beside the weights but not nothing.
#
# ## Predict first: the learning rate, 100 times too high
#
# 0.1 was a good learning rate. Now it is 10. What will you see: NaN, a loss that jumps about, or a loss that stands
# still? And what will the layers say?

# %% predict-rate
history = kfx.fit(network(rate=10.0), x_train, y_train, epochs=2, **test)

# %% rate-explained [markdown]
# No NaN and no warning: the loss stands still, near 2.3. That number is worth knowing by heart. A model that knows
# nothing gives each of ten classes a tenth, and its loss is −log(1/10) = 2.3. Whenever a loss stays there, the model
# learns nothing from its images.
#
# The table says why: all units are dead, and the layer *does not move*. A **dead unit** is one whose `relu` gives 0 for
# every image. The first steps were so
# large that they threw the weights to where everything is negative. And behind a dead unit nothing comes back:

# %% dead
layer_table = kfx.runs[-1].to_pandas("layers").set_index("layer")
layer_table.groupby("layer", sort=False)[["gradient", "dead"]].last().round(1).loc[["dense_1", "dense_2"]]

# %% dead-explained [markdown]
# The gradient is 0 as well, and it stays so: no training brings these layers back to life, not even with a better
# learning rate. What helps is a new start with a smaller rate. A few dead units are no harm; a whole layer of them is
# the end.
#
# ## NaN: who broke first?
#
# With another activation the same mistake ends in NaN, which is "not a number". `elu` never dies, so nothing stops the
# values from growing. This time the rate is right for two epochs, and then a slip in the schedule makes 10 of 0.1.
#
# `LayerMonitor(every=1, stop_on_nan=True)` looks at each step and stops at the first value that is not finite;
# `Checkpoints()` keeps the state at the end of each epoch:

# %% nan
slip = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 if epoch < 2 else 10.0)
kept = kfx.callbacks.Checkpoints()
watch = kfx.callbacks.LayerMonitor(every=1, stop_on_nan=True)
broken = network(3, "elu")
history = kfx.fit(broken, x_train, y_train, epochs=4, callbacks=[slip, kept, watch], **test)

# %% nan-where
broke = kfx.runs[-1].facts()["broke"]
print(f"epoch {broke['epoch']}, step {broke['in_epoch']} of it, first at {broke['layer']}")

# %% nan-explained [markdown]
# A handful of steps after the slip. The layer that is named is where to look first: the one whose values were not finite
# while those before it still were. Without it you would see NaN everywhere, because NaN plus anything is NaN.
#
# ## Rewind, and go on
#
# The two good epochs need not be lost. One checkpoint was kept at the end of the broken epoch, too; its label says that it
# is not finite, and `rewind` passes it over. A checkpoint holds the optimizer as well, and the learning rate with it:

# %% rewind
print([checkpoint.label for checkpoint in kept.all])
print(kept.rewind(), "with the learning rate", round(float(broken.optimizer.learning_rate), 3))
history = kfx.fit(broken, x_train, y_train, initial_epoch=2, epochs=4, **test)

# %% rewind-explained [markdown]
# Two epochs more, as if nothing had happened. While `kfx.fit` runs, a button above the curves does the same.

# %% sigmoid-note [markdown]
# ## Twelve sigmoid layers
#
# Now a network that is deep, with the activation of the old days. Nothing is too large here, and no unit is dead:

# %% sigmoid
history = kfx.fit(network(12, "sigmoid"), x_train, y_train, epochs=2, **test)

# %% sigmoid-explained [markdown]
# The loss stands at 2.3 again, from another cause. Read the gradients from `digit` at the end up to `dense_2`: each
# layer's is a few times smaller than that of the layer after it. A sigmoid is steep nowhere: its slope is at most a
# quarter, so each layer hands back little, and twelve of them next to nothing. You have met the vanishing
# gradient in [07](07_a_small_residual_network.ipynb). How small has it become at the front?

# %% vanished
gradient = kfx.runs[-1].to_pandas("layers").groupby("layer")["gradient"].last()
print("at the front less than a 100,000th of that at the end:", gradient["dense_1"] < gradient["dense_12"] / 100_000)

# %% few-note [markdown]
# *Hardly moves*, the table says of a layer whose update is far too small for its weights. A larger rate does not help:
# it multiplies every step alike, and the front stays as far behind. Other activations do, skip connections and
# normalization too; the third exercise is about that.
#
# ## A hundred images
#
# The next training is perfect, if you look at one curve only:

# %% few
small = network()
few = {"x": x_train[:100], "y": y_train[:100], "batch_size": 10, "validation_data": (x_test[:500], y_test[:500])}
history = kfx.fit(small, **few, epochs=24, validation_batch_size=500)

# %% few-curves
found = history.history
best = int(np.argmin(found["val_loss"]))
print("every training image right:", found["accuracy"][-1] == 1)
print("validation loss best in the first half, then rising:", best < 12 and found["val_loss"][-1] > found["val_loss"][best])

# %% few-explained [markdown]
# Every training image is right, and the validation loss has long been rising: **overfitting**, the network knows the
# hundred images by heart. What helps, in this order: more data; fewer epochs, by
# `keras.callbacks.EarlyStopping(restore_best_weights=True)`; regularization such as `Dropout`. Keep `small`: bad as it is,
# you will need it.
#
# ## Labels that belong to other images
#
# A file of images and a file of labels. Somewhere on the way one row was lost, and each label belongs to the image
# before. Beside it a training with labels that were shuffled altogether:

# %% labels
off = np.roll(y_train, 1)
shuffled = np.random.default_rng(0).permutation(y_train)
for name, labels in {"right": y_train, "one off": off, "shuffled": shuffled}.items():
    found = network().fit(x_train, labels, epochs=2, verbose=0, **test).history
    print(f"{name:9} training loss {found['loss'][-1]:.1f}, right on test data: {found['val_accuracy'][-1] > 0.5}")

# %% labels-explained [markdown]
# 2.3 once more, now with healthy layers. When gradients flow, nothing is dead and nothing is learnt, suspect the data.
# Always look at some images with their labels. And a clever test tells the two apart: `small` has learnt from a hundred
# images that you labelled by hand, say. How often do its predictions agree with the labels of the file, moved by a few
# rows up or down?

# %% shifts
guess = small.predict(x_train[100:], verbose=0).argmax(axis=1)
for name, labels in {"one off": off, "shuffled": shuffled}.items():
    agree = [np.mean(guess == np.roll(labels, -shift)[100:]) for shift in (-2, -1, 0, 1, 2)]
    print(f"{name:9}", *(f"{share:.1f}" for share in agree))

# %% numbered-note [markdown]
# One tenth is chance. The labels that are one row off agree with the images after a move by one, and the damage can be
# repaired; for shuffled labels no move helps.
#
# ## Labels numbered from one
#
# Somebody has counted the classes of the test data from 1, and 10 became 0. `kfx.callbacks.Evaluate` shows at each
# epoch's end what the model gets wrong:

# %% numbered
wrong = (y_test + 1) % 10
matrix = kfx.callbacks.Evaluate(x_test, wrong, examples=6)
history = kfx.fit(network(), x_train, y_train, epochs=2, batch_size=64, validation_data=(x_test, wrong), callbacks=matrix)

# %% numbered-explained [markdown]
# The training loss falls and the validation accuracy is nearly 0. That is not chance, chance would be a tenth: somebody
# who is wrong *every* time knows the answer. The **confusion matrix** has a row for each true class and a column for each
# predicted one, and here its diagonal has moved by one place. A model that knows nothing has no diagonal at all.
#
# ## A pixel that gives it away
#
# The most dangerous mistake looks like success. Suppose the scanner left a mark: one bright pixel in the top row, whose
# column is the digit. This is a **leak**: something in the data that tells the label and will not be there in use.


# %% leak
def marked(images, digits):
    images = images.copy()
    images[np.arange(len(images)), 0, digits] = 1
    return images


leaky = network(rate=0.2)
leaky.fit(marked(x_train, y_train), y_train, batch_size=64, epochs=6, verbose=0)
for name, digits in {"right mark": y_test, "wrong mark": (y_test + 1) % 10}.items():
    print(name, round(leaky.evaluate(marked(x_test, digits), y_test, verbose=0)[1], 1))

# %% leak-explained [markdown]
# With the mark nearly all is right, on test data, too, for they came from the same scanner. With a wrong mark, three
# answers in ten are wrong. That is why a validation set
# does not find a leak. But ask the model which pixels speak for its answer, and you see it. `kfx.attribute` makes a
# map for each image:

# %% attribute
seen = kfx.attribute(leaky, marked(x_test, y_test)[:4], method="integrated", baseline=0.0)
seen

# %% attribute-explained [markdown]
# One dark spot is in the top row, where no part of the digit is. (Colours are cut off at the end, as the line below the
# map says; the spot is stronger than it looks.) One map could be an accident; so take 100, by the quicker method of
# gradient times input, and ask in which row the strongest pixel lies. For comparison the same with the network that
# never saw a mark in training:

# %% rows
for name, model in {"leaky": leaky, "trained without marks": well}.items():
    maps = kfx.attribute(model, marked(x_test, y_test)[:100], method="gradient_x_input", batch_size=100)
    rows = np.abs(maps["gradient_x_input"][..., 0]).max(axis=2).argmax(axis=1)
    print(f"{name}: strongest pixel in the top row for most images: {np.mean(rows == 0) > 0.5}")

# %% shape-note [markdown]
# ## Data that do not fit
#
# The last mistake is the most frequent one, and the only one that says so. Here the images were made flat, as in tutorial
# 02, but this network wants them as images. Below the error `kfx` shows where the data and the model part, and repairs
# that it has tried:

# %% shape tags=["raises-exception"]
flat, fresh = x_train.reshape(-1, 784), network()
kfx.fit(fresh, flat, y_train)

# %% onehot-note [markdown]
# With plain `model.fit` the same is shown, as the first cell has loaded the extension of `kfx`; anywhere else
# `kfx.explain_error()` returns it. Labels and loss can disagree as well:

# %% onehot
onehot = keras.utils.to_categorical(y_train)
try:
    fresh.fit(x_train, onehot, verbose=0)
except ValueError as error:
    explained = kfx.explain_error(error)
explained

# %% panel-note [markdown]
# ## A panel of your own
#
# What no general view can know is what matters in *your* task. Say that confusing 4 and 9 is expensive. A class with a
# `title` and `on_epoch` is a panel: a dictionary of numbers becomes curves, a list of texts becomes lines.


# %% panel
class Expensive(kfx.callbacks.Panel):
    title = "4 and 9"

    def on_epoch(self, run, logs):
        guess = run.model.predict(x_test, verbose=0).argmax(axis=1)
        return {
            "4 read as 9": np.mean(guess[y_test == 4] == 9),
            "9 read as 4": np.mean(guess[y_test == 9] == 4),
        }


history = kfx.fit(network(), x_train, y_train, epochs=3, callbacks=Expensive(), **test)

# %% recap [markdown]
# ## What you have now
#
# | What you see | Perhaps | Where to look |
# |---|---|---|
# | loss near 2.3 (ten classes), units dead | learning rate too high | table of layers; begin anew |
# | NaN | learning rate too high | `LayerMonitor(every=1, stop_on_nan=True)`; rewind |
# | loss near 2.3, front layers *hardly move* | vanishing gradient | gradients by layer; activation, skips |
# | training perfect, validation gets worse | overfitting | both curves; more data, fewer epochs |
# | loss near 2.3, layers healthy | labels of other images | images with their labels |
# | training well, validation nearly 0 | labels numbered differently | confusion matrix |
# | everything perfect | a leak | `kfx.attribute` |
# | an error in `fit` | shapes, labels, loss | the panel below it, `kfx.explain_error()` |
#
# And before anything else: does the network learn a hundred images by heart? If it cannot do even that, the fault is in
# the network or the labels, and you have found out in seconds.
#
# Keras's own words on this: [Training & evaluation with the built-in
# methods](https://keras.io/guides/training_with_built_in_methods/) and [Writing your own
# callbacks](https://keras.io/guides/writing_your_own_callbacks/).

# %% exercise-note [markdown]
# ## Your turn
#
# Three short exercises. Put your answer in place of `None` and run the cell. Try as often as you like; a solution waits
# behind a click below each.

# %% exercise-1-note [markdown]
# **Exercise 1.** A model sorts tickets into *four* departments with a softmax and cross-entropy. Near which loss, to two
# digits after the point, does it stay if it learns nothing?

# %% exercise-1
from kfx import exercises

answer_1 = None
exercises.check("15.1", answer_1)

# %% exercise-1-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("15.1", round(-np.log(1 / 4), 2))
# ```
#
# </details>

# %% exercise-2-note [markdown]
# **Exercise 2.** Weights that grow and grow announce a NaN. Write a panel `Largest` whose `on_epoch` returns a dictionary
# with one number: the largest absolute value among all weights of the model, biases included. `run.model.get_weights()`
# is a list of arrays. Your answer is the class, without parentheses after it.

# %% exercise-2
answer_2 = None
exercises.check("15.2", answer_2)

# %% exercise-2-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# class Largest(kfx.callbacks.Panel):
#     def on_epoch(self, run, logs):
#         return {"largest": max(np.abs(weights).max() for weights in run.model.get_weights())}
#
#
# exercises.check("15.2", Largest)
# ```
#
# </details>

# %% exercise-3-note [markdown]
# **Exercise 3.** Mend the deep network: from `keras.Input((28, 28, 1))` to ten probabilities, with at least twelve hidden
# dense layers, and not linear. The gradient of the first dense layer's kernel must be at least a hundredth of that of the
# last hidden one's, before any training. The check measures it on digits.

# %% exercise-3
answer_3 = None
exercises.check("15.3", answer_3)

# %% exercise-3-solution [markdown]
# <details><summary>A solution</summary>
#
# ```python
# exercises.check("15.3", network(12, "elu"))
# ```
#
# </details>
