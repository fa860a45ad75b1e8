"""The overview: its picture against numpy, its box against arithmetic, moved by the events that a window sends."""

from collections.abc import Callable

import numpy as np
import pytest

from seeinin.geometry.matrix import Camera, Rect
from seeinin.pool import Token
from seeinin.state.correlations import correlations
from seeinin.state.state import ViewerState
from seeinin.state.view import Arrangement
from seeinin.views.frames import Request
from seeinin.views.overview import OverviewView
from seeinin.views.summary import Summary, coverage
from seeinin.views.theme import DARK, LIGHT
from seeinin.visuals.canvas import Canvas

CONV, WIDE, THREE, OUT, ONE = 0, 2, 3, 4, 5
SIDE = 240


@pytest.fixture
def new_view(state: ViewerState, new_canvas: Callable[..., Canvas]) -> Callable[..., OverviewView]:
    def make(layer: int = CONV, width: int = SIDE, height: int = SIDE, ratio: int = 1) -> OverviewView:
        view = OverviewView(state, new_canvas(width, height, ratio))
        state.show_layer(layer)
        settle(view)
        return view

    return make


def settle(view: OverviewView) -> None:
    assert view.state.inbox.run_until(view.settled, 60)


def with_all_channels(view: OverviewView) -> OverviewView:
    """Not only the first ones, with which such a layer opens."""
    view.state.arrange(Arrangement())
    settle(view)
    return view


def test_plots_show_the_points_where_they_are(new_view: Callable[..., OverviewView]) -> None:
    """Cells off the diagonal: a pixel is lit exactly where numpy counts a point of a visible class."""
    view = new_view()
    request = view.wanted
    assert isinstance(request, Request)
    matrix, rgba = request.matrix, view.sight.rgba
    layer = view.state.cache.layers[CONV]
    background = [int(DARK.background[k : k + 2], 16) for k in (1, 3, 5)]
    for i, j in ((0, 5), (4, 1)):
        x_axis, y_axis = matrix.x_axis(j), matrix.y_axis(i)
        x, y = (np.clip(layer.column(c).astype(float), a.low, a.high) for c, a in ((j, x_axis), (i, y_axis)))
        counts = np.zeros(request.shape, int)
        np.add.at(
            counts,
            (
                np.floor(y * y_axis.scale + y_axis.offset).astype(int),
                np.floor(x * x_axis.scale + x_axis.offset).astype(int),
            ),
            1,
        )
        left, top, size = (round(v) for v in matrix.cell_rect(i, j)[:3])
        part = np.s_[top + 4 : top + size - 4, left + 4 : left + size - 4]  # the edges collect what is out of range
        lit = (rgba[part][..., :3] != background).any(axis=2)
        assert np.array_equal(lit, counts[part] > 0)


def test_the_picture_is_drawn_square_in_the_middle(new_view: Callable[..., OverviewView]) -> None:
    view = new_view(CONV, 300, 200)
    assert view.matrix.viewport == (50, 0, 200, 200)
    assert view.sight.rgba.shape[:2] == (200, 200)


@pytest.mark.parametrize("layer", [CONV, WIDE, THREE, OUT, ONE])
@pytest.mark.parametrize(("width", "height", "ratio"), [(240, 240, 1), (60, 90, 2), (170, 30, 1)])
def test_every_layer_has_a_picture(
    new_view: Callable[..., OverviewView], layer: int, width: int, height: int, ratio: int
) -> None:
    view = new_view(layer, width, height, ratio)
    picture = view.canvas.render()
    assert picture.shape == (height * ratio, width * ratio, 4)
    assert len(np.unique(picture[..., :3] @ np.array([1, 256, 65536]))) > 5


def test_many_channels_show_one_value_a_cell(new_view: Callable[..., OverviewView]) -> None:
    view = with_all_channels(new_view(WIDE))
    assert isinstance(view.wanted, Summary)
    assert view.sight.note == "|correlation| · 300 images"
    values = view.state.cache.layers[WIDE].maps(slice(None)).reshape(300, -1).astype(np.float64)
    found = correlations(Token(), view.state.cache.layers[WIDE], 300)
    np.testing.assert_allclose(found.values, abs(np.corrcoef(values.T)), atol=2e-6)
    brightness = view.sight.rgba[..., :3].sum(axis=2)
    assert (brightness.diagonal()[2::4] > np.median(brightness)).all()


@pytest.mark.parametrize(("side", "lit"), [(240, True), (120, True), (60, False)])
def test_the_note_stays_on_the_picture(new_view, side: int, lit: bool) -> None:
    """Its first part where the whole has no room, and nothing where that has none either."""
    view = with_all_channels(new_view(WIDE, side + 160, side))
    picture = view.canvas.render()[..., :3].astype(int)
    assert (picture[:, 80 + side + 2 :] == picture[0, 0]).all()
    assert (picture[side - 18 : side - 2, 82 : 80 + side - 2].min(axis=2) > 150).any() == lit


def test_correlations_are_kept_while_the_camera_moves_and_the_size_changes(new_view, monkeypatch) -> None:
    view = with_all_channels(new_view(WIDE))
    layer, images = view.state.cache.layers[WIDE], view.state.cache.images
    before = view.state.sources.correlating.of(Token(), layer, images)
    view.canvas.resize(100, 100)
    settle(view)
    assert view.sight.rgba.shape == (100, 100, 4)
    assert view.state.sources.correlating.of(Token(), layer, images) is before


