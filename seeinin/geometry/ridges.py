"""The diagonal of the matrix: how one channel is spread, a smooth curve per colour, the selection in front."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.binning import Binned
from seeinin.geometry.box import Box
from seeinin.geometry.colouring import Colouring
from seeinin.geometry.jit import kernel
from seeinin.geometry.srgb import ENCODE, STEPS
from seeinin.pool import ranges

BLOCK = 16_384  # points binned at once
COLOURS = 16  # palette indices told apart; higher ones are counted with the last
PILE = 8  # a pixel with more than 1/PILE of all points is a pile: drawn as a stem, and left out of the curves
SMOOTH = 0.012  # standard deviation of the smoothing, as a share of the width of the cell
LEAST_SMOOTH = 1.2  # pixels
TALLEST = 0.86  # height of the tallest curve, as a share of the height of the cell
SELECTED = 0.72  # height of the selection, which has a scale of its own: ten points are seen beside ten thousand
FADE = 0.4  # what is left of the other curves' opacity while something is selected


@dataclass(frozen=True)
class Spread:
    """How many points fall on each pixel column of a cell of width W.

    points    int64 (COLOURS, W), all that are visible, by palette index
    selected  int64 (COLOURS, W), sums of their selection strengths 0..255
    """

    points: NDArray[np.int64]
    selected: NDArray[np.int64]


def spread_of(
    column: Binned, rect: Box, colouring: Colouring, start: int, stop: int, into: Spread | None = None
) -> Spread:
    """Count the points [start, stop) of a column over the pixel columns of `rect`.

    Adds to the counts in `into`, where given.
    """
    x0, x1 = rect[2:]
    spread = into or Spread(*np.zeros((2, COLOURS, x1 - x0), np.int64))
    pixels = np.empty(BLOCK, np.int16)
    slot, strength = np.empty((2, BLOCK), np.uint8)
    for begin, end in ranges(start, stop, BLOCK):
        n = end - begin
        colouring.spread(begin, slot[:n], strength[:n])
        block = column.bin(begin, end, pixels), slot[:n], strength[: n * (colouring.planes - 1)]
        _count(*block, colouring.visible, x0, x1, spread.points, spread.selected)
    return spread


def draw_ridges(out: NDArray[np.uint8], rect: Box, spread: Spread, palette: NDArray[np.uint8], selecting: bool) -> None:
    """Draw the curves over the rectangle of `out`, sRGB uint8 (H, W, 4), whose ground is there already.

    The curves of all colours share one scale; the selection's is its own. `palette` uint8 (256, 3), linear light.
    """
    y0, y1, x0, x1 = rect
    if y1 - y0 < 4 or x1 - x0 < 4:
        return
    ground = out[y0:y1, x0:x1]
    canvas = ground[..., :3].transpose(2, 0, 1).astype(np.float32, order="C")
    curves, piles = _without_piles(spread.points)
    smooth = _smoothed(curves)
    scale = TALLEST * (y1 - y0) / max(smooth.max(), 1e-9)
    fade = FADE if selecting else 1.0
    colours = ENCODE[palette[:COLOURS].astype(np.int64) * STEPS]
    for colour in sorted(range(COLOURS), key=lambda c: -smooth[c].max()):  # the lower ones in front
        if curves[colour].any():
            _ridge(canvas, (smooth[colour] * scale).astype(np.float32), colours[colour], 0.85 * fade, 0.10 * fade)
    for x in np.flatnonzero(piles).tolist():
        _stem(canvas, x, _mean_colour(spread.points[:, x], palette), 0.85 * fade)
    if selecting and spread.selected.any():
        _draw_selection(canvas, spread.selected, palette)
    ground[..., :3] = np.rint(canvas).transpose(1, 2, 0)


def _draw_selection(canvas: NDArray[np.float32], selected: NDArray[np.int64], palette: NDArray[np.uint8]) -> None:
    colour = _mean_colour(selected.sum(1), palette)
    curves, piles = _without_piles(selected)
    smooth = _smoothed(curves.sum(0, keepdims=True) / 255)[0]
    if smooth.any():
        heights = smooth * (SELECTED * canvas.shape[1] / smooth.max())
        _ridge(canvas, heights.astype(np.float32), colour, 1.0, 0.55)
    for x in np.flatnonzero(piles).tolist():
        _stem(canvas, x, colour, 1.0)


def _without_piles(counts: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The counts with each pile replaced by the mean of its neighbours, and where the piles are."""
    total = counts.sum(0)
    piles = total > total.sum() / PILE
    # a narrow curve is no pile: a pile stands out from the pixels beside it
    sides = np.pad(total, 2)
    piles &= total > 4 * np.maximum(sides[:-4], sides[4:])
    curves = counts.astype(np.float64)
    kept = np.flatnonzero(~piles)
    if kept.size and piles.any():
        for line in curves:
            line[piles] = np.interp(np.flatnonzero(piles), kept, line[kept])
    return curves, piles


