"""Real mouse events over the matrix; what they do is compared with plain numpy over the cache."""

from concurrent.futures import Future
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.path import Path as Polygon
from scipy.stats import rankdata
from vispy.util import keys

from seeinin.geometry.matrix import Camera, fit
from seeinin.pool import POOL, Token
from seeinin.state.selection import chosen
from seeinin.state.view import Arrangement
from seeinin.views.ahead import ahead
from seeinin.views.matrix import MatrixView

SIZE = (700, 640)


@pytest.fixture
def view(state, new_canvas):
    return MatrixView(state, new_canvas(*SIZE))


@pytest.fixture
def show(state, view):
    """Show a layer and wait for its exact picture."""

    def run(name):
        number = state.cache.layer(name).number
        state.show_layer(number)
        assert state.inbox.run_until(lambda: state.view is not None and state.view.layer == number and view.settled())
        return state.cache.layers[number]

    return run


@pytest.fixture
def hand(view, mouse):
    return mouse(view.canvas)


def settle(view):
    assert view.state.inbox.run_until(view.settled)


def along(layer, channel, warp):
    """The coordinates of a column along its axis, worked out with scipy and numpy."""
    value = layer.column(channel).astype(np.float64)
    if warp.kind == "log":
        value = np.sign(value) * np.log10(1 + abs(value) / warp.unit)
    elif warp.kind == "rank":
        value = (rankdata(value) - 0.5) / value.size
    return value if warp.kind == "linear" else value.astype(np.float32).astype(np.float64)


def pixels(view, layer, i, j):
    """Where the points of cell (i, j) are drawn, float64 (P, 2), from the columns alone."""
    matrix = view.matrix
    across, down = matrix.x_axis(j), matrix.y_axis(i)
    x, y = (
        np.clip(along(layer, channel, matrix.warp(channel)), *matrix.ranges[channel])
        for channel in (matrix.columns[j], matrix.rows[i])
    )
    return np.stack([x * across.scale + across.offset, y * down.scale + down.offset], axis=1)


def star(x, y, radius, points=9):
    angle = np.linspace(0, 2 * np.pi, 2 * points, endpoint=False)
    reach = radius * np.where(np.arange(2 * points) % 2, 0.5, 1.0)
    return np.stack([x + reach * np.cos(angle), y + reach * np.sin(angle)], axis=1)


@pytest.mark.parametrize("name", ["conv", "relu", "three", "out"])
def test_a_lasso_selects_the_points_that_are_drawn_inside_it(view, show, hand, state, name):
    layer = show(name)
    state.tool = "lasso"
    i, j = (0, 0) if name == "out" else (0, 1)
    box = view.matrix.cell_rect(i, j)
    lasso = star(box.x + box.width / 2, box.y + box.height / 2, 0.4 * box.width)
    hand.drag([tuple(p) for p in lasso])
    assert state.inbox.run_until(lambda: state.selection is not None)
    inside = Polygon(lasso).contains_points(pixels(view, layer, i, j))
    assert 0 < inside.sum() < inside.size
    assert state.selection == chosen(layer.number, inside)


@pytest.mark.parametrize(("x", "y"), [("log", "linear"), ("rank", "log")])
def test_a_lasso_is_exact_on_axes_of_every_kind(view, show, hand, state, x, y):
    layer = show("relu")
    state.warp(x, (1,))
    state.warp(y, (0,))
    settle(view)
    state.tool = "lasso"
    box = view.matrix.cell_rect(0, 1)
    lasso = star(box.x + box.width / 2, box.y + box.height / 2, 0.45 * box.width)
    hand.drag([tuple(p) for p in lasso])
    assert state.inbox.run_until(lambda: state.selection is not None)
    inside = Polygon(lasso).contains_points(pixels(view, layer, 0, 1))
    assert 0 < inside.sum() < inside.size
    assert state.selection == chosen(layer.number, inside)


@pytest.mark.parametrize("kind", ["log", "rank"])
def test_points_are_drawn_and_found_where_the_axes_say(view, show, hand, state, kind):
    layer = show("out")
    state.warp(kind)
    settle(view)
    at = pixels(view, layer, 0, 0)
    cells = np.floor(at).astype(int)
    ids = view.shot.ids[cells[:, 1] - int(view.viewport.y), cells[:, 0] - int(view.viewport.x)]
    assert (ids >= 0).mean() > 0.97
    assert (np.abs(cells[ids] - cells).max(axis=1)[ids >= 0] <= 1).all()
    gaps = np.linalg.norm(at[:, None] - at[None], axis=2) + 1e9 * np.eye(len(at))
    lonely = int(gaps.min(axis=1).argmax())
    hand.move(*at[lonely])
    assert state.hover.point == lonely
    warp, value = state.view.warp(state.view.columns[0]), layer.column(state.view.columns[0])[lonely]
    if kind == "log":
        assert warp.value(state.cell.x) == pytest.approx(value, abs=0.05)
    state.warp("linear")
    assert state.view.warps == {}


