"""Models without ``call`` as keras.io writes them, each with data for one step."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

RNG = np.random.default_rng(0)
X = RNG.normal(size=(16, 4)).astype("float32")
Y = RNG.normal(size=(16, 1)).astype("float32")


def unit(name, inputs=4, outputs=4, *more):
    return keras.Sequential([keras.Input((inputs,)), *more, layers.Dense(outputs, name="d")], name=name)


class Net(keras.Model):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.a, self.b = layers.Dense(5, "relu", name="a"), layers.Dense(units, name="b")

    def call(self, x):
        return self.b(self.a(x))


class VAE(keras.Model):
    def __init__(self):
        super().__init__(name="vae")
        self.seeds = keras.random.SeedGenerator(3)
        i = keras.Input((4,))
        h = layers.Dense(6, "relu")(i)
        self.encoder = keras.Model(i, [layers.Dense(2, name="mean")(h), layers.Dense(2, name="log_var")(h)], name="encoder")
        self.decoder = unit("decoder", 2)
        self.total = keras.metrics.Mean(name="loss")

    def train_step(self, data):
        with tf.GradientTape() as tape:
            mean, log_var = self.encoder(data)
            z = mean + ops.exp(0.5 * log_var) * keras.random.normal(ops.shape(mean), seed=self.seeds)
            loss = ops.mean(ops.square(data - self.decoder(z))) - 0.5 * ops.mean(1 + log_var - mean**2 - ops.exp(log_var))
        weights = self.trainable_weights
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        self.total.update_state(loss)
        return {"loss": self.total.result()}


class GAN(keras.Model):
    def __init__(self):
        super().__init__(name="gan")
        self.generator, self.discriminator = unit("generator", 3), unit("discriminator", 4, 1, layers.Dropout(0.3, seed=1))
        self.seeds = keras.random.SeedGenerator(7)

    def compile(self, first, second):
        super().compile()
        self.first, self.held = first, {"second": second}
        self.criterion = keras.losses.BinaryCrossentropy(from_logits=True)

    def train_step(self, real):
        n = ops.shape(real)[0]
        fake = self.generator(keras.random.normal((n, 3), seed=self.seeds))
        labels = ops.concatenate([ops.ones((n, 1)), ops.zeros((n, 1))], 0)
        with tf.GradientTape() as tape:
            d_loss = self.criterion(labels, self.discriminator(ops.concatenate([fake, real], 0), training=True))
        weights = self.discriminator.trainable_weights
        self.first.apply(tape.gradient(d_loss, weights), weights)
        with tf.GradientTape() as tape:
            made = self.generator(keras.random.normal((n, 3), seed=self.seeds))
            g_loss = self.criterion(ops.zeros((n, 1)), self.discriminator(made, training=True))
        weights = self.generator.trainable_weights
        self.held["second"].apply(tape.gradient(g_loss, weights), weights)
        return {"d_loss": d_loss, "g_loss": g_loss}


class Penalty(keras.Model):
    """WGAN-GP: several updates of the critic, each with an inner tape; the optimizers make slots when they are built."""

    def __init__(self):
        super().__init__(name="penalty")
        self.generator, self.critic = unit("generator", 3), unit("critic", 4, 1)

    def compile(self, first, second):
        super().compile()
        self.first, self.second = first, second

    def penalty(self, real, fake):
        between = real + tf.random.uniform([tf.shape(real)[0], 1]) * (fake - real)
        with tf.GradientTape() as inner:
            inner.watch(between)
            scores = self.critic(between, training=True)
        slope = inner.gradient(scores, [between])[0]
        return tf.reduce_mean((tf.norm(slope, axis=1) - 1.0) ** 2)

    def train_step(self, real):
        n = tf.shape(real)[0]
        for _ in range(2):
            with tf.GradientTape() as tape:
                fake = self.generator(tf.random.normal((n, 3)))
                cost = tf.reduce_mean(self.critic(fake)) - tf.reduce_mean(self.critic(real)) + 10 * self.penalty(real, fake)
            weights = self.critic.trainable_variables
            self.first.apply_gradients(zip(tape.gradient(cost, weights), weights, strict=True))
        with tf.GradientTape() as tape:
            cost = -tf.reduce_mean(self.critic(self.generator(tf.random.normal((n, 3)))))
        weights = self.generator.trainable_variables
        self.second.apply_gradients(zip(tape.gradient(cost, weights), weights, strict=True))
        return {"cost": cost}


class Cycle(keras.Model):
    """CycleGAN's identity and cycle losses with one persistent tape."""

    def __init__(self):
        super().__init__(name="cycle")
        self.there, self.back = unit("there"), unit("back")
        self.second = adam()

    def train_step(self, batch):
        x, y = batch
        with tf.GradientTape(persistent=True) as tape:
            first = ops.mean(ops.abs(self.back(self.there(x)) - x))
            second = ops.mean(ops.abs(self.there(self.back(y)) - y))
        for loss, part, optimizer in ((first, self.there, self.optimizer), (second, self.back, self.second)):
            weights = part.trainable_variables
            optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return {"first": first, "second": second}


