"""Classes in a layer's own space against plain numpy."""

import numpy as np
import pytest

from seeinin.geometry.classes import closest, leading_share, spread

RNG = np.random.default_rng(0)


def test_spread():
    maps, label = RNG.normal(size=(90, 3, 2, 2)).astype(np.float16), RNG.integers(-1, 4, 90).astype(np.int32)
    label[label == 2] = -1
    centroid = np.stack([maps[label == k].astype(float).mean(0) if k != 2 else np.zeros((3, 2, 2)) for k in range(4)])
    found = spread(maps, label, centroid)
    for k in (0, 1, 3):
        squared = maps[label == k].astype(float).reshape(-1, 12).var(axis=0).sum()
        assert found[k] == pytest.approx(np.sqrt(squared))
    assert np.isnan(found[2])


def test_leading_share():
    activation = np.array([[6.0, 0, 1, -5], [2, 0, 1, 4], [2, 0, 1, 0], [np.nan] * 4])
    np.testing.assert_allclose(leading_share(activation, np.array([1, 1, 1, 0])), [0.8, 0, 2 / 3, 1])
    np.testing.assert_allclose(leading_share(activation[:, :1], np.array([1, 3, 3, 0]), 1), [1 / 3])
    maps = activation[..., None, None] * np.array([[0.5, 1.5]])
    np.testing.assert_allclose(leading_share(maps, np.array([1, 1, 1, 0])), [0.8, 0, 2 / 3, 1])


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("count", [0, 1, 37, 500])
def test_closest(dtype, count):
    columns = RNG.normal(size=(2, 400)).round(1).astype(dtype)  # rounded: some are equally far
    columns[0, 5] = np.nan
    apart = (columns.astype(float) - [[0.2], [-1]]) * [[3], [1]]
    distance = np.where(np.isnan(apart).any(axis=0), np.inf, np.square(apart).sum(axis=0))
    expected = np.argsort(distance, kind="stable")[: min(count, 399)]
    np.testing.assert_array_equal(closest(list(columns), (0.2, -1), count, (3, 1)), expected)
