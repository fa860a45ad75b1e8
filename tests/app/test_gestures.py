"""The mouse on the window, with the data as the oracle."""

import time
from pathlib import Path as FilePath

import numpy as np
import pytest
from matplotlib.path import Path
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QMouseEvent, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from seeinin.app.keys import MOUSE
from seeinin.geometry.matrix import Camera

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
CELL = (1, 3)  # row and column position: channel 1 on y, channel 3 on x


@pytest.fixture
def canvas(window, qtbot):
    """The matrix, filled with one cell of layer fc."""
    window.state.jump(Camera(CELL[1] + 0.5, CELL[0] + 0.5, 1.0))
    qtbot.waitUntil(window.settled)
    return window.matrix.canvas.native


def send(widget, kind, at, modifiers=NONE, button=LEFT):
    """An event as the screen sends it. (QTest.mouseMove moves the real cursor, whose events come when they like.)"""
    if kind == QEvent.Type.MouseMove:
        time.sleep(0.011)  # VisPy takes no notice of a hundred and one a second
    at, none = QPointF(*at), Qt.MouseButton.NoButton
    held = none if kind == QEvent.Type.MouseButtonRelease else button
    caused = none if kind == QEvent.Type.MouseMove else button
    QApplication.sendEvent(widget, QMouseEvent(kind, at, widget.mapToGlobal(at), caused, held, modifiers))


def drag(widget, corners, modifiers=NONE, button=LEFT):
    send(widget, QEvent.Type.MouseButtonPress, corners[0], modifiers, button)
    for corner in corners[1:]:
        send(widget, QEvent.Type.MouseMove, corner, modifiers, button)
    send(widget, QEvent.Type.MouseButtonRelease, corners[-1], modifiers, button)


@pytest.fixture
def select(window, canvas, qtbot):
    """A drag, and the wait for the selection that worker threads make of it."""

    def select(corners, modifiers=NONE):
        before = window.state.selection
        drag(canvas, corners, modifiers)
        qtbot.waitUntil(lambda: window.state.selection is not before and window.settled(), timeout=60_000)

    return select


def pixels(window):
    """(P, 2): where the points of the framed cell are on the canvas, from the cache alone."""
    layer, matrix = window.state.cache.layer("fc"), window.matrix.matrix
    x = np.asarray(layer.column(CELL[1]), np.float64) * matrix.x_axis(CELL[1]).scale + matrix.x_axis(CELL[1]).offset
    y = np.asarray(layer.column(CELL[0]), np.float64) * matrix.y_axis(CELL[0]).scale + matrix.y_axis(CELL[0]).offset
    return np.stack([x, y], axis=1)


def selected(window):
    state = window.state
    return np.zeros(state.cache.images, bool) if state.selection is None else state.selection.strength > 0


def box(window, left, top, right, bottom):
    """Pixels of shares of the viewport."""
    view = window.matrix.viewport
    return [int(view.x + view.width * left), int(view.y + view.height * top)], [
        int(view.x + view.width * right),
        int(view.y + view.height * bottom),
    ]


def test_a_lasso_selects_what_lies_inside_and_modifiers_combine(window, canvas, select):
    QTest.keyClick(canvas, Qt.Key.Key_L)
    inside = np.zeros(window.state.cache.images, bool)
    for shares, modifiers, combine in (
        ((0.2, 0.2, 0.6, 0.7), NONE, lambda old, new: new),
        ((0.5, 0.4, 0.9, 0.9), SHIFT, np.logical_or),
        ((0.4, 0.4, 0.7, 0.6), CONTROL, lambda old, new: old & ~new),
        ((0.1, 0.1, 0.8, 0.8), SHIFT | CONTROL, np.logical_and),
    ):
        (left, top), (right, bottom) = box(window, *shares)
        corners = [(left, top), (right, top + 20), (right - 30, bottom), (left + 10, bottom - 40)]
        select(corners, modifiers)
        inside = combine(inside, Path(np.array([*corners, corners[0]])).contains_points(pixels(window)))
        assert inside.any()
        assert np.array_equal(selected(window), inside)


def test_a_rectangle_and_a_lasso_from_the_pan_tool(window, canvas, select):
    QTest.keyClick(canvas, Qt.Key.Key_R)
    (left, top), (right, bottom) = box(window, 0.3, 0.3, 0.7, 0.7)
    select([(left, top), (left + 9, top + 9), (right, bottom)])
    x, y = pixels(window).T
    assert np.array_equal(selected(window), (left < x) & (x < right) & (top < y) & (y < bottom))
    QTest.keyClick(canvas, Qt.Key.Key_G)
    camera = window.state.view.camera
    before = selected(window)
    corners = [(left - 50, top - 50), (right, top - 50), (right, bottom), (left - 50, bottom)]
    select(corners, SHIFT)
    assert window.state.view.camera == camera
    assert np.array_equal(
        selected(window), before | Path(np.array([*corners, corners[0]])).contains_points(pixels(window))
    )


