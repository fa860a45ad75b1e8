"""Where the plots of a matrix lie on whole pixels, and which of them are each other's mirror image."""

import math
from collections.abc import Iterator

from seeinin.geometry.axis import Axis
from seeinin.geometry.box import Box
from seeinin.geometry.matrix import DOTS, INSET, Matrix, Rect

Plotted = tuple[tuple[int, int], Box]  # a cell (i, j) and its pixels

BESIDE = 0.4  # of the margin of a cell: where what is on no axis is drawn
SMALLEST = 4.0  # px of a cell that is moved to whole pixels; smaller ones take what pixels they get


class Layout:
    """The cells of a matrix in a picture of (height, width) pixels.

    A plot stands on whole pixels: its left and its bottom edge are rounded, so that it is drawn up to half a pixel from
    where the matrix has it, and every cell looks the same at every place. So cell (channel a, channel b) is the mirror
    image of (b, a) to the pixel, and only one of them need be counted.
    """

    def __init__(self, matrix: Matrix, shape: tuple[int, int], shown: Rect | None = None) -> None:
        """`shown`: what needs no plots, in pixels of the picture."""
        self.matrix, self.shape, self.shown = matrix, shape, shown
        self.cell, self.side = matrix.cell, math.floor(matrix.cell)
        self.whole = self.cell >= SMALLEST
        room = self.side - 1e-6  # so that rounding does not put the farther edge marks beyond `side`
        self._fits = min(self.cell, room / (1 - INSET))
        self.rows, self.columns = list(matrix.visible_rows()), list(matrix.visible_columns())
        left, top = matrix.origin
        self._along = {j: self._edges(left, j, -1) for j in self.columns}  # first and last + 1 pixel
        self._down = {i: self._edges(top, i, 1) for i in self.rows}

    def _edges(self, origin: float, k: int, kept: int) -> tuple[int, int]:
        """Both edges rounded; of a plot on whole pixels only the one that is `kept`, the first or the last."""
        first, last = _nearest(origin + k * self.cell), _nearest(origin + (k + 1) * self.cell)
        if self.whole:
            return (first, first + self.side) if kept < 0 else (last - self.side, last)
        return first, last

    def cells(self, *, diagonal: bool) -> Iterator[Plotted]:
        """The visible cells (i, j) with their rectangles: the plots of one channel, or the others."""
        for i, j in self.matrix.visible_cells():
            rect = self.rect(i, j)
            if self.matrix.is_diagonal(i, j) == diagonal and self._is_wanted(rect):
                yield (i, j), rect

    def _is_wanted(self, rect: Box) -> bool:
        """Whether it has pixels, and is not all shown already."""
        (y0, y1, x0, x1), (x, y, width, height) = rect, self.shown or (0.0, 0.0, 0.0, 0.0)
        return y0 < y1 and x0 < x1 and not (x <= x0 and x1 <= x + width and y <= y0 and y1 <= y + height)

    def rect(self, i: int, j: int) -> Box:
        """The pixels of a cell that lie within the picture, which may be none; cells share none."""
        (y0, y1), (x0, x1) = self._down.get(i, (0, 0)), self._along.get(j, (0, 0))
        height, width = self.shape
        return max(y0, 0), min(y1, height), max(x0, 0), min(x1, width)

    def dots(self) -> tuple[Box, Axis] | None:
        """Where the dots of a dot plot lie within the picture, and the axis of their heights 0..1."""
        if not (self.matrix.is_dotted and self.whole and self.rows and self.columns):
            return None
        _, bottom = self._down[0]
        high = int(DOTS * self.side)
        y0, y1, x0, x1 = self.rect(0, 0)
        box = max(bottom - high, y0), y1, x0, x1
        air = INSET * high
        return (box, Axis(2 * air - high, bottom - air, 0.0, 1.0)) if box[0] < box[1] and x0 < x1 else None

    def mirrored(self) -> tuple[list[tuple[int, int]], list[tuple[Box, Box]]]:
        """The cells to be counted, and of the others: where what they mirror lies, and where they lie themselves."""
        counted: dict[tuple[int, int], tuple[int, int]] = {}  # by channels
        copies = []
        for (i, j), rect in self.cells(diagonal=False):
            if not self.matrix.shows_points(i, j):
                continue
            down, along = self.matrix.rows[i], self.matrix.columns[j]
            twin = counted.get((along, down))
            if twin is not None and self._is_whole(i, j) and self._is_whole(*twin):
                copies.append((self.rect(*twin), rect))
            else:
                counted[down, along] = i, j
        return list(counted.values()), copies

    def x_axis(self, j: int) -> Axis:
        """From the values of a column position's channel to the pixels of the picture."""
        axis = self.matrix.x_axis(j)
        if not self.whole:
            return axis
        scale = axis.scale * self._fits / self.cell
        return Axis(scale, self._along[j][0] + INSET * self._fits - axis.low * scale, axis.low, axis.high)

    def y_axis(self, i: int) -> Axis:
        """Likewise of a row position; the scale is negative."""
        axis = self.matrix.y_axis(i)
        if not self.whole:
            return axis
        scale = axis.scale * self._fits / self.cell
        return Axis(scale, self._down[i][1] - INSET * self._fits - axis.low * scale, axis.low, axis.high)

    def beside(self, i: int, j: int) -> tuple[int, int]:
        """The pixel row and column within the margin of a cell that stand for values that are on no axis: y, x."""
        margin = math.floor(BESIDE * INSET * self._fits)
        return self._down[i][1] - 1 - margin, self._along[j][0] + margin

    def pixel(self, i: int, j: int, row: float, column: float) -> tuple[float, float]:
        """Where the picture has a place of a cell, given in matrix coordinates: y, x."""
        if not self.whole:
            left, top = self.matrix.origin
            return top + row * self.cell, left + column * self.cell
        return self._down[i][1] - (i + 1 - row) * self._fits, self._along[j][0] + (column - j) * self._fits

    def _is_whole(self, i: int, j: int) -> bool:
        """Whether all of a cell is in the picture."""
        y0, y1, x0, x1 = self.rect(i, j)
        return self.whole and y1 - y0 == x1 - x0 == self.side


def _nearest(place: float) -> int:
    """The nearest whole pixel. Halves go up: Python's go to even ones, and then neighbours would share a pixel."""
    return math.floor(place + 0.5)
