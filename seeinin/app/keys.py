"""All keys and what the mouse does, on one screen."""

from collections.abc import Iterable, Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeySequence
from PyQt6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from seeinin.app.action import Action
from seeinin.app.actions import MENUS

MOUSE = (
    ("drag", "pan, or select with the tool"),
    ("Shift-drag", "lasso and add, in the pan tool too"),
    ("middle, Space-drag", "pan, in every tool"),
    ("wheel, pinch", "zoom at the cursor"),
    ("two fingers", "pan, on a trackpad"),
    ("wheel on an axis", "stretch it; double-click resets"),
    ("click", "pick the image; again: the next below"),
    ("double-click", "fill the view with the cell, and back"),
    ("right-click", "what can be done there"),
    ("click a class", "select it; the eye hides, Alt: others"),
    ("Shift  ·  Ctrl  ·  both", "add  ·  subtract  ·  intersect"),
    ("0 – 9", "that class, with Shift, Ctrl or both"),
)
COLUMNS = (("Mouse", "File", "Edit"), ("View", "Help"), ("Select", "Layer"))


class KeyScreen(QDialog):
    """Stays beside the window until Esc."""

    def __init__(self, actions: Sequence[Action], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("All keys")
        groups = {menu: [(written(a), a.full_text) for a in actions if a.keys and _menu(a) == menu] for menu in MENUS}
        groups["Mouse"] = list(MOUSE)
        across = QHBoxLayout(self)
        across.setContentsMargins(24, 20, 20, 20)
        across.setSpacing(28)
        for menus in COLUMNS:
            down = QVBoxLayout()
            down.setSpacing(10)
            for menu in menus:
                down.addWidget(_label(menu.upper(), "heading"))
                down.addLayout(_table(groups[menu]))
                down.addSpacing(16)
            down.addStretch(1)
            across.addLayout(down)


def _menu(action: Action) -> str:
    """The menu that its keys stand under; not those of the classes, which are one line."""
    menu, _, within = action.menu.partition("/")
    return "" if within.endswith(" class") else menu


def written(action: Action) -> str:
    """The keys of an action as this platform writes them."""
    native = QKeySequence.SequenceFormat.NativeText
    return ", ".join(QKeySequence(key).toString(native) for key in action.keys)


def _table(rows: Iterable[tuple[str, str]]) -> QGridLayout:
    table = QGridLayout()
    table.setHorizontalSpacing(12)
    table.setVerticalSpacing(5)
    for number, (keys, text) in enumerate(rows):
        table.addWidget(_label(keys), number, 0)
        table.addWidget(_label(text, "muted"), number, 1)
    table.setColumnStretch(1, 1)
    return table


def _label(text: str, name: str = "") -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setObjectName(name)
    return label