@pytest.mark.parametrize(("cells", "pixels"), [(3, 10), (10, 3), (7, 7), (500, 240), (1, 5)])
def test_coverage_shares_every_pixel_out(cells: int, pixels: int) -> None:
    share = coverage(np.arange(cells + 1) * (pixels / cells), pixels)
    np.testing.assert_allclose(share.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(share.sum(axis=0), pixels / cells, rtol=1e-4)
    fine = np.repeat(np.arange(cells), pixels).reshape(pixels, cells)  # each pixel cut into `cells` equal parts
    slow = np.stack([(fine == k).mean(axis=1) for k in range(cells)], axis=1)
    np.testing.assert_allclose(share, slow, atol=1e-5)


def test_the_selection_is_seen(new_view: Callable[..., OverviewView]) -> None:
    view = new_view()
    before = view.sight
    view.state.select_class(1)
    assert not view.settled()
    settle(view)
    assert (view.sight.rgba != before.rgba).any()
    view.state.clear()
    settle(view)
    assert np.array_equal(view.sight.rgba, before.rgba)


def test_moving_the_camera_counts_nothing_anew(new_view: Callable[..., OverviewView]) -> None:
    view = new_view()
    before = view.sight
    view.state.move(Camera(2, 2, 1))
    assert view.settled()
    assert view.sight is before


@pytest.mark.parametrize(("aspect", "width", "height"), [(1.0, 80, 80), (2.0, 160, 80), (0.5, 80, 160)])
def test_the_box_is_what_the_matrix_shows(new_view, aspect: float, width: float, height: float) -> None:
    view = new_view()
    view.viewport_aspect = aspect
    view.state.move(Camera(3.0, 3.0, 2.0))  # of 6 x 6 cells, 40 px each
    assert view.box == Rect(120 - width / 2, 120 - height / 2, width, height)
    picture = view.canvas.render()
    edge = picture[120, round(120 - width / 2), :3]
    assert edge.tolist() == [int(DARK.text[k : k + 2], 16) for k in (1, 3, 5)]


def test_a_box_too_small_to_see_becomes_a_crosshair(new_view: Callable[..., OverviewView]) -> None:
    view = new_view()
    view.state.move(Camera(3.0, 3.0, 0.1))
    picture = view.canvas.render()
    text = [int(DARK.text[k : k + 2], 16) for k in (1, 3, 5)]
    assert picture[120, 20, :3].tolist() == text
    assert picture[220, 120, :3].tolist() == text
    assert picture[120, 118, :3].tolist() != text


def test_dragging_the_box_moves_the_camera_with_the_hand(new_view, mouse) -> None:
    view = new_view()
    state = view.state
    state.move(Camera(3.0, 3.0, 2.0))
    mouse(view.canvas).drag([(110, 110), (112, 111)])  # a trembling click
    assert state.view.camera == Camera(3.0, 3.0, 2.0)
    mouse(view.canvas).drag([(110, 110), (130, 110), (150, 90)])
    assert state.view.camera == Camera(4.0, 2.5, 2.0)
    state.back()
    assert state.view.camera == Camera(3.0, 3.0, 2.0)


def test_a_drag_ends_at_the_edge_of_the_matrix(new_view, mouse) -> None:
    view = new_view()
    view.state.move(Camera(3.0, 3.0, 2.0))
    mouse(view.canvas).drag([(120, 120), (9000, -50)])
    assert view.state.view.camera == Camera(6.0, 0.0, 2.0)


def test_a_click_jumps_and_back_returns(new_view, mouse) -> None:
    view = new_view()
    state = view.state
    state.move(Camera(1.0, 1.0, 2.0))
    mouse(view.canvas).click(200, 220)
    assert state.view.camera == Camera(5.0, 5.5, 2.0)
    state.back()
    assert state.view.camera == Camera(1.0, 1.0, 2.0)
    mouse(view.canvas).drag([(200, 200), (160, 200)])
    assert state.view.camera == Camera(4.0, 5.0, 2.0)


def test_the_wheel_zooms_at_the_cursor(new_view, mouse) -> None:
    view = new_view()
    view.state.move(Camera(3.0, 3.0, 2.0))
    mouse(view.canvas).wheel(100, 120, 1)
    camera = view.state.view.camera
    assert camera.span == pytest.approx(1.6)
    assert camera.x == pytest.approx(2.5 + 0.5 / 1.25)
    mouse(view.canvas).wheel(10, 10, -1)  # outside of the box: about its middle
    assert view.state.view.camera.x == camera.x
    mouse(view.canvas).wheel(120, 120, -500)
    assert view.state.view.camera.span == pytest.approx(9)


def test_before_there_is_a_layer_nothing_happens(state: ViewerState, new_canvas, mouse) -> None:
    view = OverviewView(state, new_canvas(100, 100))
    mouse(view.canvas).drag([(50, 50), (80, 80)])
    mouse(view.canvas).wheel(50, 50, 1)
    assert view.canvas.render().shape == (100, 100, 4)
    assert not view.settled()


def test_the_light_theme(new_view: Callable[..., OverviewView]) -> None:
    view = new_view()
    view.set_theme(LIGHT)
    settle(view)
    assert view.canvas.render()[..., :3].mean() > 150
