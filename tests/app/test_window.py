import sys

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QRect, QSettings, Qt, QTimer
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QAbstractButton, QComboBox, QLabel, QSlider, QWidget

from seeinin.app.images import array_of
from seeinin.app.loop import Guard, run

SIZES = [(1600, 1000), (1000, 700)]


def placed(window, widget):
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


@pytest.mark.parametrize("size", SIZES)
def test_nothing_overlaps_or_is_cut_off(window, qtbot, size):
    window.resize(*size)
    window.state.select_class(1)
    qtbot.waitUntil(window.settled, timeout=60_000)
    parts = [
        widget
        for widget in window.findChildren(QWidget)
        if isinstance(widget, QAbstractButton | QComboBox | QLabel | QSlider) and widget.isVisible()
    ]
    panels = [*window.places, window.legend.viewport(), window.details.enlarged, window.details.lines]
    assert all(window.rect().contains(placed(window, part)) for part in [*parts, *panels])
    boxes = [placed(window, panel) for panel in panels]
    assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(box.width() >= 60 and box.height() >= 60 for box in boxes)
    buttons = [w for w in parts if isinstance(w, QAbstractButton | QComboBox)]
    # Words that came last, such as the gallery's, have their room a turn of the event loop later.
    qtbot.waitUntil(lambda: all(w.width() >= w.minimumSizeHint().width() for w in buttons))


@pytest.mark.parametrize("size", SIZES)
def test_every_panel_has_ink(window, qtbot, size):
    window.resize(*size)
    window.state.select_class(1)
    qtbot.waitUntil(window.settled, timeout=60_000)
    picture = array_of(window.picture())[..., :3].astype(int)
    for panel in [*window.places, window.sidebar, window.status, window.menuBar()]:
        box = placed(window, panel)
        part = picture[box.top() : box.bottom(), box.left() : box.right()]
        assert (abs(part - part[2, 2]).max(axis=2) > 60).sum() > 50, panel


def test_light_and_dark(window, qtbot):
    before = array_of(window.picture())[..., :3].mean()
    window.commands.made["Dark or light"].trigger()
    qtbot.waitUntil(window.settled, timeout=60_000)
    assert array_of(window.picture())[..., :3].mean() > before + 100
    window.commands.made["Dark or light"].trigger()
    qtbot.waitUntil(window.settled, timeout=60_000)
    assert abs(array_of(window.picture())[..., :3].mean() - before) < 10


def test_the_layer_is_chosen_from_a_list(window, qtbot):
    from seeinin.app.layers import LayerChoice

    (choice,) = window.findChildren(LayerChoice)
    assert [choice.itemText(n) for n in range(3)] == ["conv · 4 × 8 × 8", "fc · 6 channels", "out · 2 channels"]
    assert choice.currentIndex() == 1
    choice.setFocus()
    QTest.keyClick(choice, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: window.state.view.layer == 2)
    window.state.show_layer(0)
    qtbot.waitUntil(lambda: choice.currentIndex() == 0)
    assert window.sidebar.over.note.text() == "conv, 4 × 8 × 8"


def test_sliders_write_the_state_and_follow_it(window):
    from seeinin.app.sliders import StateSlider

    size, opacity = window.findChildren(StateSlider)
    QTest.keyClick(size.slider, Qt.Key.Key_Right)
    assert window.state.point_size == 3.5
    window.state.point_size = 7.3
    assert size.slider.value() == 15
    assert window.state.point_size == 7.3  # not rounded to the slider's steps
    QTest.keyClick(opacity.slider, Qt.Key.Key_Home)
    assert window.state.opacity == 0.05


def test_an_exception_in_a_slot_leaves_the_window_alive(window, qtbot, capfd):
    def fails():
        raise ZeroDivisionError("of a <b>slot</b>")

    with Guard() as guard:
        guard.failed.connect(window.report.show_problem)
        QTimer.singleShot(0, fails)
        qtbot.waitUntil(window.report.isVisible)
    report = window.report
    assert report.sentence.text().endswith("the window goes on. ZeroDivisionError: of a <b>slot</b>")
    assert not report.details.isVisible()
    QTest.mouseClick(report.more, Qt.MouseButton.LeftButton)
    assert "fails" in report.details.toPlainText()
    assert report.details.isVisible()
    window.state.select_class(0)
    qtbot.waitUntil(window.settled)
    QTest.mouseClick(report.done, Qt.MouseButton.LeftButton)
    assert not report.isVisible()


