"""Counts, colours, strengths and topmost points of a frame against a loop over points."""

import numpy as np
import pytest

from seeinin.geometry.axis import Axis
from seeinin.geometry.counting import BLOCK, FULL, SELECTED, Colouring, Frame, count_cells, counting, share_out
from seeinin.pool import Pool

SIDE, GAP = 12, 3


@pytest.fixture(scope="module", params=[1, 3], ids=["one thread", "three threads"])
def pool(request):
    pool = Pool(request.param)
    yield pool
    pool.shutdown()


def matrix(channels, points, dtype, seed=0):
    """Columns with piles, outliers and NaNs, a grid of cells SIDE wide, and their axes."""
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(channels, points)).astype(dtype)
    columns[0] = np.maximum(columns[0], 0)
    columns[1, ::7] = np.nan
    columns[-1, ::11] = np.inf
    starts = [k * (SIDE + GAP) + 2 for k in range(channels)]
    across = [(c, Axis(SIDE / 4, s + SIDE / 2, -2.0, 2.0)) for c, s in zip(columns, starts, strict=True)]
    down = [(c, Axis(-SIDE / 4, s + SIDE / 2, -2.0, 2.0)) for c, s in zip(columns, starts, strict=True)]
    cells = [
        (j, i, starts[i], starts[i] + SIDE, starts[j], starts[j] + SIDE)
        for i in range(channels)
        for j in range(channels)
    ]
    return across, down, cells, starts[-1] + SIDE + 2


def colouring_of(images, positions, rng, *, selecting, per_point=True):
    palette = rng.integers(0, 256, (256, 3)).astype(np.uint8)
    slot = rng.integers(0, 5, images).astype(np.uint8)
    strength = repeat = None
    if selecting:
        entries, repeat = (images * positions, 1) if per_point else (images, positions)
        strength = np.where(rng.random(entries) < 0.3, rng.integers(1, 256, entries), 0).astype(np.uint8)
    return Colouring(slot, positions, palette, np.arange(256) != 3, strength, repeat or 1)


