"""Every key of the table of actions, pressed for real: an action with a key that is not pressed here fails."""

import time

import numpy as np
from PyQt6.QtCore import QEvent, QKeyCombination, QPointF, Qt
from PyQt6.QtGui import QKeySequence, QMouseEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QFileDialog, QInputDialog

from seeinin.app import saving
from seeinin.app.actions import actions
from seeinin.app.keys import KeyScreen
from seeinin.app.search import Search
from seeinin.geometry.matrix import Camera
from seeinin.state.named import Cell, Place
from seeinin.state.selection import chosen

FC, POINT = 1, 5
TIME = 5000  # ms that a worker has for its answer
AT = Camera(1.5, 3.5, 1.0)  # the plot of channels 3 and 1, with neighbours on all sides


def images(window):
    """bool (N): of which anything is selected."""
    state = window.state
    return np.zeros(state.cache.images, bool) if state.selection is None else state.linker.images(state.selection) > 0


def label(window):
    return np.asarray(window.state.cache.label)


def some(window):
    """The first 40 images, selected."""
    mask = np.arange(window.state.cache.images) < 40
    window.state.select(chosen(None, mask))
    return mask


def of(window):
    """The class of the image under the cursor."""
    return label(window)[POINT]


def moved(dx, dy):
    return lambda w, _: (w.state.view.camera.x, w.state.view.camera.y) == (AT.x + dx, AT.y + dy)


def field(name, change):
    """A field of the state is changed from what it was before."""
    return lambda w: getattr(w.state, name), lambda w, before: change(getattr(w.state, name), before)


def tool(name):
    return lambda w: None, lambda w, _: w.state.tool == name


def nothing(window):
    return None


def opened(kind):
    return lambda w, _: any(dialog.isVisible() for dialog in w.findChildren(kind))


def undone(window):
    window.state.select_class(0)
    window.state.select_class(1)
    window.state.undo()


def back(window):
    window.state.jump(Camera(1.5, 1.5, 1.0))
    window.state.back()


def wide(window):
    """Several plots in sight, with the cursor over the one of channels 3 and 1."""
    window.state.jump(Camera(3, 3, 4))
    window.state.cell = Cell(3, 1, 0.0, 0.0)


EFFECTS = {  # action: what is done before the key, and whether it did what it says, told what that gave
    "Save session…": (nothing, lambda w, _: (w.folder / "saved.it").exists()),
    "Open session…": (lambda w: w.state.select_class(2), lambda w, _: not images(w).any()),
    "Export selection…": (some, lambda w, _: len((w.folder / "saved.it").read_text().splitlines()) == 41),
    "Save picture…": (nothing, lambda w, _: w.drawn == [w.folder / "saved.it"]),
    "Search…": (nothing, opened(Search)),
    "Undo": (
        lambda w: (w.state.select_class(0), w.state.select_class(1)),
        lambda w, _: (images(w) == (label(w) == 0)).all(),
    ),
    "Redo": (undone, lambda w, _: (images(w) == (label(w) == 1)).all()),
    "Copy image": (nothing, lambda w, _: QApplication.clipboard().image().width() == w.state.cache.pixel_shape[1]),
    "Copy the plots": (nothing, lambda w, _: QApplication.clipboard().image().width() == w.places[0].width()),
    "Fit": (nothing, lambda w, _: w.state.view.camera.span > 5),
    "Frame selection": (lambda w: (some(w), w.state.view.ranges), lambda w, b: w.state.view.ranges != b[1]),
    "Back": (lambda w: w.state.jump(Camera(1.5, 1.5, 1.0)), moved(0, 0)),
    "Forward": (back, moved(0, -2)),
    "Cell to the left": (nothing, moved(-1, 0)),
    "Cell to the right": (nothing, moved(1, 0)),
    "Cell above": (nothing, moved(0, -1)),
    "Cell below": (nothing, moved(0, 1)),
    "Density": (nothing, lambda w, _: w.state.style == "density"),
    "Next colouring": field("colour_by", lambda now, before: now != before),
    "Next best cell": (lambda w: (some(w), wide(w)), lambda w, _: w.state.view.camera.span == 1.0),
    "Larger points": field("point_size", lambda now, before: now > before),
    "Smaller points": field("point_size", lambda now, before: now < before),
    "More opaque": field("opacity", lambda now, before: now > before),
    "Fainter": field("opacity", lambda now, before: now < before),
    "Plots alone": (nothing, lambda w, _: not w.sidebar.isVisible()),
    "Open this plot": (wide, moved(0, 0)),
    "Hide its class": (nothing, lambda w, _: w.state.hidden == {of(w)}),
    "Show only its class": (nothing, lambda w, _: w.state.hidden == {0, 1, 2} - {of(w)}),
    "Show all classes": (lambda w: setattr(w.state, "hidden", frozenset({1})), lambda w, _: not w.state.hidden),
    "View/Above the diagonal/Next": field("upper", lambda now, before: now != before),
    "View/All axes/Next kind": (lambda w: w.state.view.ranges, lambda w, before: w.state.view.ranges != before),
    "View/All axes/All values": (lambda w: w.state.view.ranges, lambda w, before: w.state.view.ranges != before),
    "View/Classes/Next order": field("legend", lambda now, before: now != before),
    "View/Gallery/Next order": field("gallery", lambda now, before: now != before),
    **{name: tool(name.lower()) for name in ("Pan", "Lasso", "Rectangle", "Brush")},
    "All": (nothing, lambda w, _: images(w).all()),
    "Invert": (some, lambda w, mask: (images(w) == ~mask).all()),
    "Keep as…": (some, lambda w, _: [kept.name for kept in w.state.kept] == ["a name"]),
    "Step back": (some, lambda w, _: w.state.selection is None),
    "Select/Nearest here/100 points": (nothing, lambda w, _: images(w).sum() == min(100, w.state.cache.images)),
    "Select/Nearest here/100 images": (nothing, lambda w, _: images(w).sum() == min(100, w.state.cache.images)),
    "Select its class": (nothing, lambda w, _: (images(w) == (label(w) == of(w))).all()),
    "Next layer": (nothing, lambda w, _: w.state.view.layer == FC + 1),
    "Previous layer": (nothing, lambda w, _: w.state.view.layer == FC - 1),
    "Pin its channels": (nothing, lambda w, _: set(w.state.view.arrangement.pinned) == {3, 1}),
    "Colour by its channel": (nothing, lambda w, _: w.state.colour_by.meaning == "channel"),
    "Gallery by its channel": (nothing, lambda w, _: w.state.gallery.channel == 1),
    "All keys": (nothing, opened(KeyScreen)),
}
CLASSES = {  # menus of the digits: what is selected of the first 40 images and the class
    "Select/Select class": lambda old, new: new,
    "Select/Add class": np.logical_or,
    "Select/Subtract class": lambda old, new: old & ~new,
    "Select/Keep only class": np.logical_and,
}


