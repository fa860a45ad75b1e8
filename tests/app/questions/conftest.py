"""A small classifier of real digits, in which some things are known beforehand, and a hand that counts its gestures."""

import time
from typing import NamedTuple

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
IMAGES = 500
MEAN, STD = 0.3, 0.38  # of the pixels
TWINS, SILENT = (2, 5), 6  # channels of the convolution: two that are the same, and one that says nothing
CLASSES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class Planted(NamedTuple):
    """What is known beforehand. `mislabelled` are places in the dataset."""

    twins: tuple[int, int]
    silent: int
    mislabelled: np.ndarray


@pytest.fixture(scope="session")
def planted():
    """Of every class one image has a wrong label."""
    from sklearn.datasets import load_digits

    labels = load_digits().target[:IMAGES]
    return Planted(TWINS, SILENT, np.array([np.flatnonzero(labels == k)[3] for k in range(10)]))


@pytest.fixture(scope="session")
def cache_path(tmp_path_factory, planted):
    """500 digits of scikit-learn, ten of them with wrong labels, through a network trained on the true ones."""
    import torch
    from sklearn.datasets import load_digits
    from torch import nn

    import seeinin

    digits = load_digits()
    images, labels = (digits.images[:IMAGES] * 15.9).astype(np.uint8), digits.target[:IMAGES].astype(np.int64)
    torch.manual_seed(0)
    convolution = nn.Conv2d(1, 8, 3, padding=1).requires_grad_(False)
    convolution.weight[TWINS[1]], convolution.bias[TWINS[1]] = convolution.weight[TWINS[0]], convolution.bias[TWINS[0]]
    convolution.weight[SILENT], convolution.bias[SILENT] = 0, 0
    layers = convolution, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(128, 32), nn.ReLU(), nn.Linear(32, 10)
    network = nn.Sequential(*layers)
    features = network[:4]((torch.from_numpy(images[:, None] / 255).float() - MEAN) / STD)
    optimiser = torch.optim.Adam(network[4:].parameters(), 0.003)
    for _ in range(40):  # so few steps that it still confuses some
        optimiser.zero_grad()
        nn.functional.cross_entropy(network[4:](features), torch.from_numpy(labels)).backward()
        optimiser.step()
    shown = labels.copy()
    shown[planted.mislabelled] = (labels[planted.mislabelled] + 5) % 10
    path = tmp_path_factory.mktemp("questions") / "digits.h5"
    looks = {"scale": 1 / 255, "mean": [MEAN], "std": [STD]}
    seeinin.precompute(network, (images, shown), path, classes=CLASSES, progress=False, **looks)
    return path


class Hand:
    """Does what a person does, with real events, waits as a person does, and counts."""

    def __init__(self, window, qtbot):
        self.window, self.state, self.qtbot = window, window.state, qtbot
        self.gestures, self.began = 0, time.monotonic()

    def until(self, what=lambda: True):
        """Wait, as for a picture."""
        self.qtbot.waitUntil(lambda: what() and not self.state.busy and self.window.settled(), timeout=60_000)

    def _did(self, gestures=1):
        self.gestures += gestures
        self.until()

    def key(self, key, modifiers=NONE):
        QTest.keyClick(self.window.matrix.canvas.native, key, modifiers)
        self._did()

    def choose(self, *path):
        """Open a menu and its sub-menus, and click the last name."""
        bar = self.window.menuBar()
        opened = next(action.menu() for action in bar.actions() if action.text() == path[0])
        QTest.mouseClick(bar, LEFT, NONE, bar.actionGeometry(opened.menuAction()).center())
        for name in path[1:]:
            self.qtbot.waitUntil(opened.isVisible)
            action = next(action for action in opened.actions() if action.text() == name)
            assert action.isEnabled()
            inner = action.menu()
            QTest.mouseClick(opened, LEFT, NONE, opened.actionGeometry(action).center())
            opened = inner
        self._did(len(path))

    def ask(self, question):
        """From the menu; the lines of the answer."""
        before = self.state.answers
        self.choose("Ask", question)
        self.until(lambda: self.state.answers is not before)
        return self.state.answers.lines

    def click(self, widget, at, modifiers=NONE):
        QTest.mouseClick(widget, LEFT, modifiers, QPoint(*np.rint(at).astype(int)))
        self._did()

    def answer(self, number, modifiers=NONE):
        """Click a line of the answers."""
        shown = self.window.answers.list
        shown.scrollTo(shown.lines.index(number))
        box = shown.visualRect(shown.lines.index(number))
        self.click(shown.viewport(), (box.left() + 30, box.center().y()), modifiers)

    def type(self, text):
        """In the bar of the channels."""
        QTest.mouseClick(self.window.channels.channels, LEFT)
        self.window.channels.channels.selectAll()
        QTest.keyClicks(self.window.channels.channels, text)
        QTest.keyClick(self.window.channels.channels, Qt.Key.Key_Return)
        self._did(2)

    @property
    def selected(self):
        """Which images are, bool (N)."""
        nothing = np.zeros(self.state.cache.images, bool)
        return nothing if self.state.selection is None else self.state.linker.images(self.state.selection) > 0

    def done(self):
        """In time, and with few gestures."""
        assert self.gestures <= 10
        assert time.monotonic() - self.began < 60


@pytest.fixture
def at(window, qtbot):
    """`at(layer)`: a hand on the window that shows a layer; at the end it must have been quick."""
    hands = []

    def at(name):
        number = window.state.cache.layer(name).number
        window.state.show_layer(number)
        hands.append(Hand(window, qtbot))
        qtbot.waitUntil(lambda: window.state.view.layer == number and window.settled(), timeout=60_000)
        return hands[0]

    yield at
    hands[0].done()
