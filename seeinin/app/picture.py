"""The window without a screen: Qt paints the widgets, EGL draws the canvases, each at the place that it has."""

from pathlib import Path

import numpy as np
from PyQt6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QWidget

from seeinin.errors import DiskError
from seeinin.visuals.canvas import Canvas


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


def image_of(rgba: np.ndarray) -> QImage:
    """uint8 (height, width, 4) as an image of Qt's own."""
    height, width, _ = rgba.shape
    return QImage(rgba.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()


def array_of(image: QImage) -> np.ndarray:
    """An image of Qt's as uint8 (height, width, 4)."""
    rgba = image.convertToFormat(QImage.Format.Format_RGBA8888)
    bits = rgba.constBits()
    assert bits is not None
    rows = np.frombuffer(bits.asarray(rgba.sizeInBytes()), np.uint8).reshape(rgba.height(), rgba.bytesPerLine())
    return rows[:, : 4 * rgba.width()].reshape(rgba.height(), rgba.width(), 4).copy()


def save(image: QImage, path: Path) -> None:
    """Write a PNG; it has its name only when it is whole. Raises DiskError."""
    partial = path.with_name(path.name + ".partial")
    if not path.parent.is_dir():
        raise DiskError(f"cannot write {path}: there is no folder {path.parent}")
    if not image.save(str(partial), "PNG"):
        partial.unlink(missing_ok=True)
        raise DiskError(f"cannot write {path}: the folder refuses it or the disk is full")
    partial.replace(path)