def entry(action):
    return action.text if action.text in EFFECTS else f"{action.menu}/{action.text}"


def test_every_action_with_a_key_is_in_the_table(cache):
    keyed = [action for action in actions(cache) if action.keys and action.menu not in CLASSES]
    assert {entry(action) for action in keyed} - {"File/Close"} == set(EFFECTS)


def start_anew(window, qtbot):
    """One cell of fc in sight, and one of its points under the cursor."""
    state = window.state
    for dialog in (*window.findChildren(Search), *window.findChildren(KeyScreen)):
        dialog.close()
    window.activateWindow()
    state.motion, state.hidden, state.kept, state.style, state.tool = False, frozenset(), (), "points", "pan"
    state.pick = None
    state.clear()
    state.show_layer(FC)
    qtbot.waitUntil(lambda: state.view.layer == FC)
    window.arranging.write("")
    for channel in state.view.arrangement.pinned:
        window.arranging.pin(channel)
    state.jump(AT)
    qtbot.waitUntil(window.isActiveWindow)
    if not window.sidebar.isVisible():
        window.commands.made["Plots alone"].trigger()
    window.places[0].setFocus()
    point_at_the_middle(window)
    state.hover, state.cell = Place(FC, POINT), Cell(3, 1, 0.0, 0.0)


def point_at_the_middle(window):
    time.sleep(0.011)  # VisPy takes no notice of a hundred and one a second
    at, nothing = QPointF(window.places[0].rect().center()), Qt.MouseButton.NoButton
    far = window.places[0].mapToGlobal(at)
    move = QMouseEvent(QEvent.Type.MouseMove, at, far, nothing, nothing, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window.places[0], move)


def press(window, key):
    keys = QKeySequence(key)[0]
    assert isinstance(keys, QKeyCombination)
    QTest.keyClick(window.places[0], keys.key(), keys.keyboardModifiers())


def test_every_key_does_what_it_says(window, qtbot, tmp_path, monkeypatch):
    window.folder, window.drawn = tmp_path, []
    file = str(tmp_path / "saved.it"), ""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: file)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: file)
    monkeypatch.setattr(saving.PictureDialog, "exec", lambda _: True)
    monkeypatch.setattr(saving, "draw", lambda w, path, _: w.drawn.append(path))  # a process; see test_saving
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("a name", True))
    failed = []
    pressed = sorted(window.commands.pairs, key=lambda pair: pair[0].text != "Save session…")
    for action, _ in pressed:
        for key in action.keys if action.menu not in CLASSES and action.text != "Close" else ():
            start_anew(window, qtbot)
            before, done = EFFECTS[entry(action)]
            if action.text == "Copy image":
                qtbot.waitUntil(window.details.settled)
            given = before(window)
            press(window, key)
            try:
                qtbot.waitUntil(lambda done=done, given=given: bool(done(window, given)), timeout=TIME)
            except qtbot.TimeoutError:
                failed.append((action.text, key))
    assert not failed
    for action, _ in pressed:
        if action.menu in CLASSES:
            start_anew(window, qtbot)
            mask, number = some(window), int(action.keys[0][-1])
            press(window, action.keys[0])
            assert np.array_equal(images(window), CLASSES[action.menu](mask, label(window) == number))


def test_close_closes(window, qtbot):
    for key in ("Ctrl+W", "Ctrl+Q"):
        window.appear()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        press(window, key)
        assert not window.isVisible()
