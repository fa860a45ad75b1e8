"""The point under the cursor: from the ids that counting left behind, or, before they are there, from the columns."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from seeinin.geometry.axis import Axis, bin_column
from seeinin.geometry.counting import BLOCK, SELECTED, Colouring
from seeinin.pool import Pool, ranges

NOTHING = (np.iinfo(np.int64).max, -1)  # squared distance and key where no point is within reach


def from_ids(ids: NDArray[np.int64], y: int, x: int, reach: float = 8) -> int:
    """The point drawn nearest to pixel (y, x) of a tile of keys (see `Frame.ids`), or -1 where none is within reach.

    Of equally near ones a selected point goes before others, then the topmost.
    """
    return int(_nearest_key(ids, y, x, reach) & (SELECTED - 1) if ids.size else -1)


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
    work = ranges(0, along[0].size, step)
    pool.share(lambda rows: found.append(_scan(along, down, clip, colouring, (y, x, reach), rows)), work)
    distance, key = min(found, key=lambda hit: (hit[0], -hit[1]), default=NOTHING)
    return key & (SELECTED - 1) if distance <= reach * reach else -1


def _scan(
    along: tuple[NDArray[Any], Axis],
    down: tuple[NDArray[Any], Axis],
    clip: tuple[int, int, int, int],
    colouring: Colouring,
    at: tuple[int, int, float],
    rows: tuple[int, int],
) -> tuple[int, int]:
    xs, ys = np.empty((2, BLOCK), np.int16)
    slot, strength = np.zeros((2, BLOCK), np.uint8)
    best = NOTHING
    for start, stop in ranges(*rows, BLOCK):
        n = stop - start
        bin_column(along[0][start:stop], along[1], clip[3], xs[:n])
        bin_column(down[0][start:stop], down[1], clip[1], ys[:n])
        colouring.spread(start, slot[:n], strength[:n])
        hit = _nearest(xs[:n], ys[:n], clip, slot[:n], strength[:n], colouring.visible, at, start)
        best = min(best, hit, key=lambda hit: (hit[0], -hit[1]))
    return best


@njit(nogil=True, cache=True)
def _nearest_key(ids, y, x, reach):  # type: ignore[no-untyped-def]
    best, found = reach * reach, np.int64(-1)
    size = np.int64(reach)
    for i in range(max(y - size, 0), min(y + size + 1, ids.shape[0])):
        for j in range(max(x - size, 0), min(x + size + 1, ids.shape[1])):
            distance = (i - y) ** 2 + (j - x) ** 2
            if ids[i, j] >= 0 and (distance < best or (distance == best and ids[i, j] > found)):
                best, found = distance, ids[i, j]
    return found


@njit(nogil=True, cache=True)
def _nearest(xs, ys, clip, slot, strength, visible, at, start):  # type: ignore[no-untyped-def]
    y0, y1, x0, x1 = clip
    y, x, reach = at
    best, found = np.int64(reach * reach), np.int64(-1)
    for p in range(xs.size):
        distance = (np.int64(ys[p]) - y) ** 2 + (np.int64(xs[p]) - x) ** 2
        if distance <= best and x0 <= xs[p] < x1 and y0 <= ys[p] < y1 and visible[slot[p]]:
            key = start + p + SELECTED * (strength[p] > 0)
            if distance < best or key > found:
                best, found = distance, key
    return best if found >= 0 else np.iinfo(np.int64).max, found
