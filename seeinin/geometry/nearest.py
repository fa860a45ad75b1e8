"""The point under the cursor: from the ids that counting left behind, or, before they are there, from the columns."""

from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.axis import Axis
from seeinin.geometry.binning import Binned, bin_column
from seeinin.geometry.colouring import Colouring
from seeinin.geometry.frame import SELECTED
from seeinin.geometry.jit import kernel
from seeinin.pool import Pool, ranges

BLOCK = 65_536  # points binned at once
NOTHING = (np.iinfo(np.int64).max, -1)  # squared distance and key where no point is within reach


def from_ids(ids: NDArray[np.int64], y: int, x: int, reach: float = 8) -> int:
    """The point drawn nearest to pixel (y, x) of a tile of keys (see `Frame.ids`), or -1 where none is within reach.

    Of equally near ones a selected point goes before others, then the topmost.
    """
    key = int(_nearest_key(ids, y, x, float(reach)))
    return key & (SELECTED - 1) if key >= 0 else -1


def nearest(
    pool: Pool,
    along: tuple[NDArray[Any], Axis],
    down: tuple[NDArray[Any], Axis],
    clip: tuple[int, int, int, int],
    colouring: Colouring,
    y: int,
    x: int,
    reach: float = 8,
) -> int:
    """What `from_ids` would say of the cell with rectangle `clip` (y0, y1, x0, x1), had all its points been counted."""
    found: list[tuple[int, int]] = []
    step = max(BLOCK, -(-along[0].size // (4 * pool.size)))
    columns = Binned(*along, clip[3]), Binned(*down, clip[1])
    work = ranges(0, along[0].size, step)
    pool.share(lambda rows: found.append(_scan(*columns, clip, colouring, (y, x, reach), rows)), work)
    _, key = min(found, key=_rank, default=NOTHING)
    return key & (SELECTED - 1) if key >= 0 else -1


def _scan(
    along: Binned,
    down: Binned,
    clip: tuple[int, int, int, int],
    colouring: Colouring,
    at: tuple[int, int, float],
    rows: tuple[int, int],
) -> tuple[int, int]:
    """Squared distance and key of the nearest of some rows: few points pass the test on x, so y is cheap."""
    (y0, y1, x0, x1), (y, x, reach) = clip, at
    left, right = max(x0, ceil(x - reach)), min(x1 - 1, floor(x + reach))
    xs, within, best = np.empty(BLOCK, np.int16), np.empty(BLOCK, np.int64), NOTHING
    for start, stop in ranges(*rows, BLOCK):
        block = along.bin(start, stop, xs)
        near = within[: _within(block, left, right, within)]
        ys = bin_column(down.column[start + near], down.axis, y1, np.empty(near.size, np.int16))
        slot, strength = colouring.of(start + near)
        distance = (block[near].astype(np.int64) - x) ** 2 + (ys.astype(np.int64) - y) ** 2
        drawn = (ys >= y0) & colouring.visible[slot] & (distance <= reach * reach)
        if drawn.any():
            keys = np.where(strength > 0, start + near + SELECTED, start + near)
            closest = distance[drawn].min()
            best = min(best, (int(closest), int(keys[drawn & (distance == closest)].max())), key=_rank)
    return best


def _rank(hit: tuple[int, int]) -> tuple[int, int]:
    return hit[0], -hit[1]


@kernel
def _nearest_key(ids, y, x, reach):  # type: ignore[no-untyped-def]
    best, found = reach * reach, np.int64(-1)
    size = np.int64(reach)
    for i in range(max(y - size, 0), min(y + size + 1, ids.shape[0])):
        for j in range(max(x - size, 0), min(x + size + 1, ids.shape[1])):
            distance = (i - y) ** 2 + (j - x) ** 2
            if ids[i, j] >= 0 and (distance < best or (distance == best and ids[i, j] > found)):
                best, found = distance, ids[i, j]
    return found


@kernel
def _within(pixels, first, last, out):  # type: ignore[no-untyped-def]
    """Indices of the pixels first..last, in `out`; returns how many."""
    n = 0
    for p in range(pixels.size):
        out[n] = p
        n += first <= pixels[p] <= last
    return n