def test_escape_takes_a_gesture_back(window, canvas):
    QTest.keyClick(canvas, Qt.Key.Key_L)
    (left, top), (right, bottom) = box(window, 0.1, 0.1, 0.9, 0.9)
    window.state.select_class(0)
    before = window.state.selection
    send(canvas, QEvent.Type.MouseButtonPress, (left, top))
    send(canvas, QEvent.Type.MouseMove, (right, top))
    send(canvas, QEvent.Type.MouseMove, (right, bottom))
    assert window.matrix.hands.gesture is not None
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    send(canvas, QEvent.Type.MouseButtonRelease, (left, bottom))
    assert window.state.selection is before


def lonely(window):
    """A point that is the nearest one for some pixels around it."""
    places = pixels(window)
    gaps = np.linalg.norm(places[:, None] - places[None], axis=2) + 1e9 * np.eye(len(places))
    view = window.matrix.viewport
    inside = np.array([view.contains(*p) for p in places])
    return int(np.argmax(np.where(inside, gaps.min(axis=1), 0)))


def test_hovering_shows_the_image_and_a_click_picks_it(window, canvas, qtbot):
    point = lonely(window)
    at = QPoint(*np.rint(pixels(window)[point]).astype(int))
    send(canvas, QEvent.Type.MouseMove, (at.x(), at.y()), button=Qt.MouseButton.NoButton)
    qtbot.waitUntil(lambda: window.state.hover is not None and window.details.settled())
    assert window.details.shown.index == window.state.cache.index[point]
    assert window.status.under.text().startswith("channel 3 × 1")
    QTest.mouseClick(canvas, LEFT, NONE, at)
    qtbot.waitUntil(lambda: window.state.pick is not None)
    assert window.state.image_of(window.state.pick) == point
    assert window.state.selection is None
    qtbot.waitUntil(window.settled)
    assert window.maps_heading.note.text() != ""
    QTest.mouseClick(canvas, LEFT, SHIFT, at)
    qtbot.waitUntil(lambda: window.state.selection is not None)
    assert np.flatnonzero(selected(window)).tolist() == [point]


def test_dragging_pans_and_the_wheel_zooms_at_the_cursor(window, canvas):
    state, matrix = window.state, window.matrix.matrix
    (left, top), (right, _) = box(window, 0.5, 0.5, 0.7, 0.5)
    window.state.jump(Camera(2.0, 2.0, 2.0))
    before = window.matrix.matrix.to_cells(left, top)
    drag(canvas, [(left, top), (left + 10, top), (right, top + 30)], button=MIDDLE)
    assert np.allclose(window.matrix.matrix.to_cells(right, top + 30), before, atol=1e-9)
    place, at = window.matrix.matrix.to_cells(left, top), QPointF(left, top)
    phase, turn = Qt.ScrollPhase.NoScrollPhase, QPoint(0, 120)
    event = QWheelEvent(at, canvas.mapToGlobal(at), QPoint(), turn, Qt.MouseButton.NoButton, NONE, phase, False)
    QApplication.sendEvent(canvas, event)
    assert state.view.camera.span < 2.0
    assert np.allclose(window.matrix.matrix.to_cells(left, top), place, atol=1e-9)
    assert matrix.cell > window.matrix.matrix.cell


def wheel(widget, x, y, notches=1):
    at, phase = QPointF(x, y), Qt.ScrollPhase.NoScrollPhase
    turn, none = QPoint(0, 120 * notches), Qt.MouseButton.NoButton
    QApplication.sendEvent(widget, QWheelEvent(at, widget.mapToGlobal(at), QPoint(), turn, none, NONE, phase, False))


@pytest.mark.parametrize("tool", ["pan", "lasso", "rectangle", "brush"])
def test_middle_and_space_drag_pan_in_every_tool(window, canvas, tool):
    state = window.state
    state.tool = tool
    (left, top), (right, _) = box(window, 0.4, 0.5, 0.6, 0.5)
    for button in (MIDDLE, LEFT):
        state.jump(Camera(2.0, 2.0, 2.0))
        before = window.matrix.matrix.to_cells(left, top)
        if button == LEFT:
            QTest.keyPress(canvas, Qt.Key.Key_Space)
        drag(canvas, [(left, top), (left + 10, top), (right, top + 30)], button=button)
        if button == LEFT:
            QTest.keyRelease(canvas, Qt.Key.Key_Space)
        assert np.allclose(window.matrix.matrix.to_cells(right, top + 30), before, atol=1e-9)
    assert (state.tool, state.selection) == (tool, None)


def test_the_wheel_over_an_axis_stretches_it_and_a_double_click_resets(window, canvas):
    state, view = window.state, window.matrix.viewport
    before, below = state.view.ranges, (int(view.x + 0.5 * view.width), int(view.y + view.height + 12))
    value = window.matrix.matrix.to_data(*CELL, below[0], 0.0)[0]
    wheel(canvas, *below)
    (low, high), (first, last) = state.view.ranges[CELL[1]], before[CELL[1]]
    assert high - low == pytest.approx((last - first) / 1.25)
    assert window.matrix.matrix.to_data(*CELL, below[0], 0.0)[0] == pytest.approx(value)
    QTest.mouseDClick(canvas, LEFT, NONE, QPoint(*below))
    assert state.view.ranges == before


