"""Right-click menus and the keys that act on what is under the cursor, with real events."""

import subprocess
import sys

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QContextMenuEvent, QMouseEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from seeinin.app import menus
from seeinin.app.images import array_of
from seeinin.geometry.matrix import Camera
from seeinin.state.colouring import ColourBy
from seeinin.state.gallery import GalleryBy

NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
CELL = (1, 3)


@pytest.fixture
def canvas(window, qtbot):
    window.state.jump(Camera(CELL[1] + 0.5, CELL[0] + 0.5, 1.0))
    qtbot.waitUntil(window.settled, timeout=60_000)
    window.matrix.canvas.native.setFocus()
    return window.matrix.canvas.native


def right_click(widget, at):
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(widget, QContextMenuEvent(reason, at, widget.mapToGlobal(at)))


def places(window):
    """(P, 2): where the points of the framed cell are on the canvas, from the cache alone."""
    layer, matrix = window.state.cache.layer("fc"), window.matrix.matrix
    axes = matrix.x_axis(CELL[1]), matrix.y_axis(CELL[0])
    columns = (np.asarray(layer.column(c), np.float64) for c in (CELL[1], CELL[0]))
    return np.stack([c * axis.scale + axis.offset for c, axis in zip(columns, axes, strict=True)], axis=1)


def hover(window, canvas, point, qtbot):
    at, none = QPointF(*np.rint(places(window)[point])), Qt.MouseButton.NoButton
    event = QMouseEvent(QEvent.Type.MouseMove, at, canvas.mapToGlobal(at), none, none, NONE)
    QTest.qWait(11)  # VisPy takes no notice of a hundred and one moves a second
    QApplication.sendEvent(canvas, event)
    qtbot.waitUntil(lambda: window.state.hover is not None and window.details.settled(), timeout=60_000)
    return at.toPoint()


def texts(menu):
    return [action.text() for action in menu.actions() if action.text()]


def entry(menu, text):
    (found,) = [a for a in menu.actions() if a.text().split("\t")[0] == text]
    return found


def test_the_matrix_offers_what_is_under_the_cursor(window, canvas, qtbot):
    at = hover(window, canvas, 7, qtbot)
    right_click(canvas, at)
    menu = window.panel_menus.shown
    assert menu.isVisible()
    assert texts(menu)[0] == "channel 3 × 1"
    assert entry(menu, "Pin its channels").shortcut().toString() == "P"
    entry(menu, "Pin its channels").trigger()
    assert window.state.view.arrangement.pinned == (3, 1)
    menu.close()
    assert window.matrix.hands.press is None  # the release went to the menu: the next move hovers


@pytest.mark.parametrize("images", [False, True])
def test_the_nearest_to_a_place(window, canvas, qtbot, images):
    at = hover(window, canvas, 7, qtbot)
    distance = np.hypot(*(places(window) - [at.x(), at.y()]).T)
    right_click(canvas, at)
    menu = entry(window.panel_menus.shown, "Nearest here").menu()
    entry(menu, "10 images" if images else "10 points").trigger()
    qtbot.waitUntil(lambda: window.state.selection is not None, timeout=60_000)
    assert window.state.selection.layer == (None if images else 1)
    assert set(np.flatnonzero(window.state.selection.strength)) == set(np.argsort(distance, kind="stable")[:10])
    window.panel_menus.shown.close()


def test_nearest_images_of_a_layer_with_positions(window, qtbot):
    state = window.state
    state.show_layer(0)
    qtbot.waitUntil(lambda: state.view.layer == 0 and window.settled(), timeout=60_000)
    state.jump(Camera(2.5, 0.5, 1.0))
    qtbot.waitUntil(window.settled, timeout=60_000)
    layer, matrix = state.cache.layer("conv"), window.matrix.matrix
    box = matrix.cell_rect(0, 2)
    at = box.x + box.width / 3, box.y + box.height / 2
    x, y = (
        np.clip(np.asarray(layer.column(c), np.float64), a.low, a.high) * a.scale + a.offset
        for c, a in ((2, matrix.x_axis(2)), (0, matrix.y_axis(0)))
    )
    order = np.argsort(np.hypot(x - at[0], y - at[1]), kind="stable") // layer.positions
    expected = list(dict.fromkeys(order.tolist()))[:12]
    window.matrix.hits.select_nearest(*at, 12, images=True)
    qtbot.waitUntil(lambda: state.selection is not None, timeout=60_000)
    assert sorted(np.flatnonzero(state.selection.strength)) == sorted(expected)


