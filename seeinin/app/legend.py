"""The legend: every class with its colour and how many of its images are selected; a click selects the class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PyQt6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PyQt6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPen, QResizeEvent
from PyQt6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from seeinin.app.focus import OwnKeys
from seeinin.app.names import as_tip
from seeinin.app.rows import paint_ground
from seeinin.geometry.colours import REST, REST_ON_LIGHT, SLOTS, SLOTS_ON_LIGHT
from seeinin.state.legend import LegendOrder, legend_order, lift
from seeinin.state.selection import How
from seeinin.state.slots import colour_of, lent
from seeinin.state.state import ViewerState
from seeinin.views.theme import Theme
from seeinin.wording import about, plain

Index = QModelIndex | QPersistentModelIndex
DOT = 10  # px across
EYE = 20  # px that the eye has at the right of a row
GAP = 7
LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


class Classes(QAbstractListModel):
    """The rows: what the delegate paints, for as many classes as there are."""

    def __init__(self, names: Sequence[str], totals: np.ndarray) -> None:
        super().__init__()
        self.names = [plain(name) for name in names]
        self.totals = totals
        self.colours: list[QColor] = []  # by class, as `names` and `totals`
        self.order = np.arange(len(self.names))  # the class of each row
        self.lift: np.ndarray | None = None  # of each class, where it is shown
        self.selected: np.ndarray | None = None
        self.hidden: frozenset[int] = frozenset()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.names)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        number = self.number(index)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.names[number]
        if role == Qt.ItemDataRole.ToolTipRole:
            return as_tip(f"{self.names[number]}: {self.count(number)} selected")
        return None

    def number(self, index: Index) -> int:
        """The class of a row."""
        return int(self.order[index.row()])

    def count(self, number: int) -> str:
        """'974 / 974', or the total alone while nothing of the class is selected; before it the lift."""
        some = 0 if self.selected is None else self.selected[number]
        if not some:
            return f"{self.totals[number]:,}"
        lift = "" if self.lift is None else f"×{about(self.lift[number])}   "
        return f"{lift}{some:,} / {self.totals[number]:,}"

    def share(self, number: int) -> float:
        """How much of the class is selected, 0..1."""
        return 0.0 if self.selected is None else self.selected[number] / max(self.totals[number], 1)

    def update(self, *, selected: np.ndarray | None, hidden: frozenset[int], by: LegendOrder) -> None:
        self.selected, self.hidden = selected, hidden
        self.lift = lift(selected, self.totals) if by == "lift" and selected is not None else None
        self.order = legend_order(by, self.totals, selected)
        if self.names:
            self.dataChanged.emit(self.index(0), self.index(len(self.names) - 1))


class Row(QStyledItemDelegate):
    """Paints a row: dot, name, count, and the eye where the mouse is or the class is hidden."""

    def __init__(self, legend: "Legend") -> None:
        super().__init__(legend)
        self.legend = legend

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self.legend.gridSize()

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: Index) -> None:
        assert painter is not None
        model = index.model()
        assert isinstance(model, Classes)
        number = model.number(index)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box, palette = option.rect.adjusted(0, 1, -4, -1), option.palette
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        paint_ground(painter, option, box, model.share(number))
        hidden = number in model.hidden
        painter.setOpacity(0.4 if hidden else 1.0)
        middle = box.center().y() + 1
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(model.colours[number])
        painter.drawEllipse(box.left() + GAP, middle - DOT // 2, DOT, DOT)
        left, right = box.left() + 2 * GAP + DOT, box.right() - EYE
        count = model.count(number)
        painter.setPen(palette.placeholderText().color())
        painter.drawText(box.adjusted(0, 0, -EYE, 0), RIGHT, count)
        room = right - left - option.fontMetrics.horizontalAdvance(count) - GAP
        painter.setPen(palette.text().color())
        name = option.fontMetrics.elidedText(model.names[number], Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(left, box.top(), room, box.height()), LEFT, name)
        painter.setOpacity(1.0)
        if hovered or hidden:
            _draw_eye(painter, box.right() - EYE // 2, middle, palette.text().color(), closed=hidden)
        painter.restore()


class Legend(QListView):
    """Click selects a class, Shift adds it, Ctrl takes it away, both intersect; the eye hides its points, and with Alt
    those of all others."""

    def __init__(self, state: ViewerState, theme: Theme) -> None:
        super().__init__()
        self.viewer = state
        cache = state.cache
        self.classes = Classes(cache.classes, np.asarray(cache.class_count))
        self.setModel(self.classes)
        self.setItemDelegate(Row(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Classes")
        OwnKeys(self)
        self._selected: np.ndarray | None = None
        self._lent: set[int] = set()  # classes that have a colour because they stood out
        self._wanted = ""
        self.set_theme(theme)
        state.events.hidden.connect(self._repaint)
        state.events.slots.connect(self._repaint)
        state.events.legend.connect(self._repaint)

    def show_counts(self, selected: np.ndarray | None) -> None:
        """`selected` (K): images of each class that the selection touches; of many classes, those that stand out in it
        are lent a colour.
        """
        self._selected = selected
        if selected is not None and len(selected) > len(self.viewer.slots):
            before = self.viewer.slots
            self.viewer.slots = lent(before, self._lent, selected, self.classes.totals)
            self._lent = {n for n in self.viewer.slots if n is not None and (n in self._lent or n not in before)}
        self._repaint()

    def set_theme(self, theme: Theme) -> None:
        colours = (*SLOTS, REST) if theme.dark else (*SLOTS_ON_LIGHT, REST_ON_LIGHT)
        self.palette_of_slots = [QColor(colour) for colour in colours]
        self._repaint()

    def search(self, text: str) -> None:
        """Show only the classes that have `text` in their name."""
        self._wanted = text.casefold()
        for row, number in enumerate(self.classes.order):
            self.setRowHidden(row, self._wanted not in self.classes.names[number].casefold())

    def class_at(self, at: QPoint) -> int | None:
        """The class whose row is at a place."""
        index = self.indexAt(at)
        return self.classes.number(index) if index.isValid() else None

    def rows_high(self) -> int:
        """How many px all rows need at the present width."""
        across = max(self.width() // self.gridSize().width(), 1) if self.gridSize().isValid() else 1
        return -(-len(self.classes.names) // across) * self.row_height() + 2

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        room = self.width() - 8  # the scroll bar's
        across = 2 if 2 * self._row_width() <= room else 1
        self.setGridSize(QSize(room // across - 1, self.row_height()))
        super().resizeEvent(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        index = self.indexAt(event.pos())
        if event.button() != Qt.MouseButton.LeftButton or not index.isValid():
            return
        number = self.classes.number(index)
        if event.pos().x() <= self.visualRect(index).right() - EYE - 4:
            self.viewer.select_class(number, how_of(event.modifiers()))
        elif event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.viewer.solo(number)
        else:
            self.viewer.hidden = self.viewer.hidden ^ {number}

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        assert event is not None
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Space) and index.isValid():
            self.viewer.select_class(self.classes.number(index), how_of(event.modifiers()))
        else:
            super().keyPressEvent(event)

    def _repaint(self, *_: object) -> None:
        numbers = range(len(self.classes.names))
        self.classes.colours = [self.palette_of_slots[colour_of(self.viewer.slots, n)] for n in numbers]
        before = self.classes.order
        self.classes.update(selected=self._selected, hidden=self.viewer.hidden, by=self.viewer.legend)
        if self._wanted and not np.array_equal(before, self.classes.order):
            self.search(self._wanted)

    def row_height(self) -> int:
        return self.fontMetrics().height() + 7

    def _row_width(self) -> int:
        """What the widest row needs; of long lists the first rows, and the longest name of all."""
        metrics: QFontMetrics = self.fontMetrics()
        names = max(self.classes.names, key=len, default="")
        count = max((f"{n:,} / {n:,}" for n in self.classes.totals.tolist()), key=len, default="")
        return 4 * GAP + DOT + EYE + metrics.horizontalAdvance(names) + metrics.horizontalAdvance(count)


def how_of(modifiers: Qt.KeyboardModifier) -> How:
    """Shift adds, Ctrl subtracts, both intersect, none replaces: the same everywhere."""
    shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
    control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
    return "intersect" if shift and control else "add" if shift else "subtract" if control else "replace"


def _draw_eye(painter: QPainter, x: int, y: int, colour: QColor, *, closed: bool) -> None:
    painter.setPen(QPen(colour, 1.2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(x - 6, y - 4, 12, 8)
    if closed:
        painter.drawLine(x - 6, y + 5, x + 6, y - 5)
    else:
        painter.setBrush(colour)
        painter.drawEllipse(x - 2, y - 2, 4, 4)
