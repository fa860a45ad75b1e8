"""The region of a cell in which a selection is at home."""

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.jit import kernel


def region(counts: NDArray[np.int64], share: float = 0.5) -> NDArray[np.bool_]:
    """The connected bins (S, S) with the most points of all regions where more than `share` of a bin is selected.

    counts (S, S, 2): how much of the rest and of the selection lies in each bin, from `pair_counts`. Bins connect at
    their sides. All false where the selection reaches its share nowhere.
    """
    total = counts.sum(axis=2)
    number = np.where((total > 0) & (counts[..., 1] > share * total), 0, -1).astype(np.int64)
    found = _number(number)
    points = np.bincount(number[number > 0], total[number > 0], minlength=found + 1)
    return number == points.argmax() if found else np.zeros(number.shape, bool)


@kernel
def _number(number):  # type: ignore[no-untyped-def]
    """Number the connected regions of zeros, from 1 on; returns how many there are."""
    height, width = number.shape
    stack, found = np.empty((height * width, 2), np.int64), 0
    for y0 in range(height):
        for x0 in range(width):
            if number[y0, x0] != 0:
                continue
            found += 1
            number[y0, x0], stack[0, 0], stack[0, 1], left = found, y0, x0, 1
            while left > 0:
                left -= 1
                y, x = stack[left, 0], stack[left, 1]
                for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                    if 0 <= v < height and 0 <= u < width and number[v, u] == 0:
                        number[v, u], stack[left, 0], stack[left, 1] = found, v, u
                        left += 1
    return found
