"""The gallery with real events, and the cache as the oracle."""

import threading

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QMouseEvent, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from seeinin.app.galleries import in_words
from seeinin.app.grid import Grid
from seeinin.app.window import Window
from seeinin.state.gallery import GalleryBy, Listing
from seeinin.state.selection import chosen
from seeinin.state.state import ViewerState
from seeinin.store.reader import open_cache

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def gallery(window, qtbot):
    qtbot.waitUntil(window.gallery.settled, timeout=60_000)
    return window.gallery


def wheel(port, turn, modifiers=NONE):
    at, none = QPointF(20, 20), Qt.MouseButton.NoButton
    phase, turned = Qt.ScrollPhase.NoScrollPhase, QPoint(0, turn)
    QApplication.sendEvent(port, QWheelEvent(at, port.mapToGlobal(at), QPoint(), turned, none, modifiers, phase, False))


def middle(gallery, place):
    return gallery.box(place).center()


def images(state):
    return set(np.flatnonzero(state.linker.images(state.selection)).tolist())


def test_hover_click_and_modifiers(window, gallery, qtbot):
    state = window.state
    at = middle(gallery, 3)
    none, there = Qt.MouseButton.NoButton, QPointF(at)
    QApplication.sendEvent(
        gallery.port, QMouseEvent(QEvent.Type.MouseMove, there, gallery.port.mapToGlobal(there), none, none, NONE)
    )
    assert state.image_of(state.hover) == gallery.listing.rows[3]
    assert state.hover.layer == state.view.layer
    qtbot.waitUntil(window.details.settled)
    assert window.details.shown.index == state.cache.index[gallery.listing.rows[3]]
    QTest.mouseClick(gallery.port, LEFT, NONE, at)
    assert state.image_of(state.pick) == gallery.listing.rows[3]
    assert state.selection is None
    rows = gallery.listing.rows.tolist()
    state.select_images(np.isin(np.arange(state.cache.images), rows[5:9]))
    qtbot.waitUntil(gallery.settled, timeout=60_000)
    assert gallery.listing.rows.tolist() == rows[5:9]
    QTest.mouseClick(gallery.port, LEFT, CONTROL, middle(gallery, 1))
    assert images(state) == set(rows[5:9]) - {rows[6]}
    QApplication.sendEvent(gallery.port, QEvent(QEvent.Type.Leave))
    assert state.hover is None


def test_orders_by_menu_key_and_focus(window, gallery, qtbot):
    state, layer = window.state, window.state.cache.layer("fc")
    window.matrix.canvas.native.setFocus()
    for order in ("unlike", "highest", "lowest", "rows"):
        QTest.keyClick(window.matrix.canvas.native, Qt.Key.Key_O)
        assert state.gallery.order == order
        assert [a.isChecked() for a in window.sidebar.gallery_heading.order.menu().actions()].count(True) == 1
    state.gallery = GalleryBy("highest")
    state.open_cell(4, 2)
    qtbot.waitUntil(gallery.settled, timeout=60_000)
    assert np.array_equal(gallery.listing.rows, np.argsort(-layer.column(2), kind="stable"))
    assert "channel 2" in window.sidebar.gallery_heading.order.text()


def test_large_pictures_do_not_enlarge_the_window(window, gallery):
    """Also where they were made large in another window, and have been remembered."""
    for _ in range(12):
        wheel(gallery.port, 120, CONTROL)
    assert gallery.box(0).height() > 200
    gallery.updateGeometry()
    QTest.qWait(50)
    assert (window.width(), window.height()) == (1000, 700)


@pytest.mark.parametrize(("shape", "least"), [((1, 50, 1), 4), ((2, 20, 3), 6), ((50, 1, 1), 1), ((1, 9000, 1), 1)])
def test_thin_pictures_can_be_seen(gallery, monkeypatch, shape, least):
    monkeypatch.setattr(type(gallery.viewer.cache), "thumbnail_shape", shape)
    grid, room = gallery.grid, gallery.port.width()
    assert min(grid.width, grid.height) >= least
    assert max(grid.width, grid.height) <= room
    times = max(grid.width, grid.height) / max(shape)
    assert times < 1 or (grid.width, grid.height) == (times * shape[1], times * shape[0]), "pixels stay squares"


