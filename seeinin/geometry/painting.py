"""Counts per pixel to a picture: round soft marks, or brightness by density; classes mix in linear light."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

from seeinin.geometry.counting import FULL, Frame
from seeinin.geometry.srgb import ENCODE, FINE
from seeinin.pool import Pool

TILE = 128  # pixels painted at once: what is read and written stays in the L2 cache
DEEPEST = 8.0  # optical depth beyond which a pixel is opaque
STEPS = 512  # entries of OPACITY per unit of optical depth
OPACITY: NDArray[np.float32] = (1 - np.exp(-np.arange(int(DEEPEST * STEPS) + 1) / STEPS)).astype(np.float32)
BRIGHT = 0.995  # quantile of the non-empty pixels of a cell that is drawn at full brightness
PILE = 8  # a pixel row or column with more than 1/PILE of a cell's points is a pile, and is left out of the quantile
FAINTEST = 0.25  # brightness of a pixel with one point, as a share of the brightest

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
    fade: float = 0.35

    def planes(self, selecting: bool) -> tuple["Look", "Look"]:
        """The looks of unselected and selected points."""
        if not selecting:
            return self, self
        faint = replace(self, size=max(1.0, self.size - 1), opacity=self.opacity * self.fade)
        return faint, replace(self, size=self.size + 1)


def mark(look: Look, radius: int) -> NDArray[np.float32]:
    """Optical depth that one point adds to the pixels around it, (2 radius + 1) squared.

    The mark is a disc with an edge one pixel soft. n marks on one pixel let (1 - opacity)^n of the background through.
    """
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    cover = np.clip(look.size / 2 + 0.5 - np.hypot(y, x), 0, 1)
    return (-np.log1p(-np.minimum(look.opacity * cover, 0.999))).astype(np.float32)


def paint(pool: Pool, frame: Frame, cells: Sequence[Rect], look: Look, selecting: bool, out: NDArray[np.uint8]) -> None:
    """Paint the cells of a frame into `out`, opaque sRGB uint8 (H, W, 4); nothing is drawn across a cell's border."""
    faint, strong = look.planes(selecting)
    radius = int(np.ceil(strong.size / 2 - 0.5)) if look.style == "points" else 0
    marks = np.stack([mark(faint, radius), mark(strong, radius)])
    fades = np.array([look.fade if selecting else 1.0, 1.0], np.float32)
    pixels = out.view(np.uint32)[..., 0]
    red, green, blue = look.background
    background = np.array([red, green, blue, red | green << 8 | blue << 16 | 255 << 24], np.uint32)

    def work(job: tuple[Rect, NDArray[np.float32], list[Rect]]) -> None:
        cell, full, tiles = job
        for tile in tiles:
            rects = np.array([cell, tile], np.int64)
            if look.style == "points":
                _paint_points(frame.sums, frame.share, selecting, rects, marks, OPACITY, ENCODE, background, pixels)
            else:
                _paint_density(frame.sums, frame.share, selecting, rects, full, fades, ENCODE, background, pixels)

    pool.share(work, _jobs(frame, cells, look, selecting))


def _jobs(frame: Frame, cells: Sequence[Rect], look: Look, selecting: bool) -> Iterator[Any]:
    for cell in cells:
        full = full_brightness(frame, cell) if look.style == "density" else np.zeros(2, np.float32)
        y0, y1, x0, x1 = cell
        for y in range(y0, y1, TILE):
            row = [(y, min(y + TILE, y1), x, min(x + TILE, x1)) for x in range(x0, x1, TILE)]
            yield cell, full, row


def full_brightness(frame: Frame, cell: Rect) -> NDArray[np.float32]:
    """Counts of unselected and selected points, float32 (2,), at which a pixel of the cell has full brightness."""
    y0, y1, x0, x1 = cell
    counts = frame.sums[:, y0:y1, x0:x1, 0]
    return np.array([_bright(counts[0]), _bright(counts[1])], np.float32)


def _bright(counts: NDArray[np.uint32]) -> float:
    """The BRIGHT quantile of the non-empty pixels outside piles: half of a rectified channel sits on one line."""
    down, along = counts.sum(1, np.int64), counts.sum(0, np.int64)
    limit = down.sum() * max(1 / PILE, 4 / max(min(counts.shape), 1))
    rest = counts[np.ix_(down <= limit, along <= limit)]
    rest = rest[rest > 0]
    return float(np.quantile(rest, BRIGHT)) if rest.size else float(max(counts.max(initial=1), 1))


