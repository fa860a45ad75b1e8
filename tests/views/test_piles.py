"""Points drawn on one pixel: how many there are, and clicking through them."""

import numpy as np
import pytest

from seeinin.geometry.matrix import Camera
from seeinin.state.named import Pile
from seeinin.state.selection import chosen
from seeinin.views.matrix import MatrixView


@pytest.fixture
def view(state, new_canvas):
    return MatrixView(state, new_canvas(700, 640))


@pytest.fixture
def corner(view, state):
    """The middle of the pixel where both channels of a rectified layer are zero, and the points there."""
    number = state.cache.layer("relu").number
    state.show_layer(number)
    assert state.inbox.run_until(lambda: state.view is not None and state.view.layer == number)
    state.jump(Camera(2.5, 1.5, 1.0))
    assert state.inbox.run_until(view.settled)
    layer, matrix = state.cache.layers[number], view.matrix
    x, y = matrix.x_axis(2), matrix.y_axis(1)
    zero = (layer.column(2) == 0) & (layer.column(1) == 0)
    return (x.offset, y.offset), np.flatnonzero(zero)


def test_a_pile_says_how_many_and_clicks_step_through_it(view, state, mouse, corner):
    at, expected = corner
    hand = mouse(view.canvas)
    hand.move(*at)
    assert state.inbox.run_until(lambda: state.pile is not None)
    piled = view.hits.piles.stack.points
    assert set(expected) <= set(piled.tolist())
    assert state.pile == Pile(len(piled))
    seen = []
    for number in range(5):
        hand.click(*at)
        seen.append(state.pick.point)
        assert state.pile == Pile(len(piled), number + 1)
    assert seen == piled[:5].tolist() == sorted(piled.tolist(), reverse=True)[:5]  # the topmost first
    assert state.hover.point == seen[0]
    hand.move(at[0] + 200, at[1] - 200)
    assert state.pile is None


def test_a_click_does_not_wait_for_the_pile(view, state, mouse, corner):
    at, _ = corner
    hand = mouse(view.canvas)
    hand.click(*at)
    first = state.pick
    assert first is not None
    hand.click(*at)
    hand.click(*at)
    assert state.inbox.run_until(lambda: state.pile is not None and state.pile.which == 3)
    assert state.pick.point == view.hits.piles.stack.points[2]


def test_selected_points_are_on_top_and_hidden_ones_are_not_there(view, state, mouse, corner):
    at, expected = corner
    layer = state.cache.layer("relu")
    few = expected[:40:13]
    state.hidden = frozenset({int(state.cache.label[expected[-1] // layer.positions])})
    label = state.cache.label[expected // layer.positions]
    shown = ~np.isin(state.cache.label[few // layer.positions], list(state.hidden))
    state.select(chosen(layer.number, np.isin(np.arange(layer.points), few)))
    assert state.inbox.run_until(view.settled)
    mouse(view.canvas).move(*at)
    assert state.inbox.run_until(lambda: state.pile is not None)
    piled = view.hits.piles.stack.points
    assert piled[: shown.sum()].tolist() == few[shown][::-1].tolist()
    assert set(expected[~np.isin(label, list(state.hidden))]) <= set(piled.tolist())
    assert not np.isin(state.cache.label[piled // layer.positions], list(state.hidden)).any()
