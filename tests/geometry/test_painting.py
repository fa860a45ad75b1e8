"""Pictures against the formula of one mark over another, pixel by pixel in float64."""

import numpy as np
import pytest

from seeinin.geometry.counting import FULL, Frame
from seeinin.geometry.painting import FAINTEST, Look, full_brightness, paint
from seeinin.geometry.srgb import to_srgb
from seeinin.pool import POOL

CELLS = [(0, 17, 0, 20), (17, 40, 0, 20), (2, 39, 21, 45)]


def frame_of(*, selecting, seed=0, most=4):
    rng = np.random.default_rng(seed)
    frame = Frame(41, 46)
    for plane in range(2 if selecting else 1):
        count = np.where(rng.random((41, 46)) < 0.08, rng.integers(1, most, (41, 46)), 0)
        frame.sums[plane, ..., 0] = count
        frame.sums[plane, ..., 1:] = (rng.integers(0, 256, (41, 46, 3)) * count[..., None]).astype(np.uint32)
    frame.share[:] = frame.sums[1, ..., 0] * rng.integers(1, 256, (41, 46))
    return frame


def cover(look, dy, dx):
    return min(max(look.size / 2 + 0.5 - np.hypot(dy, dx), 0), 1)


def painted(frame, look, plane, y, x, cell):
    """Alpha and sRGB colour of a pixel: each mark near it lets (1 - opacity · cover) of what is below through."""
    y0, y1, x0, x1 = cell
    depth, colour, reach = 0.0, np.zeros(3), int(look.size) + 2
    for i in range(max(y0, y - reach), min(y1, y + reach + 1)):
        for j in range(max(x0, x - reach), min(x1, x + reach + 1)):
            count, *sums = frame.sums[plane, i, j].astype(float)
            if count:
                points = frame.share[i, j] / 255 if plane else count
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
    for cell in CELLS:
        for y in range(cell[0], cell[1], 6):
            for x in range(cell[2], cell[3]):
                expected = np.array(background, float)
                for plane, plane_look in enumerate(look.planes(selecting)[: 1 + selecting]):
                    alpha, colour = painted(frame, plane_look, plane, y, x, cell)
                    expected += (colour - expected) * alpha
                assert out[y, x, 3] == 255
                np.testing.assert_allclose(out[y, x, :3], expected, atol=2)


def test_tiles_do_not_show():
    """A cell larger than a tile is painted as if it were painted at once."""
    rng = np.random.default_rng(2)
    frame, out, moved = Frame(300, 400), *np.zeros((2, 300, 400, 4), np.uint8)
    frame.sums[0, rng.integers(0, 300, 4000), rng.integers(0, 400, 4000)] = 1, 200, 100, 30
    paint(POOL, frame, [(0, 300, 0, 400)], Look(5), False, out)
    frame.sums[0] = np.roll(frame.sums[0], (37, 53), (0, 1))
    paint(POOL, frame, [(0, 300, 0, 400)], Look(5), False, moved)
    np.testing.assert_array_equal(np.roll(out, (37, 53), (0, 1))[50:-10, 70:-10], moved[50:-10, 70:-10])


def test_a_full_pixel_keeps_its_colour():
    frame, out = Frame(1, 1), np.zeros((1, 1, 4), np.uint8)
    frame.sums[0, 0, 0] = 4 * FULL, 255 * FULL, 0, 0
    paint(POOL, frame, [(0, 1, 0, 1)], Look(1), False, out)
    assert out.tolist() == [[[255, 0, 0, 255]]]


@pytest.mark.parametrize("selecting", [False, True])
def test_density(selecting):
    frame = frame_of(selecting=selecting, most=3000)
    look = Look(style="density", background=(16, 18, 22))
    out = np.zeros((41, 46, 4), np.uint8)
    paint(POOL, frame, CELLS, look, selecting, out)
    for cell in CELLS:
        full = full_brightness(frame, cell)
        for y in range(cell[0], cell[1]):
            for x in range(cell[2], cell[3]):
                expected = np.array(look.background, float)
                for plane in range(1 + selecting):
                    count, *sums = frame.sums[plane, y, x].astype(float)
                    points = frame.share[y, x] / 255 if plane else count
                    if count:
                        bright = min(np.log1p(points) / np.log1p(max(full[plane], 2)), 1)
                        alpha = (look.fade if selecting and not plane else 1) * (FAINTEST + (1 - FAINTEST) * bright)
                        expected += (255 * to_srgb(np.array(sums) / count / 255) - expected) * alpha
                np.testing.assert_allclose(out[y, x, :3], expected, atol=2)


def test_the_scale_is_a_quantile_of_what_is_not_empty():
    rng = np.random.default_rng(5)
    frame = Frame(90, 80)
    counts = np.where(rng.random((90, 80)) < 0.5, np.exp(rng.uniform(0, 22, (90, 80))), 0).astype(np.uint32)
    counts[:, 40] = counts[45] = 0
    frame.sums[0, ..., 0] = counts
    assert max(counts.sum(0).max(), counts.sum(1).max()) < counts.sum() / 8, "no piles"
    expected = np.quantile(counts[counts > 0], 0.995, method="lower")
    assert full_brightness(frame, (0, 90, 0, 80))[0] == np.float32(expected)


def test_a_pile_does_not_drown_the_scale():
    rng = np.random.default_rng(3)
    frame = Frame(100, 100)
    counts = rng.integers(0, 20, (100, 100))
    frame.sums[0, ..., 0] = counts
    before = full_brightness(frame, (0, 100, 0, 100))[0]
    frame.sums[0, :, 10, 0] = 50_000  # half of a rectified channel
    frame.sums[0, 90, :, 0] = 80_000
    assert full_brightness(frame, (0, 100, 0, 100))[0] == pytest.approx(before, abs=1)