def test_what_it_is_ordered_by_can_be_read_in_a_narrow_column(window):
    """Qt takes the middle of the words away, and "channel 9,…est first" would not say which."""
    button = window.sidebar.gallery_heading.order
    for order in ("highest", "lowest"):
        words = in_words(GalleryBy(order, 499), 499)
        shown = button.fontMetrics().elidedText(
            words, Qt.TextElideMode.ElideMiddle, button.fontMetrics().averageCharWidth() * 15
        )
        assert (shown[:4], shown[-3:]) == (order[:4], "499")


def test_images_without_classes_are_ordered_by_what_they_have(tmp_path, qtbot, write_cache):
    with open_cache(write_cache(tmp_path / "plain.h5", classes=())) as cache:
        window = Window(ViewerState().attach(cache), (1000, 700))
        qtbot.addWidget(window)
        window.appear()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        orders = []
        for _ in range(3):
            QTest.keyClick(window.matrix.canvas.native, Qt.Key.Key_O)
            orders.append(window.state.gallery.order)
        assert orders == ["highest", "lowest", "rows"]
        offered = window.sidebar.gallery_heading.order.menu().actions()
        assert [a.text() for a in offered if not a.isEnabled() and a.text()] == ["Least like its class"]


def test_a_list_that_takes_long_is_announced(window, gallery, monkeypatch, qtbot):
    held = threading.Event()

    def slow(token, *job):
        held.wait(10)
        return Listing(*(np.zeros(0, np.int64),) * 3)

    monkeypatch.setattr("seeinin.app.gallery._listing", slow)
    window.state.gallery = GalleryBy("unlike")
    note = window.sidebar.gallery_heading.note
    qtbot.waitUntil(lambda: note.text() == "ordering …")
    assert not window.settled()
    held.set()
    qtbot.waitUntil(gallery.settled, timeout=60_000)
    assert note.text() == "0"


def test_pictures_are_those_of_the_cache(window, gallery):
    for place in gallery.in_sight():
        row = int(gallery.listing.rows[place])
        image = gallery.thumbnails.get(row)
        pixels = window.state.cache.pixels([row])[0]
        for y, x in ((0, 0), (3, 6), (7, 7)):
            assert image.pixelColor(x, y).red() == pixels[y, x, 0]


def test_scrolling_reads_what_comes_into_sight_only(window, gallery, qtbot):
    before = set(gallery.thumbnails._held)
    assert before == set(gallery.listing.rows[list(gallery.in_sight())].tolist())
    wheel(gallery.port, -1200)
    qtbot.waitUntil(gallery.settled, timeout=60_000)
    assert gallery.in_sight().start > 0
    assert set(gallery.thumbnails._held) == before | set(gallery.listing.rows[list(gallery.in_sight())].tolist())
    side = gallery.grid.width
    wheel(gallery.port, 600, CONTROL)
    assert gallery.grid.width >= 2 * side


def test_arrows_and_enter(window, gallery, qtbot):
    state = window.state
    gallery.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left):
        QTest.keyClick(gallery, key)
    place = gallery.grid.across
    assert state.image_of(state.hover) == gallery.listing.rows[place]
    QTest.keyClick(gallery, Qt.Key.Key_Return)
    assert state.image_of(state.pick) == gallery.listing.rows[place]
    layer = state.cache.layer("fc")
    state.select(chosen(layer.number, np.arange(layer.points) == 5))
    qtbot.waitUntil(gallery.settled, timeout=60_000)
    assert gallery.listing.rows.tolist() == [5]


@pytest.mark.parametrize("room", [10, 97, 252])
def test_the_grid_finds_what_it_places(room):
    grid = Grid(1000, 28, 20, room)
    for place in (0, 1, 7, 500, 999):
        left, top = grid.corner(place)
        assert grid.at(left, top) == grid.at(left + 27, top + 19) == place
        assert grid.at(left + 1, top + 21) is None
        assert place in grid.between(top, top + 1)
        assert left + 28 <= max(room, 28)
    assert grid.at(5, grid.tall + 50) is None
    assert list(grid.between(0, 1)) == list(range(grid.across))
