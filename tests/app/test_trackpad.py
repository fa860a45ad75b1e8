"""Two fingers and pinches, as Qt sends them."""

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QNativeGestureEvent, QPointingDevice, QWheelEvent
from PyQt6.QtWidgets import QApplication

from seeinin.geometry.matrix import Camera

AT = QPointF(300, 250)
NONE, CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def canvas(window, qtbot):
    window.state.jump(Camera(2.5, 2.5, 2.0))
    qtbot.waitUntil(window.settled, timeout=60_000)
    return window.places[0]


def scroll(place, dx, dy, modifiers=NONE, phase=Qt.ScrollPhase.ScrollUpdate):
    fingers = QPoint(dx, dy) if phase != Qt.ScrollPhase.NoScrollPhase else QPoint()
    event = QWheelEvent(
        AT, place.mapToGlobal(AT), fingers, QPoint(dx, dy) * 8, Qt.MouseButton.NoButton, modifiers, phase, False
    )
    QApplication.sendEvent(place, event)


def pinch(place, kind, value):
    device = QPointingDevice.primaryPointingDevice()
    event = QNativeGestureEvent(kind, device, 2, AT, AT, place.mapToGlobal(AT), value, QPointF())
    QApplication.sendEvent(place, event)


def test_two_fingers_move_the_matrix_with_them(window, canvas):
    before, span = window.matrix.matrix.to_cells(AT.x(), AT.y()), window.state.view.camera.span
    scroll(canvas, 31, -17)
    assert window.state.view.camera.span == span
    assert np.allclose(window.matrix.matrix.to_cells(AT.x() + 31, AT.y() - 17), before)


def test_a_wheel_and_fingers_with_ctrl_zoom(window, canvas):
    span = window.state.view.camera.span
    scroll(canvas, 0, 15, phase=Qt.ScrollPhase.NoScrollPhase)
    assert window.state.view.camera.span < span
    span = window.state.view.camera.span
    scroll(canvas, 0, 15, CONTROL)
    assert window.state.view.camera.span < span


def test_a_pinch_zooms_at_the_fingers(window, canvas):
    before, span = window.matrix.matrix.to_cells(AT.x(), AT.y()), window.state.view.camera.span
    pinch(canvas, Qt.NativeGestureType.BeginNativeGesture, 0.0)
    for value in (0.1, 0.15):
        pinch(canvas, Qt.NativeGestureType.ZoomNativeGesture, value)
    pinch(canvas, Qt.NativeGestureType.EndNativeGesture, 0.0)
    assert window.state.view.camera.span == pytest.approx(span / 1.1 / 1.15)
    assert np.allclose(window.matrix.matrix.to_cells(AT.x(), AT.y()), before)


def test_a_pinch_enlarges_the_maps(window, canvas, qtbot):
    zoom = window.maps.zoom
    pinch(window.places[2], Qt.NativeGestureType.ZoomNativeGesture, 0.2)
    assert window.maps.zoom == pytest.approx(1.2 * zoom)
