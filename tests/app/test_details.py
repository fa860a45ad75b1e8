import math

import numpy as np
import pytest
from PyQt6.QtGui import QColor, QPalette

from seeinin.app.details import Details, Lines, number, read_facts
from seeinin.app.enlarged import SIDE, Box, Enlarged
from seeinin.app.legend import Classes, Legend
from seeinin.pool import Token
from seeinin.state.named import Cell, Place
from seeinin.views.theme import DARK


def test_facts_are_those_of_the_cache(cache):
    layer = cache.layer("conv")
    place = Place(layer.number, (7 * 8 + 5) * 8 + 2)
    facts = read_facts(Token(), cache, place, (3, 1))
    assert facts.index == cache.index[7]
    assert facts.label == cache.label[7]
    assert facts.prediction is None
    assert facts.name == cache.name(7)
    assert np.array_equal(facts.pixels, cache.pixels([7])[0])
    assert facts.values == {c: pytest.approx(float(layer.maps([7])[0, c, 5, 2])) for c in (3, 1)}


def test_the_panel_shows_the_hovered_image_else_the_picked_one(window, qtbot):
    state, details = window.state, window.details
    state.pick = Place(1, 4)
    qtbot.waitUntil(details.settled)
    assert details.shown.place == Place(1, 4)
    assert details.heading.note.text() == "picked"
    state.hover = Place(1, 9)
    qtbot.waitUntil(details.settled)
    assert details.shown.place == Place(1, 9)
    state.hover = None
    qtbot.waitUntil(details.settled)
    assert details.shown.place == Place(1, 4)
    state.pick = None
    qtbot.waitUntil(details.settled)
    assert details.shown is None


def test_the_panel_says_what_there_is_to_say(window, qtbot):
    state, cache = window.state, window.state.cache
    state.show_layer(0)
    qtbot.waitUntil(lambda: state.view.layer == 0)
    state.cell = Cell(row=2, column=0, y=0.0, x=0.0)
    state.hover = Place(0, (7 * 8 + 5) * 8 + 2)
    qtbot.waitUntil(window.details.settled)
    values = cache.layer("conv").maps([7])[0, :, 5, 2]
    assert [(key, value) for key, value, _ in window.details.lines.lines] == [
        ("image", f"#{cache.index[7]}"),
        ("class", cache.classes[cache.label[7]]),
        ("file", cache.name(7)),
        ("layer", "conv"),
        ("at", "y 5, x 2"),
        ("channel 0", number(values[0])),
        ("channel 2", number(values[2])),
    ]
    assert window.details.enlarged.home == Box(5, 5, 2, 2)
    assert window.details.enlarged.field == Box(4, 6, 1, 3)


def test_each_pixel_is_a_whole_square_of_its_own_value(qtbot):
    enlarged = Enlarged()
    qtbot.addWidget(enlarged)
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    enlarged.show_image(pixels)
    enlarged.resize(SIDE, SIDE)
    picture = enlarged.grab().toImage()
    assert enlarged.scale() == SIDE // 8
    scale = SIDE // 8 * round(enlarged.devicePixelRatio())
    shown = [
        [picture.pixelColor(x * scale + dx, y * scale + dy).getRgb()[:3] for x in range(8) for dx in (0, scale - 1)]
        for y in range(8)
        for dy in (0, scale - 1)
    ]
    assert np.array_equal(np.array(shown), pixels.repeat(2, axis=0).repeat(2, axis=1))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("side", [1, 28, 500])
def test_images_of_any_size_and_kind_have_their_place(qtbot, side, channels):
    enlarged = Enlarged()
    qtbot.addWidget(enlarged)
    pixels = np.full((side, side, channels), 200, np.uint8)
    pixels[..., 3:] = 255
    enlarged.show_image(pixels, Box(0, side - 1, 0, 0), Box(2**30, -1, 0, 0))
    picture = enlarged.grab().toImage()
    assert side * enlarged.scale() <= SIDE
    assert picture.pixelColor(int(side * enlarged.scale()) // 2, int(side * enlarged.scale()) // 2).red() in (
        0,
        110,
        200,
    )


def test_an_image_without_a_class_has_a_dash(qtbot, state):
    legend = Legend(state, DARK)
    qtbot.addWidget(legend)
    panel = Details(state, Classes([], np.zeros(0, int)))
    qtbot.addWidget(panel)
    assert panel._class("class", 0) == ("class", "–", None)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0212, "0.021"),
        (-2.0, "−2.000"),
        (1234.5, "1.23e+03"),
        (1e-9, "1e−09"),
        (float("nan"), "not a number"),
        (-math.inf, "−∞"),
        (None, "damaged"),
    ],
)
def test_a_value_is_short(value, shown):
    assert number(value) == shown


def test_the_class_is_written_in_the_colour_of_text_above_a_line_in_its_own(qtbot):
    """Of the ten class colours on dark the darkest has a contrast of 1.8 : 1 with the ground: no colour for letters."""
    lines, ground, ink, own = Lines(1), QColor("#10131a"), QColor("#ffffff"), QColor("#5614b4")
    qtbot.addWidget(lines)
    palette = lines.palette()
    for role, colour in ((QPalette.ColorRole.Window, ground), (QPalette.ColorRole.Text, ink)):
        palette.setColor(role, colour)
    lines.setPalette(palette)
    lines.resize(200, lines.sizeHint().height())
    lines.show_lines([("class", "ship", own)])
    image = lines.grab().toImage()
    seen = [image.pixelColor(x, y).name() for y in range(image.height()) for x in range(image.width())]
    wide = lines.fontMetrics().horizontalAdvance("ship")
    assert seen.count(own.name()) >= 2 * wide
    assert ink.name() in seen


def test_a_value_without_room_has_the_next_line_if_one_is_to_spare(qtbot):
    lines = Lines(4)
    qtbot.addWidget(lines)
    told = [("class", "ship", None), ("predicted", "aeroplane of the navy", None), ("layer", "conv1", None)]
    whole = lines.fontMetrics().horizontalAdvance("predicted aeroplane of the navy") + 40
    lines.show_lines(told)
    lines.resize(whole, lines.sizeHint().height())
    assert lines.broken() == told
    lines.resize(whole - 60, lines.height())
    assert [(key.strip(), value) for key, value, _ in lines.broken()] == [
        ("class", "ship"),
        ("predicted", ""),
        ("", "aeroplane of the navy"),
        ("layer", "conv1"),
    ]
    lines.show_lines([*told, ("at", "y 3, x 4", None)])
    assert len(lines.broken()) == 4, "none is lost to it"


def test_a_wide_column_has_a_large_image(window, qtbot):
    """But not one that takes the height of the classes."""

    def side(left, height):
        window.resize(1200, height)
        window.splitter.setSizes([left, 900 - left, 300])
        image = window.details.enlarged
        qtbot.waitUntil(lambda: window.height() == height and abs(window.splitter.sizes()[0] - left) < 5, timeout=5000)
        qtbot.waitUntil(lambda: image.height() == image.side, timeout=5000)
        return window.details.enlarged.side

    assert side(260, 900) == SIDE
    assert 150 < side(420, 900) < 180
    assert side(420, 600) < 120