def test_a_brush_selects_what_it_touches(window, canvas, select):
    window.state.tool = "brush"
    line = [box(window, x, 0.5, 0, 0)[0] for x in np.linspace(0.3, 0.6, 12)]
    select(line)
    places = np.array(line, np.float64)
    along = (pixels(window)[:, None] - places[None]) ** 2
    touched = np.sqrt(along.sum(axis=2)).min(axis=1)  # the stroke is a little wider between its places
    chosen = selected(window)
    assert chosen.any()
    radius = touched[chosen].max()
    assert radius < 60
    assert chosen[touched < 0.8 * radius].all()


def test_a_double_click_fills_the_view_with_a_cell(window, canvas):
    window.state.jump(Camera(2.0, 2.0, 4.0))
    x, y = (int(c) for c in window.matrix.matrix.cell_rect(2, 1)[:2])
    QTest.mouseDClick(canvas, LEFT, NONE, QPoint(x + 20, y + 20))
    camera = window.state.view.camera
    assert (camera.x, camera.y, camera.span) == (1.5, 2.5, 1.0)


def test_a_click_in_the_overview_jumps(window, canvas):
    overview = window.overview.canvas.native
    rect = window.overview.matrix.cell_rect(4, 4)
    QTest.mouseClick(overview, LEFT, NONE, QPoint(int(rect.x + rect.width / 2), int(rect.y + rect.height / 2)))
    camera = window.state.view.camera
    assert abs(camera.x - 4.5) < 0.2
    assert abs(camera.y - 4.5) < 0.2


def test_a_selection_is_seen_in_every_layer(window, canvas, select, qtbot):
    QTest.keyClick(canvas, Qt.Key.Key_L)
    (left, top), (right, bottom) = box(window, 0.2, 0.2, 0.6, 0.8)
    select([(left, top), (right, top), (right, bottom), (left, bottom)])
    chosen = selected(window)
    label = np.asarray(window.state.cache.label)
    assert window.legend.classes.selected.tolist() == np.bincount(label[chosen], minlength=3).tolist()
    QTest.keyClick(canvas, Qt.Key.Key_PageUp)
    qtbot.waitUntil(lambda: window.state.view.layer == 0 and window.settled())
    assert np.array_equal(window.state.linker.images(window.state.selection) > 0, chosen)
    assert window.status.selected.text().startswith(f"{chosen.sum()} points of fc")


WHERE = {
    "drag": "test_gestures.py::test_dragging_pans_and_the_wheel_zooms_at_the_cursor "
    "test_gestures.py::test_a_lasso_selects_what_lies_inside_and_modifiers_combine "
    "test_gestures.py::test_a_rectangle_and_a_lasso_from_the_pan_tool "
    "test_gestures.py::test_a_brush_selects_what_it_touches",
    "Shift-drag": "test_gestures.py::test_a_rectangle_and_a_lasso_from_the_pan_tool",
    "middle, Space-drag": "test_gestures.py::test_middle_and_space_drag_pan_in_every_tool",
    "wheel, pinch": "test_gestures.py::test_dragging_pans_and_the_wheel_zooms_at_the_cursor "
    "test_trackpad.py::test_a_pinch_zooms_at_the_fingers",
    "two fingers": "test_trackpad.py::test_two_fingers_move_the_matrix_with_them",
    "wheel on an axis": "test_gestures.py::test_the_wheel_over_an_axis_stretches_it_and_a_double_click_resets",
    "click": "test_gestures.py::test_hovering_shows_the_image_and_a_click_picks_it "
    "../views/test_piles.py::test_a_pile_says_how_many_and_clicks_step_through_it",
    "double-click": "test_gestures.py::test_a_double_click_fills_the_view_with_a_cell",
    "right-click": "test_menus.py::test_the_matrix_offers_what_is_under_the_cursor",
    "click a class": "test_legend.py::test_a_click_selects_a_class_and_modifiers_combine "
    "test_legend.py::test_the_eye_hides_a_class_and_shows_it_again "
    "test_legend.py::test_alt_and_the_eye_show_one_class_only",
    "Shift  ·  Ctrl  ·  both": "test_gestures.py::test_a_lasso_selects_what_lies_inside_and_modifiers_combine",
    "0 – 9": "test_keys.py::test_every_key_does_what_it_says",
}


def test_every_gesture_of_the_key_screen_is_made_in_a_test():
    assert set(WHERE) == {gesture for gesture, _ in MOUSE}
    for place in " ".join(WHERE.values()).split():
        file, test = place.split("::")
        assert f"def {test}(" in (FilePath(__file__).parent / file).read_text(), place
