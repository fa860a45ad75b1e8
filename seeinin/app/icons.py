"""The toolbar's icons, drawn as lines so that they take the theme's colour and are sharp on any screen."""

from collections.abc import Callable

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

SIDE = 16  # px; icons are drawn in a square of this size
RATIOS = (1, 2, 3)


def icon(name: str, colour: str, disabled: str) -> QIcon:
    """One of the names in `DRAWINGS`; sharp at each of the usual device pixel ratios."""
    made = QIcon()
    for ratio in RATIOS:
        for shade, mode in ((colour, QIcon.Mode.Normal), (disabled, QIcon.Mode.Disabled)):
            made.addPixmap(_pixmap(DRAWINGS[name], shade, ratio), mode)
    return made


def _pixmap(draw: Callable[[QPainter], None], colour: str, ratio: int) -> QPixmap:
    pixmap = QPixmap(QSize(SIDE, SIDE) * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    round_pen = (Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.setPen(QPen(QColor(colour), 1.4, *round_pen))
    draw(painter)
    painter.end()
    return pixmap


def _lines(painter: QPainter, *corners: tuple[float, float]) -> None:
    painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in corners]))


def _pan(painter: QPainter) -> None:
    _lines(painter, (8, 1.5), (8, 14.5))
    _lines(painter, (1.5, 8), (14.5, 8))
    for tip, a, b in (
        ((8, 1.5), (6, 3.5), (10, 3.5)),
        ((8, 14.5), (6, 12.5), (10, 12.5)),
        ((1.5, 8), (3.5, 6), (3.5, 10)),
        ((14.5, 8), (12.5, 6), (12.5, 10)),
    ):
        _lines(painter, a, tip, b)


def _lasso(painter: QPainter) -> None:
    path = QPainterPath(QPointF(5, 11))
    path.cubicTo(QPointF(-1, 8), QPointF(2, 1.5), QPointF(9, 2))
    path.cubicTo(QPointF(16, 2.5), QPointF(16, 10), QPointF(9, 10.5))
    path.cubicTo(QPointF(6, 10.8), QPointF(4, 10), QPointF(4.5, 12))
    path.cubicTo(QPointF(5, 14), QPointF(7, 13), QPointF(7.5, 14.5))
    painter.drawPath(path)


def _rectangle(painter: QPainter) -> None:
    pen = QPen(painter.pen())
    pen.setDashPattern([2.2, 1.8])
    painter.setPen(pen)
    painter.drawRect(QRectF(2, 3, 12, 10))


def _brush(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(5.5, 10.5), 4, 4)
    _lines(painter, (8.5, 7.5), (14, 2))


def _fit(painter: QPainter) -> None:
    for x, y in ((2, 2), (14, 2), (2, 14), (14, 14)):
        dx, dy = (4 if x < 8 else -4), (4 if y < 8 else -4)
        _lines(painter, (x + dx, y), (x, y), (x, y + dy))
    painter.drawRect(QRectF(6, 6, 4, 4))


def _points(painter: QPainter) -> None:
    painter.setBrush(painter.pen().color())
    for x, y in ((4, 5), (9, 3.5), (12.5, 7), (6.5, 9), (11, 11.5), (4, 12.5)):
        painter.drawEllipse(QPointF(x, y), 0.9, 0.9)


def _undo(painter: QPainter) -> None:
    painter.drawArc(QRectF(3, 4.5, 10, 9), -60 * 16, 205 * 16)
    _lines(painter, (3.2, 3.4), (3.5, 7.4), (7.4, 6.8))


def _redo(painter: QPainter) -> None:
    painter.translate(SIDE, 0)
    painter.scale(-1, 1)
    _undo(painter)


DRAWINGS: dict[str, Callable[[QPainter], None]] = {
    "pan": _pan,
    "lasso": _lasso,
    "rectangle": _rectangle,
    "brush": _brush,
    "fit": _fit,
    "points": _points,
    "undo": _undo,
    "redo": _redo,
}