def test_all_values_or_those_between_the_quantiles(view, show, state):
    layer = show("three")
    usual = state.view.ranges
    state.show_whole(True)
    settle(view)
    assert state.drawn.outside == 0
    for channel, (low, high) in state.view.ranges.items():
        column = layer.column(channel).astype(np.float64)
        assert (low, high) == (column.min(), column.max())
    state.warp("log", (1,))
    low, high = state.view.ranges[1]
    assert view.matrix.warp(1).value(high) == pytest.approx(layer.column(1).astype(np.float64).max())
    state.back()
    state.show_whole(False)
    assert state.view.ranges == usual


@pytest.mark.parametrize(
    ("modifiers", "combine"),
    [
        ((), lambda old, new: new),
        ((keys.SHIFT,), np.logical_or),
        ((keys.CONTROL,), lambda old, new: old & ~new),
        ((keys.SHIFT, keys.CONTROL), np.logical_and),
    ],
)
def test_modifiers_say_how_a_rectangle_combines(view, show, hand, state, modifiers, combine):
    layer = show("three")
    old = layer.column(0).astype(np.float64) > 0.3
    state.select(chosen(layer.number, old))
    before = state.selection
    state.tool = "rectangle"
    box = view.matrix.cell_rect(1, 0)
    x0, y0 = box.x + 0.2 * box.width, box.y + 0.25 * box.height
    x1, y1 = box.x + 0.7 * box.width, box.y + 0.8 * box.height
    hand.send("mouse_press", x0, y0, button=1, modifiers=modifiers)
    hand.send("mouse_move", x1, y1, button=1)
    hand.send("mouse_release", x1, y1, button=1)
    assert state.inbox.run_until(lambda: state.selection is not before)
    at = pixels(view, layer, 1, 0)
    inside = (at[:, 0] > x0) & (at[:, 0] < x1) & (at[:, 1] > y0) & (at[:, 1] < y1)
    assert state.selection == chosen(layer.number, combine(old, inside))
    state.undo()
    assert state.selection == before


def test_the_cursor_says_how_a_line_combines(view, show, hand, state):
    show("three")
    state.tool = "lasso"
    for modifiers, sign in (
        ((), []),
        ((keys.SHIFT,), ["+"]),
        ((keys.CONTROL,), ["−"]),
        ((keys.SHIFT, keys.CONTROL), ["∩"]),
    ):
        hand.send("mouse_press", 300, 200, button=1, modifiers=modifiers)
        hand.send("mouse_move", 330, 240, button=1)
        hand.send("mouse_move", 350, 250, button=1)
        assert [label.text for label in view.sign._labels] == sign
        view.hands.cancel()
        assert view.sign._labels == []


def test_shift_drag_lassoes_in_the_pan_tool_too(view, show, hand, state):
    layer = show("out")
    box = view.matrix.cell_rect(0, 0)
    lasso = star(box.x + box.width / 2, box.y + box.height / 2, 0.4 * box.width)
    hand.send("mouse_press", *lasso[0], button=1, modifiers=(keys.SHIFT,))
    for place in lasso[1:]:
        hand.send("mouse_move", *place, button=1)
    hand.send("mouse_release", *lasso[-1], button=1)
    assert state.inbox.run_until(lambda: state.selection is not None)
    assert state.selection == chosen(layer.number, Polygon(lasso).contains_points(pixels(view, layer, 0, 0)))


def test_a_rectangle_on_the_diagonal_selects_an_interval(view, show, hand, state):
    layer = show("three")
    state.tool = "rectangle"
    box = view.matrix.cell_rect(2, 2)
    x0, x1 = box.x + 0.3 * box.width, box.x + 0.6 * box.width
    hand.drag([(x0, box.y + 30), (x1, box.y + 60)])
    assert state.inbox.run_until(lambda: state.selection is not None)
    low, high = (view.matrix.to_data(2, 2, x, 0.0)[0] for x in (x0, x1))
    value = layer.column(2).astype(np.float64)
    assert state.selection == chosen(layer.number, (value >= low) & (value <= high))


