"""The panel of the image under the cursor, or else of the picked one: what it is, and what its point looks at."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from PyQt6.QtCore import QSize, Qt, QTimer
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PyQt6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from seeinin.app.enlarged import Box, Enlarged
from seeinin.app.headings import Heading
from seeinin.app.legend import Classes
from seeinin.app.names import as_tip
from seeinin.pool import POOL, Latest, Token
from seeinin.state.named import Place
from seeinin.state.state import ViewerState
from seeinin.store.holes import Holes
from seeinin.store.reader import Cache, Layer
from seeinin.wording import plain

LINGER = 400  # ms that an image stays when the cursor has left its point, so that nothing flickers between points
LINES = 7  # and one for the prediction, where there is one


@dataclass(frozen=True)
class Facts:
    """What the cache says of one point; read by a worker thread. None stands for what is damaged."""

    place: Place
    pixels: np.ndarray | None
    index: int
    label: int
    prediction: int | None
    name: str
    values: dict[int, float | None] = field(default_factory=dict)  # of the hovered cell's channels


def read_facts(token: Token, cache: Cache, place: Place, channels: Sequence[int]) -> Facts:
    layer = cache.layers[place.layer]
    row = place.point // layer.positions
    holes = Holes()
    pixels = cache.pixels([row], holes)[0]
    values = {c: _value(layer, c, place.point) for c in channels}
    prediction = None if cache.prediction is None else int(cache.prediction[row])
    facts = int(cache.index[row]), int(cache.label[row]), prediction, cache.name(row), values
    for table in ("rf_y", "rf_x", "home_y", "home_x"):
        getattr(layer, table)  # in memory from now on
    return Facts(place, None if holes else pixels, *facts)


def _value(layer: Layer, channel: int, point: int) -> float | None:
    holes = Holes()
    value = float(layer.read_column(channel, point, point + 1, holes=holes)[0])
    return None if holes else value


class Details(QWidget):
    """Image and text of `state.hover`, else of `state.pick`."""

    def __init__(self, state: ViewerState, classes: Classes) -> None:
        super().__init__()
        self.state, self.classes = state, classes
        self.heading = Heading("Under the cursor")
        self.enlarged = Enlarged()
        self.lines = Lines(LINES + (state.cache.prediction is not None))
        self.wanted: tuple[Place, tuple[int, ...]] | None = None
        self.shown: Facts | None = None
        self.reading = Latest(POOL.now)
        self.hovered = False
        self.lingering = QTimer(self)
        self.lingering.setSingleShot(True)
        self.lingering.setInterval(LINGER)
        self.lingering.timeout.connect(self._show_wanted)
        beside = QHBoxLayout()
        beside.setSpacing(8)
        beside.addWidget(self.enlarged, alignment=Qt.AlignmentFlag.AlignTop)
        beside.addWidget(self.lines, 1, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.heading)
        column.addLayout(beside)
        for name in ("hover", "pick", "cell"):
            getattr(state.events, name).connect(self.refresh)
        self._show_wanted()

    def settled(self) -> bool:
        """Whether what is shown is what the state asks for."""
        shown = None if self.shown is None else self.shown.place
        return shown == (None if self.wanted is None else self.wanted[0])

    def refresh(self, *_: object) -> None:
        """Ask for the facts of the point that the state names now."""
        place = self.state.hover or self.state.pick
        cell = self.state.cell
        here = place is not None and self.state.view is not None and place.layer == self.state.view.layer
        channels = tuple(dict.fromkeys((cell.column, cell.row))) if cell is not None and here else ()
        wanted = None if place is None else (place, channels)
        if wanted == self.wanted:
            return
        self.wanted = wanted
        self.hovered, before = self.state.hover is not None, self.hovered
        if before and not self.hovered:
            self.lingering.start()
        else:
            self.lingering.stop()
            self._show_wanted()

    def _show_wanted(self) -> None:
        if self.wanted is None:
            self._show(None)
        else:
            facts = self.reading.request(read_facts, self.state.cache, *self.wanted)
            self.state.inbox.deliver(facts, partial(self._arrived, self.wanted), partial(self._lose, self.wanted))

    def _lose(self, request: tuple[Place, tuple[int, ...]]) -> None:
        if request == self.wanted:
            self.wanted = None
            self._show(None)

    def _arrived(self, request: tuple[Place, tuple[int, ...]], facts: Facts) -> None:
        if request == self.wanted:
            self._show(facts)

    def _show(self, facts: Facts | None) -> None:
        self.shown = facts
        if facts is None:
            self.heading.set_note("")
            self.enlarged.show_image(None)
            self.lines.show_lines(
                [("", line, None) for line in ("hover a point", "to see its image,", "click to keep it")]
            )
            return
        self.heading.set_note("picked" if self.state.hover is None else "")
        self.enlarged.show_image(facts.pixels, *self._boxes(facts.place), damaged=facts.pixels is None)
        self.lines.show_lines(self._text(facts))

    def _boxes(self, place: Place) -> tuple[Box, Box]:
        layer, (y, x) = self.state.cache.layers[place.layer], self.state.position_of(place)
        tables = (layer.rf_y[y], layer.rf_x[x]), (layer.home_y[y], layer.home_x[x])
        field, home = (Box(*map(int, (*rows, *columns))) for rows, columns in tables)
        return field, home

    def _text(self, facts: Facts) -> list["Line"]:
        layer = self.state.cache.layers[facts.place.layer]
        y, x = self.state.position_of(facts.place)
        lines: list[Line] = [("image", f"#{facts.index}", None), self._class("class", facts.label)]
        if facts.prediction is not None:
            lines.append(self._class("predicted", facts.prediction))
        if facts.name and facts.name != str(facts.index):
            lines.append(("file", plain(facts.name), None))
        lines.append(("layer", plain(layer.name), None))
        if layer.positions > 1:
            lines.append(("at", f"y {y}, x {x}", None))
        return [*lines, *((f"channel {c}", number(value), None) for c, value in facts.values.items())]

    def _class(self, key: str, number: int) -> "Line":
        if not 0 <= number < len(self.classes.names):
            return key, "–", None
        return key, self.classes.names[number], self.classes.colours[number]


Line = tuple[str, str, QColor | None]  # key, value, colour of the line below it: in many, letters could not be read


def number(value: float | None) -> str:
    """Short enough for its line: three decimals where they say something, and a minus sign that is one."""
    if value is None or not math.isfinite(value):
        return "damaged" if value is None else "not a number" if math.isnan(value) else "∞" if value > 0 else "−∞"
    text = f"{value:.3f}" if value == 0 or 0.001 <= abs(value) < 100 else f"{value:.3g}"
    return text.replace("-", "−")


class Lines(QWidget):
    """A few lines of key and value, all whole in the tool tip. A value that has no room gets the next line, if there is
    one to spare, else it is cut with …"""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.lines: list[Line] = []
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(100, self.most * self._pitch())

    def show_lines(self, lines: list[Line]) -> None:
        self.lines = lines[: self.most]
        self.setToolTip(as_tip("\n".join(f"{key} {value}".strip() for key, value, _ in lines)))
        self.setAccessibleName("\n".join(f"{key} {value}" for key, value, _ in lines))
        self.update()

    def broken(self) -> list[Line]:
        """The lines as they are written: of a broken one first the key, then the value."""
        strong, spare, out = QFontMetrics(self._strong()), self.most - len(self.lines), list[Line]()
        for key, value, colour in self.lines:
            if spare and key and self._indent(key) + strong.horizontalAdvance(value) > self.width():
                out += [(key, "", None), (" ", value, colour)]
                spare -= 1
            else:
                out.append((key, value, colour))
        return out

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        for number, (key, value, colour) in enumerate(self.broken()):
            baseline, left = number * self._pitch() + self.fontMetrics().ascent(), self._indent(key)
            painter.setFont(self.font())
            painter.setPen(self.palette().placeholderText().color())
            painter.drawText(0, baseline, key)
            if key:
                painter.setFont(self._strong())
                painter.setPen(self.palette().text().color())
            written = painter.fontMetrics()
            text = written.elidedText(value, Qt.TextElideMode.ElideRight, self.width() - left)
            painter.drawText(left, baseline, text)
            if colour is not None:
                painter.fillRect(left, baseline + 2, written.horizontalAdvance(text), 2, colour)

    def _indent(self, key: str) -> int:
        return self.fontMetrics().horizontalAdvance(key + " ") if key else 0

    def _strong(self) -> QFont:
        font = self.font()
        font.setBold(True)
        return font

    def _pitch(self) -> int:
        return self.fontMetrics().height() + 3
