"""Counts per pixel to a picture: round soft marks, or brightness by density where points are not sparse; classes mix in
linear light."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.box import Box
from seeinin.geometry.brightness import full_brightness
from seeinin.geometry.frame import FULL, Frame
from seeinin.geometry.jit import fused, kernel
from seeinin.geometry.look import LEVELS, Brush, Look, brush
from seeinin.pool import Pool, ranges

STEP = 64  # tiles that a thread paints in a step: a millisecond where marks are pixels, some where they are larger,
CALLS = 2  # in so many calls, for whoever is done first; more would cost as much as what they paint
TILE = (32, 256)  # rows and columns painted at once: what is read and written stays in the L2 cache
LOGS: NDArray[np.float32] = np.log1p(np.arange(4096)).astype(np.float32)

A, B, C, D, E = np.array([-9.436241, 369.2151, -240.9433, 214.9183, -78.94452], np.float32)  # of `_srgb`


def paint(pool: Pool, frame: Frame, cells: Sequence[Box], look: Look, selecting: bool, out: NDArray[np.uint8]) -> None:
    """Paint the cells of a frame into `out`, opaque sRGB uint8 (H, W, 4); nothing is drawn across a cell's border."""
    for _ in painting(pool, frame, cells, look, selecting, out):
        pass