@pytest.mark.parametrize("name", ["conv", "out"])
def test_a_brush_selects_what_it_touches(view, show, hand, state, name):
    layer = show(name)
    state.tool = "brush"
    i, j = (0, 0) if name == "out" else (1, 2)
    box = view.matrix.cell_rect(i, j)
    line = [(box.x + f * box.width, box.y + g * box.height) for f, g in ((0.3, 0.3), (0.5, 0.7), (0.7, 0.4))]
    hand.drag(line)
    assert state.inbox.run_until(lambda: state.selection is not None)
    at, dense = pixels(view, layer, i, j), []
    for (ax, ay), (bx, by) in pairwise(line):
        t = np.linspace(0, 1, 4000)[:, None]
        dense.append(np.hstack([ax + t * (bx - ax), ay + t * (by - ay)]))
    path = np.concatenate(dense)
    some = np.random.default_rng(0).permutation(layer.points)[:2000]
    distance = np.sqrt(((at[some, None] - path[None, ::8]) ** 2).sum(axis=2)).min(axis=1)
    clear = np.abs(distance - 12) > 0.1
    assert np.array_equal((state.selection.strength[some] > 0)[clear], (distance < 12)[clear])


def test_the_nearest_points_to_a_place(view, show, state):
    layer = show("three")
    box = view.matrix.cell_rect(0, 2)
    x, y = box.x + 0.6 * box.width, box.y + 0.4 * box.height
    view.hits.select_nearest(x, y, 25)
    assert state.inbox.run_until(lambda: state.selection is not None)
    distance = np.hypot(*(pixels(view, layer, 0, 2) - (x, y)).T)
    assert set(np.flatnonzero(state.selection.strength)) == set(np.argsort(distance, kind="stable")[:25])


def test_hidden_classes_are_neither_drawn_nor_selected(view, show, hand, state):
    layer = show("out")
    state.hidden = frozenset({1})
    settle(view)
    keyed = view.shot.ids[view.shot.ids >= 0] & ((1 << 62) - 1)
    assert not np.isin(state.cache.label[keyed], [1]).any()
    state.tool = "rectangle"
    hand.drag([(view.viewport.x + 2, 12), (view.viewport.x + view.viewport.width - 2, view.viewport.height + 8)])
    assert state.inbox.run_until(lambda: state.selection is not None)
    assert np.array_equal(state.selection.strength > 0, state.cache.label != 1)
    assert layer.positions == 1


def test_escape_takes_a_lasso_back(view, show, hand, state):
    show("out")
    state.tool = "lasso"
    hand.send("mouse_press", 200, 200, button=1)
    hand.send("mouse_move", 300, 200, button=1)
    hand.send("mouse_move", 300, 300, button=1)
    assert view.hands.cancel()
    hand.send("mouse_move", 200, 300, button=1)
    hand.send("mouse_release", 200, 300, button=1)
    state.inbox.run()
    assert state.selection is None
    assert not view.hands.cancel()


@pytest.mark.parametrize("name", ["conv", "three", "out"])
def test_hover_finds_the_nearest_point_within_reach(view, show, hand, state, name):
    layer = show(name)
    i, j = (0, 0) if name == "out" else (1, 0)
    at = np.floor(pixels(view, layer, i, j))
    for point in np.random.default_rng(3).integers(0, layer.points, 40):
        x, y = at[point] + (0.5, 0.5)
        hand.move(x, y)
        assert state.hover is not None
        assert np.abs(at[state.hover.point] - at[point]).max() <= 1
        assert (state.cell.row, state.cell.column) == (view.matrix.rows[i], view.matrix.columns[j])
    box = view.matrix.cell_rect(i, j)
    far = np.hypot(*(at - (box.x + 1, box.y + 1)).T)
    if far.min() > 12:
        hand.move(box.x + 1, box.y + 1)
        assert state.hover is None


