"""Which points lie inside a lasso: exact, with most of them decided by a coarse picture of the polygon."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.halves import decode
from seeinin.geometry.jit import kernel
from seeinin.pool import Pool, ranges

GRID = 256  # cells of the picture along each side: 64 KB, which stays in the L2 cache
OUTSIDE, INSIDE, EDGE = 0, 1, 2
MARGIN = 1e-6  # of a cell, added around the edges: far more than float64 rounds
BLOCK = 16_384  # points decoded at once
EVERYWHERE = (-np.inf, np.inf)

Limits = tuple[float, float]


def inside(
    pool: Pool,
    polygon: NDArray[np.float64],
    x: NDArray[Any],
    y: NDArray[Any],
    limits: tuple[Limits, Limits] = (EVERYWHERE, EVERYWHERE),
) -> NDArray[np.uint8]:
    """1 for every point (x, y) inside the polygon by the even-odd rule, else 0: uint8 (P,).

    polygon  float64 (V, 2) of (x, y), closed by itself; may cross itself
    x, y     columns (P,), float16 or float32. NaN is never inside
    limits   values beyond them count as at the limit: of x and of y, as on axes with edge marks

    Equal for every point to `even_odd`, the plain loop over all edges in float64.
    """
    raster = rasterise(np.ascontiguousarray(polygon, np.float64))
    out = np.empty(x.size, np.uint8)
    bounds = np.array(limits, np.float64)

    def work(rows: tuple[int, int]) -> None:
        xs, ys = np.empty((2, BLOCK), np.float32)
        for start, stop in ranges(*rows, BLOCK):
            n = stop - start
            points = decode(x[start:stop], xs[:n]), decode(y[start:stop], ys[:n])
            _inside(
                *points, bounds, raster.polygon, raster.frame, raster.cells, raster.first, raster.edges, out[start:stop]
            )

    pool.share(work, ranges(0, x.size, 16 * BLOCK))
    return out


def in_rectangle(pool: Pool, rectangle: tuple[Limits, Limits], x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.uint8]:
    """1 for every point with low <= x <= high and low <= y <= high, of ((low, high), (low, high)); uint8 (P,)."""
    (left, right), (low, high) = rectangle
    out = np.empty(x.size, np.uint8)

    def work(rows: tuple[int, int]) -> None:
        for start, stop in ranges(*rows, BLOCK):
            xs, ys = decode(x[start:stop]), decode(y[start:stop])
            out[start:stop] = (xs >= left) & (xs <= right) & (ys >= low) & (ys <= high)

    pool.share(work, ranges(0, x.size, 16 * BLOCK))
    return out


@dataclass(frozen=True)
class Raster:
    """A polygon as a picture of GRID x GRID cells over its bounding box.

    frame  x0, x1, y0, y1 of the box and cells per unit of x and of y
    cells  uint8 (GRID, GRID): OUTSIDE, INSIDE, or EDGE where an edge comes near
    first  int64 (GRID + 1,): `edges[first[r] : first[r + 1]]` are the edges that come near row r
    """

    polygon: NDArray[np.float64]
    frame: NDArray[np.float64]
    cells: NDArray[np.uint8]
    first: NDArray[np.int64]
    edges: NDArray[np.int64]


def rasterise(polygon: NDArray[np.float64]) -> Raster:
    """Draw the polygon, (V, 2), once."""
    low, high = polygon.min(0, initial=np.inf), polygon.max(0, initial=-np.inf)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        scale = GRID / (high - low)
        flat = not (np.isfinite(scale).all() and (scale > 0).all())
        # the plain loop rounds, and so takes points that lie beyond the box by less than that
        beyond = np.maximum(1e-9 * (high - low), 4 * np.spacing(np.maximum(np.abs(low), np.abs(high))))
        if not flat:
            low, high = low - beyond, high + beyond
            scale = GRID / (high - low)
    scale = np.zeros(2) if flat else scale  # all in one cell, where every point meets the exact test
    frame = np.array([low[0], high[0], low[1], high[1], *scale])
    cells = np.full((GRID, GRID), EDGE, np.uint8)
    spans = np.zeros((len(polygon), 2), np.int64)
    _draw(polygon, frame, cells, spans, flat)
    counts = np.zeros(GRID + 1, np.int64)
    for start, stop in spans:
        counts[start + 1 : stop + 1] += 1
    first = np.cumsum(counts)
    return Raster(polygon, frame, cells, first, _edges_by_row(spans, first))


@kernel
def even_odd(polygon, x, y):  # type: ignore[no-untyped-def]
    """Whether a point is inside: the plain loop over all edges."""
    odd = False
    before = polygon.shape[0] - 1
    for edge in range(polygon.shape[0]):
        odd ^= _crosses(polygon, edge, before, x, y)
        before = edge
    return odd


@kernel
def _crosses(polygon, edge, before, x, y):  # type: ignore[no-untyped-def]
    """Whether the ray from (x, y) to the right meets an edge."""
    x0, y0, x1, y1 = polygon[before, 0], polygon[before, 1], polygon[edge, 0], polygon[edge, 1]
    return (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0


@kernel
def _draw(polygon, frame, cells, spans, flat):  # type: ignore[no-untyped-def]
    """Fill `cells`, and `spans` with the first and last + 1 row that each edge comes near."""
    flips = np.zeros((cells.shape[0], cells.shape[1] + 1), np.uint8)  # edges whose crossing is just right of a centre
    near = np.zeros(cells.shape, np.bool_)
    before = polygon.shape[0] - 1
    for edge in range(polygon.shape[0]):
        if flat:
            spans[edge, 1] = cells.shape[0]
        else:
            x0, y0 = (polygon[before, 0] - frame[0]) * frame[4], (polygon[before, 1] - frame[2]) * frame[5]
            x1, y1 = (polygon[edge, 0] - frame[0]) * frame[4], (polygon[edge, 1] - frame[2]) * frame[5]
            spans[edge, 0], spans[edge, 1] = _draw_edge(x0, y0, x1, y1, near, flips)
        before = edge
    for row in range(0 if flat else cells.shape[0]):
        odd = False
        for column in range(cells.shape[1] - 1, -1, -1):
            odd ^= flips[row, column + 1] & 1 == 1
            cells[row, column] = EDGE if near[row, column] else odd


@kernel
def _draw_edge(x0, y0, x1, y1, near, flips):  # type: ignore[no-untyped-def]
    """Mark the cells that an edge (in cells) comes near, row by row, and where it crosses each row's centre line."""
    rows, columns = near.shape
    low, high = min(y0, y1), max(y0, y1)
    start, stop = max(int(low - MARGIN), 0), min(int(high + MARGIN) + 1, rows)
    slope = (x1 - x0) / (y1 - y0) if y1 != y0 else 0.0
    for row in range(start, stop):
        a, b = x0, x1
        if high - low > MARGIN:  # else the edge lies along the row
            a = x0 + (min(max(row - MARGIN, low), high) - y0) * slope
            b = x0 + (min(max(row + 1 + MARGIN, low), high) - y0) * slope
        left, right = int(max(min(a, b) - MARGIN, 0)), int(max(a, b) + MARGIN)
        near[row, left : min(right + 1, columns)] = True
        if low <= row + 0.5 < high:
            crossing = x0 + (row + 0.5 - y0) * slope
            flips[row, min(max(int(np.ceil(crossing - 0.5)), 0), columns)] ^= 1
    return start, stop


