"""The layout of the scatter-plot matrix: one object for drawing and for the mouse.

Matrix coordinates count cells: column position j spans [j, j+1) rightwards, row position i spans [i, i+1) downwards.
Pixels are those of the canvas, y downwards. All arithmetic is float64: a cell of a 2,048-channel matrix is exact
to 1e-9 px.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.axis import Axis
from seeinin.geometry.warp import LINEAR, Warp

Upper = Literal["same", "density", "correlation"]
Number = TypeVar("Number", float, NDArray[np.float64])

DOTS = 0.28  # share of a dot plot's height that the dots have
INSET = 0.05  # share of a cell kept free at each side, so that neighbouring plots do not touch


class Rect(NamedTuple):
    """A rectangle of the canvas in pixels, y downwards."""

    x: float
    y: float
    width: float
    height: float

    def contains(self, x: float, y: float) -> bool:
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height

    def scaled(self, factor: float) -> "Rect":
        return Rect(*(factor * v for v in self))


@dataclass(frozen=True)
class Camera:
    """What part of the matrix is seen: the centre, in cells, and how many cells the viewport's shorter side spans."""

    x: float = 0.5
    y: float = 0.5
    span: float = 1.0

    def moved(self, dx: float, dy: float) -> "Camera":
        return replace(self, x=self.x + dx, y=self.y + dy)

    def zoomed(self, factor: float, x: float, y: float) -> "Camera":
        """`factor` > 1 goes closer; the matrix coordinate (x, y) stays where it is on the screen."""
        return Camera(x + (self.x - x) / factor, y + (self.y - y) / factor, self.span / factor)


