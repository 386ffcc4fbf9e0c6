"""`kfx.extract`: the values at any addresses of any Keras model, from one forward pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kfx.keras_access.forward import checked
from kfx.values.data.batches import Batch, Batches
from kfx.values.features import Features, to_numpy
from kfx.values.join import Joined
from kfx.values.ray.settings import Ray, elsewhere, engine_of
from kfx.values.store.stream import write_features
from kfx.values.tap.attempt import Attempt
from kfx.values.tap.choose import chosen
from kfx.values.tap.program import program
from kfx.values.tap.proof import prove, said


def extract(
    model: Any,
    data: Any,
    layers: Any = "*",
    *,
    training: bool = False,
    batch_size: int | None = None,
    check: bool = False,
    run_eagerly: bool | None = None,
    to: str | Path | None = None,
    progress: Callable[[Any], None] | bool | None = None,
    engine: str | Ray = "local",
) -> Features:
    """The values that layers of a model compute for some data.

    The model runs once, compiled, and computes only what was asked for. It is not rebuilt, compiled or changed: also
    with ``training=True`` moving averages, states and seeds are as before. Compiled and eager values may differ by about
    1e-6, relatively, because a compiled graph fuses operations.

    Args:
        model: A built Keras model of any kind.
        data: An array, a list or dict of arrays for several inputs, a `tf.data.Dataset` with or without labels, a
            `keras.utils.PyDataset`, or anything that yields batches. The batch axis comes first.
        layers: Which calls: an address such as ``"encoder/conv2d_1"`` or ``"shared@2"``; a pattern such as ``"encoder/*"``,
            where ``"*"`` is every call at the top level and ``"**"`` also those inside nested models and layers; a layer
            class; a predicate on `LayerCall`; or a list of these. See `kfx.model.address`.
        training: Run dropout, batch normalisation and the like as in training.
        batch_size: Examples in one pass, for arrays; None takes them all in one, with ``to`` 32. Values of several batches
            are joined.
        check: Compute the model's own output a second time, without listening, and raise when the two differ.
        run_eagerly: True does not compile; None does as the model says, and does not compile a model whose code needs the
            values themselves, e.g. for an ``if``.
        to: A folder to write the values to, batch by batch, instead of holding them in memory; see `kfx.load_features`.
        progress: With ``to``: called with a `Progress` after each batch; False for none; None prints a line in a terminal.
        engine: With ``to``: where it runs. ``"local"`` is this process; ``"ray"`` or `kfx.Ray` with settings is a cluster,
            which writes the same folder; ``"auto"`` measures which of them is faster on this machine, and says so.

    Returns:
        A mapping from addresses to arrays ``(batch, ...)``, read-only, in the order in which the model computes them.

    Raises:
        ValueError: An address names nothing, or the data do not fit.
        UnbuiltModelError: The model has no weights yet.
        ExtractionError: The model fails on the way: ``error.address`` is the call that failed, ``error.values`` holds what
            was asked for and computed before it. The batch is run once more, eagerly, to find out.

    Example:
        >>> values = kfx.extract(model, images, ["conv2d", "dense*"])
        >>> values["conv2d"].shape
        (8, 26, 26, 32)
    """
    where = engine_of(engine)
    if where != "local":
        how = {"training": training, "batch_size": batch_size, "check": check, "run_eagerly": run_eagerly}
        return elsewhere(model, data, layers, to, where, progress=progress, **how)
    batches = Batches(checked(model), data, batch_size=batch_size, usual=None if to is None else 32)
    source = Source(model, layers, training=training, run_eagerly=run_eagerly, check=check)
    if to is not None:
        return write_features(source, batches, Path(to), progress=progress)
    joined = Joined(batches.total)
    for batch in batches:
        joined.add(batch, source(batch))
    return Features(joined.values(), proof=source.proof)


class Source:
    """Values of one batch after another: ``source(batch)`` -> `Features`. The addresses are chosen at the first batch.

    Attributes:
        keys: The chosen addresses; None before the first batch.
        proof: What checking found so far, in one sentence.
    """

    def __init__(
        self,
        model: Any,
        layers: Any = "*",
        *,
        training: bool = False,
        run_eagerly: bool | None = None,
        check: bool = False,
        output: bool = False,
    ) -> None:
        self.model, self.layers, self.training = checked(model), layers, bool(training)
        self.keys: tuple[str, ...] | None = None
        self.proof = ""
        self._attempt = Attempt(model, layers, training=self.training, run_eagerly=run_eagerly)
        self._check, self._output, self._worst = check, output, 0.0

    @property
    def run_eagerly(self) -> bool:
        """Whether the model runs without being compiled."""
        return self._attempt.run_eagerly

    def choose(self, batch: Batch) -> tuple[str, ...]:
        """The addresses, chosen for data such as this batch."""
        if self.keys is None:
            self.keys = self._attempt(batch, lambda: self._chosen(batch))
        return self.keys

    def _chosen(self, batch: Batch) -> tuple[str, ...]:
        return chosen(self.model, self.layers, batch.inputs, training=self.training, run_eagerly=self.run_eagerly)

    def __call__(self, batch: Batch) -> Features:
        self.choose(batch)
        return self._attempt(batch, lambda: self._values(batch))

    def _values(self, batch: Batch) -> Features:
        how = {"training": self.training, "run_eagerly": self.run_eagerly}
        values, output = program(self.model, self.keys, output=self._check or self._output, **how)(batch.inputs)
        if self._check:
            self._worst = max(self._worst, prove(self.model, batch.inputs, output, **how))
            self.proof = said(self._worst)
        return Features(
            {key: to_numpy(value) for key, value in values.items()},
            output=to_numpy(output) if self._output else None,
            proof=self.proof,
        )
