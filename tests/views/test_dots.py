"""One channel alone is a dot plot: every point a dot below the curves, which can be hovered and picked."""

import numpy as np
import pytest

from seeinin.geometry.jitter import Jitter
from seeinin.geometry.matrix import DOTS
from seeinin.views.matrix import MatrixView


@pytest.fixture
def view(state, new_canvas):
    view = MatrixView(state, new_canvas(700, 640))
    number = state.cache.layer("one").number
    state.show_layer(number)
    assert state.inbox.run_until(lambda: state.view is not None and view.settled())
    return view


def test_every_point_is_a_dot(view, state):
    layer = state.cache.layer("one")
    keyed = view.shot.ids[view.shot.ids >= 0]
    assert len(np.unique(keyed)) > 0.95 * layer.points  # few lie on one pixel
    rows, columns = np.nonzero(view.shot.ids >= 0)
    box = view.matrix.cell_rect(0, 0)
    bottom = box.y + box.height - view.viewport.y
    assert rows.min() >= bottom - DOTS * box.height - 1
    assert rows.max() <= bottom
    axis = view.matrix.x_axis(0)
    value = np.clip(layer.column(0).astype(np.float64), axis.low, axis.high)
    at = value * axis.scale + axis.offset - view.viewport.x
    assert (abs(at[view.shot.ids[rows, columns]] - columns - 0.5) <= 1.5).all()


def test_a_dot_is_hovered_picked_and_ringed_where_it_is(view, state, mouse):
    point = int(view.shot.ids[view.shot.ids >= 0][40])
    (row,), (column,) = np.nonzero(view.shot.ids == point)
    x, y = view.viewport.x + column + 0.5, view.viewport.y + row + 0.5
    hand = mouse(view.canvas)
    hand.move(x, y)
    assert state.hover.point == point
    hand.click(x, y)
    assert state.pick.point == point
    from seeinin.views.marks import _centres

    (centres,) = _centres(view.matrix, state.cache.layer("one"), view.columns, point)
    assert np.allclose(centres, [[x, y]], atol=1.5)
    assert state.inbox.run_until(lambda: view.hits.piles.stack is not None)
    assert point in view.hits.piles.stack.points
    hand.move(x, view.viewport.y + 10)
    assert state.hover is None


def test_heights_are_spread_evenly():
    heights = Jitter(10_000)[100:1100]
    assert np.histogram(heights, 10, (0, 1))[0].min() > 95
    assert np.array_equal(heights[50:60], Jitter(10_000)[150:160])
