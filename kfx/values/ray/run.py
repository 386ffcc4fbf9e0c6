"""`kfx.extract(..., to=folder, engine="ray")`: prepare the folder, let Ray's workers write, report the progress."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from kfx.errors import BlockError, EngineError, Failure, FolderError
from kfx.keras_access.forward import checked
from kfx.keras_access.hooks import active_hooks
from kfx.keras_access.importing import import_keras
from kfx.keras_access.states import states_of
from kfx.values.data.batches import Batch, Batches
from kfx.values.features import Features
from kfx.values.ray.cluster import connected, fit_workers, quiet_data
from kfx.values.ray.data import Blocks, Graph, columns_as_inputs, number_rows, sharable
from kfx.values.ray.model import pack_model, with_precision
from kfx.values.ray.settings import Ray
from kfx.values.ray.worker import BAD, DONE, FOLDER, Job, Outcome, Worker
from kfx.values.source import ValueSource
from kfx.values.store.progress import ExtractProgress, progress_function
from kfx.values.store.reading import load_features
from kfx.values.store.writing import PART_BYTES, OpenFolder, hold_folder, manifest_settings, rows_in_a_part
from kfx.values.tap.failure import sentence

if TYPE_CHECKING:
    import keras
    from ray.data import Dataset

T = TypeVar("T")

BLOCK_INPUT_BYTES = 128 * 2**20  # of one block of a Ray data set in a node's object store
MOST_TASKS = 10_000  # pieces beyond that share tasks
TRIED = 100  # examples tried for one that can be read


def extract_with_ray(
    model: keras.Model,
    data: object,
    layers: object,
    folder: Path,
    engine: Ray,
    *,
    training: bool = False,
    batch_size: int | None = None,
    check: bool = False,
    run_eagerly: bool | None = None,
    progress: Callable[[ExtractProgress], None] | bool | None = None,
    part_bytes: int = PART_BYTES,
) -> Features:
    """Write values to a folder, as `kfx.values.store.stream.write_features` does, with the processes of a Ray cluster.

    Args:
        model, layers, training, batch_size, check, run_eagerly: As for `kfx.extract`.
        data: Arrays, rows on disk, a `tf.data.Dataset`, a `ray.data.Dataset`.
        folder: A folder that every node sees under this path.
        engine: The settings of the cluster.
        progress: As for `write_features`; called after each part.
        part_bytes: Bytes of values in a part.

    Raises:
        EngineError: The cluster cannot be used, or not with this model or these data.
        BlockError: Blocks could not be computed; the others are written.
        FolderError: The folder holds something else, or cannot be written to.
    """
    if active_hooks():
        raise EngineError("Values patched with kfx.patch stay in this process; use engine='local' inside the block.")
    model = checked(model)
    if states_of(model):
        raise EngineError("The model's recurrent layers are stateful: each batch needs those before it; use engine='local'.")
    if engine.precision:
        model = with_precision(model, engine.precision, engine.custom_objects)
    source = ValueSource(model, layers, training=training, run_eagerly=run_eagerly)
    folder = Path(folder).absolute()
    with hold_folder(folder) as opened, connected(engine) as ray, quiet_data(ray, data):
        run = _ClusterRun(ray, source, data, opened, engine, batch_size=batch_size, check=check, part_bytes=part_bytes)
        run.go(progress_function(progress))
    return Features(load_features(folder), proof=source.proof)


@dataclass(eq=False)
class _ClusterRun:
    """One run on a cluster."""

    ray: ModuleType
    source: ValueSource
    data: Any
    opened: OpenFolder
    engine: Ray
    batch_size: int | None
    check: bool
    part_bytes: int

    def __post_init__(self) -> None:
        self.shared = sharable(self.data)
        self.batch_size = self.engine.batch_size or self.batch_size
        self.size = self.shared.size if isinstance(self.shared, Graph) else self.batch_size or 32
        self.failures: list[Failure] = []
        self.tasks: int | None = None  # of arrays and graphs; Ray finds out the number of blocks itself
        self.resumed = {part.start for part in self.opened.parts}
        self.last = 0

    def go(self, report: Callable[[ExtractProgress], None]) -> None:
        total = None
        if not isinstance(self.shared, Graph | Blocks):
            total = Batches(self.source.model, self.shared, batch_size=self.size).total
            self.opened.within(total or 0)
        for row in self._rows(self._pieces(total)):
            self._note(row)
            if row.kind == DONE:
                report(self.opened.progress(total))
        if self.failures:
            raise BlockError(self._failed(), tuple(self.failures))
        self.opened.within(self.last)
        self.opened.finish(self.last)
        report(self.opened.progress(self.last, finished=True))

    def _pieces(self, total: int | None) -> Dataset:
        """Return the work as a Ray data set: of spans of examples, or of the user's own rows in numbered blocks."""
        example = self._example()
        settings = manifest_settings(self.source, example)
        self.opened.agree(settings)
        values = self.source(example)
        self.opened.begin(settings, values)
        rows = rows_in_a_part(values.nbytes * self.size, self.size, self.part_bytes)
        if isinstance(self.shared, Blocks):
            given = sum(np.asarray(x).nbytes for x in import_keras().tree.flatten(example.inputs))
            batches = max(1, min(rows // self.size, BLOCK_INPUT_BYTES // max(given * self.size, 1)))
            self.shared = Blocks(self.size * batches)
            return number_rows(self.data, self.shared.rows)
        if isinstance(self.shared, Graph):
            reached = self.opened.parts[-1].stop if self.opened.parts else 0
            ends = reached % self.size != 0  # a short part is the last one
            total = reached if ends else max(self.shared.size * self.shared.elements, reached)
        missing = self.opened.missing(total or 0, rows)
        places = sorted([*((part.start, part.stop) for part in self.opened.parts), *missing])
        items = [{"start": start, "stop": stop} for start, stop in places]
        self.tasks = len(items)
        return self.ray.data.from_items(items, override_num_blocks=min(len(items), MOST_TASKS))

    def _example(self) -> Batch:
        """Return one example that can be read."""
        if isinstance(self.shared, Graph):
            batches = Batches(self.source.model, self.data)
            return next(iter(batches)).row(0).filled_to(batches.fixed)
        if isinstance(self.shared, Blocks):
            taken = self._call(lambda: self.data.take_batch(1, batch_format="numpy"))
            batches = Batches(self.source.model, columns_as_inputs(self.source.model, taken), batch_size=1)
            return batches.one(0).filled_to(batches.fixed)
        batches = Batches(self.source.model, self.shared, batch_size=1)
        last = min(TRIED, batches.total or 1) - 1 if self.engine.on_error == "continue" else 0
        for number in range(last):
            with contextlib.suppress(Exception):  # reported with its block, unless no example can be read
                return batches.one(number).filled_to(batches.fixed)
        return batches.one(last).filled_to(batches.fixed)

    def _rows(self, pieces: Dataset) -> Iterator[Outcome]:
        """Yield the outcome of each block."""
        reads = isinstance(self.shared, Blocks)
        workers, share, gpus = fit_workers(self.ray, self.engine, reads=reads)
        workers = min(workers, self.tasks or workers)
        job = Job(
            model=pack_model(self.source.model, self.engine.custom_objects),
            data=self.shared,
            keys=tuple(self.source.keys or ()),
            folder=str(self.opened.path),
            batch_size=self.batch_size or (None if gpus else self.size),
            settings={**self.source.how, "check": self.check},
            threads=self.engine.threads,
            gpu=bool(gpus),
        )
        remote = {
            "num_cpus": share,
            "num_gpus": gpus,
            "scheduling_strategy": "SPREAD",
            "max_restarts": -1,
            "max_task_retries": self.engine.retries,
        }
        results = pieces.map_batches(
            Worker,
            batch_size=None if reads else 1,
            batch_format="numpy",
            fn_constructor_args=(job,),
            compute=self.ray.data.ActorPoolStrategy(size=workers),
            ray_remote_args_fn=lambda: remote,
        )
        rows = iter(results.iter_rows())
        while (row := self._call(lambda: next(rows, None))) is not None:
            yield Outcome(**row)

    def _call(self, function: Callable[[], T]) -> T:
        """Call a function of Ray; its errors become `EngineError`."""
        try:
            return function()
        except self.ray.exceptions.RayActorError as error:
            raise EngineError(
                f"A block was lost with its worker {self.engine.retries + 1} times: too little memory for one worker, or the "
                f"model crashes its process. Ray says: {_gist(error)} What is written stays; the same call goes on from it."
            ) from error
        except self.ray.exceptions.RayError as error:
            raise EngineError(f"Ray gave up: {_gist(error)} What is written stays; the same call goes on from it.") from error

    def _note(self, row: Outcome) -> None:
        """Count a finished block, or raise or keep the failure of another."""
        if row.kind == DONE:
            self.opened.computed += 0 if row.start in self.resumed else row.stop - row.start
            self.opened.nbytes += row.nbytes
            self.last = max(self.last, row.stop)
            self.source.proof = row.reason or self.source.proof
            return
        if row.kind == FOLDER:
            raise FolderError(f"{sentence(row.reason)} {self._safe()}")
        if row.kind != BAD:
            raise EngineError(row.reason)
        self.failures.append(Failure(row.start, row.stop, row.row if row.row >= 0 else None, row.reason))
        if self.engine.on_error == "raise":
            raise BlockError(self._failed(), tuple(self.failures))

    def _failed(self) -> str:
        count = len(self.failures)
        head = str(self.failures[0]) if count == 1 else f"{count} blocks failed, the first: {self.failures[0]}"
        on = "" if self.engine.on_error == "continue" else " on_error='continue' would write the others first."
        return f"{sentence(head)} {self._safe()}{on}"

    def _safe(self) -> str:
        written = self.opened.examples + self.opened.computed
        return (
            f"The {written:,} examples written to {str(self.opened.path)!r} stay; fix the cause and call again to continue "
            "with the rest."
        )


def _gist(error: BaseException) -> str:
    """Return the last line of an error, without Ray's advice about retries."""
    cause = getattr(error, "cause", None) or error
    text = re.split(r"^Failed to .* after \d+/\d+ attempts", str(cause), maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return sentence(f"{type(cause).__name__}: {lines[-1] if lines else 'no message'}"[:400])
