"""The value strip against numpy over the cache, under the events that a window sends."""

import numpy as np
import pytest
from vispy.util import keys

from seeinin.geometry.matrix import Camera
from seeinin.state.selection import chosen
from seeinin.views.bandings import HEAD, TEXT
from seeinin.views.matrix import MatrixView
from seeinin.views.theme import LIGHT

BANDS = 8


@pytest.fixture
def view(state, new_canvas):
    return MatrixView(state, new_canvas(700, 640))


@pytest.fixture
def hand(view, mouse):
    return mouse(view.canvas)


@pytest.fixture
def open_plot(state, view):
    """Fill the view with a plot, and wait until everything is there."""

    def run(name, channel, other=None):
        layer = state.cache.layer(name)
        state.show_layer(layer.number)
        assert state.inbox.run_until(lambda: state.view is not None and state.view.layer == layer.number)
        state.open_cell(channel, channel if other is None else other)
        settle(view)
        return layer

    return run


def settle(view):
    assert view.state.inbox.run_until(view.settled, 20)


def bands_of(view, layer, channel):
    """The band of every point, BANDS for those of images that could not be read."""
    low, high = view.state.view.ranges[channel]
    values = layer.column(channel).astype(np.float64)
    band = np.clip(np.floor((values - low) / (high - low) * BANDS), 0, BANDS - 1).astype(int)
    band[~np.repeat(view.state.cache.valid, layer.positions)] = BANDS
    return band


def middle(place):
    return place.x + place.width / 2, place.y + place.height / 2


