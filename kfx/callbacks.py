"""Callbacks to watch and steer a training; each works alone in a plain ``model.fit``, several in one fit share one view."""

from __future__ import annotations

from kfx.training.callbacks import Checkpointing, Monitoring, Recording, Showing, Steering
from kfx.training.monitor.monitor import Monitor
from kfx.training.run.session import Session
from kfx.views.live_graph.view import GraphWatcher
from kfx.views.training.live import show_live

__all__ = ["Checkpoints", "Controls", "Curves", "LayerMonitor", "LiveGraph", "Panel", "Progress"]


class Curves(Recording):
    """Draw every log while the model trains: by batch and by epoch, training and validation, one panel an output.

    In a terminal or a script nothing is drawn; the journal is kept all the same.

    Example:
        >>> curves = kfx.callbacks.Curves()  # doctest: +SKIP
        >>> model.fit(x, y, verbose=0, callbacks=[curves])  # doctest: +SKIP
        >>> curves.journal.frame()  # doctest: +SKIP
    """

    def join(self, session: Session) -> None:
        show_live(session, "curves")


class Progress(Recording):
    """Show where a training is: epochs as a bar, steps a second, time left, the best epoch so far.

    Quiet in a terminal and in CI: one line when the training is over.

    Example:
        >>> model.fit(x, y, verbose=0, callbacks=[kfx.callbacks.Progress()])  # doctest: +SKIP
    """

    def join(self, session: Session) -> None:
        show_live(session, "progress")


class LayerMonitor(Monitoring):
    """Watch every layer while the model trains: gradient, weights, update ÷ weight, activations, dead units.

    The numbers are taken inside the model's own compiled train step on the batch it trains on; training is bit for bit what
    it is without. Where values stop being finite, the first layer is named. It says itself what watching costs.

    Args:
        every: Look every so many steps. None looks every 50 steps, and less often where looking would take more than about
            2.5 % of the run; the first step, the last one and looks 2, 3, 5, 9, … are always made, and only of these something
            is printed in the end, so that the same training prints the same.
        gradients: Read the gradients. None does so unless the model is compiled with ``jit_compile``, where reading them may
            change the last bit of the weights.
        stop_on_nan: Stop the training at the first value that is not finite.

    Raises:
        ValueError: ``every`` is not a whole number of at least 1.

    Example:
        >>> monitor = kfx.callbacks.LayerMonitor(every=50)  # doctest: +SKIP
        >>> model.fit(x, y, verbose=0, callbacks=[monitor])  # doctest: +SKIP
        >>> monitor.journal.frame("layers")  # doctest: +SKIP
    """

    def join(self, session: Session) -> None:
        super().join(session)
        show_live(session, "layers")


class LiveGraph(Recording):
    """Draw the model and colour its layers by what they do while it trains: gradient, update ÷ weight, zeros, dead units.

    The drawing is laid out once; without a `LayerMonitor` in the same fit it brings one of its own.

    Example:
        >>> model.fit(x, y, verbose=0, callbacks=[kfx.callbacks.LiveGraph()])  # doctest: +SKIP
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
        keep: How many are kept; the oldest goes first, the best one last.
        memory: Most bytes in all; one checkpoint is always kept.

    Raises:
        ValueError: An unknown ``when``, or ``keep`` below 1.

    Example:
        >>> checkpoints = kfx.callbacks.Checkpoints()  # doctest: +SKIP
        >>> model.fit(x, y, epochs=3, verbose=0, callbacks=[checkpoints])  # doctest: +SKIP
        >>> checkpoints.rewind()  # doctest: +SKIP
        'rewound to epoch 3'
    """


class Controls(Steering):
    """Stop, pause, change the learning rate, take a checkpoint and rewind while the model trains, by buttons or by code.

    Commands act at the end of a batch. The notebook's own interrupt stops as cleanly, everywhere.

    Example:
        >>> controls = kfx.callbacks.Controls()  # doctest: +SKIP
        >>> model.fit(x, y, verbose=0, callbacks=[controls])  # doctest: +SKIP
    """

    def join(self, session: Session) -> None:
        super().join(session)
        show_live(session, "controls")


class Panel(Showing):
    """Base class for a panel of your own in the view of a training.

    Write a class with a ``title`` and one or both hooks. What a hook returns is shown live while the model trains, in the
    picture and the text of the finished run, and again after ``run.save("run.npz")`` and ``kfx.load_run("run.npz")``:

    - a text or a list of texts: lines that replace the earlier ones (at most 50 lines of 300 characters);
    - a list of dicts: the rows of a table that replaces the earlier one (at most 50 rows and 12 columns);
    - a dict of numbers: one more point of a curve for each name (at most 6 curves; beyond 256 points neighbours merge);
    - a tuple of several of these; None: nothing new.

    Everything is shown as plain text. An exception in a hook is shown by the panel, and training goes on.

    Attributes:
        title: The head of the panel; the name of the class unless given.
        every: ``on_batch`` is called after every so many steps. A small number costs time: the numbers of a step have to be
            fetched from the device before the next one starts.

    Example:
        >>> class Gap(kfx.callbacks.Panel):
        ...     def on_epoch(self, run, logs):
        ...         return {"validation / training": logs["val_loss"] / logs["loss"]}
        >>> history = model.fit(x, y, validation_split=0.5, verbose=0, callbacks=[Gap()])  # doctest: +ELLIPSIS
        fit ...
    """

    def join(self, session: Session) -> None:
        super().join(session)
        show_live(session)
