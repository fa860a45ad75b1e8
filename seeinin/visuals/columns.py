"""The columns on the GPU: each uploaded once for all cells of its row and column, within a budget."""

from collections.abc import Hashable, Iterable, Mapping

import numpy as np

from seeinin.visuals.raw import Buffer


class Columns:
    """Buffers by key; those drawn least recently make room, those being drawn never.

    A column waits in host memory until `upload` is called with the context current.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget  # bytes
        self._waiting: dict[Hashable, np.ndarray] = {}
        self._resident: dict[Hashable, Buffer] = {}  # least recently drawn first

    def __contains__(self, key: Hashable) -> bool:
        return key in self._waiting or key in self._resident

    def __getitem__(self, key: Hashable) -> Buffer:
        return self._resident[key]

    @property
    def nbytes(self) -> int:
        """Memory in use on the GPU."""
        return sum(buffer.nbytes for buffer in self._resident.values())

    def add(self, columns: Mapping[Hashable, np.ndarray]) -> None:
        """Add columns (P,), float16 or float32, or replace those that have the same key."""
        for key, column in columns.items():
            if column.ndim != 1 or column.dtype not in (np.float16, np.float32):
                raise ValueError(f"a column is float16 or float32 (P,), not {column.dtype} {column.shape}")
            self._waiting[key] = column

    def upload(self, used: Iterable[Hashable]) -> None:
        """Bring what waits to the GPU, and make room for it; the columns `used` are about to be drawn."""
        for key, column in self._waiting.items():
            if key in self._resident:
                self._resident.pop(key).delete()
            self._resident[key] = Buffer(column)
        self._waiting.clear()
        kept = dict.fromkeys(used)
        for key in kept:
            self._resident[key] = self._resident.pop(key)
        excess = self.nbytes - self.budget
        for key in [key for key in self._resident if key not in kept]:
            if excess <= 0:
                break
            excess -= self._resident[key].nbytes
            self._resident.pop(key).delete()
