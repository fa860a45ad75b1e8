"""Spans against the set of squares that hold a point."""

import numpy as np
import pytest

from seeinin.geometry.spans import spans


@pytest.mark.parametrize("side", [1.0, 2.0, 3.0])
def test_every_square_with_a_point_is_covered_and_no_other(side):
    rng = np.random.default_rng(3)
    parts = [rng.normal(30, 20, (200, 2)), rng.normal(50, 8, (300, 2))]
    parts[0][::9, 0], parts[1][4, 1] = np.nan, np.inf
    width, height = 61.0, 47.5
    expected = set()
    for x, y in np.concatenate(parts):
        if 0 <= x < side * np.ceil(width / side) and 0 <= y < side * np.ceil(height / side):
            expected.add((int(x // side), int(y // side)))
    found = []
    for x0, y0, x1, y1 in spans(parts, width, height, side):
        assert y0 == y1
        first, last, row = x0 / side - 0.5, x1 / side - 0.5, y0 / side - 0.5
        assert first == int(first) <= last == int(last), "from the middle of a square to that of another one"
        found += [(column, int(row)) for column in range(int(first), int(last) + 1)]
        assert (first - 1, row) not in expected, "a run is as long as it can be"
        assert (last + 1, row) not in expected
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_no_point_has_no_span():
    assert spans([np.empty((0, 2))], 10, 10, 2).shape == (0, 4)
