"""Plots on whole pixels: near to where the matrix has them, apart from each other, and each other's mirror image."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeinin.geometry.colouring import Colouring
from seeinin.geometry.counting import counting
from seeinin.geometry.frame import Frame, mirror
from seeinin.geometry.look import Look
from seeinin.geometry.matrix import Camera, Matrix, Rect
from seeinin.geometry.painting import paint
from seeinin.pool import POOL
from seeinin.views.layout import SMALLEST, Layout

WIDTH, HEIGHT = 211, 173
RANGES = {c: (-1.0 - c, 2.0 + 0.5 * c) for c in range(8)}
ANYWHERE = st.builds(Camera, st.floats(-1, 9), st.floats(-1, 9), st.floats(0.3, 60))
HALVES = st.builds(
    lambda x, y, cell: Camera(x / 4, y / 4, HEIGHT / cell), *[st.integers(0, 32)] * 2, st.integers(4, 60)
)
CAMERAS = ANYWHERE | HALVES  # edges in the middle of a pixel


def matrix_of(camera, rows=tuple(range(8)), columns=tuple(range(8))):
    return Matrix(rows, columns, RANGES, camera, Rect(0, 0, WIDTH, HEIGHT))


@given(CAMERAS)
def test_cells_share_no_pixel_and_axes_are_within_half_a_pixel(camera):
    matrix = matrix_of(camera)
    layout = Layout(matrix, (HEIGHT, WIDTH))
    taken = np.zeros((HEIGHT, WIDTH), int)
    for (i, j), (y0, y1, x0, x1) in [*layout.cells(diagonal=True), *layout.cells(diagonal=False)]:
        taken[y0:y1, x0:x1] += 1
        bound = 0.5 + max(matrix.cell - layout.side / 0.95, 0) + 1e-5  # rounding; what whole pixels cut off
        for axis, exact in ((layout.x_axis(j), matrix.x_axis(j)), (layout.y_axis(i), matrix.y_axis(i))):
            for value in (axis.low, axis.high):
                away = abs(value * axis.scale + axis.offset - value * exact.scale - exact.offset)
                assert away <= bound
        if layout.whole:
            row, column = i + 0.3, j + 0.8
            y, x = layout.pixel(i, j, row, column)
            assert abs(x - matrix.origin[0] - column * matrix.cell) <= bound
            assert abs(y - matrix.origin[1] - row * matrix.cell) <= bound
    assert taken.max() <= 1


@given(CAMERAS)
def test_the_edge_marks_of_a_plot_lie_in_its_cell(camera):
    layout = Layout(matrix_of(camera), (HEIGHT, WIDTH))
    for (i, j), (y0, y1, x0, x1) in layout.cells(diagonal=False):
        if layout.whole and (x1 - x0, y1 - y0) == (layout.side, layout.side):
            assert x0 <= layout.x_axis(j).span[0] <= layout.x_axis(j).span[1] < x1
            assert y0 <= layout.y_axis(i).span[0] <= layout.y_axis(i).span[1] < y1


@given(CAMERAS, st.permutations(range(8)))
def test_of_two_plots_of_the_same_channels_one_is_counted(camera, columns):
    matrix = matrix_of(camera, columns=tuple(columns))
    layout = Layout(matrix, (HEIGHT, WIDTH))
    counted, copies = layout.mirrored()
    rects = [layout.rect(*cell) for cell in counted] + [target for _, target in copies]
    assert sorted(rects) == sorted(rect for _, rect in layout.cells(diagonal=False))
    assert {source for source, _ in copies} <= {layout.rect(*cell) for cell in counted}
    whole = {
        (matrix.rows[i], matrix.columns[j]) for (i, j), r in layout.cells(diagonal=False) if side(r) == layout.side
    }
    twins = sum((b, a) in whole and (a, b) in whole for a, b in combinations(range(8), 2))
    assert len(copies) == (twins if matrix.cell >= SMALLEST else 0)


def side(rect):
    y0, y1, x0, x1 = rect
    return y1 - y0 if y1 - y0 == x1 - x0 else None


@pytest.mark.parametrize("span", [8.0, 5.37, 2.2])
@pytest.mark.parametrize("selecting", [False, True])
def test_a_mirror_image_is_what_counting_gives(span, selecting):
    rng = np.random.default_rng(0)
    points = 5000
    values = rng.normal(size=(8, points)).astype(np.float16)
    values[3, ::9] = np.nan
    strength = rng.integers(0, 3, points).astype(np.uint8) * 100 if selecting else None
    slot = rng.integers(0, 4, points).astype(np.uint8)
    colouring = Colouring(slot, 1, rng.integers(0, 255, (256, 3)).astype(np.uint8), np.arange(256) != 2, strength, 1)
    matrix = matrix_of(Camera(3.9, 3.9, span))
    layout = Layout(matrix, (HEIGHT, WIDTH))
    across = [(values[matrix.columns[j]], layout.x_axis(j)) for j in layout.columns]
    down = [(values[matrix.rows[i]], layout.y_axis(i)) for i in layout.rows]
    cells = [(j - layout.columns[0], i - layout.rows[0], *rect) for (i, j), rect in layout.cells(diagonal=False)]
    frame, mirrored = Frame(HEIGHT, WIDTH), Frame(HEIGHT, WIDTH)
    for _ in counting(POOL, frame, across, down, cells, colouring, 0, points):
        pass
    counted, copies = layout.mirrored()
    assert copies
    few = [cell for cell in cells if cell[2:] in {layout.rect(*c) for c in counted}]
    for _ in counting(POOL, mirrored, across, down, few, colouring, 0, points):
        pass
    for one, other in zip(pictures(mirrored, few, selecting), pictures(frame, cells, selecting), strict=True):
        mirror(one, copies)
        difference = one.view(np.uint8).astype(int) - other.view(np.uint8) if one.dtype == np.uint32 else one - other
        assert np.abs(difference).max() <= (one.dtype == np.uint32)  # a sum in another order is rounded otherwise


def pictures(frame, cells, selecting):
    """Both styles, and the keys."""
    rects, out = [cell[2:] for cell in cells], []
    for look in (Look(3.0), Look(style="density")):
        rgba = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
        paint(POOL, frame, rects, look, selecting, rgba)
        out.append(rgba.view(np.uint32)[..., 0])
    return *out, frame.ids
