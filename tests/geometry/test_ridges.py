"""The diagonal: counts against a loop, curves against scipy's smoothing, piles and selections as promised."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from seeinin.geometry.axis import Axis
from seeinin.geometry.binning import Binned
from seeinin.geometry.colouring import Colouring
from seeinin.geometry.colours import slot_palette
from seeinin.geometry.ridges import SELECTED, TALLEST, Spread, bandwidth, draw_ridges, spread_of

RECT = (10, 110, 20, 220)
BACKGROUND = (16, 18, 22, 255)
PALETTE = slot_palette(dark=True)


def ground():
    return np.full((130, 240, 4), BACKGROUND, np.uint8)


def spread_like(*lines, selected=None):
    points = np.zeros((16, 200), np.int64)
    points[: len(lines)] = lines
    return Spread(points, np.zeros_like(points) if selected is None else selected)


def bell(centre, width, count):
    x = np.arange(200)
    return np.round(count / width * np.exp(-0.5 * ((x - centre) / width) ** 2)).astype(np.int64)


def tops(out):
    """Height of the highest changed pixel of each column of the cell, above its bottom; 0 where nothing changed."""
    changed = (out[10:110, 20:220] != BACKGROUND).any(2)
    return np.where(changed.any(0), 100 - changed.argmax(0), 0)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_counts_against_a_loop(dtype):
    rng = np.random.default_rng(0)
    column = rng.normal(size=3000).astype(dtype)
    column[:50] = np.nan
    slot, strength = rng.integers(0, 20, 1000).astype(np.uint8), rng.integers(0, 3, 3000).astype(np.uint8)
    colouring = Colouring(slot, 3, PALETTE, np.arange(256) != 4, strength, 1)
    axis = Axis(40.0, 120.0, -2.0, 2.0)
    binned = Binned(column, axis, 300)
    spread = spread_of(binned, RECT, colouring, 0, 1300)
    spread = spread_of(binned, RECT, colouring, 1300, 3000, spread)
    points, selected = np.zeros((2, 16, 200), np.int64)
    for p in range(3000):
        colour = slot[p // 3]
        if not np.isnan(column[p]) and colour != 4:
            pixel = min(max(int(np.floor(float(column[p]) * 40 + 120)), axis.span[0]), axis.span[1]) - 20
            points[min(colour, 15), pixel] += 1
            selected[min(colour, 15), pixel] += strength[p]
    np.testing.assert_array_equal(spread.points, points)
    np.testing.assert_array_equal(spread.selected, selected)


def test_the_curve_is_the_smoothed_count():
    line, out = bell(60, 12, 5000) + bell(140, 20, 4000), ground()
    draw_ridges(out, RECT, spread_like(line), PALETTE, False)
    smooth = gaussian_filter1d(line.astype(float), bandwidth(line.astype(float)), mode="reflect", truncate=4)
    expected = smooth * TALLEST * 100 / smooth.max()
    thick = 1.2 * np.hypot(1, np.gradient(expected)) + 1  # the line's upper edge, by its slope
    off = (tops(out) - expected)[expected > 3]
    assert (off > -1).all()
    assert (off < thick[expected > 3] + 0.5).all()
    for beside in (out[:10], out[110:], out[:, :20], out[:, 220:]):
        assert (beside == BACKGROUND).all()


def test_the_line_is_antialiased_and_without_gaps():
    out = ground()
    draw_ridges(out, RECT, spread_like(bell(100, 4, 5000)), PALETTE, False)
    change = np.abs(out[10:110, 20:220, :3].astype(int) - BACKGROUND[:3]).max(2)
    assert len(np.unique(change)) > 30
    line = change > 0.5 * change.max()
    reached = {(99, int(line[99].argmax()))}
    grown = set(reached)
    while grown:  # along the line, from its left end
        y, x = grown.pop()
        near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} - reached
        grown |= {(a, b) for a, b in near if 0 <= a < 100 and 0 <= b < 200 and line[a, b]}
        reached |= grown
    assert len(reached) == line.sum()


def test_a_pile_is_a_stem_and_flattens_nothing():
    line = bell(100, 15, 5000)
    plain, piled, out = ground(), ground(), line.copy()
    draw_ridges(plain, RECT, spread_like(line), PALETTE, False)
    out[70] += 60_000
    draw_ridges(piled, RECT, spread_like(out), PALETTE, False)
    stem = np.isin(np.arange(200), [70, 71])
    np.testing.assert_array_equal(tops(plain)[~stem], tops(piled)[~stem])
    assert (tops(piled)[stem] == 86).all()
    column = (piled[10:110, 90] != BACKGROUND).any(1)
    assert np.diff(column.astype(int)).tolist().count(-1) == 1, "broken once: it is taller than it is drawn"


def test_a_narrow_curve_is_no_pile():
    out = ground()
    draw_ridges(out, RECT, spread_like(bell(100, 1.0, 5000)), PALETTE, False)
    assert (tops(out) > 0).sum() > 4


def test_the_selection_stands_in_front_on_its_own_scale():
    few = np.zeros((16, 200), np.int64)
    few[2] = 255 * (bell(150, 10, 300) > 25)
    out, faint, plain = ground(), ground(), ground()
    draw_ridges(plain, RECT, spread_like(bell(60, 12, 50_000)), PALETTE, False)
    draw_ridges(out, RECT, spread_like(bell(60, 12, 50_000), selected=few), PALETTE, True)
    draw_ridges(faint, RECT, spread_like(bell(60, 12, 50_000)), PALETTE, True)
    assert abs(tops(out)[120:180].max() - SELECTED * 100) <= 3
    assert faint[10:110, 20:220, :3].max() < plain[10:110, 20:220, :3].max(), "the others fade"
    red = out[100, 170, :3].astype(int)
    assert red[0] > 2 * red[2], "in the colour of what is selected"


@pytest.mark.parametrize("rect", [(0, 3, 0, 100), (0, 100, 5, 5), (0, 4, 0, 4)])
def test_tiny_cells_and_empty_channels(rect):
    out = ground()
    empty = Spread(*np.zeros((2, 16, rect[3] - rect[2]), np.int64))
    draw_ridges(out, rect, empty, PALETTE, True)
    assert (out == BACKGROUND).all()
