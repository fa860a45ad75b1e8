"""The job that draws a picture of the matrix: read the columns, count, paint. It runs in the pool."""

import logging
import time
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.errors import DisplayError
from seeinin.geometry import spare
from seeinin.geometry.axis import Axis
from seeinin.geometry.binning import Binned
from seeinin.geometry.colouring import Colouring
from seeinin.geometry.colours import slot_palette
from seeinin.geometry.counting import Cell, counting
from seeinin.geometry.frame import Frame, mirror
from seeinin.geometry.jitter import Jitter
from seeinin.geometry.look import Look
from seeinin.geometry.matrix import Rect
from seeinin.geometry.outside import outside
from seeinin.geometry.painting import painting
from seeinin.geometry.ridges import Spread, draw_ridges, spread_of
from seeinin.geometry.steps import with_steps
from seeinin.geometry.warp import Warp
from seeinin.pool import POOL, Token, ranges
from seeinin.state.columns import Stretch
from seeinin.state.named import Drawn, Style
from seeinin.state.slots import HIDDEN
from seeinin.state.sources import Sources
from seeinin.store.reader import Layer
from seeinin.views.asides import Asides
from seeinin.views.card import CARD
from seeinin.views.frames import Request, Shot
from seeinin.views.layout import Layout, Plotted
from seeinin.views.scales import between, sequential
from seeinin.views.tallying import Task

log = logging.getLogger(__name__)

FIRST_LOOK = 3 << 19  # points of all plots that are counted for a first look: some milliseconds
NEXT_LOOK = 0.25  # seconds after which what has been counted so far is shown; each look waits twice as long
ASKS = 1e-3  # seconds between two questions whether the card is done
COUNTED = 1 << 22  # values that a step looks at: of plots of one channel, or for what lies outside

Held = dict[int, Any]  # by channel: columns (P,), or Stretches of them


def rendering(
    token: Token,
    request: Request,
    sources: Sources,
    show: Callable[[Shot], None] | None = None,
    tell: Callable[[int], None] | None = None,
    pause: float = 0.0,
    fast: bool = False,
) -> Generator[Any, None, Shot]:
    """The exact picture. Yields the `pause` before it begins, and between steps of about 5 ms.

    Where OpenGL is known to be `fast`, and there is much to be counted, that is left to the graphics card.

    While it takes long, `show` gets pictures of the points counted so far, where there is anybody to see them, and
    `tell` how many these are.
    """
    if pause:
        yield pause
    layer, channels = sources.cache.layers[request.layer], request.matrix.visible_channels()
    drawing = Drawing(request, sources, layer)
    begun, wait, before = time.monotonic(), NEXT_LOOK, 0
    for stretch in sources.columns.stretches(layer, len(channels)):
        drawing.held = yield from read(request, sources, layer, stretch)
        for done in drawing.count_on_card(token) if fast else drawing.count():
            yield
            if before < done < layer.points and time.monotonic() - begun > wait:
                wait = time.monotonic() - begun + NEXT_LOOK
                if tell is not None:
                    tell(done)
                if show is not None:
                    show((yield from drawing.shot()))
                    wait *= 2
            before = done
        yield from drawing.asides.mark(stretch[0])
        yield from drawing.count_outside()
    return (yield from drawing.shot())


