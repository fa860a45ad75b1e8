"""Search: every action, layer, class and named selection by its name."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QDialog, QLineEdit, QListWidget, QVBoxLayout

from seeinin.app.focus import OwnKeys
from seeinin.wording import plain

if TYPE_CHECKING:
    from seeinin.app.window import Window

SHOWN = 200  # results that the list takes
STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 10, Qt.Key.Key_PageUp: -10}


class Entry(NamedTuple):
    """`text` is what is searched and shown, `do` what happens."""

    text: str
    do: Callable[[], object]


def entries(window: "Window") -> list[Entry]:
    """Everything that can be found; what cannot be done now is left out."""
    state = window.state
    found = [
        Entry(f"{action.full_text.replace('…', '')}   {', '.join(action.keys)}".rstrip(), made.trigger)
        for action, made in window.commands.pairs
        if not action.menu.endswith(" class") and not (action.menu == "Layer" and action.on) and made.isEnabled()
    ]
    found += [
        Entry(f"layer {plain(layer.name)}", partial(state.show_layer, layer.number)) for layer in state.cache.layers
    ]
    for number, name in enumerate(state.cache.classes):
        found.append(Entry(f"class {plain(name)}", partial(state.select_class, number)))
        found.append(Entry(f"compare with class {plain(name)}", partial(state.compare_with_class, number)))
    found += [Entry(f"selection {plain(kept.name)}", partial(state.recall, kept.name)) for kept in state.kept]
    return found


def matching(found: Iterable[Entry], text: str) -> list[Entry]:
    """The entries that hold every word that was typed; those that begin with the first one, best as a whole, come
    first."""
    words = text.lower().split()
    kept = [entry for entry in found if all(word in entry.text.lower() for word in words)]
    first = words[0] if words else ""

    def rank(entry: Entry) -> tuple[bool, bool]:
        text = entry.text.lower()
        return not text.startswith(first), text.partition(" ")[0] != first

    return sorted(kept, key=rank)


class Search(QDialog):
    """A line to type in and what it finds; Enter does it."""

    def __init__(self, window: "Window") -> None:
        super().__init__(window)
        self.setWindowTitle("Search")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.every, self.found = entries(window), list[Entry]()
        self.line, self.results = QLineEdit(), QListWidget()
        self.line.setPlaceholderText("An action, a layer, a class, a named selection")
        self.line.textChanged.connect(self._filter)
        self.line.returnPressed.connect(self._do)
        OwnKeys(self.line)
        self.line.installEventFilter(self)
        self.results.itemClicked.connect(self._do)
        self.results.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.results.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.addWidget(self.line)
        column.addWidget(self.results)
        self.resize(420, 360)
        self._filter("")

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """The arrows move through the results while the line is typed in."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in STEPS:
            row = self.results.currentRow() + STEPS[Qt.Key(event.key())]
            self.results.setCurrentRow(min(max(row, 0), self.results.count() - 1))
            return True
        return False

    def _filter(self, text: str) -> None:
        self.found = matching(self.every, text)[:SHOWN]
        self.results.clear()
        self.results.addItems([entry.text for entry in self.found])
        self.results.setCurrentRow(0)
        if not self.found:
            self.results.addItem("Nothing has that in its name, or it cannot be done now")
            self.results.item(0).setFlags(Qt.ItemFlag.NoItemFlags)  # type: ignore[union-attr]  # it was just added

    def _do(self, *_: object) -> None:
        row = self.results.currentRow()
        self.accept()
        if 0 <= row < len(self.found):
            self.found[row].do()
