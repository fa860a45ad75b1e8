"""The overview: the whole matrix of the active layer as one small picture, and a box for what the matrix view shows."""

from collections.abc import Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from seeinin.geometry.matrix import Camera, Matrix, Rect, fit
from seeinin.pool import POOL, Latest, Token
from seeinin.state.sources import Sources
from seeinin.state.state import ViewerState
from seeinin.state.view import View
from seeinin.views.aiming import Aiming
from seeinin.views.frames import CROWDED, Request, Shot
from seeinin.views.holes import hole_marks
from seeinin.views.summary import Summary, painted
from seeinin.views.theme import DARK, Theme, rgba
from seeinin.visuals.canvas import Canvas
from seeinin.visuals.glyphs import text_width
from seeinin.visuals.labels import Label, Labels
from seeinin.visuals.picture import Picture
from seeinin.visuals.shapes import boxes, lines, rectangles
from seeinin.visuals.strokes import Strokes
from seeinin.wording import count_of

PLOTTED = 4.0  # px that a cell needs to be plotted; smaller ones show one value each
VALUES = 1 << 27  # that are counted at most: the cells of a larger layer show one value each, too
MARK = 1.5  # px, the size of a point
FOUND = 6.0  # px that the box needs to be seen; a crosshair shows where a smaller one is
CLOSEST, FARTHEST = 1e-4, 1.5  # of the zoom: cells across the matrix view, and how many times the matrix
REPAINTS = ("view", "selection", "link", "opacity", "hidden", "slots", "colour_by")
SMALL = 10.5  # px of text


@dataclass(frozen=True, eq=False)
class Sight:
    """A picture of the whole matrix, uint8 (height, width, 4), and what has to be said about it."""

    request: Request | Summary
    rgba: np.ndarray
    note: str = ""
    exact: bool = True


