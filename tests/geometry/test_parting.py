"""The line between two sets of vectors against plain numpy and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from seeinin.geometry.parting import line, parted, way

RNG = np.random.default_rng(0)


@pytest.fixture
def sets():
    """Two overlapping clouds of 9 values, one of which never varies."""
    side = RNG.random(120) < 0.4
    x = (RNG.normal(size=(120, 9)) + 0.4 * side[:, None]) * np.linspace(0.1, 4, 9)
    x[:, 3] = 2
    return x.astype(np.float32), side


def plain_line(x, side):
    x = x.astype(np.float64)
    within = np.where(side[:, None], x - x[side].mean(axis=0), x - x[~side].mean(axis=0)).var(axis=0)
    return (x[side].mean(axis=0) - x[~side].mean(axis=0)) / (within + within.mean())


def test_the_line_and_the_way_along_it(sets):
    x, side = sets
    np.testing.assert_allclose(line(x, side), plain_line(x, side), rtol=1e-4, atol=1e-6)
    along = x.astype(np.float64) @ plain_line(x, side)
    for vector in (0, 5):
        expected = (along[vector] - along[~side].mean()) / (along[side].mean() - along[~side].mean())
        assert way(x, side, x[vector]) == pytest.approx(expected, abs=1e-4)
    assert way(np.ones((8, 2), np.float32), np.arange(8) < 4, np.zeros(2, np.float32)) == 0.5


def test_either_half_is_measured_along_the_line_of_the_other(sets):
    x, side = sets
    half = np.empty(120, int)
    half[side], half[~side] = np.arange(side.sum()) % 2, np.arange((~side).sum()) % 2
    told = [roc_auc_score(side[half == k], x[half == k] @ plain_line(x[half != k], side[half != k])) for k in (0, 1)]
    assert parted(x, side) == pytest.approx(np.mean(told), abs=1e-4)
    assert parted(x, side) > 0.6
    assert parted(np.ones((8, 2), np.float32), np.arange(8) < 4) == 0.5
