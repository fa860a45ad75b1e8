"""The values of two sets of images in one layer, as many as can be compared in time."""

import math
from collections.abc import Callable, Generator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.pool import Token, ranges
from seeinin.store.access import Rows

LEAST = 4  # images of either set
MOST = 1000  # images of either set: a fair sample, since the rows are shuffled
VALUES = 1 << 27  # of a layer that are read; of larger maps fewer images
UNITS = 1 << 14  # values of an image that are compared; of larger maps so many, evenly spread
BLOCK = 1 << 22  # values read at a time, some milliseconds

Read = Callable[[Rows], NDArray[Any]]


def sample(
    token: Token, read: Read, shape: Sequence[int], sets: Sequence[NDArray[np.int64]]
) -> Generator[None, None, tuple[NDArray[np.float32], NDArray[np.bool_]]]:
    """The values (n, U) of the first images of both sets, and of each whether it is of the second (n).

    What is not finite counts as 0.
    """
    most = min(MOST, max(LEAST, VALUES // math.prod(shape) // 2))
    rows, side = np.concatenate([s[:most] for s in sets]), np.repeat([False, True], [len(s[:most]) for s in sets])
    parts = []
    for start, stop in ranges(0, len(rows), max(1, BLOCK // math.prod(shape))):
        parts.append(values_of(read, shape, rows[start:stop]))
        token.check()
        yield
    return np.concatenate(parts), side


def values_of(read: Read, shape: Sequence[int], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """The same values (n, U) of some images."""
    size = math.prod(shape)
    kept = np.linspace(0, size - 1, min(size, UNITS)).round().astype(np.int64)
    values = read(rows).reshape(len(rows), size)[:, kept].astype(np.float32)
    return np.nan_to_num(values, copy=False, posinf=0, neginf=0)
