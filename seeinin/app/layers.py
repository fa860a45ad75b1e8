"""The choice of the layer."""

from PyQt6.QtCore import QPointF, QSize, Qt
from PyQt6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QComboBox

from seeinin.app.focus import OwnKeys
from seeinin.app.names import plain
from seeinin.state.state import ViewerState
from seeinin.store.reader import Layer

SHOWN = 24  # layers that the open list shows without scrolling


def shape_of(layer: Layer) -> str:
    """'20 × 24 × 24', or '10 channels' where there are no positions."""
    channels, height, width = layer.shape
    if layer.positions == 1:
        return "1 channel" if channels == 1 else f"{channels:,} channels"
    return f"{channels:,} × {height} × {width}"


class LayerChoice(QComboBox):
    """All layers in order of execution, with their shapes."""

    def __init__(self, state: ViewerState) -> None:
        super().__init__()
        self.state = state
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMaxVisibleItems(SHOWN)
        self.setToolTip("The layer whose points are plotted (PgUp, PgDn)")
        self.setAccessibleName("Layer")
        OwnKeys(self)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for layer in state.cache.layers:
            self.addItem(f"{plain(layer.name)} · {shape_of(layer)}")
        self.setCurrentIndex(-1)
        self.activated.connect(state.show_layer)
        state.events.view.connect(self._follow)
        self._follow()

    def sizeHint(self) -> QSize:
        """No name, however long, pushes the tools out of the window."""
        return (super().sizeHint() + QSize(20, 0)).boundedTo(QSize(280, 1000))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """The style sheet has no arrow of its own."""
        super().paintEvent(event)
        painter, x, y = QPainter(self), self.width() - 14, self.height() / 2 - 1.5
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().placeholderText().color(), 1.5))
        painter.drawPolyline(QPolygonF([QPointF(x - 4, y), QPointF(x, y + 4), QPointF(x + 4, y)]))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, super().minimumSizeHint().height())

    def _follow(self, *_: object) -> None:
        if self.state.view is not None:
            self.setCurrentIndex(self.state.view.layer)
