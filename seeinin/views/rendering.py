"""The job that draws a picture of the matrix: read the columns, count, paint. It runs in the pool."""

import time
from collections.abc import Callable, Generator, Sequence

import numpy as np

from seeinin.geometry.colouring import Colouring
from seeinin.geometry.colours import slot_palette
from seeinin.geometry.counting import Cell, counting
from seeinin.geometry.frame import Frame
from seeinin.geometry.outside import outside
from seeinin.geometry.painting import Look, paint
from seeinin.geometry.ridges import Spread, draw_ridges, spread_of
from seeinin.geometry.steps import with_steps
from seeinin.pool import POOL, Token
from seeinin.state.slots import HIDDEN
from seeinin.state.sources import Sources
from seeinin.state.state import Drawn
from seeinin.store.reader import Layer
from seeinin.views.frames import Request, Shot, clip

FIRST_LOOK = 0.1  # seconds after which what has been counted so far is shown; each look waits twice as long


def rendering(
    token: Token, request: Request, sources: Sources, show: Callable[[Shot], None]
) -> Generator[None, None, Shot]:
    """Yields between steps of about 5 ms; `show` gets pictures of the points counted so far while it takes long."""
    layer, held = sources.cache.layers[request.layer], {}
    for channel in request.matrix.visible_channels():
        held[channel] = sources.columns.get(layer, channel)
        yield
    drawing = Drawing(request, sources, layer, held)
    begun, wait, before = time.monotonic(), FIRST_LOOK, 0
    for done in drawing.count():
        yield
        if before < done < layer.points and time.monotonic() - begun > wait:
            show(drawing.shot(done))
            wait *= 2
        before = done
    return drawing.shot(layer.points)


class Drawing:
    """One picture in the making."""

    def __init__(self, request: Request, sources: Sources, layer: Layer, held: dict[int, np.ndarray]) -> None:
        self.request, self.layer, self.held = request, layer, held
        matrix = request.matrix
        self.rows, self.columns = list(matrix.visible_rows()), list(matrix.visible_columns())
        self.frame = Frame(*request.shape)
        self.plots = [(i, j) for i, j in matrix.visible_cells() if not matrix.is_diagonal(i, j)]
        self.diagonal = [(i, j) for i, j in matrix.visible_cells() if matrix.is_diagonal(i, j)]
        self.spreads: dict[int, tuple[int, Spread | None]] = {}  # by channel: points counted so far
        self.colouring = colouring(request, sources, layer)

    def count(self) -> Generator[int, None, None]:
        matrix = self.request.matrix
        across = [(self.held[matrix.columns[j]], matrix.x_axis(j)) for j in self.columns]
        down = [(self.held[matrix.rows[i]], matrix.y_axis(i)) for i in self.rows]
        yield from counting(
            POOL, self.frame, across, down, self._cells(), self.colouring, 0, self.layer.points, clear=False
        )

    def shot(self, points: int) -> Shot:
        """Paint what has been counted."""
        request = self.request
        rgba = np.empty((*request.shape, 4), np.uint8)
        rgba[:] = (*rgb(request.theme.background), 255)
        look = Look(request.size, request.opacity, request.style, rgb(request.theme.background))
        selecting = request.selection is not None
        if not request.clouded:
            paint(POOL, self.frame, [cell[2:] for cell in self._cells()], look, selecting, rgba)
        POOL.share(lambda cell: self._ridges(cell, points, rgba), self.diagonal)
        return Shot(request, rgba, self.frame.ids, self._drawn(points))

    def _cells(self) -> Sequence[Cell]:
        boxes = ((i, j, clip(self.request.matrix, i, j, self.request.shape)) for i, j in self.plots)
        return [
            (self.columns.index(j), self.rows.index(i), top, bottom, left, right)
            for i, j, (left, top, right, bottom) in boxes
            if left < right and top < bottom
        ]

    def _ridges(self, cell: tuple[int, int], points: int, rgba: np.ndarray) -> None:
        (i, j), matrix = cell, self.request.matrix
        channel = matrix.columns[j]
        left, top, right, bottom = clip(matrix, i, j, self.request.shape)
        rect = top, bottom, left, right
        done, spread = self.spreads.get(channel, (0, None))
        spread = spread_of(self.held[channel], matrix.x_axis(j), rect, self.colouring, done, points, spread)
        self.spreads[channel] = points, spread
        draw_ridges(rgba, rect, spread, self.colouring.palette, self.request.selection is not None)

    def _drawn(self, points: int) -> Drawn:
        request = self.request
        beyond = [outside(column[:points], *request.matrix.ranges[c]) for c, column in self.held.items()]
        cells = len(self.rows) * len(self.columns)
        lost, nans = (sum(column[k] for column in beyond) for k in (0, 1))
        return Drawn(points, self.layer.points, cells, lost, nans, request.style)


def colouring(request: Request, sources: Sources, layer: Layer) -> Colouring:
    """Colours by what they mean, and the selection as this layer sees it."""
    slot, repeat, scale = sources.colours.of(request.colour_by, layer, request.slots, request.hidden)
    palette = slot_palette(dark=request.theme.dark)
    palette = with_steps(palette, dark=request.theme.dark) if scale else palette
    visible = np.arange(256) != HIDDEN
    if request.selection is None:
        return Colouring(slot, repeat, palette, visible)
    share = sources.linker.share(request.selection, request.link, layer.number)
    return Colouring(slot, repeat, palette, visible, share.strength, share.repeat)


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