class OverviewView:
    """Paints from the state; its hands move the state's camera.

    The window sets `viewport_aspect`, width / height of the matrix's viewport, so that the box has its shape.
    """

    def __init__(self, state: ViewerState, canvas: Canvas, theme: Theme = DARK) -> None:
        self.state, self.canvas, self.theme = state, canvas, theme
        self.wanted: Request | Summary | None = None
        self.sight: Sight | None = None
        self._latest = Latest(self._submit)
        self._aspect = 1.0
        self.picture, self.strokes, self.labels = Picture(), Strokes(), Labels()
        for order, node in enumerate((self.picture, self.strokes, self.labels)):
            node.parent, node.order = canvas.scene, order
        self.aiming = Aiming(self)
        for name in REPAINTS:
            getattr(state.events, name).connect(self.refresh)
        canvas.events.resize.connect(self.refresh)
        self.refresh()

    @property
    def viewport_aspect(self) -> float:
        return self._aspect

    @viewport_aspect.setter
    def viewport_aspect(self, aspect: float) -> None:
        self._aspect = aspect
        self.refresh()

    @property
    def camera(self) -> Camera | None:
        return None if self.state.view is None else self.state.view.camera

    @property
    def matrix(self) -> Matrix | None:
        """The whole matrix, as large as the canvas has room for."""
        view = self.state.view
        return None if view is None else whole(view, self.canvas.size)

    @property
    def box(self) -> Rect | None:
        """What the matrix view shows, in canvas pixels; it may reach beyond the matrix."""
        matrix, camera = self.matrix, self.camera
        if matrix is None or camera is None:
            return None
        width, height = (matrix.cell * camera.span * max(a, 1.0) for a in (self._aspect, 1 / self._aspect))
        x, y = matrix.origin
        return Rect(x + camera.x * matrix.cell - width / 2, y + camera.y * matrix.cell - height / 2, width, height)

    def settled(self) -> bool:
        """Whether the exact picture of the present state is on the canvas."""
        return self.sight is not None and self.sight.exact and self.sight.request == self.wanted

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.canvas.bgcolor = theme.panel
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Ask for the picture of the present state, and show where in it the matrix view is."""
        view, matrix = self.state.view, self.matrix
        if view is None or matrix is None:
            return
        request = self._request(view, matrix)
        if request != self.wanted:
            self.wanted = request
            self.state.inbox.deliver(self._ask(request), self._arrived, partial(self._lose, request))
        self._place(matrix)

    def _request(self, view: View, matrix: Matrix) -> Request | Summary:
        layer, ratio = self.state.cache.layers[view.layer], float(self.canvas.pixel_scale)
        if matrix.cell >= PLOTTED and len({*view.rows, *view.columns}) * layer.points <= VALUES:
            request = Request.of(self.state, matrix, self.theme, ratio)
            crowded = layer.points > CROWDED * request.matrix.cell**2
            return replace(request, style="density" if crowded else "points", size=MARK * ratio)
        shape = max(round(matrix.viewport.height * ratio), 1), max(round(matrix.viewport.width * ratio), 1)
        return Summary(view.layer, view.rows, view.columns, shape, self.theme.dark)

    def _ask(self, request: Request | Summary) -> Any:
        job = partial(_plots, show=self._show) if isinstance(request, Request) else _summary
        return self._latest.request(job, request, self.state.sources)

    def _lose(self, request: Request | Summary) -> None:
        if request == self.wanted:
            self.wanted = None  # whatever comes next asks again

    def _submit(self, *job: Any) -> Future[Any]:
        """A first look goes ahead of everything that is counted exactly, but not of the window's first picture."""
        return POOL.later(*job) if POOL.holding else POOL.now(*job)

    def _show(self, sight: Sight) -> None:
        """Called by the thread that counts."""
        self.state.inbox.post(partial(self._arrived, sight))

    def _arrived(self, sight: Sight) -> None:
        if sight.request == self.wanted and not self.settled():
            self.sight = sight
            self.picture.set_array(sight.rgba)
            if (matrix := self.matrix) is not None:
                self._place(matrix)

    def _place(self, matrix: Matrix) -> None:
        """The picture of these cells, the box over it, and a word on what it shows."""
        shown = self.sight is not None and _cells(self.sight.request) == _cells(self.wanted)
        self.picture.visible = shown
        self.picture.place(*matrix.viewport)
        self.labels.set_labels([])
        strokes = [rectangles([matrix.viewport], rgba(self.theme.line))]
        if shown and self.sight is not None and (note := self._short(self.sight.note, matrix.viewport.width - 12)):
            x, bottom = matrix.viewport.x, matrix.viewport.y + matrix.viewport.height
            width = text_width(note, SMALL, ratio=self.canvas.pixel_scale)
            strokes.append(boxes([[x, bottom - 18, width + 12, 18]], rgba(self.theme.panel, 0.85)))
            self.labels.set_labels([Label(note, x + 6, bottom - 9, rgba(self.theme.text), down="centre", size=SMALL)])
        if shown and self.state.layer is not None:
            strokes.append(hole_marks(matrix, self.state.layer, self.state.sources.columns, self.theme)[0])
        self.strokes.set_strokes(*strokes, *self._box_strokes(matrix))

    def _short(self, note: str, room: float) -> str:
        """As many of the note's parts as have room; none where not even the first has."""
        while note and text_width(note, SMALL, ratio=self.canvas.pixel_scale) > room:
            note = note.rpartition(" · ")[0]
        return note

    def _box_strokes(self, matrix: Matrix) -> list[np.ndarray]:
        box = self.box
        assert box is not None
        x, y, width, height = matrix.viewport
        left, right = (min(max(v, x), x + width) for v in (box.x, box.x + box.width))
        top, bottom = (min(max(v, y), y + height) for v in (box.y, box.y + box.height))
        colour, halo = rgba(self.theme.text), rgba(self.theme.background, 0.7)
        if max(box.width, box.height) >= FOUND:
            left, top, right, bottom = (round(v) for v in (left, top, right, bottom))
            rect = [left, top, max(right - left, 2), max(bottom - top, 2)]
            around = [rect[0] - 1, rect[1] - 1, rect[2] + 2, rect[3] + 2]
            return [rectangles([around], halo), rectangles([rect], colour)]
        across, down = round((left + right) / 2) + 0.5, round((top + bottom) / 2) + 0.5
        gap = FOUND
        cross = [
            [x, down, across - gap, down],
            [across + gap, down, x + width, down],
            [across, y, across, down - gap],
            [across, down + gap, across, y + height],
        ]
        return [lines(cross, halo, 3.0), lines(cross, colour)]

    def cells_at(self, x: float, y: float) -> tuple[float, float] | None:
        """The matrix coordinate (x, y) at a canvas pixel; None before there is a matrix."""
        return None if (matrix := self.matrix) is None else matrix.to_cells(x, y)

    def in_box(self, x: float, y: float) -> bool:
        box = self.box
        return box is not None and box.contains(x, y)

    def aim(self, x: float, y: float, *, far: bool) -> None:
        """Centre the matrix view on a matrix coordinate, kept within the matrix; `far`: `back` returns from there."""
        view = self.state.view
        if view is not None:
            x, y = min(max(x, 0.0), float(len(view.columns))), min(max(y, 0.0), float(len(view.rows)))
            (self.state.jump if far else self.state.move)(replace(view.camera, x=x, y=y))

    def zoom(self, factor: float, x: float, y: float) -> None:
        """`factor` > 1 goes closer: to what is under the pixel, or to the middle of the box from outside of it."""
        view, place = self.state.view, self.cells_at(x, y)
        if view is None or place is None:
            return
        span = min(max(view.camera.span / factor, CLOSEST), FARTHEST * max(len(view.rows), len(view.columns)))
        middle = place if self.in_box(x, y) else (view.camera.x, view.camera.y)
        self.state.move(view.camera.zoomed(view.camera.span / span, *middle))


