"""Hands that know nothing: random clicks, drags, keys, wheels and resizes must leave the window as good as new."""

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QContextMenuEvent, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from seeinin.app.keys import KeyScreen

MODIFIERS = [
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier,
]
KEYS = [*map(ord, "GLRBHFDYUPNC[]0123456789"), *(Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_Escape, Qt.Key.Key_F1)]
KEYS += [Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown]
EVENTS = 150


class Hands:
    def __init__(self, window, seed):
        self.window, self.random = window, np.random.default_rng(seed)

    def one_of(self, things):
        return things[self.random.integers(len(things))]

    def place(self, widget):
        return QPoint(int(self.random.integers(widget.width())), int(self.random.integers(widget.height())))

    def widget(self):
        lists = self.window.legend.viewport(), self.window.gallery.port
        return self.one_of([self.window.places[0], *self.window.places, *lists])

    def click(self):
        widget = self.widget()
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, self.one_of(MODIFIERS), self.place(widget))

    def double_click(self):
        QTest.mouseDClick(widget := self.widget(), Qt.MouseButton.LeftButton, MODIFIERS[0], self.place(widget))

    def drag(self):
        widget, modifiers = self.widget(), self.one_of(MODIFIERS)
        button = self.one_of([Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton])
        QTest.mousePress(widget, button, modifiers, self.place(widget))
        for _ in range(self.random.integers(1, 12)):
            QTest.mouseMove(widget, self.place(widget))
        if self.random.random() < 0.2:
            QTest.keyClick(widget, Qt.Key.Key_Escape)
        QTest.mouseRelease(widget, button, modifiers, self.place(widget))

    def move(self):
        QTest.mouseMove(widget := self.widget(), self.place(widget))

    def wheel(self):
        widget = self.widget()
        at = QPointF(self.place(widget))
        turn = QPoint(0, int(self.random.choice([-120, 120, 15, -600])))
        buttons, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(at, widget.mapToGlobal(at), QPoint(), turn, buttons, self.one_of(MODIFIERS), phase, False)
        QApplication.sendEvent(widget, event)

    def key(self):
        QTest.keyClick(self.window.places[0], Qt.Key(self.one_of(KEYS)), self.one_of(MODIFIERS))

    def right_click(self):
        widget = self.widget()
        at, reason = self.place(widget), QContextMenuEvent.Reason.Mouse
        QApplication.sendEvent(widget, QContextMenuEvent(reason, at, widget.mapToGlobal(at)))
        while menu := QApplication.activePopupWidget():
            menu.close()

    def resize(self):
        self.window.resize(int(self.random.integers(200, 1700)), int(self.random.integers(150, 1100)))

    def back(self):
        QTest.keyClick(self.window.places[0], Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)

    def act(self):
        often = [self.click, self.drag, self.move, self.wheel, self.key]
        self.one_of([*often, *often, self.double_click, self.right_click, self.resize, self.back])()


@pytest.mark.parametrize("seed", range(2))
def test_random_events_leave_the_window_alive(window, qtbot, seed):
    hands = Hands(window, seed)
    window.state.motion = bool(seed % 2)
    for number in range(EVENTS):
        hands.act()
        if number % 10 == 0:
            QApplication.processEvents()
        for screen in window.findChildren(KeyScreen):
            screen.close()
    window.resize(1000, 700)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.waitUntil(window.settled, timeout=60_000)
    assert not window.status.problem.isVisible()
    assert window.places[0].width() > 300
    window.matrix.canvas.render()  # raises what OpenGL has to complain of
    window.state.select_class(1)
    qtbot.waitUntil(window.settled)
    assert window.legend.classes.selected[1] == window.legend.classes.totals[1]
