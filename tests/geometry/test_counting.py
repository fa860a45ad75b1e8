"""Counts, colours, strengths and topmost points of a frame against a loop over points."""

import numpy as np
import pytest

from seeinin.geometry.axis import Axis
from seeinin.geometry.colouring import Colouring
from seeinin.geometry.counting import LEAST, counting, placed, share_out, unique_rows
from seeinin.geometry.frame import FULL, SELECTED, Frame
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


class Expected:
    """The same frame, point by point."""

    def __init__(self, across, down, cells, colouring, start, stop, size):
        self.sums = np.zeros((2, size, size, 4), np.int64)
        self.share = np.zeros((size, size), np.int64)
        self.ids = np.full((size, size), -1)
        for cell in cells:
            for p in range(start, stop):
                self.add(across, down, cell, colouring, p)

    def add(self, across, down, cell, colouring, p):
        j, i, y0, y1, x0, x1 = cell
        slot = colouring.slot[p // colouring.slot_repeat]
        share = 0 if colouring.strength is None else int(colouring.strength[p // colouring.strength_repeat])
        x, y = pixel_of(across[j], p), pixel_of(down[i], p)
        if None not in (x, y) and x0 <= x < x1 and y0 <= y < y1 and colouring.visible[slot]:
            self.sums[int(share > 0), y, x] += [1, *colouring.palette[slot]]
            self.share[y, x] += share
            self.ids[y, x] = max(self.ids[y, x], p + SELECTED * (share > 0))


def pixel_of(column, p):
    value, axis = float(column[0][p]), column[1]
    first, last = axis.span
    return None if np.isnan(value) else int(min(max(np.floor(value * axis.scale + axis.offset), first), last))


def assert_equal(frame, cells, expected):
    np.testing.assert_array_equal(frame.ids, expected.ids)
    for _, _, y0, y1, x0, x1 in cells:
        tile = frame.tile((y0, y1, x0, x1))
        selecting = expected.share.any()
        planes = slice(2 if selecting else 1)  # without a selection, the other plane may hold an older one
        np.testing.assert_array_equal(tile.sums[planes], expected.sums[planes, y0:y1, x0:x1])
        if selecting:
            np.testing.assert_array_equal(tile.share, expected.share[y0:y1, x0:x1])
        np.testing.assert_array_equal(tile.keys, expected.ids[y0:y1, x0:x1])


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("selecting", [False, True])
def test_against_a_loop(pool, dtype, selecting):
    across, down, cells, size = matrix(3, 600, dtype)
    colouring = colouring_of(100, 6, np.random.default_rng(1), selecting=selecting)
    frame = Frame(size, size)
    for array in (frame.sums, frame.share, frame.keys):
        array += 99
    done = list(counting(pool, frame, across, down, cells, colouring, 0, 600))
    assert done[-1] == 600
    assert_equal(frame, cells, Expected(across, down, cells, colouring, 0, 600, size))


def test_pieces_of_the_rows_add_up(pool):
    across, down, cells, size = matrix(2, 900, np.float16)
    colouring = colouring_of(300, 3, np.random.default_rng(2), selecting=True, per_point=False)
    frame = Frame(size, size)
    for start, stop in ((0, 250), (250, 251), (251, 900)):
        list(counting(pool, frame, across, down, cells, colouring, start, stop, clear=start == 0))
    assert_equal(frame, cells, Expected(across, down, cells, colouring, 0, 900, size))


def test_one_cell_of_many_blocks_in_bands(pool):
    across, down, cells, size = matrix(2, 2 * LEAST + 5, np.float16)
    colouring = colouring_of(2 * LEAST + 5, 1, np.random.default_rng(3), selecting=True)
    frame = Frame(size, size)
    list(counting(pool, frame, across, down, cells[1:2], colouring, 0, 2 * LEAST + 5))
    assert_equal(frame, cells[1:2], Expected(across, down, cells[1:2], colouring, 0, 2 * LEAST + 5, size))


def test_long_columns_are_looked_up_and_short_ones_worked_out():
    short, long = (matrix(2, n, np.float16, seed=4) for n in (1000, 200_000))
    assert short[0][0][0].size < 100_000 < long[0][0][0].size
    pool = Pool(2)
    for across, down, cells, size in (short, long):
        colouring = colouring_of(across[0][0].size, 1, np.random.default_rng(5), selecting=False)
        frame = Frame(size, size)
        list(counting(pool, frame, across, down, cells, colouring, 0, 1000))
        assert_equal(frame, cells, Expected(across, down, cells, colouring, 0, 1000, size))
    pool.shutdown()


@pytest.mark.parametrize("selecting", [False, True])
def test_thousands_of_points_on_one_pixel(pool, selecting):
    """More than the narrow sums of a pixel hold."""
    points = 2 * LEAST + 5
    across, down, cells, size = matrix(2, points, np.float16)
    for column, _ in across:
        column[3:-40] = 0.5
    colouring = colouring_of(points, 1, np.random.default_rng(6), selecting=selecting)
    frame = Frame(size, size)
    list(counting(pool, frame, across, down, cells, colouring, 0, points))
    assert_equal(frame, cells, Expected(across, down, cells, colouring, 0, points, size))


def test_a_full_pixel_still_counts(pool):
    """Beyond FULL points the sums of the colours stand still, so that uint32 holds them."""
    frame, points = Frame(1, 1), 5000
    tile = frame.tile((0, 1, 0, 1))
    tile.sums[0, 0, 0] = FULL - 1, 255 * (FULL - 1), 5, 6
    column, axis = np.zeros(points, np.float16), Axis(1.0, 0.0, 0.0, 1.0)
    colouring = Colouring(np.zeros(points, np.uint8), 1, np.full((256, 3), 255, np.uint8), np.ones(256, bool))
    line = [(column, axis)]
    list(counting(pool, frame, line, line, [(0, 0, 0, 1, 0, 1)], colouring, 0, points, clear=False))
    count, red, green, blue = tile.sums[0, 0, 0].tolist()
    assert count == FULL - 1 + points
    assert 255 * FULL <= red <= 255 * (FULL + 1023)
    assert green - 5 == blue - 6 == red - 255 * (FULL - 1)
    assert frame.ids.tolist() == [[points - 1]]


def test_steps_are_short_and_say_when_all_cells_have_the_points(monkeypatch):
    monkeypatch.setattr("seeinin.geometry.counting.STEP", 20_000)
    points = 2 * LEAST + 5
    across, down, cells, size = matrix(4, points, np.float16)
    colouring = colouring_of(points, 1, np.random.default_rng(7), selecting=False)
    pool, frame, done = Pool(1), Frame(size, size), [0]
    for so_far in counting(pool, frame, across, down, cells, colouring, 0, points):
        if so_far > done[-1]:
            counts = [frame.tile(cell[2:]).sums[0, ..., 0].sum() for cell in cells]
            numbers = [~(np.isnan(across[j][0][:so_far]) | np.isnan(down[i][0][:so_far])) for j, i, *_ in cells]
            assert counts == [(number & colouring.visible[colouring.slot[:so_far]]).sum() for number in numbers]
        done.append(so_far)
    pool.shutdown()
    assert done == sorted(done)
    assert set(done) == {0, LEAST, 2 * LEAST, points}
    assert len(done) >= points * len(cells) / 20_000


@pytest.mark.parametrize("parts", [1, 2, 7])
@pytest.mark.parametrize("count", [1, 2, 9, 40])
def test_the_work_is_shared_out_without_overlap(parts, count):
    cells = placed(Frame(60, 400), [(k, 0, 0, 5 + k, 10 * k, 10 * k + 9) for k in range(count)])
    groups = share_out(cells, parts)
    assert len(groups) <= parts
    covered = np.zeros((count, 60), int)
    for j, *_, top, bottom in np.concatenate(groups).tolist():
        covered[j, top:bottom] += 1
    for k in range(count):
        assert covered[k].tolist() == [1] * (5 + k) + [0] * (55 - k)


def test_cells_keep_their_places_until_they_are_forgotten():
    frame = Frame(10, 10)
    one, two = (0, 5, 0, 10), (5, 10, 2, 8)
    assert [frame.place(rect) for rect in (one, two, one)] == [0, 50, 0]
    frame.tile(two).keys[1, 2] = 7
    assert frame.ids[6, 4] == 7
    frame.forget()
    assert frame.place(two) == 0
    assert (frame.ids == -1).all()


def test_nothing_to_count(pool):
    colouring = colouring_of(4, 1, np.random.default_rng(0), selecting=False)
    assert list(counting(pool, Frame(4, 4), [], [], [], colouring, 0, 4)) == [4]


@pytest.mark.parametrize("scale", [1, 10**5])
def test_unique_rows_as_numpy_has_them(scale):
    rows = np.random.default_rng(8).integers(0, 4, (60, 5)) * scale
    for ours, theirs in zip(unique_rows(rows), np.unique(rows, axis=0, return_inverse=True), strict=True):
        np.testing.assert_array_equal(ours, theirs)
