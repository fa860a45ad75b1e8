"""Frames, ticks and channel names around the visible cells."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.axis import Axis
from seeinin.geometry.matrix import Matrix
from seeinin.geometry.warp import Warp
from seeinin.views.theme import Theme, rgba
from seeinin.visuals.glyphs import text_width
from seeinin.visuals.labels import Label
from seeinin.visuals.shapes import lines
from seeinin.wording import about

NAMED = 22.0  # px a cell needs for the number of its channel
TICKED = 64.0  # and for ticks
WRITTEN_OUT = 84.0  # and for a name along the axis
TICK_DISTANCE = 46.0  # px between ticks
SIZE = 11.0
GAP = 10.0  # px between the names of two channels
BRIGHT = 0.55  # a correlation on whose colour the ground can be read better than the text


def grid_strokes(matrix: Matrix, theme: Theme) -> np.ndarray:
    """The lines between the visible cells; none where cells are too small to need them."""
    rows, columns = matrix.visible_rows(), matrix.visible_columns()
    if not len(rows) or not len(columns) or matrix.cell < 8:
        return lines(np.empty((0, 4)), rgba(theme.line))
    left, top, right, bottom = extent(matrix)
    x = np.array([snapped(matrix.cell_rect(0, j).x) for j in range(columns.start, columns.stop + 1)])
    y = np.array([snapped(matrix.cell_rect(i, 0).y) for i in range(rows.start, rows.stop + 1)])
    x, y = x[(x >= left - 1) & (x <= right + 1)], y[(y >= top - 1) & (y <= bottom + 1)]
    upright = np.stack([x, np.full_like(x, top), x, np.full_like(x, bottom)], axis=1)
    level = np.stack([np.full_like(y, left), y, np.full_like(y, right), y], axis=1)
    return lines(np.concatenate([upright, level]), rgba(theme.line))


def axis_labels(matrix: Matrix, theme: Theme, score: NDArray[np.float64] | None = None) -> list[Label]:
    """Names and ticks of the visible channels, below and left of the plots, with their scores (D) in an order."""
    if matrix.cell < NAMED:
        return []
    beside = [] if matrix.is_dotted else _beside(matrix, theme, score)  # what is up says nothing in a dot plot
    return [*_below(matrix, theme, score), *beside]


def value_labels(matrix: Matrix, values: Mapping[tuple[int, int], float], theme: Theme) -> Iterator[Label]:
    """|r| of the cells (i, j) that show it, in their middle."""
    if matrix.cell < NAMED or matrix.upper != "correlation":
        return
    seen = set(matrix.visible_cells())
    for (i, j), value in values.items():
        box = matrix.cell_rect(i, j)
        x, y = box.x + box.width / 2, box.y + box.height / 2
        if (i, j) in seen and matrix.viewport.contains(x, y):
            colour = theme.background if value > BRIGHT else theme.text
            size = min(max(matrix.cell / 8, 8.0), 18.0)
            yield Label(f"{value:.2f}", x, y, rgba(colour), "centre", "centre", size)


def extent(matrix: Matrix) -> tuple[float, float, float, float]:
    """Left, top, right and bottom pixel of the part of the viewport that holds cells."""
    x, y, width, height = matrix.viewport
    left, top = matrix.origin
    right, bottom = left + len(matrix.columns) * matrix.cell, top + len(matrix.rows) * matrix.cell
    return max(x, left), max(y, top), min(x + width, right), min(y + height, bottom)


def snapped(pixel: float) -> float:
    """The middle of the nearest pixel, where a line of one pixel is crisp."""
    return float(np.floor(pixel)) + 0.5


def _below(matrix: Matrix, theme: Theme, score: NDArray[np.float64] | None) -> Iterator[Label]:
    left, _, right, bottom = extent(matrix)
    for j in matrix.visible_columns():
        start = max(matrix.cell_rect(0, j).x, left)
        end = min(matrix.cell_rect(0, j).x + matrix.cell, right)
        name = _name(matrix, matrix.columns[j], end - start, score)
        down = bottom + (22 if matrix.cell >= TICKED else 6)
        yield Label(name, (start + end) / 2, down, rgba(theme.text), "centre", "top", SIZE)
        axis = matrix.x_axis(j)
        warp = matrix.warp(matrix.columns[j])
        for place, text in _ticks(axis, warp, axis.value(start), axis.value(end), matrix.cell, end - start):
            if start + 8 <= place <= end - 8:
                yield Label(text, place, bottom + 5, rgba(theme.muted), "centre", "top", SIZE)


def _beside(matrix: Matrix, theme: Theme, score: NDArray[np.float64] | None) -> Iterator[Label]:
    left, top, _, bottom = extent(matrix)
    for i in matrix.visible_rows():
        start = max(matrix.cell_rect(i, 0).y, top)
        end = min(matrix.cell_rect(i, 0).y + matrix.cell, bottom)
        name = _name(matrix, matrix.rows[i], end - start, score)
        written = matrix.cell >= WRITTEN_OUT
        aside = left - (44 if matrix.cell >= TICKED else 8)
        middle = (start + end) / 2
        if written:
            yield Label(name, aside, middle, rgba(theme.text), "centre", "centre", SIZE, upright=True)
        else:
            yield Label(name, aside, middle, rgba(theme.text), "right", "centre", SIZE)
        axis = matrix.y_axis(i)
        warp = matrix.warp(matrix.rows[i])
        for place, text in _ticks(axis, warp, axis.value(end), axis.value(start), matrix.cell, end - start):
            if start + 6 <= place <= end - 6:
                yield Label(text, left - 6, place, rgba(theme.muted), "right", "centre", SIZE)


def _name(matrix: Matrix, channel: int, seen: float, score: NDArray[np.float64] | None) -> str:
    """The longest way to say it that has room."""
    if seen < NAMED / 2:
        return ""
    if min(matrix.cell, seen + 16) < WRITTEN_OUT:
        return str(channel)
    kind, notes = matrix.warp(channel).kind, []
    if score is not None and channel < len(score) and np.isfinite(score[channel]):
        notes.append(about(score[channel]))
    notes += [kind] if kind != "linear" else []
    ways = [f"channel {channel}", *notes], [str(channel), *notes], [f"channel {channel}"]
    room = min(matrix.cell, seen + 16) - GAP
    return next((way for way in map(" · ".join, ways) if text_width(way, SIZE) <= room), str(channel))


def _ticks(axis: Axis, warp: Warp, low: float, high: float, cell: float, seen: float) -> Iterator[tuple[float, str]]:
    if cell >= TICKED:
        most = max(2, int(seen / TICK_DISTANCE))
        yield from ((at * axis.scale + axis.offset, text) for at, text in warp.ticks(low, high, most))