def first_look(request: Request, sources: Sources, shown: Rect | None = None) -> Generator[Any, None, Shot | None]:
    """A picture of some of the first rows, a fair sample; the exact one where there are not many more.

    A sample is of the plots that do not lie within what is `shown` already, in pixels of the picture.
    """
    layer = sources.cache.layers[request.layer]
    plots = sum(1 for side in (False, True) for _ in Layout(request.matrix, request.shape, shown).cells(diagonal=side))
    points = max(FIRST_LOOK // max(plots, 1), 1)
    if not plots:
        return None
    if 4 * points >= layer.points:
        return (yield from rendering(Token(), request, sources))
    held: Held = {}
    for channel in request.matrix.visible_channels():
        held[channel] = sources.columns.first(layer, channel, points, request.matrix.warp(channel))
        yield
    drawing = Drawing(request, sources, layer, shown)
    drawing.held = held
    for _ in drawing.count():
        yield
    return (yield from drawing.shot())


def read(request: Request, sources: Sources, layer: Layer, stretch: tuple[int, int]) -> Generator[None, None, Held]:
    """The columns in memory; if they do not fit into it, a stretch of them."""
    held: Held = {}
    for channel in request.matrix.visible_channels():
        warp = request.matrix.warp(channel)
        if stretch == (0, layer.points):
            yield from sources.columns.reading(layer, channel)
            held[channel] = sources.columns.get(layer, channel, warp)
        else:
            held[channel] = sources.columns.stretch(layer, channel, warp, *stretch)
        yield
    return held


class Drawing:
    """One picture in the making: of `held`, columns or stretches of them, more and more points are counted."""

    def __init__(self, request: Request, sources: Sources, layer: Layer, shown: Rect | None = None) -> None:
        self.request, self.sources, self.layer = request, sources, layer
        self.held: Held = {}
        self.layout = Layout(request.matrix, request.shape, shown)
        self.counted, self.copies = self.layout.mirrored()
        self.dots = self.layout.dots()
        self.diagonal = list(self.layout.cells(diagonal=True))
        self.spreads: dict[int, Spread] = {}  # of the diagonal, by column position
        self.frame = Frame(*request.shape)
        self.colouring = colouring(request, sources, layer)
        self.points = 0  # that all plots have
        self.asides = Asides(self)
        self.outside: dict[int, NDArray[np.int64]] = {}  # by channel: values counted so far that are on no axis

    def count(self) -> Iterator[int]:
        """Yields the points that all plots have."""
        across, down, cells = self._plots()
        binned = self._binned(across)
        points = min((column.size for column in self.held.values()), default=self.layer.points)
        work, begun = (across, down, cells, self.colouring, self.points, points), time.monotonic()
        for done in counting(POOL, self.frame, *work, clear=not self.points):
            if done > self.points:
                yield self.points
                POOL.share(partial(self._spread, binned, self.points, done), self.diagonal)
                self.points = done
            yield self.points
        CARD.note(points * len(cells), time.monotonic() - begun)

    def count_on_card(self, token: Token) -> Iterator[int]:
        """Likewise by the graphics card, where that pays; the plots of one channel are counted here meanwhile."""
        across, down, cells = self._plots()
        points = self.layer.points
        if self.points or not CARD.pays((column for column, _ in (*across, *down)), len(cells)):
            yield from self.count()
            return
        counted = CARD.count(Task(token, self.frame, across, down, cells, self.colouring, points))
        binned = self._binned(across)
        for start, stop in ranges(0, points, COUNTED // (len(binned) + 1)):
            POOL.share(partial(self._spread, binned, start, stop), self.diagonal)
            yield 0
        while not counted.done():
            time.sleep(ASKS)
            yield 0
        try:
            counted.result()
            self.points = points
        except DisplayError as error:
            log.warning("the graphics card does not count, so the cores do: %s", error)
            self.spreads.clear()
            yield from self.count()
        yield self.points

    def _plots(self) -> tuple[list[tuple[Any, Axis]], list[tuple[Any, Axis]], list[Cell]]:
        """What is counted: columns with their axes, along x and along y, and the cells."""
        matrix, layout = self.request.matrix, self.layout
        across = [(self.held[matrix.columns[j]], layout.x_axis(j)) for j in layout.columns]
        if self.dots is not None:
            box, axis = self.dots
            return across, [(Jitter(self.layer.points), axis)], [(0, 0, *box)]
        down = [(self.held[matrix.rows[i]], layout.y_axis(i)) for i in layout.rows]
        return across, down, [(j - layout.columns[0], i - layout.rows[0], *layout.rect(i, j)) for i, j in self.counted]

    def _binned(self, across: list[tuple[Any, Axis]]) -> dict[int, Binned]:
        """The columns of the plots of one channel, by their positions."""
        width = self.request.shape[1]
        return {j: Binned(*across[j - self.layout.columns[0]], width) for (_, j), _ in self.diagonal}

    def count_outside(self) -> Iterator[None]:
        """How many values are on no axis; worked out once for each range of a channel."""
        for channel, column in self.held.items():
            (low, high), key = self.request.matrix.ranges[channel], self._axis_key(channel)
            if key in self.sources.columns.outside:
                continue
            first = column.start if isinstance(column, Stretch) else 0
            found = self.outside.setdefault(channel, np.zeros(2, np.int64))
            for start, stop in ranges(first, column.size, COUNTED):
                found += outside(column[start:stop], low, high)
                yield
            if self.points == self.layer.points:
                self.sources.columns.outside[key] = int(found[0]), int(found[1])

    def shot(self) -> Generator[None, None, Shot]:
        """Paint what has been counted, in steps."""
        request = self.request
        ground = np.array((*rgb(request.theme.background), 255), np.uint8)
        rgba = spare.full(request.shape, ground.view(np.uint32)[0], np.uint32).view(np.uint8).reshape(*request.shape, 4)
        yield
        if not request.clouded:
            yield from self._paint(request.style, rgba)
        values, images = yield from self._upper(rgba)
        for first, last in ranges(0, len(self.diagonal), POOL.size):
            POOL.share(lambda cell: self._ridges(cell, rgba), self.diagonal[first:last])
            yield
        ids = self.frame.ids
        self._mirror(ids)
        self.asides.draw(rgba, ids)
        return Shot(request, rgba, ids, self._drawn(images), values)

    def _paint(self, style: Style, rgba: NDArray[np.uint8]) -> Iterator[None]:
        """All plots of two channels."""
        request, selecting = self.request, self.request.selection is not None
        each = self.layer.points / self.points
        look = Look(request.size, request.opacity, style, rgb(request.theme.background), each=each)
        cells = [self.layout.rect(*cell) for cell in self.counted] if self.dots is None else [self.dots[0]]
        yield from painting(POOL, self.frame, cells, look, selecting, rgba)
        self._mirror(rgba.view(np.uint32)[..., 0])
        yield

    def _upper(self, rgba: NDArray[np.uint8]) -> Generator[None, None, tuple[dict[tuple[int, int], float], int]]:
        """What is above the diagonal where that is not the mirror: density, or correlations, which are returned with
        the number of images that they are of."""
        matrix, values, images = self.request.matrix, {}, 0
        cells = [(cell, rect) for cell, rect in self.layout.cells(diagonal=False) if matrix.is_upper(*cell)]
        if cells and matrix.upper == "density":
            dense = rgba.copy()
            yield from self._paint("density", dense)
            for _, (y0, y1, x0, x1) in cells:
                rgba[y0:y1, x0:x1] = dense[y0:y1, x0:x1]
        elif cells and matrix.upper == "correlation":
            found = self.sources.correlating.of(Token(), self.layer, self.sources.cache.images)
            images, scale = found.images, between(0.0, 1.0, sequential(self.request.theme.dark))
            for (i, j), (y0, y1, x0, x1) in cells:
                values[i, j] = float(found.values[matrix.rows[i], matrix.columns[j]])
                code = scale.codes(np.full((1, 1, 1), values[i, j], np.float32))
                rgba[y0:y1, x0:x1, :3] = scale.table[int(code.item())]
        return values, images

    def _mirror(self, picture: NDArray[Any]) -> None:
        """Give the cells that are not counted what the others hold."""
        parts = [self.copies[k :: POOL.size] for k in range(POOL.size)]
        POOL.share(partial(mirror, picture), parts)

    def _spread(self, binned: dict[int, Binned], start: int, stop: int, cell: Plotted) -> None:
        """Count some points of a plot of one channel."""
        (_, j), rect = cell
        self.spreads[j] = spread_of(binned[j], rect, self.colouring, start, stop, self.spreads.get(j))

    def _ridges(self, cell: Plotted, rgba: NDArray[np.uint8]) -> None:
        (_, j), (y0, y1, x0, x1) = cell
        rect = y0, y1 if self.dots is None else self.dots[0][0], x0, x1
        draw_ridges(rgba, rect, self.spreads[j], self.colouring.palette, self.request.selection is not None)

    def _axis_key(self, channel: int) -> tuple[int, int, Warp, float, float]:
        matrix = self.request.matrix
        return self.layer.number, channel, matrix.warp(channel), *matrix.ranges[channel]

    def _drawn(self, above: int) -> Drawn:
        request, layout = self.request, self.layout
        counts = [self.sources.columns.outside.get(key, (0, 0)) for key in map(self._axis_key, self.held)]
        beyond, strange = (sum(count[k] for count in counts) for k in (0, 1))
        holes = [self.sources.columns.holes(self.layer, channel) for channel in self.held]
        damaged, why = sum(map(len, holes)), next((str(h.why) for h in holes if h.why), "")
        cells = len(layout.rows) * len(layout.columns)
        nonfinite = max(strange - damaged, 0)  # a hole counts as NaN, once it has been counted
        return Drawn(self.points, self.layer.points, cells, beyond, nonfinite, request.style, damaged, why, above=above)


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
