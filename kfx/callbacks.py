"""Callbacks to watch and control a training; each works alone in a plain ``model.fit``, several in one fit share one view."""

from __future__ import annotations

from kfx.training.callbacks import Checkpointing, Commanding, Monitoring, Recording, Showing
from kfx.training.monitor.monitor import Monitor
from kfx.training.run.session import Session
from kfx.views.live_graph.view import GraphWatcher
from kfx.views.training.evaluating import Evaluating
from kfx.views.training.live import show_live

__all__ = ["Checkpoints", "Controls", "Curves", "Evaluate", "LayerMonitor", "LiveGraph", "Panel", "Progress"]


class Curves(Recording):
    """Draw every log while the model trains: by batch and by epoch, training and validation, one chart a log.

    In a terminal or a script nothing is drawn; the journal is kept all the same.

    Attributes:
        journal: Everything that was recorded of the newest fit; ``journal.to_pandas()`` is a table of its epochs.

    Example:
        >>> import keras, kfx, numpy as np
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros")], name="line")
        >>> model.compile("sgd", "mse")
        >>> history = model.fit(np.ones((8, 2)), np.ones(8), verbose=0, callbacks=[curves := kfx.callbacks.Curves()])
        fit 'line': done, 1 epoch, loss 1.0
        >>> curves.journal.to_pandas()["loss"].tolist()
        [1.0]
    """

    def join(self, session: Session) -> None:
        show_live(session, "curves")


class Progress(Recording):
    """Show how far a training is: epochs as a bar, steps a second, time left, the best epoch so far.

    Prints nothing but one line at the end in a terminal and in CI.

    Example:
        >>> import keras, kfx, numpy as np
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros")], name="line")
        >>> model.compile("sgd", "mse")
        >>> history = model.fit(np.ones((8, 2)), np.ones(8), verbose=0, callbacks=[kfx.callbacks.Progress()])
        fit 'line': done, 1 epoch, loss 1.0
    """

    def join(self, session: Session) -> None:
        show_live(session, "progress")


class LayerMonitor(Monitoring):
    """Watch every layer while the model trains: gradient, weights, update ÷ weight, activations, dead units.

    The numbers are taken inside the model's own compiled train step on the batch it trains on; training is bit for bit what
    it is without. Where values stop being finite, the first layer is named. The monitor reports its own cost.

    Args:
        every: Look at the first step and then every so many steps. None spreads 20 to 41 looks over the run, some in each
            epoch, not among the first steps; about 20 of them and the last one are always made, others left out where looking
            takes more than about 2.5 % of the run. Only of those something is printed in the end, so that the same training
            prints the same.
        gradients: Read the gradients. None does so unless the model is compiled with ``jit_compile``, where reading them may
            change the last bit of the weights.
        stop_on_nan: Stop the training at the first value that is not finite.

    Raises:
        ValueError: ``every`` is not a whole number of at least 1.

    Example:
        >>> import keras, kfx, numpy as np
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros")], name="line")
        >>> model.compile("sgd", "mse")
        >>> history = model.fit(np.ones((8, 2)), np.ones(8), verbose=0, callbacks=[watch := kfx.callbacks.LayerMonitor()])
        fit 'line': done, 1 epoch, loss 1.0
        >>> round(float(watch.journal.now("gradient")[-1]), 2)
        3.46
    """

    def join(self, session: Session) -> None:
        super().join(session)
        show_live(session, "layers")


class LiveGraph(Recording):
    """Draw the model and colour its layers by their gradient, update ÷ weight, zeros or dead units while it trains.

    The drawing is laid out once. Without a `LayerMonitor` in the same fit, it adds one of its own.

    Example:
        >>> import keras, kfx, numpy as np
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="out")], name="line")
        >>> model.compile("sgd", "mse")
        >>> history = model.fit(np.ones((8, 2)), np.ones(8), verbose=0, callbacks=[graph := kfx.callbacks.LiveGraph()])
        >>> [layer.key for layer in graph.journal.layers if layer.weights]
        ['out']
    """

    def join(self, session: Session) -> None:
        if session.run.monitor is None:
            session.run.monitor = Monitor(every=None, gradients=None, stop_when_broken=False)
        session.watchers.insert(0, GraphWatcher())


class Checkpoints(Checkpointing):
    """Keep copies of the whole state in memory, weights and optimizer, and put one back bit for bit.

    Args:
        when: ``"epoch"``: at each epoch's end; ``"best"``: where the validation loss is the best so far; ``"asked"``: only by
            hand.
        keep: How many are kept; the oldest is removed first, the best one last.
        memory: Most bytes in all; one checkpoint is always kept.

    Raises:
        ValueError: An unknown ``when``, or ``keep`` below 1.

    Example:
        >>> import keras, kfx, numpy as np
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> history = model.fit(np.ones((8, 2)), np.ones(8), verbose=0, callbacks=[kept := kfx.callbacks.Checkpoints()])
        >>> kept.rewind()
        'rewound to epoch 1'
    """