def test_keys_act_on_what_is_under_the_cursor(window, canvas, qtbot):
    state, label = window.state, np.asarray(window.state.cache.label)
    hover(window, canvas, 7, qtbot)
    mine = int(label[7])
    for key, modifiers, now in (
        (Qt.Key.Key_C, SHIFT, lambda: state.colour_by == ColourBy("channel", 3)),
        (Qt.Key.Key_O, SHIFT, lambda: state.gallery == GalleryBy("highest", 3)),
        (Qt.Key.Key_S, SHIFT, lambda: state.hidden == {0, 1, 2} - {mine}),
        (Qt.Key.Key_A, SHIFT, lambda: state.hidden == frozenset()),
        (Qt.Key.Key_H, SHIFT, lambda: state.hidden == {mine}),
        (Qt.Key.Key_A, SHIFT, lambda: state.hidden == frozenset()),
        (Qt.Key.Key_Q, NONE, lambda: np.array_equal(state.selection.strength > 0, label == mine)),
        (Qt.Key.Key_P, NONE, lambda: state.view.rows[:2] == (3, 1)),
    ):
        QTest.keyClick(canvas, key, modifiers)
        assert now(), (key, modifiers)
    state.back()
    qtbot.waitUntil(window.settled, timeout=60_000)
    hover(window, canvas, 7, qtbot)
    QTest.keyClick(canvas, Qt.Key.Key_C, CONTROL)
    pixels = array_of(QApplication.clipboard().image())
    assert np.array_equal(pixels[..., 0], state.cache.pixels([7])[0, ..., 0])
    QTest.keyClick(canvas, Qt.Key.Key_C, CONTROL | SHIFT)
    assert QApplication.clipboard().image().width() == canvas.width()
    QTest.keyClick(canvas, Qt.Key.Key_W)
    qtbot.waitUntil(lambda: state.selection.layer == 1)


def test_e_opens_the_plot_under_the_cursor(window, canvas, qtbot):
    window.state.jump(Camera(2.0, 2.0, 4.0))
    qtbot.waitUntil(window.settled, timeout=60_000)
    rect = window.matrix.matrix.cell_rect(2, 1)
    window.matrix.hits.hover_at(rect.x + 9, rect.y + 9)
    QTest.keyClick(canvas, Qt.Key.Key_E)
    camera = window.state.view.camera
    assert (camera.x, camera.y, camera.span) == (1.5, 2.5, 1.0)


def test_axes_of_all_of_one_plot_and_of_one_channel(window, canvas, qtbot):
    state = window.state

    def kinds():
        return {c: warp.kind for c, warp in state.view.warps.items()}

    for kind in ("log", "rank"):
        QTest.keyClick(canvas, Qt.Key.Key_Y)
        assert kinds() == dict.fromkeys(range(6), kind)
    QTest.keyClick(canvas, Qt.Key.Key_Y)
    assert kinds() == {}
    at = hover(window, canvas, 7, qtbot)
    right_click(canvas, at)
    entry(entry(window.panel_menus.shown, "Axes of this plot").menu(), "Symmetric logarithm").trigger()
    window.panel_menus.shown.close()
    assert kinds() == {1: "log", 3: "log"}
    qtbot.waitUntil(window.settled, timeout=60_000)
    view = window.matrix.viewport
    below = QPoint(int(view.x + view.width / 2), int(view.y + view.height + 20))
    right_click(canvas, below)
    assert texts(window.panel_menus.shown)[0] == "channel 3"
    entry(window.panel_menus.shown, "Rank").trigger()
    window.panel_menus.shown.close()
    assert kinds() == {1: "log", 3: "rank"}
    assert state.view.ranges[3] == (0.0, 1.0)
    QTest.keyClick(canvas, Qt.Key.Key_Y, SHIFT)
    assert state.view.whole
    assert window.commands.menus["View/All axes"].actions()[-1].isChecked()


def test_without_a_plot_under_the_cursor_nothing_is_offered(window):
    made = window.commands.made
    assert not made["Pin its channels"].isEnabled()
    assert not made["Copy image"].isEnabled()


