"""NaN and infinities on the matrix: drawn beside the plots in a colour of their own, so that none is lost."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.axis import Axis
from seeinin.geometry.box import Box
from seeinin.geometry.frame import SELECTED
from seeinin.pool import ranges
from seeinin.state.columns import Stretch
from seeinin.views.scales import NO_NUMBER

if TYPE_CHECKING:
    from seeinin.views.rendering import Drawing

STEP = 1 << 16  # points that are placed at once: some milliseconds
WIDTH = 3  # px of what stands for them on the diagonal
SHORTEST = 3  # px of it, however few they are


class Asides:
    """Marks for one drawing, in its pixels. Points that lie in a hole are none of them: nobody knows their values."""

    def __init__(self, drawing: "Drawing") -> None:
        self.drawing = drawing
        self.ids: NDArray[np.int64] | None = None  # (H, W): the topmost point marked at a pixel, once there is any
        self.bars: dict[tuple[int, int], NDArray[np.int64]] = {}  # by diagonal cell: NaN, -∞ and ∞ among its values

    def mark(self, start: int) -> Iterator[None]:
        """Note the points from `start` on of what the drawing holds; yields between steps."""
        drawing, stop = self.drawing, self.drawing.points
        columns, layer = drawing.sources.columns, drawing.layer
        lost, strange = {}, {}
        for channel, column in drawing.held.items():
            if not columns.all_finite(layer, channel):
                lost[channel] = columns.holes(layer, channel).among(np.arange(start, stop))
                strange[channel] = ~np.isfinite(column[start:stop]) & ~lost[channel]
        matrix = drawing.request.matrix
        for (i, j), rect in drawing.layout.cells(diagonal=False) if strange else ():
            known = {matrix.columns[j], matrix.rows[i]} & set(strange)
            if known and matrix.shows_points(i, j):
                found = np.logical_or.reduce([strange[channel] for channel in known])
                points = start + np.flatnonzero(found & ~np.logical_or.reduce([lost[channel] for channel in known]))
                for first, last in ranges(0, len(points), STEP):
                    self._mark(self._drawn(points[first:last]), (i, j), rect)
                    yield
        for cell, _ in drawing.diagonal if strange else ():
            if (channel := matrix.columns[cell[1]]) in strange:
                values = drawing.held[channel][start:stop][strange[channel]]
                counts = [np.isnan(values).sum(), (values == -np.inf).sum(), (values == np.inf).sum()]
                self.bars[cell] = self.bars.get(cell, np.zeros(3, np.int64)) + counts
                yield

    def draw(self, rgba: NDArray[np.uint8], ids: NDArray[np.int64]) -> None:
        """Into the picture (H, W, 4) and, so that they can be hovered, into the ids (H, W)."""
        if self.ids is not None:
            side = max(round(self.drawing.request.size), 2)
            rows, columns = np.nonzero(self.ids >= 0)
            for dy in range(-(side // 2), side - side // 2):
                for dx in range(-(side // 2), side - side // 2):
                    y, x = (
                        np.clip(at + d, 0, n - 1) for at, d, n in ((rows, dy, len(ids)), (columns, dx, ids.shape[1]))
                    )
                    rgba[y, x, :3] = NO_NUMBER
            np.maximum(ids, self.ids, out=ids)
        for cell, rect in self.drawing.diagonal:
            if cell in self.bars:
                self._bars(cell, rect, rgba)

    def _drawn(self, points: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of no hidden class."""
        slot, _ = self.drawing.colouring.of(points)
        return points[self.drawing.colouring.visible[slot]]

    def _mark(self, points: NDArray[np.int64], cell: tuple[int, int], rect: Box) -> None:
        drawing, (i, j), (top, bottom, left, right) = self.drawing, cell, rect
        matrix, (below, beside) = drawing.request.matrix, drawing.layout.beside(i, j)
        x = _pixels(_values(drawing.held[matrix.columns[j]], points), drawing.layout.x_axis(j), beside)
        y = _pixels(_values(drawing.held[matrix.rows[i]], points), drawing.layout.y_axis(i), below)
        inside = (x >= left) & (x < right) & (y >= top) & (y < bottom)
        points, x, y = points[inside], x[inside], y[inside]
        if self.ids is None:
            self.ids = np.full(drawing.request.shape, -1, np.int64)
        _, strength = drawing.colouring.of(points)
        np.maximum.at(self.ids, (y, x), np.where(strength > 0, points + SELECTED, points))

    def _bars(self, cell: tuple[int, int], rect: Box, rgba: NDArray[np.uint8]) -> None:
        """On the diagonal: as high as their share of the points, NaN beside the plot and infinities at its ends."""
        drawing, (top, bottom, left, right) = self.drawing, rect
        first, last = drawing.layout.x_axis(cell[1]).span
        beside = drawing.layout.beside(*cell)[1]
        for x, count in zip((beside, first, last), self.bars[cell].tolist(), strict=True):
            if count:
                height = max(round((bottom - top) * count / drawing.points), SHORTEST)
                middle = slice(max(x - WIDTH // 2, left), min(x + WIDTH - WIDTH // 2, right))
                rgba[max(bottom - height, top) : bottom, middle, :3] = NO_NUMBER


def _values(column: Any, points: NDArray[np.int64]) -> NDArray[Any]:
    """Of a column, or of a stretch of one."""
    return column.values[points - column.start] if isinstance(column, Stretch) else column[points]


def _pixels(values: NDArray[np.floating], axis: Axis, beside: int) -> NDArray[np.int64]:
    """Where values are drawn along an axis: infinities at its ends, NaN beside it."""
    wide = values.astype(np.float64)
    with np.errstate(invalid="ignore"):
        place = np.clip(np.floor(wide * axis.scale + axis.offset), *axis.span)
    return np.where(np.isnan(wide), beside, place).astype(np.int64)
