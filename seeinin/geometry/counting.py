"""Points to exact counts per pixel: a whole frame of cells, each column binned once per block of rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.axis import Axis
from seeinin.geometry.binning import TABLE_PAYS, axis_table, bin_column
from seeinin.geometry.jit import kernel
from seeinin.pool import Pool, ranges

BLOCK = 16_384  # rows binned at once: 32 KB a column, so that the columns of a matrix stay in the L2 cache
SELECTED = 1 << 62  # added to the id of a selected point: the larger key lies on top
FULL = 1 << 24  # points of one pixel whose colours are summed; its colour is known by then, and uint32 holds the sum

Cell = tuple[int, int, int, int, int, int]  # column position j, row position i, clip rectangle y0, y1, x0, x1


class Frame:
    """What is known of every pixel of a frame of (height, width).

    sums   uint32 (2, H, W, 4): unselected and selected points: count, and the sums of their linear-light r, g, b
    share  uint32 (H, W): sum of the selection strengths 1..255 of the selected points
    ids    int64 (H, W): key of the topmost point, -1 where there is none. A key is the point, + SELECTED if selected
    """

    def __init__(self, height: int, width: int) -> None:
        self.height, self.width = height, width
        self.sums = np.zeros((2, height, width, 4), np.uint32)
        self.share = np.zeros((height, width), np.uint32)
        self.ids = np.full((height, width), -1, np.int64)

    def clear(self) -> None:
        self.sums.fill(0)
        self.share.fill(0)
        self.ids.fill(-1)


@dataclass(frozen=True)
class Colouring:
    """The colour slot and the selection strength of every point, given per point or per image.

    slot, strength      uint8; entry p // repeat belongs to point p. Strength 0: not selected
    palette             uint8 (256, 3), linear light; `visible` bool (256): slots that are drawn
    """

    slot: NDArray[np.uint8]
    slot_repeat: int
    palette: NDArray[np.uint8]
    visible: NDArray[np.bool_]
    strength: NDArray[np.uint8] | None = None
    strength_repeat: int = 1

    def packed(self) -> NDArray[np.uint64]:
        """What a point of each slot adds to the four sums of its pixel, as two 64-bit words (256, 2)."""
        words = np.ones((256, 4), np.uint32)
        words[:, 1:] = self.palette
        words[~self.visible] = 0
        return words.view(np.uint64)

    def of(self, points: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Slot and strength of some points."""
        slot = self.slot[points // self.slot_repeat]
        if self.strength is None:
            return slot, np.zeros_like(slot)
        return slot, self.strength[points // self.strength_repeat]

    def spread(self, start: int, slot: NDArray[np.uint8], strength: NDArray[np.uint8]) -> None:
        """Slot and strength of consecutive points from `start` on, into `slot` and `strength`."""
        _spread(self.slot, self.slot_repeat, start, slot)
        if self.strength is None:
            strength.fill(0)
        else:
            _spread(self.strength, self.strength_repeat, start, strength)


def count_cells(
    frame: Frame,
    xs: NDArray[np.int16],
    ys: NDArray[np.int16],
    cells: NDArray[np.int32],
    slot: NDArray[np.uint8],
    strength: NDArray[np.uint8],
    packed: NDArray[np.uint64],
    start: int,
    clear: bool = False,
) -> None:
    """Add one block of B points to every cell.

    xs (J, B or more) and ys (I, B or more) are the pixels of columns and rows, cells (C, 6), slot and strength (B).
    `start` is the block's first point; `clear` empties each cell before. Cells whose rectangles are disjoint may be
    counted at the same time, but blocks go in the order of their points: the last one lies on top.
    """
    sums = frame.sums.view(np.uint64)
    _count(sums, frame.share, frame.ids, xs, ys, cells, slot, strength, packed, start, clear)


def counting(
    pool: Pool,
    frame: Frame,
    columns: Sequence[tuple[NDArray[Any], Axis]],
    rows: Sequence[tuple[NDArray[Any], Axis]],
    cells: Sequence[Cell],
    colouring: Colouring,
    start: int,
    stop: int,
    clear: bool = True,
) -> Iterator[int]:
    """Count the points [start, stop) of all cells, on all threads; yields the points done, about every 5 ms.

    columns, rows  the visible columns of the layer with their axis, along x and along y, float16 or float32 (P,)
    cells          their rectangles must be disjoint; with `clear` they are emptied first
    """
    groups = [_Group(frame, columns, rows, part, colouring) for part in share_out(cells, pool.size)]
    most = max((len(group.cells) for group in groups), default=1)
    step = max(1, 100 // most) * BLOCK
    for begin, end in ranges(start, stop, step):
        first = clear and begin == start
        pool.share(partial(_Group.count, start=begin, stop=end, clear=first), groups)
        yield end


def share_out(cells: Sequence[Cell], parts: int) -> list[list[Cell]]:
    """Cut the cells into groups of equal work, none sharing a pixel: whole cells, or bands where cells are few."""
    if len(cells) < 4 * parts:
        bands = [_band(cell, part, parts) for part in range(parts) for cell in cells]
        cells = [cell for cell in bands if cell[2] < cell[3]]
    edges = [len(cells) * part // parts for part in range(parts + 1)]
    return [list(cells[a:b]) for a, b in pairwise(edges) if a < b]


def _band(cell: Cell, part: int, parts: int) -> Cell:
    j, i, y0, y1, x0, x1 = cell
    return j, i, y0 + (y1 - y0) * part // parts, y0 + (y1 - y0) * (part + 1) // parts, x0, x1


class _Group:
    """Cells that one thread counts, with the columns they need and the scratch their pixels go to."""

    def __init__(self, frame: Frame, columns: Any, rows: Any, cells: list[Cell], colouring: Colouring) -> None:
        self.frame, self.colouring, self.packed = frame, colouring, colouring.packed()
        used_columns, used_rows = (sorted({cell[axis] for cell in cells}) for axis in (0, 1))
        self.cells = np.array(cells, np.int32)
        self.cells[:, 0] = np.searchsorted(used_columns, self.cells[:, 0])
        self.cells[:, 1] = np.searchsorted(used_rows, self.cells[:, 1])
        self.columns = [Binned(columns[j][0], columns[j][1], frame.width) for j in used_columns]
        self.rows = [Binned(rows[i][0], rows[i][1], frame.height) for i in used_rows]
        self.xs = np.empty((len(used_columns), BLOCK), np.int16)
        self.ys = np.empty((len(used_rows), BLOCK), np.int16)
        self.slot, self.strength = np.empty((2, BLOCK), np.uint8)

    def count(self, start: int, stop: int, clear: bool) -> None:
        for begin, end in ranges(start, stop, BLOCK):
            n = end - begin
            for pixels, binned in ((self.xs, self.columns), (self.ys, self.rows)):
                for line, column in zip(pixels, binned, strict=True):
                    column.bin(begin, end, line)
            self.colouring.spread(begin, self.slot[:n], self.strength[:n])
            block = self.xs, self.ys, self.cells, self.slot[:n], self.strength[:n]
            count_cells(self.frame, *block, self.packed, begin, clear and begin == start)


class Binned:
    """A column on its way to pixels, with a table of them where it is long enough to pay for one."""

    def __init__(self, column: NDArray[Any], axis: Axis, size: int) -> None:
        self.column, self.axis, self.size = column, axis, size
        long = column.dtype == np.float16 and column.size > TABLE_PAYS
        self.table = axis_table(axis, size) if long else None

    def bin(self, start: int, stop: int, out: NDArray[np.int16]) -> NDArray[np.int16]:
        """Pixels of the points [start, stop), at the front of `out`."""
        return bin_column(self.column[start:stop], self.axis, self.size, out[: stop - start], self.table)


@kernel
def _spread(values, repeat, start, out):  # type: ignore[no-untyped-def]
    """out[p] = values[(start + p) // repeat], without a division for every point."""
    entry, left = start // repeat, repeat - start % repeat
    for p in range(out.size):
        out[p] = values[entry]
        left -= 1
        if left == 0:
            entry, left = entry + 1, repeat


@kernel
def _clear(planes, share, ids, y0, y1, x0, x1):  # type: ignore[no-untyped-def]
    for y in range(y0, y1):
        planes[0, y, x0:x1] = 0
        planes[1, y, x0:x1] = 0
        share[y, x0:x1] = 0
        ids[y, x0:x1] = -1


@kernel
def _count(planes, share, ids, xs, ys, cells, slot, strength, packed, start, clear):  # type: ignore[no-untyped-def]
    height, width = np.uint64(ids.shape[0]), np.uint64(ids.shape[1])
    sum_of, share_of, id_of = planes.reshape(-1, 2), share.reshape(-1), ids.reshape(-1)
    for c in range(cells.shape[0]):
        along, down = xs[cells[c, 0]], ys[cells[c, 1]]
        y0, y1, x0, x1 = cells[c, 2], cells[c, 3], cells[c, 4], cells[c, 5]
        if clear:  # here, because it also fetches the cell into the cache in one sweep
            _clear(planes, share, ids, y0, y1, x0, x1)
        for p in range(slot.size):
            x, y = along[p], down[p]
            colour = np.uint64(slot[p])
            if x0 <= x < x1 and y0 <= y < y1 and packed[colour, 0] != 0:
                pixel = np.uint64(y) * width + np.uint64(x)
                at = pixel
                if strength[p] > 0:
                    id_of[pixel] = start + p + SELECTED
                    share_of[pixel] += strength[p]
                    at += height * width
                elif id_of[pixel] < SELECTED:
                    id_of[pixel] = start + p
                before = sum_of[at, 0]
                if np.uint32(before) < FULL:
                    sum_of[at, 0] = before + packed[colour, 0]
                    sum_of[at, 1] += packed[colour, 1]
                else:
                    sum_of[at, 0] = before + np.uint64(1)
