"""The ground of a row of a list: a bar for its share, rounded, lighter under the mouse, framed where the keys are."""

from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QPainter, QPen
from PyQt6.QtWidgets import QStyle, QStyleOptionViewItem

ROUND = 4  # px, radius of the corners


def paint_ground(painter: QPainter, option: QStyleOptionViewItem, box: QRect, share: float) -> None:
    """`share` 0 to 1 of the width of the box."""
    palette = option.palette
    painter.setPen(Qt.PenStyle.NoPen)
    if option.state & QStyle.StateFlag.State_MouseOver:
        painter.setBrush(palette.alternateBase())
        painter.drawRoundedRect(box, ROUND, ROUND)
    if share:
        painter.setBrush(palette.highlight())
        width = max(round(box.width() * share), ROUND)
        painter.drawRoundedRect(QRect(box.left(), box.top(), width, box.height()), ROUND, ROUND)
    if option.state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QPen(palette.link().color(), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, ROUND, ROUND)
