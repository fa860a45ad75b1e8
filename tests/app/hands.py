"""Hands that know nothing: random clicks, drags, keys, wheels and resizes, as real events."""

import numpy as np
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QContextMenuEvent, QMouseEvent, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QWidget

NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
MODIFIERS = (NONE, NONE, SHIFT, CONTROL, SHIFT | CONTROL)
PRESS, MOVE, RELEASE = QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease
LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
NAMES = (
    *("Plus", "Minus", "Escape", "F1", "Space", "Return", "Tab", "Home"),
    *("Left", "Right", "Up", "Down", "PageUp", "PageDown"),
)
KEYS = [*map(ord, "GLRBHFDCNXKYUP[]0123456789ESOAIZ"), *(getattr(Qt.Key, f"Key_{name}") for name in NAMES)]
SIZES = ((200, 1100), (150, 800))  # px of the window


class Hands:
    """Real events, drawn by lot."""

    def __init__(self, window, seed):
        self.window, self.random = window, np.random.default_rng(seed)
        self.sent = 0  # events
        self.widgets = window.findChildren(QWidget)

    def one_of(self, things):
        return things[self.random.integers(len(things))]

    def place(self, widget):
        return QPoint(*(int(self.random.integers(max(size, 1))) for size in (widget.width(), widget.height())))

    def widget(self):
        window = self.window
        widget = self.one_of(window.places if self.random.random() < 0.85 else self.widgets)
        return widget if widget.isVisible() else window.places[0]

    def mouse(self, widget, kind, button, modifiers):
        """As the screen sends it; QTest would wait for all that comes of it, each time."""
        at, nothing = QPointF(self.place(widget)), Qt.MouseButton.NoButton
        held, caused = (nothing if kind == RELEASE else button), (nothing if kind == MOVE else button)
        self.send(widget, QMouseEvent(kind, at, widget.mapToGlobal(at), caused, held, modifiers))

    def send(self, widget, event):
        self.sent += 1
        QApplication.sendEvent(widget, event)

    def click(self):
        widget, modifiers = self.widget(), self.one_of(MODIFIERS)
        button = LEFT if self.random.random() < 0.9 else RIGHT
        at = self.place(widget)
        QTest.mouseClick(widget, button, modifiers, at)
        if button == RIGHT:
            self.send(widget, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, widget.mapToGlobal(at)))
        self.sent += 2

    def double_click(self):
        QTest.mouseDClick(widget := self.widget(), LEFT, NONE, self.place(widget))
        self.sent += 4

    def drag(self):
        widget, modifiers, button = self.widget(), self.one_of(MODIFIERS), self.one_of([LEFT, LEFT, MIDDLE])
        self.mouse(widget, PRESS, button, modifiers)
        for _ in range(self.random.integers(1, 8)):
            self.mouse(widget, MOVE, button, modifiers)
        if self.random.random() < 0.2:
            QTest.keyClick(widget, Qt.Key.Key_Escape)
            self.sent += 2
        self.mouse(widget, RELEASE, button, modifiers)

    def move(self):
        self.mouse(self.widget(), MOVE, Qt.MouseButton.NoButton, NONE)

    def wheel(self):
        widget = self.widget()
        at, nothing = QPointF(self.place(widget)), Qt.MouseButton.NoButton
        turn = QPoint(int(self.random.choice([0, 0, 120])), int(self.random.choice([-120, 120, 15, -600])))
        phase, far = Qt.ScrollPhase.NoScrollPhase, widget.mapToGlobal(at)
        event = QWheelEvent(at, far, QPoint(), turn, nothing, self.one_of(MODIFIERS), phase, False)
        self.send(widget, event)

    def key(self):
        QTest.keyClick(self.window.places[0], Qt.Key(self.one_of(KEYS)), self.one_of((*MODIFIERS, ALT)))
        self.sent += 2

    def act(self):
        """An action of the menus that closes nothing."""
        action, made = self.one_of(self.window.commands.pairs)
        if action.text != "Close":
            made.trigger()
            self.sent += 1

    def resize(self):
        self.window.resize(*(int(self.random.integers(*span)) for span in SIZES))
        self.sent += 1

    def do(self):
        often = (self.click, self.drag, self.move, self.wheel, self.key)
        self.one_of((*often, *often, *often, self.double_click, self.act, self.resize))()
