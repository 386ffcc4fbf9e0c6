"""`kfx.extract`: choose where to compute the values at any addresses of any Keras model, and show how far it is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfx.notebook.host import in_kernel
from kfx.values.data.batches import Batches
from kfx.values.features import Features
from kfx.values.join import join_batches
from kfx.values.parts import runnable
from kfx.values.ray.settings import Ray, engine_of
from kfx.values.source import ValueSource
from kfx.values.store.progress import ExtractProgress
from kfx.values.store.stream import write_features
from kfx.views.extract.live import LiveStream

if TYPE_CHECKING:
    import keras


def extract(
    model: keras.Model,
    data: object,
    layers: object = "*",
    *,
    training: bool = False,
    batch_size: int | None = None,
    check: bool = False,
    run_eagerly: bool | None = None,
    to: str | Path | None = None,
    progress: Callable[[ExtractProgress], None] | bool | None = None,
    engine: str | Ray = "local",
) -> Features:
    """Compute the values inside a model for some data: the outputs of any of its layers.

    The model runs once, compiled, and computes only the requested values. It is not rebuilt, compiled or changed: also
    with ``training=True`` moving averages, states and seeds are as before. Compiled and eager values may differ by about
    1e-6, relatively, because a compiled graph fuses operations; for values that are not finite they may differ wholly:
    ``relu(NaN)`` is 0 compiled and NaN eager.

    Args:
        model: A built Keras model of any kind. Of one without ``call`` (a GAN, a VAE), the part that the addresses are in runs;
            ``data`` are for that part.
        data: An array, a sparse or ragged tensor, a table of pandas or polars, or a list or dict of these for several inputs; a
            `tf.data.Dataset` with or without labels, a `keras.utils.PyDataset`, a DataLoader, or anything that yields batches.
            The batch axis comes first. For an image model also PIL images and paths of files or of a folder: they are resized
            to its input, their values are 0 to 255.
        layers: Which calls: an address such as ``"encoder/conv2d_1"`` or ``"shared@2"``; a pattern such as ``"encoder/*"``,
            where ``"*"`` is every call at the top level and ``"**"`` also those inside nested models and layers; a layer
            class; a predicate on `LayerCall`; or a list of these. See `kfx.model.address`.
        training: Run dropout, batch normalisation and the like as in training.
        batch_size: Examples in one pass, for arrays; None takes them all in one, with ``to`` 32. Values of several batches
            are joined. A model made for batches of one size (``batch_shape``) takes that size: the last batch is filled with
            copies, which are cut off again.
        check: Compute the model's own output a second time, without hooks, and raise when the two differ.
        run_eagerly: True does not compile; None does as the model says, and does not compile a model whose code needs the
            values themselves, e.g. for an ``if``.
        to: A folder to write the values to, batch by batch, instead of holding them in memory; see `kfx.load_features`.
        progress: With ``to``: called with an `ExtractProgress` after each batch; False shows nothing; None shows a bar in a
            notebook and a line in a terminal.
        engine: With ``to``: where it runs. ``"local"`` is this process; ``"ray"`` or `kfx.Ray` with settings is a cluster,
            which writes the same folder; ``"auto"`` measures which of them is faster on this machine, and prints the choice.

    Returns:
        A mapping from addresses to arrays ``(batch, ...)``, read-only, in the order in which the model computes them; of a
        ragged tensor, an array ``(batch,)`` with an array for each example.

    Raises:
        ValueError: An address names nothing, or the data do not fit.
        UnbuiltModelError: The model has no weights yet.
        ExtractionError: The model fails while it runs: ``error.address`` is the call that failed, ``error.values`` holds
            the requested values that were computed before it. The batch is run once more, eagerly, to find out.
        ProofError: With ``check``: the model's output with hooks differs from its output without.
        FolderError: With ``to``: the folder holds something else, or other values.
        EngineError: The Ray cluster cannot be used.
        BlockError: Ray's workers could not compute some examples; all others are written.

    Example:
        >>> import keras, kfx, numpy as np
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="hidden"), keras.layers.Dense(2)])
        >>> kfx.extract(model, np.ones((8, 4)), "hidden")["hidden"].shape
        (8, 3)
    """
    where = engine_of(engine)
    model = runnable(model, layers, data)
    how: dict[str, Any] = {"training": training, "batch_size": batch_size, "check": check, "run_eagerly": run_eagerly}
    if to is None:
        if where != "local":
            raise ValueError(f"`engine={where!r}` writes to a folder; give one with to='folder', or leave out `engine`.")
        source, batches = _prepare(model, data, layers, usual=None, **how)
        found = join_batches(source, batches)
        return Features(found, proof=source.proof, axes=source.axes)
    if not (progress is None or progress is True) or not in_kernel():
        return _write(model, data, layers, Path(to), where, progress, how)
    live = LiveStream(str(getattr(model, "name", "model")))
    try:
        return _write(model, data, layers, Path(to), where, live.update, how)
    finally:
        live.end()


def _write(
    model: keras.Model,
    data: object,
    layers: object,
    folder: Path,
    where: str | Ray | None,
    progress: Callable[[ExtractProgress], None] | bool | None,
    how: dict[str, Any],
) -> Features:
    """Write to a folder where the user asked for it; kfx's modules for Ray are imported only when they are used."""
    if where == "auto":
        from kfx.values.ray.measure import choose

        where, why = choose(model, data, layers, **how)
        if progress is not False:
            print(why, file=sys.stderr, flush=True)
    if not isinstance(where, Ray):
        return write_features(*_prepare(model, data, layers, usual=32, **how), folder, progress=progress)
    from kfx.values.ray.run import extract_with_ray

    return extract_with_ray(model, data, layers, folder, where, progress=progress, **how)


def _prepare(
    model: keras.Model, data: object, layers: object, *, batch_size: int | None, usual: int | None, **how: Any
) -> tuple[ValueSource, Batches]:
    source = ValueSource(model, layers, **how)
    return source, Batches(source.model, data, batch_size=batch_size, usual=usual)
