"""Points to exact counts per pixel: a whole frame of cells, each column binned once per block of rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.axis import Axis
from seeinin.geometry.binning import TABLE_PAYS, axis_table, bin_column
from seeinin.geometry.jit import kernel
from seeinin.pool import Pool, ranges

BLOCK = 16_384  # rows binned at once: 32 KB a column, so that the columns of a matrix stay in the L2 cache
SELECTED = 1 << 62  # added to the id of a selected point: the larger key lies on top
FULL = 1 << 24  # points of one pixel whose colours are summed; its colour is known by then, and uint32 holds the sum

Rect = tuple[int, int, int, int]  # y0, y1, x0, x1
Cell = tuple[int, int, int, int, int, int]  # column position j, row position i, clip rectangle y0, y1, x0, x1


class Tile(NamedTuple):
    """What is known of every pixel of one cell of (h, w) pixels: views into the frame.

    sums   uint32 (2, h, w, 4): unselected and selected points: count, and the sums of their linear-light r, g, b
    share  uint32 (h, w): sum of the selection strengths 1..255 of the selected points
    keys   int64 (h, w): the topmost point, -1 where there is none; SELECTED is added to a selected one
    """

    sums: NDArray[np.uint32]
    share: NDArray[np.uint32]
    keys: NDArray[np.int64]


class Frame:
    """The counts of the cells of a frame of (height, width) pixels.

    The pixels of a cell lie together, whatever the width of the frame: points fall anywhere in a cell, and so they stay
    within the L2 cache. A cell gets its place when it is first counted; cells must not share pixels.
    """

    def __init__(self, height: int, width: int, room: int | None = None) -> None:
        """`room`: pixels of all cells together; as many as the frame has, unless told."""
        self.height, self.width = height, width
        room = height * width if room is None else room
        self.sums, self.share = np.zeros(8 * room, np.uint32), np.zeros(room, np.uint32)
        self.keys = np.full(room, -1, np.int64)
        self._places: dict[Rect, int] = {}
        self._used = 0

    def forget(self) -> None:
        """Give up all cells; their counts stay until they are cleared."""
        self._places.clear()
        self._used = 0

    def place(self, rect: Rect) -> int:
        """Index of the first pixel of a cell in `share` and `keys`, and an eighth of that in `sums`."""
        if rect not in self._places:
            y0, y1, x0, x1 = rect
            self._places[rect] = self._used
            self._used += (y1 - y0) * (x1 - x0)
        return self._places[rect]

    def tile(self, rect: Rect) -> Tile:
        """The counts of one cell."""
        y0, y1, x0, x1 = rect
        start, shape = self.place(rect), (y1 - y0, x1 - x0)
        stop = start + shape[0] * shape[1]
        sums = self.sums[8 * start : 8 * stop].reshape(2, *shape, 4)
        return Tile(sums, self.share[start:stop].reshape(shape), self.keys[start:stop].reshape(shape))

    @property
    def ids(self) -> NDArray[np.int64]:
        """A new picture of the keys of all cells, (H, W)."""
        ids = np.full((self.height, self.width), -1, np.int64)
        self.copy_keys(ids)
        return ids

    def copy_keys(self, ids: NDArray[np.int64]) -> None:
        """The keys of all cells, where they lie in the frame, into `ids` (H, W)."""
        places = [(*rect, place) for rect, place in self._places.items()]
        _copy_keys(self.keys, np.array(places, np.int64).reshape(-1, 5), ids)


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

    @property
    def planes(self) -> int:
        """2 where points are selected, else 1."""
        return 1 if self.strength is None else 2

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
    cells: NDArray[np.int64],
    slot: NDArray[np.uint8],
    strength: NDArray[np.uint8],
    packed: NDArray[np.uint64],
    start: int,
    clear: int = 0,
) -> None:
    """Add one block of B points to every cell.

    xs (J, B or more) and ys (I, B or more) are the pixels of columns and rows, slot and strength (B); cells (C, 9) as
    from `placed`; `start` is the block's first point. `clear` planes of each cell are emptied before: 2 where points
    are selected. Different cells may be counted at the same time, but blocks go in the order of their points, so that
    the last one lies on top.
    """
    sums = frame.sums.view(np.uint64).reshape(-1, 2)
    _count(sums, frame.share, frame.keys, xs, ys, cells, slot, strength, packed, start, clear)


def placed(frame: Frame, cells: Sequence[Cell]) -> NDArray[np.int64]:
    """Cells as kernels want them (C, 9): j, i, the rectangle, its place in the frame, and the rows to be counted."""
    return np.array([(*cell, frame.place(cell[2:]), *cell[2:4]) for cell in cells], np.int64).reshape(-1, 9)


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
    if clear:
        frame.forget()
    groups = [_Group(frame, columns, rows, part, colouring) for part in share_out(placed(frame, cells), pool.size)]
    most = max((len(group.cells) for group in groups), default=1)
    step = max(1, 100 // most) * BLOCK
    for begin, end in ranges(start, stop, step):
        first = clear and begin == start
        pool.share(partial(_Group.count, start=begin, stop=end, clear=first), groups)
        yield end


def share_out(cells: NDArray[np.int64], parts: int) -> list[NDArray[np.int64]]:
    """Cut the cells (C, 9) into groups of equal work: whole cells, or bands of their rows where cells are few."""
    if 0 < len(cells) < 4 * parts:
        height = cells[:, 8] - cells[:, 7]
        bands = np.repeat(cells[None], parts, axis=0)
        for part, band in enumerate(bands):
            band[:, 7:] = cells[:, 7:8] + height[:, None] * (part, part + 1) // parts
        cells = bands.reshape(-1, 9)
    return [group for group in np.array_split(cells, parts) if len(group)]


class _Group:
    """Cells that one thread counts, with the columns they need and the scratch their pixels go to."""

    def __init__(self, frame: Frame, columns: Any, rows: Any, cells: NDArray[np.int64], colouring: Colouring) -> None:
        self.frame, self.colouring, self.packed = frame, colouring, colouring.packed()
        self.cells = cells.copy()
        used_columns, self.cells[:, 0] = np.unique(cells[:, 0], return_inverse=True)
        used_rows, self.cells[:, 1] = np.unique(cells[:, 1], return_inverse=True)
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
            count_cells(
                self.frame, *block, self.packed, begin, self.colouring.planes if clear and begin == start else 0
            )


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
def _copy_keys(keys, cells, ids):  # type: ignore[no-untyped-def]
    for c in range(cells.shape[0]):
        at, x0, x1 = cells[c, 4], cells[c, 2], cells[c, 3]
        for y in range(cells[c, 0], cells[c, 1]):
            ids[y, x0:x1] = keys[at : at + x1 - x0]
            at += x1 - x0


@kernel
def _count(sums, share, keys, xs, ys, cells, slot, strength, packed, start, clear):  # type: ignore[no-untyped-def]
    for c in range(cells.shape[0]):
        along, down = xs[cells[c, 0]], ys[cells[c, 1]]
        y0, x0, x1, place, top, bottom = cells[c, 2], cells[c, 4], cells[c, 5], cells[c, 6], cells[c, 7], cells[c, 8]
        width = x1 - x0
        size = (cells[c, 3] - y0) * width
        first, last = (top - y0) * width, (bottom - y0) * width
        if clear > 0:  # here, because it also fetches the cell into the cache in one sweep
            sums[2 * place + first : 2 * place + last] = 0
            keys[place + first : place + last] = -1
        if clear > 1:
            sums[2 * place + size + first : 2 * place + size + last] = 0
            share[place + first : place + last] = 0
        for p in range(slot.size):
            x, y = along[p], down[p]
            colour = np.uint64(slot[p])
            if x0 <= x < x1 and top <= y < bottom and packed[colour, 0] != 0:
                pixel = np.uint64((y - y0) * width + (x - x0))
                key, at = np.uint64(place) + pixel, np.uint64(2 * place) + pixel
                if strength[p] > 0:
                    keys[key] = start + p + SELECTED
                    share[key] += strength[p]
                    at += np.uint64(size)
                elif keys[key] < SELECTED:
                    keys[key] = start + p
                before = sums[at, 0]
                if np.uint32(before) < FULL:
                    sums[at, 0] = before + packed[colour, 0]
                    sums[at, 1] += packed[colour, 1]
                else:
                    sums[at, 0] = before + np.uint64(1)
