"""An image enlarged without blur, with a receptive field as a thin box and its home as a thick one."""

from typing import NamedTuple

import numpy as np
from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QBrush, QColor, QImage, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from seeinin.app.images import image_of

SMALLEST, SIDE, LARGEST = 72, 112, 256  # px


class Box(NamedTuple):
    """Rows `top` to `bottom` and columns `left` to `right` of an image, the last ones included."""

    top: int
    bottom: int
    left: int
    right: int


class Enlarged(QWidget):
    """Each pixel of the image is the same whole number of screen pixels; only larger images are made smaller."""

    def __init__(self) -> None:
        super().__init__()
        self.image, self.side = QImage(), SIDE
        self.damaged = False
        self.field: Box | None = None
        self.home: Box | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(self.side, self.side)

    def resize_to(self, side: int) -> None:
        """As large as there is room for, within limits."""
        side = min(max(side, SMALLEST), LARGEST)
        if side != self.side:
            self.side = side
            self.updateGeometry()

    def show_image(
        self, pixels: np.ndarray | None, field: Box | None = None, home: Box | None = None, *, damaged: bool = False
    ) -> None:
        """`pixels` uint8 (h, w, c), c 1 or 3 (of others the first is shown).

        None shows an empty place, or a hatched one where they are `damaged`.
        """
        self.image, self.damaged = QImage() if pixels is None else image_of(pixels), damaged
        self.field, self.home = field, home
        self.update()

    def scale(self) -> float:
        """Screen pixels (logical) for each pixel of the image."""
        ratio = self.devicePixelRatioF()
        room = self.side * ratio / max(self.image.width(), self.image.height(), 1)
        return (int(room) if room >= 1 else room) / ratio

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        if self.image.isNull():
            painter.setPen(QPen(self.palette().mid().color(), 1))
            if self.damaged:
                painter.setBrush(QBrush(self.palette().placeholderText().color(), Qt.BrushStyle.BDiagPattern))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)
            if self.damaged:
                self._name_damage(painter)
            return
        scale = self.scale()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 1)
        painter.drawImage(QRectF(0, 0, self.image.width() * scale, self.image.height() * scale), self.image)
        for box, width in ((self.field, 1.0), (self.home, 2.5)):
            if box is not None and box.bottom >= box.top and box.right >= box.left:  # else it reads padding only
                self._outline(painter, box, scale, width)

    def _name_damage(self, painter: QPainter) -> None:
        room = painter.fontMetrics().boundingRect("damaged").adjusted(-6, -3, 6, 3)
        room.moveCenter(self.rect().center())
        painter.fillRect(room, self.palette().window())
        painter.setPen(self.palette().text().color())
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, "damaged")

    def _outline(self, painter: QPainter, box: Box, scale: float, width: float) -> None:
        """Drawn inside the box's own pixels, on a dark edge, so that it is seen on any image."""
        around = QRectF(
            box.left * scale, box.top * scale, (box.right + 1 - box.left) * scale, (box.bottom + 1 - box.top) * scale
        )
        for colour, thick in (("#000000", width + 2), (self.palette().link().color().name(), width)):
            pen = QPen(QColor(colour), thick)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawRect(around.adjusted(thick / 2, thick / 2, -thick / 2, -thick / 2))
