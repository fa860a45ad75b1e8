"""Many points in few strokes: the runs of neighbouring squares that hold any."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.jit import kernel


def spans(parts: Iterable[NDArray[np.float64]], width: float, height: float, side: float) -> NDArray[np.float64]:
    """Segments (n, 4), x0, y0, x1, y1, through the middles of all squares of `side` pixels in which a point lies.

    parts are (m, 2): x, y. Points outside of (width, height), and those that are not finite, are nowhere.
    """
    held = np.zeros(
        (int(np.ceil(height / side)), int(np.ceil(width / side)) + 2), np.bool_
    )  # none in the outer columns
    for points in parts:
        _hold(points, side, held[:, 1:-1])
    edges = np.diff(held.view(np.int8), axis=1)
    (row, first), (_, last) = np.nonzero(edges == 1), np.nonzero(edges == -1)
    y = row + 0.5
    return side * np.stack([first + 0.5, y, last - 0.5, y], axis=1)


@kernel
def _hold(points, side, held):  # type: ignore[no-untyped-def]
    height, width = held.shape
    for n in range(points.shape[0]):
        x, y = points[n, 0] / side, points[n, 1] / side
        if 0 <= x < width and 0 <= y < height:  # which NaN is not
            held[int(y), int(x)] = True
