"""Pictures against the formula of one mark over another, pixel by pixel in float64."""

import numpy as np
import pytest

from seeinin.geometry.brightness import full_brightness
from seeinin.geometry.frame import FULL, Frame
from seeinin.geometry.look import CONTRAST, FAINTEST, Look
from seeinin.geometry.painting import paint
from seeinin.geometry.srgb import to_srgb
from seeinin.pool import POOL

CELLS = [(0, 17, 0, 20), (17, 40, 0, 20), (2, 39, 21, 45)]


def empty_frame(height, width):
    frame = Frame(height, width)
    frame.sums[:] = frame.share[:] = 0
    return frame


def frame_of(*, selecting, seed=0, most=4):
    rng = np.random.default_rng(seed)
    frame = empty_frame(41, 46)
    for cell in CELLS:
        tile = frame.tile(cell)
        for plane in range(2 if selecting else 1):
            shape = tile.share.shape
            count = np.where(rng.random(shape) < 0.08, rng.integers(1, most, shape), 0)
            tile.sums[plane, ..., 0] = count
            tile.sums[plane, ..., 1:] = rng.integers(0, 256, (*shape, 3)) * count[..., None]
        tile.share[:] = tile.sums[1, ..., 0] * rng.integers(1, 256, shape)
    return frame


def cover(look, dy, dx):
    return min(max(look.size / 2 + 0.5 - np.hypot(dy, dx), 0), 1)


def painted(tile, look, plane, y, x):
    """Alpha and sRGB colour of a pixel: each mark near it lets (1 - opacity · cover) of what is below through."""
    height, width = tile.share.shape
    depth, colour, reach = 0.0, np.zeros(3), int(look.size) + 2
    for i in range(max(0, y - reach), min(height, y + reach + 1)):
        for j in range(max(0, x - reach), min(width, x + reach + 1)):
            count, *sums = tile.sums[plane, i, j].astype(float)
            if count:
                points = tile.share[i, j] / 255 if plane else count
                marks = -points * np.log(1 - min(look.opacity * cover(look, i - y, j - x), 0.999))
                depth += marks
                colour += marks * np.array(sums) / count
    return 1 - np.exp(-depth), 255 * to_srgb(colour / max(depth, 1e-12) / 255)


@pytest.mark.parametrize("selecting", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3.5, 6])
@pytest.mark.parametrize("background", [(16, 18, 22), (250, 250, 248)])
def test_points(selecting, size, background):
    frame = frame_of(selecting=selecting)
    look = Look(size, 0.6, "points", background)
    out = np.full((41, 46, 4), 77, np.uint8)
    paint(POOL, frame, CELLS, look, selecting, out)
    assert (out[:, 20] == 77).all(), "nothing is painted between the cells"
    for y0, y1, x0, x1 in CELLS:
        tile, got = frame.tile((y0, y1, x0, x1)), out[y0:y1, x0:x1]
        for y in range(0, y1 - y0, 6):
            for x in range(x1 - x0):
                expected = np.array(background, float)
                for plane, plane_look in enumerate(look.planes(selecting)[: 1 + selecting]):
                    alpha, colour = painted(tile, plane_look, plane, y, x)
                    expected += (colour - expected) * alpha
                assert got[y, x, 3] == 255
                np.testing.assert_allclose(got[y, x, :3], expected, atol=2)


def test_tiles_do_not_show():
    """A cell larger than a tile is painted as if it were painted at once."""
    rng = np.random.default_rng(2)
    frame, out, moved = empty_frame(300, 400), *np.zeros((2, 300, 400, 4), np.uint8)
    sums = frame.tile((0, 300, 0, 400)).sums[0]
    sums[rng.integers(0, 300, 4000), rng.integers(0, 400, 4000)] = 1, 200, 100, 30
    paint(POOL, frame, [(0, 300, 0, 400)], Look(5), False, out)
    sums[:] = np.roll(sums, (37, 53), (0, 1))
    paint(POOL, frame, [(0, 300, 0, 400)], Look(5), False, moved)
    np.testing.assert_array_equal(np.roll(out, (37, 53), (0, 1))[50:-10, 70:-10], moved[50:-10, 70:-10])


