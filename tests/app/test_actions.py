import itertools

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeySequence
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QLineEdit, QMenu

from seeinin.app.actions import actions
from seeinin.app.keys import KeyScreen
from seeinin.geometry.matrix import Camera
from seeinin.state.named import Drawn

KEY, CONTROL = Qt.Key, Qt.KeyboardModifier.ControlModifier
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def press(window):
    def press(key, modifiers=NONE):
        QTest.keyClick(window.matrix.canvas.native, key, modifiers)

    window.matrix.canvas.native.setFocus()
    return press


def images(state):
    return np.zeros(state.cache.images, bool) if state.selection is None else state.linker.images(state.selection) > 0


def test_tools_and_drawing(window, press):
    state = window.state
    for key, tool in ((KEY.Key_L, "lasso"), (KEY.Key_R, "rectangle"), (KEY.Key_B, "brush"), (KEY.Key_G, "pan")):
        press(key)
        assert state.tool == tool
    press(KEY.Key_D)
    assert state.style == "density"
    press(KEY.Key_D)
    assert state.style == "points"
    press(KEY.Key_Plus)
    assert state.point_size == 3.5
    press(KEY.Key_Minus)
    press(KEY.Key_Minus)
    assert state.point_size == 2.5
    before = state.opacity
    press(KEY.Key_BracketRight)
    assert state.opacity == pytest.approx(before + 0.05)
    for _ in range(30):
        press(KEY.Key_BracketLeft)
    assert state.opacity == 0.05
    press(KEY.Key_L)
    assert window.places[0].cursor().shape() == Qt.CursorShape.CrossCursor


def test_the_columns_are_put_away(window, press, qtbot):
    width = window.places[0].width()
    press(KEY.Key_F9)
    qtbot.waitUntil(lambda: window.places[0].width() == window.width() and window.settled())
    assert (window.sidebar.isVisible(), window.places[2].isVisible()) == (False, False)
    press(KEY.Key_F9)
    assert (window.sidebar.isVisible(), window.places[2].isVisible()) == (True, True)
    qtbot.waitUntil(lambda: window.places[0].width() == width)


def test_selecting_by_keys(window, press):
    state = window.state
    label = np.asarray(state.cache.label)
    press(KEY.Key_1)
    assert np.array_equal(images(state), label == 1)
    press(KEY.Key_0, SHIFT)
    assert np.array_equal(images(state), label <= 1)
    press(KEY.Key_1, CONTROL)
    assert np.array_equal(images(state), label == 0)
    press(KEY.Key_Z, CONTROL)
    assert np.array_equal(images(state), label <= 1)
    press(KEY.Key_Z, CONTROL | SHIFT)
    assert np.array_equal(images(state), label == 0)
    press(KEY.Key_I, CONTROL)
    assert np.array_equal(images(state), label != 0)
    press(KEY.Key_A, CONTROL)
    assert images(state).all()
    press(KEY.Key_7)  # there are three classes
    assert images(state).all()


def test_layers_and_views(window, press, qtbot):
    state = window.state
    press(KEY.Key_PageDown)
    qtbot.waitUntil(lambda: state.view.layer == 2)
    press(KEY.Key_Up, ALT)
    qtbot.waitUntil(lambda: state.view.layer == 1)
    cell = Camera(2.5, 2.5, 1.0)
    state.jump(cell)
    for key, (x, y) in (
        (KEY.Key_Right, (3.5, 2.5)),
        (KEY.Key_Down, (3.5, 3.5)),
        (KEY.Key_Left, (2.5, 3.5)),
        (KEY.Key_Up, (2.5, 2.5)),
    ):
        press(key)
        assert (state.view.camera.x, state.view.camera.y) == (x, y)
    press(KEY.Key_Left, ALT)
    assert state.view.camera.y == 3.5
    press(KEY.Key_Right, ALT)
    assert state.view.camera == cell
    press(KEY.Key_H)
    assert state.view.camera.span > 5
    state.jump(cell)
    press(KEY.Key_Home)
    assert state.view.camera.span > 5


def test_escape_takes_back_the_pick_then_the_selection(window, press):
    from seeinin.state.named import Place

    state = window.state
    state.pick = Place(1, 5)
    state.select_class(1)
    press(KEY.Key_Escape)
    assert state.pick is None
    assert state.selection is not None
    press(KEY.Key_Escape)
    assert state.selection is None


def test_letters_rest_while_a_text_field_has_the_focus(window):
    field = QLineEdit(window)
    field.show()
    field.setFocus()
    QTest.keyClicks(field, "lr1dH")
    assert field.text() == "lr1dH"
    assert (window.state.tool, window.state.style, window.state.selection) == ("pan", "auto", None)