class Controls(Commanding):
    """Stop, pause, change the learning rate, take a checkpoint and rewind while the model trains, by buttons or by code.

    Commands are carried out at the end of a batch. The notebook's own interrupt stops as cleanly, everywhere.

    Example:
        >>> import keras, kfx, numpy as np
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros")], name="line")
        >>> model.compile("sgd", "mse"); controls = kfx.callbacks.Controls()
        >>> early = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: controls.ask("stop"))
        >>> history = model.fit(np.ones((8, 2)), np.ones(8), epochs=9, verbose=0, callbacks=[controls, early])
        fit 'line': stopped, 1 epoch, loss 1.0
    """

    def join(self, session: Session) -> None:
        show_live(session, "controls")


class Evaluate(Evaluating):
    """Show what the model gets wrong at the end of each epoch, on data that you give: confusion and the worst examples.

    The figures are those of `kfx.evaluate` on the same data, from a pass of its own that leaves the training as it is. The
    panel is shown live, in the finished run and in a saved one.

    Args:
        x: Arrays, or a data set of ``(inputs, labels)`` that can be gone through again.
        y: Labels, with arrays.
        epochs: Evaluate after every so many epochs, and after the last.
        examples: How many of the worst examples are shown, at most 24.
        class_names: A name for each class.
        output: The output to show, where the model has several; the first one unless given.
        batch_size: Examples in one pass, for arrays; None takes 32.

    Raises:
        ValueError: ``x`` is a generator, or a number is out of its range.

    Example:
        >>> import keras, kfx, numpy as np
        >>> layer = keras.layers.Dense(2, "softmax", kernel_initializer="identity")
        >>> model = keras.Sequential([keras.Input((2,)), layer], name="tiny")
        >>> model.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy")
        >>> x, y = np.array([[3.0, 0.0], [0.0, 3.0], [3.0, 0.0]]), np.array([0, 1, 1])
        >>> history = model.fit(x, y, verbose=0, callbacks=[kfx.callbacks.Evaluate(x, y)])
        fit 'tiny': done, 1 epoch, loss 1.0
        What it gets wrong
          epoch 1: 66.7 % right · calibration error 0.286
          example 2: 1 read as 0 · 95 % sure
    """

    def join(self, session: Session) -> None:
        super().join(session)
        show_live(session)


class Panel(Showing):
    """Base class for a panel of your own in the view of a training.

    Write a class with a ``title`` and one or both hooks, `on_batch` and `on_epoch`. What a hook returns is shown live while
    the model trains, in the picture and the text of the finished run, and again after ``run.save("run.npz")`` and
    ``kfx.load_run("run.npz")``:

    - a text or a list of texts: lines that replace the earlier ones (at most 50 lines of 300 characters);
    - a list of dicts: the rows of a table that replaces the earlier one (at most 50 rows and 12 columns);
    - a dict of numbers: one more point of a curve for each name (at most 6 curves; beyond 256 points neighbours merge);
    - a dict of pictures, arrays ``(height, width)`` or ``(height, width, 3)``: pictures with these names that replace the
      earlier ones (at most 24 of 128 pixels a side), e.g. what the model makes of the same examples after each epoch;
    - a tuple of several of these; None: nothing new.

    Everything is shown as plain text. An exception in a hook is shown by the panel, and training goes on. A class that also
    overrides a method of Keras's own callbacks, such as ``on_epoch_end``, must call it with ``super()``.

    Attributes:
        title: The head of the panel; the name of the class unless given.
        every: `on_batch` is called after every so many steps, 50 unless given. A small number costs time: the numbers of a
            step must have been computed before the next one starts.

    Raises:
        ValueError: When training begins: ``every`` is not a whole number of at least 1.

    Example:
        >>> import keras, kfx, numpy as np
        >>> class Weights(kfx.callbacks.Panel):
        ...     on_epoch = lambda self, run, logs: {"largest": abs(run.model.get_weights()[0]).max()}
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros")], name="line")
        >>> model.compile("sgd", "mse")
        >>> history = model.fit(np.ones((8, 2)), np.ones(8), verbose=0, callbacks=[Weights()])
        fit 'line': done, 1 epoch, loss 1.0
        Weights
          largest 0.020
    """

    def join(self, session: Session) -> None:
        super().join(session)
        show_live(session)
