"""Search, with real keys."""

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from seeinin.app.search import Search


@pytest.fixture
def search(window, qtbot):
    window.search()
    found = window.findChild(Search)
    qtbot.waitUntil(found.isVisible)
    return found


def test_a_layer_is_found_by_a_part_of_its_name(window, search, qtbot):
    QTest.keyClicks(search.line, "layer co")
    assert search.results.count() == 1
    QTest.keyClick(search.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.state.view is not None and window.state.view.layer == 0)


def test_a_class_is_selected(window, search):
    QTest.keyClicks(search.line, "dog")
    QTest.keyClick(search.line, Qt.Key.Key_Return)
    assert np.array_equal(window.state.selection.strength > 0, window.state.cache.label == 1)


def test_the_arrows_move_through_what_is_found(window, search):
    QTest.keyClicks(search.line, "class")
    for _ in range(2):
        QTest.keyClick(search.line, Qt.Key.Key_Down)
    assert search.results.currentItem().text() == "class frog"
    QTest.keyClick(search.line, Qt.Key.Key_Up)
    QTest.keyClick(search.line, Qt.Key.Key_Return)
    assert np.array_equal(window.state.selection.strength > 0, window.state.cache.label == 1)


def test_what_is_not_there_does_nothing(window, search):
    QTest.keyClicks(search.line, "no such thing")
    assert [search.results.item(k).text()[:7] for k in range(search.results.count())] == ["Nothing"]
    at = search.results.visualItemRect(search.results.item(0)).center()
    QTest.mouseClick(search.results.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.keyClick(search.line, Qt.Key.Key_Return)
    assert window.state.selection is None


def test_a_named_selection_is_found(window, qtbot):
    window.state.select_class(2)
    window.state.keep("odd frogs")
    window.state.clear()
    window.search()
    QTest.keyClicks(window.findChild(Search).line, "odd fr")
    QTest.keyClick(window.findChild(Search).line, Qt.Key.Key_Return)
    assert np.array_equal(window.state.selection.strength > 0, window.state.cache.label == 2)


def test_actions_are_found_with_their_keys(window, search):
    QTest.keyClicks(search.line, "lasso")
    assert search.results.item(0).text() == "Lasso   L"
    QTest.keyClick(search.line, Qt.Key.Key_Return)
    assert window.state.tool == "lasso"