@kernel
def _edges_by_row(spans, first):  # type: ignore[no-untyped-def]
    filled = first[:-1].copy()
    edges = np.empty(first[-1], np.int64)
    for edge in range(spans.shape[0]):
        for row in range(spans[edge, 0], spans[edge, 1]):
            edges[filled[row]] = edge
            filled[row] += 1
    return edges


@kernel
def _inside(xs, ys, bounds, polygon, frame, cells, first, edges, out):  # type: ignore[no-untyped-def]
    last = cells.shape[0] - 1
    for p in range(xs.size):
        x = min(max(np.float64(xs[p]), bounds[0, 0]), bounds[0, 1])
        y = min(max(np.float64(ys[p]), bounds[1, 0]), bounds[1, 1])
        out[p] = OUTSIDE
        if frame[0] <= x <= frame[1] and frame[2] <= y <= frame[3] and xs[p] == xs[p] and ys[p] == ys[p]:
            column = min(np.uint64((x - frame[0]) * frame[4]), np.uint64(last))
            row = min(np.uint64((y - frame[2]) * frame[5]), np.uint64(last))
            out[p] = cells[row, column]
            if out[p] == EDGE:
                odd = False
                for k in range(first[row], first[row + np.uint64(1)]):
                    edge = edges[k]
                    odd ^= _crosses(polygon, edge, (edge if edge > 0 else polygon.shape[0]) - 1, x, y)
                out[p] = odd
