import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from seeinin.app.status import Status, drawn_words, missed_words
from seeinin.app.tally import Tally, percent, tally
from seeinin.pool import Token
from seeinin.state.named import Cell, Drawn
from seeinin.state.selection import chosen


@pytest.mark.parametrize(
    ("drawn", "words"),
    [
        (Drawn(5_760_000, 5_760_000, 25, 0, 0, "density"), "all 5,760,000 points in 25 cells"),
        (Drawn(1_000_000, 5_760_000, 25, 0, 0, "points"), "1,000,000 of 5,760,000 points in 25 cells, refining"),
        (Drawn(10_000, 10_000, 1, 0, 0, "points"), "all 10,000 points in 1 cell"),
        (
            Drawn(9, 9, 250_000, 0, 0, "points", correlated=300),
            "|correlation| of 250,000 cells, over 300 images; zoom in for points",
        ),
        (None, ""),
    ],
)
def test_what_is_drawn_in_words(drawn, words):
    assert drawn_words(drawn) == words


def test_what_is_on_no_axis_in_words():
    assert missed_words(None) == dict.fromkeys(("outside", "nonfinite", "damaged"), "")
    words = missed_words(Drawn(9, 9, 1, 1200, 3, "points", 32_768, "x.h5 is damaged."))
    assert list(words.values()) == ["1,200 out of range", "3 not finite", "32,768 damaged"]


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        *((0, 10, "0 %"), (10, 10, "100 %"), (0, 0, "0 %"), (1, 3, "33 %"), (1, 100, "1 %"), (1, 40, "2.5 %")),
        *((1, 100_000, "< 0.1 %"), (99_999, 100_000, "> 99.9 %"), (998, 1000, "99 %"), (99, 1000, "9.9 %")),
    ],
)
def test_a_share_is_rounded_but_never_to_none_or_all(part, whole, words):
    assert percent(part, whole) == words


def test_the_tally_counts_as_numpy_does(state):
    cache = state.cache
    layer = cache.layer("conv")
    mask = np.random.default_rng(1).random(layer.points) < 0.01
    counted = tally(Token(), chosen(layer.number, mask), state.linker, cache)
    touched = mask.reshape(cache.images, -1).any(axis=1)
    assert (counted.points, counted.images) == (mask.sum(), touched.sum())
    assert counted.classes.tolist() == np.bincount(cache.label[touched], minlength=3).tolist()
    share = percent(mask.sum(), layer.points)
    words = f"{mask.sum()} points of conv ({share}) · {touched.sum()} of {cache.images} images"
    assert counted.words("conv", cache.images).startswith(words)


def test_the_bar_follows_the_state(qtbot, state):
    bar = Status(state)
    qtbot.addWidget(bar)
    state.drawn = Drawn(90, 90, 4, 2, 0, "points")
    state.cell = Cell(row=2, column=3, y=0.063, x=0.778)
    state.tool = "lasso"
    assert bar.drawn.text() == "all 90 points in 4 cells"
    assert bar.missed["outside"].text() == "2 out of range"
    assert bar.under.text() == "channel 3 × 2   0.778, 0.063"
    assert bar.hint.text().startswith("drag to lasso · Shift adds")
    state.cell = None
    assert bar.under.text() == ""


def test_the_link_rule_is_a_switch(qtbot, state):
    bar = Status(state)
    qtbot.addWidget(bar)
    bar.show()
    assert bar.link.text() == "link: place"
    QTest.mouseClick(bar.link, Qt.MouseButton.LeftButton)
    assert (state.link, bar.link.text()) == ("image", "link: image")
    QTest.mouseClick(bar.link, Qt.MouseButton.LeftButton)
    assert state.link == "place"


def test_the_busy_sign_has_patience(qtbot, state):
    bar = Status(state)
    qtbot.addWidget(bar)
    bar.show()
    state.busy = "reading conv"
    assert not bar.busy.isVisible()
    qtbot.waitUntil(bar.busy.isVisible, timeout=1000)
    assert bar.busy.words.text() == "reading conv"
    state.busy = ""
    assert not bar.busy.isVisible()


def test_one_is_one_point():
    counts = np.zeros(1, np.int64)
    assert Tally(1, 1, 0, 1, counts).words("out", 1) == "1 point of out (100 %) · 1 of 1 image (100 %) selected"
    assert Tally(2, 8, 0, 1, counts).words("out", 2).startswith("2 points of out (25 %) · 1 of 2 images")
