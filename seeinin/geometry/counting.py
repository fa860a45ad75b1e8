"""Points to exact counts per pixel: a whole frame of cells, each column binned once per block of rows."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import zip_longest
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.axis import Axis
from seeinin.geometry.binning import Binned
from seeinin.geometry.colouring import Colouring
from seeinin.geometry.frame import FULL, SELECTED, Frame
from seeinin.geometry.jit import kernel
from seeinin.pool import Pool, ranges

CROWD = 16  # points to a pixel that are counted at once
LEAST, MOST = 4096, 1 << 20  # points that are counted at once
SCRATCH = 1 << 23  # pixels along all lines
STEP = 2_000_000  # points times cells, or lines, of a step of a thread: some milliseconds
NARROW = np.uint64(1023 << 54)  # a word of narrow sums that is full: 1023 points, and 255 * 1023 < 2**18
COLOUR = np.uint64((1 << 18) - 1)

Cell = tuple[int, int, int, int, int, int]  # column position j, row position i, clip rectangle y0, y1, x0, x1


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
    """Count the points [start, stop) of all cells, on all threads, in steps of about 5 ms.

    Yields the points that every cell has; between two that differ, some cells have more.

    columns, rows  the visible columns of the layer with their axis, along x and along y, float16 or float32 (P,)
    cells          their rectangles must be disjoint; with `clear` they are emptied first
    """
    if clear:
        frame.forget()
    parts = share_out(placed(frame, cells), pool.size)
    block = block_of(parts, stop - start)
    groups = [_Group(frame, columns, rows, part, colouring, block) for part in parts]
    for begin, end in ranges(start, stop, block):
        work = [group.steps(begin, end, clear and begin == start) for group in groups]
        for step in zip_longest(*work):
            yield begin
            pool.share(lambda call: call and call(), step)
        yield end


def placed(frame: Frame, cells: Sequence[Cell]) -> NDArray[np.int64]:
    """Cells as kernels want them (C, 9): j, i, the rectangle, its place in the frame, and the rows to be counted."""
    return np.array([(*cell, frame.place(cell[2:]), *cell[2:4]) for cell in cells], np.int64).reshape(-1, 9)


def share_out(cells: NDArray[np.int64], parts: int) -> list[NDArray[np.int64]]:
    """Cut the cells (C, 9) into groups of equal work: whole cells, or bands of their rows where cells are few."""
    if 0 < len(cells) < 4 * parts:
        height = cells[:, 8] - cells[:, 7]
        bands = np.repeat(cells[None], parts, axis=0)
        for part, band in enumerate(bands):
            band[:, 7:] = cells[:, 7:8] + height[:, None] * (part, part + 1) // parts
        cells = bands.reshape(-1, 9)
    return [group for group in np.array_split(cells, parts) if len(group)]


def unique_rows(rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different rows of (n, k), none negative, and which of them each is; as numpy does it, which takes longer."""
    ends = (rows.max(axis=0) + 1).tolist()
    if prod(ends) >= 1 << 62:
        return np.unique(rows, axis=0, return_inverse=True)
    weights = [prod(ends[k + 1 :]) for k in range(len(ends))]
    _, first, which = np.unique(rows @ np.array(weights), return_index=True, return_inverse=True)
    return rows[first], which


