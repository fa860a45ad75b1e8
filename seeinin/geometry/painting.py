"""Counts per pixel to a picture: round soft marks, or brightness by density; classes mix in linear light."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.counting import FULL, Frame
from seeinin.geometry.jit import fused, kernel
from seeinin.pool import Pool

TILE = 128  # pixels painted at once: what is read and written stays in the L2 cache
DEEPEST = 8  # optical depth beyond which a pixel is opaque
FINE = 512  # entries of OPACITY per unit of optical depth
OPACITY: NDArray[np.float32] = (1 - np.exp(-np.arange(DEEPEST * FINE + 1) / FINE)).astype(np.float32)
BRIGHT = 0.995  # quantile of the non-empty pixels of a cell that is drawn at full brightness
PILE = 8  # a pixel row or column with more than 1/PILE of a cell's points is a pile, and is left out of the quantile
FAINTEST = 0.25  # opacity of a pixel with one point in the density style

A, B, C, D, E = np.array([-9.436241, 369.2151, -240.9433, 214.9183, -78.94452], np.float32)  # of `_srgb`

Rect = tuple[int, int, int, int]  # y0, y1, x0, x1


@dataclass(frozen=True)
class Look:
    """How counts are drawn.

    size        diameter of a mark in pixels; `opacity` of one mark, 0..1
    fade        what is left of the opacity of unselected points while something is selected
    background  sRGB
    """

    size: float = 2.0
    opacity: float = 0.5
    style: Literal["points", "density"] = "points"
    background: tuple[int, int, int] = (16, 18, 22)
    fade: float = 0.45

    def planes(self, selecting: bool) -> tuple["Look", "Look"]:
        """The looks of unselected and selected points."""
        if not selecting:
            return self, self
        faint = replace(self, size=max(1.0, self.size - 0.5), opacity=self.opacity * self.fade)
        return faint, replace(self, size=self.size + 1)


def mark(look: Look, radius: int) -> NDArray[np.float32]:
    """Optical depth that one point adds to the pixels around it, (2 radius + 1, 2 radius + 1).

    The mark is a disc with an edge one pixel soft. n marks on one pixel let (1 - opacity)^n of the background through.
    """
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    cover = np.clip(look.size / 2 + 0.5 - np.hypot(y, x), 0, 1)
    depth: NDArray[np.float32] = -np.log1p(-np.minimum(look.opacity * cover, 0.999)).astype(np.float32)
    return depth


def paint(pool: Pool, frame: Frame, cells: Sequence[Rect], look: Look, selecting: bool, out: NDArray[np.uint8]) -> None:
    """Paint the cells of a frame into `out`, opaque sRGB uint8 (H, W, 4); nothing is drawn across a cell's border."""
    faint, strong = look.planes(selecting)
    if look.style == "density":
        marks = np.ones((2, 1, 1), np.float32)
    else:
        radius = max(0, int(np.ceil(strong.size / 2 - 0.5)))
        marks = np.stack([mark(faint, radius), mark(strong, radius)])
    fades = np.array([look.fade if selecting else 1.0, 1.0], np.float32)
    background = np.array(look.background, np.float32)
    pixels = out.view(np.uint32)[..., 0]
    full = np.zeros((len(cells), 2), np.float32)
    if look.style == "density":
        pool.share(lambda k: _full_brightness(frame.sums, cells[k], full[k]), range(len(cells)))

    def work(job: tuple[int, Rect]) -> None:
        k, tile = job
        _paint(frame.sums, frame.share, selecting, (cells[k], tile), marks, full[k], fades, OPACITY, background, pixels)

    pool.share(work, ((k, tile) for k, cell in enumerate(cells) for tile in tiles(cell)))


def tiles(cell: Rect) -> Iterator[Rect]:
    """Cut a cell into pieces of at most TILE x TILE pixels."""
    y0, y1, x0, x1 = cell
    for y in range(y0, y1, TILE):
        for x in range(x0, x1, TILE):
            yield y, min(y + TILE, y1), x, min(x + TILE, x1)


def full_brightness(frame: Frame, cell: Rect) -> NDArray[np.float32]:
    """Counts of unselected and selected points, float32 (2,), at which a pixel of the cell has full brightness.

    The BRIGHT quantile of its non-empty pixels outside piles: half of a rectified channel sits on one line.
    """
    full = np.empty(2, np.float32)
    _full_brightness(frame.sums, cell, full)
    return full


@kernel
def _full_brightness(sums, cell, full):  # type: ignore[no-untyped-def]
    y0, y1, x0, x1 = cell
    rest = np.empty((y1 - y0) * (x1 - x0), np.uint32)
    for plane in range(2):
        counts = sums[plane, y0:y1, x0:x1, 0]
        down, along = np.zeros(y1 - y0), np.zeros(x1 - x0)
        n, most = 0, np.uint32(1)
        for y in range(down.size):
            for x in range(along.size):
                down[y] += counts[y, x]
                along[x] += counts[y, x]
                most = max(most, counts[y, x])
        limit = down.sum() * max(1 / PILE, 4 / max(min(down.size, along.size), 1))
        for y in range(down.size):
            for x in range(along.size):
                if counts[y, x] > 0 and down[y] <= limit and along[x] <= limit:
                    rest[n] = counts[y, x]
                    n += 1
        full[plane] = _select(rest[:n], int(BRIGHT * (n - 1))) if n > 0 else most


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


