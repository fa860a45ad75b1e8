"""What is under the cursor and inside the lasso."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from seeinin.pool import POOL
from seeinin.state.named import Cell, Place
from seeinin.state.selection import How, Selection, chosen
from seeinin.views.drafting import Drafting
from seeinin.views.frames import Hit
from seeinin.views.inside import Plot
from seeinin.views.piles import Piles
from seeinin.views.searching import Searching

if TYPE_CHECKING:
    from seeinin.views.matrix import MatrixView

REACH = 8  # px around the cursor within which a point is under it


class Hits:
    """Answers from the picture on the canvas (hover, click) and from the columns themselves (lasso)."""

    def __init__(self, view: "MatrixView") -> None:
        self.view, self.state = view, view.state
        self.drafting = Drafting(view.state)
        self.piles = Piles(view.state)
        self.searching = Searching(view.state)
        self.at = (0.0, 0.0)  # where the cursor was last

    def hover_at(self, x: float, y: float) -> None:
        """The point and the plot under the cursor become the state's `hover` and `cell`."""
        self.at = x, y
        self.view.strip.hover_at(x, y)
        self.state.cell = self.cell_at(x, y)
        hit, shot = self._hit_at(x, y), self.view.shot
        self.state.hover = None if hit is None or shot is None else Place(shot.request.layer, hit.point)
        self.searching.cancel()
        if shot is not None:
            self.piles.hover(shot.request, hit)
        if not self.view.tells(x, y):
            self._search(x, y)

    def _search(self, x: float, y: float) -> None:
        """Where the picture has no ids of all points yet."""
        matrix, request = self.view.matrix, self.view.wanted
        at = matrix.cell_at(x, y) if matrix is not None else None
        if matrix is None or request is None or at is None or not matrix.shows_points(*at):
            return
        seen = at[0] in request.matrix.visible_rows() and at[1] in request.matrix.visible_columns()
        if seen:  # else the picture is still on its way
            column, row = matrix.to_cells(x, y)
            self.searching.search(request, at, (row, column), REACH, partial(setattr, self.state, "hover"))

    def click_at(self, x: float, y: float, how: How) -> None:
        """A click picks the image, a further one on the same pixel the next of its pile.

        Shift, Ctrl and both add, subtract and intersect its point.
        """
        hit, shot = self._hit_at(x, y), self.view.shot
        if self.view.strip.click_at(x, y, how) or hit is None or shot is None:
            return
        if how == "replace":
            self.piles.click(shot.request, hit)
        else:
            mask = np.zeros(self.state.cache.layers[shot.request.layer].points, bool)
            mask[hit.point] = True
            self.state.select(chosen(shot.request.layer, mask), how)

    def cell_at(self, x: float, y: float) -> Cell | None:
        matrix = self.view.matrix
        at = matrix.cell_at(x, y) if matrix is not None else None
        if matrix is None or at is None:
            return None
        value_x, value_y = matrix.to_data(*at, x, y)
        return Cell(matrix.rows[at[0]], matrix.columns[at[1]], value_y, value_x)

    def _hit_at(self, x: float, y: float) -> Hit | None:
        """The nearest point drawn within reach in the cell under the cursor; selected ones first, then the topmost."""
        matrix, shot = self.view.matrix, self.view.shot
        if matrix is None or shot is None or not self.view.picture.visible:
            return None
        at = matrix.cell_at(x, y)
        if at is None or not (matrix.shows_points(*at) or matrix.is_dotted):
            return None
        column, row = matrix.to_cells(x, y)  # the picture may still lie elsewhere than the cells do now
        return shot.hit_at(at, row, column, REACH)

    def select_polygon(self, cell: tuple[int, int], polygon: np.ndarray, how: How) -> None:
        """Select the points of the active layer inside `polygon` (V, 2), in pixels, as drawn in `cell`; exact.

        On the diagonal, those whose value lies between the polygon's left and right end.
        """
        self._select(how, cell, lambda plot: plot.in_polygon(polygon))

    def sketch_polygon(self, cell: tuple[int, int], polygon: np.ndarray, how: How) -> None:
        """What `select_polygon` would select becomes the state's `draft`, where that is found fast."""
        if len(polygon) > 2 and (plot := self.plot(cell)) is not None:
            self.drafting.sketch(partial(plot.in_polygon, polygon), how)

    def select_touched(self, cell: tuple[int, int], line: np.ndarray, radius: float, how: How) -> None:
        """Select the points drawn in `cell` on pixels that a brush touched on its way along `line` (V, 2)."""
        self._select(how, cell, lambda plot: plot.touched(line, radius))

    def select_nearest(self, x: float, y: float, count: int, how: How = "replace", *, images: bool = False) -> None:
        """Select the `count` points drawn nearest to a pixel, in the cell under it, or so many whole images."""
        matrix = self.view.matrix
        cell = matrix.cell_at(x, y) if matrix is not None else None
        if cell is not None:
            self._select(how, cell, lambda plot: plot.nearest(x, y, count, images=images))

    def _select(self, how: How, cell: tuple[int, int], find: Callable[[Plot], Selection]) -> None:
        if (plot := self.plot(cell)) is not None:
            gesture = self.drafting.gesture
            found = partial(self._selected, gesture, how)
            self.state.inbox.deliver(POOL.now(find, plot), found, partial(self.drafting.end, gesture))

    def _selected(self, gesture: int, how: How, new: Selection) -> None:
        self.state.select(new, how)
        self.drafting.end(gesture)

    def plot(self, cell: tuple[int, int]) -> Plot | None:
        """The cell (i, j) of the active layer, ready to be asked what lies in it; None before one is shown."""
        matrix, layer = self.view.matrix, self.state.layer
        if matrix is None or layer is None or not (matrix.is_diagonal(*cell) or matrix.shows_points(*cell)):
            return None
        drawn = ~np.isin(self.state.cache.label, list(self.state.hidden))
        return Plot(layer, self.view.columns, matrix, *cell, drawn)
