"""Models that the views are tried on, as the code of a notebook's first cell."""

# `hostile` gets its names afterwards, since Keras itself refuses some of them.
MODELS = """
%load_ext kfx
import keras, kfx
from keras import layers

def encoder():
    x = keras.Input((16, 16, 3), name="pixels")
    y = layers.Conv2D(8, 3, padding="same", activation="relu", name="first")(x)
    z = layers.Conv2D(8, 3, padding="same", name="second")(y)
    return keras.Model(x, layers.Add(name="both")([y, z]), name="encoder")

image = keras.Input((16, 16, 3), name="image")
x = encoder()(image)
x = layers.GlobalAveragePooling2D(name="pool")(x)
nested = keras.Model(image, layers.Dense(10, activation="softmax", name="scores")(x), name="nested")

names = ["<script>window.kfxHarm=1</script>", "<img src=x onerror=alert(1)>", "a<b>&c", 'quoted" onload="alert(2)', "n" * 10000,
         "two\\nlines", "합성곱", "🦊", "טבלה", "half\\ud83d", "bell\\x07\\x1b[31m", '"quoted\\\\', "טבלה\\u202egnorw"]
x = harm = keras.Input((4,), name="start")
for _ in names:
    x = layers.Dense(4)(x)
hostile = keras.Model(harm, x, name="hostile")
for layer, name in zip(hostile.layers[1:], names):
    layer.name = name
hostile.name = names[0]
"""

# What a reader sees of the names of `hostile`'s layers, by hand: all of it, and what hides or moves text as an escape.
SEEN = (
    "<script>window.kfxHarm=1</script>", "<img src=x onerror=alert(1)>", "a<b>&c", 'quoted" onload="alert(2)', "n" * 10_000,
    r"two\nlines", "합성곱", "🦊", "טבלה", r"half\ud83d", r"bell\x07\x1b[31m", '"quoted\\', r"טבלה\u202egnorw",
)  # fmt: skip