def test_every_action_is_in_a_menu_with_its_keys(window):
    listed = {id(action) for menu in window.menuBar().findChildren(QMenu) for action in menu.actions()}
    for action, made in window.commands.pairs:
        assert id(made) in listed
        assert [k.toString() for k in made.shortcuts()] == [QKeySequence(k).toString() for k in action.keys]


def test_no_menu_is_a_long_list(window):
    """Of more than eight entries in a row nobody finds one; layers and classes are lists by nature."""
    for name, menu in window.commands.menus.items():
        rows = "".join("|" if action.isSeparator() else "." for action in menu.actions())
        assert name.endswith("class") or max(map(len, rows.split("|"))) <= 8, (name, rows)
        assert not rows.startswith("|")
        assert "||" not in rows


def test_no_key_means_two_things(cache):
    keys = [QKeySequence(key).toString() for action in actions(cache) for key in action.keys]
    assert len(keys) == len(set(keys))
    assert all(keys)


def test_all_keys_are_on_one_screen(window, press):
    from PyQt6.QtWidgets import QLabel

    press(KEY.Key_F1)
    (screen,) = window.findChildren(KeyScreen)
    assert screen.isVisible()
    assert (screen.width(), screen.height()) <= (1000, 700)
    texts = {label.text() for label in screen.findChildren(QLabel)}
    assert {a.text for a in actions(window.state.cache) if a.keys and "/" not in a.menu} <= texts


def test_what_cannot_be_done_is_not_offered(window):
    made = window.commands.made
    assert not made["Frame selection"].isEnabled()
    window.state.select_class(0)
    assert made["Frame selection"].isEnabled()
    assert made["Pan"].isChecked()
    made["Pan"].trigger()
    assert made["Pan"].isChecked()


def test_the_feature_maps_switch_from_the_menu(window):
    made, state = window.commands.made, window.state
    for text, name, values in (
        ("Maps: selection − rest", "maps", ("difference", "average")),
        ("Maps: scale each channel", "contrast", ("channel", "layer")),
    ):
        for value in values:
            made[text].trigger()
            assert getattr(state, name) == value
            assert made[text].isChecked() == (value == values[0])


def test_of_many_classes_the_digits_are_those_with_a_colour(tmp_path, qtbot, write_cache):
    from seeinin.app.loop import Waker
    from seeinin.app.window import Window
    from seeinin.state.state import ViewerState
    from seeinin.store.reader import open_cache

    path = write_cache(tmp_path / "many.h5", classes=tuple(f"class {n}" for n in range(30)))
    with open_cache(path) as cache:
        state = ViewerState().attach(cache)
        window = Window(state, (1000, 700))
        waker = Waker(state.inbox)
        qtbot.addWidget(window)
        state.show_layer(1)
        window.appear()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        canvas = window.matrix.canvas.native
        canvas.setFocus()
        QTest.keyClick(canvas, KEY.Key_1)
        assert state.selection is None
        state.select_class(27)
        state.select_class(14)
        state.clear()
        QTest.keyClick(canvas, KEY.Key_1)
        assert np.array_equal(images(state), np.asarray(cache.label) == 14)
        QTest.keyClick(canvas, KEY.Key_0, SHIFT)
        assert np.array_equal(images(state), np.isin(cache.label, [14, 27]))
        qtbot.waitUntil(window.settled, timeout=60_000)
        waker.stop()
        window.close()


def test_density_is_lit_where_it_is_drawn(state):
    density = next(action for action in actions(state.cache) if action.text == "Density")
    dense = Drawn(points=9, total=9, cells=4, outside=0, nonfinite=0, style="density")
    state.drawn = dense
    assert density.on(state)
    state.drawn = dense._replace(correlated=90)  # one value a cell, and neither points nor density
    assert not density.on(state)
    state.style = "density"
    assert density.on(state)


def test_a_narrow_window_keeps_its_headings_and_words_apart(window, qtbot):
    window.resize(300, 700)
    window.state.select_class(1)
    qtbot.waitUntil(lambda: window.width() == window.minimumSizeHint().width() <= 800, timeout=5000)
    for heading in (window.sidebar.classes, window.sidebar.gallery_heading):
        title = heading.layout().itemAt(0).widget()
        assert title.width() >= title.sizeHint().width()
        assert heading.note.width() > 0
    bar = window.channels
    places = [widget.geometry() for widget in (bar.orders, bar.channels, bar.colours)]
    assert all(left.right() < right.left() for left, right in itertools.pairwise(places))
    qtbot.waitUntil(lambda: window.details.lines.width() > 80, timeout=5000)
