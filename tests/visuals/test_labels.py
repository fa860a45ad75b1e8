import numpy as np
import pytest

from seeinin.visuals.glyphs import em, glyph, metrics, text_width
from seeinin.visuals.labels import Label, Labels


def ink(canvas, *labels):
    """Coverage of white text on black, and the box around it: x0, y0, x1, y1."""
    Labels(parent=canvas.scene).set_labels(labels)
    picture = canvas.render()[..., 0]
    rows, columns = np.nonzero(picture)
    return picture, (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


@pytest.mark.parametrize("ratio", [1, 2])
@pytest.mark.parametrize("bold", [False, True])
def test_a_glyph_is_what_freetype_drew(new_canvas, ratio, bold):
    picture, _ = ink(new_canvas(pixel_ratio=ratio), Label("R", 20, 30, size=13, bold=bold))
    bitmap, left, top, _ = glyph("R", em(13, ratio), bold)
    expected = np.zeros_like(picture)
    y, x = 30 * ratio - top, 20 * ratio + left
    expected[y : y + bitmap.shape[0], x : x + bitmap.shape[1]] = bitmap
    assert np.abs(picture.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("x", [20, 20.3, 19.6])
def test_glyphs_stand_on_whole_pixels(new_canvas, x):
    picture, _ = ink(new_canvas(), Label("Ab", x, 30.4))
    exact, _ = ink(new_canvas(), Label("Ab", 20, 30))
    assert (picture == exact).all()


@pytest.mark.parametrize("size", [10, 11, 12, 13])
def test_ink_stays_inside_its_box(new_canvas, size):
    text = "channel 0.5 gjpq"
    lines = metrics(em(size, 1))
    _, (x0, y0, x1, y1) = ink(new_canvas(160), Label(text, 8, 30, size=size))
    width = text_width(text, size)
    assert 8 <= x0 <= 10
    assert 8 + width - 2 <= x1 <= 8 + width + 1
    assert y0 == 30 - lines.ascent
    assert y1 == 30 + lines.descent


def test_what_part_of_the_text_stands_at_the_point(new_canvas):
    boxes = {}
    for across in ("left", "centre", "right"):
        for down in ("top", "centre", "baseline", "bottom"):
            _, boxes[across, down] = ink(new_canvas(), Label("HdpH", 32, 24, across=across, down=down))
    for (across, down), (x0, y0, x1, y1) in boxes.items():
        x = {"left": x0, "centre": (x0 + x1) / 2, "right": x1}[across]
        assert x == pytest.approx(32, abs=1.5)
        capital = metrics(em(12, 1)).capital
        baseline = boxes["left", "baseline"][3] - 24
        y = {"top": y0, "centre": y1 - baseline - capital / 2, "baseline": y1 - baseline, "bottom": y1}[down]
        assert y == pytest.approx(24, abs=0.5)


def test_upright_text_is_the_same_text_turned(new_canvas):
    flat, (x0, y0, x1, y1) = ink(new_canvas(), Label("Ag7", 20, 24))
    upright, (u0, v0, u1, v1) = ink(new_canvas(), Label("Ag7", 20, 40, upright=True))
    assert (upright[v0:v1, u0:u1] == np.rot90(flat[y0:y1, x0:x1])).all()
    assert (u0 - 20, 40 - v1) == (y0 - 24, x0 - 20)


def test_many_labels_in_their_own_colours(new_canvas):
    canvas = new_canvas(200, 100)
    labels = Labels(parent=canvas.scene)
    labels.set_labels([Label("red", 5, 20, (1, 0, 0, 1)), Label("blue", 105, 80, (0, 0, 1, 1), size=20)])
    picture = canvas.render()
    assert picture[:50, :, 2].max() == 0
    assert picture[:50, :100, 0].max() > 200
    assert picture[50:, :, 0].max() == 0
    assert picture[50:, 100:, 2].max() > 200
    labels.set_labels([])
    assert not canvas.render()[..., :3].any()


def test_the_atlas_grows(new_canvas):
    canvas = new_canvas(900, 60)
    labels = Labels(parent=canvas.scene)
    labels.set_labels([Label("first", 4, 20)])
    canvas.render()
    alphabet = "".join(map(chr, range(33, 127)))
    both = [Label("first", 4, 20), Label(alphabet, 4, 55, size=16), Label(alphabet, 4, 55, (0, 0, 0, 0), size=60)]
    labels.set_labels(both)
    grown = canvas.render()
    fresh, _ = ink(new_canvas(900, 60), *both)
    assert len(labels._atlas.pixels) > 128
    assert (grown[..., 0] == fresh).all()


def test_different_texts_look_different(new_canvas):
    first, _ = ink(new_canvas(), Label("0.5", 8, 30))
    second, _ = ink(new_canvas(), Label("0.6", 8, 30))
    assert (first != second).any()


def test_a_character_without_glyph_is_a_box(new_canvas):
    picture, (x0, y0, x1, y1) = ink(new_canvas(), Label("\U000f1234", 8, 30))
    assert min(x1 - x0, y1 - y0) >= 4
    assert picture[y0 : y0 + 1, x0:x1].any()


def test_characters_that_open_sans_lacks_come_from_another_font():
    boxes = glyph("\U000f1234", em(12, 1)).bitmap
    for character in "∩→":
        bitmap = glyph(character, em(12, 1)).bitmap
        assert bitmap.shape != boxes.shape or (bitmap != boxes).any()