def block_of(parts: list[NDArray[np.int64]], points: int) -> int:
    """Points to count at once: many to a pixel, because each pixel is moved to the frame after each block."""
    if not parts:
        return max(points, 1)
    size = max(int(((part[:, 8] - part[:, 7]) * (part[:, 5] - part[:, 4])).max()) for part in parts)
    lines = max(len(np.unique(part[:, axis])) for part in parts for axis in (0, 1))
    return min(max(CROWD * size, LEAST), MOST, SCRATCH // lines, max(points, 1))


class _Group:
    """Cells that one thread counts, with the lines of pixels that they need, and scratch for one cell."""

    def __init__(
        self, frame: Frame, columns: Any, rows: Any, cells: NDArray[np.int64], colouring: Colouring, block: int
    ) -> None:
        self.frame, self.cells, self.colouring, self.packed = frame, cells.copy(), colouring, colouring.packed()
        across, self.cells[:, 0] = unique_rows(cells[:, [0, 4, 5]])
        down, line = unique_rows(cells[:, [1, 2, 3, 7, 8]])
        self.cells[:, 1] = line + len(across)
        self.lines = [_Line(columns[j], x0, x0, x1) for j, x0, x1 in across.tolist()]
        self.lines += [_Line(rows[i], y0, top, bottom) for i, y0, _, top, bottom in down.tolist()]
        self.heights = [0] * len(across) + (down[:, 2] - down[:, 1]).tolist()
        self.pixels = np.empty((len(self.lines), block), np.int16)
        self.slot, self.strength, self.state = np.empty((3, block), np.uint8)
        self.special = False
        size = colouring.planes * int(((cells[:, 3] - cells[:, 2]) * (cells[:, 5] - cells[:, 4])).max())
        self.fresh, self.last = np.zeros(size, np.uint64), np.empty(size, np.uint32)

    def steps(self, start: int, stop: int, clear: bool) -> Iterator[Callable[[], None]]:
        """The calls that count the points [start, stop), one after the other."""
        at_once = max(STEP // (stop - start), 1)
        for first, last in ranges(0, len(self.lines), at_once):
            yield partial(self._bin, start, stop, range(first, last))
        for first, last in ranges(0, len(self.cells), at_once):
            yield partial(self._count, start, stop, self.cells[first:last], clear)

    def _bin(self, start: int, stop: int, lines: range) -> None:
        """Work out where the points lie along some lines."""
        slot, strength, state = (array[: stop - start] for array in (self.slot, self.strength, self.state))
        if lines.start == 0:
            self.colouring.spread(start, slot, strength)
            self.special = _states(slot, strength, self.colouring.visible, state)
        for k in lines:
            pixels = self.lines[k].bin(start, stop, self.pixels[k])
            if self.special and self.heights[k]:
                _lift(pixels, state, self.heights[k])

    def _count(self, start: int, stop: int, cells: NDArray[np.int64], clear: bool) -> None:
        """Add the points to some cells."""
        slot, strength = self.slot[: stop - start], self.strength[: stop - start]
        selected = np.flatnonzero(strength) if self.colouring.planes == 2 else np.empty(0, np.int64)
        points = self.pixels, slot, strength, selected, self.packed, start
        frame = self.frame.sums.view(np.uint64).reshape(-1, 2), self.frame.share, self.frame.keys
        _count(frame, (self.fresh, self.last), cells, points, self.colouring.planes, clear)


class _Line:
    """A column on its way to pixels from `start` on, negative where a point is not within first <= pixel < last."""

    def __init__(self, column: tuple[NDArray[Any], Axis], start: int, first: int, last: int) -> None:
        self.binned, self.clip = Binned(*column, last), (start, first)
        if self.binned.table is not None:
            _relative(self.binned.table, *self.clip)

    def bin(self, start: int, stop: int, out: NDArray[np.int16]) -> NDArray[np.int16]:
        """Pixels of the points [start, stop), at the front of `out`."""
        pixels = self.binned.bin(start, stop, out)
        if self.binned.table is None:
            _relative(pixels, *self.clip)
        return pixels


@kernel
def _relative(pixels, start, first):  # type: ignore[no-untyped-def]
    for p in range(pixels.size):
        pixels[p] = pixels[p] - start if pixels[p] >= first else -1


@kernel
def _states(slot, strength, visible, out):  # type: ignore[no-untyped-def]
    """Of each point: 2 where it is hidden, 1 where it is selected, else 0; returns whether any is not 0."""
    special = False
    for p in range(slot.size):
        out[p] = strength[p] > 0 if visible[slot[p]] else 2
        special |= out[p] > 0
    return special


@kernel
def _lift(pixels, state, height):  # type: ignore[no-untyped-def]
    """Selected points lie a cell's height further, hidden ones nowhere."""
    for p in range(pixels.size):
        if pixels[p] >= 0 and state[p] > 0:
            pixels[p] = pixels[p] + height if state[p] == 1 else -1


@kernel
def _count(frame, scratch, cells, points, planes, clear):  # type: ignore[no-untyped-def]
    """One cell after the other, in scratch that stays in the cache: `fresh` holds a word of four narrow sums for each
    pixel, those of the selected points behind the others, and `last` the topmost point."""
    (sums, share, keys), (fresh, last) = frame, scratch
    pixels, slot, strength, selected, packed, start = points
    for c in range(cells.shape[0]):
        along, down, width = pixels[cells[c, 0]], pixels[cells[c, 1]], cells[c, 5] - cells[c, 4]
        place, size = cells[c, 6], (cells[c, 3] - cells[c, 2]) * width
        first, after = (cells[c, 7] - cells[c, 2]) * width, (cells[c, 8] - cells[c, 2]) * width
        cell_sums, cell_keys = sums[2 * place : 2 * (place + size)], keys[place : place + size]
        if clear and planes == 2:
            share[place + first : place + after] = 0
        band = first, after, size, planes
        ready = _count_cell(fresh, last, cell_sums, along, down, np.uint64(width), slot, packed, band, not clear)
        for q in range(selected.size):
            p = selected[q]
            if (along[p] | down[p]) >= 0:
                share[place + down[p] * width + along[p] - size] += strength[p]
        if clear and ready:
            cell_keys[first:after] = -1
        for plane in range(planes):
            begin, end, at = plane * size + first, plane * size + after, start + plane * SELECTED
            if ready:
                _move(fresh, last, cell_sums, cell_keys, plane * size, first, after, at)
            else:
                words = cell_sums[begin:end].reshape(-1)
                _set(fresh[begin:end], last[begin:end], words, cell_keys[first:after], at, plane > 0)


@kernel
def _count_cell(fresh, last, sums, along, down, width, slot, packed, band, ready):  # type: ignore[no-untyped-def]
    """Returns whether `sums` hold what is to be added to: they are only cleared when a narrow sum is full."""
    for p in range(slot.size):
        x, y = along[p], down[p]
        if (x | y) >= 0:
            pixel = np.uint64(y) * width + np.uint64(x)
            before = fresh[pixel]
            if before >= NARROW:
                if not ready:
                    _clear(sums, band)
                    ready = True
                _add(sums, pixel, before)
                before = np.uint64(0)
            fresh[pixel] = before + packed[np.uint64(slot[p])]
            last[pixel] = p
    return ready


@kernel
def _clear(sums, band):  # type: ignore[no-untyped-def]
    first, after, size, planes = band
    for plane in range(planes):
        sums[plane * size + first : plane * size + after] = 0


@kernel
def _set(fresh, last, sums, keys, start, keep):  # type: ignore[no-untyped-def]
    """From the scratch to a part of the frame that holds nothing yet, but keys where they are to be kept."""
    for pixel in range(fresh.size):  # without a branch, so that it runs several pixels at a time
        word = fresh[pixel]
        empty = keys[pixel] if keep else np.int64(-1)
        keys[pixel] = start + np.int64(last[pixel]) if word != 0 else empty
        sums[2 * pixel] = word >> np.uint64(54) | (word >> np.uint64(36) & COLOUR) << np.uint64(32)
        sums[2 * pixel + 1] = (word >> np.uint64(18) & COLOUR) | (word & COLOUR) << np.uint64(32)
        fresh[pixel] = np.uint64(0)


@kernel
def _move(fresh, last, sums, keys, plane, first, after, start):  # type: ignore[no-untyped-def]
    """From the scratch to the frame, and empty the scratch."""
    for pixel in range(first, after):
        at = plane + pixel
        if fresh[at] != 0:
            _add(sums, at, fresh[at])
            keys[pixel] = max(keys[pixel], start + np.int64(last[at]))
            fresh[at] = 0


@kernel
def _add(sums, pixel, word):  # type: ignore[no-untyped-def]
    """Add four narrow sums to the wide ones of a pixel."""
    before, count = sums[pixel, 0], word >> np.uint64(54)
    if np.uint32(before) < FULL:
        count |= (word >> np.uint64(36) & COLOUR) << np.uint64(32)
        sums[pixel, 1] += (word >> np.uint64(18) & COLOUR) | (word & COLOUR) << np.uint64(32)
    sums[pixel, 0] = before + count