def painting(
    pool: Pool, frame: Frame, cells: Sequence[Box], look: Look, selecting: bool, out: NDArray[np.uint8]
) -> Iterator[None]:
    """Likewise, in steps of some milliseconds."""
    tool, places = brush(look, selecting), [(*cell, frame.place(cell)) for cell in cells]
    full = np.zeros((len(cells), 2), np.float32)
    area = sum((y1 - y0) * (x1 - x0) for y0, y1, x0, x1 in cells)
    steps = area // (STEP * pool.size * TILE[0] * TILE[1]) + 1
    if look.style == "density":
        bright = partial(_full_brightness, frame, cells, full[:, : tool.planes], look.each)
        for first, last in ranges(0, len(cells), len(cells) // steps + 1):
            pool.share(bright, range(first, last))
            yield
        full *= np.float32(look.each)
    work = tiles(np.array(places, np.int64).reshape(-1, 5))
    parts = np.array_split(work, min(len(work), steps * CALLS * pool.size)) if cells else []
    for first, last in ranges(0, len(parts), CALLS * pool.size):
        pool.share(lambda part: paint_tiles(frame, part, full, tool, out), parts[first:last])
        yield


def _full_brightness(frame: Frame, cells: Sequence[Box], full: NDArray[np.float32], each: float, number: int) -> None:
    full_brightness(frame.tile(cells[number]), full[number], each)


def tiles(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cut cells, (C, 5) rectangle and place in the frame, into pieces of at most TILE pixels.

    (n, 10): the rectangle, the place, the piece's y0, y1, x0, x1 within the cell, and which of the cells it is.
    """
    pieces = []
    for k, cell in enumerate(cells.tolist()):
        height, width = cell[1] - cell[0], cell[3] - cell[2]
        rows, columns = ranges(0, height, TILE[0]), ranges(0, width, TILE[1])
        pieces += [(*cell, *row, *column, k) for row in rows for column in columns]
    return np.array(pieces, np.int64).reshape(-1, 10)


def paint_tiles(
    frame: Frame, pieces: NDArray[np.int64], full: NDArray[np.float32], tool: Brush, out: NDArray[np.uint8]
) -> None:
    """Paint pieces of cells, from `tiles`; full (C, 2) is each cell's `full_brightness`, or zero for marks."""
    _paint_tiles(frame.sums, frame.share, pieces, full, tool, LOGS, out.view(np.uint32)[..., 0])


@kernel
def _paint_tiles(sums, share, pieces, full, brush, logs, out):  # type: ignore[no-untyped-def]
    for n in range(pieces.shape[0]):
        y0, x0, place = pieces[n, 0], pieces[n, 2], pieces[n, 4]
        height, width = pieces[n, 1] - y0, pieces[n, 3] - x0
        tile = pieces[n, 5], pieces[n, 6], pieces[n, 7], pieces[n, 8]
        cell_sums = sums[8 * place : 8 * (place + height * width)].reshape(2, height, width, 4)
        cell_share = share[place : place + height * width].reshape(height, width)
        picture = out[y0 + tile[0] : y0 + tile[1], x0 + tile[2] : x0 + tile[3]]
        _paint(cell_sums, cell_share, tile, full[pieces[n, 9]], brush, logs, picture)


@kernel
def _paint(sums, share, tile, full, brush, logs, out):  # type: ignore[no-untyped-def]
    height, width = out.shape
    depth = np.zeros((brush.planes, height, 4 * width), np.float32)
    lines = np.empty((3, height * width), np.float32)
    for c in range(3):
        lines[c, :] = brush.background[c]
    dense = full[0] > 0
    marks = brush.counts if dense else brush.marks
    for plane in range(brush.planes):
        top, bottom = _add_marks(sums[plane], share, plane == 1, tile, marks[plane], depth[plane])
        a, b = width * top, width * bottom  # all rows at once: a call for each would cost more than its pixels
        part = depth[plane].reshape(-1)[4 * a : 4 * b]
        if dense:
            _log_depth(part, full[plane], brush.depths[plane], logs, brush.each)
        _over(part, lines[0, a:b], lines[1, a:b], lines[2, a:b])
    _pack(lines[0], lines[1], lines[2], out)


@kernel
def _add_marks(sums, share, weigh, tile, mark, depth):  # type: ignore[no-untyped-def]
    """Add the optical depth and depth-weighted colours of a cell's points to a tile of it, row by row of pixels.

    Returns the first and the last + 1 row of the tile that holds anything.
    """
    radius = mark.shape[0] // 2
    if radius == 0:
        return _add_points(sums, share, weigh, tile, mark[0, 0], depth)
    y0, y1, x0, x1 = tile
    left, right = max(x0 - radius, 0), min(x1 + radius, share.shape[1])
    line = np.zeros(4 * (x1 - x0 + 2 * radius + 2), np.float32)
    before = left - x0 + radius
    points = line[4 * before : 4 * (right - x0 + radius)]
    weights = np.zeros(2 * radius + 3, np.float32)
    top, bottom = y1 - y0, 0
    for y in range(max(y0 - radius, 0), min(y1 + radius, share.shape[0])):
        bits = _read(sums[y, left:right].reshape(-1), points)
        if bits == 0:
            continue
        if bits >= FULL or weigh:
            _weigh(sums[y, left:right], share[y, left:right], weigh, points)
        first, last = _ends(points)
        a, b = max(before + first - 2 * radius, 0), min(before + last, x1 - x0)
        for row in range(max(y - radius, y0) - y0, min(y + radius + 1, y1) - y0):
            for dx in range(2 * radius + 1):
                weights[dx] = mark[radius + y0 + row - y, dx]  # a mark is its own mirror image
            for dx in range(0, 2 * radius + 1, 3):
                three = weights[dx], weights[dx + 1], weights[dx + 2]
                _add_three(depth[row, 4 * a : 4 * b], line[4 * (a + dx) :], *three)
        top, bottom = min(top, max(y - radius - y0, 0)), max(bottom, min(y + radius + 1, y1) - y0)
    return min(top, bottom), bottom


@kernel
def _add_points(sums, share, weigh, tile, mark, depth):  # type: ignore[no-untyped-def]
    """Likewise where a mark is a pixel."""
    y0, y1, x0, x1 = tile
    top, bottom = y1 - y0, 0
    for y in range(y0, y1):
        points = depth[y - y0]
        bits = _read(sums[y, x0:x1].reshape(-1), points)
        if bits == 0:
            continue
        if bits >= FULL or weigh:
            _weigh(sums[y, x0:x1], share[y, x0:x1], weigh, points)
        for q in range(points.size):
            points[q] *= mark
        top, bottom = min(top, y - y0), y - y0 + 1
    return min(top, bottom), bottom


@kernel
def _ends(points):  # type: ignore[no-untyped-def]
    """First and last + 1 pixel of a line that is not empty."""
    first, last = 0, points.size // 4
    while first < last and points[4 * first] == 0:
        first += 1
    while last > first and points[4 * last - 4] == 0:
        last -= 1
    return first, last


@fused
def _add_three(depth, line, a, b, c):  # type: ignore[no-untyped-def]
    """Three neighbouring pixels of a mark at once, so that `depth` goes through the registers a third as often."""
    for q in range(depth.size):
        depth[q] += a * line[q] + b * line[q + 4] + c * line[q + 8]


@kernel
def _read(sums, points):  # type: ignore[no-untyped-def]
    """Sums as float32; the bits that any of them has tell an empty row, and one that needs `_weigh`."""
    bits = np.uint32(0)
    for q in range(sums.size):
        points[q] = sums[q]
        bits |= sums[q]
    return bits


@kernel
def _weigh(sums, share, weigh, points):  # type: ignore[no-untyped-def]
    """Scale counts and colours to the selection strength, and the colours of a full pixel to all its points."""
    for x in range(share.size):
        count = sums[x, 0]
        if count > 0:
            known = min(count, FULL)
            weight = np.float32(share[x] / 255.0 * count / known) if weigh else np.float32(count)
            points[4 * x] = weight
            for q in range(1, 4):
                points[4 * x + q] *= weight / known


@kernel
def _log_depth(depth, full, depths, logs, each):  # type: ignore[no-untyped-def]
    """From counts to optical depths that give an opacity by the logarithm of the count."""
    scale = np.float32((LEVELS - 1) / np.log1p(max(full, 2.0)))
    for x in range(depth.size // 4):
        count = depth[4 * x]
        if count > 0:
            points = count * each
            whole = np.int64(points)
            bright = logs[whole] if whole == points and whole < logs.size else np.float32(np.log1p(points))
            thick = depths[min(np.int64(bright * scale + np.float32(0.5)), LEVELS - 1)]
            for q in range(4):
                depth[4 * x + q] *= thick / count


@fused
def _over(depth, red, green, blue):  # type: ignore[no-untyped-def]
    """Mean colours over sRGB lines; blended in sRGB, so that opacity is even to the eye on dark and on light."""
    for x in range(red.size):
        thick = depth[4 * x]
        alpha = np.float32(1) - _transparency(thick)
        scale = np.float32(1 / 255) / max(thick, np.float32(1e-9))
        red[x] += (_srgb(depth[4 * x + 1] * scale) - red[x]) * alpha
        green[x] += (_srgb(depth[4 * x + 2] * scale) - green[x]) * alpha
        blue[x] += (_srgb(depth[4 * x + 3] * scale) - blue[x]) * alpha


@fused
def _transparency(depth):  # type: ignore[no-untyped-def]
    """exp(-depth) within 1e-4: a cubic to the 16th power, because eight at a time cannot look up a table."""
    u = min(depth * np.float32(1 / 16), np.float32(0.6))
    root = np.float32(1) - u * (np.float32(1) - u * (np.float32(1 / 2) - u * np.float32(1 / 6)))
    fourth = root * root * root * root
    return fourth * fourth * fourth * fourth


@fused
def _srgb(linear):  # type: ignore[no-untyped-def]
    """sRGB 0..255 of linear light 0..1, within 0.2."""
    root = np.sqrt(linear)
    curve = A + root * (B + root * (C + root * (D + root * E)))
    return np.float32(255 * 12.92) * linear if linear < np.float32(0.0031308) else curve


@kernel
def _pack(red, green, blue, out):  # type: ignore[no-untyped-def]
    half, (height, width) = np.float32(0.5), out.shape
    for y in range(height):
        for x in range(width):
            p = y * width + x
            r, g, b = np.int32(red[p] + half), np.int32(green[p] + half), np.int32(blue[p] + half)
            out[y, x] = np.uint32(r | g << np.int32(8) | b << np.int32(16)) | np.uint32(255 << 24)
