"""What is drawn over the points: the image under the cursor, the picked one, the lasso on its way."""

from collections.abc import Iterable, Sequence

import numpy as np

from seeinin.geometry.jitter import Jitter
from seeinin.geometry.matrix import DOTS, INSET, Matrix
from seeinin.state.columns import Columns
from seeinin.state.named import Place
from seeinin.state.selection import How
from seeinin.state.state import ViewerState
from seeinin.store.reader import Layer
from seeinin.views.theme import Theme, rgba
from seeinin.visuals.labels import Label
from seeinin.visuals.shapes import capsules, discs, polygon, polyline, rings

MOST = 20_000  # dots in all: beyond, those that touch are drawn as one
SIGNS: dict[How, str] = {"add": "+", "subtract": "\N{MINUS SIGN}", "intersect": "∩"}
RING, DOT = 5.5, 1.6  # px
FINE, SQUARE = 1.0, 2.0  # px: many dots are finer, and one in each square
MARKED = 16.0  # px a cell needs for a ring


def mark_strokes(state: ViewerState, matrix: Matrix, columns: Columns, theme: Theme) -> list[np.ndarray]:
    """Rings at the hovered and the picked point in every visible cell, dots at the other points of their images."""
    strokes: list[np.ndarray] = []
    if matrix.cell < MARKED:
        return strokes
    for place, colour, width in ((state.pick, theme.accent, 2.0), (state.hover, theme.text, 1.5)):
        if place is not None and state.layer is not None:
            strokes += _marked(state, place, matrix, columns, rgba(colour), rgba(theme.background, 0.8), width)
    return strokes


def lasso_strokes(points: np.ndarray, how: How, theme: Theme) -> list[np.ndarray]:
    """The lasso (V, 2) as drawn so far: a light fill inside a line, and the line that would close it."""
    if len(points) < 2:
        return []
    colour = theme.muted if how == "subtract" else theme.accent
    closing = polyline(points[[-1, 0]], rgba(colour, 0.7), 1.0, dash=(4.0, 4.0))
    return [polygon(points, rgba(colour, 0.12)), polyline(points, rgba(colour), 1.5), closing]


def brush_strokes(points: np.ndarray, radius: float, how: How, theme: Theme) -> list[np.ndarray]:
    """Where the brush has been, (V, 2), and the brush."""
    if not len(points):
        return []
    colour = theme.muted if how == "subtract" else theme.accent
    return [polyline(points, rgba(colour, 0.25), 2 * radius), rings(points[-1:], rgba(colour), radius, 1.5)]


def sign_labels(points: np.ndarray, how: How, theme: Theme) -> list[Label]:
    """Beside the end of a line (V, 2): whether it adds, subtracts or intersects."""
    if how == "replace" or not len(points):
        return []
    x, y = points[-1]
    return [Label(SIGNS[how], x + 12, y - 12, rgba(theme.text), "left", "centre", 15.0, bold=True)]


def _marked(
    state: ViewerState,
    place: Place,
    matrix: Matrix,
    columns: Columns,
    colour: tuple[float, ...],
    halo: tuple[float, ...],
    width: float,
) -> list[np.ndarray]:
    layer = state.layer
    assert layer is not None
    image, positions = state.image_of(place), layer.positions
    here = place.point % positions if place.layer == layer.number else 0 if positions == 1 else None
    centres = [c for c in _centres(matrix, layer, columns, image) if len(c)]
    if not centres:
        return []
    strokes = []
    if positions > 1:
        strokes += _as_dots(centres, matrix, colour[:3], halo)
    if here is not None:
        points = np.array([c[here] for c in centres])
        points = points[np.isfinite(points).all(axis=1)]
        strokes += [rings(points, halo, RING, width + 2), rings(points, colour, RING, width)]
    return strokes


def _as_dots(
    centres: Sequence[np.ndarray], matrix: Matrix, colour: tuple[float, ...], halo: tuple[float, ...]
) -> list[np.ndarray]:
    """A dot at each of the centres, within a pixel where there are many."""
    if sum(map(len, centres)) <= MOST:
        points = np.concatenate(centres)
        return [discs(points, halo, DOT + 1), discs(points, (*colour, 0.9), DOT)]
    from seeinin.geometry.spans import spans  # numba: not before it is needed

    x, y, width, height = matrix.viewport
    return [capsules(spans(centres, x + width, y + height, SQUARE), (*colour, 0.5), FINE)]


def _centres(matrix: Matrix, layer: Layer, columns: Columns, image: int) -> Iterable[np.ndarray]:
    """Pixels (H·W, 2) of the image's points in each visible cell whose columns are in memory: on the diagonal they
    stand below the curves."""
    points = slice(image * layer.positions, (image + 1) * layer.positions)
    values = {}
    for channel in matrix.visible_channels():
        column = columns.held_column(layer, channel, matrix.warp(channel))
        if column is not None:
            values[channel] = np.clip(column[points].astype(np.float64), *matrix.ranges[channel])
    if matrix.is_dotted and matrix.columns[0] in values:
        yield _dots(matrix, values[matrix.columns[0]], Jitter(layer.points)[points])
    for i, j in matrix.visible_cells():
        x, y = values.get(matrix.columns[j]), values.get(matrix.rows[i])
        if x is None or y is None:
            continue
        across, down, box = matrix.x_axis(j), matrix.y_axis(i), matrix.cell_rect(i, j)
        left = x * across.scale + across.offset
        if matrix.shows_points(i, j):
            yield np.stack([left, y * down.scale + down.offset], axis=1)
        elif matrix.is_diagonal(i, j) and not matrix.is_dotted:
            yield np.stack([left, np.full_like(left, box.y + box.height - RING - 1)], axis=1)


def _dots(matrix: Matrix, values: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Pixels (n, 2) of the dots of a dot plot."""
    across, box = matrix.x_axis(0), matrix.cell_rect(0, 0)
    high = DOTS * box.height
    bottom = box.y + box.height - INSET * high
    return np.stack([values * across.scale + across.offset, bottom - heights * (1 - 2 * INSET) * high], axis=1)
