"""The embedding view: the scatter-plot matrix of the active layer, or its one scatter plot."""

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from seeinin.geometry.matrix import Matrix, Rect
from seeinin.pool import POOL, Latest
from seeinin.state.selection import How
from seeinin.state.state import ViewerState
from seeinin.state.view import View
from seeinin.views.ahead import ahead
from seeinin.views.axes import axis_labels, grid_strokes, value_labels
from seeinin.views.cloud import Cloud
from seeinin.views.frames import SMALLEST, Request, Shot
from seeinin.views.gestures import Hands
from seeinin.views.gliding import Glide
from seeinin.views.hits import Hits
from seeinin.views.holes import hole_marks
from seeinin.views.jobs import look, render
from seeinin.views.marks import brush_strokes, lasso_strokes, mark_strokes, sign_labels
from seeinin.views.steering import Steering
from seeinin.views.strip import Strip
from seeinin.views.theme import DARK, Theme
from seeinin.visuals.canvas import Canvas
from seeinin.visuals.labels import Labels
from seeinin.visuals.picture import Picture
from seeinin.visuals.strokes import Strokes

MARGIN = (64, 10, 12, 44)  # px around the plots at the left, top, right and bottom, for the axes
STILL = 0.05  # s without a movement, after which the exact picture is begun
REPAINTS = ("view", "selection", "link", "style", "point_size", "opacity", "hidden", "slots", "colour_by", "upper")


