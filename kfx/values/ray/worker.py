"""Ray's workers: build the model once, then compute one block after another and write each as a part of the folder."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kfx.errors import EngineError, FolderError
from kfx.keras_access.importing import import_keras
from kfx.model.read.sizes.graph_inputs import expected_inputs, fixed_batch
from kfx.values.data.batches import Batch, Batches
from kfx.values.ray.data import ROW_COLUMN, Blocks, Elements, Graph, Span, columns_as_inputs, examples_in_block
from kfx.values.ray.model import SentModel
from kfx.values.source import ValueSource
from kfx.values.store.folder import Part, committed_part
from kfx.values.store.writing import check_rows, write_rows
from kfx.values.tap.failure import with_causes

DONE, BAD, FOLDER, BROKEN = "done", "bad", "folder", "broken"  # the outcomes of a block
LARGEST_GPU_BATCH, SHARE_OF_GPU = 1024, 0.8


@dataclass(frozen=True)
class Job:
    """The settings of a worker; the same for every worker.

    Attributes:
        data: From `kfx.values.ray.data.sharable`.
        batch_size: Examples in one pass; None on a GPU takes as many as its memory holds.
        settings: ``training``, ``run_eagerly`` and ``check``, as for `ValueSource`.
        threads: Processor cores; None keeps TensorFlow's setting.
        gpu: Whether the worker has a GPU.
    """

    model: SentModel
    data: object
    keys: tuple[str, ...]
    folder: str
    batch_size: int | None
    settings: dict[str, bool]
    threads: int | None
    gpu: bool = False


class Outcome(NamedTuple):
    """The outcome of a block: one row of what workers return.

    Attributes:
        kind: ``DONE``, ``BAD``, ``FOLDER`` or ``BROKEN``.
        reason: The text of an error, or the result of checking.
        nbytes: Bytes of values written.
        row: The first example that fails alone; -1 for none.
    """

    start: int
    stop: int
    kind: str
    reason: str = ""
    nbytes: int = 0
    row: int = -1


class Worker:
    """``worker(columns) -> columns`` for `ray.data.Dataset.map_batches`: takes blocks and returns their outcomes.

    Errors are returned as data, so that Ray's own retries remain for lost workers.
    """

    def __init__(self, job: Job) -> None:
        self._job, self._size, self._ready = job, job.batch_size or 32, False
        self._offset = 0  # the first example of a Ray block
        self._data: Batches | Elements | None = None  # None for Ray blocks
        self._reached: Batch | None = None  # the last batch that was read of the current block

    def __call__(self, columns: dict[str, np.ndarray]) -> dict[str, list[object]]:
        try:
            self._begin()
            rows = [self._write(*span) for span in self._spans(columns)]
        except Exception as error:  # reported by the driver
            rows = [_failed(0, 0, BROKEN, error)]
        return dict(zip(Outcome._fields, map(list, zip(*rows, strict=True)), strict=True))

    def _begin(self) -> None:
        if self._ready:
            return
        job = self._job
        if not (Path(job.folder) / "manifest.json").is_file():
            raise EngineError(
                f"A worker on {socket.gethostname()!r} does not see the folder {job.folder!r}. Choose one that every "
                "node sees under the same path, such as a network file system."
            )
        import_keras()
        import tensorflow as tf

        if job.threads is not None:
            tf.config.threading.set_intra_op_parallelism_threads(job.threads)
            tf.config.threading.set_inter_op_parallelism_threads(1 if job.threads == 1 else 2)
        for device in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(device, True)
        self._model = job.model.load()
        self._source = ValueSource(self._model, list(job.keys), **job.settings)
        self._source.keys = job.keys
        self._fixed = fixed_batch(expected_inputs(self._model))
        self._resize(self._size)
        self._ready = True

    def _spans(self, columns: dict[str, np.ndarray]) -> list[Span]:
        """Return the spans of examples to compute; a Ray block brings its own rows."""
        if not isinstance(self._job.data, Blocks):
            return list(zip(columns["start"].tolist(), columns["stop"].tolist(), strict=True))
        self._offset, stop = examples_in_block(columns[ROW_COLUMN], self._job.data.rows)
        self._inputs = columns_as_inputs(self._model, columns)
        return [(self._offset, stop)]

    def _batches(self, start: int, stop: int) -> Iterator[Batch]:
        """Yield the batches of examples ``start`` to ``stop`` (not included)."""
        self._reached = None
        data = self._data or Batches(self._model, self._inputs, batch_size=self._size)
        for batch in data.between(start - self._offset, stop - self._offset):
            self._reached = replace(batch, start=batch.start + self._offset)
            yield self._reached

    def _write(self, start: int, stop: int) -> Outcome:
        folder = Path(self._job.folder)
        self._reached = None
        try:
            self._size_for_gpu(start)
            there = committed_part(folder, start)
            if there is not None and there.stop == stop:
                check_rows(there, self._batches(start, stop), folder)
                return Outcome(start, stop, DONE)
            part, nbytes = self._computed(folder, start, stop)
            return Outcome(part.start, part.stop, DONE, self._source.proof, nbytes)
        except (FolderError, OSError) as error:
            return _failed(start, stop, FOLDER, error)
        except EngineError as error:
            return _failed(start, stop, BROKEN, error)
        except Exception as error:  # from reading or from the model: find the example
            row, why = self._first_bad(start, stop)
            return _failed(start, stop, BAD, why or error, row)

    def _computed(self, folder: Path, start: int, stop: int) -> tuple[Part, int]:
        import tensorflow as tf

        while True:
            try:
                return write_rows(self._source, self._batches(start, stop), folder, start)
            except Exception as error:
                out_of_memory = any(
                    isinstance(one, tf.errors.ResourceExhaustedError | MemoryError) for one in with_causes(error)
                )
                if not out_of_memory or self._size == 1 or isinstance(self._job.data, Graph):
                    raise
                self._resize(self._size // 2)

    def _size_for_gpu(self, start: int) -> None:
        """Measure once the memory that an example takes, where the user left the batch size open."""
        if not self._job.gpu or self._job.batch_size is not None or isinstance(self._job.data, Graph):
            return
        import tensorflow as tf

        before = tf.config.experimental.get_memory_info("GPU:0")
        batch = next(self._batches(start, start + 8))
        self._source(batch)
        peak = tf.config.experimental.get_memory_info("GPU:0")["peak"] - before["current"]
        whole = tf.config.experimental.get_device_details(tf.config.list_physical_devices("GPU")[0]).get("memory_size")
        self._resize(batch_that_fits((whole or 8 * 2**30) - before["current"], peak / batch.size))
        self._job = replace(self._job, batch_size=self._size)

    def _resize(self, size: int) -> None:
        self._size, data = size, self._job.data
        if isinstance(data, Graph):
            self._data = Elements(data, self._model)
        elif not isinstance(data, Blocks):
            self._data = Batches(self._model, data, batch_size=size)

    def _first_bad(self, start: int, stop: int) -> tuple[int, Exception | None]:
        """Return the first example that fails alone (-1 for none), searched in the batch that failed, and its error."""
        reached = self._reached
        if reached is not None:
            for row in range(reached.size):
                try:
                    self._source(reached.row(row).filled_to(self._fixed))
                except Exception as error:
                    return reached.start + row, error
        if isinstance(self._job.data, Graph):
            return -1, None
        begin = start if reached is None else reached.start + reached.size
        for row in range(begin, min(begin + self._size, stop)):
            try:
                next(self._batches(row, row + 1), None)
            except Exception as error:
                return row, error
        return -1, None


def batch_that_fits(free_bytes: float, bytes_per_example: float) -> int:
    """Return a power of two of examples that take at most a share of the free memory, from 1 to `LARGEST_GPU_BATCH`."""
    fitting = int(SHARE_OF_GPU * free_bytes / max(bytes_per_example, 1.0))
    return min(LARGEST_GPU_BATCH, 2 ** max(fitting.bit_length() - 1, 0))


def _failed(start: int, stop: int, kind: str, error: Exception, row: int = -1) -> Outcome:
    text = " ".join(str(error).split())[:2000] or "no message"
    if kind != BAD and isinstance(error, OSError) and error.strerror:
        text = f"{error.strerror}{'' if error.filename is None else f': {str(error.filename)!r}'}"
    elif kind == BAD or not isinstance(error, EngineError | FolderError):
        text = f"{type(error).__name__}: {text}"
    return Outcome(start, stop, kind, text, row=row)