def _smoothed(curves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each curve (C, W) smoothed by a gaussian; what would fall off the ends is mirrored back."""
    return np.stack([_gaussian(line, bandwidth(line)) if line.any() else line for line in curves])


def bandwidth(line: NDArray[np.float64]) -> float:
    """Standard deviation in pixels: two thirds of Silverman's rule, so that few points make no comb."""
    x, n = np.arange(line.size), line.sum()
    std = np.sqrt(line @ (x - line @ x / n) ** 2 / n)
    return float(np.clip(0.6 * std * n**-0.2, max(LEAST_SMOOTH, SMOOTH * line.size), 0.05 * line.size + LEAST_SMOOTH))


def _gaussian(line: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    radius = min(int(3 * sigma + 1), line.size)
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    padded = np.concatenate([line[radius - 1 :: -1], line, line[: -radius - 1 : -1]])
    return np.convolve(padded, weights / weights.sum(), "valid")


def _mean_colour(counts: NDArray[np.int64], palette: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mixed in linear light, as sRGB."""
    mean = counts @ palette[:COLOURS].astype(np.float64) / max(counts.sum(), 1)
    colour: NDArray[np.float32] = ENCODE[np.rint(mean * STEPS).astype(np.int64)]
    return colour


def _stem(canvas: NDArray[np.float32], x: int, colour: NDArray[np.float32], opacity: float) -> None:
    """A pile: a line to the top of the cell, broken near its end, because it is taller than it is drawn."""
    height = canvas.shape[1]
    top, gap = round(height * (1 - TALLEST)), max(2, height // 40)
    for start, stop in ((top, top + gap), (top + 2 * gap, height)):
        line = canvas[:, start:stop, x : x + 2]
        line += (colour[:, None, None] - line) * np.float32(opacity)


@kernel
def _count(pixels, slot, strength, visible, x0, x1, points, selected):  # type: ignore[no-untyped-def]
    width = x1 - x0
    line = np.empty(visible.size, np.int64)  # where the counts of each slot begin
    for k in range(visible.size):
        line[k] = min(k, COLOURS - 1) * width if visible[k] else -1
    points, selected = points.reshape(-1), selected.reshape(-1)
    for p in range(pixels.size):
        start = line[slot[p]]
        if x0 <= pixels[p] < x1 and start >= 0:
            points[np.uint64(start + pixels[p] - x0)] += 1
    for p in range(strength.size):
        start = line[slot[p]]
        if strength[p] > 0 and x0 <= pixels[p] < x1 and start >= 0:
            selected[np.uint64(start + pixels[p] - x0)] += strength[p]


@kernel
def _ridge(canvas, heights, colour, line, fill):  # type: ignore[no-untyped-def]
    """One curve with its ground filled, antialiased, over a canvas float32 (3, H, W); heights (W,) above the bottom."""
    rows, columns = canvas.shape[1:]
    cover = np.zeros((rows, columns), np.float32)
    edge = np.float32(rows) - heights
    for x in range(columns - 1):
        _segment(cover, x, edge[x], edge[x + 1])
    alpha = np.empty(columns, np.float32)
    for y in range(max(int(edge.min()) - 2, 0), rows):
        _row_alpha(y, edge, cover[y], line, fill, alpha)
        for c in range(3):
            _blend(canvas[c, y], colour[c], alpha)


@kernel
def _row_alpha(y, edge, cover, line, fill, alpha):  # type: ignore[no-untyped-def]
    for x in range(alpha.size):
        under = min(max(np.float32(y + 1) - edge[x], np.float32(0)), np.float32(1))
        alpha[x] = max(under * fill, cover[x] * line)


@kernel
def _blend(canvas, colour, alpha):  # type: ignore[no-untyped-def]
    for x in range(alpha.size):
        canvas[x] += (colour - canvas[x]) * alpha[x]


@kernel
def _segment(cover, x, ya, yb):  # type: ignore[no-untyped-def]
    """Cover of a line about 1.4 pixels thick from the centre of column x at height ya to that of x + 1 at yb."""
    rows, columns = cover.shape
    length = 1 + (yb - ya) ** 2
    first, last = int(max(min(ya, yb) - 2, 0)), int(min(max(ya, yb) + 2, rows))
    for y in range(first, last):
        for column in range(max(x - 1, 0), min(x + 3, columns)):
            dx, dy = np.float32(column - x), np.float32(y + 0.5) - ya
            along = min(max((dx + dy * (yb - ya)) / length, np.float32(0)), np.float32(1))
            distance = np.sqrt((dx - along) ** 2 + (dy - along * (yb - ya)) ** 2)
            cover[y, column] = max(cover[y, column], min(max(np.float32(1.2) - distance, np.float32(0)), np.float32(1)))