def test_the_legend_the_gallery_the_maps_and_the_overview(window, canvas, qtbot):
    state, label = window.state, np.asarray(window.state.cache.label)
    legend = window.legend
    at = legend.visualRect(legend.classes.index(2)).center()
    right_click(legend.viewport(), at)
    shown = window.panel_menus.shown
    assert texts(shown)[0] == "frog"
    assert entry(shown, "Add").text() == "Add\tShift+2"
    entry(shown, "Add").trigger()
    assert np.array_equal(state.selection.strength > 0, label == 2)
    shown.close()
    qtbot.waitUntil(window.settled, timeout=60_000)
    gallery = window.gallery
    right_click(gallery.port, gallery.box(1).center())
    shown = window.panel_menus.shown
    row = int(gallery.listing.rows[1])
    assert texts(shown)[0] == f"image #{state.cache.index[row]}"
    entry(shown, "Subtract").trigger()
    assert not state.selection.strength[row]
    shown.close()
    maps = window.maps
    block = maps.pane.sheet.by_number[0]
    rect = maps.pane.tile_rect(block, 1)
    right_click(window.places[2], QPoint(int(rect.x + 2), int(rect.y + 2)))
    shown = window.panel_menus.shown
    assert texts(shown)[0] == "conv · channel 1"
    entry(shown, "Make it the active layer").trigger()
    qtbot.waitUntil(lambda: state.view.layer == 0)
    shown.close()
    right_click(window.places[1], QPoint(9, 9))
    assert texts(window.panel_menus.shown)[0] == "Fit"
    window.panel_menus.shown.close()


def test_every_entry_is_in_the_table(window):
    known = {*window.commands.made, *window.commands.menus, menus.RULE}
    for shared in (menus.MATRIX, menus.OVERVIEW, menus.MAPS, menus.IMAGES, menus.CLASSES, menus.AXIS, menus.KEPT):
        assert set(shared) <= known


def test_from_python_too(cache_path, as_user):
    code = """
import sys, numpy as np
from seeinin.app.viewer import Viewer
with Viewer(sys.argv[1], (1000, 700)) as viewer:
    viewer.show_layer("fc")
    viewer.select_nearest(3, 1, (0.0, 2.0), 7)
    layer, matrix = viewer.cache.layer("fc"), viewer.window.matrix.matrix
    x, y = layer.column(3).astype(float), layer.column(1).astype(float)
    apart = np.hypot(x * matrix.x_axis(3).scale, (y - 2) * matrix.y_axis(1).scale)
    assert set(np.flatnonzero(viewer.state.selection.strength)) == set(np.argsort(apart)[:7])
    viewer.hide("dog")
    viewer.select(None)
    rows = viewer.gallery("highest", 2)
    assert (np.diff(layer.column(2)[rows]) <= 0).all() and 1 not in viewer.cache.label[rows]
"""
    command = [sys.executable, "-c", code, cache_path]
    result = subprocess.run(command, env=as_user, capture_output=True, text=True, timeout=100, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_named_selections_are_a_list(window, qtbot):
    state, label = window.state, np.asarray(window.state.cache.label)
    panel = window.sidebar.kept
    assert not panel.isVisible()
    for number, name in ((0, "first"), (1, "second & <b>")):
        state.select_class(number)
        state.keep(name)
    assert panel.isVisible()
    rows = panel.list

    def at(row):
        return rows.visualItemRect(rows.item(row)).center()

    qtbot.waitUntil(lambda: rows.height() > 30)
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, NONE, at(0))
    assert np.array_equal(state.selection.strength > 0, label == 0)
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, SHIFT, at(1))
    assert np.array_equal(state.selection.strength > 0, label <= 1)
    assert rows.item(1).text() == "second & <b>"
    right_click(rows.viewport(), at(1))
    entry(window.panel_menus.shown, "Compare the selection with it").trigger()
    assert state.against == state.kept[1]
    window.panel_menus.shown.close()
    for _ in range(2):
        right_click(rows.viewport(), at(0))
        entry(window.panel_menus.shown, "Forget").trigger()
        window.panel_menus.shown.close()
    assert not panel.isVisible()
    state.undo()
    assert panel.isVisible()
