"""A picture of the matrix: what is asked for, and what was drawn."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

import numpy as np

from seeinin.geometry.matrix import Matrix, Rect
from seeinin.state.colouring import ColourBy
from seeinin.state.linking import Rule
from seeinin.state.named import Drawn, Style
from seeinin.state.selection import Selection
from seeinin.state.slots import Slots
from seeinin.state.state import ViewerState
from seeinin.views.layout import Layout
from seeinin.views.theme import Theme

CROWDED = 1.0  # points to a pixel from which they can no longer be told apart
SMALLEST = 6.0  # logical pixels of a cell that is plotted
SELECTED = 1 << 62  # how the counting kernels mark the ids of selected points


@dataclass(frozen=True)
class Request:
    """All that a picture depends on. Equal requests give equal pictures.

    `matrix` has its viewport at (0, 0), in physical pixels; `ratio` of those make one logical pixel.
    """

    layer: int
    matrix: Matrix
    ratio: float
    style: Style
    size: float
    opacity: float
    hidden: frozenset[int]
    slots: Slots
    colour_by: ColourBy
    selection: Selection | None
    link: Rule
    theme: Theme
    clouded: bool = False  # the points themselves are drawn by OpenGL, over the picture

    @classmethod
    def of(cls, state: ViewerState, matrix: Matrix, theme: Theme, ratio: float, *, clouded: bool = False) -> Self:
        assert state.view is not None
        width, height = (max(round(ratio * v), 1) for v in matrix.viewport[2:])
        inside = replace(matrix, viewport=Rect(0, 0, width, height))
        points = state.cache.layers[state.view.layer].points
        crowded: Style = "density" if points > CROWDED * inside.cell**2 else "points"
        style = crowded if state.style == "auto" else state.style
        look = (style, state.point_size * ratio, state.opacity, state.hidden, state.slots, state.colour_by)
        return cls(
            state.view.layer, inside, ratio, *look, state.selection, state.link, theme, clouded and style == "points"
        )

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in physical pixels."""
        return int(self.matrix.viewport.height), int(self.matrix.viewport.width)

    @property
    def summarised(self) -> bool:
        """Whether its cells are too small to be plotted, and show one value each."""
        return self.matrix.cell < SMALLEST * self.ratio


class Hit(NamedTuple):
    """A pixel (y, x) of a picture, in its cell (i, j), and the topmost point that is drawn there."""

    i: int
    j: int
    y: int
    x: int
    point: int


@dataclass(frozen=True, eq=False)
class Shot:
    """A picture that was drawn for `request`: `rgba` uint8 (height, width, 4), `ids` int64 (height, width).

    `exact` once every point has been counted. `ids` holds the topmost point of each pixel, with SELECTED added where it
    is selected, and -1 where there is none.
    """

    request: Request
    rgba: np.ndarray
    ids: np.ndarray
    drawn: Drawn
    values: Mapping[tuple[int, int], float] = field(default_factory=dict)  # of the cells (i, j) that show one

    @property
    def exact(self) -> bool:
        return self.drawn.points == self.drawn.total

    def stands_for(self, request: Request | None) -> bool:
        """Whether it shows the same cells, and so can be moved and scaled until the other picture is there."""
        return request is not None and _cells(self.request) == _cells(request)

    def agrees(self, request: Request) -> bool:
        """Whether what is asked for differs in its place only: a moved picture shows the same points alike."""
        moved = replace(self.request.matrix, camera=request.matrix.camera, viewport=request.matrix.viewport)
        return self.request.summarised == request.summarised and replace(self.request, matrix=moved) == request

    def place(self, matrix: Matrix) -> Rect:
        """Where the picture lies now, moved and scaled."""
        return matrix.placed(self.request.matrix)

    def covers(self, matrix: Matrix) -> bool:
        """Whether all that is seen of the matrix shows this picture, moved and scaled."""
        x, y, width, height = self.place(matrix)
        left, top = matrix.origin
        view = matrix.viewport
        seen_x = max(view.x, left), min(view.x + view.width, left + len(matrix.columns) * matrix.cell)
        seen_y = max(view.y, top), min(view.y + view.height, top + len(matrix.rows) * matrix.cell)
        return x - 1 <= seen_x[0] and seen_x[1] <= x + width + 1 and y - 1 <= seen_y[0] and seen_y[1] <= y + height + 1

    def hit_at(self, cell: tuple[int, int], row: float, column: float, reach: float) -> Hit | None:
        """The point of a cell drawn nearest to a matrix coordinate; selected ones before others.

        Within `reach` logical pixels of the picture.
        """
        from seeinin.geometry.nearest import from_ids

        layout = Layout(self.request.matrix, self.request.shape)
        top, bottom, left, right = layout.rect(*cell)
        if left >= right or top >= bottom:
            return None
        y, x = layout.pixel(*cell, row, column)
        ids, ratio = self.ids[top:bottom, left:right], self.request.ratio
        at, around = (math.floor(y) - top, math.floor(x) - left), math.ceil(reach * ratio)
        point = from_ids(ids, *at, reach * ratio)
        if point < 0:
            return None
        first_y, first_x = (max(place - around, 0) for place in at)
        near = ids[first_y : at[0] + around + 1, first_x : at[1] + around + 1]
        down, along = np.nonzero((near & (SELECTED - 1) == point) & (near >= 0))
        down, along = down + first_y, along + first_x
        nearest = np.argmin((down - at[0]) ** 2 + (along - at[1]) ** 2)
        return Hit(*cell, top + int(down[nearest]), left + int(along[nearest]), int(point))


def _cells(request: Request) -> tuple[Any, ...]:
    return request.layer, request.matrix.rows, request.matrix.columns
