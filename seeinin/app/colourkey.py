"""The line that says what the colours stand for, where they do not mean classes."""

from functools import partial

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from seeinin.geometry.colours import palette_rgba
from seeinin.geometry.steps import steps_rgba
from seeinin.pool import POOL, Latest
from seeinin.state.colouring import ColourBy
from seeinin.state.colourkey import ColourKey, colour_key
from seeinin.state.slots import SLOTS
from seeinin.state.state import ViewerState
from seeinin.views.theme import Theme
from seeinin.wording import plain

DOT, STEP, GAP = 9, 14, 6  # px: a dot across, a step of the scale, between two things


class ColourLine(QWidget):
    """Follows `colour_by`; hidden where there is nothing to say. What it says is read by a worker thread."""

    def __init__(self, state: ViewerState, theme: Theme) -> None:
        super().__init__()
        self.state, self.theme = state, theme
        self.key = ColourKey()
        self._asked: tuple[ColourBy, int] | None = None
        self._latest = Latest(POOL.now)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hide()
        for name in ("colour_by", "view"):
            getattr(state.events, name).connect(self._ask)
        self._ask()

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(100, self.fontMetrics().height() + 4)

    def _ask(self, *_: object) -> None:
        layer = self.state.layer
        asked = None if layer is None else (self.state.colour_by, layer.number)
        if layer is not None and asked != self._asked:
            self._asked = asked
            key = self._latest.request(colour_key, self.state.colour_by, self.state.cache, layer)
            self.state.inbox.deliver(key, partial(self._arrived, asked))

    def _arrived(self, asked: object, key: ColourKey) -> None:
        if asked == self._asked:
            self.key = key
            self.setVisible(bool(key.entries) or key.scale is not None)
            self.setAccessibleName(" · ".join(text for _, text in key.entries) or " to ".join(key.scale or ()))
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x, middle = 0.0, self.height() / 2
        if self.key.scale is not None:
            low, high = (end.replace("-", "−") for end in self.key.scale)
            x = self._write(painter, x, low)
            for number, colour in enumerate(steps_rgba(dark=self.theme.dark)[:SLOTS]):
                painter.fillRect(QRectF(x + number * STEP, middle - 4, STEP, 8), QColor.fromRgbF(*map(float, colour)))
            self._write(painter, x + SLOTS * STEP + GAP, high)
        palette = palette_rgba(dark=self.theme.dark)
        for slot, text in self.key.entries:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor.fromRgbF(*map(float, palette[slot])))
            painter.drawEllipse(QRectF(x, middle - DOT / 2, DOT, DOT))
            x = self._write(painter, x + DOT + GAP, plain(text)) + GAP

    def _write(self, painter: QPainter, x: float, text: str) -> float:
        """Where what follows may begin."""
        painter.setPen(self.palette().placeholderText().color())
        width = self.fontMetrics().horizontalAdvance(text)
        painter.drawText(QRectF(x, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        return x + width + GAP
