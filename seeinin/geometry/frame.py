"""What is known of every pixel of a picture of cells."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry import spare
from seeinin.geometry.box import Box
from seeinin.geometry.jit import kernel

SELECTED = 1 << 62  # added to the id of a selected point: the larger key lies on top
FULL = 1 << 24  # points of one pixel whose colours are summed; its colour is known by then, and uint32 holds the sum
SQUARE = 16  # pixels a side that are mirrored at once: their lines stay in the L1 cache


class Tile(NamedTuple):
    """What is known of every pixel of one cell of (h, w) pixels: views into the frame.

    sums   uint32 (2, h, w, 4): unselected and selected points: count, and the sums of their linear-light r, g, b
    share  uint32 (h, w): sum of the selection strengths 1..255 of the selected points
    keys   int64 (h, w): the topmost point, -1 where there is none; SELECTED is added to a selected one
    """

    sums: NDArray[np.uint32]
    share: NDArray[np.uint32]
    keys: NDArray[np.int64]


class Frame:
    """The counts of the cells of a frame of (height, width) pixels.

    The pixels of a cell lie together, whatever the width of the frame: points fall anywhere in a cell, and so they stay
    within the L2 cache. A cell gets its place when it is first counted; cells must not share pixels. Before it has been
    cleared it holds anything.
    """

    def __init__(self, height: int, width: int, room: int | None = None) -> None:
        """`room`: pixels of all cells together; as many as the frame has, unless told."""
        self.height, self.width = height, width
        room = height * width if room is None else room
        self.sums, self.share = spare.empty(8 * room, np.uint32), spare.empty(room, np.uint32)
        self.keys = spare.full(room, -1, np.int64)
        self._places: dict[Box, int] = {}
        self._used = 0

    def forget(self) -> None:
        """Give up all cells; their counts stay until they are cleared."""
        self._places.clear()
        self._used = 0

    def place(self, rect: Box) -> int:
        """Index of the first pixel of a cell in `share` and `keys`, and an eighth of that in `sums`."""
        if rect not in self._places:
            y0, y1, x0, x1 = rect
            self._places[rect] = self._used
            self._used += (y1 - y0) * (x1 - x0)
        return self._places[rect]

    def tile(self, rect: Box) -> Tile:
        """The counts of one cell."""
        y0, y1, x0, x1 = rect
        start, shape = self.place(rect), (y1 - y0, x1 - x0)
        stop = start + shape[0] * shape[1]
        sums = self.sums[8 * start : 8 * stop].reshape(2, *shape, 4)
        return Tile(sums, self.share[start:stop].reshape(shape), self.keys[start:stop].reshape(shape))

    @property
    def ids(self) -> NDArray[np.int64]:
        """A new picture of the keys of all cells, (H, W)."""
        ids = spare.full((self.height, self.width), -1, np.int64)
        self.copy_keys(ids)
        return ids

    def copy_keys(self, ids: NDArray[np.int64]) -> None:
        """The keys of all cells, where they lie in the frame, into `ids` (H, W)."""
        places = [(*rect, place) for rect, place in self._places.items()]
        _copy_keys(self.keys, np.array(places, np.int64).reshape(-1, 5), ids)


def mirror(picture: NDArray[Any], copies: Sequence[tuple[Box, Box]]) -> None:
    """Fill square cells of a picture (H, W) with others of the same size whose axes are theirs, swapped.

    copies (n) are pairs of source and target. x runs rightwards and y upwards, so a cell is mirrored at its diagonal
    from bottom left to top right. `picture`: pixels of 32 bits, whose marks are their own mirror images, or keys.
    """
    _mirror(picture, np.array(copies, np.int64).reshape(-1, 8))


@kernel
def _copy_keys(keys, cells, ids):  # type: ignore[no-untyped-def]
    for c in range(cells.shape[0]):
        at, x0, x1 = cells[c, 4], cells[c, 2], cells[c, 3]
        for y in range(cells[c, 0], cells[c, 1]):
            ids[y, x0:x1] = keys[at : at + x1 - x0]
            at += x1 - x0


@kernel
def _mirror(picture, copies):  # type: ignore[no-untyped-def]
    for n in range(copies.shape[0]):
        source = picture[copies[n, 0] : copies[n, 1], copies[n, 2] : copies[n, 3]]
        target = picture[copies[n, 4] : copies[n, 5], copies[n, 6] : copies[n, 7]]
        side = source.shape[0]
        for top in range(0, side, SQUARE):
            for left in range(0, side, SQUARE):
                for y in range(top, min(top + SQUARE, side)):
                    for x in range(left, min(left + SQUARE, side)):
                        target[y, x] = source[side - 1 - x, side - 1 - y]