@kernel
def _paint(sums, share, selecting, rects, marks, full, fades, opacity, background, out):  # type: ignore[no-untyped-def]
    y0, y1, x0, x1 = rects[1]  # a tuple: unpacking an array makes numba compile for seconds
    planes = 2 if selecting else 1
    depth = np.zeros((planes, y1 - y0, 4 * (x1 - x0)), np.float32)
    spans = np.zeros((planes, y1 - y0, 2), np.int64)
    lines = np.empty((4, x1 - x0), np.float32)
    alpha, red, green, blue = lines[0], lines[1], lines[2], lines[3]
    for plane in range(planes):
        _add_marks(sums[plane], share, plane == 1, rects, marks[plane], depth[plane], spans[plane])
    for y in range(y1 - y0):
        for c in range(3):
            lines[c + 1, :] = background[c]
        for plane in range(planes):
            a, b = spans[plane, y, 0], spans[plane, y, 1]
            line = depth[plane, y, 4 * a : 4 * b]
            if full[0] > 0:
                _log_alpha(line, full[plane], fades[plane], alpha[a:b])
            else:
                _depth_alpha(line, opacity, alpha[a:b])
            _over(line, alpha[a:b], red[a:b], green[a:b], blue[a:b])
        _pack(red, green, blue, out[y0 + y, x0:x1])


@kernel
def _add_marks(sums, share, weigh, rects, mark, depth, spans):  # type: ignore[no-untyped-def]
    """Add the optical depth and depth-weighted colours of a cell's points to a tile of it, row by row of pixels.

    `spans` (rows, 2): first and last + 1 pixel of each row of the tile that holds anything.
    """
    radius = mark.shape[0] // 2
    (c0, c1, d0, d1), (y0, y1, x0, x1) = rects
    left, right = max(x0 - radius, d0), min(x1 + radius, d1)
    line = np.zeros(4 * (x1 - x0 + 2 * radius + 2), np.float32)
    before = left - x0 + radius
    points = line[4 * before : 4 * (right - x0 + radius)]
    weights = np.zeros(2 * radius + 3, np.float32)
    for y in range(max(y0 - radius, c0), min(y1 + radius, c1)):
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
            spans[row, 0] = min(spans[row, 0], a) if spans[row, 1] else a
            spans[row, 1] = max(spans[row, 1], b)


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
def _depth_alpha(depth, opacity, alpha):  # type: ignore[no-untyped-def]
    for x in range(alpha.size):
        alpha[x] = opacity[np.uint32(np.int32(min(depth[4 * x], np.float32(DEEPEST)) * np.float32(FINE)))]


@kernel
def _log_alpha(depth, full, fade, alpha):  # type: ignore[no-untyped-def]
    scale = 1 / np.log1p(max(full, 2.0))
    for x in range(alpha.size):
        bright = min(np.log1p(depth[4 * x]) * scale, 1.0) if depth[4 * x] > 0 else 0.0
        alpha[x] = fade * (FAINTEST + (1 - FAINTEST) * bright) if bright > 0 else 0.0


@fused
def _over(depth, alpha, red, green, blue):  # type: ignore[no-untyped-def]
    """Mean colours over sRGB lines; blended in sRGB, so that opacity is even to the eye on dark and on light."""
    for x in range(alpha.size):
        scale = np.float32(1 / 255) / max(depth[4 * x], np.float32(1e-9))
        red[x] += (_srgb(depth[4 * x + 1] * scale) - red[x]) * alpha[x]
        green[x] += (_srgb(depth[4 * x + 2] * scale) - green[x]) * alpha[x]
        blue[x] += (_srgb(depth[4 * x + 3] * scale) - blue[x]) * alpha[x]


@fused
def _srgb(linear):  # type: ignore[no-untyped-def]
    """sRGB 0..255 of linear light 0..1, within 0.2: no table, because eight at a time cannot look up a table."""
    root = np.sqrt(linear)
    curve = A + root * (B + root * (C + root * (D + root * E)))
    return np.float32(255 * 12.92) * linear if linear < np.float32(0.0031308) else curve


@kernel
def _pack(red, green, blue, out):  # type: ignore[no-untyped-def]
    half = np.float32(0.5)
    for x in range(out.size):
        r, g, b = np.int32(red[x] + half), np.int32(green[x] + half), np.int32(blue[x] + half)
        out[x] = np.uint32(r | g << np.int32(8) | b << np.int32(16)) | np.uint32(255 << 24)
