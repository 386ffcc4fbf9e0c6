"""Every error class of kfx. They are for states; wrong arguments raise ordinary ValueError and TypeError.

A message says what was given or found, what was expected, and what to do, in one or two sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


class KfxError(Exception):
    """Something that kfx could not do; the message says what to do about it. All other errors of kfx are children of it."""


class UnbuiltModelError(KfxError, ValueError):
    """The model has no layers or weights to show yet: it was never built or called."""


class ModelFileError(KfxError, ValueError):
    """A model's file is missing or damaged, or does not hold a Keras model."""


class TraceError(KfxError):
    """A layer's own code could not be run; the message says why."""


class UnknownCostError(KfxError, ValueError):
    """The cost of a call cannot be known; the message says why."""


class PatchError(KfxError):
    """A patch has no effect where it should: its address was never reached, or the code there cannot be patched in this run."""


class ExtractionError(KfxError):
    """The model failed while it ran.

    Attributes:
        address: The innermost call that failed, or None when the failure was not inside a call.
        batch: The number of the batch, from 0.
        values: The requested values that were computed before the failure, by address.
    """

    def __init__(self, message: str, *, address: str | None, batch: int, values: Mapping[str, np.ndarray]) -> None:
        super().__init__(message)
        self.address, self.batch, self.values = address, batch, values

    def __reduce__(self) -> tuple:  # so that it comes whole out of another process
        return partial(ExtractionError, address=self.address, batch=self.batch, values=self.values), self.args


class ClosedViewError(KfxError):
    """The view was closed and has let go of the model and the data."""


class ProofError(KfxError):
    """The model's output was a different one while its values were taken."""


class FolderError(KfxError):
    """A folder of extracted values cannot be continued or read."""


class EngineError(KfxError):
    """A Ray cluster cannot be reached or used, or gave up."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A block of examples that could not be computed.

    Attributes:
        start: Its first example.
        stop: One after its last.
        row: The first example that fails also when it is alone, or None.
        reason: Kind and text of the error.
    """

    start: int
    stop: int
    row: int | None
    reason: str

    def __str__(self) -> str:
        first = "" if self.row is None else f", first bad row: example {self.row}"
        return f"block of examples {self.start} to {self.stop - 1}{first}: {self.reason}"


class BlockError(KfxError):
    """Some examples could not be computed; everything else that was written stays.

    Attributes:
        failures: Each block that failed.
    """

    def __init__(self, message: str, failures: tuple[Failure, ...]) -> None:
        super().__init__(message)
        self.failures = failures

    def __reduce__(self) -> tuple:  # so that it comes whole out of another process
        return BlockError, (str(self), self.failures)


class NoRunError(KfxError, RuntimeError):
    """A command was given to a run of ``fit``, and none is running."""


class NoEngineError(KfxError):
    """No Graphviz engine could draw the graph: none is installed, or every one failed or ran out of time."""


class GraphvizError(KfxError):
    """One Graphviz engine failed or ran out of time; another one may be able to draw the graph."""


class NotebookError(KfxError, ValueError):
    """A file is not a notebook that can be worked on."""


class DownloadError(KfxError):
    """A data set could not be downloaded; the message says why, and how to get a stand-in where there is one."""
