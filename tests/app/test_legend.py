import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest

from seeinin.app.legend import EYE, Classes, Legend
from seeinin.app.viewer import Viewer
from seeinin.state.selection import chosen
from seeinin.store.reader import open_cache
from seeinin.views.theme import DARK
from seeinin.wording import about

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton


def click(legend, row, modifiers=NONE, *, eye=False):
    box = legend.visualRect(legend.classes.index(row))
    at = QPoint(box.right() - EYE // 2 - 4 if eye else box.left() + 40, box.center().y())
    QTest.mouseClick(legend.viewport(), LEFT, modifiers, at)


def selected(state):
    """bool (N): the images of which a point is selected."""
    return np.zeros(state.cache.images, bool) if state.selection is None else state.linker.images(state.selection) > 0


def test_a_click_selects_a_class_and_modifiers_combine(window):
    state, legend = window.state, window.legend
    label = np.asarray(state.cache.label)
    click(legend, 0)
    assert np.array_equal(selected(state), label == 0)
    click(legend, 2, SHIFT)
    assert np.array_equal(selected(state), (label == 0) | (label == 2))
    click(legend, 0, CONTROL)
    assert np.array_equal(selected(state), label == 2)
    click(legend, 1, SHIFT)
    click(legend, 2, SHIFT | CONTROL)
    assert np.array_equal(selected(state), label == 2)
    click(legend, 1, SHIFT | CONTROL)
    assert state.selection is None


def test_the_eye_hides_a_class_and_shows_it_again(window):
    click(window.legend, 1, eye=True)
    assert window.state.hidden == {1}
    assert window.state.selection is None
    click(window.legend, 1, eye=True)
    assert window.state.hidden == frozenset()


def test_rows_say_how_much_of_each_class_is_selected(window, qtbot):
    state = window.state
    mask = np.zeros(state.cache.images, bool)
    mask[:17] = True
    state.select(chosen(None, mask))
    qtbot.waitUntil(window.settled, timeout=60_000)
    total = np.bincount(state.cache.label, minlength=3)
    some = np.bincount(np.asarray(state.cache.label)[:17], minlength=3)
    assert [window.legend.classes.count(row) for row in range(3)] == [
        f"{s} / {t}" for s, t in zip(some, total, strict=True)
    ]
    state.clear()
    assert [window.legend.classes.count(row) for row in range(3)] == [str(t) for t in total]


def test_keys_of_the_list_are_its_own_while_it_has_the_focus(window):
    legend, state = window.legend, window.state
    legend.setFocus()
    QTest.keyClick(legend, Qt.Key.Key_Down)
    QTest.keyClick(legend, Qt.Key.Key_Down)
    camera = state.view.camera
    QTest.keyClick(legend, Qt.Key.Key_Space, SHIFT)
    assert state.view.camera == camera
    assert np.array_equal(selected(state), np.asarray(state.cache.label) == legend.currentIndex().row())


def test_a_thousand_classes_are_a_list_like_any_other(qtbot, state):
    legend = Legend(state, DARK)
    qtbot.addWidget(legend)
    legend.classes = Classes([f"class {n}" for n in range(1000)], np.arange(1000))
    legend.setModel(legend.classes)
    legend.set_theme(DARK)
    legend.resize(240, 200)
    legend.show()
    legend.search("class 99")
    shown = [row for row in range(1000) if not legend.isRowHidden(row)]
    assert shown == [99, *range(990, 1000)]
    assert (
        legend.visualRect(legend.classes.index(990)).top() == legend.visualRect(legend.classes.index(99)).bottom() + 1
    )


@pytest.mark.parametrize("row", range(3))
def test_dots_have_the_colour_of_the_points(window, row):
    from seeinin.geometry.colours import SLOTS

    box = window.legend.visualRect(window.legend.classes.index(row))
    picture = window.legend.viewport().grab().toImage()
    colour = picture.pixelColor(box.left() + 7 + 5, box.center().y() + 1)
    assert colour.name() == SLOTS[row]


def shown(legend):
    rows = (legend.classes.index(row) for row in range(legend.classes.rowCount()))
    return [legend.classes.data(index) for index in rows]


def test_the_order_by_count_and_by_lift(window, qtbot):
    state, legend = window.state, window.legend
    label, names = np.asarray(state.cache.label), np.array(legend.classes.names)
    total = np.bincount(label, minlength=3)
    some = (label == 2) | (np.arange(len(label)) % 3 == 0)
    state.select(chosen(None, some))
    qtbot.waitUntil(window.settled, timeout=60_000)
    count = np.bincount(label[some], minlength=3)
    for order in (count, (count / some.sum()) / (total / total.sum())):
        QTest.keyClick(window.matrix.canvas.native, Qt.Key.Key_L, SHIFT)
        assert shown(legend) == names[np.argsort(-order, kind="stable")].tolist()
    assert legend.classes.count(2) == f"×{about(order[2])}   {count[2]} / {total[2]}"
    assert window.sidebar.classes.order.text() == "by lift"
    click(legend, 0)  # the first row is another class now
    assert np.array_equal(selected(state), label == 2)
    qtbot.waitUntil(window.settled, timeout=60_000)
    legend.search("dog")
    hidden = [legend.isRowHidden(row) for row in range(3)]
    assert [name for name, gone in zip(shown(legend), hidden, strict=True) if not gone] == ["dog"]
    state.legend = "name"
    hidden = [legend.isRowHidden(row) for row in range(3)]
    assert [name for name, gone in zip(shown(legend), hidden, strict=True) if not gone] == ["dog"]


def test_alt_and_the_eye_show_one_class_only(window):
    click(window.legend, 1, Qt.KeyboardModifier.AltModifier, eye=True)
    assert window.state.hidden == {0, 2}
    click(window.legend, 1, Qt.KeyboardModifier.AltModifier, eye=True)
    assert window.state.hidden == frozenset()


def test_the_first_of_the_legend_get_a_colour(window):
    window.state.slots = (None,) * 10
    window.state.legend = "count"
    (action,) = [a for a in window.commands.of("View/Classes") if a.text() == "Colour the first ten"]
    action.trigger()
    totals = np.bincount(window.state.cache.label, minlength=3)
    assert window.state.slots[:3] == tuple(np.argsort(-totals, kind="stable").tolist())


def test_of_many_classes_those_that_stand_out_in_a_selection_get_a_colour(tmp_path, qapp, write_cache):
    names = [f"class {k}" for k in range(40)]
    with open_cache(write_cache(tmp_path / "many.h5", classes=names)) as cache, Viewer(cache, (900, 640)) as viewer:
        state, label = viewer.state, np.asarray(cache.label)
        often = np.argsort(-np.bincount(label), kind="stable")[:3].tolist()
        for pair in (often[:2], often[1:]):
            state.select_images(np.isin(label, pair))
            assert state.inbox.run_until(lambda pair=pair: set(state.slots) == {None, *pair}, 60)
