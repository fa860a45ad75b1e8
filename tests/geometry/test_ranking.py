"""Rank statistics against scikit-learn's, ties, zeros of both signs, and what is no number included."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from seeinin.geometry import ranking
from seeinin.geometry.ranking import ASCENDING, auc, average_precision, tally


def column(dtype, count=3000, seed=0):
    """Half of it zeros of both signs, the rest rounded so that values repeat."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=count).round(2).clip(0, None) * rng.choice([-1, 1], count)
    return values.astype(dtype)


@pytest.fixture(params=[np.float16, np.float32])
def dtype(request):
    return request.param


def sets(chosen):
    return np.stack([~chosen, chosen], axis=1).astype(np.uint8) * 255


def test_order_of_all_codes():
    values = ASCENDING.view(np.float16).astype(np.float32)
    assert len(values) == 65536 - 2 * 1023
    assert (np.diff(values[1:-1]) >= 0).all()
    assert np.isneginf(values[0])
    assert np.isposinf(values[-1])


def test_tally_equals_unique(dtype):
    values, chosen = column(dtype), np.random.default_rng(1).random(3000) < 0.2
    levels, counts = tally(values, sets(chosen))
    for side, of in ((0, ~chosen), (1, chosen)):
        expected, times = np.unique(values[of].astype(np.float32) + 0, return_counts=True)
        np.testing.assert_array_equal(levels[counts[:, side] > 0], expected)
        np.testing.assert_array_equal(counts[counts[:, side] > 0, side], 255 * times)


def test_scores_equal_scikit_learn(dtype):
    rng = np.random.default_rng(2)
    values = column(dtype)
    chosen = rng.random(3000) < 0.1 + 0.3 * (values > 0.5)
    _, counts = tally(values, sets(chosen))
    assert auc(counts) == pytest.approx(roc_auc_score(chosen, values), abs=1e-12)
    assert average_precision(counts) == pytest.approx(average_precision_score(chosen, values), abs=1e-12)
    assert average_precision(counts[::-1]) == pytest.approx(average_precision_score(chosen, -values), abs=1e-12)


def test_points_may_belong_in_part(dtype):
    """A point that is selected by s of 255 counts s times as selected, and 255 - s times as not."""
    values, strength = column(dtype), np.random.default_rng(3).integers(0, 256, 3000).astype(np.uint8)
    _, counts = tally(values, np.stack([255 - strength, strength], axis=1))
    sides, twice = np.repeat([False, True], 3000), np.tile(values, 2)
    share = np.concatenate([255 - strength, strength])
    assert auc(counts) == pytest.approx(roc_auc_score(sides, twice, sample_weight=share), abs=1e-12)
    precision = average_precision_score(sides, twice, sample_weight=share)
    assert average_precision(counts) == pytest.approx(precision, abs=1e-12)


def test_what_is_no_number_or_in_neither_set_takes_no_part(dtype):
    values = np.array([np.nan, 1, np.inf, -np.inf, -np.nan, 2, 1], dtype)
    weights = np.array([[1, 1], [1, 0], [0, 2], [3, 0], [1, 1], [0, 0], [0, 1]], np.uint8)
    levels, counts = tally(values, weights)
    np.testing.assert_array_equal(levels, np.array([-np.inf, 1, np.inf], np.float32))
    np.testing.assert_array_equal(counts, [[3, 0], [1, 1], [0, 2]])


def test_more_points_than_fit_half_a_word(dtype, monkeypatch):
    values, weights = column(dtype), np.random.default_rng(4).integers(0, 256, (3000, 2)).astype(np.uint8)
    levels, counts = tally(values, weights)
    monkeypatch.setattr(ranking, "UNIT", 701)
    again, recounted = tally(values, weights)
    np.testing.assert_array_equal(levels, again)
    np.testing.assert_array_equal(counts, recounted)


@pytest.mark.parametrize("chosen", [np.zeros(4, bool), np.ones(4, bool)])
def test_one_set_is_empty(dtype, chosen):
    _, counts = tally(np.arange(4, dtype=dtype), sets(chosen))
    assert auc(counts) == 0.5
    assert average_precision(counts) == float(chosen.any())


def test_nothing_at_all(dtype):
    levels, counts = tally(np.array([np.nan], dtype), np.ones((1, 2), np.uint8))
    assert (levels.shape, counts.shape) == ((0,), (0, 2))
    assert (auc(counts), average_precision(counts)) == (0.5, 0.0)