def test_a_full_pixel_keeps_its_colour():
    frame, out = Frame(1, 1), np.zeros((1, 1, 4), np.uint8)
    frame.tile((0, 1, 0, 1)).sums[0, 0, 0] = 4 * FULL, 255 * FULL, 0, 0
    paint(POOL, frame, [(0, 1, 0, 1)], Look(1), False, out)
    assert out.tolist() == [[[255, 0, 0, 255]]]


@pytest.mark.parametrize("selecting", [False, True])
def test_density(selecting):
    frame = frame_of(selecting=selecting, most=3000)
    look = Look(style="density", background=(16, 18, 22))
    out = np.zeros((41, 46, 4), np.uint8)
    paint(POOL, frame, CELLS, look, selecting, out)
    for y0, y1, x0, x1 in CELLS:
        tile, got = frame.tile((y0, y1, x0, x1)), out[y0:y1, x0:x1]
        full = full_brightness(tile, np.empty(2, np.float32))
        for y, x in np.ndindex(tile.share.shape):
            expected = np.array(look.background, float)
            for plane in range(1 + selecting):
                count, *sums = tile.sums[plane, y, x].astype(float)
                points = tile.share[y, x] / 255 if plane else count
                if count:
                    bright = min(np.log1p(points) / np.log1p(max(full[plane], 2)), 1)
                    alpha = (look.fade if selecting and not plane else 1) * (
                        FAINTEST + (1 - FAINTEST) * bright**CONTRAST
                    )
                    expected += (255 * to_srgb(np.array(sums) / count / 255) - expected) * alpha
            np.testing.assert_allclose(got[y, x], [*expected, 255], atol=2)


def brightness_of(counts):
    tile = empty_frame(*counts.shape).tile((0, counts.shape[0], 0, counts.shape[1]))
    tile.sums[0, ..., 0] = counts
    return full_brightness(tile, np.empty(1, np.float32))[0]


@pytest.mark.parametrize("selecting", [False, True])
def test_a_sample_is_as_bright_as_all_points(selecting):
    """A third of the points, each of which stands for three."""
    frame = frame_of(selecting=selecting, most=3000)
    third, all_of_them = np.zeros((2, 41, 46, 4), np.uint8)
    paint(POOL, frame, CELLS, Look(style="density", each=3), selecting, third)
    frame.sums *= 3
    frame.share *= 3
    paint(POOL, frame, CELLS, Look(style="density"), selecting, all_of_them)
    np.testing.assert_array_equal(third, all_of_them)


def test_the_scale_is_a_quantile_of_what_is_not_empty():
    rng = np.random.default_rng(5)
    counts = np.where(rng.random((90, 80)) < 0.5, np.exp(rng.uniform(0, 22, (90, 80))), 0).astype(np.uint32)
    counts[:, 40] = counts[45] = 0
    assert max(counts.sum(0).max(), counts.sum(1).max()) < counts.sum() / 8, "no piles"
    assert brightness_of(counts) == np.float32(np.quantile(counts[counts > 0], 0.995, method="lower"))


def test_few_points_have_marks_in_the_density_style_too():
    """Below one point for 50 pixels; each may stand for several."""
    frame = empty_frame(50, 50)
    cell, sums = (0, 50, 0, 50), frame.tile((0, 50, 0, 50)).sums[0]
    places = np.random.default_rng(4).choice(2500, 50, replace=False)
    sums.reshape(-1, 4)[places[:49]] = 1, 200, 100, 30
    marks, few, more, many = np.zeros((4, 50, 50, 4), np.uint8)
    for each, style, out in ((1, "points", marks), (1, "density", few), (2, "density", more)):
        paint(POOL, frame, [cell], Look(3, 0.8, style, each=each), False, out)
    sums.reshape(-1, 4)[places] = 1, 200, 100, 30
    paint(POOL, frame, [cell], Look(3, 0.8, "density"), False, many)
    np.testing.assert_array_equal(few, marks)
    for dense, points in ((more, 49), (many, 50)):
        drawn = (dense[..., :3] != Look().background).any(axis=2)
        assert drawn.sum() == points, "a pixel each"


def test_a_pile_does_not_drown_the_scale():
    counts = np.random.default_rng(3).integers(0, 20, (100, 100))
    before = brightness_of(counts)
    counts[:, 10] = 50_000  # half of a rectified channel
    counts[90, :] = 80_000
    assert brightness_of(counts) == pytest.approx(before, abs=1)
