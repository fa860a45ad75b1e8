"""Points in a lasso: equal, for every point, to the plain loop over all edges in float64, written here once more."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seeinin.geometry.polygon import in_rectangle, inside
from seeinin.pool import POOL

SMALL = st.integers(-4, 4).map(float)  # whole numbers: vertices on points, edges through points, edges along rows
WIDE = st.floats(-1e6, 1e6, width=32, allow_subnormal=False)  # as wide apart as the values of a column can be


def plain_loop(polygon, x, y):
    x, y = x.astype(np.float64), y.astype(np.float64)
    odd = np.zeros(x.size, bool)
    with np.errstate(all="ignore"):  # edges without height divide by zero, and then do not count
        for (x0, y0), (x1, y1) in zip(np.roll(polygon, 1, 0), polygon, strict=True):
            odd ^= ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return odd.astype(np.uint8)


def star(corners, seed):
    rng = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    radius = rng.uniform(0.3, 2.0, corners)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)


@settings(deadline=None)  # the first call compiles
@given(st.lists(st.tuples(SMALL, SMALL), max_size=12), st.lists(st.tuples(SMALL, SMALL), min_size=1, max_size=60))
def test_points_on_edges_and_corners(corners, points):
    polygon = np.array(corners, np.float64).reshape(-1, 2)
    x, y = np.array(points, np.float16).T
    np.testing.assert_array_equal(inside(POOL, polygon, x, y), plain_loop(polygon, x, y))


@settings(deadline=None)  # the first call compiles
@given(st.lists(st.tuples(WIDE, WIDE), min_size=3, max_size=9), st.integers(0, 99))
@example([(1.0, 0.0), (1.0, 1.0), (1.3066734380336357e-277, 0.0)], 0)  # the loop rounds a point beyond the box into it
def test_any_polygon(corners, seed):
    polygon = np.array(corners)
    rng = np.random.default_rng(seed)
    x, y = (rng.choice(polygon.ravel(), (2, 400)) * rng.choice([1.0, 0.5, 1.0001], (2, 400))).astype(np.float32)
    np.testing.assert_array_equal(inside(POOL, polygon, x, y), plain_loop(polygon, x, y))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("corners", [3, 20, 200])
def test_a_hundred_thousand_points(dtype, corners):
    x, y = np.random.default_rng(3).normal(size=(2, 100_000)).astype(dtype)
    polygon = star(corners, corners)
    got = inside(POOL, polygon, x, y)
    np.testing.assert_array_equal(got, plain_loop(polygon, x, y))
    assert 0 < got.mean() < 1


def test_points_a_rounding_away_from_an_edge():
    polygon = star(40, 5)
    t = np.random.default_rng(4).random(5000)
    edge = np.arange(5000) % 40
    on = (polygon[edge - 1].T * (1 - t) + polygon[edge].T * t).astype(np.float32)
    x = np.nextafter(on[0], np.where(t > 0.5, np.inf, -np.inf).astype(np.float32))
    np.testing.assert_array_equal(inside(POOL, polygon, x, on[1]), plain_loop(polygon, x, on[1]))


def test_what_is_no_number_is_never_inside():
    x = np.array([np.nan, 0, np.inf, -np.inf, 0, 0], np.float16)
    y = np.array([0, np.nan, 0, 0, np.inf, 0], np.float16)
    square = np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])
    assert inside(POOL, square, x, y).tolist() == [0, 0, 0, 0, 0, 1]
    edges = ((-0.5, 0.5), (-0.5, 0.5))
    assert inside(POOL, square, x, y, edges).tolist() == [0, 0, 1, 1, 1, 1], (
        "beyond the axis counts as drawn: on its edge"
    )


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_rectangle(dtype):
    x, y = np.random.default_rng(6).normal(size=(2, 50_000)).astype(dtype)
    x[0], y[0] = 0.5, -0.25
    x[1] = np.nan
    expected = (x >= -1) & (x <= 0.5) & (y >= -0.25) & (y <= 2)
    np.testing.assert_array_equal(in_rectangle(POOL, ((-1, 0.5), (-0.25, 2)), x, y), expected)
    assert expected[0]
    assert not expected[1]
