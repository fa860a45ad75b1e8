"""The value strip: what a channel sees at each level of its value, under its diagonal plot."""

from collections.abc import Callable, Generator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from seeinin.geometry.matrix import Matrix, Rect
from seeinin.geometry.warp import Warp
from seeinin.pool import POOL, Latest
from seeinin.state.selection import How, Selection
from seeinin.state.state import ViewerState
from seeinin.state.view import WIDEST
from seeinin.views.bandings import FOOT, HEAD, TEXT, band_labels, band_pixels, band_strokes, bars, places
from seeinin.views.theme import Theme
from seeinin.visuals.canvas import Canvas
from seeinin.visuals.labels import Labels
from seeinin.visuals.picture import Picture
from seeinin.visuals.strokes import Strokes

if TYPE_CHECKING:
    from seeinin.state.bands import Bands

SEEN = 0.75  # of the cell, or of the view, that must be seen of it
SMALLEST = 260  # px of the view below which there is no room for a strip
SHARE = 0.09  # of the view's shorter side that is the side of a picture
KEPT = 32  # strips that are remembered


class Wanted(NamedTuple):
    """The channel of a layer, and the axis that it has."""

    layer: int
    channel: int
    warp: Warp
    low: float
    high: float


class Strip:
    """Eight equal bands of the axis of the one diagonal plot that fills the view, drawn under it.

    Averages come from the pool; until those of another range are there, the last ones of the channel stay.
    """

    def __init__(self, state: ViewerState, canvas: Canvas, changed: Callable[[], object]) -> None:
        """`changed` is called when there is more to draw, or another band under the cursor."""
        self.state, self.canvas, self.changed = state, canvas, changed
        self.bands: Bands | None = None
        self.wanted: Wanted | None = None
        self.over: int | None = None  # the band under the cursor
        self.places: list[Rect] = []  # of the bands, in canvas pixels
        self.picture, self.strokes, self.labels = Picture(), Strokes(), Labels()
        for order, node in enumerate((self.picture, self.strokes, self.labels)):
            node.parent, node.order = canvas.scene, order
        self._shown: Wanted | None = None  # what `bands` are of
        self._latest = Latest(POOL.later)
        self._known: dict[Wanted, Bands] = {}

    def height(self, room: Rect) -> int:
        """How many pixels of the room for plots the strip takes: none where no diagonal plot fills it."""
        return 0 if self._cell(room) is None else self._side(room) + TEXT + FOOT

    def settled(self) -> bool:
        return self.wanted is None or self.wanted in self._known

    def paint(self, room: Rect, matrix: Matrix, theme: Theme) -> None:
        """Under the plot of `matrix`, whose viewport is the room without the `height`."""
        cell = self._cell(room)
        self._want(matrix, cell)
        shown = cell is not None and self.bands is not None
        for node in (self.picture, self.strokes, self.labels):
            node.visible = shown
        self.places = []
        if cell is None or self.bands is None:
            return
        self.places = places(matrix, cell[1], self._side(room) + TEXT, len(self.bands.count))
        self._draw(self.bands, self._side(room), matrix.viewport, theme)

    def hover_at(self, x: float, y: float) -> bool:
        """Whether the pixel is in the strip."""
        over = self.band_at(x, y)
        if over != self.over:
            self.over = over
            self.changed()
        return over is not None

    def click_at(self, x: float, y: float, how: How) -> bool:
        """Select the points of the band under the pixel; whether there is one."""
        band, wanted = self.band_at(x, y), self.wanted
        if band is None or wanted is None:
            return False
        layer = self.state.cache.layers[wanted.layer]
        points = POOL.now(_points, self.state.sources, layer, *wanted[1:], band, self.state.hidden)
        self.state.inbox.deliver(points, partial(self.state.select, how=how))
        return True

    def band_at(self, x: float, y: float) -> int | None:
        return next((k for k, place in enumerate(self.places) if place.contains(x, y)), None)

    def _cell(self, room: Rect) -> tuple[int, int] | None:
        """The diagonal cell (i, j) that fills the room; of several in a long room, the one nearest to its middle."""
        view = self.state.view
        if view is None or view.camera.span > WIDEST or min(room.width, room.height) < SMALLEST:
            return None
        matrix = view.matrix(room)
        column, row = matrix.to_cells(room.x + room.width / 2, room.y + room.height / 2)
        filling = [(i, j) for i, j in matrix.visible_cells() if matrix.is_diagonal(i, j) and _fills(matrix, i, j)]
        return min(filling, key=lambda cell: abs(cell[0] + 0.5 - row) + abs(cell[1] + 0.5 - column), default=None)

    def _side(self, room: Rect) -> int:
        return round(SHARE * min(room.width, room.height))

    def _want(self, matrix: Matrix, cell: tuple[int, int] | None) -> None:
        view = self.state.view
        assert view is not None
        wanted = None
        if cell is not None:
            channel = matrix.rows[cell[0]]
            wanted = Wanted(view.layer, channel, matrix.warp(channel), *matrix.ranges[channel])
        if wanted == self.wanted:
            return
        self.wanted = wanted
        self._latest.cancel()
        if wanted is None:
            return
        if self._shown is None or wanted[:3] != self._shown[:3]:
            self.bands = None
        if wanted in self._known:
            self._take(wanted, self._known[wanted])
        else:
            layer = self.state.cache.layers[wanted.layer]
            bands = self._latest.request(_bands, self.state.sources, layer, *wanted[1:], partial(self._post, wanted))
            self.state.inbox.deliver(bands, partial(self._finished, wanted), partial(self._lose, wanted))

    def _post(self, wanted: Wanted, bands: "Bands") -> None:
        """Called by the thread that averages, with what it has so far."""
        self.state.inbox.post(partial(self._arrived, wanted, bands))

    def _arrived(self, wanted: Wanted, bands: "Bands") -> None:
        if wanted == self.wanted and wanted not in self._known:
            self._take(wanted, bands)
            self.changed()

    def _lose(self, wanted: Wanted) -> None:
        if wanted == self.wanted:
            self.wanted = None

    def _finished(self, wanted: Wanted, bands: "Bands") -> None:
        self._arrived(wanted, bands)
        self._known[wanted] = bands
        if len(self._known) > KEPT:
            del self._known[next(iter(self._known))]

    def _take(self, wanted: Wanted, bands: "Bands") -> None:
        self._shown, self.bands = wanted, bands

    def _draw(self, bands: "Bands", side: int, view: Rect, theme: Theme) -> None:
        ratio, state = float(self.canvas.pixel_scale), self.state
        clip = Rect(view.x, 0, view.width, self.canvas.size[1])
        self.picture.clip = self.strokes.clip = self.labels.clip = clip
        top = self.places[0].y + HEAD
        pixels = band_pixels(bands, self.places, clip, round(side * ratio), ratio, theme)
        self.picture.set_array(pixels)
        self.picture.place(clip.x, top, pixels.shape[1] / ratio, pixels.shape[0] / ratio)
        self.strokes.set_strokes(
            band_strokes(self.places, self.over, theme), bars(bands, self.places, side, state.slots, theme)
        )
        names = state.cache.classes
        self.labels.set_labels(band_labels(bands, self.places, clip, side, names, state.slots, theme))


def _fills(matrix: Matrix, i: int, j: int) -> bool:
    x, y, width, height = matrix.viewport
    box = matrix.cell_rect(i, j)
    across = min(box.x + box.width, x + width) - max(box.x, x)
    down = min(box.y + box.height, y + height) - max(box.y, y)
    return across >= SEEN * min(box.width, width) and down >= SEEN * min(box.height, height)


def _bands(*job: Any) -> "Generator[None, None, Bands]":
    """Imported by the worker: the window is up before the kernels are."""
    from seeinin.state.bands import value_bands

    return value_bands(*job)


def _points(*job: Any) -> Selection:
    from seeinin.state.bands import band_points

    return band_points(*job)
