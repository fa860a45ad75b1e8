"""Piles: points that are drawn on one pixel, of which only the topmost is seen."""

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seeinin.pool import POOL, Latest, Token, ranges
from seeinin.state.named import Pile, Place
from seeinin.state.sources import Sources
from seeinin.state.state import ViewerState
from seeinin.views.frames import Hit, Request

if TYPE_CHECKING:
    from seeinin.geometry.axis import Axis
    from seeinin.geometry.binning import Binned

BLOCK = 1 << 20  # points looked at in a step


@dataclass(frozen=True, eq=False)
class Stack:
    """The points on a pixel of a picture, int64, the topmost first."""

    request: Request
    hit: Hit
    points: NDArray[np.int64]


class Piles:
    """Looks for the points of the pixel under the cursor, off the window's thread; `state.pile` says how many."""

    def __init__(self, state: ViewerState) -> None:
        self.state = state
        self.stack: Stack | None = None
        self._wanted: tuple[Request, Hit] | None = None
        self._clicks = 0  # on this pixel, since it was come upon
        self._latest = Latest(POOL.later)

    def hover(self, request: Request, hit: Hit | None) -> None:
        """The cursor is on a point that is drawn on a pixel of a picture, or on none."""
        wanted = None if hit is None else (request, hit)
        if self._wanted is not None and wanted is not None and _same(wanted, self._wanted):
            return
        self._wanted, self.stack, self._clicks, self.state.pile = wanted, None, 0, None
        self._latest.cancel()
        if hit is not None:
            found = self._latest.request(points_on, request, self.state.sources, hit)
            self.state.inbox.deliver(found, partial(self._arrived, request, hit))

    def click(self, request: Request, hit: Hit) -> None:
        """Pick the topmost of the points, at every further click on the pixel the next."""
        self.hover(request, hit)
        self._clicks += 1
        if self.stack is None:
            self.state.pick = Place(request.layer, hit.point)  # the others come
        else:
            self._pick()

    def _arrived(self, request: Request, hit: Hit, points: NDArray[np.int64]) -> None:
        if self._wanted is not None and _same(self._wanted, (request, hit)):
            self.stack = Stack(request, hit, points)
            self._tell()
            if self._clicks > 1:
                self._pick()

    def _pick(self) -> None:
        assert self.stack is not None
        points = self.stack.points
        if len(points):
            self.state.pick = Place(self.stack.request.layer, int(points[(self._clicks - 1) % len(points)]))
        self._tell()

    def _tell(self) -> None:
        assert self.stack is not None
        count = len(self.stack.points)
        which = (self._clicks - 1) % count + 1 if self._clicks and count else 0
        self.state.pile = Pile(count, which) if count > 1 else None


def _same(one: tuple[Request, Hit], other: tuple[Request, Hit]) -> bool:
    """Whether two hits are on one pixel of one picture, of which a selection may have changed the topmost point."""
    return one[1][:4] == other[1][:4] and one[0] == other[0]


def points_on(token: Token, request: Request, sources: Sources, hit: Hit) -> Generator[None, None, NDArray[np.int64]]:
    """The points that are drawn on a pixel of a cell: int64, selected ones first, of these the topmost."""
    from seeinin.geometry.binning import Binned  # kernels, which the window starts without
    from seeinin.geometry.jitter import Jitter
    from seeinin.views.layout import Layout
    from seeinin.views.rendering import colouring

    layer, matrix = sources.cache.layers[request.layer], request.matrix
    layout, colours = Layout(matrix, request.shape), colouring(request, sources, layer)

    def binned(channel: int, axis: "Axis", size: int) -> "Binned":
        return Binned(sources.columns.get(layer, channel, matrix.warp(channel)), axis, size)

    dots = layout.dots()
    across = binned(matrix.columns[hit.j], layout.x_axis(hit.j), request.shape[1])
    if dots is None:
        down = binned(matrix.rows[hit.i], layout.y_axis(hit.i), request.shape[0])
    else:
        down = Binned(Jitter(layer.points), dots[1], request.shape[0])
    x, y = np.empty((2, BLOCK), np.int16)
    found = []
    for start, stop in ranges(0, layer.points, BLOCK):
        there = (across.bin(start, stop, x) == hit.x) & (down.bin(start, stop, y) == hit.y)
        found.append(start + np.flatnonzero(there))
        token.check()
        yield
    points = np.concatenate(found)[::-1]
    slot, strength = colours.of(points)
    drawn = colours.visible[slot]
    return points[drawn][np.argsort(strength[drawn] == 0, kind="stable")]
