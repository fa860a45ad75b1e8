"""OpenGL's context is torn away from a window. `test_survival.py` runs this in a process of its own."""

import numpy as np
import pytest
from PyQt6.QtWidgets import QApplication, QLabel

from seeinin.app import stage as stages
from seeinin.app.loop import Waker
from seeinin.app.viewer import Viewer


@pytest.fixture
def viewer(cache, qtbot):
    with Viewer(cache, (900, 640), headless=False) as made:
        waker = Waker(made.state.inbox)
        qtbot.waitUntil(made.window.settled, timeout=60_000)
        yield made
        waker.stop()


def lose_context(window):
    """As floating a panel does it: a widget that changes its window gets another context of OpenGL."""
    place = window.places[0]
    place.setParent(None)
    place.show()
    QApplication.processEvents()
    place.hide()
    place.setParent(window)  # which it goes with


def test_a_lost_context_is_rebuilt_from_the_state_and_the_second_loss_is_said(viewer, qtbot):
    stage, state = viewer.stage, viewer.state
    state.select_class(1)
    viewer.show_layer("conv")
    qtbot.waitUntil(stage.window.settled, timeout=60_000)
    old, before = stage.window, viewer.window.matrix.canvas.render()
    lose_context(old)
    qtbot.waitUntil(lambda: stage.window is not old and stage.window.settled(), timeout=60_000)
    assert not old.isVisible()
    assert stage.window.isVisible()
    assert stage.window.size() == old.size()
    assert np.array_equal(stage.window.matrix.canvas.render(), before)
    state.select_class(0)
    qtbot.waitUntil(stage.window.settled, timeout=60_000)
    assert stage.window.legend.classes.selected[0] == stage.window.legend.classes.totals[0]
    again = stage.window
    lose_context(again)
    qtbot.waitUntil(lambda: bool(again.findChildren(QLabel, "failed")))
    assert stage.window is again
    state.tool = "lasso"
    assert again.status.hint.text().startswith("drag to lasso")


def test_after_a_while_opengl_may_fail_again(viewer, qtbot, monkeypatch):
    monkeypatch.setattr(stages, "AGAIN", 0.0)
    for _ in range(2):
        old = viewer.stage.window
        lose_context(old)
        qtbot.waitUntil(lambda old=old: viewer.stage.window is not old, timeout=60_000)
        qtbot.waitUntil(viewer.stage.window.settled, timeout=60_000)
    assert viewer.stage.window.isVisible()
