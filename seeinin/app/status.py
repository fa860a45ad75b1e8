"""The status bar: what is drawn, selected, linked, out of range and under the cursor, and what the tool does."""

from functools import partial

from PyQt6.QtCore import QRectF, QSize, Qt, QTimer
from PyQt6.QtGui import QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QStatusBar, QToolButton, QWidget

from seeinin.app.headings import Elided
from seeinin.app.tally import Tally
from seeinin.geometry.warp import LINEAR
from seeinin.state.named import Drawn, Pile
from seeinin.state.state import ViewerState
from seeinin.wording import count_of, plain

PATIENCE = 100  # ms; what takes longer gets a busy sign
STUCK = 3.0  # s of waiting for the disk after which that is said
HINTS = {
    "pan": "drag to pan · wheel zooms · click picks · Shift-drag lassoes",
    "lasso": "drag to lasso · Shift adds · Ctrl subtracts · Esc cancels",
    "brush": "drag over points · Shift adds · Ctrl subtracts · Esc cancels",
    "rectangle": "drag a rectangle · Shift adds · Ctrl subtracts · Esc cancels",
}
LINKS = {
    "place": "Other layers show the points at the place of the selected ones. Click: whole images",
    "image": "Other layers show every point of an image of which a point is selected. Click: the same place only",
}


def drawn_words(drawn: Drawn | None) -> str:
    """'all 5,760,000 points in 25 cells', or how many of them there are so far."""
    if drawn is None:
        return ""
    cells = count_of(drawn.cells, "cell")
    if drawn.correlated:
        return f"|correlation| of {cells}, over {count_of(drawn.correlated, 'image')}; zoom in for points"
    if drawn.points < drawn.total:
        return f"{drawn.points:,} of {count_of(drawn.total, 'point')} in {cells}, refining"
    above = f", |correlation| over {count_of(drawn.above, 'image')} above the diagonal" if drawn.above else ""
    return f"all {count_of(drawn.total, 'point')} in {cells}{above}"


def missed_words(drawn: Drawn | None) -> dict[str, str]:
    """'12 out of range', '3 not finite' and '7 damaged' by what they are; nothing where there are none."""
    words = {"outside": "out of range", "nonfinite": "not finite", "damaged": "damaged"}
    return {name: f"{n:,} {said}" if (n := getattr(drawn, name, 0)) else "" for name, said in words.items()}


def pile_words(pile: Pile | None) -> str:
    """' · 1,204 points here', ' · point 3 of 1,204 here'."""
    if pile is None:
        return ""
    return f" · point {pile.which:,} of {pile.points:,} here" if pile.which else f" · {pile.points:,} points here"


def disk_words(name: str, waits: float) -> str:
    """What is said of a disk that has owed an answer for so many seconds."""
    if waits < PATIENCE / 2000:
        return ""
    if waits < STUCK:
        return f"reading {plain(name)}"
    return f"the disk of {plain(name)} has not answered for {waits:.0f} s; the window waits, or works with what it has"