@dataclass(frozen=True)
class Matrix:
    """A camera over a grid of cells: `rows` and `columns` are channels as shown, `ranges` their (low, high).

    `warps` has the channels whose axis is not linear. Ranges, and all that `x_axis`, `y_axis` and `to_data` say, are in
    the coordinates of the axes, see `Warp`.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    ranges: Mapping[int, tuple[float, float]]
    camera: Camera
    viewport: Rect
    warps: Mapping[int, Warp] = field(default_factory=dict)
    upper: Upper = "same"  # what is above the diagonal, where every plot has its mirror image below

    def warp(self, channel: int) -> Warp:
        return self.warps.get(channel, LINEAR)

    @property
    def cell(self) -> float:
        """The side of a cell in pixels."""
        return max(min(self.viewport.width, self.viewport.height), 1.0) / self.camera.span

    @property
    def origin(self) -> tuple[float, float]:
        """The canvas pixel of matrix coordinate (0, 0)."""
        x, y, width, height = self.viewport
        left = _held(x, width, self.camera.x, self.cell, len(self.columns))
        return left, _held(y, height, self.camera.y, self.cell, len(self.rows))

    @property
    def kept(self) -> Camera:
        """The camera as far as the matrix lets it go: nothing is seen beside a matrix that could fill the viewport."""
        left, top = self.origin
        x, y, width, height = self.viewport
        return Camera((x + width / 2 - left) / self.cell, (y + height / 2 - top) / self.cell, self.camera.span)

    def visible_columns(self) -> range:
        return _visible(self.origin[0], self.cell, self.viewport.x, self.viewport.width, len(self.columns))

    def visible_rows(self) -> range:
        return _visible(self.origin[1], self.cell, self.viewport.y, self.viewport.height, len(self.rows))

    def visible_cells(self) -> Iterator[tuple[int, int]]:
        return ((i, j) for i in self.visible_rows() for j in self.visible_columns())

    def visible_channels(self) -> list[int]:
        """The channels of the visible rows and columns, each once."""
        wanted = [self.columns[j] for j in self.visible_columns()] + [self.rows[i] for i in self.visible_rows()]
        return list(dict.fromkeys(wanted))

    def is_diagonal(self, i: int, j: int) -> bool:
        return self.rows[i] == self.columns[j]

    def is_upper(self, i: int, j: int) -> bool:
        """Whether a cell lies above the diagonal of a square matrix, and may show something else than its mirror."""
        return self.upper != "same" and j > i and self.rows == self.columns

    @property
    def is_dotted(self) -> bool:
        """Whether it is the plot of one channel alone, which has its points as dots below the curves."""
        return len(self.rows) == 1 and self.rows == self.columns

    def shows_points(self, i: int, j: int) -> bool:
        """Whether points of two channels are drawn in a cell, and can be hit there."""
        return not self.is_diagonal(i, j) and not (self.upper == "correlation" and self.is_upper(i, j))

    def cell_rect(self, i: int, j: int) -> Rect:
        x, y = self.origin
        return Rect(x + j * self.cell, y + i * self.cell, self.cell, self.cell)

    def cell_at(self, x: float, y: float) -> tuple[int, int] | None:
        """The (row, column) position of the cell under a pixel, or None outside the matrix and the viewport."""
        if not self.viewport.contains(x, y):
            return None
        column, row = self.to_cells(x, y)
        i, j = math.floor(row), math.floor(column)
        return (i, j) if 0 <= i < len(self.rows) and 0 <= j < len(self.columns) else None

    def nearest_cell(self, x: float, y: float) -> tuple[int, int] | None:
        """Likewise, but beside the matrix the cell that is nearest; None outside the viewport."""
        if not self.viewport.contains(x, y) or not self.rows or not self.columns:
            return None
        column, row = self.to_cells(x, y)
        return min(max(math.floor(row), 0), len(self.rows) - 1), min(max(math.floor(column), 0), len(self.columns) - 1)

    def to_cells(self, x: float, y: float) -> tuple[float, float]:
        """Canvas pixel -> matrix coordinate (x rightwards, y downwards)."""
        left, top = self.origin
        return (x - left) / self.cell, (y - top) / self.cell

    def x_axis(self, j: int) -> Axis:
        """pixel = coordinate * scale + offset for the channel of column position j."""
        low, high = self.ranges[self.columns[j]]
        scale = self.cell * (1 - 2 * INSET) / (high - low)
        return Axis(scale, self.origin[0] + (j + INSET) * self.cell - low * scale, low, high)

    def y_axis(self, i: int) -> Axis:
        """Likewise for row position i; the scale is negative, since values grow upwards."""
        low, high = self.ranges[self.rows[i]]
        scale = -self.cell * (1 - 2 * INSET) / (high - low)
        return Axis(scale, self.origin[1] + (i + INSET) * self.cell - high * scale, low, high)

    def to_data(self, i: int, j: int, x: Number, y: Number) -> tuple[Number, Number]:
        """Canvas pixel, or arrays of them -> coordinates along the axes of cell (i, j)."""
        ax, ay = self.x_axis(j), self.y_axis(i)
        return (x - ax.offset) / ax.scale, (y - ay.offset) / ay.scale

    def placed(self, picture: "Matrix") -> Rect:
        """Where the viewport of an older picture of the same cells lies now: the picture is moved and scaled there."""
        factor = self.cell / picture.cell
        left, top = picture.origin
        x, y = self.origin
        old = picture.viewport
        return Rect(x + (old.x - left) * factor, y + (old.y - top) * factor, old.width * factor, old.height * factor)


def fit(rows: int, columns: int, viewport: Rect, *, first: int = 0, count: int | None = None) -> Camera:
    """The camera that shows the whole matrix, or the square of `count` cells from (first, first) on."""
    shorter = max(min(viewport.width, viewport.height), 1.0)
    if count is None:
        span = max(columns * shorter / max(viewport.width, 1.0), rows * shorter / max(viewport.height, 1.0))
        return Camera(columns / 2, rows / 2, span)
    return Camera(first + count / 2, first + count / 2, float(count))


def _held(start: float, length: float, centre: float, cell: float, count: int) -> float:
    """Where the first cell begins: as the camera has it, but a matrix larger than the viewport fills it, and a smaller
    one stands in its middle."""
    room = length - count * cell
    return start + room / 2 if room >= 0 else min(max(start + length / 2 - centre * cell, start + room), start)


def _visible(origin: float, cell: float, start: float, length: float, count: int) -> range:
    first = math.floor((start - origin) / cell)
    last = math.ceil((start + length - origin) / cell)
    return range(max(first, 0), max(min(last, count), 0))
