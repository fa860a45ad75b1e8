"""The bar above the matrix, with real keys."""

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from seeinin.state.colouring import ColourBy


@pytest.fixture
def bar(window, qtbot):
    window.state.show_layer(1)
    qtbot.waitUntil(lambda: window.state.view is not None and window.state.view.layer == 1)
    return window.channels


def typed(bar, text):
    bar.channels.setFocus()
    bar.channels.selectAll()
    QTest.keyClicks(bar.channels, text)
    QTest.keyClick(bar.channels, Qt.Key.Key_Return)


def test_what_is_typed_is_shown(window, bar):
    typed(bar, "5, 1-2")
    assert window.state.view.rows == window.state.view.columns == (5, 1, 2)
    window.state.back()
    assert window.state.view.rows == tuple(range(6))
    assert bar.channels.text() == ""


def test_a_mistake_is_said_and_changes_nothing(window, bar, qtbot):
    before = window.state.view
    with qtbot.captureExceptions() as raised:  # which the loop's guard reports in the status bar
        typed(bar, "12")
    assert "'12' names no channel" in str(raised[0][1])
    assert window.state.view == before


def test_an_order_is_asked_for_and_shown_when_it_comes(window, bar, qtbot):
    bar.orders.activated.emit(1)  # variance, as a click in the list does
    qtbot.waitUntil(lambda: window.state.view.arrangement.order == "variance")
    layer = window.state.layer
    spread = [layer.column(c).astype(np.float64).var() for c in range(6)]
    assert window.state.view.rows == tuple(np.argsort(spread)[::-1])
    assert bar.orders.currentText() == "variance"


def test_an_order_that_needs_a_selection_says_so(window, bar, qtbot):
    with qtbot.captureExceptions() as raised:
        bar.orders.activated.emit(5)
    assert "select something first" in str(raised[0][1])
    assert bar.orders.currentText() == "as in the network"


def test_colours_mean_what_is_chosen(window, bar):
    words = [bar.colours.itemText(k) for k in range(bar.colours.count())]
    assert words == ["class", "height in the map", "place across the map", "one colour"] + [
        f"value of channel {c}" for c in range(6)
    ]
    bar.colours.activated.emit(words.index("value of channel 2"))
    assert window.state.colour_by == ColourBy("channel", 2)
    QTest.keyClick(window.places[0], Qt.Key.Key_C)
    assert window.state.colour_by == ColourBy("channel", 3)
    assert bar.colours.currentText() == "value of channel 3"