class Distiller(keras.Model):
    """A frozen teacher, a student that is not built yet, the compiled loss and metrics, a shadow of moving averages."""

    def __init__(self):
        super().__init__(name="distiller")
        self.teacher, self.student, self.shadow = Net(1, name="teacher"), Net(1, name="student"), unit("shadow", 4, 1)
        self.teacher(X[:1])
        self.teacher.trainable = False

    def train_step(self, data):
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            guess = self.student(x, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=guess, sample_weight=weight)
            loss = self.optimizer.scale_loss(loss + ops.mean(ops.square(guess - self.teacher(x, training=False))))
        weights = self.student.trainable_variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        for mean, w in zip(self.shadow.weights, self.shadow.weights, strict=True):
            mean.assign(0.9 * mean + 0.1 * w)
        return self.compute_metrics(x, y, guess, weight)


class Compiled(Distiller):
    """The step is a `tf.function`."""

    @tf.function
    def train_step(self, data):
        return super().train_step(data)


class Keeps(keras.Model):
    """A step that asks for values and puts tensors into a list, a user's object and an attribute."""

    class Pool:
        def __init__(self):
            self.images, self.count = [], 0

    def __init__(self):
        super().__init__(name="keeps")
        self.net, self.pool, self.past, self.table = unit("net"), Keeps.Pool(), [], {}

    def train_step(self, x):
        made = self.net(x)
        if float(ops.mean(made)) > -1e9:
            made = self.net(made)
        self.pool.images.append(made)
        self.pool.count += 1
        self.past.append(made)
        self.table["last"] = made
        self.last = made
        return {"loss": ops.mean(made)}


class Evaluates(keras.Model):
    def __init__(self):
        super().__init__(name="evaluates")
        self.net = unit("net")

    def test_step(self, data):
        return {"score": ops.mean(self.net(data["image"]) - data["label"])}


def compiled(model, *args, **kwargs):
    model.compile(*args, **kwargs)
    return model


def adam():
    return keras.optimizers.Adam()


MADE = {
    "vae": (lambda: compiled(VAE(), adam()), X),
    "gan": (lambda: compiled(GAN(), adam(), keras.optimizers.SGD(momentum=0.9)), X),
    "penalty": (lambda: compiled(Penalty(), adam(), adam()), X),
    "cycle": (lambda: compiled(Cycle(), adam()), (X, X + 1)),
    "distiller": (lambda: compiled(Distiller(), adam(), "mse", metrics=["mae"]), (X, Y)),
    "compiled": (lambda: compiled(Compiled(), adam(), "mse", metrics=["mae"]), (X, Y, np.ones(16, "float32"))),
    "keeps": (lambda: compiled(Keeps(), run_eagerly=True), X),
    "evaluates": (lambda: compiled(Evaluates()), {"image": X, "label": Y}),
}


@pytest.fixture
def made():
    """A function: name -> (a new model, its data)."""

    def make(name):
        keras.utils.clear_session(free_memory=False)
        keras.utils.set_random_seed(5)
        model, data = MADE[name]
        return model(), data

    make.names = list(MADE)
    return make
