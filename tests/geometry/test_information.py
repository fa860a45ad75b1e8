"""Bins against numpy's ranks, counts against plain loops, information against scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from seeinin.geometry.information import (
    bins_of,
    class_counts,
    equal_counts,
    equal_widths,
    information,
    pair_counts,
    pair_information,
)

RNG = np.random.default_rng(0)


def corrected(counts):
    """scikit-learn's plain estimate in bits, and Miller and Madow's correction: each entropy + (occupied - 1) / 2n."""
    plain = mutual_info_score(None, None, contingency=counts) if counts.sum() else 0.0
    occupied = [np.count_nonzero(side) - 1 for side in (counts.sum(0), counts.sum(1), counts)]
    return max((plain + (occupied[0] + occupied[1] - occupied[2]) / (2 * counts.sum())) / np.log(2), 0)


@pytest.mark.parametrize("shape", [(64, 10), (5, 2), (300, 1000)])
def test_information_equals_scikit_learn(shape):
    counts = RNG.poisson(RNG.gamma(0.5, 20, shape)) * RNG.integers(0, 2, (shape[0], 1))
    assert information(counts) == pytest.approx(corrected(counts), rel=1e-9)
    assert information(counts * 255, 255) == pytest.approx(corrected(counts), rel=1e-9)


def test_nothing_is_told():
    assert information(np.outer([5, 10, 20], [3, 4])) == 0  # the correction would take it below
    assert information(np.zeros((3, 2), np.int64)) == 0
    assert information(np.array([[7, 0]])) == 0


def test_a_class_is_told_exactly():
    assert information(np.diag([4000] * 8)) == pytest.approx(3, abs=1e-3)


def test_bins_of_equal_count():
    values = np.sort(RNG.normal(size=1000)).astype(np.float32)
    edges = equal_counts(values, np.ones(1000, np.int64), 64)
    np.testing.assert_array_equal(bins_of(values, edges), np.arange(1000) * 64 // 1000)


def test_equal_values_share_a_bin():
    values, counts = np.array([0, 1, 2, 3], np.float32), np.array([500, 1, 1, 498])
    assert equal_counts(values, counts, 4).tolist() == [0, 1]  # 1, 2 and 3 begin in the third quarter
    assert equal_counts(values[:0], counts[:0], 4).tolist() == [0]


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_bins_of_equal_width(dtype):
    column = RNG.normal(size=5000).astype(dtype)
    column[:3] = np.nan, np.inf, -np.inf
    edges = equal_widths(-1.5, 2.0, 48)
    with np.errstate(invalid="ignore"):
        place = np.floor((column.astype(np.float64) + 1.5) / (3.5 / 48))
    expected = np.where(np.isnan(place), 48, np.nan_to_num(place).clip(0, 47)).astype(int)
    assert (bins_of(column, edges) != expected).mean() < 1e-3  # a value on an edge, by rounding
    np.testing.assert_array_equal(bins_of(column, edges)[:3], [48, 47, 0])
    np.testing.assert_array_equal(bins_of(column, edges)[3:], np.searchsorted(edges[1:], column[3:], side="right"))


def test_class_counts():
    bins, label = RNG.integers(0, 6, 40 * 9).astype(np.uint8), RNG.integers(-1, 4, 40).astype(np.int32)
    expected = np.zeros((5, 4), int)
    for point, bin_ in enumerate(bins):
        if label[point // 9] >= 0 and bin_ < 5:
            expected[bin_, label[point // 9]] += 1
    np.testing.assert_array_equal(class_counts(bins, label, 5, 4), expected)


@pytest.fixture
def pairs():
    """Bins of four channels, 7 for no bin, and weights."""
    bins = RNG.integers(0, 8, (4, 5001)).astype(np.uint8)
    return bins, RNG.integers(0, 256, (5001, 2)).astype(np.uint8)


def slow_pair_counts(a, b, weights):
    counts = np.zeros((7, 7, 2), int)
    for y, x, both in zip(a, b, weights.astype(int), strict=True):
        if 7 not in (y, x):
            counts[y, x] += both
    return counts


def test_pair_counts(pairs):
    bins, weights = pairs
    np.testing.assert_array_equal(
        pair_counts(bins[0], bins[2], 7, weights), slow_pair_counts(bins[0], bins[2], weights)
    )


def test_pair_information(pairs):
    bins, _ = pairs
    chosen = (bins[1] + bins[2].astype(int) + RNG.integers(0, 4, 5001)) > 9
    weights = np.stack([~chosen, chosen], axis=1).astype(np.uint8) * 255
    found = pair_information(bins, 1, np.array([0, 2, 3]), 7, weights, 255)
    slow = [slow_pair_counts(bins[1], bins[d], weights).reshape(-1, 2) // 255 for d in (0, 2, 3)]
    np.testing.assert_allclose(found, [corrected(counts) for counts in slow], rtol=1e-9)
    assert found.argmax() == 1