class MatrixView:
    """Paints from the state; the mouse's gestures become intents in `hands`, `steering` and `hits`.

    Worker threads count the exact picture; until it arrives the last one is moved and scaled to where its cells are.
    """

    def __init__(self, state: ViewerState, canvas: Canvas, theme: Theme = DARK) -> None:
        self.state, self.canvas, self.theme = state, canvas, theme
        self.columns = state.sources.columns
        self.wanted: Request | None = None  # what the state asks for
        self.shot: Shot | None = None  # what is on the canvas
        self.sampled: Shot | None = None  # a sample, shown where `shot` has nothing
        self._latest = Latest(POOL.later)
        self._looking = False  # a sample is on its way
        self.sample, self.picture, self.grid, self.labels = Picture(), Picture(), Strokes(), Labels()
        self.holes, self.words = Strokes(), Labels()  # of what is damaged
        self.marks, self.draft, self.sign = Strokes(), Strokes(), Labels()
        self.cloud = Cloud(state, canvas, self.refresh)
        pictures, lines = (self.sample, self.picture, self.cloud.node), (self.grid, self.labels, self.holes, self.words)
        for order, node in enumerate((*pictures, *lines, self.marks, self.draft, self.sign)):
            node.parent, node.order = canvas.scene, order
        self.strip = Strip(state, canvas, self.refresh)
        self.steering, self.hits = Steering(self), Hits(self)
        self.hands = Hands(self)
        self.glide, self._seen = Glide(canvas.app, self.refresh), (state.view, state.leaps)
        state.events.view.connect(self._follow)  # before what repaints
        for name in REPAINTS:
            getattr(state.events, name).connect(self.refresh)
        for name in ("hover", "pick"):
            getattr(state.events, name).connect(self.mark)
        canvas.events.resize.connect(self.refresh)
        self.refresh()

    @property
    def room(self) -> Rect:
        """The part of the canvas that the plots have, in logical pixels, and with them the value strip."""
        width, height = self.canvas.size
        left, top, right, bottom = MARGIN
        return Rect(left, top, max(width - left - right, 1), max(height - top - bottom, 1))

    @property
    def viewport(self) -> Rect:
        """The part of the canvas that the plots have, in logical pixels."""
        room = self.room
        return room._replace(height=max(room.height - self.strip.height(room), 1))

    @property
    def matrix(self) -> Matrix | None:
        """The layout of this moment; None before the first layer has been read."""
        view = self.state.view
        return None if view is None else view.matrix(self.viewport, self.glide.camera, self.state.upper)

    def settled(self) -> bool:
        """Whether all of the present state is on the canvas, exactly."""
        return self.exact and self.strip.settled() and self.glide.camera is None

    @property
    def exact(self) -> bool:
        """Whether the exact picture of the plots is on the canvas."""
        return self.shot is not None and self.shot.exact and self.shot.request == self.wanted

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.canvas.bgcolor = theme.background
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Move what is there to where it belongs now, and ask for the exact picture."""
        matrix = self.matrix
        if matrix is None:
            return
        self._place(matrix)
        self.grid.set_strokes(grid_strokes(matrix, self.theme))
        self._write(matrix)
        self.strip.paint(self.room, matrix, self.theme)
        self.mark()
        assert self.state.view is not None
        request = self._request(self.state.view.matrix(self.viewport, upper=self.state.upper))
        self.cloud.node.visible = self._cloudy(request) and self.cloud.prepare(matrix, self.theme)
        if request != self.wanted:
            self.wanted = request
            moves = self.shot is not None and self.shot.agrees(request)
            show, pause = None if self._is_covered(request) else self._post, STILL if moves else 0.0
            self._look()
            job = request, self.state.sources, show, partial(self._tell, request), pause, self.cloud.has_card
            exact = self._latest.request(render, *job)
            self.state.inbox.deliver(exact, self._arrived, partial(self._lose, request))

    def _write(self, matrix: Matrix) -> None:
        """Names and ticks, and the values of the cells that show one."""
        ranking = None if self.state.view is None else self.state.view.arrangement.ranking
        labels = axis_labels(matrix, self.theme, None if ranking is None else ranking.score)
        if self.shot is not None and self.shot.stands_for(self.wanted):
            labels += value_labels(matrix, self.shot.values, self.theme)
        self.labels.set_labels(labels)

    def _follow(self, view: View) -> None:
        """Let the picture glide to where a leap has gone; whatever else moves the camera ends that."""
        (before, leaps), self._seen = self._seen, (view, self.state.leaps)
        leapt = self.state.motion and leaps != self.state.leaps and before is not None
        if leapt and before is not None and replace(before, camera=view.camera) == view:
            self.glide.begin(self.glide.camera or before.camera, view.camera)
        else:
            self.glide.stop()

    def mark(self, *_: object) -> None:
        """Repaint what stands over the points: holes, rings and dots."""
        if (matrix := self.matrix) is not None:
            self.marks.clip = self.draft.clip = self.holes.clip = self.words.clip = matrix.viewport
            if self.state.layer is not None:
                hatched, words = hole_marks(matrix, self.state.layer, self.columns, self.theme)
                self.holes.set_strokes(hatched)
                self.words.set_labels(words)
            self.marks.set_strokes(*mark_strokes(self.state, matrix, self.columns, self.theme))

    def preview(self, line: Iterable[tuple[float, float]], how: How, brush: float | None = None) -> None:
        """Show the lasso, or the stroke of a brush of this radius, as drawn so far; none where `line` is empty."""
        points = np.array(list(line), np.float64).reshape(-1, 2)
        strokes = (
            lasso_strokes(points, how, self.theme) if brush is None else brush_strokes(points, brush, how, self.theme)
        )
        self.draft.set_strokes(*strokes)
        self.sign.set_labels(sign_labels(points, how, self.theme))

    def _look(self) -> None:
        """Ask for a sample where the last picture shows nothing of what is wanted.

        One at a time: a movement that never rests must get some, too.
        """
        request, shot = self.wanted, self.shot
        if self._looking or request is None or request.summarised or self._is_covered(request):
            return
        self._looking = True
        exact = shot if shot is not None and shot.exact and shot.agrees(request) else None
        shown = None if exact is None else exact.place(request.matrix)
        sample = self._submit(look, request, self.state.sources, shown)
        self.state.inbox.deliver(sample, self._arrived)
        sample.add_done_callback(lambda _: self.state.inbox.post(partial(self._looked, request)))

    def _looked(self, request: Request) -> None:
        self._looking = False
        if request != self.wanted:
            self._look()

    def _is_covered(self, request: Request) -> bool:
        """Whether the last picture, moved and scaled, shows all that is asked for."""
        return self.shot is not None and self.shot.agrees(request) and self.shot.covers(request.matrix)

    def tells(self, x: float, y: float) -> bool:
        """Whether the picture knows the topmost of all points at a pixel of the canvas."""
        if self.matrix is None or self.shot is None or self.wanted is None:
            return False
        left, top, width, height = self.shot.place(self.matrix)
        within = left <= x < left + width and top <= y < top + height
        return within and self.shot.exact and self.shot.agrees(self.wanted)

    def _post(self, shot: Shot) -> None:
        """Called by the thread that counts, with what it has so far."""
        self.state.inbox.post(partial(self._arrived, shot))

    def _lose(self, request: Request) -> None:
        if request == self.wanted:
            self.wanted = None  # whatever comes next asks again

    def _tell(self, request: Request, points: int) -> None:
        """Called by the thread that counts, with how many points it has so far."""
        self.state.inbox.post(partial(self._told, request, points))

    def _told(self, request: Request, points: int) -> None:
        if request == self.wanted and not self.exact and self.state.drawn is not None:
            self.state.drawn = self.state.drawn._replace(points=points)

    def _arrived(self, shot: Shot | None) -> None:
        """A picture, which may be of where the cells were a moment ago."""
        matrix = self.matrix
        if matrix is None or shot is None or self.wanted is None or not shot.agrees(self.wanted):
            return
        if self.exact and not (shot.exact and shot.request == self.wanted):  # it comes late
            return
        if shot.exact or self.shot is None or not (self.shot.exact and self.shot.agrees(shot.request)):
            self.shot, self.sampled = shot, None
            if self.exact:
                self._latest.request(ahead, shot.request, self.state.sources)
            self.cloud.node.visible &= shot.request.clouded
            self.picture.set_array(shot.rgba)
            self._write(matrix)
            self.mark()  # the columns that it needs are in memory now
        else:
            self.sampled = shot
            self.sample.set_array(shot.rgba)
        self._place(matrix)
        self.state.drawn = shot.drawn

    def has_begun(self) -> bool:
        """Whether points are on the canvas, or can only come from the kernels."""
        return self.wanted is not None and (self.cloud.node.visible or not self._cloudy(self.wanted))

    def _submit(self, *job: Any) -> Future[Any]:
        """The kernels may come after OpenGL's own first picture; from then on they follow the hand."""
        return POOL.later(*job) if self.shot is None else POOL.now(*job)

    def _request(self, matrix: Matrix) -> Request:
        ratio, fast = self.canvas.pixel_scale, self.cloud.is_fast(matrix)
        return Request.of(self.state, matrix, self.theme, ratio, clouded=fast and matrix.cell >= SMALLEST)

    def _cloudy(self, request: Request) -> bool:
        """Whether OpenGL draws the points: where it is fast, and a first picture to see how fast it is."""
        first = self.shot is None or (self.cloud.would_tell(request.matrix) and not self.shot.agrees(request))
        return request.clouded or (first and request.style == "points" and not request.summarised)

    def _place(self, matrix: Matrix) -> None:
        """Where the last pictures lie now; pictures of another layer are not shown."""
        request = self._request(matrix)
        for picture, shot in ((self.picture, self.shot), (self.sample, self.sampled)):
            picture.visible = shot is not None and shot.stands_for(request)
            if shot is not None:
                picture.clip = matrix.viewport
                picture.place(*matrix.placed(shot.request.matrix))
