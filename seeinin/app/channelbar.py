"""The bar above the matrix: the order of the channels, which of them are shown, and what the colours mean."""

from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from seeinin.app.choice import Choice
from seeinin.state.arranging import ORDERS, Arranging
from seeinin.state.colouring import ColourBy, meanings
from seeinin.state.state import ViewerState

PLACEHOLDER = "all channels: type 812, 4-9, top 20"
WORDY = 640  # px of the bar, from which on its parts have room for their names
OFFERED = 32  # of the channels shown, those whose values colours can mean
WORDS = {
    "class": "class",
    "prediction": "prediction",
    "correct": "right or wrong",
    "row": "height in the map",
    "column": "place across the map",
    "nothing": "one colour",
}


class ChannelBar(QWidget):
    """Writes to the state through `arranging`; a text that names no channel is reported and stays to be mended."""

    def __init__(self, state: ViewerState, arranging: Arranging) -> None:
        super().__init__()
        self.state, self.arranging = state, arranging
        self.orders = Choice("The order of the channels along both sides of the matrix", "Order")
        self.orders.addItems(list(ORDERS.values()))
        self.orders.activated.connect(self._order)
        self.channels = QLineEdit()
        self.channels.setToolTip("Which channels are shown, such as 812, 4-9, top 20, silent; Enter applies")
        self.channels.setAccessibleName("Channels")
        self.channels.setClearButtonEnabled(True)
        self.channels.setMinimumWidth(130)
        self.channels.returnPressed.connect(self._write)
        self.colours = Choice("What the colours of the points mean (C)", "Colour")
        self.colours.activated.connect(self._colour)
        self._arrange_widgets()
        self._offered: list[ColourBy] = []
        state.events.view.connect(self._follow)
        state.events.colour_by.connect(self._follow)
        self._follow()

    def next_colour(self) -> None:
        """The next thing that colours can mean, as the key does."""
        now = self._offered.index(self.state.colour_by) if self.state.colour_by in self._offered else -1
        self.state.colour_by = self._offered[(now + 1) % len(self._offered)]

    def _arrange_widgets(self) -> None:
        self.labels: list[QLabel] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 7, 12, 3)
        row.setSpacing(6)
        for name, widget, stretch in (
            ("order", self.orders, 0),
            ("channels", self.channels, 1),
            ("colour", self.colours, 0),
        ):
            label = QLabel(name)
            self.labels.append(label)
            label.setObjectName("muted")
            label.setBuddy(widget)
            row.addWidget(label)
            row.addWidget(widget, stretch)
            if widget is not self.colours:
                row.addSpacing(8)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Where there is little room, what the tool tips say has to do."""
        super().resizeEvent(event)
        for label in self.labels:
            label.setVisible(self.width() >= WORDY)

    def _order(self, number: int) -> None:
        self._follow()  # what is shown is the state's; the answer comes later
        self.arranging.order_by(list(ORDERS)[number])

    def _write(self) -> None:
        self.arranging.write(self.channels.text())
        self.channels.clearFocus()

    def _colour(self, number: int) -> None:
        self.state.colour_by = self._offered[number]

    def _follow(self, *_: object) -> None:
        arrangement = self.arranging.arrangement
        self.orders.setCurrentIndex(list(ORDERS).index(arrangement.order) if arrangement.order in ORDERS else -1)
        if not self.channels.hasFocus() or self.channels.text() == "":
            self.channels.setText(arrangement.text)
        self.channels.setPlaceholderText(self._placeholder())
        self._offer()

    def _placeholder(self) -> str:
        """What is shown where nothing is typed: all channels, but for silent ones where there are others too."""
        view = self.state.view
        folded = set() if view is None else self.state.silent(view.layer) - {*view.rows, *view.columns}
        return f"all but {len(folded):,} silent ones: type silent, 4-9, top 20" if folded else PLACEHOLDER

    def _offer(self) -> None:
        view = self.state.view
        shown = () if view is None else view.columns[:OFFERED]
        now = self.state.colour_by
        offered = [*meanings(self.state.cache), *(ColourBy("channel", channel) for channel in shown)]
        offered += [now] if now not in offered else []  # a channel that is no longer shown
        if offered != self._offered:
            self._offered = offered
            self.colours.clear()
            self.colours.addItems([in_words(by) for by in offered])
        self.colours.setCurrentIndex(offered.index(now))


def in_words(by: ColourBy) -> str:
    """What a colour means, for people."""
    if by.meaning == "channel":
        return f"value of channel {by.which}"
    return WORDS.get(by.meaning, str(by.which))
