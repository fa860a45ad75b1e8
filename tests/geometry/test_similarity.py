"""Correlations against numpy, linkage against scipy's, and the order against all others."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from seeinin.geometry.similarity import _merges, add_products, correlations, duplicates, seriation

RNG = np.random.default_rng(0)


def groups(size=40, points=400):
    """Channels in five groups, shuffled."""
    source = RNG.normal(size=(5, points))
    return source[RNG.integers(0, 5, size)] * RNG.choice([-1, 1], (size, 1)) + RNG.normal(size=(size, points)) * 0.7


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_correlations_equal_numpy(dtype):
    columns = groups(12, 600)
    columns[7] = 3  # a constant one
    maps = columns.astype(dtype).reshape(12, 50, 4, 3).transpose(1, 0, 2, 3)
    maps = np.ascontiguousarray(maps)
    columns = maps.transpose(1, 0, 2, 3).reshape(12, -1).astype(np.float64)
    total = np.zeros((12, 12))
    for start, stop in ((0, 13), (13, 50)):
        add_products(total, maps[start:stop], columns.mean(1))
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = np.nan_to_num(np.corrcoef(columns))
    np.testing.assert_allclose(correlations(total), expected, atol=1e-12)


def test_what_is_no_number_counts_as_the_mean():
    maps = RNG.normal(size=(30, 2, 1, 1)).astype(np.float32)
    maps[3, 0], maps[4, 1] = np.nan, np.inf
    columns = np.where(np.isfinite(maps), maps, 0)[:, :, 0, 0].T.astype(np.float64)
    total = np.zeros((2, 2))
    add_products(total, maps, np.zeros(2))
    np.testing.assert_allclose(total, columns @ columns.T, rtol=1e-12)


def test_groups_are_those_of_scipy():
    distance = 1 - correlations(np.cov(groups()))
    expected = {frozenset(group) for group in scipy_groups(linkage(squareform(distance, checks=False), "average"))}
    members = [{channel} for channel in range(len(distance))]
    found = set()
    for gone, kept in _merges(distance.copy()):
        members[kept] = members[gone] | members[kept]
        found.add(frozenset(members[kept]))
    assert found == expected


def scipy_groups(steps):
    members = [{channel} for channel in range(len(steps) + 1)]
    for a, b, *_ in steps.astype(int):
        members.append(members[a] | members[b])
    return members[len(steps) + 1 :]


def test_neighbours_are_about_as_close_as_the_groups_allow():
    """Against every order that keeps the groups together."""
    for _ in range(5):
        r = correlations(np.cov(groups(9)))
        orders = [[[channel]] for channel in range(9)]
        for a, b in linkage(squareform(1 - r, checks=False), "average")[:, :2].astype(int):
            orders.append([left + right for x, y in ((a, b), (b, a)) for left in orders[x] for right in orders[y]])
        lengths = [sum(1 - r[order[:-1], order[1:]]) for order in orders[-1]]
        order = seriation(r)
        assert min(lengths) - 1e-9 <= sum(1 - r[order[:-1], order[1:]]) < 1.02 * min(lengths)


def test_shorter_than_a_tree_that_nobody_turned():
    r = correlations(np.cov(groups(60)))
    plain, found = leaves_list(linkage(squareform(1 - r, checks=False), "average")), seriation(r)
    assert sum(1 - r[found[:-1], found[1:]]) < sum(1 - r[plain[:-1], plain[1:]])


def test_the_order_is_an_order_and_always_the_same():
    r = correlations(np.cov(groups()))
    order = seriation(r)
    assert sorted(order) == list(range(40))
    assert order[0] < order[-1]
    np.testing.assert_array_equal(order, seriation(r.copy()))


@pytest.mark.parametrize("size", [0, 1, 2, 5])
def test_few_or_equal_channels(size):
    assert sorted(seriation(np.ones((size, size)))) == list(range(size))


def test_duplicates():
    values = RNG.normal(size=(5, 300))
    values[3] = -2 * values[1] + 1
    values[4] = values[0] + RNG.normal(size=300) * 0.1
    r = np.corrcoef(values)
    assert duplicates(r) == [(1, 3, pytest.approx(-1)), (0, 4, pytest.approx(r[0, 4]))]