def whole(view: View, size: tuple[int, int]) -> Matrix:
    """All cells, square, as large as they fit into a canvas of `size`, in the middle of it; to whole pixels."""
    rows, columns = len(view.rows), len(view.columns)
    cell = min(size[0] / columns, size[1] / rows)
    width, height = max(int(columns * cell), 1), max(int(rows * cell), 1)
    viewport = Rect((size[0] - width) // 2, (size[1] - height) // 2, width, height)
    return view.matrix(viewport, fit(rows, columns, viewport))


def _cells(request: Request | Summary | None) -> tuple[Any, ...] | None:
    """What two pictures of the same cells have in common."""
    if request is None:
        return None
    of = request.matrix if isinstance(request, Request) else request
    return request.layer, of.rows, of.columns


def _plots(
    token: Token, request: Request, sources: Sources, show: Callable[[Sight], object]
) -> Generator[Any, None, Sight]:
    """Yields between steps; `show` gets what has been counted so far."""
    from seeinin.views.rendering import first_look, rendering  # by the worker: the window is up before the kernels are

    def look(shot: Shot) -> None:
        show(Sight(request, shot.rgba, f"refining · {shot.drawn.points:,} of {shot.drawn.total:,} points", False))

    shot = yield from first_look(request, sources)
    if shot is None or not shot.exact:
        if shot is not None:
            look(shot)
        yield 0.0  # what follows may wait
        shot = yield from rendering(token, request, sources, look)
    return Sight(request, shot.rgba)


def _summary(token: Token, request: Summary, sources: Sources) -> Generator[float, None, Sight]:
    yield 0.0
    found = sources.correlating.of(token, sources.cache.layers[request.layer], sources.cache.images)
    return Sight(request, painted(request, found), f"|correlation| · {count_of(found.images, 'image')}")
