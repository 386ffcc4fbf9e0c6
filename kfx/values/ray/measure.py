"""Choose between one process and several on this machine by a short measurement."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from kfx.keras_access.importing import import_keras
from kfx.keras_access.states import states_of
from kfx.values.data.batches import Batch, Batches
from kfx.values.ray import cluster
from kfx.values.ray.model import SentModel, pack_model
from kfx.values.ray.settings import Ray
from kfx.values.source import ValueSource

if TYPE_CHECKING:
    import keras

MEASURED_S = 2.0  # how long each way is measured
WORTH_S = 120.0  # work that one process does in less is not worth a measurement of the engine, which takes about 20 s
GAIN = 1.1  # how much faster several processes must be


def choose(
    model: keras.Model, data: object, layers: object, *, batch_size: int | None = None, **settings: Any
) -> tuple[Ray | None, str]:
    """Compare one process with all cores with one process for each core, on the first batch.

    All arguments are as for `kfx.extract`.

    Returns:
        The settings for several processes, None for one; and the reason, one sentence with the figures.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores == 1:
        return None, "One process: this machine has one processor core."
    if not cluster.installed():
        return None, "One process: Ray, which would run several, is not installed (pip install '.[ray]')."
    if type(data).__module__.startswith("ray.data"):
        return Ray(), "Ray, because the data are a ray.data.Dataset."
    if states_of(model):
        return None, "One process: the model's recurrent layers are stateful, so each batch needs those before it."
    batches = Batches(model, data, batch_size=batch_size, usual=32)
    if batches.total is None:
        return None, "One process: how many examples there are is not known, so neither is whether several would pay."
    batch = next(iter(batches))
    alone = rate(ValueSource(model, layers, **settings), batch)
    expected = batches.total / alone
    if expected < WORTH_S:
        return None, f"One process ({alone:,.0f} examples/s): it needs about {expected:,.0f} s, too little to start several."
    together = rate_of_several(model, layers, batch, cores, **settings)
    figures = f"on the first batch {cores} processes of one thread did {together:,.0f} examples/s, one process {alone:,.0f}"
    if together < GAIN * alone:
        return None, f"One process: {figures}."
    return Ray(workers=cores, threads=1, address="local"), f"{cores} processes: {figures}."


def rate(source: Callable[[Batch], object], batch: Batch) -> float:
    """Return the examples per second of a warmed-up process."""
    source(batch)
    began, runs = time.perf_counter(), 0
    while runs < 2 or time.perf_counter() - began < MEASURED_S:
        source(batch)
        runs += 1
    return runs * batch.size / (time.perf_counter() - began)


def rate_of_several(model: keras.Model, layers: object, batch: Batch, processes: int, **settings: Any) -> float:
    """Return the examples per second of several processes of one thread each, running at the same time."""
    inputs = import_keras().tree.map_structure(np.asarray, batch.inputs)
    with cluster.connected(Ray(address="local")) as ray:
        packed = ray.put((pack_model(model), layers, inputs, batch.size, settings))
        trials = [ray.remote(num_cpus=1)(_Trial).remote(packed) for _ in range(processes)]
        ray.get([trial.ready.remote() for trial in trials])
        return sum(ray.get([trial.rate.remote() for trial in trials]))


class _Trial:
    """One process of the measurement."""

    def __init__(self, packed: tuple[SentModel, object, object, int, dict[str, Any]]) -> None:
        model, layers, inputs, size, settings = packed
        keras = import_keras()
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        self._source = ValueSource(model.load(), layers, **settings)
        self._batch = Batch(0, 0, size, keras.tree.map_structure(tf.constant, inputs))

    def ready(self) -> bool:
        self._source(self._batch)
        return True

    def rate(self) -> float:
        return rate(self._source, self._batch)
