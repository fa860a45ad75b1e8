"""How many values of a column its axis does not show."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.halves import TABLE, codes
from seeinin.geometry.jit import kernel


def outside(column: NDArray[Any], low: float, high: float) -> tuple[int, int]:
    """(finite values beyond [low, high], values that are NaN or infinite) of a float16 or float32 column (P,)."""
    if column.dtype == np.float16:
        with np.errstate(invalid="ignore"):  # NaNs, among them signalling ones
            table = TABLE.astype(np.float64)
        kind = np.where(np.isfinite(table), (table < low) | (table > high), 2).astype(np.uint8)
        beyond, strange = _count_codes(codes(column), kind)
    else:
        beyond, strange = _count(column, float(low), float(high))
    return int(beyond), int(strange)


@kernel
def _count_codes(codes, kind):  # type: ignore[no-untyped-def]
    counts = np.zeros(3, np.int64)
    for p in range(codes.size):
        counts[kind[codes[p]]] += 1
    return counts[1], counts[2]


@kernel
def _count(values, low, high):  # type: ignore[no-untyped-def]
    beyond, strange = 0, 0
    for p in range(values.size):
        value = np.float64(values[p])
        finite = value - value == 0
        beyond += finite & ((value < low) | (value > high))
        strange += not finite
    return beyond, strange
