"""The chosen images of a dataset, in the order of the cache's rows, and the way to their pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seeinin.errors import DataError
from seeinin.precompute.reading.problems import Problems


class Batch(NamedTuple):
    """Pixels uint8 (n, h, w, c) and valid (n): where that is false the pixels are zero."""

    pixels: NDArray[np.uint8]
    valid: NDArray[np.bool_]


@dataclass(frozen=True)
class Rows:
    """All that a cache needs to know of its images. `shape` is (h, w, c), of every image; labels are -1 for none."""

    shape: tuple[int, int, int]
    label: NDArray[np.int32]  # (N)
    classes: tuple[str, ...]
    names: Sequence[str]  # (N)
    identity: str  # of what was chosen from: another one means other pixels or labels
    problems: Problems
    read: Callable[[Iterable[range]], Iterator[Batch]]  # in this order, ahead of who asks
    extra: Mapping[str, NDArray[Any]] = field(default_factory=dict)  # each (N)

    def __len__(self) -> int:
        return len(self.label)

    def unread(self, valid: NDArray[np.bool_]) -> str:
        """A sentence on the rows that are not valid; "" where all are. What an earlier run met is read once more."""
        rows = np.flatnonzero(~valid)
        if not rows.size:
            return ""
        first = rows[:5].tolist()
        for row in first:
            if row not in self.problems.reasons:
                with suppress(DataError):  # that it is one too many was for the run to say
                    list(self.read([range(row, row + 1)]))
        reasons = {row: self.problems.reasons.get(row, "could not be read then, and can now") for row in first}
        return self.problems.summary(reasons, rows.size)
