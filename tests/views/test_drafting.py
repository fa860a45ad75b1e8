"""A lasso on its way, drawn with real events: other views see what it would select."""

import numpy as np
import pytest
from matplotlib.path import Path as Polygon
from vispy.app.canvas import KeyEvent
from vispy.util import keys

from seeinin.pool import POOL
from seeinin.state.selection import chosen
from seeinin.views import drafting
from seeinin.views.maps import MapsView
from seeinin.views.matrix import MatrixView


@pytest.fixture
def view(state, new_canvas):
    view = MatrixView(state, new_canvas(700, 640))
    state.show_layer(0)
    assert state.inbox.run_until(lambda: state.view is not None and view.settled(), 20)
    state.tool = "lasso"
    return view


@pytest.fixture
def hand(view, mouse):
    return mouse(view.canvas)


def star(view):
    box, angle = view.matrix.cell_rect(0, 1), np.linspace(0, 2 * np.pi, 24)
    reach = 0.4 * box.width * np.where(np.arange(24) % 2, 0.6, 1.0)
    x, y = box.x + box.width / 2, box.y + box.height / 2
    return [(x + r * np.cos(a), y + r * np.sin(a)) for r, a in zip(reach, angle, strict=True)]


def draw(hand, places, modifiers=()):
    hand.send("mouse_press", *places[0], button=1, modifiers=modifiers)
    for place in places[1:]:
        hand.send("mouse_move", *place, button=1)


def inside(view, places):
    matrix, layer = view.matrix, view.state.cache.layers[0]
    points = [
        np.clip(layer.column(channel).astype(np.float64), *matrix.ranges[channel]) * axis.scale + axis.offset
        for channel, axis in ((matrix.columns[1], matrix.x_axis(1)), (matrix.rows[0], matrix.y_axis(0)))
    ]
    return Polygon(np.array(places)).contains_points(np.stack(points, axis=1))


def images(state, points):
    return points.reshape(state.cache.images, -1).any(axis=1) & state.cache.valid


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    """Whatever else the machine is doing."""
    monkeypatch.setattr(drafting, "FAST", 60.0)


@pytest.mark.parametrize(
    ("modifiers", "combine"),
    [((), lambda old, new: new), ((keys.SHIFT,), np.logical_or), ((keys.CONTROL,), np.greater)],
)
def test_the_maps_follow_the_lasso(view, hand, state, new_canvas, modifiers, combine):
    maps = MapsView(state, new_canvas(340, 900))
    old = np.random.default_rng(0).random(state.cache.layers[0].points) < 0.003
    state.select(chosen(0, old))
    before, places = state.selection, star(view)
    draw(hand, places[:15], modifiers)
    expected = combine(old, inside(view, places[:15]))
    assert state.inbox.run_until(lambda: state.draft == chosen(0, expected), 20)
    assert state.inbox.run_until(maps.settled, 20)
    shown, cache = images(state, expected), state.cache
    assert maps.note == f"average of {shown.sum()} selected images"
    average = cache.layers[1].maps(slice(None)).astype(np.float64)[shown].mean(axis=0)
    np.testing.assert_allclose(maps.averages.means[1].values, average, rtol=1e-6, atol=1e-7)
    assert state.selection is before
    for place in places[15:]:
        hand.send("mouse_move", *place, button=1)
    hand.send("mouse_release", *places[-1], button=1)
    assert state.inbox.run_until(lambda: state.selection is not before and state.draft is None, 20)
    assert state.selection == chosen(0, combine(old, inside(view, places)))
    state.undo()
    assert state.selection == before  # no draft is among what is undone


def test_escape_takes_the_draft_back(view, hand, state, new_canvas):
    maps = MapsView(state, new_canvas(340, 900))
    draw(hand, star(view))
    assert state.inbox.run_until(lambda: state.draft is not None and maps.settled(), 20)
    assert "selected" in maps.note
    view.canvas.events.key_press(KeyEvent("key_press", key=keys.ESCAPE))
    assert state.draft is None
    assert state.inbox.run_until(maps.settled, 20)
    assert maps.note == "average of all 299 images"
    POOL.now(int).result()
    state.inbox.run()
    assert state.draft is None


def test_where_it_takes_long_twice_the_views_wait_for_the_release(view, hand, state, monkeypatch):
    monkeypatch.setattr(drafting, "FAST", 1e-9)
    places, seen = star(view), []
    state.events.draft.connect(lambda draft, _: seen.append(draft))
    draw(hand, places[:3])
    for place in places[3:]:
        hand.send("mouse_move", *place, button=1)
        POOL.now(int).result()
        state.inbox.run()
    assert sum(draft is not None for draft in seen) == 2
    hand.send("mouse_release", *places[-1], button=1)
    assert state.inbox.run_until(lambda: state.selection is not None and state.draft is None, 20)
    assert state.selection == chosen(0, inside(view, places))


def test_a_rectangle_is_drafted_too(view, hand, state):
    state.tool = "rectangle"
    (x, y), _ = star(view)[0], None
    box = view.matrix.cell_rect(0, 1)
    corners = [(box.x + 10, box.y + 10), (x, box.y + 10), (x, y), (box.x + 10, y)]
    draw(hand, [corners[0], corners[2]])
    assert state.inbox.run_until(lambda: state.draft is not None, 20)
    assert state.draft == chosen(0, inside(view, corners))
    hand.send("mouse_release", *corners[2], button=1)
    assert state.inbox.run_until(lambda: state.draft is None, 20)
