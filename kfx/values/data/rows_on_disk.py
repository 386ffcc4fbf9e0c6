"""Arrays that lie elsewhere, on disk or in many files: only the rows that are asked for are read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np


class RowsOnDisk(ABC):
    """What `kfx.extract` needs of data that it should read batch by batch.

    Attributes:
        shape: ``(examples, ...)``.
        dtype: Of all that is read.
    """

    shape: tuple[int | None, ...]
    dtype: np.dtype

    @abstractmethod
    def __getitem__(self, index: Any) -> Any:
        """For a slice of the first axis an array ``(rows, ...)``."""

    def __len__(self) -> int:
        return int(self.shape[0] or 0)
