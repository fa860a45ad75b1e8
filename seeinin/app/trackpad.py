"""Trackpads: two fingers move the matrix, a pinch zooms. A wheel's own events go their usual way."""

from PyQt6.QtCore import QEvent, QObject, QPointF, Qt
from PyQt6.QtGui import QInputDevice, QNativeGestureEvent, QWheelEvent
from PyQt6.QtWidgets import QWidget

from seeinin.views.maps import MapsView
from seeinin.views.matrix import MatrixView

ANGLE = 0.5  # px for an eighth of a degree, where a trackpad does not say how many px it means


class Trackpad(QObject):
    """Stands before a canvas. Two fingers with Ctrl zoom, as the wheel does."""

    def __init__(self, place: QWidget, view: MatrixView | MapsView) -> None:
        super().__init__(place)
        self.view = view
        place.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if isinstance(event, QNativeGestureEvent):
            return self._pinch(event)
        if isinstance(event, QWheelEvent) and isinstance(self.view, MatrixView) and is_scroll(event):
            control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            if not control and self.view.steering.axis_at(event.position().x(), event.position().y()) is None:
                moved = pixels(event)
                self.view.steering.pan(moved.x(), moved.y())
                event.accept()
                return True
        return False

    def _pinch(self, event: QNativeGestureEvent) -> bool:
        """The middle of the fingers stays where it is."""
        if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            at, factor = event.position(), max(1 + event.value(), 0.1)
            if isinstance(self.view, MatrixView):
                self.view.steering.zoom(factor, at.x(), at.y())
            else:
                self.view.zoom_at(factor, at.x(), at.y())
        event.accept()
        return True


def is_scroll(event: QWheelEvent) -> bool:
    """Whether fingers on a trackpad caused it, and not a wheel with notches."""
    device = event.pointingDevice()
    if device is not None and device.type() == QInputDevice.DeviceType.TouchPad:
        return True
    return not event.pixelDelta().isNull() and event.phase() != Qt.ScrollPhase.NoScrollPhase


def pixels(event: QWheelEvent) -> QPointF:
    """How far the fingers moved."""
    exact = event.pixelDelta()
    return QPointF(event.angleDelta()) * ANGLE if exact.isNull() else QPointF(exact)
