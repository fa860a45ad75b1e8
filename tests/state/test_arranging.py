"""Orders asked for as the channel bar does, against the answers of numpy."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from seeinin.errors import DataError, SeeInInError
from seeinin.state.arranging import Arranging
from seeinin.state.selection import chosen


@pytest.fixture
def arranging(state):
    number = state.cache.layer("conv").number
    state.show_layer(number)
    assert state.inbox.run_until(lambda: state.view is not None and state.view.layer == number, 10)
    return Arranging(state)


def ordered(arranging, order):
    arranging.order_by(order)
    assert arranging.state.inbox.run_until(lambda: arranging.arrangement.order == order, 20)
    arranging.state.inbox.run_until(lambda: not arranging.state.busy, 5)
    return arranging.state.view.rows


def test_the_order_by_variance_is_numpy_s(arranging):
    conv = arranging.state.cache.layer("conv")
    spread = [np.delete(conv.column(c).astype(np.float64).reshape(300, -1), 17, 0).var() for c in range(6)]
    assert ordered(arranging, "variance") == tuple(np.argsort(spread)[::-1])
    assert arranging.state.view.columns == arranging.state.view.rows
    assert ordered(arranging, "network") == tuple(range(6))


def test_what_is_typed_is_taken_from_the_order_and_pins_come_first(arranging):
    best = ordered(arranging, "variance")
    arranging.write("top 2")
    assert arranging.state.view.rows == best[:2]
    arranging.pin(3)
    assert arranging.state.view.rows[0] == 3
    assert set(arranging.state.view.rows) == {3, *best[:2]}
    arranging.pin(3)
    assert arranging.state.view.rows == best[:2]
    with pytest.raises(SeeInInError, match="77"):
        arranging.write("77")
    assert arranging.state.view.rows == best[:2]
    arranging.state.back()
    assert arranging.state.view.rows[0] == 3


def test_the_next_best_cell_fills_the_view(arranging):
    state = arranging.state
    layer = state.layer
    x, y = (layer.column(c).astype(np.float64) for c in (4, 2))
    state.select(chosen(layer.number, (x > 1) & (y < 0)))
    arranging.next_cell()
    assert state.inbox.run_until(lambda: state.view.camera.span == 1.0, 20)
    view = state.view
    cell = view.rows[int(view.camera.y)], view.columns[int(view.camera.x)]
    assert set(cell) == {4, 2}
    arranging.next_cell()
    assert state.view.camera != view.camera


def test_a_selection_is_told_from_what_it_is_compared_with(arranging):
    state = arranging.state
    layer, cache = state.layer, state.cache
    state.select_class(2)
    state.compare_with_class(1)
    order = ordered(arranging, "separates")
    label = np.repeat(np.where(cache.valid, cache.label, -1), layer.positions)
    part = label >= 1
    told = [
        max(average_precision_score(label[part] == 2, sign * layer.column(c)[part]) for sign in (1, -1)) for c in order
    ]
    assert told == sorted(told, reverse=True)
    np.testing.assert_allclose(state.view.arrangement.ranking.score[list(order)], told)


def test_orders_that_need_a_selection_say_so(arranging):
    for ask in (lambda: arranging.order_by("tells"), lambda: arranging.order_by("separates"), arranging.next_cell):
        with pytest.raises(DataError, match="select something"):
            ask()
    assert arranging.state.busy == ""


def test_a_layer_of_many_channels_opens_with_the_first_of_its_order(state):
    state.show_layer(state.cache.layer("wide").number)
    assert state.inbox.run_until(lambda: state.view is not None, 10)
    assert state.view.rows == tuple(range(16))
    assert Arranging(state).arrangement.text == "top 16"


def opened(state, name):
    number = state.cache.layer(name).number
    state.show_layer(number)
    assert state.inbox.run_until(lambda: state.view.layer == number and not state.view.arrangement.is_pending, 20)
    return state.view


def test_a_layer_that_is_opened_gets_the_order_of_the_one_before(arranging):
    state = arranging.state
    ordered(arranging, "variance")
    before = state.view
    there = opened(state, "relu")
    assert there.arrangement.order == "variance"
    spread = state.cache.layer("relu").std
    assert there.rows == tuple(np.argsort(spread)[::-1])
    state.back()
    assert state.view == before  # and not to where the layer waited for its order
    ordered(arranging, "network")
    assert opened(state, "relu") == there  # as it was left


def test_an_order_that_needs_a_selection_goes_with_it(arranging):
    state = arranging.state
    state.select_class(1)
    ordered(arranging, "separates")
    state.clear()
    assert opened(state, "relu").arrangement.order == "network"
