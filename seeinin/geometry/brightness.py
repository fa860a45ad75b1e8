"""How many points on a pixel of a cell are its full brightness."""

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.frame import Tile
from seeinin.geometry.jit import kernel

BRIGHT = 0.995  # quantile of the non-empty pixels of a cell that is drawn at full brightness
SPARSE = 1 / 50  # points a pixel, below which a cell's marks say more than its counts
PILE = 8  # a pixel row or column with more than 1/PILE of a cell's points is a pile, and is left out of the quantile


def full_brightness(tile: Tile, out: NDArray[np.float32], each: float = 1.0) -> NDArray[np.float32]:
    """Counts of unselected and selected points (or the former only), at which a pixel of the cell has full brightness.

    The BRIGHT quantile of its non-empty pixels outside piles: half of a rectified channel sits on one line. Zero in a
    cell that is SPARSE; `each` is how many points a counted one stands for.
    """
    _full_brightness(tile.sums, out, each)
    return out


@kernel
def _full_brightness(sums, full, each):  # type: ignore[no-untyped-def]
    height, width = sums.shape[1:3]
    rest, points = np.empty(height * width, np.uint32), 0.0
    for plane in range(full.size):
        down, along = np.zeros(height), np.zeros(width)
        n, most = 0, np.uint32(1)
        for y in range(height):
            for x in range(width):
                count = sums[plane, y, x, 0]
                down[y] += count
                along[x] += count
                most = max(most, count)
        points += down.sum()
        limit = down.sum() * max(1 / PILE, 4 / max(min(height, width), 1))
        for y in range(height):
            for x in range(width):
                if sums[plane, y, x, 0] > 0 and down[y] <= limit and along[x] <= limit:
                    rest[n] = sums[plane, y, x, 0]
                    n += 1
        full[plane] = _select(rest[:n], int(BRIGHT * (n - 1))) if n > 0 else most
    if points * each < SPARSE * height * width:
        full[:] = 0


@kernel
def _select(values, place):  # type: ignore[no-untyped-def]
    """The value that sorting would put at `place`: its bytes, from the highest, by counting."""
    found = np.uint32(0)
    for byte in range(3, -1, -1):
        counts = np.zeros(256, np.int64)
        for value in values:
            if np.uint64(value) >> (8 * byte + 8) == np.uint64(found) >> (8 * byte + 8):
                counts[(value >> (8 * byte)) & 255] += 1
        digit = 0
        while place >= counts[digit]:
            place -= counts[digit]
            digit += 1
        found |= np.uint32(digit << (8 * byte))
    return found