@pytest.mark.parametrize(("name", "channel"), [("conv", 2), ("relu", 4), ("wide", 7), ("three", 1), ("one", 0)])
def test_eight_bands_with_their_points_classes_and_averages(view, open_plot, state, name, channel):
    layer, cache = open_plot(name, channel), state.cache
    bands, band = view.strip.bands, bands_of(view, layer, channel)
    label = np.repeat(cache.label, layer.positions)
    field = cache.pixels(slice(None)).astype(np.float64)
    for k in range(BANDS):
        points = np.flatnonzero(band == k)
        assert bands.count[k] == len(points)
        assert bands.classes[k].tolist() == np.bincount(label[points], minlength=len(cache.classes)).tolist()
        crops = [field[p // 64, p // 8 % 8 :, p % 8 :][:3, :3] if layer.positions > 1 else None for p in points]
        if len(points) and layer.positions > 1:
            np.testing.assert_allclose(bands.pictures[k], np.mean(crops, axis=0), rtol=1e-6)
    assert bands.count.sum() == cache.valid.sum() * layer.positions


def test_the_bands_stand_under_their_part_of_the_axis(view, open_plot, state):
    open_plot("conv", 2)
    axis, (low, high) = view.matrix.x_axis(state.view.columns.index(2)), state.view.ranges[2]
    for k, place in enumerate(view.strip.places):
        start, end = (low + (high - low) * e / BANDS for e in (k, k + 1))
        assert place.x == pytest.approx(start * axis.scale + axis.offset, abs=2)
        assert place.x + place.width == pytest.approx(end * axis.scale + axis.offset, abs=2)
        assert view.viewport.y + view.viewport.height < place.y
        assert place.y + place.height <= view.canvas.size[1]


@pytest.mark.parametrize("ratio", [1, 2])
def test_the_average_is_what_is_drawn(state, new_canvas, ratio):
    view = MatrixView(state, new_canvas(700, 640, ratio))
    state.show_layer(0)
    assert state.inbox.run_until(lambda: state.view is not None)
    state.open_cell(2, 2)
    settle(view)
    picture = view.canvas.render().astype(int)
    for k, place in enumerate(view.strip.places):
        x, y = middle(place)
        y = place.y + HEAD + (place.height - TEXT) / 2
        assert abs(picture[round(y * ratio), round(x * ratio), 0] - view.strip.bands.pictures[k][1, 1, 0]) <= 1


@pytest.mark.parametrize(
    ("modifiers", "combine"),
    [
        ((), lambda old, new: new),
        ((keys.SHIFT,), np.logical_or),
        ((keys.CONTROL,), lambda old, new: old & ~new),
        ((keys.SHIFT, keys.CONTROL), np.logical_and),
    ],
)
def test_a_click_selects_the_points_of_the_band(view, open_plot, hand, state, modifiers, combine):
    layer = open_plot("conv", 2)
    band = bands_of(view, layer, 2)
    old = np.random.default_rng(0).random(layer.points) < 0.5
    state.select(chosen(layer.number, old))
    before = state.selection
    settle(view)
    place = middle(view.strip.places[4])
    hand.send("mouse_press", *place, button=1, modifiers=modifiers)
    hand.send("mouse_release", *place, button=1)
    assert state.inbox.run_until(lambda: state.selection != before)
    assert state.selection == chosen(layer.number, combine(old, band == 4))
    assert state.pick is None


def test_hidden_classes_are_not_selected(view, open_plot, hand, state):
    layer = open_plot("conv", 2)
    state.hidden = frozenset({1})
    settle(view)
    hand.click(*middle(view.strip.places[3]))
    assert state.inbox.run_until(lambda: state.selection is not None)
    shown = np.repeat(state.cache.label != 1, layer.positions)
    assert state.selection == chosen(layer.number, (bands_of(view, layer, 2) == 3) & shown)


def test_the_band_under_the_cursor_stands_out(view, open_plot, hand):
    open_plot("conv", 2)
    plain = view.canvas.render()
    hand.move(*middle(view.strip.places[5]))
    settle(view)
    assert view.strip.over == 5
    assert (view.canvas.render() != plain).any()
    hand.move(10, 10)
    settle(view)
    assert view.strip.over is None
    assert (view.canvas.render() == plain).all()


def test_double_click_and_wheel_over_the_strip_leave_the_axis_alone(view, open_plot, hand, state):
    open_plot("conv", 2)
    state.stretch(2, -1.0, 1.0)
    settle(view)
    place = middle(view.strip.places[5])
    hand.send("mouse_double_click", *place, button=1)
    hand.wheel(*place, 1)
    settle(view)
    assert state.view.ranges[2] == (-1.0, 1.0)


def test_only_a_diagonal_plot_that_fills_the_view_has_a_strip(view, open_plot, state):
    open_plot("conv", 2)
    full = view.viewport
    assert view.strip.places
    state.move(Camera(2.5, 2.5, 1.5))
    settle(view)
    assert not view.strip.places
    assert view.viewport.height > full.height
    open_plot("conv", 2, 5)
    assert not view.strip.places
    open_plot("conv", 3)
    assert view.strip.places
    state.show_layer(state.cache.layer("out").number)
    assert state.inbox.run_until(lambda: len(state.view.rows) == 1 and view.settled(), 20)
    assert not view.strip.places
    view.canvas.resize(240, 640)
    open_plot("conv", 3)
    assert not view.strip.places


def test_the_newest_range_wins_and_known_strips_are_kept(view, open_plot, state):
    layer = open_plot("conv", 2)
    first = view.strip.bands
    ranges = state.view.ranges[2]
    for high in (1.0, 1.5, 2.0):
        state.stretch(2, 0.0, high)
    assert view.strip.bands is not None  # the last one, until the new one is there
    settle(view)
    assert view.strip.bands.edges[-1] == 2.0
    assert view.strip.bands.count.tolist() == np.bincount(bands_of(view, layer, 2))[:BANDS].tolist()
    state.stretch(2, *ranges)
    settle(view)
    assert view.strip.bands is first


@pytest.mark.parametrize(("width", "height", "ratio"), [(700, 640, 2), (360, 420, 1), (1200, 400, 1), (400, 1000, 3)])
def test_every_size_has_a_picture(state, new_canvas, width, height, ratio):
    view = MatrixView(state, new_canvas(width, height, ratio))
    state.show_layer(0)
    assert state.inbox.run_until(lambda: state.view is not None)
    state.open_cell(0, 0)
    settle(view)
    assert view.strip.places
    assert view.strip.places[-1].y + view.strip.places[-1].height <= height
    view.set_theme(LIGHT)
    for camera in (Camera(0.5, 0.5, 1.2), Camera(0.5, 0.5, 0.3), Camera(0.5, 0.5, 0.001)):
        state.move(camera)
        settle(view)
        assert view.canvas.render().shape == (height * ratio, width * ratio, 4)
