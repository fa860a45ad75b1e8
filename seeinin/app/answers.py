"""The answers to the last question, above the feature maps: a line each, and a click goes where it leads."""

from typing import Any

from PyQt6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListView,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from seeinin.app.focus import OwnKeys
from seeinin.app.headings import Elided
from seeinin.app.legend import DOT, GAP, Classes, how_of
from seeinin.app.names import as_tip
from seeinin.app.rows import paint_ground
from seeinin.state.answers.answer import Answer, Answers
from seeinin.state.selection import How
from seeinin.state.state import ViewerState
from seeinin.wording import plain

Index = QModelIndex | QPersistentModelIndex
ROWS = 12  # that are seen without scrolling
MIDDLE, RIGHT = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


class Lines(QAbstractListModel):
    """The lines of the answers, for the delegate to paint."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: tuple[Answer, ...] = ()

    def show_lines(self, lines: tuple[Answer, ...]) -> None:
        self.beginResetModel()
        self.lines = lines
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self.lines[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{plain(line.text)} {line.figure}"
        return as_tip(f"{plain(line.text)}: {line.figure}") if role == Qt.ItemDataRole.ToolTipRole else None


class Row(QStyledItemDelegate):
    """Paints a line: the dots of its classes, its text and its figure, over a bar of its share."""

    def __init__(self, answers: "AnswerList") -> None:
        super().__init__(answers)
        self.answers = answers

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(60, self.answers.row_height())

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: Index) -> None:
        assert painter is not None
        line, box = self.answers.lines.lines[index.row()], option.rect.adjusted(0, 1, -4, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, option, box, line.share)
        left = box.left() + GAP
        painter.setPen(Qt.PenStyle.NoPen)
        for number in line.classes:
            painter.setBrush(self.answers.classes.colours[number])
            painter.drawEllipse(left, box.center().y() + 1 - DOT // 2, DOT, DOT)
            left += DOT + 3
        painter.setPen(option.palette.placeholderText().color())
        painter.drawText(box.adjusted(0, 0, -GAP, 0), RIGHT, line.figure)
        left += GAP - 3 if line.classes else 0
        room = box.right() - left - option.fontMetrics.horizontalAdvance(line.figure) - 2 * GAP
        painter.setPen(option.palette.text().color())
        text = option.fontMetrics.elidedText(plain(line.text), Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(left, box.top(), room, box.height()), MIDDLE, text)
        painter.restore()


class AnswerList(QListView):
    """A click, or Enter, goes where the line leads; Shift, Ctrl and both combine with the selection."""

    def __init__(self, state: ViewerState, classes: Classes) -> None:
        super().__init__()
        self.viewer, self.classes, self.lines = state, classes, Lines()
        self.setModel(self.lines)
        self.setItemDelegate(Row(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Answers")
        OwnKeys(self)

    def show_lines(self, lines: tuple[Answer, ...]) -> None:
        self.lines.show_lines(lines)
        self.ensurePolished()  # the style sheet's letters are what the rows are as high as
        self.setFixedHeight(min(len(lines), ROWS) * self.row_height())
        self.scrollToTop()

    def row_height(self) -> int:
        return self.fontMetrics().height() + 7

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        index = self.indexAt(event.pos())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid():
            self.setCurrentIndex(index)
            self._go(index, how_of(event.modifiers()))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        assert event is not None
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Space) and self.currentIndex().isValid():
            self._go(self.currentIndex(), how_of(event.modifiers()))
        else:
            super().keyPressEvent(event)

    def _go(self, index: Index, how: How) -> None:
        go = self.lines.lines[index.row()].go
        if go is not None:
            go(self.viewer, how)


class AnswerPanel(QWidget):
    """TITLE and ×, what the figures mean, and the list; nothing while nothing was asked."""

    def __init__(self, state: ViewerState, classes: Classes) -> None:
        super().__init__()
        self.state = state
        self.title, self.note, self.list = Elided(name="heading"), QLabel(), AnswerList(state, classes)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setObjectName("note")
        self.note.setWordWrap(True)
        self.close_button = QToolButton()
        self.close_button.setText("×")
        self.close_button.setToolTip("Put the answers away")
        self.close_button.setObjectName("flat")
        self.close_button.clicked.connect(self._forget)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 0, 8, 4)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.note)
        column.addWidget(self.list)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        state.events.answers.connect(self._show)
        self._show(state.answers)

    def _forget(self) -> None:
        self.state.answers = None

    def _show(self, answers: Answers | None) -> None:
        self.setVisible(answers is not None)
        if answers is not None:
            self.title.setText(plain(answers.title).upper())
            self.note.setText(plain(answers.note))
            self.list.show_lines(answers.lines)
