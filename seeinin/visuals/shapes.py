"""Lines, rectangles, rings, discs and filled polygons as arrays of strokes, ready for `Strokes`.

A stroke is all points that lie within half a width of a segment (or of the circle of `radius` around it), with butt or
round ends. That one idea draws everything here: a filled rectangle is a wide stroke, a disc a stroke of no length.
Coordinates are canvas pixels, where pixel i covers i to i + 1: a line of width 1 is crisp at i + 0.5.
Colours are RGBA, 0 to 1: one (4,), or one a shape (n, 4).
"""

import numpy as np
from numpy.typing import ArrayLike

STROKE = np.dtype(
    [
        ("a_segment", np.float32, 4),  # x0, y0, x1, y1
        ("a_shape", np.float32, 3),  # width, radius, 1 for round ends
        ("a_dash", np.float32, 3),  # drawn, left out, where in the pattern the segment begins
        ("a_colour", np.float32, 4),
    ]
)
SOLID = (0.0, 0.0)


def lines(
    segments: ArrayLike, colour: ArrayLike, width: ArrayLike = 1.0, *, dash: tuple[float, float] = SOLID
) -> np.ndarray:
    """Separate lines with butt ends, from segments (n, 4): x0, y0, x1, y1."""
    return _strokes(segments, colour, width, dash=(*dash, 0.0))


def polyline(
    points: ArrayLike,
    colour: ArrayLike,
    width: float = 1.0,
    *,
    closed: bool = False,
    dash: tuple[float, float] = SOLID,
) -> np.ndarray:
    """A line through points (n, 2) with round joints; points that are not finite break it."""
    points = np.asarray(points, np.float64).reshape(-1, 2)
    points = np.concatenate([points, points[:1]]) if closed else points
    segments = np.hstack([points[:-1], points[1:]])
    segments = segments[np.isfinite(segments).all(axis=1)]
    lengths = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])
    pattern = np.zeros((len(segments), 3))
    pattern[:] = *dash, 0.0
    pattern[:, 2] = np.cumsum(lengths) - lengths
    return _strokes(segments, colour, width, ends=1.0, dash=pattern)


def rectangles(
    rects: ArrayLike, colour: ArrayLike, width: float = 1.0, *, dash: tuple[float, float] = SOLID
) -> np.ndarray:
    """The outlines, inside of the rectangles (n, 4): x, y, width, height; crisp where those are whole numbers."""
    x, y, w, h = np.asarray(rects, np.float64).reshape(-1, 4).T
    half, right, bottom = width / 2, x + w, y + h
    top_edge, bottom_edge = (x, y + half, right, y + half), (right, bottom - half, x, bottom - half)
    right_edge = (right - half, y + width, right - half, bottom - width)
    left_edge = (x + half, bottom - width, x + half, y + width)
    segments = np.array([top_edge, right_edge, bottom_edge, left_edge])  # (4, 4, n)
    colours = np.tile(np.broadcast_to(np.asarray(colour, np.float32), (len(x), 4)), (4, 1))
    return lines(segments.transpose(0, 2, 1).reshape(-1, 4), colours, width, dash=dash)


def boxes(rects: ArrayLike, colour: ArrayLike) -> np.ndarray:
    """Filled rectangles (n, 4): x, y, width, height."""
    x, y, w, h = np.asarray(rects, np.float64).reshape(-1, 4).T
    return lines(np.stack([x, y + h / 2, x + w, y + h / 2], axis=1), colour, h)


def rings(centres: ArrayLike, colour: ArrayLike, radius: ArrayLike, width: ArrayLike = 1.0) -> np.ndarray:
    """Circles of `radius` (to the middle of the line) around centres (n, 2)."""
    centres = np.asarray(centres, np.float64).reshape(-1, 2)
    return _strokes(np.hstack([centres, centres]), colour, width, radius=radius, ends=1.0)


def discs(centres: ArrayLike, colour: ArrayLike, radius: ArrayLike) -> np.ndarray:
    """Filled circles around centres (n, 2)."""
    return rings(centres, colour, 0.0, 2 * np.asarray(radius, np.float64))


def capsules(segments: ArrayLike, colour: ArrayLike, radius: float) -> np.ndarray:
    """All that is within `radius` of segments (n, 4): a disc that was moved along each."""
    return _strokes(segments, colour, 2 * radius, ends=1.0)


def polygon(points: ArrayLike, colour: ArrayLike, step: float = 1.0) -> np.ndarray:
    """Fill the polygon with vertices (n, 2) by the even-odd rule, in rows `step` high, exact in each row's middle."""
    begin = np.asarray(points, np.float64).reshape(-1, 2)
    end = np.roll(begin, -1, axis=0)
    low, high = np.sort(np.ceil([begin[:, 1] / step - 0.5, end[:, 1] / step - 0.5]).astype(int), axis=0)
    edge = np.repeat(np.arange(len(begin)), high - low)  # once for each row whose middle it crosses
    row = low[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(high - low) - (high - low), high - low)
    middle = (row + 0.5) * step
    (x, y), (right, down) = begin[edge].T, (end - begin)[edge].T
    crossing = x + (middle - y) / down * right
    order = np.lexsort([crossing, row])  # an even number in each row
    start, stop = crossing[order].reshape(-1, 2).T
    middle = middle[order][::2]
    return lines(np.stack([start, middle, stop, middle], axis=1), colour, step)


def _strokes(
    segments: ArrayLike,
    colour: ArrayLike,
    width: ArrayLike,
    *,
    radius: ArrayLike = 0.0,
    ends: float = 0.0,
    dash: ArrayLike = (0.0, 0.0, 0.0),
) -> np.ndarray:
    segments = np.asarray(segments, np.float64).reshape(-1, 4)
    strokes = np.zeros(len(segments), STROKE)
    strokes["a_segment"] = segments
    strokes["a_shape"][:, 0], strokes["a_shape"][:, 1], strokes["a_shape"][:, 2] = width, radius, ends
    strokes["a_dash"] = dash
    strokes["a_colour"] = colour
    return strokes
