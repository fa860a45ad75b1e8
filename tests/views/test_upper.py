"""Above the diagonal: the mirror image, density, or correlations; below it everything stays as it is."""

import numpy as np
import pytest

from seeinin.views.matrix import MatrixView


@pytest.fixture
def view(state, new_canvas):
    view = MatrixView(state, new_canvas(500, 500))
    number = state.cache.layer("three").number
    state.show_layer(number)
    assert state.inbox.run_until(lambda: state.view is not None and view.settled())
    return view


def parts(view):
    """The rectangles of the plots below and above the diagonal, in pixels of the picture."""
    from seeinin.views.layout import Layout

    layout = Layout(view.shot.request.matrix, view.shot.request.shape)
    cells = [(i, j) for (i, j), _ in layout.cells(diagonal=False)]
    below = {cell: layout.rect(*cell) for cell in cells if cell[0] > cell[1]}
    return below, {cell: layout.rect(*cell) for cell in cells if cell[0] < cell[1]}


def cut(picture, rect):
    y0, y1, x0, x1 = rect
    return picture[y0:y1, x0:x1]


def test_density_above_and_points_below(view, state):
    before = view.shot.rgba
    assert view.shot.request.style == "points"
    state.style = "density"
    assert state.inbox.run_until(view.settled)
    dense = view.shot.rgba
    state.style, state.upper = "points", "density"
    assert state.inbox.run_until(view.settled)
    below, above = parts(view)
    assert len(below) == len(above) == 3
    for rect in below.values():
        np.testing.assert_array_equal(cut(view.shot.rgba, rect), cut(before, rect))
    for rect in above.values():
        np.testing.assert_array_equal(cut(view.shot.rgba, rect), cut(dense, rect))
        assert (cut(view.shot.ids, rect) >= 0).any()  # they can be hovered


def test_correlations_are_numpys_and_have_no_points(view, state, mouse):
    state.upper = "correlation"
    assert state.inbox.run_until(view.settled)
    layer = state.cache.layer("three")
    _, above = parts(view)
    r = abs(np.corrcoef([layer.column(c).astype(np.float64) for c in range(3)]))
    seen = []
    for (i, j), rect in above.items():
        assert view.shot.values[i, j] == pytest.approx(r[i, j], abs=1e-3)
        tile = cut(view.shot.rgba, rect)
        assert (tile == tile[0, 0]).all()
        assert (cut(view.shot.ids, rect) == -1).all()
        seen.append(tuple(tile[0, 0]))
    assert len(set(seen)) == len({round(r[i, j], 2) for i, j in above})
    assert state.drawn.above == state.cache.images
    assert {f"{r[i, j]:.2f}" for i, j in above} <= {label.text for label in view.labels._labels}
    state.tool = "lasso"
    box = view.matrix.cell_rect(0, 2)
    mouse(view.canvas).drag([(box.x + 10, box.y + 10), (box.x + 90, box.y + 10), (box.x + 50, box.y + 90)])
    assert state.selection is None
    before = view.shot.rgba
    state.upper = "same"
    assert state.inbox.run_until(view.settled)
    below, _ = parts(view)
    for rect in below.values():
        np.testing.assert_array_equal(cut(view.shot.rgba, rect), cut(before, rect))


def test_rows_other_than_columns_have_no_triangle(view, state):
    state.open_cell(0, 1)
    assert not any(view.matrix.is_upper(i, j) for i in range(3) for j in range(3))
    state.upper = "correlation"
    assert view.matrix.is_upper(0, 1)
    assert not view.matrix.is_upper(1, 0)
    assert view.matrix.shows_points(1, 0)
    assert not view.matrix.shows_points(0, 1)
