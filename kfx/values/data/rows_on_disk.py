"""Arrays on disk, in one file or in many: only the requested rows are read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np


class RowsOnDisk(ABC):
    """Base of data that `kfx.extract` reads batch by batch.

    Attributes:
        shape: ``(examples, ...)``.
        dtype: The dtype of all rows.
    """

    shape: tuple[int | None, ...]
    dtype: np.dtype

    @abstractmethod
    def __getitem__(self, index: Any) -> Any:
        """Return an array ``(rows, ...)`` for a slice of the first axis."""

    def __len__(self) -> int:
        return int(self.shape[0] or 0)
