"""The layout is used for drawing and for the mouse: what one does, the other must undo."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeinin.geometry.matrix import Camera, Matrix, Rect, fit

VIEW = Rect(60.0, 20.0, 800.0, 600.0)


def matrix(camera=Camera(2.0, 2.0, 4.0), size=4, viewport=VIEW):
    channels = tuple(range(size))
    return Matrix(channels, channels, {c: (-1.0 - c, 2.0 + c) for c in channels}, camera, viewport)


def test_the_cells_are_square_and_fill_the_shorter_side():
    m = matrix()
    assert m.cell == 150
    assert m.cell_rect(0, 0) == pytest.approx((160, 20, 150, 150))
    assert m.cell_rect(3, 3) == pytest.approx((610, 470, 150, 150))


@given(st.floats(0, 2048), st.floats(0, 2048), st.floats(0.01, 2048), st.integers(0, 2047), st.integers(0, 2047))
def test_data_to_pixel_and_back_is_exact_in_a_large_matrix(x, y, span, i, j):
    m = matrix(Camera(x, y, span), 2048)
    ax, ay = m.x_axis(j), m.y_axis(i)
    low, high = m.ranges[j]
    value = low + 0.3 * (high - low)
    px, py = value * ax.scale + ax.offset, m.ranges[i][0] * ay.scale + ay.offset
    back = m.to_data(i, j, px, py)
    assert back[0] == pytest.approx(value, abs=1e-6 * (high - low))
    left, top, side, _ = m.cell_rect(i, j)
    assert (px - left) / side == pytest.approx(0.05 + 0.3 * 0.9, abs=1e-6)
    assert (py - top) / side == pytest.approx(0.95, abs=1e-6)


def test_the_cell_under_a_pixel():
    m = matrix()
    assert m.cell_at(161, 21) == (0, 0)
    assert m.cell_at(759, 21) == (0, 3)
    assert m.cell_at(161, 619) == (3, 0)
    assert m.cell_at(159, 21) is None  # left of the matrix
    assert m.cell_at(59, 300) is None  # outside the viewport


@given(st.floats(-3, 7), st.floats(-3, 7), st.floats(0.2, 9))
def test_visible_cells_are_those_that_meet_the_viewport(x, y, span):
    m = matrix(Camera(x, y, span))
    seen = set(m.visible_cells())
    for i in range(4):
        for j in range(4):
            left, top, side, _ = m.cell_rect(i, j)
            inside = left + side > 60 and left < 860 and top + side > 20 and top < 620
            barely = min(abs(left + side - 60), abs(left - 860), abs(top + side - 20), abs(top - 620)) < 1e-6
            assert barely or ((i, j) in seen) == inside


def test_zooming_keeps_the_place_under_the_cursor():
    m = matrix()
    at = m.to_cells(420, 340)
    closer = matrix(m.camera.zoomed(1.7, *at))
    assert closer.to_cells(420, 340) == pytest.approx(at)
    assert closer.cell == pytest.approx(1.7 * m.cell)


@given(st.floats(-9, 9), st.floats(-9, 9), st.floats(0.1, 9))
def test_a_matrix_that_can_fill_the_viewport_does(x, y, span):
    m = matrix(Camera(x, y, span))
    left, top, side, _ = m.cell_rect(0, 0)
    for start, first, length in ((60, left, 800), (20, top, 600)):
        if 4 * side > length:
            assert first <= start + 1e-9
            assert first + 4 * side >= start + length - 1e-9
        else:
            assert first - start == pytest.approx(start + length - (first + 4 * side))
    assert matrix(m.kept).origin == pytest.approx(m.origin)


def test_an_old_picture_is_moved_to_where_its_cells_are_now():
    old, new = matrix(), matrix(Camera(1.2, 2.9, 1.5))
    x, y, width, height = new.placed(old)
    for i, j in ((0, 0), (2, 3)):
        before, now = old.cell_rect(i, j), new.cell_rect(i, j)
        assert x + (before.x - VIEW.x) / VIEW.width * width == pytest.approx(now.x)
        assert y + (before.y - VIEW.y) / VIEW.height * height == pytest.approx(now.y)


def test_fit_shows_everything_and_nothing_more():
    camera = fit(4, 4, VIEW)
    assert matrix(camera).cell_rect(0, 0).y == pytest.approx(20)
    assert fit(10, 10, VIEW, first=2, count=4) == Camera(4.0, 4.0, 4.0)
    wide = fit(1, 30, VIEW)
    assert Matrix((0,), tuple(range(30)), {}, wide, VIEW).cell_rect(0, 0).x == pytest.approx(60)
