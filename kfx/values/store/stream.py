"""Write the values of a whole data set to disk, batch by batch; a run that was interrupted or crashed is continued."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kfx.errors import FolderError
from kfx.values.data.batches import Batch, Batches
from kfx.values.features import Features
from kfx.values.source import ValueSource
from kfx.values.store.columns import filled
from kfx.values.store.fingerprint import InputsHash
from kfx.values.store.progress import ExtractProgress, progress_function
from kfx.values.store.reading import load_features
from kfx.values.store.writing import PART_BYTES, OpenFolder, PendingPart, hold_folder, manifest_settings, require_same_inputs


def write_features(
    source: ValueSource,
    batches: Batches,
    folder: Path,
    *,
    progress: Callable[[ExtractProgress], None] | bool | None = None,
    part_bytes: int = PART_BYTES,
) -> Features:
    """Write the values of all batches to a folder, or the rest of them where a run was interrupted.

    Args:
        batches: The data; on a second run they must begin with the same examples, in batches of any size.
        folder: Made if necessary. Holds values of one model with one choice of settings.
        progress: Called after each batch; False shows nothing; None prints a line in a terminal.
        part_bytes: Bytes of values in a part.

    Raises:
        FolderError: The folder holds something else, other values, or values of other data.
    """
    with hold_folder(folder) as opened:
        _Writing(source, batches, opened, part_bytes).run(progress_function(progress))
    return Features(load_features(folder), proof=source.proof)


class _Writing:
    """One run in one process: check the parts of earlier runs, then write the rest."""

    def __init__(self, source: ValueSource, batches: Batches, opened: OpenFolder, part_bytes: int) -> None:
        self.source, self.batches, self.opened, self.part_bytes = source, batches, opened, part_bytes
        self.settings: dict[str, Any] = {}
        self.hashes = [InputsHash() for _ in opened.parts]
        self.pending: PendingPart | None = None

    def run(self, report: Callable[[ExtractProgress], None]) -> None:
        if self.batches.total is not None:
            self.opened.within(self.batches.total)
        try:
            seen = self._all(report)
        except FolderError:  # other data, or a folder that cannot be written: nothing more is
            raise
        except BaseException:  # an interrupt, or an error of the user's own data or model: keep what is computed
            with contextlib.suppress(Exception):
                self._flush()
            raise
        self.opened.within(seen)
        self._flush()
        self.opened.finish(seen)
        report(self.opened.progress(seen, finished=True))

    def _all(self, report: Callable[[ExtractProgress], None]) -> int:
        """Go through all batches; return the number of their examples."""
        seen = 0
        for batch in self.batches.cut_at(edge for part in self.opened.parts for edge in (part.start, part.stop)):
            if not self.settings:
                self.settings = manifest_settings(self.source, batch)
                self.opened.agree(self.settings)
            self._compare(batch)
            seen = batch.start + batch.size
            if self._take(batch):
                report(self.opened.progress(self.batches.total))
        return seen

    def _compare(self, batch: Batch) -> None:
        """Refuse examples that differ from those of the parts."""
        for part, found in zip(self.opened.parts, self.hashes, strict=True):
            start, stop = max(part.start, batch.start), min(part.stop, batch.start + batch.size)
            if start < stop:
                found.add(batch.inputs, start - batch.start, stop - batch.start)
                if stop == part.stop:
                    require_same_inputs(part, found, self.opened.path)

    def _take(self, batch: Batch) -> bool:
        """Compute a batch unless all its examples are written; keep those that are not."""
        lacking = list(self.opened.gaps(batch.start, batch.start + batch.size))
        if not lacking:
            if self.source.states:  # what follows depends on the states after this batch
                self.source(batch)
            return False
        values = self.source(batch)
        columns = self.opened.begin(self.settings, values)
        arrays = filled(columns, values, batch)
        for start, stop in lacking:
            if self.pending is not None and (self.pending.stop != start or not self.pending.accepts(arrays)):
                self._flush()
            self.pending = self.pending or PendingPart(columns, start)
            self.pending.add(batch, arrays, start - batch.start, stop - batch.start)
            self.opened.computed += stop - start
            if self.pending.nbytes >= self.part_bytes:
                self._flush()
        return True

    def _flush(self) -> None:
        if self.pending is not None:
            self.pending.write(self.opened.path)
            self.opened.nbytes += self.pending.nbytes
            self.pending = None
