"""Sums of feature maps over images, straight from float16 codes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.halves import TABLE
from seeinin.geometry.jit import kernel


def add_maps(
    total: NDArray[np.float64], maps: NDArray[Any], weights: NDArray[np.floating | np.integer] | None = None
) -> None:
    """Add maps (n, D, H, W), float16, float32 or uint8, to `total` float64 (D, H, W), each times its weight (n).

    In the order of the rows, in float64: the sum is the same however the rows are cut into pieces, and equal to
    numpy's `maps.sum(0, dtype=float64)`.
    """
    scale = np.ones(len(maps)) if weights is None else weights.astype(np.float64)
    rows = np.ascontiguousarray(maps).reshape(len(maps), total.size)
    into = total.reshape(-1)
    if maps.dtype == np.float16:
        _add_codes(into, TABLE, rows.view(np.uint16), scale)
    else:
        _add(into, rows, scale)


@kernel
def _add_codes(total, table, rows, weights):  # type: ignore[no-untyped-def]
    line = np.empty(total.size, np.float32)
    for i in range(rows.shape[0]):
        for k in range(total.size):  # apart from the adding, which then runs several values at a time
            line[k] = table[rows[i, k]]
        for k in range(total.size):
            total[k] += weights[i] * line[k]


@kernel
def _add(total, rows, weights):  # type: ignore[no-untyped-def]
    for i in range(rows.shape[0]):
        for k in range(total.size):
            total[k] += weights[i] * rows[i, k]
