"""NaN and infinities on the matrix: drawn beside the plots in a colour of their own, so that none is lost."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.axis import Axis
from seeinin.geometry.box import Box
from seeinin.geometry.frame import SELECTED
from seeinin.pool import ranges
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
        columns, layer = drawing.sources.columns, drawing.layer
        self.lost: dict[int, NDArray[np.bool_]] = {}
        self.strange: dict[int, NDArray[np.bool_]] = {}
        for channel, column in drawing.held.items():
            if not columns.all_finite(layer, channel):
                values = column[: drawing.points]
                self.lost[channel] = lost = np.zeros(len(values), bool)
                for start, stop in columns.holes(layer, channel).stretches:
                    lost[start:stop] = True
                self.strange[channel] = ~np.isfinite(values) & ~lost

    def draw(self, rgba: NDArray[np.uint8], ids: NDArray[np.int64]) -> Iterator[None]:
        """Into the picture (H, W, 4) and, so that they can be hovered, into the ids (H, W); yields between steps."""
        matrix = self.drawing.request.matrix
        for (i, j), rect in self.drawing.layout.cells(diagonal=False) if self.strange else ():
            points = self._of(matrix.columns[j], matrix.rows[i])
            for start, stop in ranges(0, len(points), STEP):
                self._mark(points[start:stop], (i, j), rect, rgba, ids)
                yield
        for (i, j), rect in self.drawing.diagonal if self.strange else ():
            if matrix.columns[j] in self.strange:
                self._bars((i, j), rect, rgba)
                yield

    def _of(self, across: int, down: int) -> NDArray[np.int64]:
        """The points of which either value is on no axis, and both are known; none of a hidden class."""
        known = {across, down} & set(self.strange)
        if not known:
            return np.zeros(0, np.int64)
        found = np.logical_or.reduce([self.strange[channel] for channel in known])
        lost = np.logical_or.reduce([self.lost[channel] for channel in known])
        points = np.flatnonzero(found & ~lost)
        slot, _ = self.drawing.colouring.of(points)
        return points[self.drawing.colouring.visible[slot]]

    def _mark(
        self,
        points: NDArray[np.int64],
        cell: tuple[int, int],
        rect: Box,
        rgba: NDArray[np.uint8],
        ids: NDArray[np.int64],
    ) -> None:
        drawing, (i, j), (top, bottom, left, right) = self.drawing, cell, rect
        matrix, (below, beside) = drawing.request.matrix, drawing.layout.beside(i, j)
        x = _pixels(drawing.held[matrix.columns[j]][points], drawing.layout.x_axis(j), beside)
        y = _pixels(drawing.held[matrix.rows[i]][points], drawing.layout.y_axis(i), below)
        inside = (x >= left) & (x < right) & (y >= top) & (y < bottom)
        points, x, y = points[inside], x[inside], y[inside]
        side = max(round(drawing.request.size), 2)
        for dy in range(-(side // 2), side - side // 2):
            for dx in range(-(side // 2), side - side // 2):
                rgba[np.clip(y + dy, top, bottom - 1), np.clip(x + dx, left, right - 1), :3] = NO_NUMBER
        _, strength = drawing.colouring.of(points)
        np.maximum.at(ids, (y, x), np.where(strength > 0, points + SELECTED, points))

    def _bars(self, cell: tuple[int, int], rect: Box, rgba: NDArray[np.uint8]) -> None:
        """On the diagonal: as high as their share of the points, NaN beside the plot and infinities at its ends."""
        drawing, (top, bottom, left, right) = self.drawing, rect
        channel = drawing.request.matrix.columns[cell[1]]
        values = drawing.held[channel][: drawing.points][self.strange[channel]]
        first, last = drawing.layout.x_axis(cell[1]).span
        beside = drawing.layout.beside(*cell)[1]
        for x, count in ((beside, np.isnan(values)), (first, values == -np.inf), (last, values == np.inf)):
            if count.any():
                height = max(round((bottom - top) * count.sum() / drawing.points), SHORTEST)
                middle = slice(max(x - WIDTH // 2, left), min(x + WIDTH - WIDTH // 2, right))
                rgba[max(bottom - height, top) : bottom, middle, :3] = NO_NUMBER


def _pixels(values: NDArray[np.floating], axis: Axis, beside: int) -> NDArray[np.int64]:
    """Where values are drawn along an axis: infinities at its ends, NaN beside it."""
    wide = values.astype(np.float64)
    with np.errstate(invalid="ignore"):
        place = np.clip(np.floor(wide * axis.scale + axis.offset), *axis.span)
    return np.where(np.isnan(wide), beside, place).astype(np.int64)