class Status(QStatusBar):
    """Reads the state only; `show_tally` brings what the state does not hold."""

    def __init__(self, state: ViewerState) -> None:
        super().__init__()
        self.state = state
        self.busy, self.drawn, self.selected = Busy(), Elided(), Elided()
        self.link, self.under = QToolButton(), Elided()
        looks = {"outside": "muted", "nonfinite": "strange", "damaged": "lost"}
        self.missed = {name: Elided(name=look) for name, look in looks.items()}
        self.hint = Elided(name="muted")
        self.tally: Tally | None = None
        self.setSizeGripEnabled(False)
        self.watch = QTimer(self)
        self.watch.timeout.connect(self._show_busy)
        self.watch.start(PATIENCE)
        self._lay_out()
        self.link.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.link.clicked.connect(partial(switch_link, state))
        for name, follow in (
            ("drawn", self._show_drawn),
            ("link", self._show_link),
            ("cell", self._show_cursor),
            ("pile", self._show_cursor),
            ("tool", self._show_hint),
            ("busy", self._show_busy),
            ("against", self._show_selected),
        ):
            getattr(state.events, name).connect(follow)
            follow()

    def _lay_out(self) -> None:
        """One line; when the window is narrow the later parts give way first."""
        row = QWidget()
        row.setMinimumHeight(self.fontMetrics().height() + 10)
        line = QHBoxLayout(row)
        line.setContentsMargins(8, 1, 8, 1)
        line.setSpacing(16)
        for part in (self.busy, self.drawn, self.selected, self.link, *self.missed.values(), self.under):
            line.addWidget(part)
        line.addWidget(self.hint, 1)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        row.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.addWidget(row, 1)

    def show_tally(self, tally: Tally | None) -> None:
        self.tally = tally
        self._show_selected()

    def _show_selected(self, *_: object) -> None:
        cache, tally, against = self.state.cache, self.tally, self.state.against
        if tally is None:
            self.selected.setText(f"nothing of {count_of(cache.images, 'image')} selected")
            return
        name = "" if tally.layer is None else plain(cache.layers[tally.layer].name)
        compared = "" if against is None else f", compared with {plain(against.name)}"
        self.selected.setText(tally.words(name, cache.images) + compared)

    def _show_drawn(self, *_: object) -> None:
        self.drawn.setText(drawn_words(self.state.drawn))
        for name, words in missed_words(self.state.drawn).items():
            self.missed[name].setText(words)
            self.missed[name].setVisible(bool(words))
            self.missed[name].explain(self._why(name))

    def _why(self, name: str) -> str:
        return {
            "outside": "Values beyond their axis, drawn as marks on its edge",
            "nonfinite": "NaN and infinities, drawn in magenta beside their plots",
            "damaged": "" if self.state.drawn is None else f"Not drawn, hatched: {self.state.drawn.why}",
        }[name]

    def _show_link(self, *_: object) -> None:
        self.link.setText(f"link: {self.state.link}")
        self.link.setToolTip(LINKS[self.state.link])

    def _show_cursor(self, *_: object) -> None:
        cell, view = self.state.cell, self.state.view
        if cell is None:
            self.under.setText("")
            return
        x, y = (
            (LINEAR if view is None else view.warp(channel)).words(at)
            for channel, at in ((cell.column, cell.x), (cell.row, cell.y))
        )
        plot = f"channel {cell.column}" + (f" × {cell.row}" if cell.row != cell.column else "")
        at = x if cell.row == cell.column else f"{x}, {y}"
        self.under.setText(f"{plot}   {at}" + pile_words(self.state.pile))

    def _show_hint(self, *_: object) -> None:
        self.hint.setText(HINTS[self.state.tool])

    def _show_busy(self, *_: object) -> None:
        self.busy.show_work(self.state.busy or disk_words(self.state.cache.path.name, self.state.cache.waits))


def switch_link(state: ViewerState) -> None:
    """From linking by place to linking by image, and back."""
    state.link = "image" if state.link == "place" else "place"


class Busy(QWidget):
    """A turning arc and what is waited for, once that has taken `PATIENCE`."""

    def __init__(self) -> None:
        super().__init__()
        self.words = QLabel()
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.turn = 0
        self.patience, self.turning = QTimer(self), QTimer(self)
        self.patience.setSingleShot(True)
        self.patience.setInterval(PATIENCE)
        self.turning.setInterval(80)
        self.patience.timeout.connect(self._appear)
        self.turning.timeout.connect(self._turn)
        line = QHBoxLayout(self)
        line.setContentsMargins(18, 0, 0, 0)
        line.addWidget(self.words)
        self.hide()

    def show_work(self, words: str) -> None:
        """'' when the work is done."""
        self.words.setText(words)
        if not words:
            self.patience.stop()
            self.turning.stop()
            self.hide()
        elif not self.isVisible() and not self.patience.isActive():
            self.patience.start()

    def sizeHint(self) -> QSize:
        return super().sizeHint().expandedTo(QSize(16, 16))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().link().color(), 2))
        painter.drawArc(QRectF(1, (self.height() - 12) / 2, 12, 12), -self.turn * 30 * 16, 270 * 16)

    def _appear(self) -> None:
        self.show()
        self.turning.start()

    def _turn(self) -> None:
        self.turn += 1
        self.update()