def test_a_failing_worker_is_reported_too(window, qtbot):
    from seeinin.pool import POOL

    def fails():
        raise OSError("the disk is gone")

    with Guard() as guard:
        guard.failed.connect(window.report.show_problem)
        window.state.inbox.deliver(POOL.now(fails), lambda result: None)
        qtbot.waitUntil(window.report.isVisible)
    assert "OSError: the disk is gone" in window.report.sentence.text()


def test_the_guard_gives_the_hooks_back():
    before = sys.excepthook
    with Guard():
        assert sys.excepthook != before
    assert sys.excepthook is before


def test_closing_ends_the_loop_while_workers_are_busy(window, qtbot):
    import time

    from seeinin.pool import POOL

    POOL.now(time.sleep, 0.4)
    start = time.monotonic()
    QTimer.singleShot(0, window.close)
    run(window)
    assert time.monotonic() - start < 1


def test_the_window_is_remembered_only_when_asked(window, tmp_path):
    QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, str(tmp_path))
    window.close()
    assert list(tmp_path.iterdir()) == []
    window.appear()
    window.remember()
    window.switch_theme()
    window.gallery.side = 50.0
    window.state.motion = not window.state.motion
    kept = window.theme, window.state.motion
    window.close()
    assert [path.name for path in tmp_path.iterdir()] == ["seeinin"]
    window.appear()
    window.switch_theme()
    window.gallery.side, window.state.motion = 20.0, not window.state.motion
    window.remember(colours=False)
    assert window.theme != kept[0]
    window.remember()
    assert (window.theme, window.state.motion, window.gallery.side) == (*kept, 50.0)


def test_named_selections_leave_a_low_window_low(tmp_path, qtbot, write_cache):
    """Ten classes and six names at 1000 × 700, with every panel of the left column in sight and none over another."""
    from seeinin.app.window import Window
    from seeinin.state.state import ViewerState
    from seeinin.store.reader import open_cache

    with open_cache(write_cache(tmp_path / "ten.h5", classes=tuple(map(str, range(10))))) as cache:
        window = Window(ViewerState().attach(cache), (1000, 700))
        qtbot.addWidget(window)
        window.appear()
        for number in range(6):
            window.state.select_class(number)
            window.state.keep(f"number {number}")
        qtbot.wait(100)
        assert (window.width(), window.height()) == (1000, 700)
        row = window.legend.row_height()
        kept = window.sidebar.kept.list
        assert kept.height() >= row - 2
        assert window.legend.height() >= 3 * row
        parts = (window.legend, window.details, window.gallery, kept)
        ends = [part.mapTo(window, QPoint(0, part.height())).y() for part in parts]
        starts = [part.mapTo(window, QPoint(0, 0)).y() for part in parts]
        assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))


def test_strange_names_stay_text(tmp_path, qtbot, write_cache):
    from seeinin.app.window import Window
    from seeinin.state.state import ViewerState
    from seeinin.store.reader import open_cache

    classes = ("<b>bold</b> & \x1b[31m", "x" * 10_000, "犬")
    with open_cache(write_cache(tmp_path / "strange.h5", classes=classes)) as cache:
        window = Window(ViewerState().attach(cache), (1000, 700))
        qtbot.addWidget(window)
        window.appear()
        assert window.legend.classes.names[0] == "<b>bold</b> & \\x1b[31m"
        assert window.width() == 1000
        window.picture()


def test_without_labels_there_is_no_legend(tmp_path, qtbot, write_cache):
    from seeinin.app.window import Window
    from seeinin.state.state import ViewerState
    from seeinin.store.reader import open_cache

    with open_cache(write_cache(tmp_path / "plain.h5", classes=())) as cache:
        window = Window(ViewerState().attach(cache), (1000, 700))
        qtbot.addWidget(window)
        window.appear()
        assert not window.legend.isVisible()
        assert window.sidebar.classes.note.text() == "the images have no labels"
        assert np.asarray(array_of(window.picture())).shape == (700, 1000, 4)