def loop(across, down, cells, colouring, start, stop, size):
    """The same frame, point by point."""
    frame = Frame(size, size)
    frame.sums = frame.sums.astype(np.int64)
    for j, i, y0, y1, x0, x1 in cells:
        for p in range(start, stop):
            slot = colouring.slot[p // colouring.slot_repeat]
            share = 0 if colouring.strength is None else int(colouring.strength[p // colouring.strength_repeat])
            x, y = (float(axis_column[0][p]) for axis_column in (across[j], down[i]))
            if np.isnan(x) or np.isnan(y) or not colouring.visible[slot]:
                continue
            at = []
            for value, axis in ((x, across[j][1]), (y, down[i][1])):
                first, last = axis.span
                at.append(int(min(max(np.floor(value * axis.scale + axis.offset), first), last)))
            if x0 <= at[0] < x1 and y0 <= at[1] < y1:
                pixel = at[1], at[0]
                frame.sums[(int(share > 0), *pixel)] += [1, *colouring.palette[slot]]
                frame.share[pixel] += share
                frame.ids[pixel] = max(frame.ids[pixel], p + SELECTED * (share > 0))
    return frame


def assert_equal(frame, expected):
    np.testing.assert_array_equal(frame.sums, expected.sums)
    np.testing.assert_array_equal(frame.share, expected.share)
    np.testing.assert_array_equal(frame.ids, expected.ids)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("selecting", [False, True])
def test_against_a_loop(pool, dtype, selecting):
    across, down, cells, size = matrix(3, 600, dtype)
    colouring = colouring_of(100, 6, np.random.default_rng(1), selecting=selecting)
    frame = Frame(size, size)
    frame.sums += 7
    frame.ids += 99
    done = list(counting(pool, frame, across, down, cells, colouring, 0, 600))
    expected = loop(across, down, cells, colouring, 0, 600, size)
    assert done[-1] == 600
    for _, _, y0, y1, x0, x1 in cells:
        np.testing.assert_array_equal(frame.sums[:, y0:y1, x0:x1], expected.sums[:, y0:y1, x0:x1])
        np.testing.assert_array_equal(frame.ids[y0:y1, x0:x1], expected.ids[y0:y1, x0:x1])


def test_pieces_of_the_rows_add_up(pool):
    across, down, cells, size = matrix(2, 900, np.float16)
    colouring = colouring_of(300, 3, np.random.default_rng(2), selecting=True, per_point=False)
    frame = Frame(size, size)
    for start, stop in ((0, 250), (250, 251), (251, 900)):
        list(counting(pool, frame, across, down, cells, colouring, start, stop, clear=False))
    assert_equal(frame, loop(across, down, cells, colouring, 0, 900, size))


def test_one_cell_of_many_blocks_in_bands(pool):
    across, down, cells, size = matrix(2, 2 * BLOCK + 5, np.float16)
    colouring = colouring_of(2 * BLOCK + 5, 1, np.random.default_rng(3), selecting=True)
    frame = Frame(size, size)
    list(counting(pool, frame, across, down, cells[1:2], colouring, 0, 2 * BLOCK + 5))
    assert_equal(frame, loop(across, down, cells[1:2], colouring, 0, 2 * BLOCK + 5, size))


def test_long_columns_are_looked_up_and_short_ones_worked_out():
    short, long = (matrix(2, n, np.float16, seed=4) for n in (1000, 200_000))
    assert short[0][0][0].size < 100_000 < long[0][0][0].size
    pool = Pool(2)
    for across, down, cells, size in (short, long):
        colouring = colouring_of(across[0][0].size, 1, np.random.default_rng(5), selecting=False)
        frame = Frame(size, size)
        list(counting(pool, frame, across, down, cells, colouring, 0, 1000))
        assert_equal(frame, loop(across, down, cells, colouring, 0, 1000, size))
    pool.shutdown()


def test_a_full_pixel_still_counts():
    """Beyond FULL points the sums of the colours stand still, so that uint32 holds them."""
    frame = Frame(1, 1)
    frame.sums[0, 0, 0] = FULL - 1, 255 * (FULL - 1), 5, 6
    pixels, slot = np.zeros((1, 3), np.int16), np.zeros(3, np.uint8)
    packed = Colouring(slot, 1, np.full((256, 3), 255, np.uint8), np.ones(256, bool)).packed()
    cells = np.array([(0, 0, 0, 1, 0, 1)], np.int32)
    count_cells(frame, pixels, pixels, cells, slot, slot, packed, 40)
    assert frame.sums[0, 0, 0].tolist() == [FULL + 2, 255 * FULL, 260, 261]
    assert frame.ids.tolist() == [[42]]


@pytest.mark.parametrize("parts", [1, 2, 7])
@pytest.mark.parametrize("count", [1, 2, 9, 40])
def test_the_work_is_shared_out_without_overlap(parts, count):
    cells = [(k, 0, 0, 5 + k, 10 * k, 10 * k + 9) for k in range(count)]
    groups = share_out(cells, parts)
    assert len(groups) <= parts
    covered = np.zeros((60, 500), int)
    for _, _, y0, y1, x0, x1 in (cell for group in groups for cell in group):
        covered[y0:y1, x0:x1] += 1
    for _, _, y0, y1, x0, x1 in cells:
        assert (covered[y0:y1, x0:x1] == 1).all()
    assert covered.sum() == sum((y1 - y0) * (x1 - x0) for _, _, y0, y1, x0, x1 in cells)


def test_nothing_to_count(pool):
    colouring = colouring_of(4, 1, np.random.default_rng(0), selecting=False)
    assert list(counting(pool, Frame(4, 4), [], [], [], colouring, 0, 4)) == [4]
