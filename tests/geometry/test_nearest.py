"""The point under the cursor: keys against a search through all pixels, and columns against the keys."""

import numpy as np
import pytest

from seeinin.geometry.axis import Axis
from seeinin.geometry.colouring import Colouring
from seeinin.geometry.counting import counting
from seeinin.geometry.frame import SELECTED, Frame
from seeinin.geometry.nearest import from_ids, nearest
from seeinin.pool import POOL


def search(ids, y, x, reach):
    """All pixels: the nearest, then the largest key."""
    hits = [
        ((i - y) ** 2 + (j - x) ** 2, -int(ids[i, j]))
        for i, j in np.argwhere(ids >= 0)
        if (i - y) ** 2 + (j - x) ** 2 <= reach**2
    ]
    return (-min(hits)[1]) % SELECTED if hits else -1


@pytest.fixture(scope="module")
def ids():
    rng = np.random.default_rng(0)
    ids = np.full((40, 50), -1)
    ids[rng.integers(0, 40, 90), rng.integers(0, 50, 90)] = rng.integers(0, 10**10, 90)
    some = (ids >= 0) & (rng.random(ids.shape) < 0.4)
    ids[some] += SELECTED
    return ids


@pytest.mark.parametrize("reach", [0, 1, 4.5, 8, 100])
def test_from_ids(ids, reach):
    for y in range(-5, 45, 3):
        for x in range(-5, 55, 3):
            assert from_ids(ids, y, x, reach) == search(ids, y, x, reach)


def test_a_part_of_a_frame(ids):
    part = ids[5:30, 7:21]
    assert from_ids(part, 10, 5) == search(part, 10, 5, 8)
    assert from_ids(ids[3:3], 0, 0) == -1


@pytest.mark.parametrize("selecting", [False, True])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_the_columns_say_what_the_tile_says(dtype, selecting):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 3000)).astype(dtype)
    x[::50] = np.nan
    strength = np.where(rng.random(1000) < 0.2, 255, 0).astype(np.uint8) if selecting else None
    palette, visible = np.zeros((256, 3), np.uint8), np.arange(256) != 2
    colouring = Colouring(rng.integers(0, 4, 1000).astype(np.uint8), 3, palette, visible, strength, 3)
    along, down = (x, Axis(20.0, 60.0, -2.0, 2.5)), (y, Axis(-15.0, 50.0, -2.5, 2.0))
    clip = (15, 95, 10, 110)
    frame = Frame(120, 130)
    list(counting(POOL, frame, [along], [down], [(0, 0, *clip)], colouring, 0, 3000))
    for at in rng.integers(0, 120, (80, 2)).tolist():
        assert nearest(POOL, along, down, clip, colouring, *at, 6) == from_ids(frame.ids, *at, 6)
