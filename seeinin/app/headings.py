"""The line above a panel: its name, and a note at the right."""

from collections.abc import Sequence

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QAction, QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from seeinin.app.names import as_tip

FIGURE = 40  # px, which a note such as a count has at least


class Elided(QLabel):
    """Plain text on one line, cut with … where it has no room, and whole in its tool tip."""

    def __init__(self, text: str = "", name: str = "") -> None:
        super().__init__(text)
        self.explained = ""  # for the tool tip, instead of the text
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def setText(self, text: str | None) -> None:
        if text != self.text():
            super().setText(text)
            self._tip()

    def explain(self, text: str) -> None:
        """Say more in the tool tip, however much room there is."""
        self.explained = text
        self._tip()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._tip()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.setPen(self.palette().windowText().color())
        painter.drawText(self.rect(), int(self.alignment()) | Qt.TextFlag.TextSingleLine, shown)

    def _tip(self) -> None:
        cut = self.fontMetrics().horizontalAdvance(self.text()) > self.width()
        self.setToolTip(as_tip(self.explained or self.text()) if cut or self.explained else "")


class Heading(QWidget):
    """NAME                note, or the note below where both have no room on one line."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, self.note = QLabel(name.upper()), Elided(name="note")
        self.name.setTextFormat(Qt.TextFormat.PlainText)
        self.name.setObjectName("heading")
        self.line = QHBoxLayout(self)
        self.line.setContentsMargins(0, 0, 0, 0)
        self.line.setSpacing(4)
        self.line.addWidget(self.name)
        self.line.addWidget(self.note, 1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._arrange()

    def set_note(self, text: str) -> None:
        self.note.setText(text)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        needed = self.name.sizeHint().width() + 8 + self.note.fontMetrics().horizontalAdvance(self.note.text())
        below = needed > self.contentsRect().width()
        side = Qt.AlignmentFlag.AlignLeft if below else Qt.AlignmentFlag.AlignRight
        self.note.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        direction = QBoxLayout.Direction
        self.line.setDirection(direction.TopToBottom if below else direction.LeftToRight)


class ListHeading(QWidget):
    """NAME   note            its order ▾"""

    def __init__(self, name: str, actions: Sequence[QAction], tip: str) -> None:
        super().__init__()
        heading, self.note, self.order = QLabel(name.upper()), Elided(name="note"), QToolButton()
        heading.setObjectName("heading")
        self.note.setSizePolicy(heading.sizePolicy())  # as high as it: alone in the middle, it stands a pixel higher
        self.order.setObjectName("flat")
        self.order.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.order.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.order.setToolTip(tip)
        menu = QMenu(self.order)
        menu.addActions(actions)
        self.order.setMenu(menu)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        line.addWidget(heading)
        line.addWidget(self.note, 1)
        line.addWidget(self.order)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_note(self, text: str) -> None:
        self.note.setText(text)
        self.note.setMinimumWidth(min(self.note.fontMetrics().horizontalAdvance(text), FIGURE))

    def set_order(self, text: str) -> None:
        self.order.setText(text)
