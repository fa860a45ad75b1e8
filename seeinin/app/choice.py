"""A drop-down list that looks like the other tools."""

from PyQt6.QtCore import QPointF, QSize, Qt
from PyQt6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox

from seeinin.app.focus import OwnKeys

SHOWN = 24  # entries that the open list shows without scrolling


class Choice(QComboBox):
    """Takes the keys only while it is open, and never more room than its words need."""

    def __init__(self, tip: str, name: str) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMaxVisibleItems(SHOWN)
        self.setToolTip(tip)
        self.setAccessibleName(name)
        OwnKeys(self)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)

    def sizeHint(self) -> QSize:
        """No name, however long, pushes the tools out of the window."""
        return (super().sizeHint() + QSize(20, 0)).boundedTo(QSize(280, 1000))

    def minimumSizeHint(self) -> QSize:
        return QSize(90, super().minimumSizeHint().height())

    def initStyleOption(self, option: QStyleOptionComboBox | None) -> None:
        """Too narrow for its words it shows where they begin and end; Qt would cut through a letter."""
        super().initStyleOption(option)
        style = self.style()
        if option is None or style is None:
            return
        box, words = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room = style.subControlRect(box, option, words, self).width() - 4  # styles keep a pixel or two free around them
        option.currentText = self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideMiddle, room)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """The style sheet has no arrow of its own."""
        super().paintEvent(event)
        painter, x, y = QPainter(self), self.width() - 14, self.height() / 2 - 1.5
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().placeholderText().color(), 1.5))
        painter.drawPolyline(QPolygonF([QPointF(x - 4, y), QPointF(x, y + 4), QPointF(x + 4, y)]))
