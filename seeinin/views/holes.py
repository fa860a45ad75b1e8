"""What is damaged in the file, marked where it is missing: hatched, and named where there is room."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.matrix import Matrix, Rect
from seeinin.state.columns import Columns
from seeinin.store.reader import Layer
from seeinin.views.theme import Theme, rgba
from seeinin.visuals.labels import Label
from seeinin.visuals.shapes import lines

SPACING = 9.0  # px between the lines of a hatching
SMALLEST = 12.0  # px of a cell that is hatched
NAMED = 120.0  # px of a cell that has room for words
LEAST, TALL = 5.0, 18.0  # px that are hatched, however little is missing: enough to be seen, and for words
SIZE = 10.5  # px of text


def hole_marks(matrix: Matrix, layer: Layer, columns: Columns, theme: Theme) -> tuple[NDArray[np.void], list[Label]]:
    """Hatchings over the visible cells of which points are missing, from the top as far down as their share, and how
    many these are."""
    strokes, labels = [lines(np.empty((0, 4)), rgba(theme.damage))], []
    if matrix.cell >= SMALLEST:
        for rect, lost in _damaged(matrix, layer, columns):
            named = matrix.cell >= NAMED
            box = rect._replace(height=max(rect.height * lost / layer.points, TALL if named else LEAST))
            strokes.append(lines(hatching(box), rgba(theme.damage, 0.55)))
            if named:
                text = f"{lost:,} of {layer.points:,} points damaged" if lost < layer.points else "damaged"
                place = rect.x + rect.width / 2, box.y + min(box.height / 2, rect.height / 2)
                labels.append(Label(text, *place, rgba(theme.damage), "centre", "centre", size=SIZE, bold=True))
    return np.concatenate(strokes), labels


def _damaged(matrix: Matrix, layer: Layer, columns: Columns) -> Iterator[tuple[Rect, int]]:
    """Where the visible cells with holes are, and how many points each lacks."""
    masks = {}
    for channel in matrix.visible_channels():
        if holes := columns.holes(layer, channel).stretches:
            masks[channel] = holes
    for i, j in matrix.visible_cells() if masks else ():
        lost = _length([*masks.get(matrix.columns[j], ()), *masks.get(matrix.rows[i], ())])
        if lost:
            yield matrix.cell_rect(i, j), lost


def _length(stretches: list[tuple[int, int]]) -> int:
    """How many points lie in any of these stretches."""
    count, end = 0, 0
    for start, stop in sorted(stretches):
        count += max(stop - max(start, end), 0)
        end = max(end, stop)
    return count


def hatching(box: Rect, spacing: float = SPACING) -> NDArray[np.float64]:
    """Lines from bottom left to top right that fill a box: segments (n, 4)."""
    x, y, width, height = box
    across = np.arange(spacing / 2, width + height, spacing)  # where each would meet the top, from the left
    left, right = np.maximum(across - height, 0), np.minimum(across, width)
    segments: NDArray[np.float64] = np.stack([x + left, y + across - left, x + right, y + across - right], axis=1)
    return segments
