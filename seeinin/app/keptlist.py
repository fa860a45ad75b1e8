"""The selections that have names, as a list: there while there are any."""

from PyQt6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PyQt6.QtWidgets import (
    QListWidget,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from seeinin.app.focus import OwnKeys
from seeinin.app.headings import Heading
from seeinin.app.legend import LEFT, RIGHT, how_of
from seeinin.app.names import as_tip
from seeinin.app.rows import paint_ground
from seeinin.state.selection import Kept
from seeinin.state.state import ViewerState
from seeinin.wording import plain

LEAST, MOST = 2, 3  # rows before it scrolls, where there is little room and where there is enough
GAP = 7


class Row(QStyledItemDelegate):
    """A name, and how many points or images it stands for."""

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        assert painter is not None
        painter.save()
        box, count = option.rect.adjusted(0, 1, -4, -1), index.data(Qt.ItemDataRole.UserRole)
        paint_ground(painter, option, box, 0.0)
        inside = box.adjusted(GAP, 0, -GAP, 0)
        painter.setPen(option.palette.placeholderText().color())
        painter.drawText(inside, RIGHT, count)
        room = inside.width() - option.fontMetrics.horizontalAdvance(count) - GAP
        painter.setPen(option.palette.text().color())
        name = option.fontMetrics.elidedText(index.data(), Qt.TextElideMode.ElideRight, room)
        painter.drawText(inside, LEFT, name)
        painter.restore()


class KeptList(QListWidget):
    """Click selects what was kept, Shift adds it, Ctrl takes it away, both intersect."""

    def __init__(self, state: ViewerState) -> None:
        super().__init__()
        self.viewer = state
        self.setItemDelegate(Row(self))
        self.setMouseTracking(True)
        self.setSelectionMode(QListWidget.SelectionMode.NoSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Maximum)
        self.setAccessibleName("Named selections")
        OwnKeys(self)
        state.events.kept.connect(self.refresh)
        self.refresh()

    def kept_at(self, at: QPoint) -> Kept | None:
        row = self.indexAt(at).row()
        return self.viewer.kept[row] if 0 <= row < len(self.viewer.kept) else None

    def refresh(self, *_: object) -> None:
        self.clear()
        layers = self.viewer.cache.layers
        for kept in self.viewer.kept:
            self.addItem(plain(kept.name))
            item = self.item(self.count() - 1)
            assert item is not None
            layer = kept.selection.layer
            where = "images" if layer is None else f"points of {plain(layers[layer].name)}"
            item.setData(Qt.ItemDataRole.UserRole, f"{kept.selection.count:,}")
            item.setToolTip(as_tip(f"{plain(kept.name)}: {kept.selection.count:,} {where}"))
            item.setSizeHint(QSize(40, self.fontMetrics().height() + GAP))
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        """Fewer rows than it likes, so that a low window keeps its height."""
        return QSize(40, self._high(min(self.count(), LEAST)))

    def sizeHint(self) -> QSize:
        return QSize(40, self._high(min(self.count(), MOST)))

    def _high(self, rows: int) -> int:
        return rows * (self.fontMetrics().height() + GAP) + 2

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        if event.button() == Qt.MouseButton.LeftButton and (kept := self.kept_at(event.pos())) is not None:
            self.viewer.recall(kept.name, how_of(event.modifiers()))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        assert event is not None
        row = self.currentRow()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Space) and 0 <= row < len(self.viewer.kept):
            self.viewer.recall(self.viewer.kept[row].name, how_of(event.modifiers()))
        else:
            super().keyPressEvent(event)


class KeptPanel(QWidget):
    """The list under its name."""

    def __init__(self, state: ViewerState) -> None:
        super().__init__()
        self.state, self.list = state, KeptList(state)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(4)
        column.addWidget(Heading("Named selections"))
        column.addWidget(self.list)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Maximum)
        state.events.kept.connect(self._show)
        self._show()

    def _show(self, *_: object) -> None:
        self.setVisible(bool(self.state.kept))