@njit(nogil=True, cache=True)
def _paint_points(sums, share, selecting, rects, marks, opacity, encode, background, out):  # type: ignore[no-untyped-def]
    y0, y1, x0, x1 = rects[1]
    depth = np.zeros((y1 - y0, x1 - x0, 4), np.float32)
    for y in range(y0, y1):
        for x in range(x0, x1):
            out[y, x] = background[3]
    for plane in range(2 if selecting else 1):
        if _depth(sums[plane], share, plane == 1, rects, marks[plane], depth):
            for y in range(y0, y1):
                for x in range(x0, x1):
                    thick = depth[y - y0, x - x0, 0]
                    if thick > 0:
                        alpha = opacity[min(np.int64(thick * STEPS), opacity.size - 1)]
                        out[y, x] = _over(out[y, x], depth[y - y0, x - x0], thick, alpha, encode)
            depth[:] = 0


@njit(nogil=True, cache=True)
def _depth(sums, share, weigh, rects, mark, depth):  # type: ignore[no-untyped-def]
    """Optical depth and its sum of colours around the points of a tile: each row of pixels is added to its neighbours."""
    size = mark.shape[0]
    radius = size // 2
    (c0, c1, d0, d1), (y0, y1, x0, x1) = rects
    left, right = max(x0 - radius, d0), min(x1 + radius, d1)
    line = np.zeros((x1 - x0 + 2 * radius, 4), np.float32)
    source, target = line.reshape(-1), depth.reshape(depth.shape[0], -1)
    found = False
    for y in range(max(y0 - radius, c0), min(y1 + radius, c1)):
        filled = False
        for x in range(left, right):
            count = sums[y, x, 0]
            at = x - x0 + radius
            if count == 0:
                line[at] = 0
                continue
            filled = True
            weight = np.float32(share[y, x]) / np.float32(255) if weigh else np.float32(count)
            known = weight / np.float32(min(count, FULL))
            line[at, 0] = weight
            for c in range(1, 4):
                line[at, c] = sums[y, x, c] * known
        if filled:
            found = True
            for dy in range(max(-radius, y0 - y), min(radius + 1, y1 - y)):
                into = target[y + dy - y0]
                for dx in range(size):
                    weight = mark[dy + radius, dx]
                    if weight > 0:
                        start = 4 * (2 * radius - dx)
                        for q in range(into.size):
                            into[q] += weight * source[start + q]
    return found


@njit(nogil=True, cache=True)
def _over(below, colour, weight, alpha, encode):  # type: ignore[no-untyped-def]
    """The mean colour (linear sums / weight) over a packed sRGB pixel: even steps to the eye on dark and on light."""
    pixel = np.uint32(255) << 24
    for c in range(3):
        mean = encode[min(np.int64(colour[c + 1] / weight * FINE + np.float32(0.5)), encode.size - 1)]
        under = np.float32((below >> (8 * c)) & 255)
        pixel |= np.uint32(under + (mean - under) * alpha + np.float32(0.5)) << (8 * c)
    return pixel


@njit(nogil=True, cache=True)
def _paint_density(sums, share, selecting, rects, full, fades, encode, background, out):  # type: ignore[no-untyped-def]
    y0, y1, x0, x1 = rects[1]
    colour = np.zeros(4, np.float32)
    for y in range(y0, y1):
        for x in range(x0, x1):
            out[y, x] = background[3]
            for plane in range(2 if selecting else 1):
                count = sums[plane, y, x, 0]
                if count > 0:
                    weight = np.float32(share[y, x]) / np.float32(255) if plane else np.float32(count)
                    bright = min(np.log1p(weight) / np.log1p(max(full[plane], np.float32(2))), np.float32(1))
                    alpha = fades[plane] * (np.float32(FAINTEST) + np.float32(1 - FAINTEST) * bright)
                    colour[1:] = sums[plane, y, x, 1:]
                    out[y, x] = _over(out[y, x], colour, np.float32(min(count, FULL)), alpha, encode)
