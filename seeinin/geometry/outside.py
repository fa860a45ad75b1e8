"""How many values of a column its axis does not show."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.halves import TABLE, codes
from seeinin.geometry.jit import kernel


def outside(column: NDArray[Any], low: float, high: float) -> tuple[int, int]:
    """(finite or infinite values beyond [low, high], NaNs) of a float16 or float32 column (P,)."""
    if column.dtype == np.float16:
        with np.errstate(invalid="ignore"):  # NaNs, among them signalling ones
            table = TABLE.astype(np.float64)
        kind = np.where(np.isnan(table), 2, (table < low) | (table > high)).astype(np.uint8)
        beyond, nans = _count_codes(codes(column), kind)
    else:
        beyond, nans = _count(column, float(low), float(high))
    return int(beyond), int(nans)


@kernel
def _count_codes(codes, kind):  # type: ignore[no-untyped-def]
    counts = np.zeros(3, np.int64)
    for p in range(codes.size):
        counts[kind[codes[p]]] += 1
    return counts[1], counts[2]


@kernel
def _count(values, low, high):  # type: ignore[no-untyped-def]
    beyond, nans = 0, 0
    for p in range(values.size):
        value = np.float64(values[p])
        beyond += (value < low) | (value > high)
        nans += value != value
    return beyond, nans