@pytest.mark.parametrize("name", ["conv", "three"])
def test_hover_finds_the_nearest_point_before_there_is_a_picture(view, show, hand, state, name, monkeypatch):
    """Nothing is counted here, so nobody has any ids."""
    layer = show(name)
    before = view.shot
    monkeypatch.setattr(view._latest, "request", lambda *_: Future())
    monkeypatch.setattr(view, "_look", lambda: None)
    state.hidden = frozenset({2})
    assert not view.tells(*(view.matrix.cell_rect(0, 1)[:2]))
    at = pixels(view, layer, 0, 1)
    drawn = np.flatnonzero(np.repeat(state.cache.label != 2, layer.positions))
    for point in drawn[:: len(drawn) // 7]:
        hand.move(*at[point])
        state.hover = None
        assert state.inbox.run_until(lambda: state.hover is not None)
        assert np.abs(at[state.hover.point] - at[point]).max() <= 1.5
        assert state.hover.point in drawn
    assert view.shot is before


def test_hover_prefers_the_selected_of_equally_near_points(view, show, hand, state):
    layer = show("relu")
    zeros = np.flatnonzero((layer.column(0) == 0) & (layer.column(1) == 0))
    assert zeros.size > 5
    chosen_one = zeros[2]
    state.select(chosen(layer.number, np.arange(layer.points) == chosen_one))
    settle(view)
    hand.move(*pixels(view, layer, 0, 1)[chosen_one])
    assert state.hover.point == chosen_one


def test_a_click_picks_and_leaves_the_selection(view, show, hand, state):
    layer = show("three")
    state.select_class(0)
    settle(view)
    before = state.selection
    x, y = pixels(view, layer, 0, 1)[7]
    hand.click(x, y)
    assert state.pick is not None
    assert np.hypot(*(pixels(view, layer, 0, 1)[state.pick.point] - (x, y))) < 9
    assert state.selection is before


def test_shift_click_adds_a_point_and_ctrl_click_takes_it_away(view, show, hand, state):
    layer = show("out")
    x, y = pixels(view, layer, 0, 0)[11]
    for modifiers, expected in (((keys.SHIFT,), True), ((keys.CONTROL,), False)):
        hand.send("mouse_press", x, y, button=1, modifiers=modifiers)
        hand.send("mouse_release", x, y, button=1, modifiers=modifiers)
        assert (state.selection is not None) == expected
        settle(view)


def test_dragging_pans_and_the_place_stays_under_the_cursor(view, show, hand, state):
    show("conv")
    state.move(Camera(2.0, 2.0, 2.0))
    before = view.matrix.to_cells(300, 300)
    hand.drag([(300, 300), (310, 310), (240, 330)])
    assert view.matrix.to_cells(240, 330) == pytest.approx(before)
    assert state.selection is None


def test_the_wheel_zooms_at_the_cursor_in_every_tool(view, show, hand, state):
    show("conv")
    for tool in ("pan", "lasso", "rectangle"):
        state.tool = tool
        state.move(Camera(3.0, 3.0, 3.0))
        before, cell = view.matrix.to_cells(350, 260), view.matrix.cell
        hand.wheel(350, 260, 2)
        assert view.matrix.to_cells(350, 260) == pytest.approx(before)
        assert view.matrix.cell > 1.4 * cell


def test_middle_drag_pans_in_a_select_tool(view, show, hand, state):
    show("conv")
    state.tool = "lasso"
    state.move(Camera(3.0, 3.0, 3.0))
    before = state.view.camera
    hand.drag([(300, 300), (350, 350), (360, 360)], button=3)
    assert state.view.camera != before
    assert state.selection is None


def test_double_click_fills_the_view_with_the_cell_and_back(view, show, hand, state):
    show("three")
    before = state.view.camera
    box = view.matrix.cell_rect(1, 2)
    hand.send("mouse_double_click", box.x + 30, box.y + 30, button=1)
    assert view.matrix.cell_rect(1, 2).height == pytest.approx(view.viewport.height, rel=0.01)
    hand.send("mouse_double_click", 300, 300, button=1)
    assert state.view.camera == before


def test_the_wheel_over_an_axis_stretches_one_channel_and_a_double_click_resets_it(view, show, hand, state):
    show("three")
    before = state.view.ranges
    box = view.matrix.cell_rect(2, 1)
    below = box.x + 0.5 * box.width, view.viewport.y + view.viewport.height + 12
    value = view.matrix.to_data(2, 1, below[0], 0.0)[0]
    hand.wheel(*below, 1)
    low, high = state.view.ranges[1]
    assert high - low == pytest.approx((before[1][1] - before[1][0]) / 1.25)
    assert view.matrix.to_data(2, 1, below[0], 0.0)[0] == pytest.approx(value)
    assert state.view.ranges[0] == before[0]
    hand.send("mouse_double_click", *below, button=1)
    assert state.view.ranges == before


def test_the_picture_shows_every_point_where_the_layout_says(view, show):
    layer = show("out")
    at = np.floor(pixels(view, layer, 0, 0)).astype(int)
    ids = view.shot.ids[at[:, 1] - int(view.viewport.y), at[:, 0] - int(view.viewport.x)]
    near = np.abs(at[ids] - at).max(axis=1)
    assert (ids >= 0).mean() > 0.97  # rounding of an axis' offset may move a point by one pixel
    assert (near[ids >= 0] <= 1).all()
    picture = view.canvas.render()
    ink = np.abs(picture[..., :3].astype(int) - picture[5, 300, :3]).sum(axis=2) > 60
    assert ink[at[:, 1], at[:, 0]].mean() > 0.97


def test_the_state_of_what_is_drawn(view, show, state):
    layer = show("conv")
    low, high = np.array([state.view.ranges[c] for c in range(5)]).T
    columns = np.stack([layer.column(c).astype(np.float64) for c in view.matrix.visible_channels()])
    seen = view.matrix.visible_channels()
    low, high = (np.array([state.view.ranges[c][k] for c in seen])[:, None] for k in (0, 1))
    assert state.drawn.outside == int(((columns < low) | (columns > high)).sum())
    assert (state.drawn.points, state.drawn.total) == (layer.points, layer.points)
    assert state.drawn.nonfinite == 0


def test_framing_the_selection_stretches_the_axes_to_it(view, show, state):
    layer = show("three")
    state.select_class(2)
    view.steering.frame_selection()
    before = state.view
    assert state.inbox.run_until(lambda: state.view is not before)
    values = layer.column(1)[state.cache.label == 2].astype(np.float64)
    low, high = state.view.ranges[1]
    assert low < values.min() < values.max() < high
    assert high - low == pytest.approx(1.06 * (values.max() - values.min()))
    view.steering.fit()
    assert state.view.ranges == before.ranges


def test_cells_too_small_to_be_plotted_show_how_strongly_they_are_correlated(view, show, state):
    layer = show("wide")
    state.arrange(Arrangement())
    settle(view)
    state.move(fit(120, 120, view.viewport))
    settle(view)
    assert state.drawn.correlated == state.cache.images
    assert state.drawn.cells == 120 * 120
    r = abs(np.corrcoef([layer.column(c).astype(np.float64) for c in range(120)]))
    picture, (left, top), side = (
        view.canvas.render()[..., :3].sum(axis=2, dtype=int),
        view.matrix.origin,
        view.matrix.cell,
    )
    at = np.floor((np.arange(120) + 0.5) * side).astype(int)
    shown = picture[np.ix_(at + round(top), at + round(left))]
    assert np.corrcoef(shown.ravel(), r.ravel())[0, 1] > 0.99
    view.hits.hover_at(left + 5, top + 5)
    assert (state.hover, state.cell.row, state.cell.column) == (None, 1, 1)
    state.move(Camera(60, 60, 5))
    settle(view)
    assert state.drawn.correlated == 0
    assert (view.shot.ids >= 0).any()


def test_a_card_that_is_fast_enough_draws_the_points_itself(view, show, state):
    show("out")
    state.style = "points"
    settle(view)
    counted = view.canvas.render()
    view.cloud.node.rate = 1e12
    view.refresh()
    assert view.wanted.clouded
    assert state.inbox.run_until(lambda: view.exact and view.cloud.node.visible)
    drawn = view.canvas.render()
    assert (view.shot.rgba[..., :3] == view.shot.rgba[0, 0, :3]).all(), "nothing is painted"
    ground = counted[view.canvas.size[1] // 2, 1, :3].astype(int)
    there = [np.abs(picture[..., :3].astype(int) - ground).max(axis=2) > 60 for picture in (counted, drawn)]
    assert (there[0] & there[1]).sum() > 0.7 * max(there[0].sum(), there[1].sum())
    view.cloud.node.budget = 1
    view.refresh()
    assert not view.wanted.clouded, "there is no room for the columns"


@pytest.mark.parametrize("rate", [1e6, 300 * 29])
def test_a_slow_card_leaves_the_points_to_the_processor(view, show, state, rate):
    show("out")
    state.style = "points"
    view.cloud.node.rate = rate
    view.refresh()
    assert not view.wanted.clouded
    settle(view)
    assert not view.cloud.node.visible


def test_neighbouring_columns_and_the_next_layer_are_read_ahead_if_there_is_room(view, show, state):
    layer, columns = show("wide"), state.sources.columns
    next_layer = state.cache.layers[layer.number + 1]
    beside = [channel for channel in state.view.columns if columns.held_column(layer, channel) is None]
    columns.budget = columns.held + layer.points * layer.dtype.itemsize - 1
    POOL.now(list, ahead(Token(), view.wanted, state.sources)).result()
    assert all(columns.held_column(layer, channel) is None for channel in beside), "there is no room"
    columns.budget = 1 << 30
    POOL.now(list, ahead(Token(), view.wanted, state.sources)).result()
    seen = len(view.matrix.visible_columns())
    there = [columns.held_column(layer, channel) is not None for channel in state.view.columns]
    assert there[: 2 * seen] == [True] * len(there[: 2 * seen])
    assert not any(there[2 * seen :])
    assert columns.held_column(next_layer, 0) is not None
