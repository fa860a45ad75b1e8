"""The point under the cursor while no picture can tell: looked for in the columns, off the window's thread."""

import math
from collections.abc import Callable

from seeinin.pool import POOL, Latest, Token
from seeinin.state.named import Place
from seeinin.state.sources import Sources
from seeinin.state.state import ViewerState
from seeinin.views.frames import Request

MOST = 20_000_000  # points of a layer that are searched; the ids of more are waited for


class Searching:
    """One search at a time, of the newest place."""

    def __init__(self, state: ViewerState) -> None:
        self.state = state
        self._latest = Latest(POOL.now)

    def search(
        self,
        request: Request,
        cell: tuple[int, int],
        place: tuple[float, float],
        reach: float,
        found: Callable[[Place | None], None],
    ) -> None:
        """`found` gets the point nearest to a `place` (row, column) of the matrix, as `request` draws it."""
        self.cancel()
        if self.state.cache.layers[request.layer].points <= MOST and not request.summarised:
            search = self._latest.request(_nearest, request, self.state.sources, cell, place, reach)
            self.state.inbox.deliver(search, found)

    def cancel(self) -> None:
        self._latest.cancel()


def _nearest(
    token: Token,
    request: Request,
    sources: Sources,
    cell: tuple[int, int],
    place: tuple[float, float],
    reach: float,
) -> Place | None:
    from seeinin.geometry.nearest import nearest  # kernels, which the window starts without
    from seeinin.views.layout import Layout
    from seeinin.views.rendering import colouring

    layer, matrix, (i, j) = sources.cache.layers[request.layer], request.matrix, cell
    layout = Layout(matrix, request.shape)
    top, bottom, left, right = rect = layout.rect(i, j)
    if top >= bottom or left >= right:
        return None  # the picture that is wanted was asked for before the cell came in sight
    across, down = (
        (sources.columns.get(layer, channel, matrix.warp(channel)), axis)
        for channel, axis in ((matrix.columns[j], layout.x_axis(j)), (matrix.rows[i], layout.y_axis(i)))
    )
    colours = colouring(request, sources, layer)
    token.check()
    y, x = (math.floor(at) for at in layout.pixel(i, j, *place))
    point = nearest(POOL, across, down, rect, colours, y, x, reach * request.ratio)
    return None if point < 0 else Place(request.layer, point)
