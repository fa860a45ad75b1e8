"""The window without a screen: Qt paints the widgets, EGL draws the canvases, each at the place that it has."""

from PyQt6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QWidget

from seeinin.app.images import image_of
from seeinin.visuals.canvas import Canvas


def painted(widget: QWidget, scale: int) -> QImage:
    """A widget as it is now, with `scale` pixels to a point."""
    image = QImage(widget.size() * scale, QImage.Format.Format_RGBA8888)
    image.setDevicePixelRatio(scale)
    image.fill(widget.palette().window().color())
    widget.render(image)
    return image


class Painted(QWidget):
    """Stands where a canvas stands on a screen, has its size, and shows its last picture."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        self.canvas = canvas
        self.image = QImage()

    def draw(self) -> None:
        """Have the canvas drawn as it is now."""
        self.image = image_of(self.canvas.render())
        self.update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self.canvas.resize(max(self.width(), 1), max(self.height(), 1))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        QPainter(self).drawImage(self.rect(), self.image)
