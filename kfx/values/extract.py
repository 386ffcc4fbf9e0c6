"""Extract values in this process: into memory, or batch by batch into a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kfx.keras_access.forward import checked
from kfx.values.data.batches import Batches
from kfx.values.features import Features
from kfx.values.join import JoinedBatches
from kfx.values.source import ValueSource
from kfx.values.store.progress import ExtractProgress
from kfx.values.store.stream import write_features

if TYPE_CHECKING:
    import keras


def extract_locally(
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
) -> Features:
    """Extract values in this process; arguments, result and errors are those of `kfx.extract`."""
    batches = Batches(checked(model), data, batch_size=batch_size, usual=None if to is None else 32)
    source = ValueSource(model, layers, training=training, run_eagerly=run_eagerly, check=check)
    if to is not None:
        return write_features(source, batches, Path(to), progress=progress)
    joined = JoinedBatches(batches.total)
    for batch in batches:
        joined.add(batch, source(batch))
    return Features(joined.values(), proof=source.proof)
